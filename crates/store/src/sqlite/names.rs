//! The names of the workspaces.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::file;
use crate::Error;

/// All names, in their order. One that was erased has none.
pub(super) fn all(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM workspace
         WHERE EXISTS (SELECT 1 FROM workspace_key WHERE workspace_key.workspace = workspace.id LIMIT 1)
         ORDER BY name",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The names of the workspaces in a folder, read beside whoever has the store open; `None` if there is no store
/// yet, or it cannot be read.
pub fn last_known_names(folder: &Path) -> Option<Vec<String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file::database_in(folder), flags).ok()?;
    all(&connection).ok()
}
