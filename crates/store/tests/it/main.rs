//! The providers: the suite of every provider, what only a file can show, and whether SQLite and the model agree.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod backups;
mod batches;
mod caches;
mod disk;
mod erasures;
mod fixtures;
mod journal;
mod keys;
mod model;
mod poison;
mod private;
mod safety;
mod tallies;

use std::{path::Path, sync::Arc};

use store::{DataKey, Sqlite, Store, conformance};

/// A key for tests.
fn key() -> DataKey {
    DataKey::from_hex(&"5a".repeat(32)).unwrap()
}

fn open(folder: &Path) -> Sqlite {
    Sqlite::open(folder, &key()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_what_every_provider_promises() {
    let folder = tempfile::tempdir().unwrap();
    conformance::run(async || Arc::new(open(folder.path())) as Arc<dyn Store>).await;
}
