//! The transaction in which a change runs, and the numbers that its group writes at the end.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use capi::Money;
use kopru_core::{Reason, Unmade, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Params, types::FromSql};

use crate::{
    Error,
    keyring::{Keyring, WorkspaceKeys},
    outcomes::{Dimensions, Standing, Together},
    sqlite::once::{KeyHolder, OnceHash, OnceKeys, PendingKeys},
};

/// The counter of facts that were acknowledged.
pub(in super::super) const RECEIVED: &str = "fact.received";

/// An open transaction.
pub(in super::super) struct Txn<'a> {
    pub(super) connection: &'a Connection,
    keys: &'a Keyring,
    pub(super) memory: &'a mut Memory,
    pub(super) changed: Changed,
}

/// What a change adds to what its group writes at the end.
#[derive(Default)]
pub(super) struct Changed {
    sums: Vec<Sum>,
    standing: Vec<(WorkspaceId, Together)>,
}

/// What the writer remembers from one change to the next.
pub(super) struct Memory {
    /// The last numbers given out, by table and workspace. A number whose change failed is skipped.
    pub(super) heads: HashMap<(&'static str, u32), u64>,
    pub(super) once: PendingKeys,
}

impl Memory {
    pub(super) fn new(once: Arc<OnceKeys>) -> Self {
        Self { heads: HashMap::new(), once: PendingKeys::new(once) }
    }
}

/// In place of the state of a conversion: a deal fired a rule and made no event.
pub(in super::super) const NOT_MADE: &str = "none";

/// A place in the table of conversions by event, state, reason, currency and rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TallyKey {
    event: String,
    state: &'static str,
    reason: &'static str,
    currency: String,
    rule: String,
}

/// A number that a change adds to.
pub(super) enum Sum {
    Counter(u32, Cow<'static, str>, i64),
    Tally(u32, TallyKey, i64, Option<Money>),
}

impl<'a> Txn<'a> {
    pub(super) fn new(connection: &'a Connection, keys: &'a Keyring, memory: &'a mut Memory) -> Self {
        Self { connection, keys, memory, changed: Changed::default() }
    }

    /// Runs a statement; returns how many rows it changed.
    pub(in super::super) fn run(&self, sql: &str, params: impl Params) -> Result<usize, Error> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// Reads one value.
    pub(in super::super) fn one<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<T, Error> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
    }

    pub(in super::super) fn connection(&self) -> &Connection {
        self.connection
    }

    /// The next number of a table in a workspace.
    pub(in super::super) fn next(
        &mut self,
        table: &'static str,
        column: &str,
        workspace: WorkspaceId,
    ) -> Result<u64, Error> {
        let last =
            || format!("SELECT {column} FROM {table} WHERE workspace = ? ORDER BY {column} DESC LIMIT 1");
        self.next_after(table, workspace, last)
    }

    /// The next number of a kind in a workspace, behind the one that a statement finds when none has been
    /// given out yet.
    pub(in super::super) fn next_after<T: AsRef<str>>(
        &mut self,
        kind: &'static str,
        workspace: WorkspaceId,
        last: impl FnOnce() -> T,
    ) -> Result<u64, Error> {
        let last = match self.memory.heads.get(&(kind, workspace.0)) {
            Some(last) => *last,
            None => self
                .connection
                .prepare_cached(last().as_ref())?
                .query_row([workspace.0], |row| row.get(0))
                .optional()?
                .unwrap_or(0),
        };
        self.memory.heads.insert((kind, workspace.0), last + 1);
        Ok(last + 1)
    }

    /// Adds to a counter of the ledger; written once for the whole group.
    pub(in super::super) fn count(
        &mut self,
        workspace: WorkspaceId,
        name: impl Into<Cow<'static, str>>,
        by: i64,
    ) {
        self.changed.sums.push(Sum::Counter(workspace.0, name.into(), by));
    }

    /// The keys of a workspace: to open with. Whoever hands in a change has sealed before.
    pub(in super::super) fn keys(&self, workspace: WorkspaceId) -> Result<Arc<WorkspaceKeys>, Error> {
        self.keys.of(workspace)
    }

    /// What an activity is recognised by that comes again, with whatever this group has put.
    pub(in super::super) fn once(
        &self,
        workspace: WorkspaceId,
        key: &OnceHash,
    ) -> Result<Option<KeyHolder>, Error> {
        self.memory.once.find(self.connection, workspace, key)
    }

    /// Keeps by what an activity is recognised, in the place of what it was kept with before.
    pub(in super::super) fn put_once(
        &mut self,
        workspace: WorkspaceId,
        key: OnceHash,
        held: KeyHolder,
    ) -> Result<(), Error> {
        self.memory.once.put(self.connection, workspace, key, held)
    }

    /// The keys that are committed.
    pub(in super::super) fn once_keys(&self) -> &OnceKeys {
        self.memory.once.committed()
    }

    /// Counts what fired rules and made no event, as a deal has it now and no more as it had it.
    pub(in super::super) fn not_made(
        &mut self,
        workspace: WorkspaceId,
        was: &BTreeMap<String, Unmade>,
        now: &BTreeMap<String, Unmade>,
    ) {
        if was == now {
            return;
        }
        for (all, by) in [(was, -1), (now, 1)] {
            for (rule, one) in all {
                let key = TallyKey {
                    event: one.event.clone(),
                    state: NOT_MADE,
                    reason: one.why.code(),
                    currency: one.currency.clone().unwrap_or_default(),
                    rule: rule.clone(),
                };
                self.changed.sums.push(Sum::Tally(workspace.0, key, by, one.amount));
            }
        }
    }

    /// The same for conversions that come to stand elsewhere, together with those of the other changes of the group.
    pub(in super::super) fn stand_together(&mut self, workspace: WorkspaceId, standing: Together) {
        self.changed.standing.push((workspace, standing));
    }

    /// Counts a conversion where it stands now and no more where it stood, and tells those who
    /// follow.
    pub(in super::super) fn stands(
        &mut self,
        workspace: WorkspaceId,
        was: Option<&Standing>,
        now: &Standing,
    ) -> Result<(), Error> {
        self.all_stand(workspace, was, now, 1)
    }

    /// The same for so many that stood and stand alike; the amounts are those of all of them together.
    fn all_stand(
        &mut self,
        workspace: WorkspaceId,
        was: Option<&Standing>,
        now: &Standing,
        n: i64,
    ) -> Result<(), Error> {
        if was == Some(now) {
            return Ok(());
        }
        for (standing, by) in was.map(|was| (was, -n)).into_iter().chain([(now, n)]) {
            let Dimensions { state, reason, currency, .. } = &standing.place;
            let key = TallyKey {
                event: standing.event.clone(),
                state: state.code(),
                reason: reason.map_or("", Reason::code),
                currency: currency.clone(),
                rule: standing.rule.clone(),
            };
            self.changed.sums.push(Sum::Tally(workspace.0, key, by, standing.amount));
        }
        let number = self.next_after("outcome", workspace, || {
            "SELECT max(coalesce((SELECT number FROM outcome WHERE workspace = ?1 ORDER BY number DESC LIMIT 1), 0),
                 coalesce((SELECT max(upto) FROM follower WHERE workspace = ?1), 0))"
        })?;
        let was = was.map(serde_json::to_string).transpose()?;
        self.run(
            "INSERT INTO outcome (workspace, number, was, now, n) VALUES (?, ?, ?, ?, ?)",
            (workspace.0, number, was, serde_json::to_string(now)?, n),
        )?;
        Ok(())
    }
}

/// The sums of a whole group.
#[derive(Default)]
pub(super) struct Sums {
    counters: BTreeMap<(u32, Cow<'static, str>), i64>,
    tallies: BTreeMap<(u32, TallyKey), (i64, Money)>,
    standing: BTreeMap<WorkspaceId, Together>,
}

impl Sums {
    pub(super) fn add(&mut self, Changed { sums, standing }: Changed) {
        for (workspace, standing) in standing {
            self.standing.entry(workspace).or_default().extend(standing);
        }
        for sum in sums {
            match sum {
                Sum::Counter(workspace, name, by) => {
                    *self.counters.entry((workspace, name)).or_default() += by;
                }
                Sum::Tally(workspace, place, by, worth) => {
                    let (n, amount) = self.tallies.entry((workspace, place)).or_insert((0, Money::ZERO));
                    *n += by;
                    *amount = added(*amount, worth.unwrap_or(Money::ZERO), by);
                }
            }
        }
    }

    /// Takes note of what came to stand elsewhere together.
    pub(super) fn stand(&mut self, mut txn: Txn<'_>) -> Result<(), Error> {
        for (workspace, standing) in std::mem::take(&mut self.standing) {
            for (was, now, n) in standing.into_moved() {
                txn.all_stand(workspace, was.as_ref(), &now, n)?;
            }
        }
        self.add(txn.changed);
        Ok(())
    }

    /// How many facts the group adds.
    pub(super) fn received(&self) -> u64 {
        let facts = self.counters.iter().filter(|((_, name), _)| name == RECEIVED);
        facts.map(|(_, by)| u64::try_from(*by).unwrap_or(0)).sum()
    }

    /// Of which workspaces conversions came to stand elsewhere.
    pub(super) fn workspaces_of_conversions(&self) -> BTreeSet<WorkspaceId> {
        self.tallies.keys().map(|(workspace, _)| WorkspaceId(*workspace)).collect()
    }

    pub(super) fn write(self, connection: &Connection) -> Result<(), Error> {
        for ((workspace, name), by) in self.counters.into_iter().filter(|(_, by)| *by != 0) {
            connection
                .prepare_cached(
                    "INSERT INTO counter (workspace, name, n) VALUES (?1, ?2, ?3)
                     ON CONFLICT (workspace, name) DO UPDATE SET n = n + ?3",
                )?
                .execute((workspace, name, by))?;
        }
        for ((workspace, place), (by, amount)) in self.tallies {
            if by == 0 && amount == Money::ZERO {
                continue;
            }
            write_tally(connection, workspace, &place, by, amount)?;
        }
        Ok(())
    }
}

fn write_tally(
    connection: &Connection,
    workspace: u32,
    place: &TallyKey,
    by: i64,
    amount: Money,
) -> Result<(), Error> {
    let key = (workspace, &place.event, place.state, place.reason, &place.currency, &place.rule);
    // Amounts are exact decimals, which SQL cannot add.
    let before: Option<String> = connection
        .prepare_cached(
            "SELECT amount FROM tally
             WHERE workspace = ? AND event = ? AND state = ? AND reason = ? AND currency = ? AND rule = ?",
        )?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let before = before.and_then(|text| text.parse().ok()).unwrap_or(Money::ZERO);
    let after = added(before, amount, 1).to_string();
    connection
        .prepare_cached(
            "INSERT INTO tally (workspace, event, state, reason, currency, rule, n, amount)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (workspace, event, state, reason, currency, rule) DO UPDATE SET n = n + ?7, amount = ?8",
        )?
        .execute((key.0, key.1, key.2, key.3, key.4, key.5, by, after))?;
    Ok(())
}

/// An amount that was added or taken away; too large to be exact, the sum stays as it was.
fn added(sum: Money, amount: Money, by: i64) -> Money {
    let after = if by < 0 { sum.checked_sub(amount) } else { sum.checked_add(amount) };
    after.unwrap_or(sum)
}
