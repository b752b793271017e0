//! What belongs to no single user of the store.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use kopru_core::{JoinKey, Restored, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{
    Sqlite, backup, keys,
    losses::{LOST_RECORDS, RESTORED},
    names,
};
use crate::{
    BackupMade, Clock, DataKey, Error, LostRecords, OnProgress, Store, Wakes, Wakeups, keyring::PlainKey,
};

impl Wakes for Sqlite {
    fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn workspace(&self, name: &str) -> Result<WorkspaceId, Error> {
        let name = name.to_owned();
        let held = self.data_key.read().await;
        let (data_key, keyring) = (held.clone(), Arc::clone(&self.keys));
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

    async fn workspace_names(&self) -> Result<Vec<String>, Error> {
        self.page_of_all(names::all).await
    }

    async fn rename_workspace(&self, from: &str, to: &str) -> Result<bool, Error> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.write(move |txn| {
            let count = "SELECT count(*) FROM workspace WHERE name = ?";
            let both = [&from, &to].map(|name| txn.one::<i64>(count, [name]));
            match both {
                [Ok(1), Ok(1)] => Err(Error::BothNames { from, to }),
                [Ok(1), Ok(_)] => {
                    Ok(txn.run("UPDATE workspace SET name = ?2 WHERE name = ?1", (from, to))? == 1)
                }
                [Err(error), _] | [_, Err(error)] => Err(error),
                _ => Ok(false),
            }
        })
        .await
    }

    async fn restored(&self) -> Result<Option<Restored>, Error> {
        let text = self.setting(RESTORED).await?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    async fn join_key(&self, workspace: WorkspaceId) -> Result<JoinKey, Error> {
        Ok(self.keys.of(workspace)?.join.clone())
    }

    async fn rotate_data_key(&self, new: &DataKey) -> Result<(), Error> {
        let mut held = self.data_key.write().await;
        let (old, kept) = (held.clone(), new.clone());
        self.write(move |txn| keys::rewrap(txn, &old, &kept)).await?;
        *held = new.clone();
        Ok(())
    }

    async fn back_up(
        &self,
        file: &Path,
        replace: bool,
        clock: &Clock,
        progress: OnProgress,
    ) -> Result<BackupMade, Error> {
        backup::back_up(&self.writes.jobs, file, replace, clock, progress).await
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

    async fn last_loss(&self) -> Result<Option<LostRecords>, Error> {
        let text = self.setting(LOST_RECORDS).await?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    async fn writer_ended(&self) {
        self.writes.jobs.closed().await;
    }
}
