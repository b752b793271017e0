//! What cannot be read back never stops its neighbours.

use std::path::Path;

use kopru_core::{Conversion, DealHint, DealKey, Decision, Effect, Fact, Outcome, Question, Reason, State};
use rusqlite::Connection;
use store::{
    AskStore, Decided, DecisionStore, FactStore, Lease, OutcomeOf, QueueStore, Settled, Sqlite, Store, Views,
};

use crate::{
    disk::{conversion, lane},
    open,
};

const ORIGIN: &str = "kommo:acme";

fn deal(id: &str) -> DealKey {
    DealKey { origin: ORIGIN.into(), id: id.into() }
}

fn hint(id: &str) -> Fact {
    Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        left: None,
        deal: deal(id),
        stage: None,
        moved: false,
        at_s: Some(1),
    })
}

/// Spoils rows as a bad disk or a hand could.
pub(crate) fn spoil(folder: &Path, sql: &str) {
    let connection = Connection::open(folder.join("kopru.db")).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

async fn decide(store: &Sqlite, lease: Lease, outcome: Outcome, effects: Vec<Effect>, now_ms: i64) {
    let work = store.take(lease, 100, now_ms).await.unwrap();
    let mut effects = Some(effects);
    let decisions = work
        .facts
        .iter()
        .map(|fact| Decision {
            seq: fact.seq,
            outcome: outcome.clone(),
            effects: effects.take().unwrap_or_default(),
        })
        .collect();
    let decided = Decided { decisions, set_aside: work.unreadable, now_ms, ..Decided::default() };
    store.apply(lease, decided).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_does_not_open_is_set_aside_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    store.append(workspace, "kommo", 7, (0..5).map(|id| hint(&id.to_string())).collect()).await.unwrap();
    spoil(folder.path(), "UPDATE fact SET body = zeroblob(100) WHERE seq = 2");
    spoil(folder.path(), "UPDATE fact SET body = x'' WHERE seq = 4");
    let work = store.take(lease, 100, 0).await.unwrap();
    assert_eq!(work.facts.iter().map(|fact| fact.seq).collect::<Vec<_>>(), [1, 3, 5]);
    assert_eq!(work.unreadable.iter().map(|aside| aside.seq).collect::<Vec<_>>(), [2, 4]);
    decide(&store, lease, Outcome::Used, Vec::new(), 0).await;
    let ledger = store.ledger(workspace).await.unwrap();
    assert!(ledger.balanced && ledger.facts.set_aside == 2 && ledger.facts.pending == 0, "{ledger:?}");
    let listed = store.set_aside(workspace, 10).await.unwrap();
    assert_eq!((listed[0].source.as_str(), listed[0].received_ms), ("kommo", 7));
    assert!(!listed[0].why.is_empty());

    // Tried again it is still broken; nothing else happens.
    assert_eq!(store.retry_set_aside(workspace).await.unwrap(), 2);
    decide(&store, lease, Outcome::Used, Vec::new(), 0).await;
    let ledger = store.ledger(workspace).await.unwrap();
    assert!(ledger.balanced && ledger.facts.set_aside == 2 && ledger.facts.used == 3, "{ledger:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_that_cannot_be_read_ends_and_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let waiting = |id: &str| Conversion {
        event_id: id.into(),
        state: State::Waiting,
        reason: Some(Reason::WaitingPrice),
        deadline_ms: Some(50),
        due_ms: None,
        ..conversion()
    };
    store.append(workspace, "kommo", 1, vec![hint("1")]).await.unwrap();
    let effects = ["a", "b"].map(|id| Effect::Create(waiting(id)));
    let queued = ["c", "d"].map(|id| Effect::Create(Conversion { event_id: id.into(), ..conversion() }));
    decide(&store, lease, Outcome::Used, effects.into_iter().chain(queued).collect(), 1).await;
    spoil(folder.path(), "UPDATE conversion SET record = '{' WHERE event_id = 'a'");
    spoil(folder.path(), "UPDATE conversion SET identity = x'00' WHERE event_id = 'c'");

    let work = store.take(lease, 10, 100).await.unwrap();
    assert_eq!(work.expired.iter().map(|one| one.event_id.as_str()).collect::<Vec<_>>(), ["b"]);
    let claimed = store.claim(lease, &lane(), 10, 100).await.unwrap();
    assert_eq!((claimed.ready.len(), claimed.unreadable.len()), (1, 1));
    let failed = Settled::Failed { reason: Reason::Unreadable, reply: None };
    let outcomes = vec![OutcomeOf { number: claimed.unreadable[0], settled: failed }];
    store.settle(lease, &lane(), None, outcomes, 100).await.unwrap();

    let listed = store.conversions(workspace, None, 10).await.unwrap();
    let mut unreadable: Vec<&str> = listed
        .iter()
        .filter(|one| one.conversion.reason == Some(Reason::Unreadable))
        .map(|one| one.conversion.event_id.as_str())
        .collect();
    unreadable.sort_unstable();
    assert_eq!(unreadable, ["a", "c"], "both are seen");
    assert!(store.ledger(workspace).await.unwrap().balanced);

    assert_eq!(store.retry_set_aside(workspace).await.unwrap(), 2);
    let ledger = store.ledger(workspace).await.unwrap();
    assert!(ledger.balanced, "{ledger:?}");
    assert_eq!((ledger.conversions.queued, ledger.conversions.waiting), (2, 2));
    assert_eq!(store.claim(lease, &lane(), 10, 100).await.unwrap().unreadable.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_read_sets_aside_whoever_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let question = |id: &str| Question::Deal { deal: deal(id) };
    store.append(workspace, "kommo", 1, vec![hint("1"), hint("1")]).await.unwrap();
    let waiting = Outcome::Waiting { on: question("1").key(), reason: Reason::AskingCrm };
    let asks = ["1", "2"].map(|id| Effect::Ask { question: question(id), upto: 2, after_ms: 0 });
    decide(&store, lease, waiting, asks.into(), 1).await;
    spoil(folder.path(), "UPDATE ask SET asked = 'x' WHERE question LIKE '%1'");
    let due = store.asks_due(ORIGIN, &[workspace], 10, 10_000).await.unwrap();
    assert_eq!(due.iter().map(|ask| &ask.question).collect::<Vec<_>>(), [&question("2")]);
    let ledger = store.ledger(workspace).await.unwrap();
    assert!(ledger.balanced && ledger.facts.set_aside == 2 && ledger.facts.waiting == 0, "{ledger:?}");
    assert_eq!(store.retry_set_aside(workspace).await.unwrap(), 2);
    assert_eq!(store.take(lease, 10, 0).await.unwrap().facts.len(), 2, "they ask anew");
}
