//! Access tokens that change with use, sealed.

use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension};

use super::writer::Txn;
use crate::{Error, seal::Opener};

/// The context of a sealed token.
pub(super) const TOKEN: &str = "token";

/// One that cannot be opened is as good as none: the configured one is tried.
pub(super) fn read(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    origin: &str,
) -> Result<Option<String>, Error> {
    let sealed: Option<Vec<u8>> = connection
        .prepare_cached("SELECT body FROM token WHERE workspace = ? AND origin = ?")?
        .query_row((workspace.0, origin), |row| row.get(0))
        .optional()?;
    Ok(sealed.and_then(|sealed| opener.open_text(TOKEN, &sealed)))
}

pub(super) fn put(txn: &Txn<'_>, workspace: WorkspaceId, origin: &str, sealed: &[u8]) -> Result<(), Error> {
    txn.run(
        "INSERT OR REPLACE INTO token (workspace, origin, body) VALUES (?, ?, ?)",
        (workspace.0, origin, sealed),
    )?;
    Ok(())
}
