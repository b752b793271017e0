//! What a store does not know any more: it was made of a backup, or has lost its newest part. Either way events
//! may have left of which it knows nothing, and decisions hold them back.

use kopru_core::Restored;
use rusqlite::{Connection, OptionalExtension};

use super::truncate_log;
use crate::{Error, LostRecords};

/// Under which key a store says since when it may not know what has left.
pub(super) const RESTORED: &str = "restored";
/// Under which key it says what it has lost.
pub(super) const LOST_RECORDS: &str = "lost_records";

/// Writes down that nothing is known of what left between two times, Unix seconds.
pub(super) fn hold_back(connection: &Connection, known_s: i64, until_s: i64) -> Result<(), Error> {
    let earlier: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = ?", [RESTORED], |row| row.get(0))
        .optional()?;
    // What may have left after an earlier time may still have.
    let earlier = earlier.and_then(|text| serde_json::from_str::<Restored>(&text).ok());
    let backup_s = earlier.map_or(known_s, |earlier| earlier.backup_s.min(known_s));
    let restored_s = earlier.map_or(until_s, |earlier| earlier.restored_s.max(until_s));
    put(connection, RESTORED, &serde_json::to_string(&Restored { backup_s, restored_s })?)
}

/// Writes down that acknowledged records are not there, durably: the file that says so is written anew after
/// this.
pub(super) fn note_lost(connection: &Connection, records: u64) -> Result<(), Error> {
    let now_ms: i64 =
        connection.query_row("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)", [], |row| row.get(0))?;
    // The store is as it was after one of its commits, which is no older than what it holds. A clock that is
    // behind that is wrong.
    let known_ms = newest_ms(connection)?;
    let transaction = connection.unchecked_transaction()?;
    hold_back(&transaction, known_ms / 1000, now_ms.max(known_ms) / 1000)?;
    let lost = serde_json::to_string(&LostRecords { records, found_ms: now_ms })?;
    put(&transaction, LOST_RECORDS, &lost)?;
    transaction.commit()?;
    truncate_log(connection)
}

/// When the newest of the facts and activities came that the store holds, Unix milliseconds; 0 if it holds none.
fn newest_ms(connection: &Connection) -> Result<i64, Error> {
    let newest = "SELECT coalesce(max(max(
            coalesce((SELECT received_ms FROM fact WHERE fact.workspace = workspace.id
                      ORDER BY seq DESC LIMIT 1), 0),
            coalesce((SELECT received_ms FROM activity WHERE activity.workspace = workspace.id
                      ORDER BY number DESC LIMIT 1), 0))), 0) FROM workspace";
    Ok(connection.query_row(newest, [], |row| row.get(0))?)
}

fn put(connection: &Connection, key: &str, value: &str) -> Result<(), Error> {
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))?;
    Ok(())
}
