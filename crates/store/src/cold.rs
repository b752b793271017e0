//! Reads for people: the ledger, the newest conversions, what the ads brought, what needs mending.

use std::{collections::BTreeMap, path::Path};

use capi::Money;
use kopru_core::{Catalogue, Conversion, Reason, State, WorkspaceId};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::{
    Pause, Sqlite, StoreError,
    sqlite::{
        database_in,
        state::{json_column, read_conversion},
    },
};

/// The counts of everything that came in and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ledger {
    /// Requests that did not come in, by reason.
    pub refused_at_door: BTreeMap<String, i64>,
    /// Facts; `received` is the sum of the rest.
    pub facts: Facts,
    /// Conversions; `created` is the sum of the rest.
    pub conversions: Conversions,
    /// Whether both sums hold.
    pub balanced: bool,
}

/// Facts by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Facts {
    /// All of them.
    pub received: i64,
    /// Not decided yet.
    pub pending: i64,
    /// Waiting for an answer.
    pub waiting: i64,
    /// Changed something.
    pub used: i64,
    /// Changed nothing.
    pub ignored: i64,
    /// Had come before.
    pub duplicate: i64,
}

/// Conversions by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Conversions {
    /// All of them.
    pub created: i64,
    /// On their way.
    pub queued: i64,
    /// Something is missing.
    pub waiting: i64,
    /// Meta took them.
    pub accepted: i64,
    /// Meta had them already.
    pub duplicate: i64,
    /// Not sent, on purpose.
    pub suppressed: i64,
    /// Refused, or too late.
    pub failed: i64,
}

/// A conversion as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its number; newer ones are higher.
    pub number: u64,
    /// What it is.
    pub conversion: Conversion,
    /// What Meta said.
    pub reply: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether Meta may have counted it twice.
    pub may_count_twice: bool,
    /// When it ended, Unix milliseconds.
    pub settled_ms: Option<i64>,
}

/// What the ads brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Conversations that began on an ad.
    pub conversations: i64,
    /// Leads that Meta accepted.
    pub leads: i64,
    /// Purchases that Meta accepted.
    pub purchases: i64,
    /// Their value by currency.
    pub revenue: BTreeMap<String, Money>,
}

/// Something that a person has to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A dataset's delivery is paused.
    Paused {
        /// Which dataset.
        dataset: String,
        /// The pause.
        pause: Pause,
        /// How many events wait.
        queued: i64,
    },
    /// A CRM does not answer.
    Unanswered {
        /// Which system of record.
        origin: String,
        /// How many questions.
        questions: i64,
        /// What the last try ended with.
        error: String,
    },
}

impl Sqlite {
    /// The ledger of a workspace.
    pub async fn ledger(&self, workspace: WorkspaceId) -> Result<Ledger, StoreError> {
        self.read(move |connection, _| ledger(connection, workspace)).await
    }

    /// The newest conversions below a number, newest first.
    pub async fn conversions(
        &self,
        workspace: WorkspaceId,
        below: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        self.read(move |connection, seal| {
            let mut statement = connection.prepare_cached(
                "SELECT record, state, number, reason, body, reply, attempts, may_count_twice, settled_ms
                 FROM conversion WHERE workspace = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3",
            )?;
            let below = below.map_or(i64::MAX, |below| i64::try_from(below).unwrap_or(i64::MAX));
            let mut rows = statement.query((workspace.0, below, limit))?;
            let mut listed = Vec::new();
            while let Some(row) = rows.next()? {
                let mut conversion = read_conversion(row)?;
                let reason: Option<String> = row.get(3)?;
                let body: Option<Vec<u8>> = row.get(4)?;
                conversion.reason = reason.as_deref().and_then(Reason::from_code);
                conversion.body = match body {
                    Some(body) => {
                        Some(String::from_utf8_lossy(&seal.open("conversion", &body)?).into_owned())
                    }
                    None => None,
                };
                listed.push(Listed {
                    number: row.get(2)?,
                    conversion,
                    reply: row.get(5)?,
                    attempts: row.get(6)?,
                    may_count_twice: row.get(7)?,
                    settled_ms: row.get(8)?,
                });
            }
            Ok(listed)
        })
        .await
    }

    /// The number of the conversion with this event id.
    pub async fn conversion_number(
        &self,
        workspace: WorkspaceId,
        event_id: &str,
    ) -> Result<Option<u64>, StoreError> {
        let event_id = event_id.to_owned();
        self.read(move |connection, _| {
            Ok(connection
                .prepare_cached("SELECT number FROM conversion WHERE workspace = ? AND event_id = ?")?
                .query_row((workspace.0, event_id), |row| row.get(0))
                .optional()?)
        })
        .await
    }

    /// How many facts changed nothing, by reason.
    pub async fn ignored(&self, workspace: WorkspaceId) -> Result<Vec<(Reason, i64)>, StoreError> {
        self.read(move |connection, _| {
            let mut statement = connection.prepare_cached(
                "SELECT substr(name, length('ignored.') + 1), n FROM counter
                 WHERE workspace = ? AND name GLOB 'ignored.*' AND n > 0 ORDER BY n DESC",
            )?;
            let mut rows = statement.query([workspace.0])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let code: String = row.get(0)?;
                if let Some(reason) = Reason::from_code(&code) {
                    all.push((reason, row.get(1)?));
                }
            }
            Ok(all)
        })
        .await
    }

    /// How many conversions there are of each event, state and reason.
    pub async fn breakdown(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<(String, State, Option<Reason>, i64)>, StoreError> {
        self.read(move |connection, _| {
            let mut statement = connection.prepare_cached(
                "SELECT event, state, reason, count(*) FROM conversion
                 WHERE workspace = ? GROUP BY event, state, reason ORDER BY event, state, reason",
            )?;
            let mut rows = statement.query([workspace.0])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let state: String = row.get(1)?;
                let reason: Option<String> = row.get(2)?;
                let state = State::from_code(&state)
                    .ok_or_else(|| StoreError::Corrupt(format!("conversion state {state}")))?;
                all.push((row.get(0)?, state, reason.as_deref().and_then(Reason::from_code), row.get(3)?));
            }
            Ok(all)
        })
        .await
    }

    /// What the ads brought.
    pub async fn funnel(&self, workspace: WorkspaceId) -> Result<Funnel, StoreError> {
        self.read(move |connection, _| funnel(connection, workspace)).await
    }

    /// What needs mending.
    pub async fn problems(&self, workspace: WorkspaceId) -> Result<Vec<Problem>, StoreError> {
        self.read(move |connection, _| problems(connection, workspace)).await
    }

    /// The stages that the workspace's CRMs are known to have.
    pub async fn catalogues(&self, workspace: WorkspaceId) -> Result<Vec<Catalogue>, StoreError> {
        self.read(move |connection, _| {
            let mut statement =
                connection.prepare_cached("SELECT state FROM catalogue WHERE workspace = ?")?;
            let mut rows = statement.query([workspace.0])?;
            let mut catalogues = Vec::new();
            while let Some(row) = rows.next()? {
                catalogues.push(json_column(row, 0)?);
            }
            Ok(catalogues)
        })
        .await
    }

    /// A setting that outlives the process, such as the hash of the admin token.
    pub async fn setting(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        self.read(move |connection, _| {
            Ok(connection
                .query_row("SELECT value FROM meta WHERE key = ?", [key], |row| row.get(0))
                .optional()?)
        })
        .await
    }

    /// Whether nothing is under way: no undecided fact, no due question, nothing queued.
    pub async fn is_settled(&self, workspace: WorkspaceId) -> Result<bool, StoreError> {
        self.read(move |connection, _| {
            let open: i64 = connection
                .prepare_cached(
                    "SELECT (SELECT count(*) FROM ask WHERE workspace = ?1)
                          + (SELECT count(*) FROM due WHERE workspace = ?1)
                          + coalesce((SELECT n FROM counter WHERE workspace = ?1 AND name = 'fact.pending'), 0)",
                )?
                .query_row([workspace.0], |row| row.get(0))?;
            Ok(open == 0)
        })
        .await
    }
}

/// The stages that a workspace's CRMs were last known to have, read beside whoever has the store
/// open. Empty if there is no store yet, or it cannot be read.
pub fn last_known_stages(folder: &Path, workspace: &str) -> Vec<Catalogue> {
    let read = || -> Result<Vec<Catalogue>, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database_in(folder), flags)?;
        let mut statement = connection.prepare(
            "SELECT catalogue.state FROM catalogue JOIN workspace ON workspace.id = catalogue.workspace
             WHERE workspace.name = ?",
        )?;
        let mut rows = statement.query([workspace])?;
        let mut catalogues = Vec::new();
        while let Some(row) = rows.next()? {
            catalogues.push(json_column(row, 0)?);
        }
        Ok(catalogues)
    };
    read().unwrap_or_default()
}

fn ledger(connection: &Connection, workspace: WorkspaceId) -> Result<Ledger, StoreError> {
    let mut statement = connection.prepare_cached("SELECT name, n FROM counter WHERE workspace = ?")?;
    let mut rows = statement.query([workspace.0])?;
    let mut ledger = Ledger::default();
    while let Some(row) = rows.next()? {
        let (name, n): (String, i64) = (row.get(0)?, row.get(1)?);
        let (facts, conversions) = (&mut ledger.facts, &mut ledger.conversions);
        match name.split_once('.') {
            Some(("door", reason)) => {
                ledger.refused_at_door.insert(reason.to_owned(), n);
            }
            Some(("fact", "received")) => facts.received = n,
            Some(("fact", "pending")) => facts.pending = n,
            Some(("fact", "waiting")) => facts.waiting = n,
            Some(("fact", "used")) => facts.used = n,
            Some(("fact", "ignored")) => facts.ignored = n,
            Some(("fact", "duplicate")) => facts.duplicate = n,
            Some(("conversion", "created")) => conversions.created = n,
            Some(("conversion", "queued")) => conversions.queued = n,
            Some(("conversion", "waiting")) => conversions.waiting = n,
            Some(("conversion", "accepted")) => conversions.accepted = n,
            Some(("conversion", "duplicate")) => conversions.duplicate = n,
            Some(("conversion", "suppressed")) => conversions.suppressed = n,
            Some(("conversion", "failed")) => conversions.failed = n,
            _ => {}
        }
    }
    let (f, c) = (ledger.facts, ledger.conversions);
    ledger.balanced = f.received == f.pending + f.waiting + f.used + f.ignored + f.duplicate
        && c.created == c.queued + c.waiting + c.accepted + c.duplicate + c.suppressed + c.failed;
    Ok(ledger)
}

fn funnel(connection: &Connection, workspace: WorkspaceId) -> Result<Funnel, StoreError> {
    let count = |sql: &str| -> Result<i64, StoreError> {
        Ok(connection.prepare_cached(sql)?.query_row([workspace.0], |row| row.get(0))?)
    };
    let mut funnel = Funnel {
        conversations: count(
            "SELECT coalesce(sum(n), 0) FROM counter WHERE workspace = ? AND name = 'click.kept'",
        )?,
        leads: count(
            "SELECT count(*) FROM conversion WHERE workspace = ? AND event = 'Lead' AND state = 'accepted'",
        )?,
        ..Funnel::default()
    };
    let mut statement = connection.prepare_cached(
        "SELECT record ->> 'value', record ->> 'currency' FROM conversion
         WHERE workspace = ? AND event = 'Purchase' AND state = 'accepted'",
    )?;
    let mut rows = statement.query([workspace.0])?;
    while let Some(row) = rows.next()? {
        funnel.purchases += 1;
        let (value, currency): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
        if let (Some(Ok(value)), Some(currency)) = (value.map(|value| value.parse::<Money>()), currency) {
            let sum = funnel.revenue.entry(currency).or_insert(Money::ZERO);
            *sum = sum.checked_add(value).unwrap_or(*sum);
        }
    }
    Ok(funnel)
}

fn problems(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<Problem>, StoreError> {
    let mut problems = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT dataset, until_ms, needs_you, cause, since_ms, code,
                (SELECT count(*) FROM due WHERE due.workspace = pause.workspace AND due.dataset = pause.dataset)
         FROM pause WHERE workspace = ?",
    )?;
    let mut rows = statement.query([workspace.0])?;
    while let Some(row) = rows.next()? {
        problems.push(Problem::Paused {
            dataset: row.get(0)?,
            pause: Pause {
                until_ms: row.get(1)?,
                needs_you: row.get(2)?,
                cause: row.get(3)?,
                since_ms: row.get(4)?,
                code: row.get(5)?,
            },
            queued: row.get(6)?,
        });
    }
    drop(rows);
    let mut statement = connection.prepare_cached(
        "SELECT origin, count(*), max(last_error) FROM ask
         WHERE workspace = ? AND last_error IS NOT NULL GROUP BY origin",
    )?;
    let mut rows = statement.query([workspace.0])?;
    while let Some(row) = rows.next()? {
        problems.push(Problem::Unanswered {
            origin: row.get(0)?,
            questions: row.get(1)?,
            error: row.get(2)?,
        });
    }
    Ok(problems)
}
