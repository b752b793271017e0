//! What a page told: anybody can guess the id of an event or the number of an order.

use kopru_core::{Admitted, Appending, Reason, State};

use super::{
    activities::{NOW_MS, accepted, activity, added_to, append, claim, of, open, settle, with_order},
    shop::{Shop, ids},
};
use crate::Store;

fn of_page(event_id: &str) -> Admitted {
    let mut one = activity(event_id);
    "pixel:shop.example.com".clone_into(&mut one.activity.origin);
    Admitted { appending: Appending::Never, ..one }
}

async fn state(shop: &Shop<'_>, event_id: &str) -> (State, Option<Reason>) {
    let listed = shop.listed(event_id).await.conversion;
    (listed.state, listed.reason)
}

pub(super) async fn never_stands_in_the_way_of_a_key(store: &dyn Store) {
    let shop = Shop::open(store, "told by pages").await;
    let key = |event_id: &str| with_order(activity(event_id), &format!("order {event_id}"));
    assert_eq!(append(&shop, NOW_MS, vec![of_page("waits"), of_page("leaves"), of_page("gone")]).await, 0);
    // One has left and is at Meta, one is under way.
    let claimed = claim(&shop, NOW_MS).await;
    assert_eq!(ids(&claimed), ["waits", "leaves", "gone"]);
    let attempt = open(&shop, &claimed[2..], NOW_MS).await;
    settle(&shop, attempt, &claimed[2..], accepted(), NOW_MS).await;
    open(&shop, &claimed[1..2], NOW_MS).await;

    let reported = vec![key("waits"), key("leaves"), key("gone")];
    assert_eq!(append(&shop, NOW_MS + 1, reported).await, 0, "none is a duplicate of what anybody can tell");
    let claimed = claim(&shop, NOW_MS + 1).await;
    assert_eq!(ids(&claimed), ["waits", "leaves", "gone"]);
    assert!(claimed.iter().all(|one| one.conversion.cause.to_string().starts_with("graph:")));
    let all = shop.store.conversions(shop.workspace, None, 100).await.unwrap();
    let of_pages: Vec<_> = all
        .iter()
        .map(|one| &one.conversion)
        .filter(|one| one.cause.to_string().starts_with("pixel:"))
        .map(|one| (one.event_id.as_str(), one.state, one.reason))
        .collect();
    assert_eq!(
        of_pages,
        [
            ("gone", State::Accepted, None),
            ("leaves", State::Queued, None),
            ("waits", State::Suppressed, Some(Reason::ReportedWithKey)),
        ]
    );

    // The other way round, and among themselves, pages repeat.
    assert_eq!(
        append(&shop, NOW_MS + 2, vec![of_page("waits"), of_page("leaves"), of_page("gone")]).await,
        3
    );
    assert_eq!(append(&shop, NOW_MS + 2, vec![of_page("new"), of_page("new")]).await, 1);
    // A key that may not report it leaves it as it is.
    let shadow = Admitted { state: State::Suppressed, reason: Some(Reason::Shadow), ..key("new") };
    assert_eq!(append(&shop, NOW_MS + 3, vec![shadow]).await, 1);
    assert_eq!(state(&shop, "new").await, (State::Queued, None));
    shop.follow().await;
}

pub(super) async fn joins_nobody_and_is_erased_with_whom_it_names(store: &dyn Store) {
    let shop = Shop::open(store, "told by pages of people").await;
    let claims = |one: Admitted| {
        let who = of("", &[("em", "e1"), ("fbp", "b1")]).activity.who;
        Admitted { activity: kopru_core::Activity { who, ..one.activity }, ..one }
    };
    append(&shop, NOW_MS, vec![claims(of_page("claimed")), of("asks", &[("fbp", "b1")])]).await;
    let added = async |event_id: &str| {
        let claimed = claim(&shop, NOW_MS).await;
        added_to(claimed.iter().find(|one| one.conversion.event_id == event_id).unwrap())
    };
    assert!(added("asks").await.is_empty(), "whoever claims an address has not shown it");
    // What is known of a browser is added to what a key reports, and not to what a page tells.
    append(&shop, NOW_MS, vec![claims(activity("known"))]).await;
    assert_eq!(added("asks").await.len(), 1);
    let mut page = of_page("page");
    page.activity.who = of("", &[("fbp", "b1")]).activity.who;
    append(&shop, NOW_MS, vec![page]).await;
    assert!(added("page").await.is_empty());
    let em = of("", &[("em", "e1")]).activity.who.remove(0).node;
    store.erase(shop.workspace, &[em], NOW_MS).await.unwrap();
    assert_eq!(state(&shop, "claimed").await, (State::Suppressed, Some(Reason::Erased)));
    append(&shop, NOW_MS, vec![claims(of_page("again"))]).await;
    assert_eq!(state(&shop, "again").await, (State::Suppressed, Some(Reason::Erased)));
}
