//! What has been kept long enough goes, in small steps.
//!
//! Each kind is gone through in the order of its key, which for all but links, chats, contacts and keys is the order in
//! which it came: a step ends where something is young enough. The newest row of a table stays, whatever its
//! age, because the next number follows from it.

use async_trait::async_trait;
use kopru_core::{Node, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{Sqlite, activities, former, imported, journal, once, writer::Txn};
use crate::{Error, Expiring, ExpiryStep, RetentionStore};

const DAY_MS: i64 = 24 * 3600 * 1000;

#[async_trait]
impl RetentionStore for Sqlite {
    async fn expire(
        &self,
        workspace: WorkspaceId,
        kind: Expiring,
        before_ms: i64,
        rows: usize,
    ) -> Result<ExpiryStep, Error> {
        self.write(move |txn| StepThrough { txn, workspace, kind, before_ms, rows }.step()).await
    }
}

/// Has the way through bodies begin again in front of one that leaves late.
pub(super) fn look_again_from(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<(), Error> {
    txn.run(
        "UPDATE retention SET place = CAST(?3 - 1 AS TEXT)
         WHERE workspace = ?1 AND kind = ?2 AND CAST(place AS INTEGER) >= ?3",
        (workspace.0, Expiring::Bodies.code(), number),
    )?;
    Ok(())
}

/// A step through one kind.
struct StepThrough<'a, 'b> {
    txn: &'a Txn<'b>,
    workspace: WorkspaceId,
    kind: Expiring,
    before_ms: i64,
    rows: usize,
}

/// A row that a step looks at.
struct Looked {
    number: u64,
    /// When it came, Unix milliseconds.
    since_ms: i64,
    /// What becomes of it once it is old.
    fate: Fate,
}

/// What becomes of an old row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It goes.
    Goes,
    /// It stays where it is, and others go on behind it.
    Stays,
    /// It may go later: a way that is never gone twice ends here.
    MayGoLater,
}

impl StepThrough<'_, '_> {
    fn step(&self) -> Result<ExpiryStep, Error> {
        match self.kind {
            Expiring::Facts => self.numbered(Self::facts, &Self::delete_fact, false),
            Expiring::Clicks => self.numbered(Self::clicks, &Self::empty_click, true),
            Expiring::ClickRemains => self.numbered(Self::click_remains, &Self::delete_click, false),
            Expiring::Bodies => self.numbered(Self::bodies, &Self::empty_body, true),
            Expiring::Conversions => self.numbered(Self::conversions, &Self::delete_conversion, false),
            Expiring::Links => self.links(),
            Expiring::Chats => self.chats(),
            Expiring::Contacts => self.contacts(),
            Expiring::Activities => self.numbered(Self::activities, &Self::delete_activity, false),
            Expiring::ActivityBodies => self.activity_bodies(),
            Expiring::ActivityAttempts => {
                self.numbered(Self::activity_attempts, &Self::delete_attempt, false)
            }
            Expiring::OnceKeys => self.once_keys(),
            Expiring::SeenTogether => self.seen_together(),
            Expiring::ImportedSales => self.imported_sales(),
        }
    }

    /// Goes on where the last step ended. `stays`: rows are emptied and not deleted, so that the next way
    /// begins behind them.
    fn numbered(
        &self,
        look: impl Fn(&Self, u64) -> Result<Vec<Looked>, Error>,
        end: &dyn Fn(&Self, u64) -> Result<(), Error>,
        stays: bool,
    ) -> Result<ExpiryStep, Error> {
        let place: u64 = self.place()?.and_then(|place| place.parse().ok()).unwrap_or(0);
        let found = look(self, place)?;
        let mut step = ExpiryStep { done: found.len() <= self.rows, ..ExpiryStep::default() };
        let mut reached = place;
        // One more is looked for, and with it the newest row is never among those that go.
        let newest = found.len().saturating_sub(1).min(self.rows);
        for Looked { number, since_ms, fate } in found.into_iter().take(newest) {
            if since_ms >= self.before_ms || (stays && fate == Fate::MayGoLater) {
                step.done = true;
                break;
            }
            step.looked_at += 1;
            reached = number;
            if fate == Fate::Goes {
                end(self, number)?;
                step.gone += 1;
            }
        }
        let place = if step.done && !stays { None } else { Some(reached.to_string()) };
        self.go_on_from(place.as_deref())?;
        Ok(step)
    }

    fn place(&self) -> Result<Option<String>, Error> {
        Ok(self
            .txn
            .connection()
            .prepare_cached("SELECT place FROM retention WHERE workspace = ? AND kind = ?")?
            .query_row((self.workspace.0, self.kind.code()), |row| row.get(0))
            .optional()?)
    }

    fn go_on_from(&self, place: Option<&str>) -> Result<(), Error> {
        let key = (self.workspace.0, self.kind.code());
        match place {
            Some(place) => self.txn.run(
                "INSERT OR REPLACE INTO retention (workspace, kind, place) VALUES (?, ?, ?)",
                (key.0, key.1, place),
            )?,
            None => self.txn.run("DELETE FROM retention WHERE workspace = ? AND kind = ?", key)?,
        };
        Ok(())
    }

    fn look(&self, sql: &str, place: u64) -> Result<Vec<Looked>, Error> {
        let mut statement = self.txn.connection().prepare_cached(sql)?;
        let rows = statement.query_map((self.workspace.0, place, self.rows + 1), |row| {
            let fate = match (row.get(2)?, row.get(3)?) {
                (false, _) => Fate::Stays,
                (true, true) => Fate::Goes,
                (true, false) => Fate::MayGoLater,
            };
            Ok(Looked { number: row.get(0)?, since_ms: row.get(1)?, fate })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn facts(&self, place: u64) -> Result<Vec<Looked>, Error> {
        self.look(
            "SELECT fact.seq, fact.received_ms, TRUE, undecided.seq IS NULL AND fact_end.outcome IS NOT 'waiting'
             FROM fact
             LEFT JOIN undecided ON undecided.workspace = fact.workspace AND undecided.seq = fact.seq
             LEFT JOIN fact_end ON fact_end.workspace = fact.workspace AND fact_end.seq = fact.seq
             WHERE fact.workspace = ? AND fact.seq > ? ORDER BY fact.seq LIMIT ?",
            place,
        )
    }

    fn delete_fact(&self, seq: u64) -> Result<(), Error> {
        let key = (self.workspace.0, seq);
        self.txn.run("DELETE FROM fact WHERE workspace = ? AND seq = ?", key)?;
        self.txn.run("DELETE FROM fact_end WHERE workspace = ? AND seq = ?", key)?;
        self.txn.run("DELETE FROM set_aside WHERE workspace = ? AND seq = ?", key)?;
        Ok(())
    }

    fn clicks(&self, place: u64) -> Result<Vec<Looked>, Error> {
        self.look(
            "SELECT number, received_ms, body IS NOT NULL, TRUE FROM click
             WHERE workspace = ? AND number > ? ORDER BY number LIMIT ?",
            place,
        )
    }

    fn click_remains(&self, place: u64) -> Result<Vec<Looked>, Error> {
        self.look(
            "SELECT number, received_ms, TRUE, TRUE FROM click
             WHERE workspace = ? AND number > ? ORDER BY number LIMIT ?",
            place,
        )
    }

    fn empty_click(&self, number: u64) -> Result<(), Error> {
        self.txn.run(
            "UPDATE click SET body = NULL WHERE workspace = ? AND number = ?",
            (self.workspace.0, number),
        )?;
        Ok(())
    }

    fn delete_click(&self, number: u64) -> Result<(), Error> {
        let key = (self.workspace.0, number);
        let who: Option<Vec<u8>> = self
            .txn
            .connection()
            .prepare_cached("DELETE FROM click WHERE workspace = ? AND number = ? RETURNING who")?
            .query_row(key, |row| row.get(0))
            .optional()?;
        for who in who.unwrap_or_default().chunks(super::clicks::WHO_BYTES) {
            self.txn.run(
                "DELETE FROM click_of WHERE workspace = ? AND who = ? AND number = ?",
                (self.workspace.0, who, number),
            )?;
        }
        Ok(())
    }

    fn bodies(&self, place: u64) -> Result<Vec<Looked>, Error> {
        self.look(
            "SELECT sent_body.number, conversion.created_ms, sent_body.body IS NOT NULL,
                 conversion.state NOT IN ('queued', 'waiting')
             FROM sent_body
             JOIN conversion ON conversion.workspace = sent_body.workspace AND conversion.number = sent_body.number
             WHERE sent_body.workspace = ? AND sent_body.number > ? ORDER BY sent_body.number LIMIT ?",
            place,
        )
    }

    fn empty_body(&self, number: u64) -> Result<(), Error> {
        self.txn.run(
            "UPDATE sent_body SET body = NULL WHERE workspace = ? AND number = ?",
            (self.workspace.0, number),
        )?;
        Ok(())
    }

    fn conversions(&self, place: u64) -> Result<Vec<Looked>, Error> {
        self.look(
            "SELECT number, created_ms, TRUE, state NOT IN ('queued', 'waiting') FROM conversion
             WHERE workspace = ? AND number > ? ORDER BY number LIMIT ?",
            place,
        )
    }

    fn delete_conversion(&self, number: u64) -> Result<(), Error> {
        let key = (self.workspace.0, number);
        self.txn.run(
            "INSERT OR IGNORE INTO told (workspace, event_id, state, cause)
             SELECT workspace, event_id, state, cause FROM conversion WHERE workspace = ? AND number = ?",
            key,
        )?;
        self.txn.run("DELETE FROM conversion WHERE workspace = ? AND number = ?", key)?;
        self.txn.run("DELETE FROM sent_body WHERE workspace = ? AND number = ?", key)?;
        Ok(())
    }

    /// The first day that is kept, days since 1970.
    fn first_day(&self) -> i64 {
        self.before_ms.div_euclid(DAY_MS)
    }

    fn links(&self) -> Result<ExpiryStep, Error> {
        let place: (String, String) =
            self.place()?.and_then(|place| serde_json::from_str(&place).ok()).unwrap_or_default();
        let found: Vec<(String, String, i64)> = self
            .txn
            .connection()
            .prepare_cached(
                "SELECT a, b, seen_day FROM link
                 WHERE workspace = ? AND (a, b) > (?, ?) ORDER BY a, b LIMIT ?",
            )?
            .query_map((self.workspace.0, &place.0, &place.1, self.rows), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        let mut step = self.looked_at(found.len());
        for (a, b, _) in found.iter().filter(|(.., seen_day)| *seen_day < self.first_day()) {
            // With its other direction: nobody finds half a link.
            for (a, b) in [(b, a), (a, b)] {
                self.txn.run(
                    "DELETE FROM link WHERE workspace = ? AND a = ? AND b = ?",
                    (self.workspace.0, a, b),
                )?;
            }
            step.gone += 1;
        }
        let last = found.last().filter(|_| !step.done);
        let place = last.map(|(a, b, _)| serde_json::to_string(&(a, b))).transpose()?;
        self.go_on_from(place.as_deref())?;
        Ok(step)
    }

    fn chats(&self) -> Result<ExpiryStep, Error> {
        let place = self.place()?.and_then(|place| journal::bytes(&place)).unwrap_or_default();
        let found: Vec<(Vec<u8>, i64)> = self
            .txn
            .connection()
            .prepare_cached(
                "SELECT who, seen_day FROM chat WHERE workspace = ? AND who > ? ORDER BY who LIMIT ?",
            )?
            .query_map((self.workspace.0, &place, self.rows), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut step = self.looked_at(found.len());
        for (who, _) in found.iter().filter(|(_, seen_day)| *seen_day < self.first_day()) {
            step.gone +=
                self.txn.run("DELETE FROM chat WHERE workspace = ? AND who = ?", (self.workspace.0, who))?;
        }
        let last = found.last().filter(|_| !step.done).map(|(who, _)| capi::hex(who));
        self.go_on_from(last.as_deref())?;
        Ok(step)
    }

    fn contacts(&self) -> Result<ExpiryStep, Error> {
        let place = self.place()?.unwrap_or_default();
        let found: Vec<(String, i64)> = self
            .txn
            .connection()
            .prepare_cached(
                "SELECT node, seen_day FROM contact WHERE workspace = ? AND node > ? ORDER BY node LIMIT ?",
            )?
            .query_map((self.workspace.0, &place, self.rows), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut step = self.looked_at(found.len());
        for (node, _) in found.iter().filter(|(_, seen_day)| *seen_day < self.first_day()) {
            former::remove(self.txn, self.workspace, &Node::from_stored(node.clone()))?;
            step.gone += self
                .txn
                .run("DELETE FROM contact WHERE workspace = ? AND node = ?", (self.workspace.0, node))?;
        }
        let last = found.last().filter(|_| !step.done);
        self.go_on_from(last.map(|(node, _)| node.as_str()))?;
        Ok(step)
    }

    fn activities(&self, place: u64) -> Result<Vec<Looked>, Error> {
        self.look(
            "SELECT number, received_ms, TRUE, state NOT IN ('queued', 'waiting') FROM activity
             WHERE workspace = ? AND number > ? ORDER BY number LIMIT ?",
            place,
        )
    }

    fn delete_activity(&self, number: u64) -> Result<(), Error> {
        let key = (self.workspace.0, number);
        self.txn.run("DELETE FROM activity WHERE workspace = ? AND number = ?", key)?;
        self.txn.run("DELETE FROM activity_body WHERE workspace = ? AND number = ?", key)?;
        activities::forget_appended(self.txn, self.workspace, number)
    }

    /// No number follows from them: the newest goes too.
    fn activity_bodies(&self) -> Result<ExpiryStep, Error> {
        let place: u64 = self.place()?.and_then(|place| place.parse().ok()).unwrap_or(0);
        let mut found = self.look(
            "SELECT b.number, a.received_ms, TRUE, a.state NOT IN ('queued', 'waiting')
             FROM activity_body b JOIN activity a ON a.workspace = b.workspace AND a.number = b.number
             WHERE b.workspace = ? AND b.number > ? ORDER BY b.number LIMIT ?",
            place,
        )?;
        found.truncate(self.rows);
        let mut step = self.looked_at(found.len());
        for Looked { number, since_ms, fate } in &found {
            if *since_ms >= self.before_ms {
                step.done = true;
                break;
            }
            if *fate == Fate::Goes {
                self.txn.run(
                    "DELETE FROM activity_body WHERE workspace = ? AND number = ?",
                    (self.workspace.0, number),
                )?;
                step.gone += 1;
            }
        }
        let last = found.last().filter(|_| !step.done).map(|last| last.number.to_string());
        self.go_on_from(last.as_deref())?;
        Ok(step)
    }

    /// What goes again byte for byte is not among them.
    fn activity_attempts(&self, place: u64) -> Result<Vec<Looked>, Error> {
        self.look(
            "SELECT t.attempt, t.opened_ms, TRUE, t.ended_ms IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM activity_due d INDEXED BY activity_due_unknown
                 WHERE d.workspace = t.workspace AND d.unknown_attempt = t.attempt LIMIT 1)
             FROM activity_attempt t WHERE t.workspace = ? AND t.attempt > ? ORDER BY t.attempt LIMIT ?",
            place,
        )
    }

    fn delete_attempt(&self, attempt: u64) -> Result<(), Error> {
        for sql in [
            "DELETE FROM activity_attempt WHERE workspace = ? AND attempt = ?",
            "DELETE FROM activity_sent WHERE workspace = ? AND attempt = ?",
        ] {
            self.txn.run(sql, (self.workspace.0, attempt))?;
        }
        Ok(())
    }

    fn once_keys(&self) -> Result<ExpiryStep, Error> {
        let (once, before_s) = (self.txn.once_keys(), self.before_ms.div_euclid(1000));
        if let Some(gone) = once.expire_segment(self.txn, self.workspace, before_s, self.rows)? {
            return Ok(ExpiryStep { looked_at: gone, gone, done: false });
        }
        let place: Option<(u64, String)> = self.place()?.and_then(|place| serde_json::from_str(&place).ok());
        let place = place.and_then(|(number, key)| Some((number, journal::bytes(&key)?))).unwrap_or_default();
        let found = once::recent_behind(self.txn, self.workspace, &place, self.rows)?;
        let mut step = self.looked_at(found.len());
        for (key, held) in found.iter().filter(|(_, held)| held.until_s.saturating_mul(1000) < self.before_ms)
        {
            once.forget_recent(self.workspace, key, *held);
            step.gone += self.txn.run(
                "DELETE FROM once_recent WHERE workspace = ? AND number = ? AND key = ?",
                (self.workspace.0, held.number, key),
            )?;
        }
        let last = found.last().filter(|_| !step.done);
        let place = last.map(|(key, held)| (held.number, capi::hex(key)));
        self.go_on_from(place.map(|place| serde_json::to_string(&place)).transpose()?.as_deref())?;
        Ok(step)
    }

    fn seen_together(&self) -> Result<ExpiryStep, Error> {
        let place: (String, String) =
            self.place()?.and_then(|place| serde_json::from_str(&place).ok()).unwrap_or_default();
        let read = |hex: &str| journal::bytes(hex).unwrap_or_default();
        let place = (read(&place.0), read(&place.1));
        let found = activities::edges_behind(self.txn, self.workspace, &place, self.rows)?;
        let mut step = self.looked_at(found.len());
        for edge in found.iter().filter(|edge| edge.seen_day < self.first_day()) {
            activities::remove_edge(self.txn, self.workspace, &edge.a, &edge.b)?;
            step.gone += 1;
        }
        let last = found.last().filter(|_| !step.done);
        let place = last.map(|edge| (capi::hex(&edge.a), capi::hex(&edge.b)));
        self.go_on_from(place.map(|place| serde_json::to_string(&place)).transpose()?.as_deref())?;
        Ok(step)
    }

    fn imported_sales(&self) -> Result<ExpiryStep, Error> {
        let place: (String, i64, String, String) =
            self.place()?.and_then(|place| serde_json::from_str(&place).ok()).unwrap_or_default();
        let place = (journal::bytes(&place.0).unwrap_or_default(), place.1, place.2, place.3);
        let found = imported::behind(self.txn, self.workspace, &place, self.rows)?;
        let mut step = self.looked_at(found.len());
        for sale in found.iter().filter(|sale| sale.to_s.saturating_mul(1000) < self.before_ms) {
            let of_who = (sale.from_s, sale.value.as_str(), sale.currency.as_str());
            step.gone += imported::remove(self.txn, self.workspace, &sale.who, of_who)?;
        }
        let last = found.last().filter(|_| !step.done);
        let place = last.map(|sale| (capi::hex(&sale.who), sale.from_s, &sale.value, &sale.currency));
        self.go_on_from(place.map(|place| serde_json::to_string(&place)).transpose()?.as_deref())?;
        Ok(step)
    }

    fn looked_at(&self, found: usize) -> ExpiryStep {
        ExpiryStep { looked_at: found, gone: 0, done: found < self.rows }
    }
}
