//! What a person's request needs: reads for people, and erasing in steps of the writer.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashSet},
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use kopru_core::{ConversionFilter, DealKey, Identity, Node, Reason, WorkspaceId};
use rusqlite::Connection;

use super::{
    Sqlite,
    activities::{self, ActivitiesSeen},
    erasures::{self, Erasing, FoundPerson},
    file,
    journal::{JournalEntry, NODES, bytes, marks_in_force},
    marks, truncate_log,
};
use crate::{
    Erasure, ErasureStore, Error, KnownPerson, Views as _, erasures::KNOWN_MAX, seal::Opener, views::Listed,
};

/// How many events are looked at in one read, for those that name a person's click.
const EVENTS_PER_READ: usize = 2_000;

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
        let FoundPerson { mut person, mut event_ids, clicks, nodes } = found;
        for id in self.events_by_click(workspace, clicks).await? {
            if !event_ids.contains(&id) {
                event_ids.push(id);
            }
        }
        person.is_whole &= event_ids.len() <= KNOWN_MAX;
        event_ids.truncate(KNOWN_MAX);
        if !event_ids.is_empty() {
            let filter = ConversionFilter { event_ids, ..ConversionFilter::default() };
            person.conversions = self.conversions_of(workspace, filter, None, KNOWN_MAX).await?.listed;
        }
        person.conversions.extend(self.activities_of(workspace, nodes).await?);
        person.conversions.sort_by_key(|one| Reverse(one.number));
        person.conversions.dedup_by_key(|one| one.number);
        person.is_whole &= person.conversions.len() <= KNOWN_MAX;
        person.conversions.truncate(KNOWN_MAX);
        Ok(person)
    }

    async fn erase(&self, workspace: WorkspaceId, who: &[Node], now_ms: i64) -> Result<Erasure, Error> {
        let erasing = self.mark(workspace, who, now_ms).await?;
        let (number, at_ms, marks) = (erasing.number, erasing.at_ms, erasing.nodes.len());
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
        Ok(Erasure { number, at_ms, marks, removed })
    }

    async fn lift(&self, workspace: WorkspaceId, who: &[Node], now_ms: i64) -> Result<usize, Error> {
        let keys = self.keys.of(workspace)?;
        let given: Vec<String> = who.iter().map(|node| capi::hex(&marks::of(&keys, node))).collect();
        let journal = self.journal.lock().await;
        let entries = journal.entries()?;
        // Without the journal, the marks that were given are all that is known.
        let mut marked: BTreeSet<String> = given.iter().cloned().collect();
        for entry in &entries {
            let JournalEntry::Erased { workspace: of, marks, .. } = entry else { continue };
            if *of == workspace.0 && marks.iter().any(|mark| given.contains(mark)) {
                marked.extend(marks.iter().cloned());
            }
        }
        let raw: Vec<Vec<u8>> = marked.iter().filter_map(|mark| bytes(mark)).collect();
        // The store first: what it refuses is written nowhere. What the journal refuses is written when it is
        // asked for again.
        let lifted =
            self.write(move |txn| erasures::lift(txn, workspace, &raw, i64::MAX.unsigned_abs())).await?;
        let in_force = marks_in_force(&entries);
        let standing = in_force
            .get(&workspace.0)
            .map_or(0, |(stand, _)| marked.iter().filter(|mark| stand.contains(mark.as_str())).count());
        if lifted == 0 && standing == 0 {
            return Ok(0);
        }
        let marks = marked.into_iter().collect();
        journal.append(&JournalEntry::Lifted { workspace: workspace.0, at_ms: now_ms, marks })?;
        Ok(if lifted > 0 { lifted } else { standing })
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
        self.once.forget(workspace);
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
    /// Ids of events that name one of these clicks, looked for a part at a time: what is read in one go holds up
    /// the copying of the write-ahead log.
    async fn events_by_click(
        &self,
        workspace: WorkspaceId,
        clicks: HashSet<Identity>,
    ) -> Result<Vec<String>, Error> {
        let clicks = Arc::new(clicks);
        let (mut ids, mut after) = (Vec::new(), Some(0).filter(|_| !clicks.is_empty()));
        while let Some(place) = after {
            let clicks = Arc::clone(&clicks);
            let seen = self.page(workspace, move |connection, opener| {
                erasures::events_by_click(connection, opener, workspace, &clicks, place, EVENTS_PER_READ)
            });
            let seen = seen.await?;
            ids.extend(seen.found.into_iter().map(|(_, id)| id));
            after = seen.more_after;
        }
        Ok(ids)
    }

    /// Activities of these people, and those to which something of them was added.
    async fn activities_of(&self, workspace: WorkspaceId, nodes: Vec<Node>) -> Result<Vec<Listed>, Error> {
        let (keys, nodes) = (self.keys.of(workspace)?, Arc::new(nodes));
        let named = Arc::clone(&nodes);
        let mut all = self
            .look_for_activities(workspace, move |connection, opener, after| {
                let nodes = named.iter().map(Node::as_str).collect();
                activities::of_people(connection, opener, workspace, &nodes, after, EVENTS_PER_READ)
            })
            .await?;
        let enriched = self.look_for_activities(workspace, move |connection, _, after| {
            let nodes = nodes.iter().map(Node::as_str).collect();
            activities::enriched_with(connection, &keys, workspace, &nodes, after)
        });
        all.extend(enriched.await?);
        Ok(all)
    }

    /// Activities, looked for a part at a time; one more than are shown, at most.
    async fn look_for_activities(
        &self,
        workspace: WorkspaceId,
        look: impl Fn(&Connection, &Opener, u64) -> Result<ActivitiesSeen, Error> + Send + Sync + 'static,
    ) -> Result<Vec<Listed>, Error> {
        let look = Arc::new(look);
        let (mut all, mut after) = (Vec::new(), Some(0));
        while let Some(place) = after {
            let look = Arc::clone(&look);
            let part = self.page(workspace, move |connection, opener| {
                let seen = look(connection, opener, place)?;
                let listed = activities::of_numbers(connection, opener, workspace, &seen.found)?;
                Ok((listed, seen.more_after))
            });
            let (listed, more_after) = part.await?;
            // What ends as erased once its attempt ends is theirs no more.
            let is_erased =
                |one: &Listed| one.conversion.stop.as_ref().is_some_and(|stop| stop.reason == Reason::Erased);
            all.extend(listed.into_iter().filter(|one| !is_erased(one)));
            // The newest are shown.
            let beyond = all.len().saturating_sub(KNOWN_MAX + 1);
            all.drain(..beyond);
            after = more_after;
        }
        Ok(all)
    }

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
        let erasing = Erasing { workspace, number, at_ms: now_ms, nodes, clicks: OnceLock::new() };
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
