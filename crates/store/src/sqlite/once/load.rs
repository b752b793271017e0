//! The keys as they are stored, for a start.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension};

use super::{
    KeyHolder, OnceKeys,
    segment::{Segment, first_place},
};
use crate::Error;

impl OnceKeys {
    /// All that is stored. What is left of a segment that was not finished goes.
    pub(in crate::sqlite) fn load(connection: &Connection) -> Result<Self, Error> {
        let keys = Self::default();
        let last = last_segment(connection)?;
        connection.execute("DELETE FROM once_page WHERE place >= ?", [first_place(last + 1)])?;
        let mut segments = connection.prepare(
            "SELECT workspace, segment, pages, until_s FROM once_segment ORDER BY workspace, segment",
        )?;
        let mut rows = segments.query([])?;
        while let Some(row) = rows.next()? {
            let segment = Segment::read(connection, row.get(1)?, row.get(2)?, row.get(3)?)?;
            let of = keys.of(WorkspaceId(row.get(0)?));
            of.write().unwrap_or_else(PoisonError::into_inner).segments.push(Arc::new(segment));
        }
        let mut recent = connection
            .prepare("SELECT workspace, number, key, until_s FROM once_recent ORDER BY workspace, number")?;
        let mut rows = recent.query([])?;
        while let Some(row) = rows.next()? {
            let held = KeyHolder { number: row.get(1)?, until_s: row.get(3)? };
            keys.add([((WorkspaceId(row.get(0)?), row.get(2)?), held)]);
        }
        keys.last_segment.store(last, Ordering::Relaxed);
        Ok(keys)
    }
}

/// The last number of a segment; 0 if there is none.
fn last_segment(connection: &Connection) -> Result<u64, Error> {
    Ok(connection
        .prepare_cached("SELECT segment FROM once_segment ORDER BY segment DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}
