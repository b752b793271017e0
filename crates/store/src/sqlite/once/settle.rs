//! Recent keys move into a segment, and segments go whose time is over.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use kopru_core::WorkspaceId;

use super::{
    KeyHolder, OnceHash, OnceKeys, RECENT_MAX,
    segment::{Segment, first_place, write_pages},
};
use crate::{
    Error,
    sqlite::{writer::Txn, writes::BackgroundWriter},
};

/// How many pages one change writes: a quarter of a MiB.
const PAGES_PER_CHANGE: usize = 64;
/// How many rows of recent keys one change deletes, about.
const ROWS_PER_CHANGE: usize = 2_000;
/// Keys that stay longer than the others of their age share a segment of their own, so that they do not keep those.
const SHORT_S: i64 = 14 * 24 * 60 * 60;

/// Keys that move, and where they move.
pub(in crate::sqlite) struct SettledKeys {
    workspace: WorkspaceId,
    /// The number of the last activity among them.
    upto: u64,
    segments: Vec<(Segment, Vec<Vec<u8>>)>,
}

impl OnceKeys {
    /// Whether it is time for some to move. Whoever is told so has to call [`OnceKeys::settle`].
    pub(in crate::sqlite) fn is_time_to_settle(&self) -> bool {
        self.recent.load(Ordering::Relaxed) >= RECENT_MAX && !self.is_settling.swap(true, Ordering::AcqRel)
    }

    /// Moves the recent keys of the workspace that has most of them into segments.
    pub(in crate::sqlite) async fn settle(self: Arc<Self>, writer: BackgroundWriter, now_s: i64) {
        let once = Arc::clone(&self);
        let begun = tokio::task::spawn_blocking(move || once.begin(now_s)).await;
        if let Ok(Some(settled)) = begun
            && let Err(error) = self.move_keys(&writer, settled).await
            && !matches!(error, Error::Closed)
        {
            // They stay where they are, and are tried again.
            tracing::warn!(error = &error as &dyn std::error::Error, "keys of web events could not be moved");
        }
        self.is_settling.store(false, Ordering::Release);
    }

    /// Takes the recent keys of a workspace apart, and makes their segments.
    pub(super) fn begin(&self, now_s: i64) -> Option<SettledKeys> {
        let all: Vec<_> = {
            let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
            all.iter().map(|(workspace, keys)| (*workspace, Arc::clone(keys))).collect()
        };
        let (workspace, keys) = all
            .into_iter()
            .max_by_key(|(_, keys)| keys.read().unwrap_or_else(PoisonError::into_inner).in_memory())?;
        let moving = {
            let mut keys = keys.write().unwrap_or_else(PoisonError::into_inner);
            if keys.moving.is_none() {
                keys.moving = Some(Arc::new(std::mem::take(&mut keys.recent)));
            }
            Arc::clone(keys.moving.as_ref()?)
        };
        let upto = moving.values().map(|held| held.number).max()?;
        let all = moving.iter().map(|(key, held)| (*key, *held));
        let (short, long): (Vec<_>, Vec<_>) = all.partition(|(_, held)| held.until_s < now_s + SHORT_S);
        let last = self.last_segment.load(Ordering::Relaxed);
        let parts = [short, long].into_iter().filter(|part| !part.is_empty());
        let segments = (last + 1..).zip(parts).map(|(number, part)| Segment::of(number, &part)).collect();
        Some(SettledKeys { workspace, upto, segments })
    }

    async fn move_keys(
        self: &Arc<Self>,
        writer: &BackgroundWriter,
        settled: SettledKeys,
    ) -> Result<(), Error> {
        let SettledKeys { workspace, upto, segments } = settled;
        let mut made = Vec::new();
        for (segment, pages) in segments {
            let mut place = first_place(segment.number);
            let mut pages = pages.into_iter().peekable();
            while pages.peek().is_some() {
                let some: Vec<Vec<u8>> = pages.by_ref().take(PAGES_PER_CHANGE).collect();
                let (from, count) = (place, some.len() as u64);
                writer.write(move |txn| write_pages(txn.connection(), workspace, from, &some)).await?;
                place += count;
            }
            made.push(Arc::new(segment));
        }
        let once = Arc::clone(self);
        writer.write(move |txn| once.publish(txn, workspace, &made)).await?;
        loop {
            let gone = writer.write(move |txn| delete_recent(txn, workspace, upto)).await?;
            if gone < ROWS_PER_CHANGE {
                return Ok(());
            }
        }
    }

    /// Lists segments whose pages are written. They count at once: what they say is so in any case.
    fn publish(&self, txn: &Txn<'_>, workspace: WorkspaceId, made: &[Arc<Segment>]) -> Result<(), Error> {
        for segment in made {
            txn.run(
                "INSERT INTO once_segment (workspace, segment, pages, until_s) VALUES (?, ?, ?, ?)",
                (workspace.0, segment.number, segment.pages(), segment.until_s),
            )?;
            self.last_segment.fetch_max(segment.number, Ordering::Relaxed);
        }
        let Some(keys) = self.known(workspace) else { return Ok(()) };
        let moved = {
            let mut keys = keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.segments.extend(made.iter().map(Arc::clone));
            keys.moving.take()
        };
        self.recent.fetch_sub(moved.map_or(0, |moved| moved.len()), Ordering::Relaxed);
        Ok(())
    }

    /// Forgets a recent key, if it is kept as it was then.
    pub(in crate::sqlite) fn forget_recent(&self, workspace: WorkspaceId, key: &OnceHash, held: KeyHolder) {
        let Some(keys) = self.known(workspace) else { return };
        let mut keys = keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.recent.get(key) == Some(&held) {
            keys.recent.remove(key);
            self.recent.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Deletes pages of a segment all of whose keys have had their time; how many, or `None` if there is no such one.
    pub(in crate::sqlite) fn expire_segment(
        &self,
        txn: &Txn<'_>,
        workspace: WorkspaceId,
        before_s: i64,
        rows: usize,
    ) -> Result<Option<usize>, Error> {
        let over: Option<u64> = {
            let mut statement = txn.connection().prepare_cached(
                "SELECT segment FROM once_segment WHERE workspace = ? AND until_s < ? ORDER BY segment LIMIT 1",
            )?;
            let mut rows = statement.query((workspace.0, before_s))?;
            rows.next()?.map(|row| row.get(0)).transpose()?
        };
        let Some(number) = over else { return Ok(None) };
        if let Some(keys) = self.known(workspace) {
            let mut keys = keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.segments.retain(|segment| segment.number != number);
        }
        let gone = txn.run(
            "DELETE FROM once_page WHERE place IN
                (SELECT place FROM once_page WHERE place >= ?1 AND place < ?2 ORDER BY place LIMIT ?3)",
            (first_place(number), first_place(number + 1), rows),
        )?;
        if gone < rows {
            txn.run("DELETE FROM once_segment WHERE workspace = ? AND segment = ?", (workspace.0, number))?;
        }
        Ok(Some(gone))
    }
}

/// Deletes some rows of keys that are in segments now. Whatever has come since has a higher number.
fn delete_recent(txn: &Txn<'_>, workspace: WorkspaceId, upto: u64) -> Result<usize, Error> {
    txn.run(
        "DELETE FROM once_recent WHERE workspace = ?1 AND number <= coalesce(
            (SELECT number FROM once_recent WHERE workspace = ?1 AND number <= ?2
             ORDER BY number LIMIT 1 OFFSET ?3), ?2)",
        (workspace.0, upto, ROWS_PER_CHANGE),
    )
}

/// Some recent keys in the order of their rows, behind a place.
pub(in crate::sqlite) fn recent_behind(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    (number, key): &(u64, Vec<u8>),
    rows: usize,
) -> Result<Vec<(OnceHash, KeyHolder)>, Error> {
    Ok(txn
        .connection()
        .prepare_cached(
            "SELECT key, number, until_s FROM once_recent WHERE workspace = ? AND (number, key) > (?, ?)
             ORDER BY number, key LIMIT ?",
        )?
        .query_map((workspace.0, number, key, rows), |row| {
            Ok((row.get(0)?, KeyHolder { number: row.get(1)?, until_s: row.get(2)? }))
        })?
        .collect::<Result<_, _>>()?)
}

#[cfg(test)]
impl SettledKeys {
    /// All that the background does.
    pub(super) fn in_one_change(self, connection: &rusqlite::Connection, once: &OnceKeys) {
        let Self { workspace, upto, segments } = self;
        let change = |txn: &mut Txn<'_>| {
            let mut made = Vec::new();
            for (segment, pages) in segments {
                write_pages(txn.connection(), workspace, first_place(segment.number), &pages)?;
                made.push(Arc::new(segment));
            }
            once.publish(txn, workspace, &made)?;
            delete_recent(txn, workspace, upto)
        };
        crate::sqlite::writer::alone(connection, &crate::keyring::Keyring::default(), change).unwrap();
    }
}
