//! The numbers of the overview are those of a recount, whatever happened.

use std::collections::BTreeMap;

use kopru_core::{
    AmountFrom, Conversion, Deal, DealKey, Decision, Effect, Fact, Link, Outcome, Reason, State, Unmade,
    Worth,
};
use proptest::prelude::*;
use store::{
    Decided, DecisionStore, FactStore, OutcomeOf, QueueStore, Settled, Sqlite, Store, Views, views::RulePart,
};

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
    /// A deal has these rules fired without an event.
    Deal(u8, Vec<Option<Kind>>),
}

#[derive(Debug, Clone)]
struct Kind {
    state: u8,
    value: Option<String>,
    currency: Option<&'static str>,
    event: &'static str,
    rule: &'static str,
    is_estimate: bool,
}

const RULES: [&str; 2] = ["a", "b"];

fn kind() -> impl Strategy<Value = Kind> {
    (
        0..4_u8,
        prop::option::of("[0-9]{1,6}\\.[0-9]{1,3}"),
        prop::option::of(prop::sample::select(vec!["TRY", "EUR"])),
        prop::sample::select(vec!["Lead", "Purchase"]),
        prop::sample::select(RULES.to_vec()),
        any::<bool>(),
    )
        .prop_map(|(state, value, currency, event, rule, is_estimate)| Kind {
            state,
            value,
            currency,
            event,
            rule,
            is_estimate,
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_u8, kind()).prop_map(|(id, kind)| Step::Create(id, kind)),
        3 => (0..6_u8, kind()).prop_map(|(id, kind)| Step::Update(id, kind)),
        1 => (0..6_u8, kind()).prop_map(|(id, kind)| Step::Expire(id, kind)),
        3 => (0..6_u8, 0..4_u8).prop_map(|(number, how)| Step::Settle(number, how)),
        1 => Just(Step::Retry),
        2 => (0..3_u8, prop::collection::vec(prop::option::of(kind()), RULES.len()))
            .prop_map(|(id, kinds)| Step::Deal(id, kinds)),
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
        rule: kind.rule.into(),
        worth: Some(Worth {
            from: if kind.is_estimate { AmountFrom::Fixed(capi::Money::ZERO) } else { AmountFrom::Price },
            ..Worth::price()
        }),
        ..conversion()
    }
}

fn unmade(kind: &Kind) -> Unmade {
    Unmade {
        event: kind.event.into(),
        why: [Reason::BeforeRule, Reason::ToldAlready][usize::from(kind.state % 2)],
        amount: kind.value.as_deref().map(|value| value.parse().unwrap()),
        currency: kind.currency.filter(|_| kind.value.is_some()).map(Into::into),
    }
}

fn deal(id: u8, kinds: &[Option<Kind>]) -> Deal {
    let key = DealKey { origin: "kommo:acme".into(), id: id.to_string() };
    let fired = RULES.into_iter().zip(kinds).filter_map(|(rule, kind)| Some((rule, kind.as_ref()?)));
    Deal { unmade: fired.map(|(rule, kind)| (rule.into(), unmade(kind))).collect(), ..Deal::new(key) }
}

async fn play(store: &Sqlite, name: &str, steps: Vec<Step>) {
    let workspace = store.workspace(name).await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    let mut known = std::collections::BTreeSet::new();
    let mut deals = BTreeMap::new();
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
            Step::Deal(id, kinds) => {
                let deal = deal(id, &kinds);
                deals.insert(id, deal.clone());
                effects.push(Effect::SaveDeal(deal));
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
    recount(store, name, &deals).await;
}

async fn recount(store: &Sqlite, name: &str, deals: &BTreeMap<u8, Deal>) {
    let workspace = store.workspace(name).await.unwrap();
    let listed = store.conversions(workspace, None, 100).await.unwrap();
    let mut kinds: BTreeMap<_, i64> = BTreeMap::new();
    let mut revenue = BTreeMap::new();
    let mut rules = BTreeMap::new();
    for (rule, one) in deals.values().flat_map(|deal| &deal.unmade) {
        count(&mut rules, rule, None, Some(one.why), one.amount.zip(one.currency.as_ref()));
    }
    for one in &listed {
        let conversion = &one.conversion;
        let reason = conversion.reason.map(Reason::code);
        *kinds.entry((conversion.event.clone(), conversion.state, reason)).or_default() += 1;
        let value = conversion.value.filter(|_| !conversion.is_estimate());
        let worth = value.zip(conversion.currency.as_ref());
        count(&mut rules, &conversion.rule, Some(conversion.state), conversion.reason, worth);
        if let ("Purchase", State::Accepted, Some((value, currency))) =
            (conversion.event.as_str(), conversion.state, worth)
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
    let mut counted = BTreeMap::new();
    for rule in &ledger.rules {
        for part in &rule.parts {
            let place = (rule.rule.clone(), part.state, part.reason);
            counted.insert(place, (part.counted.n, part.counted.worth.clone()));
        }
        let sum = |parts: &dyn Fn(&&RulePart) -> bool| {
            rule.parts.iter().filter(parts).map(|part| part.counted.n).sum::<i64>()
        };
        assert_eq!(rule.fired.n, rule.made.n + sum(&|part| part.state.is_none()));
        assert_eq!(rule.made.n, sum(&|part| part.state.is_some()));
    }
    assert_eq!(counted, rules);
}

type Rules = BTreeMap<(String, Option<State>, Option<Reason>), (i64, BTreeMap<String, capi::Money>)>;

fn count(
    rules: &mut Rules,
    rule: &str,
    state: Option<State>,
    reason: Option<Reason>,
    worth: Option<(capi::Money, &String)>,
) {
    let (n, sums) = rules.entry((rule.to_owned(), state, reason)).or_default();
    *n += 1;
    if let Some((amount, currency)) = worth {
        let sum = sums.entry(currency.clone()).or_insert(capi::Money::ZERO);
        *sum = sum.checked_add(amount).unwrap();
    }
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
