//! Another data key, and another name: what is stored stays as it is.

use kopru_core::JoinKey;
use store::{AskStore, DataKey, Error, FactStore, Sqlite, Store, Unreadable, Views};

use crate::{key, open};

fn joined(key: &JoinKey) -> String {
    format!("{:?}", key.phone("905321234567"))
}

#[tokio::test(flavor = "multi_thread")]
async fn another_data_key_opens_everything_and_the_old_one_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let body = Unreadable {
        counted_as: "unreadable",
        source: "test".into(),
        skeleton: "text".into(),
        body: b"who knows".to_vec(),
    };
    store.append_unreadable(workspace, 1, body).await.unwrap();
    store.keep_token(workspace, "kommo:1", "a token").await.unwrap();
    let before = joined(&store.join_key(workspace).await.unwrap());
    let new = DataKey::generate().unwrap();
    store.rotate_data_key(&new).await.unwrap();
    // What is made afterwards is wrapped by the new one.
    let later = store.workspace("later").await.unwrap();
    drop(store);

    match Sqlite::open(folder.path(), &key()).err() {
        Some(Error::WrongKey { sealed_with, given }) => {
            assert_eq!((sealed_with, given), (new.fingerprint(), key().fingerprint()));
        }
        other => panic!("{other:?}"),
    }
    let store = Sqlite::open(folder.path(), &new).unwrap();
    assert_eq!(joined(&store.join_key(workspace).await.unwrap()), before);
    assert!(store.join_key(later).await.is_ok());
    assert_eq!(store.token(workspace, "kommo:1").await.unwrap().as_deref(), Some("a token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_its_number_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let before = joined(&store.join_key(workspace).await.unwrap());
    assert!(store.rename_workspace("acme", "köprü").await.unwrap());
    assert!(!store.rename_workspace("acme", "köprü").await.unwrap(), "once");
    assert!(!store.rename_workspace("nobody", "somebody").await.unwrap());
    assert_eq!(store.workspace("köprü").await.unwrap(), workspace);
    assert_eq!(joined(&store.join_key(workspace).await.unwrap()), before);
    assert_eq!(store.known_workspace("acme").await.unwrap(), None);
    assert!(store.ledger(workspace).await.unwrap().balanced);

    let other = store.workspace("acme").await.unwrap();
    assert_ne!(other, workspace);
    let both = store.rename_workspace("acme", "köprü").await.unwrap_err();
    let said = both.to_string();
    assert!(both.is_wrong_use() && said.contains("\"acme\"") && said.contains("\"köprü\""), "{said}");
    assert_eq!(store.workspace("acme").await.unwrap(), other);
}
