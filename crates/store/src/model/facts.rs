//! The log of facts, and how each of them ended.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kopru_core::{Admitted, Fact, Incoming, Outcome, Reason, Route, Seq, State, WorkspaceId};

use super::{Model, Rows, join_of, unknown};
use crate::{
    Error, FactStore, KeptActivities, LaneKey, StoreState, Unreadable,
    views::{ToldSale, UnreadableListed},
};

#[derive(Debug, Clone)]
pub(super) struct FactRow {
    pub(super) source: String,
    pub(super) incoming: Incoming,
    /// `None` while it is undecided.
    pub(super) end: Option<FactEnd>,
    /// Kept long enough, or of somebody who was erased: only counted.
    pub(super) gone: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum FactEnd {
    Decided(Outcome),
    /// And why.
    SetAside(String),
}

impl FactRow {
    /// Whether it waits for the answer to this question.
    pub(super) fn waits_on(&self, question: &str) -> bool {
        matches!(&self.end, Some(FactEnd::Decided(Outcome::Waiting { on, .. })) if on == question)
    }

    /// What somebody who was erased said is not kept.
    fn end_as(&mut self, end: Option<FactEnd>) {
        self.gone |= end == Some(FactEnd::Decided(Outcome::Ignored(Reason::Erased)));
        self.end = end;
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.end, Some(FactEnd::Decided(Outcome::Waiting { .. })))
    }
}

impl Rows {
    pub(super) fn append(&mut self, source: &str, received_ms: i64, facts: Vec<Fact>) {
        for fact in facts {
            let seq = self.facts.last_key_value().map_or(1, |(last, _)| last + 1);
            let incoming = Incoming { seq, received_ms, fact };
            self.facts.insert(seq, FactRow { source: source.to_owned(), incoming, end: None, gone: false });
        }
    }

    /// In the order in which they are decided.
    pub(super) fn undecided(&self) -> impl Iterator<Item = &Incoming> {
        self.facts.values().filter(|row| row.end.is_none()).map(|row| &row.incoming)
    }

    /// Ends a fact that is undecided, or leaves it so.
    pub(super) fn decide(&mut self, seq: Seq, end: Option<FactEnd>) -> Result<(), Error> {
        let row = self.facts.get_mut(&seq).filter(|row| row.end.is_none());
        row.ok_or(Error::Decided(seq))?.end_as(end);
        Ok(())
    }

    /// Forgets what a fact said; it stays counted as it ended.
    pub(super) fn forget(&mut self, seq: Seq) {
        if let Some(row) = self.facts.get_mut(&seq) {
            row.gone = true;
        }
    }

    /// Ends a fact otherwise that waits, or lets it be decided anew; any other stays as it is.
    pub(super) fn end_waiting(&mut self, seq: Seq, end: Option<FactEnd>) {
        if let Some(row) = self.facts.get_mut(&seq).filter(|row| row.is_waiting()) {
            row.end_as(end);
        }
    }
}

#[async_trait]
impl FactStore for Model {
    async fn append(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
    ) -> Result<(), Error> {
        self.change(workspace, |rows| rows.append(source, received_ms, facts))?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn append_activities(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        activities: Vec<Admitted>,
    ) -> Result<KeptActivities, Error> {
        let lanes = activities
            .iter()
            .filter(|one| one.state == State::Queued)
            .map(|one| LaneKey { dataset: one.activity.dataset.clone(), route: Route::Website });
        let lanes: BTreeSet<LaneKey> = lanes.collect();
        let kept = self
            .change(workspace, |rows| rows.append_activities(&join_of(workspace), received_ms, activities))?;
        for lane in &lanes {
            self.wakeups.wake_queue(workspace, lane);
        }
        Ok(kept)
    }

    async fn keep_imported_sales(&self, workspace: WorkspaceId, sales: Vec<ToldSale>) -> Result<(), Error> {
        self.change(workspace, |rows| rows.keep_imported_sales(sales))
    }

    async fn append_unreadable(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        unreadable: Unreadable,
    ) -> Result<(), Error> {
        let Unreadable { source, skeleton, body, .. } = unreadable.clone();
        self.change(workspace, |rows| {
            let number = rows.unreadable.len() as u64 + 1;
            let body = Some(body);
            rows.unreadable.push((source, UnreadableListed { number, received_ms, skeleton, body }));
        })?;
        self.count(vec![(workspace, format!("door.{}", unreadable.counted_as), 1)]).await
    }

    async fn count(&self, counts: Vec<(WorkspaceId, String, i64)>) -> Result<(), Error> {
        let mut all = self.all();
        let stranger = counts.iter().find(|(workspace, ..)| !all.rows.contains_key(workspace));
        if let Some((workspace, ..)) = stranger {
            return Err(unknown(*workspace));
        }
        for (workspace, name, by) in counts {
            let rows = all.rows.entry(workspace).or_default();
            *rows.counters.entry(name).or_default() += by;
        }
        Ok(())
    }

    fn state(&self) -> StoreState {
        StoreState::Ready
    }
}
