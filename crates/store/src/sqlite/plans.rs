//! Each statement that the suite and the views prepare is asked for its plan: none may do work that
//! grows with what is stored.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use kopru_core::{Action, ConversionFilter, Revisit, RevisitPlace, WorkspaceId};
use rusqlite::{
    Connection,
    trace::{TraceEvent, TraceEventCodes},
};

use super::{Sqlite, aside, unreadable};
use crate::{DataKey, DecisionStore, Store, Unreadable, Views, conformance, outcomes::Grain};

/// Tables whose size depends on how much is configured or in flight, not on how much was stored.
const SMALL: [&str; 18] = [
    "meta",
    "workspace",
    "workspace_key",
    "follower",
    "roll_up_kept",
    "counter",
    "tally",
    "pause",
    "catalogue",
    "heard",
    "revisit",
    "rule_matched",
    "account_taken",
    "audit_place",
    "api_key",
    "number_again",
    // Keys that have not moved into a segment yet, and a row for each of those: read at a start.
    "once_recent",
    "once_segment",
];
/// Constraints on which only what the work itself is about is found, beside the keys of tables.
const SELECTIVE: [(&str, &str); 18] = [
    // What is under way.
    ("due", "workspace=? AND attempt>?"),
    ("due", "workspace=? AND attempt=?"),
    ("activity_attempt", "workspace=?"),
    ("identity_edge", "workspace=? AND a=?"),
    // What was tried and has to go again.
    ("due", "workspace=? AND put_off_ms>?"),
    ("conversion", "workspace=? AND event_id=?"),
    ("c", "workspace=? AND cause=?"),
    ("fact_end", "workspace=? AND waits_on=?"),
    ("link", "workspace=? AND a=?"),
    ("link", "workspace=? AND b=?"),
    ("former_link", "workspace=? AND a=?"),
    ("click_of", "workspace=? AND who=?"),
    ("imported_sale", "workspace=? AND who=?"),
    ("deal_contact", "workspace=? AND contact=?"),
    ("unreadable_kept", "rowid=?"),
    // One page, and what is left of a segment that was not finished.
    ("once_page", "workspace=? AND rowid=?"),
    ("once_page", "rowid>?"),
    // One quarter of an hour, or one day: as many rows as it has places.
    ("roll_up", "workspace=? AND zone=? AND start_s=?"),
];

static PREPARED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Where the store is whose statements are remembered: other tests of the process prepare their own.
static WATCHED: OnceLock<PathBuf> = OnceLock::new();

/// A connection whose statements are remembered if it is to that store.
pub(super) fn watched(mut connection: Connection) -> Connection {
    let is_there =
        |folder: &PathBuf| connection.path().is_some_and(|path| Path::new(path).starts_with(folder));
    if !WATCHED.get().is_some_and(is_there) {
        return connection;
    }
    let remember = |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            PREPARED.lock().unwrap_or_else(PoisonError::into_inner).insert(statement.sql().into_owned());
        }
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(remember)).unwrap();
    connection
}

/// The columns of each table's key.
fn key(connection: &Connection, table: &str) -> BTreeSet<String> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?) WHERE pk > 0").unwrap();
    statement.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// What is wrong with a plan.
fn complaint(connection: &Connection, sql: &str) -> Option<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps: Vec<String> = statement.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect();
    let (mut growing, mut all_small) = (Vec::new(), true);
    for step in &steps {
        let words: Vec<&str> = step.split(' ').collect();
        let table = words.get(1).copied().unwrap_or_default();
        if SMALL.contains(&table) || table.starts_with('(') || table == "CONSTANT" {
            continue;
        }
        all_small &= !matches!(words[0], "SCAN" | "SEARCH");
        match words[0] {
            "SCAN" => growing.push(step.clone()),
            "SEARCH" => {
                let (_, constraint) = step.rsplit_once(" (").unwrap();
                let constraint = constraint.split(')').next().unwrap();
                let equal: BTreeSet<String> = constraint
                    .split(" AND ")
                    .filter_map(|part| part.strip_suffix("=?").map(str::to_owned))
                    .collect();
                let finds_one = key(connection, table).is_subset(&equal);
                if !finds_one && !SELECTIVE.contains(&(table, constraint)) {
                    growing.push(step.clone());
                }
            }
            _ => {}
        }
    }
    // In the order of an index, a limit ends a search early.
    let limits = sql.to_uppercase().matches("LIMIT").count();
    let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
    let scans = growing.iter().any(|step| step.starts_with("SCAN"));
    let bad = scans || growing.len() > limits || (sorts && !all_small);
    bad.then(|| format!("{sql}\n    {}", steps.join("\n    ")))
}

/// All views of [`Views`].
async fn look_at_everything(store: &Sqlite, workspace: WorkspaceId) {
    store.ledger(workspace).await.unwrap();
    store.conversions(workspace, None, 10).await.unwrap();
    let of_an_id = ConversionFilter { event_ids: vec!["e".into()], ..ConversionFilter::default() };
    store.conversions_of(workspace, of_an_id.clone(), None, 10).await.unwrap();
    let revisit = Revisit {
        action: Action::Retry,
        filter: Some(of_an_id),
        any_age_of_queued: false,
        ask_for: Vec::new(),
        rules: Vec::new(),
    };
    store.revisit_step(workspace, revisit, RevisitPlace::default()).await.unwrap();
    store.known_workspace("acme").await.unwrap();
    store.conversion_number(workspace, "e").await.unwrap();
    store.ignored(workspace).await.unwrap();
    store.breakdown(workspace).await.unwrap();
    store.funnel(workspace).await.unwrap();
    store.problems(workspace).await.unwrap();
    store.catalogues(workspace).await.unwrap();
    store.setting("nothing").await.unwrap();
    store.roll_ups(workspace, Grain::Quarter, i64::MIN, i64::MAX).await.unwrap();
    store.is_settled(workspace).await.unwrap();
    store.set_aside(workspace, 10).await.unwrap();
    store.unreadable_of(workspace, "graph", None, 10).await.unwrap();
    store.oldest_undecided_ms(workspace).await.unwrap();
    store.oldest_due_ms(workspace).await.unwrap();
    store.history(workspace).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_does_work_that_grows_with_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    WATCHED.set(folder.path().canonicalize().unwrap()).unwrap();
    let key = DataKey::generate().unwrap();
    let open = || Sqlite::open(folder.path(), &key).unwrap();
    conformance::run(async || Arc::new(open()) as Arc<dyn Store>).await;
    let store = open();
    for workspace in (1..100).map(WorkspaceId).filter(|workspace| store.keys.of(*workspace).is_ok()) {
        look_at_everything(&store, workspace).await;
    }
    // What only happens to what cannot be read.
    let workspace = store.workspace("acme").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    store
        .write(move |txn| {
            aside::put_waiting(txn, workspace, "nothing", b"lost")?;
            aside::end_unreadable(txn, lease, &[], 0)
        })
        .await
        .unwrap();
    for _ in 0..2 {
        let body = Unreadable {
            counted_as: "unreadable",
            source: "test".into(),
            skeleton: "text".into(),
            body: vec![0],
        };
        let bounds = unreadable::BodyBounds { age_ms: 0, bodies: 1, bytes: 1, evicted_at_once: 1 };
        store.write(move |txn| unreadable::append(txn, workspace, 1, &body, &bounds)).await.unwrap();
    }
    drop(store);

    let connection = Connection::open(super::file::database_in(folder.path())).unwrap();
    let prepared = PREPARED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(prepared.len() > 80, "the statements are seen: {}", prepared.len());
    let asked = prepared.iter().filter(|sql| {
        let sql = sql.trim_start().to_uppercase();
        ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| sql.starts_with(verb))
    });
    let complaints: Vec<String> = asked.filter_map(|sql| complaint(&connection, sql)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

#[test]
fn a_plan_that_grows_is_seen() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(include_str!("migrations/0001-first.sql")).unwrap();
    let grows = [
        // Without statistics SQLite takes the key for this, and reads all conversions of the workspace.
        "SELECT record, state FROM conversion WHERE workspace = ? AND cause = ?",
        "SELECT count(*) FROM conversion WHERE workspace = ?",
        "SELECT event, count(*) FROM conversion WHERE workspace = ? GROUP BY event",
        "SELECT sum(bytes) FROM unreadable WHERE workspace = ?",
        "SELECT count(*) FROM due WHERE workspace = ? AND lane = ?",
        "SELECT seq FROM fact WHERE workspace = ? ORDER BY received_ms LIMIT 1",
        "DELETE FROM unreadable WHERE workspace = ? AND received_ms < ?",
        "SELECT count(*) FROM fact",
    ];
    for sql in grows {
        assert!(complaint(&connection, sql).is_some(), "{sql}");
    }
    let fine = [
        "SELECT body FROM fact WHERE workspace = ? AND seq = ?",
        "SELECT seq FROM fact WHERE workspace = ? AND seq > ? ORDER BY seq LIMIT 5",
        "SELECT n FROM counter WHERE workspace = ?",
    ];
    for sql in fine {
        assert_eq!(complaint(&connection, sql), None);
    }
}
