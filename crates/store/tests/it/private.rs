//! Nobody but its owner reads the files of a store.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use kopru_core::Node;
use store::{Clock, ErasureStore as _, FactStore as _, Restore, Store as _, restore};

use crate::{key, open};

/// What is below a folder, and the folder itself, with what others may do with it.
fn open_to_others(folder: &Path) -> Vec<(PathBuf, u32)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let all = entries.chain([folder.to_owned()]);
    let modes = all.map(|path| (path.clone(), fs::metadata(path).unwrap().permissions().mode() & 0o777));
    modes.filter(|(_, mode)| mode & 0o077 != 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_writes_is_its_owners_alone() {
    let place = tempfile::tempdir().unwrap();
    let (data, other) = (place.path().join("data"), place.path().join("other"));
    let store = open(&data);
    let workspace = store.workspace("acme").await.unwrap();
    let nothing =
        kopru_core::Fact::Link(kopru_core::Link { who: Vec::new(), at_s: 1, ..kopru_core::Link::default() });
    store.append(workspace, "test", 1, vec![nothing]).await.unwrap();
    store.erase(workspace, &[Node::from_stored("phone:0123".into())], 1).await.unwrap();
    for name in ["kopru.db", "kopru.db-wal", "kopru.db-shm", "received", "erasures"] {
        assert!(data.join(name).exists(), "{name}");
    }
    assert_eq!(open_to_others(&data), []);

    let backup = place.path().join("backup.db");
    store.back_up(&backup, false, &Clock::system(), Box::new(|_| {})).await.unwrap();
    drop(store);
    // A journal that somebody has copied with a mode of its own.
    fs::create_dir(&other).unwrap();
    fs::copy(data.join("erasures"), other.join("erasures")).unwrap();
    fs::set_permissions(other.join("erasures"), Permissions::from_mode(0o644)).unwrap();
    for folder in [&data, &other] {
        let clock = Clock::system();
        let wanted = Restore { backup: &backup, folder, key: &key(), replace: true, clock: &clock };
        if folder == &data {
            fs::set_permissions(data.join("received"), Permissions::from_mode(0o644)).unwrap();
        }
        let done = restore(&wanted, &mut |_, _| {}).unwrap();
        assert_eq!(done.aside.as_deref().map(open_to_others).unwrap_or_default(), [], "aside");
        assert!(folder.join("erasures").exists());
        assert_eq!(open_to_others(folder), [], "restored");
        let _open = open(folder);
        assert_eq!(open_to_others(folder), [], "opened after that");
    }
}

#[test]
fn what_others_could_read_they_cannot_any_more() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    drop(open(&data));
    for name in ["kopru.db", "received"] {
        fs::set_permissions(data.join(name), Permissions::from_mode(0o644)).unwrap();
    }
    let _open = open(&data);
    assert_eq!(open_to_others(&data), []);
}
