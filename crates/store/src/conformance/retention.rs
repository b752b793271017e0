//! What has been kept long enough goes, and nothing that is counted or told changes by it.

use std::collections::BTreeSet;

use kopru_core::{Click, Contact, Decision, Effect, Fact, Node, Outcome, State};

use super::shop::{self, JOIN, Shop, nothing, queued};
use crate::{Decided, Expiring, OutcomeOf, Settled, Store};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Goes through one kind, in steps of so many rows; returns how many went.
async fn expire(shop: &Shop<'_>, kind: Expiring, before_ms: i64, rows: usize) -> usize {
    let before = shop.store.ledger(shop.workspace).await.unwrap();
    let mut gone = 0;
    loop {
        let step = shop.store.expire(shop.workspace, kind, before_ms, rows).await.unwrap();
        assert!(step.looked_at <= rows && step.gone <= step.looked_at, "{step:?}");
        gone += step.gone;
        assert_eq!(shop.store.ledger(shop.workspace).await.unwrap(), before, "{kind:?} changes no count");
        if step.done {
            return gone;
        }
    }
}

pub(super) async fn facts_go_when_they_are_decided(store: &dyn Store) {
    let shop = Shop::open(store, "facts expire").await;
    shop.append((0..5).map(|_| nothing()).collect()).await;
    shop.decide(Outcome::Used, Vec::new(), 1_000).await;
    shop.append(vec![nothing()]).await;
    let on = "question".to_owned();
    shop.decide(Outcome::Waiting { on, reason: kopru_core::Reason::AskingCrm }, Vec::new(), 1_000).await;
    shop.append(vec![nothing(), nothing()]).await;
    assert_eq!(expire(&shop, Expiring::Facts, 1_000, 2).await, 0, "all of them came at that time");
    // The sixth waits, the others are not decided.
    assert_eq!(expire(&shop, Expiring::Facts, 1_001, 2).await, 5);
    assert_eq!(expire(&shop, Expiring::Facts, 1_001, 2).await, 0);
    shop.decide(Outcome::Used, Vec::new(), 1_000).await;
    assert_eq!(expire(&shop, Expiring::Facts, 1_001, 100).await, 1, "the newest stays");
    shop.append(vec![nothing()]).await;
    let facts = shop.take(10, 0).await.facts;
    assert_eq!(facts.iter().map(|fact| fact.seq).collect::<Vec<_>>(), [9], "no number comes twice");
}

pub(super) async fn a_conversion_that_is_gone_is_not_made_again(store: &dyn Store) {
    let shop = Shop::open(store, "conversions expire").await;
    let all = ["sent", "queued", "newest"].map(|id| Effect::Create(queued(id, 1_000)));
    shop.act(all.to_vec(), 1_000).await;
    let sent = shop.claim(1, 1_000).await;
    let attempt = shop.open_attempt(&sent, 1_000).await.attempt;
    let settled = Settled::Accepted { reply: "trace".into() };
    let outcomes = vec![OutcomeOf { number: sent[0].number, settled }];
    store.settle(shop.lease, &shop::lane(), Some(attempt), outcomes, 1_000).await.unwrap();
    assert_eq!(expire(&shop, Expiring::Bodies, 1_000, 1).await, 0);
    assert_eq!(expire(&shop, Expiring::Conversions, 1_000, 1).await, 0);
    assert_eq!(expire(&shop, Expiring::Conversions, 2_000, 1).await, 1, "the one that has ended");
    let listed = store.conversions(shop.workspace, None, 10).await.unwrap();
    assert!(listed.iter().all(|one| one.conversion.event_id != "sent"));
    let breakdown = store.breakdown(shop.workspace).await.unwrap();
    assert!(breakdown.iter().any(|(_, state, _, n)| (*state, *n) == (State::Accepted, 1)), "still counted");
    store.append(shop.workspace, "test", 1_000, vec![nothing()]).await.unwrap();
    let before = store.ledger(shop.workspace).await.unwrap().conversions;
    let seq = shop.take(1, 0).await.facts[0].seq;
    let effects = vec![Effect::Create(queued("sent", 9_000))];
    let decisions = vec![Decision { seq, outcome: Outcome::Used, effects }];
    store.apply(shop.lease, Decided { decisions, now_ms: 9_000, ..Decided::default() }).await.unwrap();
    assert_eq!(store.ledger(shop.workspace).await.unwrap().conversions, before, "it was told");
    assert_eq!(store.conversion_number(shop.workspace, "sent").await.unwrap(), None);
}

pub(super) async fn bodies_go_and_their_conversions_stay(store: &dyn Store) {
    let shop = Shop::open(store, "bodies expire").await;
    let all = ["one", "two", "three"].map(|id| Effect::Create(queued(id, 1_000)));
    shop.act(all.to_vec(), 1_000).await;
    let sent = shop.claim(3, 1_000).await;
    let attempt = shop.open_attempt(&sent, 1_000).await.attempt;
    let accepted = |number| OutcomeOf { number, settled: Settled::Accepted { reply: "trace".into() } };
    let outcomes = vec![accepted(sent[0].number), accepted(sent[2].number)];
    store.settle(shop.lease, &shop::lane(), Some(attempt), outcomes, 1_000).await.unwrap();
    assert_eq!(
        expire(&shop, Expiring::Bodies, 2_000, 1).await,
        1,
        "the second is queued, the last the newest"
    );
    assert_eq!(shop.listed("one").await.body, None);
    assert!(shop.listed("two").await.body.is_some() && shop.listed("three").await.body.is_some());
    assert_eq!(expire(&shop, Expiring::Bodies, 2_000, 1).await, 0);
}

pub(super) async fn clicks_links_and_contacts_go(store: &dyn Store) {
    let shop = Shop::open(store, "people expire").await;
    let phone = shop::node("phone:1");
    let contact = Node::contact(shop::ORIGIN, "31");
    let click = |message: &str| Click {
        message: message.into(),
        channel: kopru_core::Channel::Whatsapp,
        account: "waba".into(),
        who: vec![phone.clone()],
        at_s: 1,
        click_id: Some("click".into()),
        ad_id: Some("ad".into()),
    };
    let read = Contact { who: vec![phone.clone()], ..Contact::new(contact.clone()) };
    let chat = kopru_core::Chat { first_s: 1, last_s: 1, began_plain: false, withheld_s: None };
    let chat = Effect::SaveChat(phone.clone(), chat);
    shop.act(vec![Effect::SaveClick(click("m1")), Effect::SaveContact(read), chat], DAY_MS).await;
    shop.act(vec![Effect::SaveClick(click("m2"))], 2 * DAY_MS).await;
    let known = async || {
        shop.append(vec![Fact::Click(click("m3"))]).await;
        let state = shop.take(1, 0).await.state;
        shop.decide(Outcome::Used, Vec::new(), 0).await;
        let clicks = state.clicks.get(&phone).map_or(0, Vec::len);
        let links = state.links.get(&phone).map_or(0, BTreeSet::len);
        (clicks, links, state.contacts.len(), state.chats.len())
    };
    assert_eq!(known().await, (2, 1, 1, 1));
    assert_eq!(expire(&shop, Expiring::Clicks, 3 * DAY_MS, 1).await, 1, "the newest stays");
    assert_eq!(known().await, (1, 1, 1, 1));
    assert_eq!(expire(&shop, Expiring::Clicks, 3 * DAY_MS, 1).await, 0);
    assert_eq!(expire(&shop, Expiring::ClickRemains, 3 * DAY_MS, 10).await, 1);
    for kind in [Expiring::Links, Expiring::Chats, Expiring::Contacts] {
        assert_eq!(expire(&shop, kind, 2 * DAY_MS - 1, 1).await, 0, "{kind:?} of that day stay");
    }
    assert_eq!(expire(&shop, Expiring::Links, 2 * DAY_MS, 1).await, 1, "both directions at once");
    assert_eq!(expire(&shop, Expiring::Chats, 2 * DAY_MS, 1).await, 1);
    assert_eq!(expire(&shop, Expiring::Contacts, 2 * DAY_MS, 1).await, 1);
    assert_eq!(known().await, (1, 0, 0, 0));
}

pub(super) async fn bodies_that_left_late_go_too(store: &dyn Store) {
    let shop = Shop::open(store, "late bodies").await;
    let tell = async |at_ms: i64| {
        let sent = shop.claim(1, at_ms).await;
        let attempt = shop.open_attempt(&sent, at_ms).await.attempt;
        let settled = Settled::Accepted { reply: "trace".into() };
        let outcomes = vec![OutcomeOf { number: sent[0].number, settled }];
        store.settle(shop.lease, &shop::lane(), Some(attempt), outcomes, at_ms).await.unwrap();
    };
    let late = kopru_core::Conversion { due_ms: Some(9_000), ..queued("late", 1_000) };
    let mut all = vec![Effect::Create(late)];
    all.extend(["a", "b", "c"].map(|id| Effect::Create(queued(id, 1_000))));
    shop.act(all, 1_000).await;
    for _ in 0..3 {
        tell(1_000).await;
    }
    assert_eq!(expire(&shop, Expiring::Bodies, 2_000, 10).await, 2);
    tell(9_000).await;
    assert_eq!(expire(&shop, Expiring::Bodies, 9_999, 10).await, 1, "what left late");
    assert_eq!(shop.listed("late").await.body, None);
}

pub(super) async fn clicks_of_one_second_that_have_expired_are_each_shown(store: &dyn Store) {
    let shop = Shop::open(store, "one second").await;
    let (phone, user) = (shop::node("phone:1"), shop::node("user:1"));
    let click = |message: &str, ad: Option<&str>, who: &[&Node]| {
        Effect::SaveClick(Click {
            message: message.into(),
            channel: kopru_core::Channel::Whatsapp,
            account: "waba".into(),
            who: who.iter().copied().cloned().collect(),
            at_s: 1,
            click_id: Some(message.into()),
            ad_id: ad.map(str::to_owned),
        })
    };
    let clicks = vec![
        // By two identifiers, and one click all the same.
        click("m1", Some("ad-1"), &[&phone, &user]),
        click("m2", Some("ad-1"), &[&phone]),
        click("m3", Some("ad-2"), &[&phone]),
        click("m4", None, &[&phone]),
        click("m5", None, &[&phone]),
        Effect::SaveLink(phone.clone(), user.clone(), JOIN),
        click("newest", None, &[&shop::node("phone:2")]),
    ];
    shop.act(clicks, DAY_MS).await;
    let shown = async || {
        let person = store.person(shop.workspace, std::slice::from_ref(&user)).await.unwrap();
        let mut ads: Vec<_> = person.clicks.iter().map(|click| click.ad_id.clone()).collect();
        ads.sort_unstable();
        (ads, person.clicks.iter().filter(|click| click.account.is_some()).count())
    };
    let ads = [None, None, Some("ad-1"), Some("ad-1"), Some("ad-2")].map(|ad| ad.map(str::to_owned));
    assert_eq!(shown().await, (ads.to_vec(), 5));
    assert!(expire(&shop, Expiring::Clicks, 2 * DAY_MS, 10).await >= 5);
    assert_eq!(shown().await, (ads.to_vec(), 0), "all five have expired");
}

/// A step ends wherever it likes: whoever is found from one end of a link is found from the other.
pub(super) async fn of_links_leaves_none_by_half(store: &dyn Store) {
    let shop = Shop::open(store, "half a link").await;
    let links = [("phone:1", "user:1"), ("phone:2", "user:2"), ("user:3", "phone:3")];
    let links = links.map(|(a, b)| (shop::node(a), shop::node(b)));
    let effects = links.iter().map(|(a, b)| Effect::SaveLink(a.clone(), b.clone(), JOIN));
    shop.act(effects.collect(), DAY_MS).await;
    let reaches_another = async |node: &Node| {
        let person = store.person(shop.workspace, std::slice::from_ref(node)).await.unwrap();
        person.identifiers.len() == 2
    };
    for gone in 0..=links.len() {
        let mut left = 0;
        for (a, b) in &links {
            let (there, back) = (reaches_another(a).await, reaches_another(b).await);
            assert_eq!(there, back, "{a:?} and {b:?} after {gone} steps");
            left += usize::from(there);
        }
        assert_eq!(left, links.len() - gone);
        store.expire(shop.workspace, Expiring::Links, 3 * DAY_MS, 1).await.unwrap();
    }
}
