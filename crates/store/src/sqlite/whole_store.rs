//! What belongs to no single user of the store.

use async_trait::async_trait;
use kopru_core::WorkspaceId;
use rusqlite::OptionalExtension;

use super::Sqlite;
use crate::{Error, Store, Wakes, Wakeups};

impl Wakes for Sqlite {
    fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn workspace(&self, name: &str) -> Result<WorkspaceId, Error> {
        let name = name.to_owned();
        self.write(move |txn| {
            txn.run("INSERT OR IGNORE INTO workspace (name) VALUES (?)", [&name])?;
            Ok(WorkspaceId(txn.one("SELECT id FROM workspace WHERE name = ?", [&name])?))
        })
        .await
    }

    async fn known_workspace(&self, name: &str) -> Result<Option<WorkspaceId>, Error> {
        let name = name.to_owned();
        self.page(move |connection, _| {
            Ok(connection
                .prepare_cached("SELECT id FROM workspace WHERE name = ?")?
                .query_row([name], |row| row.get(0).map(WorkspaceId))
                .optional()?)
        })
        .await
    }

    async fn set_setting(&self, key: &'static str, value: String) -> Result<(), Error> {
        self.write(move |txn| {
            txn.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value)).map(drop)
        })
        .await
    }

    async fn setting(&self, key: &'static str) -> Result<Option<String>, Error> {
        self.page(move |connection, _| {
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
