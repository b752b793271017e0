//! What is on the disk: one process, one key, nothing readable, nothing lost.

use std::{path::Path, sync::Arc};

use kopru_core::{
    Cause, Channel, Click, Conversion, DealKey, Decision, Effect, Fact, Identity, Link, Node, Outcome,
    Reason, Route, Sent, State,
};
use store::{
    DataKey, Decided, DecisionStore, FactStore, LaneKey, Member, OutcomeOf, Pause, PauseScope, QueueStore,
    Queued, Settled, Sqlite, Store, StoreState, Unreadable, Views, views::Problem,
};

use crate::{key, open};

const CLICK_ID: &str = "ARAkX-click-id-that-nobody-may-read";
const NAME: &str = "Ayse-Yilmaz-whom-Meta-repeats";
const BODY: &str = "a body with +90 532 111 22 33 in it";

#[test]
fn a_store_is_open_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(matches!(Sqlite::open(folder.path(), &key()), Err(store::Error::InUse(_))));
    // There is no file that could be deleted to get around it.
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        assert!(file.starts_with("kopru.db") || file == "received", "{file}");
    }
    let _ = std::fs::remove_file(folder.path().join("received"));
    assert!(matches!(Sqlite::open(folder.path(), &key()), Err(store::Error::InUse(_))));
    drop(store);
    drop(open(folder.path()));
}

#[test]
fn a_store_opens_only_with_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let other = DataKey::from_hex(&"a5".repeat(32)).unwrap();
    assert!(matches!(Sqlite::open(folder.path(), &other), Err(store::Error::WrongKey { .. })));
    drop(open(folder.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Sqlite::open(&file, &key()), Err(store::Error::Unwritable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_many_hand_in_at_once_is_all_kept_and_numbered_without_gap() {
    const TASKS: usize = 64;
    const EACH: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    let workspace = store.workspace("acme").await.unwrap();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for at in 0..EACH {
                    let fact = Fact::Link(Link {
                        who: Vec::new(),
                        at_s: (task * EACH + at) as i64,
                        ..Link::default()
                    });
                    store.append(workspace, "test", 1, vec![fact]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    drop(store);

    let store = open(folder.path());
    let lease = store.lease(workspace).await.unwrap();
    let facts = store.take(lease, TASKS * EACH + 1, 0).await.unwrap().facts;
    assert!(facts.iter().map(|fact| fact.seq).eq(1..=(TASKS * EACH) as u64));
    let mut said: Vec<i64> = facts
        .iter()
        .map(|fact| match &fact.fact {
            Fact::Link(link) => link.at_s,
            other => panic!("{other:?}"),
        })
        .collect();
    // What one task handed in stays in its order.
    for task in 0..TASKS as i64 {
        assert!(said.iter().filter(|at| **at / EACH as i64 == task).is_sorted());
    }
    said.sort_unstable();
    assert!(said.into_iter().eq(0..(TASKS * EACH) as i64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_fails_takes_nothing_else_of_its_group_along() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    let workspace = store.workspace("acme").await.unwrap();
    let fenced = store.lease(workspace).await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                if task % 2 == 0 {
                    let refused = store.apply(fenced, Decided::default()).await;
                    assert!(matches!(refused, Err(store::Error::Fenced(_))), "{refused:?}");
                } else {
                    let fact = Fact::Link(Link { who: Vec::new(), at_s: task, ..Link::default() });
                    store.append(workspace, "test", 1, vec![fact]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let facts = store.take(lease, 100, 0).await.unwrap().facts;
    assert!(facts.iter().map(|fact| fact.seq).eq(1..=25));
    assert!(store.ledger(workspace).await.unwrap().balanced);
    assert!((store.state() == StoreState::Ready));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_disk_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let click = Click {
        message: "m1".into(),
        channel: Channel::Whatsapp,
        account: "waba".into(),
        who: vec![Node::from_stored("phone:0123".into())],
        at_s: 1,
        click_id: Some(CLICK_ID.into()),
        ad_id: None,
    };
    store.append(workspace, "test", 1, vec![Fact::Click(click.clone())]).await.unwrap();
    let unreadable = Unreadable {
        counted_as: "unreadable",
        source: "test".into(),
        skeleton: "text".into(),
        body: BODY.into(),
    };
    store.append_unreadable(workspace, 1, unreadable).await.unwrap();
    let effects = vec![Effect::SaveClick(click), Effect::Create(conversion())];
    let decisions = vec![Decision { seq: 1, outcome: Outcome::Used, effects }];
    store.apply(lease, Decided { decisions, now_ms: 1, ..Decided::default() }).await.unwrap();
    let claimed = store.claim(lease, &lane(), 10, 1).await.unwrap();
    let Queued { number, revision, conversion, .. } = claimed.ready[0].clone();
    assert_eq!(conversion.identity, self::conversion().identity, "it was there all the same");
    let body = format!("{{\"ctwa_clid\":\"{CLICK_ID}\"}}");
    let member =
        Member { number, revision, body: body.clone(), carried: String::new(), may_count_twice: false };
    let opened = store.open(lease, &lane(), vec![member], 1).await.unwrap();
    let settled = Settled::Again { due_ms: Some(1), reply: Some(NAME.into()), counts: true };
    let outcomes = vec![OutcomeOf { number, settled }];
    store.settle(lease, &lane(), Some(opened.attempt), outcomes.clone(), 1).await.unwrap();
    let pause = Pause {
        until_ms: 5,
        needs_you: true,
        cause: NAME.into(),
        code: "190".into(),
        since_ms: 1,
        dataset: "set-1".into(),
    };
    let scope = PauseScope::Lane(lane());
    store.pause(lease, &scope, Some(pause.clone())).await.unwrap();
    store
        .append(workspace, "test", 1, vec![Fact::Link(Link { who: Vec::new(), at_s: 1, ..Link::default() })])
        .await
        .unwrap();
    store.set_aside_next(lease, NAME).await.unwrap();

    nothing_readable(folder.path());
    let listed = store.conversions(workspace, None, 1).await.unwrap().remove(0);
    assert_eq!((listed.reply.as_deref(), listed.body), (Some(NAME), Some(body)));
    let paused = store.paused(lease, std::slice::from_ref(&scope)).await.unwrap();
    assert_eq!(paused, [(scope.clone(), pause.clone())]);
    let problems = store.problems(workspace).await.unwrap();
    assert_eq!(problems, [Problem::Paused { scope, dataset: "set-1".into(), pause, queued: 1 }]);
    assert_eq!(store.set_aside(workspace, 1).await.unwrap()[0].why, NAME);
    let [outcome] = outcomes.try_into().unwrap();
    for settled in [
        Settled::Accepted { reply: NAME.into() },
        Settled::Failed { reason: Reason::RefusedByMeta, reply: Some(NAME.into()) },
    ] {
        let outcomes = vec![OutcomeOf { settled, ..outcome.clone() }];
        store.settle(lease, &lane(), None, outcomes, 1).await.unwrap();
    }
    nothing_readable(folder.path());
    drop(store);
    nothing_readable(folder.path());
}

fn nothing_readable(folder: &Path) {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        bytes += content.len();
        for secret in [CLICK_ID, BODY, NAME, "532 111", &key().to_hex()] {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret:?} in {}", path.display());
        }
    }
    assert!(bytes > 8192, "there is something to look through");
}

/// The lane of [`conversion`].
pub(crate) fn lane() -> LaneKey {
    LaneKey { dataset: "set-1".into(), route: Route::Messaging(Channel::Whatsapp) }
}

pub(crate) fn conversion() -> Conversion {
    Conversion {
        event_id: "e1".into(),
        event: "Lead".into(),
        name: "LeadSubmitted".into(),
        rule: "qualified".into(),
        cause: Cause::Deal(DealKey { origin: "kommo:acme".into(), id: "1".into() }),
        route: lane().route,
        event_s: 1,
        received_ms: 1,
        worth: None,
        value: None,
        currency: None,
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: Some("set-1".into()),
        ad_id: None,
        consent: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: Some(1),
        detail: None,
        stop: None,
        released: false,
        identity: Some(Identity::Click { account: "waba".into(), click_id: CLICK_ID.into() }),
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    }
}
