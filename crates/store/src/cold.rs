//! Reads for people: the ledger, the newest conversions, what the ads brought, what needs mending.

mod conversions;
mod overview;
mod problems;

use std::{collections::BTreeMap, path::Path};

use capi::Money;
use kopru_core::{Catalogue, Conversion, ConversionFilter, Reason, State, WorkspaceId};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

pub use crate::sqlite::aside::SetAsideListed;
use crate::{
    Error, Pause, PauseScope, Sqlite,
    sqlite::{aside, file::database_in, log, queue, rows::json_column},
};
pub use conversions::{ConversionPage, EXAMINED_MAX, StoppedAt};

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
    /// Could not be read or applied; they can be tried again.
    #[serde(default)]
    pub set_aside: i64,
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

/// How many conversions there are of each event, state and reason.
pub type Breakdown = Vec<(String, State, Option<Reason>, i64)>;

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
    /// The event as it left last, byte for byte.
    pub body: Option<String>,
    /// When it ended, Unix milliseconds.
    pub settled_ms: Option<i64>,
}

impl Listed {
    /// Whether it is not sent again although Meta may have it.
    pub fn may_have_counted(&self) -> bool {
        self.conversion.sent.is_unknown()
            && matches!(self.conversion.state, State::Suppressed | State::Failed)
    }
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

/// How far the rows behind a problem are counted. What is above is "more than a thousand".
pub const COUNTED_MAX: i64 = 1_000;

/// Something that a person has to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A dataset's delivery is paused.
    Paused {
        /// What it holds up.
        scope: PauseScope,
        /// The dataset at which it was found.
        dataset: String,
        /// The pause.
        pause: Pause,
        /// How many events wait, counted up to [`COUNTED_MAX`] + 1.
        queued: i64,
    },
    /// A CRM does not answer.
    Unanswered {
        /// Which system of record.
        origin: String,
        /// How many questions, counted up to [`COUNTED_MAX`] + 1.
        questions: i64,
        /// What the last try ended with.
        error: String,
    },
}

impl Sqlite {
    /// The ledger of a workspace.
    pub async fn ledger(&self, workspace: WorkspaceId) -> Result<Ledger, Error> {
        self.page(move |connection, _| overview::ledger(connection, workspace)).await
    }

    /// The newest conversions below a number, newest first.
    pub async fn conversions(
        &self,
        workspace: WorkspaceId,
        below: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Listed>, Error> {
        Ok(self.conversions_of(workspace, ConversionFilter::default(), below, limit).await?.listed)
    }

    /// The newest conversions below a number that a filter takes, newest first. At most
    /// [`EXAMINED_MAX`] are looked at.
    pub async fn conversions_of(
        &self,
        workspace: WorkspaceId,
        filter: ConversionFilter,
        below: Option<u64>,
        limit: usize,
    ) -> Result<ConversionPage, Error> {
        self.page(move |connection, seal| {
            conversions::newest(connection, seal, workspace, &filter, below, limit)
        })
        .await
    }

    /// The workspace of this name, if the store has it.
    pub async fn known_workspace(&self, name: &str) -> Result<Option<WorkspaceId>, Error> {
        let name = name.to_owned();
        self.page(move |connection, _| {
            Ok(connection
                .prepare_cached("SELECT id FROM workspace WHERE name = ?")?
                .query_row([name], |row| row.get(0).map(WorkspaceId))
                .optional()?)
        })
        .await
    }

    /// The number of the conversion with this event id.
    pub async fn conversion_number(
        &self,
        workspace: WorkspaceId,
        event_id: &str,
    ) -> Result<Option<u64>, Error> {
        let event_id = event_id.to_owned();
        self.page(move |connection, _| {
            Ok(connection
                .prepare_cached("SELECT number FROM conversion WHERE workspace = ? AND event_id = ?")?
                .query_row((workspace.0, event_id), |row| row.get(0))
                .optional()?)
        })
        .await
    }

    /// How many facts changed nothing, by reason.
    pub async fn ignored(&self, workspace: WorkspaceId) -> Result<Vec<(Reason, i64)>, Error> {
        self.page(move |connection, _| {
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
    pub async fn breakdown(&self, workspace: WorkspaceId) -> Result<Breakdown, Error> {
        self.page(move |connection, _| overview::breakdown(connection, workspace)).await
    }

    /// What the ads brought.
    pub async fn funnel(&self, workspace: WorkspaceId) -> Result<Funnel, Error> {
        self.page(move |connection, _| overview::funnel(connection, workspace)).await
    }

    /// What needs mending.
    pub async fn problems(&self, workspace: WorkspaceId) -> Result<Vec<Problem>, Error> {
        self.page(move |connection, seal| problems::all(connection, seal, workspace)).await
    }

    /// The stages that the workspace's CRMs are known to have.
    pub async fn catalogues(&self, workspace: WorkspaceId) -> Result<Vec<Catalogue>, Error> {
        self.page(move |connection, _| {
            let mut statement =
                connection.prepare_cached("SELECT state FROM catalogue WHERE workspace = ?")?;
            let mut rows = statement.query([workspace.0])?;
            let mut catalogues = Vec::new();
            while let Some(row) = rows.next()? {
                // What cannot be read counts as not known; it is read anew from the CRM.
                catalogues.extend(json_column::<Catalogue>(row, 0));
            }
            Ok(catalogues)
        })
        .await
    }

    /// A setting that outlives the process, such as the hash of the admin token.
    pub async fn setting(&self, key: &'static str) -> Result<Option<String>, Error> {
        self.page(move |connection, _| {
            Ok(connection
                .query_row("SELECT value FROM meta WHERE key = ?", [key], |row| row.get(0))
                .optional()?)
        })
        .await
    }

    /// Whether nothing is under way: no undecided fact, no due question, nothing queued.
    pub async fn is_settled(&self, workspace: WorkspaceId) -> Result<bool, Error> {
        self.page(move |connection, _| {
            let open: bool = connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM ask WHERE workspace = ?1 LIMIT 1)
                         OR EXISTS (SELECT 1 FROM due WHERE workspace = ?1 LIMIT 1)
                         OR EXISTS (SELECT 1 FROM counter WHERE workspace = ?1 AND name = 'fact.pending' AND n > 0)",
                )?
                .query_row([workspace.0], |row| row.get(0))?;
            Ok(!open)
        })
        .await
    }

    /// The facts that are set aside, oldest first.
    pub async fn set_aside(
        &self,
        workspace: WorkspaceId,
        limit: usize,
    ) -> Result<Vec<SetAsideListed>, Error> {
        self.page(move |connection, seal| aside::listed(connection, seal, workspace, limit)).await
    }

    /// When the oldest of the facts that are not decided came, Unix milliseconds.
    pub async fn oldest_undecided_ms(&self, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
        self.page(move |connection, _| log::oldest_undecided_ms(connection, workspace)).await
    }

    /// When the first conversion of the queue is or was due, Unix milliseconds.
    pub async fn oldest_due_ms(&self, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
        self.page(move |connection, _| queue::oldest_due_ms(connection, workspace)).await
    }
}

/// The stages that a workspace's CRMs were last known to have, read beside whoever has the store
/// open. Empty if there is no store yet, or it cannot be read.
pub fn last_known_stages(folder: &Path, workspace: &str) -> Vec<Catalogue> {
    let read = || -> Result<Vec<Catalogue>, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database_in(folder), flags)?;
        let mut statement = connection.prepare(
            "SELECT catalogue.state FROM catalogue JOIN workspace ON workspace.id = catalogue.workspace
             WHERE workspace.name = ?",
        )?;
        let mut rows = statement.query([workspace])?;
        let mut catalogues = Vec::new();
        while let Some(row) = rows.next()? {
            catalogues.extend(json_column::<Catalogue>(row, 0));
        }
        Ok(catalogues)
    };
    read().unwrap_or_default()
}
