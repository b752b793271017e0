//! Backups of a store in use, and stores that are made of them.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use kopru_core::{Fact, Link, Restored, WorkspaceId};
use sha2::Digest as _;
use store::{
    Clock, CopyProgress, DataKey, Error, FactStore, Restore, RestoreDone, Sqlite, Store, Unreadable, Views,
    restore,
};

use crate::{key, open};

const NOW_MS: i64 = 1_780_000_000_000;
const MIB: u64 = 1024 * 1024;

fn clock(ms: i64) -> Clock {
    Clock::new(move || ms)
}

async fn receive(store: &Sqlite, workspace: WorkspaceId, count: usize) {
    let facts = vec![Fact::Link(Link { who: Vec::new(), at_s: 1, ..Link::default() }); count];
    store.append(workspace, "test", 1, facts).await.unwrap();
}

async fn back_up(store: &Sqlite, file: &Path, replace: bool) -> Result<i64, Error> {
    let made = store.back_up(file, replace, &clock(NOW_MS), Box::new(|_| {})).await?;
    assert_eq!(made.bytes, fs::metadata(file).unwrap().len());
    assert_eq!(made.key_fingerprint, key().fingerprint());
    Ok(made.made_ms)
}

/// Restores three seconds after the backup was made.
fn restored(backup: &Path, folder: &Path, key: &DataKey, replace: bool) -> Result<RestoreDone, Error> {
    let clock = clock(NOW_MS + 3000);
    restore(&Restore { backup, folder, key, replace, clock: &clock }, &mut |_, _| {})
}

/// Every file below a folder, with what is in it.
fn all(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_one_private_file_that_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("backup.db"));
    let store = open(&data);
    let workspace = store.workspace("acme").await.unwrap();
    receive(&store, workspace, 5).await;
    assert_eq!(back_up(&store, &file, false).await.unwrap(), NOW_MS);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(back_up(&store, &file, false).await, Err(Error::BackupExists(_))));
    receive(&store, workspace, 1).await;
    let before = fs::metadata(&file).unwrap().ino();
    let made = store.back_up(&file, true, &clock(NOW_MS + 7), Box::new(|_| {})).await.unwrap();
    assert_eq!((made.made_ms, made.replaced_ms), (NOW_MS + 7, Some(NOW_MS)));
    assert_ne!(fs::metadata(&file).unwrap().ino(), before, "another file took its name");
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["backup.db", "data"], "nothing else is left");

    let other = folder.path().join("other");
    let done = restored(&file, &other, &key(), false).unwrap();
    assert_eq!(done, RestoreDone { made_ms: NOW_MS + 7, held: 6, missing: None, aside: None });
    let again = open(&other);
    assert_eq!(again.ledger(workspace).await.unwrap().facts.received, 6);
    let wanted = Restored { backup_s: NOW_MS / 1000, restored_s: NOW_MS / 1000 + 3 };
    assert_eq!(again.restored().await.unwrap(), Some(wanted));
    assert_eq!(store.restored().await.unwrap(), None);
    assert_eq!(again.lost_records(), 0);
    // What may have left after an earlier backup may still have, also after the next.
    let next = folder.path().join("next.db");
    again.back_up(&next, false, &clock(NOW_MS + 90_000), Box::new(|_| {})).await.unwrap();
    let later = folder.path().join("later");
    let clock = clock(NOW_MS + 99_000);
    restore(
        &Restore { backup: &next, folder: &later, key: &key(), replace: false, clock: &clock },
        &mut |_, _| {},
    )
    .unwrap();
    let wanted = Restored { restored_s: NOW_MS / 1000 + 99, ..wanted };
    assert_eq!(open(&later).restored().await.unwrap(), Some(wanted));
}

/// Where a backup cannot be written, with what is said of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_where_no_backup_can_be_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data"));
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("backups")).unwrap();
    fs::write(at("letter"), "a letter").unwrap();
    for (name, wanted) in [
        ("backups", "backups is a folder: name a file in it"),
        ("nowhere/backup.db", "nowhere: make it first"),
        ("letter/backup.db", "letter: make it first"),
        ("letter", "letter is there already and is no backup"),
        ("data/kopru.db", "kopru.db is there already and is no backup"),
    ] {
        for replace in [false, true] {
            let error = back_up(&store, &at(name), replace).await.unwrap_err();
            let said = error.to_string();
            assert!(said.contains(wanted) && said.lines().count() == 1 && error.is_wrong_use(), "{said}");
        }
    }
    assert_eq!(fs::read_to_string(at("letter")).unwrap(), "a letter");
    assert_eq!(fs::read_dir(at("backups")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_consistent_and_ends_however_busy_the_writer_is() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("backup.db"));
    let store = Arc::new(open(&data));
    let workspace = store.workspace("acme").await.unwrap();
    let body = |size| Unreadable {
        counted_as: "unreadable",
        source: "test".into(),
        skeleton: "text".into(),
        body: vec![7; size],
    };
    // More than some steps.
    for _ in 0..8 {
        store.append_unreadable(workspace, 1, body(2 * MIB as usize)).await.unwrap();
    }
    receive(&store, workspace, 100).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writing: Vec<_> = (0..4)
        .map(|_| {
            let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut written = 0;
                while !stop.load(Ordering::Relaxed) {
                    receive(&store, workspace, 10).await;
                    written += 10;
                }
                written
            })
        })
        .collect();
    let seen = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&seen);
    let mut before = 0;
    let progress = Box::new(move |CopyProgress { done, of }| {
        assert!(before <= done && done <= of, "it began anew: {before}, {done} of {of}");
        before = done;
        heard.fetch_add(1, Ordering::Relaxed);
    });
    store.back_up(&file, false, &clock(NOW_MS), progress).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let mut written = 100;
    for one in writing {
        written += one.await.unwrap();
    }
    assert!(seen.load(Ordering::Relaxed) > 10, "in steps");
    let other = folder.path().join("other");
    let done = restored(&file, &other, &key(), false).unwrap();
    let ledger = open(&other).ledger(workspace).await.unwrap();
    assert!(
        ledger.balanced && done.held >= 100 && done.held.is_multiple_of(10) && done.held <= written,
        "{done:?}"
    );
    assert_eq!(u64::try_from(ledger.facts.received).unwrap(), done.held);
    assert_eq!(u64::try_from(store.ledger(workspace).await.unwrap().facts.received).unwrap(), written);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_nobody_waits_for_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data"));
    let workspace = store.workspace("acme").await.unwrap();
    let body = Unreadable {
        counted_as: "unreadable",
        source: "test".into(),
        skeleton: "text".into(),
        body: vec![7; 3 * MIB as usize],
    };
    store.append_unreadable(workspace, 1, body).await.unwrap();
    let file = folder.path().join("backup.db");
    let begun = Arc::new(tokio::sync::Notify::new());
    let heard = Arc::clone(&begun);
    let clock = clock(NOW_MS);
    tokio::select! {
        biased;
        () = begun.notified() => {}
        _ = store.back_up(&file, false, &clock, Box::new(move |_| heard.notify_one())) => {}
    }
    // The writer goes on, and the next backup is made.
    receive(&store, workspace, 1).await;
    back_up(&store, &file, true).await.unwrap();
}

/// The database that a backup holds, without what stands behind it.
fn database_of(file: &Path) -> Vec<u8> {
    let mut bytes = fs::read(file).unwrap();
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let length = usize::from(u16::from_be_bytes(bytes[16..18].try_into().unwrap())) * number(28);
    bytes.truncate(length);
    bytes
}

/// Changes the database of a backup, and its checksum as well.
fn in_sql(file: &Path, sql: &str) {
    rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
    let mut bytes = database_of(file);
    let line = format!("kopru-backup-sha256: {}\n", capi::hex(&sha2::Sha256::digest(&bytes)));
    bytes.extend_from_slice(line.as_bytes());
    fs::write(file, bytes).unwrap();
}

/// Another file in the place of the backup, and what is said of it.
async fn refused(change: impl FnOnce(&Path), with: &DataKey) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("backup.db"));
    let store = open(&data);
    let workspace = store.workspace("acme").await.unwrap();
    for _ in 0..3 {
        let body = Unreadable {
            counted_as: "unreadable",
            source: "test".into(),
            skeleton: "text".into(),
            body: vec![7; 100_000],
        };
        store.append_unreadable(workspace, 1, body).await.unwrap();
    }
    receive(&store, workspace, 5).await;
    back_up(&store, &file, false).await.unwrap();
    drop(store);
    change(&file);
    let before = all(folder.path());
    let error = restored(&file, &data, with, true).unwrap_err();
    assert!(all(folder.path()) == before, "something has changed: {error}");
    let said = error.to_string();
    assert!(error.is_wrong_use() && said.lines().count() == 1, "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_cannot_be_used_is_said_and_changes_nothing() {
    let cut = |file: &Path| {
        let backup = fs::File::options().write(true).open(file).unwrap();
        backup.set_len(backup.metadata().unwrap().len() / 2).unwrap();
    };
    let damaged = |file: &Path| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        // Whole pages, so that one of a tree is among them.
        bytes[4096..middle].fill(0xA5);
        fs::write(file, bytes).unwrap();
    };
    let without_checksum = |file: &Path| fs::write(file, database_of(file)).unwrap();
    let longer = |file: &Path| fs::write(file, [fs::read(file).unwrap(), vec![b'\n']].concat()).unwrap();
    let of_store = |file: &Path| {
        in_sql(file, "DELETE FROM meta WHERE key = 'backup_ms'");
        without_checksum(file);
    };
    let as_folder = |file: &Path| {
        fs::remove_file(file).unwrap();
        fs::create_dir(file).unwrap();
    };
    let other = DataKey::generate().unwrap();
    for (said, wanted) in [
        (refused(cut, &key()).await, "cut off: it says that it has"),
        (refused(damaged, &key()).await, "damaged"),
        (refused(|file| fs::write(file, "").unwrap(), &key()).await, "no backup of Kopru"),
        (refused(|file| fs::write(file, "a letter").unwrap(), &key()).await, "no backup of Kopru"),
        (refused(|file| fs::remove_file(file).unwrap(), &key()).await, "there is no such file"),
        (refused(as_folder, &key()).await, "no backup of Kopru"),
        (refused(without_checksum, &key()).await, "does not end with its checksum"),
        (refused(longer, &key()).await, "does not end with its checksum"),
        (
            refused(|file| in_sql(file, "PRAGMA user_version = 99"), &key()).await,
            "newer version that made it",
        ),
        (refused(|file| in_sql(file, "PRAGMA user_version = 0"), &key()).await, "no backup of Kopru"),
        (refused(|file| in_sql(file, "DROP TABLE migration"), &key()).await, "no backup of Kopru"),
        (
            refused(|file| in_sql(file, "PRAGMA application_id = 0"), &key()).await,
            "made by a version of Kopru before 0.1.0",
        ),
        (
            refused(|file| in_sql(file, "DELETE FROM meta WHERE key = 'backup_ms'"), &key()).await,
            "does not say when it was made",
        ),
        (refused(of_store, &key()).await, "does not say when it was made"),
        (refused(|_| {}, &other).await, &*key().fingerprint()),
        (refused(|_| {}, &other).await, &*other.fingerprint()),
    ] {
        assert!(said.contains(wanted) && said.contains("backup.db: "), "{wanted}: {said}");
    }
}

/// Whatever bit of it changes, wherever.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_with_a_bit_that_flipped_is_refused() {
    const FLIPS: usize = 60;
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("backup.db"));
    let store = open(&data);
    let workspace = store.workspace("acme").await.unwrap();
    receive(&store, workspace, 50).await;
    back_up(&store, &file, false).await.unwrap();
    drop(store);
    let good = fs::read(&file).unwrap();
    let checksum = good.len() - 86;
    let before = all(&data);
    let within = (0..FLIPS).map(|flip| (flip * checksum / FLIPS + flip, flip % 8));
    // By this bit a letter of the checksum is told from its capital.
    let last = (checksum..good.len()).map(|place| (place, 5));
    for (place, bit) in within.chain(last) {
        let mut bytes = good.clone();
        bytes[place] ^= 1 << bit;
        fs::write(&file, bytes).unwrap();
        let error = restored(&file, &data, &key(), true).unwrap_err();
        let said = error.to_string();
        assert!(matches!(error, Error::UnusableBackup { .. }) && error.is_wrong_use(), "{place}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(all(&data) == before, "{place}: {said}");
    }
    fs::write(&file, good).unwrap();
    restored(&file, &data, &key(), true).unwrap();
}

/// What a process that was killed had left goes with the next backup and restore; what is being made stays.
#[tokio::test(flavor = "multi_thread")]
async fn leftovers_of_processes_that_are_gone_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("backup.db"));
    let store = open(&data);
    let leave = || {
        let (gone, live) =
            (folder.path().join(".kopru-restore-aaaaaa"), folder.path().join(".kopru-backup-bbbbbb"));
        fs::create_dir(&gone).unwrap();
        fs::write(gone.join("kopru.db"), "half of it").unwrap();
        fs::write(folder.path().join(".kopru-backup-cccccc"), "half of it").unwrap();
        let live = fs::File::create(live).unwrap();
        live.try_lock().unwrap();
        live
    };
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let live = leave();
    back_up(&store, &file, false).await.unwrap();
    drop(store);
    assert_eq!(names(), [".kopru-backup-bbbbbb", "backup.db", "data"]);
    drop(live);
    let live = leave();
    let done = restored(&file, &data, &key(), true).unwrap();
    let aside = done.aside.unwrap().file_name().unwrap().to_owned();
    assert_eq!(names(), [".kopru-backup-bbbbbb".into(), "backup.db".into(), "data".into(), aside]);
    drop(live);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_there_is_replaced_only_where_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("backup.db"));
    let store = open(&data);
    let workspace = store.workspace("acme").await.unwrap();
    receive(&store, workspace, 5).await;
    back_up(&store, &file, false).await.unwrap();
    receive(&store, workspace, 4).await;
    assert!(matches!(restored(&file, &data, &key(), true), Err(Error::InUse(_))));
    drop(store);
    let before = all(&data);
    assert!(matches!(restored(&file, &data, &key(), false), Err(Error::StoreExists(_))));
    assert!(all(&data) == before);

    let done = restored(&file, &data, &key(), true).unwrap();
    assert_eq!((done.held, done.missing), (5, Some(4)));
    let aside = done.aside.unwrap();
    assert_eq!(store::put_aside(&data), std::slice::from_ref(&aside));
    assert_eq!(open(&aside).ledger(workspace).await.unwrap().facts.received, 9, "{}", aside.display());
    let again = open(&data);
    assert_eq!(again.ledger(workspace).await.unwrap().facts.received, 5);
    assert_eq!(again.lost_records(), 0, "it was said once");
    drop(again);

    // A store that is gone: what is left says what is missing.
    fs::remove_dir_all(&data).unwrap();
    fs::create_dir(&data).unwrap();
    fs::write(data.join("received"), format!("{:020}\n", 7)).unwrap();
    let done = restored(&file, &data, &key(), false).unwrap();
    assert_eq!((done.missing, done.aside), (Some(2), None));
    assert_eq!(open(&data).ledger(workspace).await.unwrap().facts.received, 5);
}
