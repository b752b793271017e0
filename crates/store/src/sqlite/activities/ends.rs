//! How activities come to stand elsewhere: those that do so alike in one transaction are counted together.

use kopru_core::{ConsentAnswer, Conversion, Reason, State, Stop, WorkspaceId};
use rusqlite::{OptionalExtension, Row};

use super::{
    ROUTE,
    rows::{Further, now},
    wiped,
};
use crate::{
    AttemptId, Error,
    outcomes::{Dimensions, Standing, Together},
    sqlite::writer::Txn,
};

/// What has come to stand elsewhere, to be told at the end.
pub(super) struct Ends {
    pub(super) workspace: WorkspaceId,
    pub(super) now_ms: i64,
    standing: Together,
    /// Their numbers: something may wait for them.
    moved: Vec<u64>,
}

impl Ends {
    pub(super) fn new(workspace: WorkspaceId, now_ms: i64) -> Self {
        Self { workspace, now_ms, standing: Together::default(), moved: Vec::new() }
    }

    /// Takes one that has left the queue to its end.
    pub(super) fn end(
        &mut self,
        txn: &Txn<'_>,
        number: u64,
        state: State,
        reason: Option<Reason>,
        attempt: Option<AttemptId>,
    ) -> Result<(), Error> {
        let now = txn
            .connection()
            .prepare_cached(
                "UPDATE activity SET state = ?3, reason = ?4, due_ms = NULL, settled_ms = ?5,
                    attempts = attempts + (?6 IS NOT NULL), attempt = coalesce(?6, attempt)
                 WHERE workspace = ?1 AND number = ?2
                 RETURNING dataset, origin, name, event_s, value, currency",
            )?
            .query_row(
                (self.workspace.0, number, state.code(), reason.map(Reason::code), self.now_ms, attempt),
                |row| standing(row, state, reason),
            )
            .optional()?;
        if let Some(now) = now {
            self.standing.add(Some((State::Queued, None)), now);
            self.moved.push(number);
        }
        Ok(())
    }

    /// Takes one that has left the queue to where a stop says.
    pub(super) fn stop(&mut self, txn: &Txn<'_>, number: u64, stop: &Stop) -> Result<(), Error> {
        let Some(before) = now(txn, self.workspace, number)? else { return Ok(()) };
        self.change_to(txn, &before, &before.clone().stopped(stop.clone()))
    }

    /// Meta took one in an attempt; `carried` is what it carried, where that is more than it said itself.
    pub(super) fn accepted(
        &mut self,
        txn: &Txn<'_>,
        number: u64,
        attempt: AttemptId,
        carried: Option<&str>,
    ) -> Result<(), Error> {
        let now = txn
            .connection()
            .prepare_cached(
                "UPDATE activity SET state = 'accepted', reason = NULL, due_ms = NULL, settled_ms = ?3,
                    attempts = attempts + 1, attempt = ?4, carried = coalesce(?5, carried)
                 WHERE workspace = ?1 AND number = ?2
                 RETURNING dataset, origin, name, event_s, value, currency",
            )?
            .query_row((self.workspace.0, number, self.now_ms, attempt, carried), |row| {
                standing(row, State::Accepted, None)
            })
            .optional()?;
        if let Some(now) = now {
            self.standing.add(Some((State::Queued, None)), now);
            self.moved.push(number);
        }
        Ok(())
    }

    /// Takes one to where it stands now, out of the queue or into it. Whoever calls this takes care of its place
    /// there.
    pub(super) fn change_to(
        &mut self,
        txn: &Txn<'_>,
        before: &Conversion,
        after: &Conversion,
    ) -> Result<(), Error> {
        let number = before.made_by;
        let (state, reason) = (after.state, after.reason);
        let has_ended = matches!(state, State::Suppressed | State::Failed);
        let due_ms = after.due_ms.filter(|_| state == State::Queued);
        let now = txn
            .connection()
            .prepare_cached(
                "UPDATE activity SET state = ?3, reason = ?4, due_ms = ?5, settled_ms = ?6, deadline_ms = ?7,
                    further = ?8
                 WHERE workspace = ?1 AND number = ?2
                 RETURNING dataset, origin, name, event_s, value, currency",
            )?
            .query_row(
                (
                    self.workspace.0,
                    number,
                    state.code(),
                    reason.map(Reason::code),
                    due_ms,
                    has_ended.then_some(self.now_ms),
                    after.deadline_ms,
                    Further::of(after)?,
                ),
                |row| standing(row, state, reason),
            )
            .optional()?;
        let was = (before.state, before.reason);
        if let Some(now) = now.filter(|_| was != (state, reason)) {
            self.standing.add(Some(was), now);
            self.moved.push(number);
        }
        // Of whom this very event said no nothing is kept.
        let is_refused = reason == Some(Reason::ConsentRefused) && before.consent == Some(ConsentAnswer::No);
        if is_refused || reason == Some(Reason::Erased) {
            wiped::wipe(txn, self.workspace, number)?;
        }
        Ok(())
    }

    /// Tells those who follow.
    pub(super) fn log(self, txn: &mut Txn<'_>) {
        txn.stand_together(self.workspace, self.standing);
    }

    /// The numbers of those that have come to stand elsewhere since this was asked last.
    pub(super) fn take_moved(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.moved)
    }
}

fn standing(row: &Row<'_>, state: State, reason: Option<Reason>) -> rusqlite::Result<Standing> {
    let value: Option<String> = row.get(4)?;
    let currency: Option<String> = row.get(5)?;
    let amount = value.and_then(|value| value.parse().ok()).filter(|_| currency.is_some());
    let name: String = row.get(2)?;
    let place = Dimensions {
        dataset: row.get(0)?,
        name: name.clone(),
        route: ROUTE.to_owned(),
        source: row.get(1)?,
        ad: String::new(),
        state,
        reason,
        currency: currency.filter(|_| amount.is_some()).unwrap_or_default(),
    };
    Ok(Standing { event: name, rule: String::new(), place, event_s: row.get(3)?, amount })
}
