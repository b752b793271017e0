//! The wrapped keys of the workspaces.

use kopru_core::WorkspaceId;
use rusqlite::Connection;

use super::writer::Txn;
use crate::{
    DataKey, Error,
    keyring::{KeyPurpose, Keyring, PlainKey, WrappedKey},
};

/// Opens the keys of all workspaces.
pub(super) fn load(connection: &Connection, data_key: &DataKey) -> Result<Keyring, Error> {
    let keyring = Keyring::default();
    let mut of_one: Vec<PlainKey> = Vec::new();
    for stored in stored(connection)? {
        let key = PlainKey::open(&stored, data_key)?;
        if let Some(last) = of_one.last().map(|key| key.workspace)
            && last != key.workspace
        {
            keyring.put(last, &of_one)?;
            of_one.clear();
        }
        of_one.push(key);
    }
    if let Some(last) = of_one.last() {
        keyring.put(last.workspace, &of_one)?;
    }
    Ok(keyring)
}

/// All keys, those of a workspace together.
fn stored(connection: &Connection) -> Result<Vec<WrappedKey>, Error> {
    let mut statement = connection
        .prepare("SELECT workspace, id, purpose, wrapped FROM workspace_key ORDER BY workspace, id")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let purpose: String = row.get(2)?;
        all.push(WrappedKey {
            workspace: WorkspaceId(row.get(0)?),
            id: row.get(1)?,
            purpose: KeyPurpose::from_code(&purpose).ok_or_else(|| Error::corrupt("the purpose of a key"))?,
            wrapped: row.get(3)?,
        });
    }
    Ok(all)
}

/// Keeps the keys of a new workspace.
pub(super) fn put(txn: &Txn<'_>, keys: &[PlainKey], data_key: &DataKey) -> Result<(), Error> {
    for key in keys {
        let WrappedKey { workspace, id, purpose, wrapped } = key.wrap(data_key)?;
        txn.run(
            "INSERT OR REPLACE INTO workspace_key (workspace, id, purpose, wrapped) VALUES (?, ?, ?, ?)",
            (workspace.0, id, purpose.code(), wrapped),
        )?;
    }
    Ok(())
}

/// Wraps all keys anew.
pub(super) fn rewrap(txn: &Txn<'_>, old: &DataKey, new: &DataKey) -> Result<(), Error> {
    for stored in stored(txn.connection())? {
        put(txn, &[PlainKey::open(&stored, old)?], new)?;
    }
    txn.run("UPDATE meta SET value = ? WHERE key = 'data_key'", [new.fingerprint()])?;
    Ok(())
}
