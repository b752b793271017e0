//! What doors do: each call is one job of the writer.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use kopru_core::{Admitted, Fact, WorkspaceId};

use super::{
    Sqlite,
    activities::{self, SealedActivity},
    imported, log, unreadable,
    writes::{BackgroundWriter, ChangeTraits},
};
use crate::{Error, FactStore, KeptActivities, LaneKey, StoreState, Unreadable, views::ToldSale};

#[async_trait]
impl FactStore for Sqlite {
    async fn append(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
    ) -> Result<(), Error> {
        let source = source.to_owned();
        let facts = log::seal(&self.keys.of(workspace)?.seal, &facts)?;
        let kind = ChangeTraits { fails_alone: false, from_door: true, bytes: log::bytes(&facts) };
        self.writes
            .enqueue(kind, move |txn| log::append(txn, workspace, &source, received_ms, &facts))
            .await?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn append_activities(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        activities: Vec<Admitted>,
    ) -> Result<KeptActivities, Error> {
        let keys = self.keys.of(workspace)?;
        let mut edges = activities::edges_of(&activities);
        // Most people were seen before: what is known is not written again.
        if edges.iter().any(|edges| !edges.is_empty()) {
            edges = self
                .read_all(move |connection| {
                    activities::unknown_edges(connection, workspace, edges, received_ms)
                })
                .await?;
        }
        let with_edges = activities.into_iter().zip(&edges);
        let sealed = with_edges.map(|(one, edges)| SealedActivity::of(one, edges, &keys.seal));
        let sealed: Vec<SealedActivity> = sealed.collect::<Result<_, Error>>()?;
        let adds_some = sealed.iter().any(SealedActivity::adds_to_some);
        let lanes: BTreeSet<LaneKey> = sealed.iter().filter_map(SealedActivity::lane).collect();
        let bytes = sealed.iter().map(SealedActivity::bytes).sum();
        let kind = ChangeTraits { fails_alone: false, from_door: true, bytes };
        let kept = self
            .writes
            .enqueue(kind, move |txn| activities::append(txn, workspace, received_ms, &sealed))
            .await?;
        for lane in &lanes {
            self.wakeups.wake_queue(workspace, lane);
        }
        if adds_some || kept.appended > 0 {
            // It may wait, and no longer than it can.
            self.wakeups.wake_facts(workspace);
        }
        if self.once.is_time_to_settle() {
            let settle =
                Arc::clone(&self.once).settle(BackgroundWriter::of(&self.writes), received_ms / 1000);
            tokio::spawn(settle);
        }
        Ok(kept)
    }

    async fn keep_imported_sales(&self, workspace: WorkspaceId, sales: Vec<ToldSale>) -> Result<(), Error> {
        self.write(move |txn| imported::keep(txn, workspace, &sales)).await
    }

    async fn append_unreadable(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        mut unreadable: Unreadable,
    ) -> Result<(), Error> {
        unreadable.body = self.keys.of(workspace)?.seal.seal(unreadable::BODY, &unreadable.body)?;
        let kind = ChangeTraits { fails_alone: true, from_door: true, bytes: unreadable.body.len() };
        self.writes
            .enqueue(kind, move |txn| {
                unreadable::append(txn, workspace, received_ms, &unreadable, &unreadable::BOUNDS)
            })
            .await
    }

    async fn count(&self, counts: Vec<(WorkspaceId, String, i64)>) -> Result<(), Error> {
        self.write(move |txn| {
            for (workspace, name, by) in counts {
                txn.count(workspace, name, by);
            }
            Ok(())
        })
        .await
    }

    fn state(&self) -> StoreState {
        if self.writes.jobs.is_closed() { StoreState::Closed } else { self.health.state() }
    }
}
