//! What would come of looking again, counted without doing it.

use std::sync::Arc;

use kopru_core::{
    Action, Activity, Admitted, Carried, CatchUp, ConversionFilter, Mode, Node, Now, OnceKey, Reason,
    Revisit, RouteKind, Rule, State, StoredEvent,
};
use store::{DecisionStore, FactStore, Store, Views};

use super::shop::{Shop, T0, click, contact, phone, policy, read, won_deal};
use crate::{Becoming, DryRun, Processor, dry_run};

fn revisit(action: Action, filter: Option<ConversionFilter>) -> Revisit {
    Revisit { action, filter, any_age_of_queued: false, ask_for: Vec::new(), rules: Vec::new() }
}

async fn count(shop: &Shop, revisit: Revisit) -> DryRun {
    let now = Now { ms: shop.clock.now_ms(), confirmed: true };
    dry_run(&*shop.store, shop.lease.workspace, &policy(), revisit, now).await.unwrap()
}

/// So many won deals of somebody who came from an ad, and as many of somebody who did not.
async fn shop_with(deals: usize) -> Shop {
    let mut shop = Shop::open().await;
    let (walk_in, other) = (contact("walk-in"), contact("other"));
    let stranger = Node::from_stored("phone:other".to_owned());
    shop.append(vec![click("m", phone(), T0), read(&walk_in, vec![phone()]), read(&other, vec![stranger])])
        .await;
    for (prefix, who) in [("a", &walk_in), ("b", &other)] {
        let won = (0..deals).map(|number| won_deal(&format!("{prefix}{number}"), who, Some("10")));
        shop.append(won.collect()).await;
    }
    shop.work().await;
    shop
}

#[tokio::test]
async fn each_is_counted_once_and_nothing_changes() {
    let shop = shop_with(300).await;
    let before = shop.conversions().await;
    assert_eq!((before.0, before.1.len()), (300, 300));

    let run = count(&shop, revisit(Action::Drop, Some(ConversionFilter::default()))).await;
    let wanted = DryRun {
        matched: 600,
        would: Becoming { states: [(State::Suppressed, 300)].into(), ..Becoming::default() },
        unchanged: 300,
        is_done: true,
        ..DryRun::default()
    };
    assert_eq!(run, wanted);

    // What has been due for long is due now instead.
    shop.set_clock_s(T0 + 3700);
    let queued = ConversionFilter { states: vec![State::Queued], ..ConversionFilter::default() };
    let run = count(&shop, revisit(Action::Retry, Some(queued))).await;
    assert_eq!((run.matched, run.would.value["TRY"].to_string().as_str()), (300, "3000"));
    assert_eq!(shop.conversions().await, before);
}

/// A page view; several events of a visit may share their id.
fn page_view(join: &kopru_core::JoinKey, name: &str) -> Admitted {
    let json = format!(
        r#"{{"event_name":"{name}","event_time":{T0},"event_id":"visit","action_source":"website","event_source_url":"https://shop.example/","user_data":{{"client_ip_address":"203.0.113.7","client_user_agent":"Mozilla/5.0"}}}}"#
    );
    let key = join.once_event("set-1", name, "visit");
    let activity = Activity {
        origin: "graph:shop".into(),
        dataset: "set-1".into(),
        name: name.into(),
        event_id: "visit".into(),
        event_s: T0,
        value: "5".parse().ok(),
        currency: Some("EUR".into()),
        consent: None,
        once: vec![OnceKey { key, is_order: false, until_s: i64::MAX }],
        adds_to: Vec::new(),
        who: Vec::new(),
        event: StoredEvent {
            action_source: "website".into(),
            envelope: String::new(),
            json,
            added: Vec::new(),
            beside: String::new(),
        },
        carried: Carried::default(),
    };
    Admitted { activity, state: State::Queued, reason: None, appending: kopru_core::Appending::default() }
}

#[tokio::test]
async fn what_sites_told_is_counted_and_dropped_and_tried_again() {
    let mut shop = Shop::open().await;
    let mut website = policy();
    website.datasets[0].routes.push(RouteKind::Website);
    let (store, workspace) = (Arc::clone(&shop.store), shop.lease.workspace);
    shop.processor = Processor::new(store.clone(), shop.lease, Arc::new(website.clone()), shop.clock.clone());
    let join = store.inner.join_key(workspace).await.unwrap();
    let told = ["ViewContent", "AddToCart"].map(|name| page_view(&join, name)).to_vec();
    store.inner.append_activities(workspace, T0 * 1000, told).await.unwrap();
    let all = || Some(ConversionFilter { cause_id: Some("visit".into()), ..ConversionFilter::default() });
    let now = Now { ms: shop.clock.now_ms(), confirmed: true };
    let count =
        async |action| dry_run(&*store, workspace, &website, revisit(action, all()), now).await.unwrap();

    let run = count(Action::Drop).await;
    assert_eq!((run.matched, run.would.states.get(&State::Suppressed)), (2, Some(&2)));
    assert_eq!(shop.conversions().await.0, 2, "nothing has changed");
    store.revisit(workspace, revisit(Action::Drop, all())).await.unwrap();
    shop.work().await;
    assert_eq!(shop.conversions().await, (0, vec!["suppressed dropped".to_owned(); 2]));

    let run = count(Action::Retry).await;
    assert_eq!((run.matched, run.would.states.get(&State::Queued)), (2, Some(&2)));
    assert_eq!(run.would.value["EUR"].to_string(), "10");
    store.revisit(workspace, revisit(Action::Retry, all())).await.unwrap();
    shop.work().await;
    assert_eq!(shop.conversions().await.0, 2);
}

#[tokio::test]
async fn what_has_come_anew_is_not_counted_as_to_be_sent() {
    let shop = Shop::open().await;
    let mut website = policy();
    website.datasets[0].routes.push(RouteKind::Website);
    let (store, workspace) = (Arc::clone(&shop.store), shop.lease.workspace);
    let join = store.inner.join_key(workspace).await.unwrap();
    let append = async |one: Admitted| {
        assert_eq!(store.inner.append_activities(workspace, T0 * 1000, vec![one]).await.unwrap().doubles, 0);
    };
    let shadow = Admitted {
        state: State::Suppressed,
        reason: Some(Reason::Shadow),
        ..page_view(&join, "ViewContent")
    };
    append(shadow).await;
    let suppressed = ConversionFilter { states: vec![State::Suppressed], ..ConversionFilter::default() };
    let count = async |action| {
        let now = Now { ms: shop.clock.now_ms(), confirmed: true };
        dry_run(&*store, workspace, &website, revisit(action, Some(suppressed.clone())), now).await.unwrap()
    };
    for action in [Action::Retry, Action::Resolve] {
        assert_eq!(count(action).await.would.states.get(&State::Queued), Some(&1), "{action:?}");
    }
    let mut shadowed = website.clone();
    shadowed.datasets[0].earlier_modes = vec![(Mode::Shadow, T0 + 1)];
    let run = dry_run(&*store, workspace, &shadowed, revisit(Action::Retry, Some(suppressed.clone())), {
        Now { ms: shop.clock.now_ms(), confirmed: true }
    });
    let run = run.await.unwrap();
    assert_eq!((run.unchanged, run.not_permitted), (1, [(Reason::Shadow, 1)].into()), "of a shadow before");
    append(page_view(&join, "ViewContent")).await;
    for action in [Action::Retry, Action::Resolve] {
        let run = count(action).await;
        assert_eq!((run.matched, run.would, run.unchanged), (1, Becoming::default(), 1), "{action:?}");
    }
}

#[tokio::test]
async fn rules_that_are_caught_up_are_counted() {
    let shop = shop_with(3).await;
    let mut with_lead = policy();
    let lead = Rule { id: "lead".into(), send: "Lead".into(), worth: None, ..with_lead.rules[0].clone() };
    with_lead.rules.push(lead);
    let caught_up = |since_s| Revisit {
        rules: vec![CatchUp { rule: "lead".into(), since_s }],
        ..revisit(Action::Resolve, None)
    };
    let now = Now { ms: shop.clock.now_ms(), confirmed: true };
    for (since_s, queued, suppressed) in [(T0, Some(&3), Some(&3)), (T0 + 3600, None, None)] {
        let workspace = shop.lease.workspace;
        let run = dry_run(&*shop.store, workspace, &with_lead, caught_up(since_s), now).await.unwrap();
        let would = (run.would.states.get(&State::Queued), run.would.states.get(&State::Suppressed));
        assert_eq!((run.matched, would, run.is_done), (0, (queued, suppressed), true));
        assert_eq!(
            run.matched + run.new,
            run.would.states.values().sum::<usize>() + run.unchanged,
            "the sum is right"
        );
        assert_eq!(run.would_new, run.would, "nothing else is looked at");
    }
    assert_eq!(shop.conversions().await.0, 3);
}

#[tokio::test]
async fn what_is_named_is_found_in_one_step() {
    let shop = shop_with(300).await;
    let all = shop.store.inner.conversions(shop.lease.workspace, None, 1000).await.unwrap();
    let oldest = all.last().unwrap().conversion.event_id.clone();
    let filter = ConversionFilter { event_ids: vec![oldest, "zzz".into()], ..ConversionFilter::default() };
    let run = count(&shop, revisit(Action::Drop, Some(filter))).await;
    assert_eq!((run.matched, run.is_done), (1, true));
}
