//! How chats began, and of which accounts any came.

use std::collections::HashMap;

use kopru_core::{Chat, Node, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::{clicks::who, writer::Txn};
use crate::Error;

/// Keeps how the chat of an identifier began.
pub(super) fn save(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    node: &Node,
    chat: &Chat,
    today: i64,
) -> Result<(), Error> {
    txn.run(
        "INSERT OR REPLACE INTO chat (workspace, who, first_s, last_s, began_plain, withheld_s, seen_day)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        (workspace.0, who(node), chat.first_s, chat.last_s, chat.began_plain, chat.withheld_s, today),
    )?;
    Ok(())
}

/// How the chat of an identifier began, if it has one.
pub(super) fn of(
    connection: &Connection,
    workspace: WorkspaceId,
    node: &Node,
) -> Result<Option<Chat>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT first_s, last_s, began_plain, withheld_s FROM chat WHERE workspace = ? AND who = ?",
        )?
        .query_row((workspace.0, who(node)), |row| {
            Ok(Chat {
                first_s: row.get(0)?,
                last_s: row.get(1)?,
                began_plain: row.get(2)?,
                withheld_s: row.get(3)?,
            })
        })
        .optional()?)
}

/// Removes how the chat of an identifier began.
pub(super) fn remove(txn: &Txn<'_>, workspace: WorkspaceId, node: &Node) -> Result<(), Error> {
    txn.run("DELETE FROM chat WHERE workspace = ? AND who = ?", (workspace.0, who(node)))?;
    Ok(())
}

/// Keeps that chats of an account come, and since when.
pub(super) fn hear(txn: &Txn<'_>, workspace: WorkspaceId, account: &str, since_s: i64) -> Result<(), Error> {
    txn.run(
        "INSERT OR IGNORE INTO heard (workspace, account, since_s) VALUES (?, ?, ?)",
        (workspace.0, account, since_s),
    )?;
    Ok(())
}

/// The accounts of which chats have come, with the time of the first one.
pub(super) fn heard(connection: &Connection, workspace: WorkspaceId) -> Result<HashMap<String, i64>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT account, since_s FROM heard WHERE workspace = ?")?;
    let heard = statement.query_map([workspace.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(heard.collect::<Result<_, _>>()?)
}
