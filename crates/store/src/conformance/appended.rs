//! Purchases that come again and are worth something else by now.

use kopru_core::{Admitted, Appending, Conversion, Identifier, Node, Reason, State, Trust};

use super::{
    activities::{NOW_MS, accepted, activity, append, claim, open, settle, with_order},
    activity_lives::change,
    shop::{SET, Shop, ids},
};
use crate::{Expiring, KeptActivities, Settled, Store, views::Listed};

/// A purchase of somebody, with a worth.
pub(super) fn purchase(id: &str, value: &str, order: &str) -> Admitted {
    let mut one = with_order(activity(id), order);
    let event = &mut one.activity.event;
    event.json = serde_json::json!({
        "event_name": "Purchase", "event_time": NOW_MS / 1000 - 5, "event_id": id, "action_source": "website",
        "user_data": {"em": ["ab".repeat(32)]},
        "custom_data": {"currency": "EUR", "value": value, "order_id": order},
    })
    .to_string();
    one.activity.value = value.parse().ok();
    let node = Node::from_stored("em-hash:0123456789abcdef0123456789abcdef".into());
    one.activity.who = vec![Identifier { node, trust: Trust::Other, match_key: None }];
    one
}

pub(super) async fn keep(shop: &Shop<'_>, at_ms: i64, one: Admitted) -> KeptActivities {
    let kept = shop.store.append_activities(shop.workspace, at_ms, vec![one]).await.unwrap();
    shop.balanced().await;
    kept
}

pub(super) fn appended(n: usize) -> KeptActivities {
    KeptActivities { doubles: 1, appended: n, ..KeptActivities::default() }
}

/// What was appended, oldest first.
pub(super) async fn all(shop: &Shop<'_>) -> Vec<Listed> {
    let mut all = shop.store.conversions(shop.workspace, None, 100).await.unwrap();
    all.retain(|one| one.conversion.name == "AppendValue");
    all.reverse();
    all
}

/// One purchase is queued, and came again with another value.
pub(super) async fn with_one<'s>(store: &'s dyn Store, name: &str) -> Shop<'s> {
    let shop = Shop::open(store, name).await;
    append(&shop, NOW_MS, vec![purchase("a", "100", "order a")]).await;
    assert_eq!(keep(&shop, NOW_MS + 1, purchase("b", "80", "order a")).await, appended(1));
    let one = &all(&shop).await[0];
    let expected = (State::Waiting, Some(Reason::WaitingSale));
    assert_eq!((one.conversion.state, one.conversion.reason), expected);
    assert!(one.conversion.deadline_ms.is_some_and(|deadline_ms| deadline_ms > NOW_MS));
    shop
}

pub(super) async fn is_appended_once_meta_has_the_purchase(store: &dyn Store) {
    let shop = with_one(store, "appended to").await;
    let claimed = claim(&shop, NOW_MS + 60_000).await;
    assert_eq!(ids(&claimed), ["a"], "the purchase alone");
    // The same change again is no other one, also while it is on its way.
    assert_eq!(keep(&shop, NOW_MS + 2, purchase("c", "80.00", "order a")).await, appended(0));
    let attempt = open(&shop, &claimed, NOW_MS + 60_000).await;
    settle(&shop, attempt, &claimed, accepted(), NOW_MS + 60_001).await;
    let claimed = claim(&shop, NOW_MS + 60_002).await;
    assert_eq!(claimed.len(), 1);
    let one = &claimed[0].conversion;
    assert_eq!((one.name.as_str(), one.value, one.currency.as_deref()), ("AppendValue", None, None));
    let listed = all(&shop).await.remove(0);
    let to = listed.appends.unwrap();
    assert_eq!((to.event_id.as_str(), to.was), ("a", "100".parse().ok()));
    assert_eq!((to.worth.value, to.currency.as_deref()), ("80".parse().ok(), Some("EUR")));
    let attempt = open(&shop, &claimed, NOW_MS + 60_003).await;
    settle(&shop, attempt, &claimed, accepted(), NOW_MS + 60_004).await;
    // Meta has the purchase: what is said now goes at once.
    assert_eq!(keep(&shop, NOW_MS + 70_000, purchase("d", "70", "order a")).await, appended(1));
    let claimed = claim(&shop, NOW_MS + 80_000).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(all(&shop).await.len(), 2);
    shop.follow().await;
}

pub(super) async fn ends_with_the_purchase_and_comes_back_after_it_alone(store: &dyn Store) {
    let shop = with_one(store, "appended to what was refused").await;
    let claimed = claim(&shop, NOW_MS + 60_000).await;
    let refused = Settled::Failed { reason: Reason::RefusedByMeta, reply: None };
    settle(&shop, None, &claimed, refused, NOW_MS + 60_001).await;
    let one = all(&shop).await.remove(0);
    let ended = (State::Suppressed, Some(Reason::SaleNotTaken), Some(NOW_MS + 60_001));
    assert_eq!((one.conversion.state, one.conversion.reason, one.settled_ms), ended);
    let back = |one: Conversion| Conversion {
        state: State::Queued,
        reason: None,
        due_ms: Some(NOW_MS + 60_002),
        ..one
    };
    let id = one.conversion.event_id.clone();
    change(&shop, &id, NOW_MS + 60_002, back).await;
    assert_eq!(all(&shop).await[0].conversion.state, State::Suppressed, "not before the purchase");
    change(&shop, "a", NOW_MS + 60_002, back).await;
    let claimed = claim(&shop, NOW_MS + 60_003).await;
    assert_eq!(ids(&claimed), ["a"]);
    settle(&shop, None, &claimed, accepted(), NOW_MS + 60_004).await;
    change(&shop, &id, NOW_MS + 60_005, back).await;
    assert_eq!(claim(&shop, NOW_MS + 60_006).await.len(), 1, "after it");
    shop.follow().await;
}

pub(super) async fn is_appended_to_no_other_event(store: &dyn Store) {
    let shop = Shop::open(store, "appended to nothing").await;
    let refused =
        |one: Admitted| Admitted { state: State::Suppressed, reason: Some(Reason::ConsentRefused), ..one };
    let shadow = |one: Admitted| Admitted { state: State::Suppressed, reason: Some(Reason::Shadow), ..one };
    let never = |one: Admitted| Admitted { appending: Appending::Never, ..one };
    let in_shop = |mut one: Admitted| {
        one.activity.event.action_source = "physical_store".into();
        one
    };
    let first = vec![
        refused(purchase("s", "100", "order s")),
        purchase("n", "100", "order n"),
        in_shop(purchase("p", "100", "order p")),
    ];
    append(&shop, NOW_MS, first).await;
    for again in [
        purchase("s2", "80", "order s"),
        never(purchase("n2", "80", "order n")),
        shadow(purchase("n3", "80", "order n")),
        in_shop(purchase("p2", "80", "order p")),
        purchase("p3", "80", "order p"),
    ] {
        assert_eq!(keep(&shop, NOW_MS + 1, again).await, appended(0));
    }
    let mut dollars = purchase("n4", "117", "order n");
    dollars.activity.currency = Some("USD".into());
    let expected = KeptActivities { other_currency: 1, ..appended(0) };
    assert_eq!(keep(&shop, NOW_MS + 2, dollars).await, expected);
    assert!(all(&shop).await.is_empty());
    shop.follow().await;
}

pub(super) async fn no_more_than_five_changes_are_appended_and_the_sixth_is_counted(store: &dyn Store) {
    let shop = Shop::open(store, "appended to again and again").await;
    append(&shop, NOW_MS, vec![purchase("a", "100", "order a")]).await;
    for (at, value) in ["90", "80", "70", "60", "50"].into_iter().enumerate() {
        let again = purchase(&format!("a{at}"), value, "order a");
        assert_eq!(keep(&shop, NOW_MS + 1, again).await, appended(1), "{value}");
    }
    assert_eq!(keep(&shop, NOW_MS + 2, purchase("b", "50", "order a")).await, appended(0));
    let expected = KeptActivities { too_many_changes: 1, ..appended(0) };
    assert_eq!(keep(&shop, NOW_MS + 2, purchase("c", "40", "order a")).await, expected);
    assert_eq!(all(&shop).await.len(), 5);
    shop.follow().await;
}

pub(super) async fn ids_that_several_share_are_counted(store: &dyn Store) {
    let shop = Shop::open(store, "shared ids").await;
    let of = |name: &str, value: &str, order: &str, later_s: i64| {
        let mut one = purchase("1", value, order);
        one.activity.event_s += later_s;
        one.activity.who[0].node = Node::from_stored(format!("em-hash:{name}"));
        one
    };
    append(&shop, NOW_MS, vec![of("ada", "100", "order a", 0)]).await;
    let known = shop.store.join_key(shop.workspace).await.unwrap().once_event(SET, "Purchase", "1");
    // Somebody else's sale without an order's number: nothing of it is appended to the first one.
    let mut unnumbered = of("cem", "30", "order b", 3600);
    unnumbered.activity.once.truncate(1);
    unnumbered.activity.event.json = unnumbered.activity.event.json.replace("order_id", "note");
    for (again, under_shared_ids) in [
        (of("ada", "100", "order a", 0), 0),
        (unnumbered, 1),
        (of("ben", "20", "order b", 3600), 1),
        (of("ada", "30", "order b", 0), 1),
        // The order is known: somebody in an office tells what is left of it.
        (of("office", "100", "order a", 3600), 0),
    ] {
        let mut again = again;
        again.activity.once[0].key = known;
        let expected = KeptActivities { under_shared_ids, ..appended(0) };
        let order = again.activity.event.json.clone();
        assert_eq!(keep(&shop, NOW_MS + 1, again).await, expected, "{order}");
    }
    shop.follow().await;
}

pub(super) async fn is_erased_and_forgotten_with_the_purchase(store: &dyn Store) {
    let shop = with_one(store, "appended to somebody's").await;
    let who = purchase("a", "100", "order a").activity.who.remove(0).node;
    let person = store.person(shop.workspace, std::slice::from_ref(&who)).await.unwrap();
    assert_eq!(person.conversions.len(), 2, "both are theirs");
    store.erase(shop.workspace, &[who], NOW_MS + 2).await.unwrap();
    let one = all(&shop).await.remove(0).conversion;
    assert_eq!((one.state, one.reason, one.identity), (State::Suppressed, Some(Reason::Erased), None));
    assert!(claim(&shop, NOW_MS + 60_000).await.is_empty());
    shop.balanced().await;
    append(&shop, NOW_MS + 3, vec![activity("young")]).await;
    let step = store.expire(shop.workspace, Expiring::Activities, NOW_MS + 2, 10).await.unwrap();
    assert_eq!(step.gone, 2);
    assert!(all(&shop).await.is_empty());
    shop.follow().await;
}
