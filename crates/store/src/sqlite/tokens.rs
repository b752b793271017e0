//! Access tokens that change with use, sealed.

use kopru_core::WorkspaceId;
use rusqlite::OptionalExtension;

use super::Sqlite;
use crate::{Error, Tokens};

const TOKEN: &str = "token";

impl Tokens for Sqlite {
    async fn token(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<String>, Error> {
        let origin = origin.to_owned();
        self.read(move |connection, seal| {
            let sealed: Option<Vec<u8>> = connection
                .prepare_cached("SELECT body FROM token WHERE workspace = ? AND origin = ?")?
                .query_row((workspace.0, &origin), |row| row.get(0))
                .optional()?;
            // One that cannot be opened is as good as none: the configured one is tried.
            Ok(sealed.and_then(|sealed| seal.open_text(TOKEN, &sealed)))
        })
        .await
    }

    async fn keep_token(&self, workspace: WorkspaceId, origin: &str, token: &str) -> Result<(), Error> {
        let (origin, token) = (origin.to_owned(), token.to_owned());
        self.write(move |txn| {
            let sealed = txn.seal.seal(TOKEN, token.as_bytes())?;
            txn.run(
                "INSERT OR REPLACE INTO token (workspace, origin, body) VALUES (?, ?, ?)",
                (workspace.0, &origin, sealed),
            )?;
            Ok(())
        })
        .await
    }
}
