//! Erasing a whole workspace.

use kopru_core::WorkspaceId;
use serde::{Deserialize, Serialize};

use super::ROWS_PER_STEP;
use crate::{Error, sqlite::writer::Txn};

/// The tables that hold something of a workspace, with the rest of their keys. What is left is its number, so
/// that it is not given to another one, the numbers of its erasures, and the counts of its ledger.
const TABLES: [(&str, &str); 49] = [
    ("api_key", "number"),
    ("undecided", "seq"),
    ("fact", "seq"),
    ("fact_end", "seq"),
    ("set_aside", "seq"),
    ("deal", "origin, id"),
    ("sweep", "contact"),
    ("deal_contact", "contact, origin, id"),
    ("contact", "node"),
    ("link", "a, b"),
    ("former_link", "a, b"),
    ("click", "number"),
    ("click_of", "who, at_s, message"),
    ("chat", "who"),
    ("heard", "account"),
    ("catalogue", "origin"),
    ("due", "number"),
    ("conversion", "number"),
    ("told", "event_id"),
    ("sent_body", "number"),
    ("activity", "number"),
    ("activity_body", "number"),
    ("activity_due", "lane, due_ms, number"),
    ("activity_attempt", "attempt"),
    ("activity_sent", "attempt"),
    ("identity_edge", "a, b"),
    ("once_recent", "number, key"),
    ("once_page", "place"),
    ("once_segment", "segment"),
    ("appended_value", "purchase, number"),
    ("number_again", "dataset"),
    ("imported_sale", "who, from_s, value, currency"),
    ("tally", "event, state, reason, currency, rule"),
    ("outcome", "number"),
    ("follower", "name"),
    ("roll_up", "zone, start_s, dataset, name, route, source, ad, state, reason, currency"),
    ("roll_up_kept", "zone"),
    ("pause", "scope"),
    ("revisit", "number"),
    ("rule_matched", "rule"),
    ("account_taken", "dataset, account"),
    ("ask", "question"),
    ("token", "origin"),
    ("audit_place", "origin"),
    ("unreadable", "number"),
    ("unreadable_body", "number"),
    ("unreadable_kept", "workspace"),
    ("retention", "kind"),
    ("erased", "mark"),
];

/// How far it is.
#[derive(Default, Serialize, Deserialize)]
struct WorkspacePlace {
    table: usize,
    rows: u64,
}

/// Deletes the keys: nothing of the workspace can be read or joined from now on. Its name is free again.
pub(in crate::sqlite) fn begin(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    at_ms: i64,
) -> Result<(), Error> {
    txn.run("DELETE FROM workspace_key WHERE workspace = ?", [workspace.0])?;
    // Not only step by step: nothing opens it from now on.
    txn.run("DELETE FROM api_key WHERE workspace = ?", [workspace.0])?;
    // Also where an older copy does not have it yet: no other one gets its number.
    txn.run(
        "INSERT INTO workspace (id, name) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET name = ?2, adopted = NULL, fence = fence + 1",
        (workspace.0, format!("erased workspace {}", workspace.0)),
    )?;
    txn.run(
        "INSERT OR REPLACE INTO erasure (workspace, number, at_ms, place) VALUES (?, ?, ?, ?)",
        (workspace.0, number, at_ms, serde_json::to_string(&WorkspacePlace::default())?),
    )?;
    Ok(())
}

/// Deletes some rows; returns how many that were in all once there is none left.
pub(in crate::sqlite) fn step(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
) -> Result<Option<u64>, Error> {
    let place: Option<String> =
        txn.one("SELECT place FROM erasure WHERE workspace = ? AND number = ?", (workspace.0, number))?;
    let Some(place) = place else { return Ok(Some(0)) };
    let mut place: WorkspacePlace = serde_json::from_str(&place).unwrap_or_default();
    let done = match TABLES.get(place.table) {
        Some((table, key)) => {
            let deleted = txn.run(&deletion(table, key), (workspace.0, ROWS_PER_STEP))?;
            place.rows += deleted as u64;
            place.table += usize::from(deleted < ROWS_PER_STEP);
            None
        }
        None => Some(place.rows),
    };
    let kept = done.is_none().then(|| serde_json::to_string(&place)).transpose()?;
    txn.run(
        "UPDATE erasure SET place = ?3 WHERE workspace = ?1 AND number = ?2",
        (workspace.0, number, kept),
    )?;
    Ok(done)
}

fn deletion(table: &str, key: &str) -> String {
    format!(
        "DELETE FROM {table} WHERE workspace = ?1
         AND ({key}) IN (SELECT {key} FROM {table} WHERE workspace = ?1 LIMIT ?2)"
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// Whoever adds a table says here what becomes of it.
    #[test]
    fn no_table_is_forgotten() {
        const KEPT: [&str; 6] = ["meta", "workspace", "workspace_key", "counter", "erasure", "migration"];
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../migrations/0001-first.sql")).unwrap();
        let mut all = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let all: Vec<String> = all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let known = |name: &str| TABLES.iter().any(|(table, _)| *table == name) || KEPT.contains(&name);
        for table in all.iter().filter(|table| !table.starts_with("sqlite_")) {
            assert!(known(table), "{table}");
        }
        for (table, key) in TABLES {
            connection.prepare(&deletion(table, key)).unwrap();
        }
    }
}
