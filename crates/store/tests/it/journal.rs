//! The journal of erasures: only what was done stands in it, and what it lacks is written anew.

use std::path::Path;

use kopru_core::{Contact, Decision, Effect, Fact, Link, Node, Outcome, WorkspaceId};
use rusqlite::Connection;
use store::{Decided, DecisionStore, ErasureStore, FactStore, Sqlite, Store};

use crate::{erasures::copy, open};

fn contact() -> Node {
    Node::contact("kommo:acme", "31")
}

/// Has the store know a contact with a phone.
async fn known(store: &Sqlite) -> (WorkspaceId, Node) {
    let workspace = store.workspace("acme").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let phone = store.join_key(workspace).await.unwrap().phone("905321112233");
    let nothing = Fact::Link(Link { who: Vec::new(), at_s: 1, ..Link::default() });
    store.append(workspace, "test", 1_000, vec![nothing]).await.unwrap();
    let taken = store.take(lease, 1, 0).await.unwrap();
    let contact = Contact { who: vec![phone.clone()], ..Contact::new(contact()) };
    let effects = vec![Effect::SaveContact(contact)];
    let decisions = vec![Decision { seq: taken.facts[0].seq, outcome: Outcome::Used, effects }];
    let decided = Decided { decisions, now_ms: 1_000, erasures: taken.erasures, ..Decided::default() };
    store.apply(lease, decided).await.unwrap();
    (workspace, phone)
}

async fn is_erased(store: &Sqlite, workspace: WorkspaceId, who: &Node) -> bool {
    store.person(workspace, std::slice::from_ref(who)).await.unwrap().is_erased
}

fn journal(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join("erasures")).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lift_that_is_refused_is_not_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    let lift = async |who: &Node| store.lift(workspace, std::slice::from_ref(who), 6_000).await;
    assert_eq!(lift(&phone).await.unwrap(), 0, "nobody was erased");
    assert_eq!(journal(folder.path()), None);
    store.erase(workspace, std::slice::from_ref(&phone), 5_000).await.unwrap();
    let erased = journal(folder.path()).unwrap();
    let stranger = store.join_key(workspace).await.unwrap().phone("905550001122");
    assert_eq!(lift(&stranger).await.unwrap(), 0, "this one was not");
    assert_eq!(journal(folder.path()).as_ref(), Some(&erased));

    // Nor is it where the store cannot do it.
    let other = Connection::open(folder.path().join("kopru.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(lift(&phone).await.is_err());
    assert_eq!(journal(folder.path()).as_ref(), Some(&erased));
    other.execute_batch("ROLLBACK").unwrap();
    drop(store);
    let store = open(folder.path());
    assert!(is_erased(&store, workspace, &phone).await);
    assert_eq!(store.lift(workspace, &[phone], 7_000).await.unwrap(), 2);
    assert!(journal(folder.path()).unwrap().contains("lifted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_is_gone_is_written_anew_from_the_marks() {
    let (folder, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    drop(store);
    copy(folder.path(), backup.path());
    let store = open(folder.path());
    store.erase(workspace, std::slice::from_ref(&phone), 5_000).await.unwrap();
    drop(store);
    let file = folder.path().join("erasures");
    let marks = |text: &str| -> Vec<String> {
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        let mut marks: Vec<String> = serde_json::from_value(line["marks"].clone()).unwrap();
        marks.sort_unstable();
        marks
    };
    let before = marks(&journal(folder.path()).unwrap());
    for is_removed in [true, false] {
        if is_removed {
            std::fs::remove_file(&file).unwrap();
        } else {
            std::fs::write(&file, "").unwrap();
        }
        drop(open(folder.path()));
        let anew = journal(folder.path()).unwrap();
        assert_eq!((marks(&anew), anew.lines().count()), (before.clone(), 1));
        drop(open(folder.path()));
        assert_eq!(journal(folder.path()), Some(anew), "once");
    }
    // An older copy learns nothing of them, and keeps what it knows, because no mark says who it was.
    std::fs::copy(&file, backup.path().join("erasures")).unwrap();
    let store = open(backup.path());
    assert!(is_erased(&store, workspace, &phone).await);
    assert_eq!(store.person(workspace, std::slice::from_ref(&phone)).await.unwrap().contacts, [contact()]);
    let again = store.erase(workspace, std::slice::from_ref(&phone), 6_000).await.unwrap();
    assert_eq!((again.number, again.removed.contacts), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_of_before_lifts_nobody_who_was_erased_since() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    let who = std::slice::from_ref(&phone);
    store.erase(workspace, who, 5_000).await.unwrap();
    assert_eq!(store.lift(workspace, who, 6_000).await.unwrap(), 2);
    let older = journal(folder.path()).unwrap();
    store.erase(workspace, who, 7_000).await.unwrap();
    drop(store);
    std::fs::write(folder.path().join("erasures"), &older).unwrap();
    for _ in 0..2 {
        let store = open(folder.path());
        assert!(is_erased(&store, workspace, &phone).await);
    }
    assert_eq!(journal(folder.path()).unwrap().lines().count(), older.lines().count() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_was_erased_comes_back_into_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    store.erase(workspace, &[phone], 5_000).await.unwrap();
    store.erase_workspace(workspace, 6_000).await.unwrap();
    drop(store);
    std::fs::remove_file(folder.path().join("erasures")).unwrap();
    drop(open(folder.path()));
    let line =
        format!("{{\"what\":\"workspace\",\"workspace\":{},\"number\":2,\"at_ms\":6000}}\n", workspace.0);
    assert_eq!(journal(folder.path()), Some(line));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_an_interrupted_erasure_is_about_is_lost_with_the_journal_and_the_marks_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    store.erase(workspace, std::slice::from_ref(&phone), 5_000).await.unwrap();
    drop(store);
    std::fs::remove_file(folder.path().join("erasures")).unwrap();
    let connection = Connection::open(folder.path().join("kopru.db")).unwrap();
    connection.execute("UPDATE erasure SET place = '{\"part\":\"links\"}'", []).unwrap();
    for _ in 0..2 {
        assert!(is_erased(&open(folder.path()), workspace, &phone).await);
    }
    let open = "SELECT count(*) FROM erasure WHERE place IS NOT NULL";
    assert_eq!(connection.query_row(open, [], |row| row.get::<_, i64>(0)).unwrap(), 0, "it was given up");
}
