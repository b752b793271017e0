//! The numbers of the overview are those of a recount, whatever happened.

use std::collections::BTreeMap;

use kopru_core::{Conversion, Decision, Effect, Fact, Link, Outcome, Reason, State};
use proptest::prelude::*;
use store::{Decided, DecisionStore, FactStore, OutcomeOf, QueueStore, Settled, Sqlite, Store, Views};

use crate::{
    disk::{conversion, lane},
    open,
};

/// One step of a story about few conversions.
#[derive(Debug, Clone)]
enum Step {
    Create(u8, Kind),
    Update(u8, Kind),
    Expire(u8, Kind),
    Settle(u8, u8),
    Retry,
}

#[derive(Debug, Clone)]
struct Kind {
    state: u8,
    value: Option<String>,
    currency: Option<&'static str>,
    event: &'static str,
}

fn kind() -> impl Strategy<Value = Kind> {
    (
        0..4_u8,
        prop::option::of("[0-9]{1,6}\\.[0-9]{1,3}"),
        prop::option::of(prop::sample::select(vec!["TRY", "EUR"])),
        prop::sample::select(vec!["Lead", "Purchase"]),
    )
        .prop_map(|(state, value, currency, event)| Kind { state, value, currency, event })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_u8, kind()).prop_map(|(id, kind)| Step::Create(id, kind)),
        3 => (0..6_u8, kind()).prop_map(|(id, kind)| Step::Update(id, kind)),
        1 => (0..6_u8, kind()).prop_map(|(id, kind)| Step::Expire(id, kind)),
        3 => (0..6_u8, 0..4_u8).prop_map(|(number, how)| Step::Settle(number, how)),
        1 => Just(Step::Retry),
    ]
}

fn make(id: u8, kind: &Kind) -> Conversion {
    let (state, reason) = [
        (State::Queued, None),
        (State::Waiting, Some(Reason::WaitingPrice)),
        (State::Suppressed, Some(Reason::NoClick)),
        (State::Failed, Some(Reason::TooLate)),
    ][usize::from(kind.state)];
    Conversion {
        event_id: format!("e{id}"),
        event: kind.event.into(),
        state,
        reason,
        value: kind.value.as_deref().map(|value| value.parse().unwrap()),
        currency: kind.currency.map(Into::into),
        ..conversion()
    }
}

async fn play(store: &Sqlite, name: &str, steps: Vec<Step>) {
    let workspace = store.workspace(name).await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let mut known = std::collections::BTreeSet::new();
    for step in steps {
        let mut decided = Decided { now_ms: 9, ..Decided::default() };
        let mut effects = Vec::new();
        match step {
            Step::Create(id, kind) => {
                known.insert(id);
                effects.push(Effect::Create(make(id, &kind)));
            }
            Step::Update(id, kind) if known.contains(&id) => effects.push(Effect::Update(make(id, &kind))),
            Step::Expire(id, kind) if known.contains(&id) => decided.expired.push(make(id, &kind)),
            Step::Update(..) | Step::Expire(..) => continue,
            Step::Settle(number, how) => {
                let reply = Some("said".to_owned());
                let settled = match how {
                    0 => Settled::Accepted { reply: "trace".into() },
                    1 => Settled::Failed { reason: Reason::RefusedByMeta, reply },
                    2 => Settled::Failed { reason: Reason::Unreadable, reply: None },
                    _ => Settled::Again { due_ms: Some(5), reply, counts: true },
                };
                let outcomes = vec![OutcomeOf { number: number.into(), settled }];
                store.settle(lease, &lane(), None, outcomes, 10).await.unwrap();
            }
            Step::Retry => {
                store.retry_set_aside(workspace).await.unwrap();
            }
        }
        if !effects.is_empty() || !decided.expired.is_empty() {
            let nothing = Fact::Link(Link { who: Vec::new(), at_s: 1, ..Link::default() });
            store.append(workspace, "test", 1, vec![nothing]).await.unwrap();
            let seq = store.take(lease, 1, 0).await.unwrap().facts[0].seq;
            decided.decisions = vec![Decision { seq, outcome: Outcome::Used, effects }];
            store.apply(lease, decided).await.unwrap();
        }
    }
    recount(store, name).await;
}

async fn recount(store: &Sqlite, name: &str) {
    let workspace = store.workspace(name).await.unwrap();
    let listed = store.conversions(workspace, None, 100).await.unwrap();
    let mut kinds: BTreeMap<_, i64> = BTreeMap::new();
    let mut revenue = BTreeMap::new();
    for one in &listed {
        let conversion = &one.conversion;
        let reason = conversion.reason.map(Reason::code);
        *kinds.entry((conversion.event.clone(), conversion.state, reason)).or_default() += 1;
        if let ("Purchase", State::Accepted, Some(value), Some(currency)) =
            (conversion.event.as_str(), conversion.state, conversion.value, &conversion.currency)
        {
            let sum = revenue.entry(currency.clone()).or_insert(capi::Money::ZERO);
            *sum = sum.checked_add(value).unwrap();
        }
    }
    let breakdown = store.breakdown(workspace).await.unwrap();
    let counted: BTreeMap<_, i64> = breakdown
        .into_iter()
        .map(|(event, state, reason, n)| ((event, state, reason.map(Reason::code)), n))
        .collect();
    assert_eq!(counted, kinds);
    let accepted = |event: &str| {
        kinds
            .iter()
            .filter(|(kind, _)| kind.0 == event && kind.1 == State::Accepted)
            .map(|(_, n)| n)
            .sum::<i64>()
    };
    let funnel = store.funnel(workspace).await.unwrap();
    assert_eq!((funnel.leads, funnel.purchases), (accepted("Lead"), accepted("Purchase")));
    assert_eq!(funnel.revenue, revenue);
    let ledger = store.ledger(workspace).await.unwrap();
    assert!(ledger.balanced && ledger.conversions.created == listed.len() as i64, "{ledger:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_counted_is_what_is_there(
        stories in prop::collection::vec(prop::collection::vec(step(), 0..40), 4),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = open(folder.path());
            for (number, steps) in stories.into_iter().enumerate() {
                play(&store, &format!("story {number}"), steps).await;
            }
        });
    }
}
