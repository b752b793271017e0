//! Erasing people, as only files can show it: nothing is left in them, and what was erased stays so, whatever
//! copy of the store is put back.

use std::path::Path;

use kopru_core::{
    Cause, Channel, Click, Contact, Conversion, Deal, DealKey, Decision, Effect, Fact, Identity, Node,
    Outcome, Reason, Route, Sent, State, WorkspaceId,
};
use rusqlite::Connection;
use store::{
    Decided, DecisionStore, ErasureStore, FactStore, LaneKey, Member, QueueStore, Sqlite, Store, Views,
};

use crate::open;

const ORIGIN: &str = "kommo:acme";
/// Enough for many pages.
const OTHERS: u32 = 300;

fn contact() -> Node {
    Node::contact(ORIGIN, "31")
}

fn click(phone: &Node) -> Click {
    Click {
        message: "m1".into(),
        channel: Channel::Whatsapp,
        account: "waba".into(),
        who: vec![phone.clone()],
        at_s: 3,
        click_id: Some("clid-that-is-secret".into()),
        ad_id: Some("ad-1".into()),
    }
}

fn conversion(event_id: &str) -> Conversion {
    Conversion {
        event_id: event_id.to_owned(),
        event: "Lead".to_owned(),
        name: "LeadSubmitted".to_owned(),
        rule: "qualified".to_owned(),
        cause: Cause::Deal(DealKey { origin: ORIGIN.into(), id: "1".into() }),
        route: Route::Messaging(Channel::Whatsapp),
        event_s: 7,
        received_ms: 8_000,
        worth: None,
        value: None,
        currency: None,
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: Some("set-1".to_owned()),
        ad_id: Some("ad-1".to_owned()),
        consent: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: Some(0),
        detail: None,
        stop: None,
        released: false,
        identity: Some(Identity::Click { account: "waba".to_owned(), click_id: "clid".to_owned() }),
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    }
}

/// A store that knows a person: a click, a contact with a deal, and an event that has left.
async fn known(store: &Sqlite) -> (WorkspaceId, Node) {
    let workspace = store.workspace("acme").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let phone = store.join_key(workspace).await.unwrap().phone("905321112233");
    let deal =
        Deal { contacts: vec![contact()], ..Deal::new(DealKey { origin: ORIGIN.into(), id: "1".into() }) };
    let effects = vec![
        Effect::SaveClick(click(&phone)),
        Effect::SaveContact(Contact { who: vec![phone.clone()], ..Contact::new(contact()) }),
        Effect::SaveDeal(deal),
        Effect::Create(conversion("e1")),
    ];
    decide(store, lease, Fact::Click(click(&phone)), effects).await;
    // Others that come later move what there is from page to page.
    for other in 0..OTHERS {
        let phone = store.join_key(workspace).await.unwrap().phone(&format!("9055500{other:05}"));
        let id = format!("o{other}");
        let contact = Contact { who: vec![phone.clone()], ..Contact::new(Node::contact(ORIGIN, &id)) };
        let effects = vec![
            Effect::SaveClick(Click { message: id.clone(), ..click(&phone) }),
            Effect::SaveContact(contact),
        ];
        decide(store, lease, Fact::Click(Click { message: id, ..click(&phone) }), effects).await;
    }
    let lane = LaneKey { dataset: "set-1".into(), route: Route::Messaging(Channel::Whatsapp) };
    let claimed = store.claim(lease, &lane, 10, 1_000).await.unwrap().ready;
    let member = Member {
        number: claimed[0].number,
        revision: claimed[0].revision,
        // Longer than fits on a page.
        body: format!("{{\"event_id\":\"e1\",\"padding\":\"{}\"}}", "x".repeat(9_000)),
        carried: String::new(),
        may_count_twice: false,
    };
    let attempt = store.open(lease, &lane, vec![member], 1_000).await.unwrap().attempt;
    store.settle(lease, &lane, Some(attempt), Vec::new(), 1_000).await.unwrap();
    (workspace, phone)
}

async fn decide(store: &Sqlite, lease: store::Lease, fact: Fact, effects: Vec<Effect>) {
    store.append(lease.workspace, "test", 1_000, vec![fact]).await.unwrap();
    let taken = store.take(lease, 10, 0).await.unwrap();
    let seq = taken.facts[0].seq;
    let decisions = vec![Decision { seq, outcome: Outcome::Used, effects }];
    let erasures = taken.erasures;
    store.apply(lease, Decided { decisions, now_ms: 1_000, erasures, ..Decided::default() }).await.unwrap();
}

/// What only this person has left in the files: their keyed hash, and parts of what is sealed of them.
fn traces(folder: &Path, phone: &Node) -> Vec<(&'static str, Vec<u8>)> {
    let connection = Connection::open(folder.join("kopru.db")).unwrap();
    let blob = |sql: &str| -> Vec<u8> { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    let fact = blob("SELECT body FROM fact ORDER BY seq LIMIT 1");
    let click = blob("SELECT body FROM click ORDER BY number LIMIT 1");
    let who = blob("SELECT who FROM click ORDER BY number LIMIT 1");
    let identity = blob("SELECT identity FROM conversion");
    let body = blob("SELECT body FROM sent_body");
    let middle = |bytes: &[u8]| bytes[bytes.len() / 2..bytes.len() / 2 + 24].to_vec();
    vec![
        ("the keyed hash", phone.as_str().as_bytes().to_vec()),
        ("the fact", middle(&fact)),
        ("the click", middle(&click)),
        ("by what its clicks are found", who),
        ("the identity", middle(&identity)),
        ("the body", middle(&body)),
        ("the end of the body", body[body.len() - 24..].to_vec()),
        ("the click id", b"clid-that-is-secret".to_vec()),
    ]
}

fn left_in(folder: &Path, traces: &[(&'static str, Vec<u8>)]) -> Vec<String> {
    let mut left = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for (what, trace) in traces {
            if bytes.windows(trace.len()).any(|part| part == trace.as_slice()) {
                left.push(format!("{what} in {}", path.file_name().unwrap().display()));
            }
        }
    }
    left
}

pub fn copy(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

async fn is_gone(store: &Sqlite, workspace: WorkspaceId, phone: &Node) {
    let person = store.person(workspace, std::slice::from_ref(phone)).await.unwrap();
    assert!(person.contacts.is_empty() && person.clicks.is_empty() && person.is_erased, "{person:?}");
    let of_deal = store.person(workspace, &[contact()]).await.unwrap();
    assert!(of_deal.is_erased && of_deal.identifiers.is_empty());
    assert_eq!(of_deal.conversions.len(), 1, "{of_deal:?}");
    let event = &of_deal.conversions[0];
    assert_eq!(event.conversion.reason, Some(Reason::Erased));
    assert!(event.conversion.identity.is_none() && event.body.is_none());
    assert!(store.ledger(workspace).await.unwrap().balanced);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_is_left_in_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    let traces = traces(folder.path(), &phone);
    assert!(left_in(folder.path(), &traces).len() >= traces.len() - 1, "they were there");
    store.erase(workspace, std::slice::from_ref(&phone), 5_000).await.unwrap();
    assert_eq!(left_in(folder.path(), &traces), Vec::<String>::new(), "while it is open");
    drop(store);
    assert_eq!(left_in(folder.path(), &traces), Vec::<String>::new());
    is_gone(&open(folder.path()), workspace, &phone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_them_later_is_not_kept_either() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    store.erase(workspace, std::slice::from_ref(&phone), 5_000).await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    store.append(workspace, "test", 6_000, vec![Fact::Click(click(&phone))]).await.unwrap();
    let taken = store.take(lease, 10, 0).await.unwrap();
    assert!(taken.state.erased.contains(&phone));
    let outcome = Outcome::Ignored(Reason::Erased);
    let decisions = vec![Decision { seq: taken.facts[0].seq, outcome, effects: Vec::new() }];
    let erasures = taken.erasures;
    let decided = Decided { decisions, now_ms: 6_000, erasures, ..Decided::default() };
    store.apply(lease, decided).await.unwrap();
    let connection = Connection::open(folder.path().join("kopru.db")).unwrap();
    let last = "SELECT length(body) FROM fact ORDER BY seq DESC LIMIT 1";
    assert_eq!(connection.query_row(last, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_before_is_erased_again_when_it_is_opened() {
    let (folder, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    drop(store);
    copy(folder.path(), backup.path());
    let store = open(folder.path());
    store.erase(workspace, std::slice::from_ref(&phone), 5_000).await.unwrap();
    drop(store);
    // The journal is beside the database, and no part of what is put back.
    copy(backup.path(), folder.path());
    let traces = traces(folder.path(), &phone);
    for _ in 0..2 {
        let store = open(folder.path());
        is_gone(&store, workspace, &phone).await;
        drop(store);
        assert_eq!(left_in(folder.path(), &traces), Vec::<String>::new());
    }
    // What was lifted since stays lifted.
    let store = open(folder.path());
    assert_eq!(store.lift(workspace, std::slice::from_ref(&phone), 6_000).await.unwrap(), 2);
    drop(store);
    copy(backup.path(), folder.path());
    let person = open(folder.path()).person(workspace, std::slice::from_ref(&phone)).await.unwrap();
    assert!(!person.is_erased && person.clicks.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_interrupted_goes_on_when_the_store_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (workspace, phone) = known(&store).await;
    drop(store);
    let before = tempfile::tempdir().unwrap();
    copy(folder.path(), before.path());
    let store = open(folder.path());
    store.erase(workspace, std::slice::from_ref(&phone), 5_000).await.unwrap();
    let marks = store.person(workspace, std::slice::from_ref(&phone)).await.unwrap();
    assert!(marks.is_erased);
    drop(store);
    // As a crash leaves it right behind the marks: they are there, and everything else is as before.
    let journal = std::fs::read(folder.path().join("erasures")).unwrap();
    std::fs::write(before.path().join("erasures"), journal).unwrap();
    let connection = Connection::open(before.path().join("kopru.db")).unwrap();
    connection
        .execute(
            "INSERT INTO erasure (workspace, number, at_ms, place)
             VALUES (?, 1, 5000, '{\"part\":\"questions\",\"upto\":1000}')",
            [workspace.0],
        )
        .unwrap();
    connection.execute("ATTACH ? AS done", [folder.path().join("kopru.db").to_str().unwrap()]).unwrap();
    connection.execute("INSERT INTO erased SELECT * FROM done.erased", []).unwrap();
    drop(connection);
    is_gone(&open(before.path()), workspace, &phone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_was_erased_does_not_come_back_with_a_copy() {
    let (folder, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path());
    let (workspace, _) = known(&store).await;
    drop(store);
    copy(folder.path(), backup.path());
    let store = open(folder.path());
    store.erase_workspace(workspace, 5_000).await.unwrap();
    drop(store);
    let rows = |folder: &Path| -> i64 {
        let connection = Connection::open(folder.join("kopru.db")).unwrap();
        let count = "SELECT (SELECT count(*) FROM fact) + (SELECT count(*) FROM click)
            + (SELECT count(*) FROM workspace_key) + (SELECT count(*) FROM conversion)";
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(rows(folder.path()), 0);
    copy(backup.path(), folder.path());
    assert!(rows(folder.path()) > 0);
    let store = open(folder.path());
    assert_eq!(store.lost_records(), 0);
    assert_eq!(store.known_workspace("acme").await.unwrap(), None);
    assert_ne!(store.workspace("acme").await.unwrap(), workspace);
    drop(store);
    assert_eq!(rows(folder.path()), 2, "the keys of the new one");

    // Nor does the one take its number that is made in a copy in which it is not yet.
    let journal = std::fs::read(folder.path().join("erasures")).unwrap();
    let empty = tempfile::tempdir().unwrap();
    std::fs::write(empty.path().join("erasures"), journal).unwrap();
    let anew = open(empty.path()).workspace("acme").await.unwrap();
    assert_ne!(anew, workspace);
    assert_eq!(open(empty.path()).known_workspace("acme").await.unwrap(), Some(anew));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_store_knows_nobody_who_was_erased_since() {
    let folder = tempfile::tempdir().unwrap();
    let (live, backup) = (folder.path().join("data"), folder.path().join("backup.db"));
    let store = open(&live);
    let (workspace, phone) = known(&store).await;
    let clock = store::Clock::system();
    store.back_up(&backup, false, &clock, Box::new(|_| {})).await.unwrap();
    store.erase(workspace, std::slice::from_ref(&phone), 9_000).await.unwrap();
    // Only a backup is replaced, and not what it was made of.
    let database = live.join("kopru.db");
    let refused = store.back_up(&database, true, &clock, Box::new(|_| {})).await;
    assert!(matches!(refused, Err(store::Error::ReplacesNoBackup(_))), "{refused:?}");
    store.back_up(&backup.with_extension("2"), true, &clock, Box::new(|_| {})).await.unwrap();
    store.back_up(&backup.with_extension("2"), true, &clock, Box::new(|_| {})).await.unwrap();
    drop(store);

    for _ in 0..2 {
        let key = crate::key();
        let from = store::Restore { backup: &backup, folder: &live, key: &key, replace: true, clock: &clock };
        assert!(store::restore(&from, &mut |_, _| {}).unwrap().aside.is_some(), "in one second as well");
    }
    let store = open(&live);
    let person = store.person(workspace, &[phone]).await.unwrap();
    assert!(person.is_unknown() && person.is_erased, "{person:?}");
}

#[test]
fn a_log_without_its_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("kopru.db-wal");
    for is_there in [true, false] {
        std::fs::write(&log, b"what was acknowledged").unwrap();
        let database = folder.path().join("kopru.db");
        if is_there {
            std::fs::write(&database, b"").unwrap();
        } else {
            std::fs::remove_file(&database).unwrap();
        }
        assert!(matches!(Sqlite::open(folder.path(), &crate::key()), Err(store::Error::LogAlone)));
        assert_eq!(std::fs::read(&log).unwrap(), b"what was acknowledged");
    }
}
