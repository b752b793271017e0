//! What belongs to no single user of the store.

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use kopru_core::{JoinKey, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{Sqlite, keys};
use crate::{DataKey, Error, Store, Wakes, Wakeups, keyring::PlainKey};

impl Wakes for Sqlite {
    fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn workspace(&self, name: &str) -> Result<WorkspaceId, Error> {
        let name = name.to_owned();
        let (data_key, keyring) = (self.data_key(), Arc::clone(&self.keys));
        self.write(move |txn| {
            let is_new = txn.run("INSERT OR IGNORE INTO workspace (name) VALUES (?)", [&name])? == 1;
            let workspace = WorkspaceId(txn.one("SELECT id FROM workspace WHERE name = ?", [&name])?);
            if is_new {
                let made = PlainKey::of_new(workspace)?;
                keys::put(txn, &made, &data_key)?;
                keyring.put(workspace, &made)?;
            }
            Ok(workspace)
        })
        .await
    }

    async fn known_workspace(&self, name: &str) -> Result<Option<WorkspaceId>, Error> {
        let name = name.to_owned();
        self.page_of_all(move |connection| {
            Ok(connection
                .prepare_cached("SELECT id FROM workspace WHERE name = ?")?
                .query_row([name], |row| row.get(0).map(WorkspaceId))
                .optional()?)
        })
        .await
    }

    async fn join_key(&self, workspace: WorkspaceId) -> Result<JoinKey, Error> {
        Ok(self.keys.of(workspace)?.join.clone())
    }

    async fn rotate_data_key(&self, new: &DataKey) -> Result<(), Error> {
        let (old, kept) = (self.data_key(), new.clone());
        self.write(move |txn| keys::rewrap(txn, &old, &kept)).await?;
        *self.data_key.write().unwrap_or_else(PoisonError::into_inner) = new.clone();
        Ok(())
    }

    async fn set_setting(&self, key: &'static str, value: String) -> Result<(), Error> {
        self.write(move |txn| {
            txn.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value)).map(drop)
        })
        .await
    }

    async fn setting(&self, key: &'static str) -> Result<Option<String>, Error> {
        self.page_of_all(move |connection| {
            Ok(connection
                .query_row("SELECT value FROM meta WHERE key = ?", [key], |row| row.get(0))
                .optional()?)
        })
        .await
    }

    fn lost_records(&self) -> u64 {
        self.lost_records
    }

    async fn writer_ended(&self) {
        self.jobs.closed().await;
    }
}
