//! Activities that come again: with a no, after what may be at Meta, with the number of another sale; and what senders
//! themselves add to purchases.

use kopru_core::{Admitted, ConsentAnswer, Conversion, Reason, State, Stop};

use super::{
    activities::{NOW_MS, accepted, activity, append, claim, open, settle, with_order},
    activity_lives::change,
    appended::{all, appended, keep, purchase, with_one},
    shop::{SET, Shop, ids},
};
use crate::{
    KeptActivities, Settled, Store,
    views::{NUMBERS_SEEN_FOR_MS, Problem},
};

const REFUSED: (State, Option<Reason>) = (State::Suppressed, Some(Reason::ConsentRefused));
const UNKNOWN: Settled = Settled::Unknown { due_ms: None, reply: None, may_count_twice: false };

/// A report that says no: nothing of the person comes with it.
fn no(one: Admitted) -> Admitted {
    let (state, reason) = REFUSED;
    let mut one = Admitted { state, reason, ..one };
    one.activity.consent = Some(ConsentAnswer::No);
    one.activity.event.json.clear();
    one.activity.who.clear();
    one
}

async fn stands(shop: &Shop<'_>, id: &str) -> (State, Option<Reason>) {
    let one = shop.listed(id).await.conversion;
    (one.state, one.reason)
}

fn again() -> Settled {
    Settled::Again { due_ms: None, reply: None, counts: true }
}

fn back(one: Conversion) -> Conversion {
    Conversion { state: State::Queued, reason: None, due_ms: Some(NOW_MS), stop: None, ..one }
}

pub(super) async fn with_a_no_stop_what_waits(store: &dyn Store) {
    let shop = Shop::open(store, "told and refused").await;
    let first = |id: &str| with_order(activity(id), &format!("order {id}"));
    append(&shop, NOW_MS, vec![first("same id"), first("same order"), activity("other")]).await;
    let other_id = with_order(activity("anything"), "order same order");
    assert_eq!(append(&shop, NOW_MS + 1, vec![no(activity("same id")), no(other_id)]).await, 2);
    for id in ["same id", "same order"] {
        let one = shop.listed(id).await;
        assert_eq!((one.conversion.state, one.conversion.reason), REFUSED, "{id}");
        let kept = (one.conversion.consent, one.conversion.identity, one.settled_ms);
        assert_eq!(kept, (Some(ConsentAnswer::No), None, Some(NOW_MS + 1)), "{id}");
        change(&shop, id, NOW_MS + 2, back).await;
    }
    assert_eq!(ids(&claim(&shop, NOW_MS + 3).await), ["other"], "nobody brings them back");
    assert_eq!(append(&shop, NOW_MS + 4, vec![first("same id"), first("same order")]).await, 2);
    // In one request, and of one that nobody answered for.
    append(&shop, NOW_MS, vec![activity("one request"), no(activity("one request"))]).await;
    assert_eq!(stands(&shop, "one request").await, REFUSED);
    shop.follow().await;
}

pub(super) async fn with_a_no_go_no_more_once_they_are_back(store: &dyn Store) {
    let shop = Shop::open(store, "told and refused on its way").await;
    let held = ["taken", "again", "unknown"].map(activity);
    append(&shop, NOW_MS, held.to_vec()).await;
    let held = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &held, NOW_MS).await;
    append(&shop, NOW_MS + 1, ["taken", "again", "unknown"].map(|id| no(activity(id))).to_vec()).await;
    for id in ["taken", "again", "unknown"] {
        assert_eq!(stands(&shop, id).await, (State::Queued, None), "nobody can call it back");
    }
    let ends = [accepted(), again(), UNKNOWN].into_iter().zip(&held);
    let outcomes = ends.map(|(settled, one)| crate::OutcomeOf { number: one.number, settled }).collect();
    store.settle(shop.lease, &super::activities::lane(), attempt, outcomes, NOW_MS + 2).await.unwrap();
    assert_eq!(stands(&shop, "taken").await, (State::Accepted, None));
    let back = claim(&shop, NOW_MS + 3).await;
    assert_eq!(ids(&back), ["again", "unknown"]);
    for one in &back {
        assert_eq!(one.conversion.consent, Some(ConsentAnswer::No));
        assert_eq!(one.conversion.stop, Some(Stop::suppressed(Reason::ConsentRefused)));
        let (stop, revision) = (Stop::suppressed(Reason::ConsentRefused), one.revision);
        let one = std::slice::from_ref(one);
        settle(&shop, None, one, Settled::Stopped { stop, revision }, NOW_MS + 4).await;
    }
    for id in ["again", "unknown"] {
        let one = shop.listed(id).await;
        assert_eq!((one.conversion.state, one.conversion.reason), REFUSED, "{id}");
        assert_eq!((one.conversion.identity, one.body), (None, None), "{id}");
    }
    // What waits to be sent once more stays, too.
    append(&shop, NOW_MS, vec![activity("left once")]).await;
    let left = claim(&shop, NOW_MS + 5).await;
    let attempt = open(&shop, &left, NOW_MS + 5).await;
    settle(&shop, attempt, &left, UNKNOWN, NOW_MS + 6).await;
    append(&shop, NOW_MS + 7, vec![no(activity("left once"))]).await;
    assert_eq!(stands(&shop, "left once").await, REFUSED);
    assert!(claim(&shop, NOW_MS + 8).await.is_empty());
    shop.follow().await;
}

pub(super) async fn with_a_no_stop_what_was_to_be_appended(store: &dyn Store) {
    let shop = with_one(store, "appended to and refused").await;
    append(&shop, NOW_MS + 2, vec![no(purchase("c", "80", "order a"))]).await;
    assert_eq!(stands(&shop, "a").await, REFUSED);
    let one = all(&shop).await.remove(0).conversion;
    assert_eq!((one.state, one.reason, one.identity), (REFUSED.0, REFUSED.1, None));
    // Meta has the purchase, and not yet what is appended.
    let shop = with_one(store, "appended to and refused later").await;
    let claimed = claim(&shop, NOW_MS + 2).await;
    let attempt = open(&shop, &claimed, NOW_MS + 2).await;
    settle(&shop, attempt, &claimed, accepted(), NOW_MS + 3).await;
    append(&shop, NOW_MS + 4, vec![no(purchase("c", "80", "order a"))]).await;
    assert_eq!(stands(&shop, "a").await, (State::Accepted, None));
    assert_eq!(all(&shop).await[0].conversion.reason, REFUSED.1);
    assert!(claim(&shop, NOW_MS + 60_000).await.is_empty());
    shop.follow().await;
}

pub(super) async fn give_way_under_their_own_id_alone_if_meta_may_have_them(store: &dyn Store) {
    let shop = Shop::open(store, "told and maybe there").await;
    let order = |id: &str| with_order(activity(id), "order 7");
    append(&shop, NOW_MS, vec![order("first")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &claimed, NOW_MS).await;
    settle(&shop, attempt, &claimed, UNKNOWN, NOW_MS + 1).await;
    let claimed = claim(&shop, NOW_MS + 2).await;
    let late = Settled::Failed { reason: Reason::TooLate, reply: None };
    settle(&shop, None, &claimed, late, NOW_MS + 3).await;
    assert_eq!(append(&shop, NOW_MS + 4, vec![order("second")]).await, 1, "that could count twice");
    assert_eq!(append(&shop, NOW_MS + 5, vec![order("first")]).await, 0, "Meta knows its id");
    // What a no comes with is not tried again.
    let shop = Shop::open(store, "told, maybe there and refused").await;
    append(&shop, NOW_MS, vec![order("first")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &claimed, NOW_MS).await;
    settle(&shop, attempt, &claimed, UNKNOWN, NOW_MS + 1).await;
    let claimed = claim(&shop, NOW_MS + 2).await;
    let late = Settled::Failed { reason: Reason::TooLate, reply: None };
    settle(&shop, None, &claimed, late, NOW_MS + 3).await;
    assert_eq!(append(&shop, NOW_MS + 4, vec![no(order("second"))]).await, 1);
    change(&shop, "first", NOW_MS + 5, back).await;
    assert_eq!(append(&shop, NOW_MS + 5, vec![order("first")]).await, 1);
    assert!(claim(&shop, NOW_MS + 6).await.is_empty());
}

/// What a sender itself adds to the purchase of an order.
async fn adds(shop: &Shop<'_>, id: &str, order: &str) -> Admitted {
    let key = with_order(activity(id), order).activity.once[1].key;
    let mut one = activity(id);
    "AppendValue".clone_into(&mut one.activity.name);
    (one.activity.value, one.activity.currency) = (None, None);
    let join = shop.store.join_key(shop.workspace).await.unwrap();
    one.activity.adds_to = vec![join.once_event(SET, "Purchase", "no such id"), key];
    one
}

pub(super) async fn that_senders_add_leave_after_their_purchase(store: &dyn Store) {
    let shop = Shop::open(store, "added to").await;
    let waits = (State::Waiting, Some(Reason::WaitingSale));
    append(&shop, NOW_MS, vec![purchase("a", "100", "order a"), adds(&shop, "a+", "order a").await]).await;
    append(&shop, NOW_MS, vec![adds(&shop, "z+", "order z").await]).await;
    assert_eq!(stands(&shop, "a+").await, waits);
    let listed = shop.listed("a+").await;
    assert!(listed.conversion.deadline_ms.is_some_and(|deadline_ms| deadline_ms > NOW_MS));
    assert_eq!(listed.appends.map(|to| to.event_id).as_deref(), Some("a"));
    assert_eq!(shop.take(10, 0).await.next_deadline_ms, listed.conversion.deadline_ms);
    // What it adds is no worth that the shop's own repetitions are compared with.
    assert_eq!(keep(&shop, NOW_MS + 1, purchase("a2", "80", "order a")).await, appended(1));
    let claimed = claim(&shop, NOW_MS + 2).await;
    assert_eq!(ids(&claimed), ["a", "z+"], "of a purchase that nobody knows it goes as it comes");
    settle(&shop, None, &claimed, accepted(), NOW_MS + 3).await;
    assert_eq!(claim(&shop, NOW_MS + 60_000).await.len(), 2, "its own and ours");
    append(&shop, NOW_MS + 4, vec![adds(&shop, "a++", "order a").await]).await;
    assert_eq!(stands(&shop, "a++").await, (State::Queued, None));

    let not_taken = (State::Suppressed, Some(Reason::SaleNotTaken));
    append(&shop, NOW_MS + 5, vec![purchase("b", "9", "order b"), adds(&shop, "b+", "order b").await]).await;
    let claimed = claim(&shop, NOW_MS + 5).await;
    let b: Vec<_> = claimed.into_iter().filter(|one| one.conversion.event_id == "b").collect();
    let refused = Settled::Failed { reason: Reason::RefusedByMeta, reply: None };
    settle(&shop, None, &b, refused, NOW_MS + 6).await;
    assert_eq!(stands(&shop, "b+").await, not_taken);
    append(&shop, NOW_MS + 7, vec![adds(&shop, "b++", "order b").await]).await;
    assert_eq!(stands(&shop, "b++").await, not_taken);
    // Of a purchase that somebody else reports meanwhile it goes as it comes; of one that was refused it does not.
    let shadow = |one: Admitted| Admitted { state: State::Suppressed, reason: Some(Reason::Shadow), ..one };
    append(&shop, NOW_MS, vec![shadow(purchase("s", "9", "order s")), no(purchase("n", "9", "order n"))])
        .await;
    append(&shop, NOW_MS, vec![adds(&shop, "s+", "order s").await, adds(&shop, "n+", "order n").await]).await;
    assert_eq!(stands(&shop, "s+").await, (State::Queued, None));
    assert_eq!(stands(&shop, "n+").await, not_taken);
    // Whose purchase is erased: what somebody else's event adds to it does not leave either.
    let other = purchase("e", "9", "order e");
    let who = other.activity.who[0].node.clone();
    append(&shop, NOW_MS, vec![other, adds(&shop, "e+", "order e").await]).await;
    store.erase(shop.workspace, &[who], NOW_MS + 8).await.unwrap();
    shop.balanced().await;
    assert_eq!(stands(&shop, "e+").await, not_taken);
    shop.follow().await;
}

pub(super) async fn that_senders_add_wait_as_many_as_may_be(store: &dyn Store) {
    let shop = Shop::open(store, "added to again and again").await;
    append(&shop, NOW_MS, vec![purchase("a", "100", "order a")]).await;
    for n in 0..20 {
        append(&shop, NOW_MS, vec![adds(&shop, &format!("a{n}"), "order a").await]).await;
    }
    let claimed = claim(&shop, NOW_MS).await;
    assert_eq!(claimed.len(), 5, "the purchase and four that do not wait");
    settle(&shop, None, &claimed, accepted(), NOW_MS + 1).await;
    assert_eq!(claim(&shop, NOW_MS + 1).await.len(), 16);
}

pub(super) async fn with_the_number_of_another_sale_are_counted(store: &dyn Store) {
    let shop = Shop::open(store, "told with old numbers").await;
    let day_ms = 24 * 3600 * 1000;
    let sale = |id: &str, number: &str, value: &str, days: i64| {
        let mut one = with_order(activity(id), number);
        one.activity.event.action_source = "physical_store".into();
        one.activity.event_s += days * day_ms / 1000;
        one.activity.value = value.parse().ok();
        one.activity.once[1].until_s += 60 * day_ms / 1000;
        one
    };
    let seen = async || {
        let problems = store.problems(shop.workspace).await.unwrap();
        problems.into_iter().find_map(|problem| match problem {
            Problem::NumbersAgain { dataset, sales, since_ms, last_ms } => {
                assert_eq!(dataset, SET);
                Some((sales, since_ms, last_ms))
            }
            Problem::Paused { .. } | Problem::Unanswered { .. } => None,
        })
    };
    let others = |other_sales| KeptActivities { doubles: 1, other_sales, ..KeptActivities::default() };
    append(&shop, NOW_MS, vec![sale("mon-1", "1", "10", 0), sale("mon-2", "2", "20", 0)]).await;
    assert_eq!(keep(&shop, NOW_MS, sale("mon-1 again", "1", "10", 0)).await, others(0));
    assert_eq!(seen().await, None);
    let tuesday_ms = NOW_MS + day_ms;
    assert_eq!(keep(&shop, tuesday_ms, sale("tue-1", "1", "33", 1)).await, others(1));
    assert_eq!(keep(&shop, tuesday_ms + 5, sale("tue-2", "2", "44", 1)).await, others(1));
    assert_eq!(seen().await, Some((2, tuesday_ms, tuesday_ms + 5)));
    // After a week without one it is over, and counted anew.
    let later_ms = tuesday_ms + 6 + NUMBERS_SEEN_FOR_MS;
    assert_eq!(keep(&shop, later_ms, sale("late-2", "2", "55", 9)).await, others(1));
    assert_eq!(seen().await, Some((1, later_ms, later_ms)));
}
