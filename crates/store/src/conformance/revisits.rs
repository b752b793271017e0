//! Looking again, step by step; and what the last configuration said.

use std::collections::{BTreeMap, BTreeSet};

use kopru_core::{
    Action, Adopted, Catalogue, CatchUp, Cause, ContactKey, Conversion, Deal, Effect, History, Node, Reason,
    Revisit, RevisitPlace, RevisitStep, State, Stop,
};

use super::shop::{ORIGIN, SET, Shop, deal_key, lane, member, node, nothing, queued, scope};
use crate::{Decided, OutcomeOf, Pause, Settled, Store};

/// Everything that is open, and the deals of a rule.
fn all(rules: Vec<CatchUp>) -> Revisit {
    let filter = Some(kopru_core::ConversionFilter::default());
    Revisit { action: Action::Resolve, filter, any_age_of_queued: true, ask_for: Vec::new(), rules }
}

/// Does all steps there are; returns them.
async fn steps(shop: &Shop<'_>) -> Vec<RevisitStep> {
    let mut done = Vec::new();
    while let Some(step) = shop.take(10, 0).await.revisit {
        assert_eq!(shop.take(10, 0).await.revisit.as_ref(), Some(&step), "until it is done");
        assert!(step.conversions.len() <= 256 && step.deals.len() <= 256);
        done.push(step.clone());
        let revisited = Some((step, Vec::new()));
        shop.apply(Decided { revisited, ..Decided::default() }).await.unwrap();
    }
    done
}

pub(super) async fn go_through_everything_once(store: &dyn Store) {
    let shop = Shop::open(store, "revisit").await;
    let ended = |id: String| queued(&id, 0).stopped(Stop::suppressed(Reason::NoDataset));
    let mut effects: Vec<Effect> = (0..300).map(|n| Effect::Create(queued(&format!("q{n}"), 0))).collect();
    effects.extend((0..300).map(|n| Effect::Create(ended(format!("s{n}")))));
    effects.extend((0..300).map(|n| Effect::SaveDeal(Deal::new(deal_key(&format!("{n:05}"))))));
    let catalogue = Catalogue {
        account: None,
        name: None,
        origin: ORIGIN.into(),
        currency: None,
        stages: Vec::new(),
        former: Vec::new(),
        meanings: Vec::new(),
    };
    effects.push(Effect::SaveCatalogue(1, catalogue));
    shop.act(effects, 0).await;
    let rule = CatchUp { rule: "qualified".into(), since_s: 0 };
    store.revisit(shop.workspace, all(vec![rule])).await.unwrap();
    assert_eq!(shop.take(0, 0).await.revisit, None, "facts come first");
    let done = steps(&shop).await;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for one in done.iter().flat_map(|step| &step.conversions) {
        *seen.entry(one.event_id.clone()).or_default() += 1;
    }
    assert_eq!(seen.len(), 600);
    assert!(seen.values().all(|times| *times == 1), "each once");
    let deals: BTreeSet<_> = done.iter().flat_map(|step| &step.deals).collect();
    assert_eq!(deals.len(), 300);
    assert_eq!(shop.take(10, 0).await.revisit, None);
    // Nobody but who asks for it gets a step.
    let (step, state) =
        store.revisit_step(shop.workspace, all(Vec::new()), RevisitPlace::default()).await.unwrap();
    assert_eq!((step.conversions.len(), state.conversions.len()), (256, 256));
    assert_eq!(shop.take(10, 0).await.revisit, None);
}

pub(super) async fn change_what_they_find(store: &dyn Store) {
    let shop = Shop::open(store, "revisit changes").await;
    let lost = queued("lost", 0).stopped(Stop::suppressed(Reason::NoDataset));
    let failed = queued("failed", 0).stopped(Stop::failed(Reason::RefusedByMeta));
    shop.act([lost, failed].map(Effect::Create).into(), 0).await;
    store.revisit(shop.workspace, all(Vec::new())).await.unwrap();
    while let Some(step) = shop.take(10, 0).await.revisit {
        let again =
            |one: &Conversion| Effect::Update(Conversion { stored: one.stored, ..queued(&one.event_id, 5) });
        let effects = step.conversions.iter().map(again).collect();
        shop.apply(Decided { revisited: Some((step, effects)), ..Decided::default() }).await.unwrap();
    }
    assert_eq!(shop.claim(10, 5).await.len(), 2, "also what had failed");
}

pub(super) async fn stop_where_nothing_older_is_meant(store: &dyn Store) {
    let shop = Shop::open(store, "revisit since").await;
    let ended = |id: &str| queued(id, 0).stopped(Stop::suppressed(Reason::NoDataset));
    let since_s = 5_000_000;
    let at = |id: &str, event_s| Conversion { event_s, ..ended(id) };
    shop.act(vec![Effect::Create(at("old", 9_000_000))], since_s * 1000 - 1).await;
    shop.act(vec![Effect::Create(at("new", 9_000_000)), Effect::Create(at("before", 1))], since_s * 1000)
        .await;
    let too_old = Conversion { event_s: 1, ..queued("queued", 0) };
    shop.act(vec![Effect::Create(too_old)], 0).await;
    let mut revisit = all(Vec::new());
    revisit.filter.as_mut().unwrap().since_s = Some(since_s);
    store.revisit(shop.workspace, revisit).await.unwrap();
    let seen: Vec<String> = steps(&shop)
        .await
        .iter()
        .flat_map(|step| &step.conversions)
        .map(|one| one.event_id.clone())
        .collect();
    // What was made before that time has happened before it, but for an event of the future.
    assert_eq!(seen, ["queued", "new", "old"]);
}

pub(super) async fn that_try_again_look_whether_a_pause_was_mended(store: &dyn Store) {
    let shop = Shop::open(store, "revisit paused").await;
    let pause = Pause {
        until_ms: 9,
        needs_you: true,
        cause: "token".into(),
        code: "190".into(),
        since_ms: 1,
        dataset: SET.into(),
    };
    store.pause(shop.lease, &scope(), Some(pause.clone())).await.unwrap();
    for (action, until_ms) in [(Action::Resolve, 9), (Action::Drop, 9), (Action::Retry, 0)] {
        store.revisit(shop.workspace, Revisit { action, ..all(Vec::new()) }).await.unwrap();
        let paused = store.paused(shop.lease, &[scope()]).await.unwrap();
        assert_eq!(paused, [(scope(), Pause { until_ms, ..pause.clone() })], "{action:?}");
    }
}

pub(super) async fn find_what_is_named(store: &dyn Store) {
    let shop = Shop::open(store, "revisit named").await;
    shop.act(["a", "b", "c"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let mut named = all(vec![CatchUp { rule: "qualified".into(), since_s: 0 }]);
    named.filter.as_mut().unwrap().event_ids = ["c", "x", "a"].map(str::to_owned).into();
    store.revisit(shop.workspace, named).await.unwrap();
    let steps = steps(&shop).await;
    let ids = steps[0].conversions.iter().map(|one| one.event_id.as_str()).collect::<Vec<_>>();
    assert_eq!((ids, steps.len()), (vec!["c", "a"], 2), "at once, and then deals");
}

pub(super) async fn are_remembered_with_what_the_configuration_said(store: &dyn Store) {
    let shop = Shop::open(store, "adopted").await;
    assert_eq!(store.history(shop.workspace).await.unwrap(), History::default());
    shop.act(vec![Effect::Create(queued("e", 0))], 0).await;
    let claimed = shop.claim(1, 0).await;
    let opened = store.open(shop.lease, &lane(), vec![member(&claimed[0])], 0).await.unwrap();
    let settled = Settled::Accepted { reply: "trace".into() };
    let outcomes = vec![OutcomeOf { number: claimed[0].number, settled }];
    store.settle(shop.lease, &lane(), Some(opened.attempt), outcomes, 0).await.unwrap();
    for _ in 0..2 {
        store.note_taken(shop.lease, "set-1", "waba-1").await.unwrap();
    }
    store.adopt(shop.lease, Adopted::default(), Some(all(Vec::new())), Vec::new()).await.unwrap();
    let history = store.history(shop.workspace).await.unwrap();
    assert_eq!(history.before, Some(Adopted::default()));
    assert_eq!(history.matched, ["qualified".to_owned()].into());
    assert_eq!(history.taken, [("set-1".to_owned(), "waba-1".to_owned())].into());
    assert!(shop.take(1, 0).await.revisit.is_some(), "with what is to be looked at again");
    assert_eq!(steps(&shop).await.len(), 2);
}

pub(super) async fn of_a_contact_come_with_it(store: &dyn Store) {
    let shop = Shop::open(store, "contact cause").await;
    let cause = Cause::Contact(ContactKey { origin: ORIGIN.into(), id: "c1".into() });
    let contact = Node::contact(ORIGIN, "c1");
    let reached = kopru_core::Contact { who: vec![node("phone:a")], ..kopru_core::Contact::new(contact) };
    let lead = Conversion { cause: cause.clone(), ..queued("lead", 0) };
    shop.act(vec![Effect::SaveContact(reached), Effect::Create(lead)], 0).await;
    let who = vec![node("phone:a"), node("user:a")];
    shop.append(vec![kopru_core::Fact::Link(kopru_core::Link {
        who,
        at_s: 1,
        ..kopru_core::Link::default()
    })])
    .await;
    let state = shop.take(10, 0).await.state;
    assert_eq!(state.conversions[&cause][0].state, State::Queued);
    shop.append(vec![nothing()]).await;
}
