//! Stores of former layouts, as they were written then: each is opened, upgraded and read.
//!
//! A fixture is a database as SQL, so that a change of it can be read. It is written once, by the build whose
//! layout is the newest (`KOPRU_WRITE_FIXTURE=1 cargo nextest run -p kopru-store written_out`), and never again:
//! what is in it stands in the stores of people.

use std::{fmt::Write as _, fs, path::Path, sync::Arc};

use kopru_core::{
    Activity, Admitted, Carried, Chat, Click, Contact, Deal, DealKey, Decision, Effect, Fact, Identifier,
    Join, Link, MatchKey, Node, OnceKey, Outcome, Question, Route, State, StoredEvent, Trust, WorkspaceId,
};
use rusqlite::{Connection, types::ValueRef};
use store::{
    AskStore as _, Decided, DecisionStore as _, FactStore as _, KeyConsent, KeyScope, KeyStore as _, LaneKey,
    Lease, Member, NewApiKey, OutcomeOf, Pause, PauseScope, QueueStore as _, Settled, Sqlite, Store,
    Unreadable,
};

use super::{
    disk::{conversion, lane},
    open,
};

const NAME: &str = "acme";
const ORIGIN: &str = "kommo:12345678";
/// What the joining key of the fixture makes of a word.
const JOINED: &str = "tests/fixtures/layout-1.joined";
/// Has the fixture of the newest layout written.
const WRITE: &str = "KOPRU_WRITE_FIXTURE";
const FIXTURE: &str = "tests/fixtures/layout-1.sql";

fn phone() -> Node {
    Node::from_stored("phone:0123456789abcdef0123456789abcdef".into())
}

fn click() -> Click {
    Click {
        message: "m1".into(),
        channel: kopru_core::Channel::Whatsapp,
        account: "waba".into(),
        who: vec![phone()],
        at_s: 1_000,
        click_id: Some("click-1".into()),
        ad_id: Some("ad-1".into()),
    }
}

fn user() -> Node {
    Node::from_stored("whatsapp-user:1".into())
}

const JOIN: Join = Join { trust: Trust::Signed, since_s: 1, until_s: Some(2) };

/// Fills a store with something of each kind.
async fn fill(store: &Sqlite) {
    let workspace = store.workspace(NAME).await.unwrap();
    store.workspace("another").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let nothing = || Fact::Link(Link { who: Vec::new(), at_s: 1, ..Link::default() });
    let facts = vec![Fact::Click(click()), nothing(), nothing(), Fact::Click(click())];
    store.append(workspace, "whatsapp", 1_000, facts).await.unwrap();
    let contact = Node::contact(ORIGIN, "31");
    let key = DealKey { origin: ORIGIN.into(), id: "7".into() };
    let deal = Deal { contacts: vec![contact.clone()], ..Deal::new(key.clone()) };
    let of_state = |event_id: &str, state| {
        let one = conversion();
        kopru_core::Conversion { event_id: event_id.into(), state, cause: key.clone().into(), ..one }
    };
    let effects = vec![
        Effect::SaveClick(click()),
        Effect::SaveContact(Contact {
            who: vec![phone()],
            consent: Some(kopru_core::ConsentAnswer::Yes),
            ..Contact::new(contact)
        }),
        Effect::SaveLink(phone(), user(), JOIN),
        Effect::SaveChat(phone(), Chat { first_s: 1, last_s: 1, began_plain: true, withheld_s: Some(2) }),
        Effect::SaveHeard { account: "222".into(), since_s: 1 },
        Effect::SaveDeal(deal),
        Effect::Create(of_state("sent", State::Queued)),
        Effect::Create(of_state("queued", State::Queued)),
        Effect::Create(of_state("waits", State::Waiting)),
        Effect::Create(of_state("suppressed", State::Suppressed)),
        Effect::Ask { question: Question::Deal { deal: key }, upto: 1, after_ms: 0 },
    ];
    let waits = Outcome::Waiting { on: "deal".into(), reason: kopru_core::Reason::AskingCrm };
    let decisions = vec![
        Decision { seq: 1, outcome: Outcome::Used, effects },
        Decision { seq: 2, outcome: waits, effects: Vec::new() },
    ];
    store.apply(lease, Decided { decisions, now_ms: 1_000, ..Decided::default() }).await.unwrap();
    store.set_aside_next(lease, "cannot be read").await.unwrap();
    let claimed = store.claim(lease, &lane(), 1, 1_000).await.unwrap().ready.remove(0);
    let body = "{\"event_id\":\"sent\"}".to_owned();
    let (number, revision) = (claimed.number, claimed.revision);
    let member = Member { number, revision, body, carried: "{\"keys\":[]}".into(), may_count_twice: false };
    let attempt = store.open(lease, &lane(), vec![member], 1_000).await.unwrap().attempt;
    let outcomes = vec![OutcomeOf { number, settled: Settled::Accepted { reply: "trace".into() } }];
    store.settle(lease, &lane(), Some(attempt), outcomes, 2_000).await.unwrap();
    tell(store, workspace, lease).await;
    let pause = Pause {
        until_ms: 5,
        needs_you: true,
        cause: "the token has ended".into(),
        code: "190".into(),
        since_ms: 1,
        dataset: "set-1".into(),
    };
    store.pause(lease, &PauseScope::Dataset("set-1".into()), Some(pause)).await.unwrap();
    store.keep_token(workspace, ORIGIN, "a token").await.unwrap();
    let key = NewApiKey {
        name: "shop".into(),
        hash: [7; 32],
        scopes: [KeyScope::Events, KeyScope::Read].into(),
        consent: Some(KeyConsent::Field("agreed".into())),
        strict: true,
    };
    store.make_key(workspace, key, 1_000).await.unwrap();
    let unreadable = Unreadable {
        counted_as: "unreadable",
        source: "kommo".into(),
        skeleton: "text".into(),
        body: b"what".to_vec(),
    };
    store.append_unreadable(workspace, 1_000, unreadable).await.unwrap();
    store.set_setting("admin_token", "hash".into()).await.unwrap();
}

/// Two activities, of which Meta has taken one.
async fn tell(store: &Sqlite, workspace: WorkspaceId, lease: Lease) {
    let told = ["told 1", "told 2"].map(activity);
    store.append_activities(workspace, 1_000, told.into()).await.unwrap();
    let (value, currency) = ("10.50".parse().unwrap(), "TRY".to_owned());
    let sale = store::views::ToldSale { who: vec![phone()], value, currency, from_s: 0, to_s: 86_400 };
    store.keep_imported_sales(workspace, vec![sale]).await.unwrap();
    let lane = LaneKey { dataset: "set-1".into(), route: Route::Website };
    let claimed = store.claim(lease, &lane, 1, 1_000).await.unwrap().ready.remove(0);
    let (number, revision) = (claimed.number, claimed.revision);
    let body = "{\"event_id\":\"told 1\"}".to_owned();
    let member = Member { number, revision, body, carried: String::new(), may_count_twice: false };
    let attempt = store.open(lease, &lane, vec![member], 1_000).await.unwrap().attempt;
    let outcomes = vec![OutcomeOf { number, settled: Settled::Accepted { reply: "trace".into() } }];
    store.settle(lease, &lane, Some(attempt), outcomes, 2_000).await.unwrap();
}

pub fn activity(event_id: &str) -> Admitted {
    let mut key = [0; 16];
    key[..6].copy_from_slice(event_id.as_bytes());
    let event = StoredEvent {
        action_source: "website".into(),
        envelope: String::new(),
        json: format!("{{\"event_id\":\"{event_id}\"}}"),
        added: Vec::new(),
        beside: String::new(),
    };
    let match_key = MatchKey { key: "em".into(), hashes: vec!["1".into()] };
    let activity = Activity {
        origin: "graph:shop".into(),
        dataset: "set-1".into(),
        name: "Purchase".into(),
        event_id: event_id.into(),
        event_s: 1,
        value: "9.90".parse().ok(),
        currency: Some("EUR".into()),
        consent: Some(kopru_core::ConsentAnswer::Yes),
        once: vec![OnceKey { key, is_order: false, until_s: 9_000 }],
        adds_to: Vec::new(),
        who: vec![
            Identifier {
                node: Node::from_stored("em-hash:1".into()),
                trust: Trust::Other,
                match_key: Some(match_key),
            },
            Identifier { node: Node::from_stored("fbp:1".into()), trust: Trust::Other, match_key: None },
        ],
        event,
        carried: Carried::default(),
    };
    Admitted { activity, state: State::Queued, reason: None, appending: kopru_core::Appending::default() }
}

/// A database as SQL.
fn dump(database: &Path) -> String {
    let connection = Connection::open(database).unwrap();
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    let (application, layout) = (pragma("application_id"), pragma("user_version"));
    let mut sql = format!("PRAGMA application_id = {application};\nPRAGMA user_version = {layout};\n");
    let mut schema =
        connection.prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").unwrap();
    let schema: Vec<(String, String, String)> = schema
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (_, _, made) in &schema {
        writeln!(sql, "{made};").unwrap();
    }
    for (_, table, _) in schema.iter().filter(|(kind, ..)| kind == "table") {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> = (0..columns).map(|at| literal(row.get_ref(at).unwrap())).collect();
            writeln!(sql, "INSERT INTO {table} VALUES ({});", values.join(", ")).unwrap();
        }
    }
    sql
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("'{}'", std::str::from_utf8(text).unwrap().replace('\'', "''")),
        ValueRef::Blob(bytes) => format!("X'{}'", capi::hex(bytes)),
    }
}

/// A store from SQL.
fn loaded(sql: &str, folder: &Path) -> Arc<dyn Store> {
    let database = Connection::open(folder.join("kopru.db")).unwrap();
    database.execute_batch(sql).unwrap();
    drop(database);
    Arc::new(open(folder))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_the_first_layout_is_opened_upgraded_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = loaded(&fs::read_to_string(FIXTURE).unwrap(), folder.path());
    holds_what_was_filled_in(&*store, fs::read_to_string(JOINED).unwrap().trim()).await;
}

/// What a fixture says is what a store holds; and how one is written for a new layout.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_written_out_as_sql_is_the_same_store() {
    let (written, read) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(written.path());
    fill(&store).await;
    let joined = store.join_key(WorkspaceId(1)).await.unwrap().token("test", "word");
    drop(store);
    let sql = dump(&written.path().join("kopru.db"));
    if std::env::var_os(WRITE).is_some() {
        fs::write(JOINED, format!("{joined}\n")).unwrap();
        fs::write(FIXTURE, &sql).unwrap();
    }
    holds_what_was_filled_in(&*loaded(&sql, read.path()), &joined).await;
}

async fn holds_what_was_filled_in(store: &dyn Store, joins: &str) {
    let workspace = store.known_workspace(NAME).await.unwrap().unwrap();
    assert_eq!(workspace, WorkspaceId(1));
    let joined = store.join_key(workspace).await.unwrap().token("test", "word");
    assert_eq!(joined, joins, "people are still recognised");
    let ledger = store.ledger(workspace).await.unwrap();
    assert!(ledger.balanced);
    let (facts, conversions) = (ledger.facts, ledger.conversions);
    assert_eq!((facts.received, facts.pending, facts.waiting, facts.used, facts.set_aside), (6, 1, 1, 3, 1));
    assert_eq!(
        (conversions.accepted, conversions.queued, conversions.waiting, conversions.suppressed),
        (2, 2, 1, 1)
    );
    let listed = store.conversions(workspace, None, 10).await.unwrap();
    let sent = listed.iter().find(|one| one.conversion.event_id == "sent").unwrap();
    assert_eq!(sent.reply.as_deref(), Some("trace"));
    assert_eq!(sent.body.as_deref(), Some("{\"event_id\":\"sent\"}"));
    assert_eq!(sent.conversion.identity, conversion().identity);
    assert_eq!(store.set_aside(workspace, 1).await.unwrap()[0].why, "cannot be read");
    assert_eq!(store.token(workspace, ORIGIN).await.unwrap().as_deref(), Some("a token"));
    let key = store.keys(workspace).await.unwrap().remove(0);
    let consent = Some(KeyConsent::Field("agreed".into()));
    assert_eq!((key.name.as_str(), key.hash, key.consent, key.strict), ("shop", [7; 32], consent, true));
    assert_eq!(store.setting("admin_token").await.unwrap().as_deref(), Some("hash"));
    let lease = store.lease(workspace).await.unwrap();
    let scope = PauseScope::Dataset("set-1".into());
    let paused = store.paused(lease, &[scope]).await.unwrap();
    assert_eq!(paused[0].1.cause, "the token has ended");
    assert_eq!(store.claim(lease, &lane(), 10, 5_000).await.unwrap().ready.len(), 1);
    let work = store.take(lease, 10, 0).await.unwrap();
    assert_eq!(work.facts.iter().map(|fact| &fact.fact).collect::<Vec<_>>(), [&Fact::Click(click())]);
    assert_eq!(work.state.clicks.get(&phone()).map(Vec::as_slice), Some(&[click()][..]));
    assert_eq!(work.state.joins[&phone()][&user()], JOIN);
    let chat = Chat { first_s: 1, last_s: 1, began_plain: true, withheld_s: Some(2) };
    assert_eq!((&work.state.chats[&phone()], work.state.heard["222"]), (&chat, 1));
}

/// Every column that holds bytes, and what they are. A new one has to be named here, and in law 2 if it holds
/// a whole body.
const BYTES: [(&str, &str, &str); 24] = [
    ("activity_attempt", "reply", "sealed"),
    ("activity_body", "body", "sealed"),
    ("activity_sent", "body", "sealed"),
    ("api_key", "hash", "hash of a random key"),
    ("chat", "who", "keyed hash"),
    ("click", "body", "sealed"),
    ("click", "who", "keyed hashes"),
    ("click_of", "who", "keyed hash"),
    ("conversion", "identity", "sealed"),
    ("conversion", "reply", "sealed"),
    ("erased", "mark", "keyed hash"),
    ("fact", "body", "sealed"),
    ("identity_edge", "a", "keyed hash"),
    ("identity_edge", "b", "keyed hash"),
    ("identity_edge", "match_key", "sealed"),
    ("imported_sale", "who", "keyed hash"),
    ("once_page", "keys", "keyed hashes, numbers and times"),
    ("once_recent", "key", "keyed hash"),
    ("pause", "cause", "sealed"),
    ("sent_body", "body", "sealed"),
    ("set_aside", "why", "sealed"),
    ("token", "body", "sealed"),
    // The only place for whole bodies as they came: 2,000 and 256 MiB a workspace, seven days.
    ("unreadable_body", "body", "sealed"),
    ("workspace_key", "wrapped", "wrapped key"),
];

#[test]
fn bytes_are_sealed_and_in_named_places_only() {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(&fs::read_to_string(FIXTURE).unwrap()).unwrap();
    let mut columns = database
        .prepare(
            "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.type = 'BLOB' ORDER BY m.name, c.name",
        )
        .unwrap();
    let columns: Vec<(String, String)> =
        columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    let known: Vec<(String, String)> =
        BYTES.iter().map(|(table, column, _)| ((*table).to_owned(), (*column).to_owned())).collect();
    assert_eq!(columns, known);
    for (table, column, what) in BYTES.iter().filter(|(.., what)| *what == "sealed") {
        let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        let mut values = database.prepare(&sql).unwrap();
        let values: Vec<Vec<u8>> =
            values.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(!values.is_empty(), "the fixture has no {table}.{column}");
        for value in values {
            // Format 1, the first key of the workspace, a nonce and a tag.
            assert!(value.starts_with(&[1, 0, 0, 0, 1]) && value.len() >= 45, "{table}.{column} is {what}");
        }
        let indexed: i64 = database
            .query_row(
                "SELECT count(*) FROM sqlite_schema m JOIN pragma_index_list(m.name) l
                 JOIN pragma_index_info(l.name) i WHERE m.name = ? AND i.name = ?",
                (table, column),
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(indexed, 0, "{table}.{column} can be searched");
    }
}
