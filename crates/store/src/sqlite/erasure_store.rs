//! What a person's request needs: reads for people, and erasing in steps of the writer.

use std::sync::Arc;

use async_trait::async_trait;
use kopru_core::{ConversionFilter, DealKey, Node, WorkspaceId};

use super::{
    Sqlite,
    erasures::{self, Erasing, FoundPerson},
    file,
    journal::{JournalEntry, NODES, bytes},
    marks, truncate_log,
};
use crate::{Erasure, ErasureStore, Error, KnownPerson, Views as _, erasures::KNOWN_MAX};

#[async_trait]
impl ErasureStore for Sqlite {
    async fn contacts_of(&self, workspace: WorkspaceId, deal: &DealKey) -> Result<Vec<Node>, Error> {
        let deal = deal.clone();
        self.page(workspace, move |connection, _| erasures::contacts_of(connection, workspace, &deal)).await
    }

    async fn person(&self, workspace: WorkspaceId, who: &[Node]) -> Result<KnownPerson, Error> {
        let (keys, who) = (self.keys.of(workspace)?, who.to_vec());
        let found =
            self.page_of_all(move |connection| erasures::person(connection, &keys, workspace, &who)).await?;
        let FoundPerson { mut person, mut event_ids } = found;
        person.is_whole &= event_ids.len() <= KNOWN_MAX;
        event_ids.truncate(KNOWN_MAX);
        if !event_ids.is_empty() {
            let filter = ConversionFilter { event_ids, ..ConversionFilter::default() };
            person.conversions = self.conversions_of(workspace, filter, None, KNOWN_MAX).await?.listed;
        }
        Ok(person)
    }

    async fn erase(&self, workspace: WorkspaceId, who: &[Node], now_ms: i64) -> Result<Erasure, Error> {
        let erasing = self.mark(workspace, who, now_ms).await?;
        let (number, at_ms) = (erasing.number, erasing.at_ms);
        let erasing = Arc::new(erasing);
        let removed = loop {
            let erasing = Arc::clone(&erasing);
            if let Some(removed) = self.write(move |txn| erasures::step(txn, &erasing)).await? {
                break removed;
            }
        };
        // What waited for the person is over, and those who decide see it.
        self.wakeups.wake_facts(workspace);
        self.overwrite().await?;
        Ok(Erasure { number, at_ms, removed })
    }

    async fn lift(&self, workspace: WorkspaceId, who: &[Node], now_ms: i64) -> Result<usize, Error> {
        let keys = self.keys.of(workspace)?;
        let given: Vec<String> = who.iter().map(|node| capi::hex(&marks::of(&keys, node))).collect();
        let journal = self.journal.lock().await;
        let mut marked: Vec<String> = Vec::new();
        for entry in journal.entries()? {
            let JournalEntry::Erased { workspace: of, marks, .. } = entry else { continue };
            if of == workspace.0 && marks.iter().any(|mark| given.contains(mark)) {
                marked.extend(marks);
            }
        }
        // Without the journal, the marks that were given are all that is known.
        marked.extend(given);
        marked.sort_unstable();
        marked.dedup();
        let raw: Vec<Vec<u8>> = marked.iter().filter_map(|mark| bytes(mark)).collect();
        journal.append(&JournalEntry::Lifted { workspace: workspace.0, at_ms: now_ms, marks: marked })?;
        self.write(move |txn| erasures::lift(txn, workspace, &raw)).await
    }

    async fn erase_workspace(&self, workspace: WorkspaceId, now_ms: i64) -> Result<u64, Error> {
        // Refused where there is none any more.
        self.keys.of(workspace)?;
        let mut journal = self.journal.lock().await;
        let known = self.page_of_all(move |connection| marks::last_erasure(connection, workspace)).await?;
        let number = journal.next(workspace, known);
        journal.append(&JournalEntry::Workspace { workspace: workspace.0, number, at_ms: now_ms })?;
        self.write(move |txn| erasures::begin_workspace(txn, workspace, number, now_ms)).await?;
        drop(journal);
        self.keys.remove(workspace);
        let rows = loop {
            let step = self.write(move |txn| erasures::workspace_step(txn, workspace, number));
            if let Some(rows) = step.await? {
                break rows;
            }
        };
        self.overwrite().await?;
        Ok(rows)
    }
}

impl Sqlite {
    /// Notes who is erased: beside the store, then in it.
    async fn mark(&self, workspace: WorkspaceId, who: &[Node], now_ms: i64) -> Result<Erasing, Error> {
        let keys = self.keys.of(workspace)?;
        let mut journal = self.journal.lock().await;
        let (of_read, who) = (Arc::clone(&keys), who.to_vec());
        let read = self.page_of_all(move |connection| {
            let nodes = erasures::nodes_of(connection, &of_read, workspace, &who)?;
            Ok((nodes, marks::last_erasure(connection, workspace)?))
        });
        let (nodes, known) = read.await?;
        let number = journal.next(workspace, known);
        let marked: Vec<marks::Mark> = nodes.iter().map(|node| marks::of(&keys, node)).collect();
        journal.append(&JournalEntry::Erased {
            workspace: workspace.0,
            number,
            at_ms: now_ms,
            marks: marked.iter().map(|mark| capi::hex(mark)).collect(),
            nodes: capi::hex(&keys.seal.seal(NODES, &serde_json::to_vec(&nodes)?)?),
        })?;
        let erasing = Erasing { workspace, number, at_ms: now_ms, nodes };
        let begun = erasing.clone();
        self.write(move |txn| erasures::begin(txn, &begun, &marked)).await?;
        Ok(erasing)
    }

    /// Copies the log of changes into the file and empties it: what was deleted is overwritten there, and
    /// nowhere else.
    async fn overwrite(&self) -> Result<(), Error> {
        let database = file::database_in(&self.folder);
        let emptied = tokio::task::spawn_blocking(move || {
            let connection = file::copier(&database)?;
            connection.busy_timeout(file::BUSY_TIMEOUT)?;
            truncate_log(&connection)
        });
        emptied.await.map_err(|_| Error::Closed)?
    }
}
