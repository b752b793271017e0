//! Activities that are looked at again, with what is kept of them.

use kopru_core::{Conversion, Identity, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    body,
    rows::{activity_columns, read_standing, select_standing},
};
use crate::{Error, keyring::WorkspaceKeys, seal::Opener, sqlite::once::OnceKeys};

/// The event comes with it, as far as it is kept: without it nothing can be sent.
fn read(opener: &Opener, row: &Row<'_>) -> Result<Conversion, Error> {
    let one = read_standing(row)?;
    let sealed = row.get_ref("body")?.as_blob_or_null().map_err(Error::corrupt)?;
    let event = sealed.and_then(|sealed| body::read(opener, sealed).ok());
    let identity = event.map(|(event, _)| Identity::Activity(Box::new(event)));
    Ok(Conversion { identity, ..one })
}

/// Some below a number, newest first: the number of each, when it came, Unix milliseconds, and what it is unless that
/// cannot be read.
pub(in crate::sqlite) fn some_below(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    below: i64,
    limit: usize,
) -> Result<Vec<(u64, i64, Option<Conversion>)>, Error> {
    const BELOW: &str = select_standing!(
        ", b.body",
        "FROM activity a LEFT JOIN activity_body b ON b.workspace = a.workspace AND b.number = a.number
         WHERE a.workspace = ? AND a.number < ? ORDER BY a.number DESC LIMIT ?"
    );
    let mut statement = connection.prepare_cached(BELOW)?;
    let mut rows = statement.query((workspace.0, below, limit))?;
    let mut some = Vec::new();
    while let Some(row) = rows.next()? {
        some.push((row.get("number")?, row.get("received_ms")?, read(opener, row).ok()));
    }
    Ok(some)
}

/// Those that have an id: one for each dataset and name that it came with.
pub(in crate::sqlite) fn named(
    connection: &Connection,
    keys: &WorkspaceKeys,
    once: &OnceKeys,
    workspace: WorkspaceId,
    event_id: &str,
) -> Result<Vec<Conversion>, Error> {
    const BY_NUMBER: &str = select_standing!(
        ", b.body",
        "FROM activity a LEFT JOIN activity_body b ON b.workspace = a.workspace AND b.number = a.number
         WHERE a.workspace = ? AND a.number = ?"
    );
    let mut statement = connection.prepare_cached(BY_NUMBER)?;
    let mut named = Vec::new();
    for number in once.numbers(connection, workspace, keys.join.once_id(event_id))? {
        let mut rows = statement.query((workspace.0, number))?;
        if let Some(row) = rows.next()? {
            named.extend(read(keys.opener(), row).ok());
        }
    }
    named.sort_by_key(|one| std::cmp::Reverse(one.made_by));
    Ok(named)
}

/// Those that have waited as long as they could, the longest first.
pub(in crate::sqlite) fn expired(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    limit: usize,
    now_ms: i64,
) -> Result<Vec<Conversion>, Error> {
    const EXPIRED: &str = select_standing!(
        ", b.body",
        "FROM activity a INDEXED BY activity_deadline
         LEFT JOIN activity_body b ON b.workspace = a.workspace AND b.number = a.number
         WHERE a.workspace = ? AND a.deadline_ms <= ? AND a.state = 'waiting' AND a.deadline_ms IS NOT NULL
         ORDER BY a.deadline_ms LIMIT ?"
    );
    let mut statement = connection.prepare_cached(EXPIRED)?;
    let mut rows = statement.query((workspace.0, now_ms, limit))?;
    let mut expired = Vec::new();
    while let Some(row) = rows.next()? {
        expired.push(read(opener, row)?);
    }
    Ok(expired)
}

/// When the first of those that wait will have waited as long as it can.
pub(in crate::sqlite) fn next_deadline_ms(
    connection: &Connection,
    workspace: WorkspaceId,
) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT deadline_ms FROM activity INDEXED BY activity_deadline
             WHERE workspace = ? AND state = 'waiting' AND deadline_ms IS NOT NULL
             ORDER BY deadline_ms LIMIT 1",
        )?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?)
}
