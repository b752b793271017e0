//! API keys: small rows, read whole.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kopru_core::WorkspaceId;
use rusqlite::{Connection, Row, params};

use super::{Sqlite, writer::Txn};
use crate::{API_KEYS_MAX, ApiKey, Error, KeyConsent, KeyScope, KeyStore, NewApiKey, REVOKED_KEYS_MAX};

const COLUMNS: &str = "workspace, number, name, hash, scopes, consent, strict, created_ms, revoked_ms";

#[async_trait]
impl KeyStore for Sqlite {
    async fn make_key(&self, workspace: WorkspaceId, new: NewApiKey, now_ms: i64) -> Result<ApiKey, Error> {
        // Refused where the workspace was erased.
        self.keys.of(workspace)?;
        self.write(move |txn| make(txn, workspace, new, now_ms)).await
    }

    async fn revoke_key(
        &self,
        workspace: WorkspaceId,
        name: &str,
        now_ms: i64,
    ) -> Result<Option<ApiKey>, Error> {
        self.keys.of(workspace)?;
        let name = name.to_owned();
        self.write(move |txn| {
            let of_all = of_workspace(txn.connection(), workspace)?;
            let Some(mut key) = of_all.into_iter().find(|key| key.revoked_ms.is_none() && key.name == name)
            else {
                return Ok(None);
            };
            txn.run(
                "UPDATE api_key SET revoked_ms = ?3 WHERE workspace = ?1 AND number = ?2",
                (workspace.0, key.number, now_ms),
            )?;
            key.revoked_ms = Some(now_ms);
            Ok(Some(key))
        })
        .await
    }

    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, Error> {
        self.page(workspace, move |connection, _| of_workspace(connection, workspace)).await
    }

    async fn keys_that_hold(&self) -> Result<Vec<ApiKey>, Error> {
        self.page_of_all(|connection| {
            of_all(connection, &format!("SELECT {COLUMNS} FROM api_key WHERE revoked_ms IS NULL"))
        })
        .await
    }

    async fn revoked_keys(&self) -> Result<Vec<ApiKey>, Error> {
        self.page_of_all(|connection| {
            of_all(connection, &format!("SELECT {COLUMNS} FROM api_key WHERE revoked_ms IS NOT NULL"))
        })
        .await
    }
}

/// The keys that a query finds and this version can read.
fn of_all(connection: &Connection, sql: &str) -> Result<Vec<ApiKey>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows: Vec<_> = statement.query_map([], |row| Ok(read(row)))?.collect::<Result<_, _>>()?;
    let readable = rows.into_iter().filter_map(|row| {
        row.inspect_err(|error| {
            let error = error as &dyn std::error::Error;
            tracing::error!(error, "an API key cannot be read, so that it opens nothing");
        })
        .ok()
    });
    Ok(readable.collect())
}

fn make(txn: &mut Txn<'_>, workspace: WorkspaceId, new: NewApiKey, now_ms: i64) -> Result<ApiKey, Error> {
    let of_all = of_workspace(txn.connection(), workspace)?;
    let (revoked, held): (Vec<_>, Vec<_>) = of_all.into_iter().partition(|key| key.revoked_ms.is_some());
    if held.iter().any(|key| key.name == new.name) {
        return Err(Error::KeyNameTaken(new.name));
    }
    if held.len() >= API_KEYS_MAX {
        return Err(Error::TooManyKeys(API_KEYS_MAX));
    }
    for old in &revoked[..revoked.len().saturating_sub(REVOKED_KEYS_MAX)] {
        txn.run("DELETE FROM api_key WHERE workspace = ? AND number = ?", (workspace.0, old.number))?;
    }
    let number = txn.next("api_key", "number", workspace)?;
    let NewApiKey { name, hash, scopes, consent, strict } = new;
    let codes: Vec<&str> = scopes.iter().map(|scope| scope.code()).collect();
    txn.run(
        "INSERT INTO api_key (workspace, number, name, hash, scopes, consent, strict, created_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            workspace.0,
            number,
            name,
            hash,
            codes.join(","),
            consent.as_ref().map(KeyConsent::code),
            strict,
            now_ms
        ],
    )?;
    Ok(ApiKey {
        workspace,
        number,
        name,
        hash,
        scopes,
        consent,
        strict,
        created_ms: now_ms,
        revoked_ms: None,
    })
}

fn of_workspace(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<ApiKey>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM api_key WHERE workspace = ? ORDER BY number");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows: Vec<_> = statement.query_map([workspace.0], |row| Ok(read(row)))?.collect::<Result<_, _>>()?;
    rows.into_iter().collect()
}

fn read(row: &Row<'_>) -> Result<ApiKey, Error> {
    let (scopes, consent): (String, Option<String>) = (row.get("scopes")?, row.get("consent")?);
    let scopes: Option<BTreeSet<KeyScope>> = scopes.split(',').map(KeyScope::from_code).collect();
    let unknown =
        |what: &str| Error::corrupt(format!("an API key has {what} that this version does not know"));
    let consent = consent.map(|code| KeyConsent::from_code(&code).ok_or_else(|| unknown("a consent")));
    Ok(ApiKey {
        workspace: WorkspaceId(row.get("workspace")?),
        number: row.get("number")?,
        name: row.get("name")?,
        hash: row.get("hash")?,
        scopes: scopes.ok_or_else(|| unknown("a scope"))?,
        consent: consent.transpose()?,
        strict: row.get("strict")?,
        created_ms: row.get("created_ms")?,
        revoked_ms: row.get("revoked_ms")?,
    })
}
