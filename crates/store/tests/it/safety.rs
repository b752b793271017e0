//! What a store does when its newest part is taken away, and how long its log gets.

use std::{path::Path, sync::Arc};

use kopru_core::{Fact, Link};
use store::{DecisionStore, FactStore, Sqlite, Store, StoreState, Unreadable, Views};

use crate::{fixtures::activity, open};

const MIB: u64 = 1024 * 1024;

fn nothing() -> Fact {
    Fact::Link(Link { who: Vec::new(), at_s: 1, ..Link::default() })
}

/// Copies a store's files as they are, as if the process had been killed at this moment.
fn as_killed(from: &Path, without: &[&str]) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let name = file.unwrap().file_name();
        // The index of the log is in shared memory, and made anew.
        if name != "kopru.db-shm" && !without.iter().any(|without| name == *without) {
            std::fs::copy(from.join(&name), to.path().join(&name)).unwrap();
        }
    }
    to
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_and_is_gone_is_said_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    store.append(workspace, "test", 7_000, vec![nothing(), nothing()]).await.unwrap();
    drop(store);

    let store = open(folder.path());
    assert_eq!(store.lost_records(), 0);
    for _ in 0..3 {
        store.append(workspace, "test", 9_000, vec![nothing()]).await.unwrap();
    }
    let whole = as_killed(folder.path(), &[]);
    let cut = as_killed(folder.path(), &["kopru.db-wal"]);
    let unmarked = as_killed(folder.path(), &["received"]);
    assert_eq!(open(whole.path()).lost_records(), 0, "killed, and nothing was lost");
    let unmarked = open(unmarked.path());
    assert_eq!(unmarked.lost_records(), 0, "nothing is known");
    assert_eq!((unmarked.restored().await.unwrap(), unmarked.last_loss().await.unwrap()), (None, None));
    let robbed = open(cut.path());
    assert_eq!(robbed.lost_records(), 3);
    // As after a restore from a backup of when it knew everything last.
    let held = robbed.restored().await.unwrap().unwrap();
    assert!(held.backup_s == 7 && held.restored_s > 1_700_000_000, "{held:?}");
    let loss = robbed.last_loss().await.unwrap().unwrap();
    assert_eq!((loss.records, loss.found_ms / 1000), (3, held.restored_s));
    drop(robbed);
    assert_eq!(store::last_known_loss(cut.path()), Some(loss));
    let again = open(cut.path());
    assert_eq!(again.lost_records(), 0, "it is counted once");
    assert_eq!((again.restored().await.unwrap(), again.last_loss().await.unwrap()), (Some(held), Some(loss)));
    // And from then on as ever.
    again.append(workspace, "test", 9_000, vec![nothing()]).await.unwrap();
    drop(again);
    assert_eq!(open(cut.path()).lost_records(), 0);
}

/// Where nothing but web events comes, the newest of them says until when everything is known.
#[tokio::test(flavor = "multi_thread")]
async fn activities_that_were_acknowledged_and_are_gone_are_said_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    store.append_activities(workspace, 7_000, vec![activity("told 1")]).await.unwrap();
    drop(store);
    let store = open(folder.path());
    store.append_activities(workspace, 9_000, vec![activity("told 2")]).await.unwrap();
    let cut = open(as_killed(folder.path(), &["kopru.db-wal"]).path());
    assert_eq!((cut.lost_records(), cut.restored().await.unwrap().unwrap().backup_s), (1, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_its_bound_and_shrinks_while_the_store_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    let workspace = store.workspace("acme").await.unwrap();
    let log = folder.path().join("kopru.db-wal");
    let bytes = || std::fs::metadata(&log).map_or(0, |file| file.len());
    let mut longest = 0;
    for _ in 0..12 {
        let posts: Vec<_> = (0..4)
            .map(|_| {
                let store = Arc::clone(&store);
                // The skeleton is the part that takes no time to seal.
                let skeleton = "x".repeat(4 * 1024 * 1024);
                let large = Unreadable {
                    counted_as: "unreadable",
                    source: "test".into(),
                    skeleton,
                    body: Vec::new(),
                };
                tokio::spawn(async move { store.append_unreadable(workspace, 1, large).await.unwrap() })
            })
            .collect();
        for post in posts {
            post.await.unwrap();
        }
        longest = longest.max(bytes());
    }
    assert!(longest > MIB, "it was used");
    assert!(longest <= 128 * MIB, "{longest}");
    testkit::until("the log is short again", async || bytes() <= MIB).await;
    assert!((store.state() == StoreState::Ready));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_says_how_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert_eq!(store.state(), StoreState::Ready);
    assert_eq!(StoreState::Full.to_string(), "the store is full");
    assert_eq!(StoreState::Unwritable.to_string(), "the store cannot be written");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_reads_at_once_share_few_connections() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<Sqlite> = Arc::new(open(folder.path()));
    let workspace = store.workspace("acme").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let reads: Vec<_> = (0..200)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                if number % 2 == 0 {
                    store.take(lease, 10, 0).await.unwrap();
                } else {
                    store.ledger(workspace).await.unwrap();
                }
            })
        })
        .collect();
    for read in reads {
        read.await.unwrap();
    }
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, |files| {
        let names = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        names.filter(|name| name.starts_with(folder.path())).count()
    });
    // Writer, copier, four hot readers and two for pages, with two files each, the log once more for
    // flushing it, and what they share.
    assert!(open <= 2 * 8 + 4, "{open} files");
}
