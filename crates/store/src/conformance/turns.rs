//! What one turn holds: bounded, and the rest in the turns that follow.

use kopru_core::{
    Cause, ContactHint, ContactRead, Conversion, Deal, DealRead, Effect, Fact, Node, Outcome, Question,
    Reason, State, WAITING_PER_TURN_MAX,
};

use super::shop::{ORIGIN, Shop, deal_key, hint, nothing, queued};
use crate::{Decided, Store, Sweep};

fn contact() -> Node {
    Node::contact(ORIGIN, "walk-in")
}

fn deal(id: &str) -> Deal {
    Deal { contacts: vec![contact()], ..Deal::new(deal_key(id)) }
}

/// Gives the contact so many deals.
async fn has_deals(shop: &Shop<'_>, deals: usize) {
    shop.act((0..deals).map(|number| Effect::SaveDeal(deal(&format!("{number:05}")))).collect(), 0).await;
}

pub(super) async fn a_fact_with_more_to_do_is_taken_again(store: &dyn Store) {
    let shop = Shop::open(store, "again").await;
    shop.append(vec![hint("1"), hint("2")]).await;
    for _ in 0..2 {
        assert_eq!(shop.decide(Outcome::Again, vec![Effect::SaveDeal(deal("1"))], 0).await, [1, 2]);
        let counted = store.ledger(shop.workspace).await.unwrap().facts;
        assert_eq!((counted.received, counted.pending), (2, 2));
    }
    shop.append(vec![hint("3")]).await;
    assert_eq!(shop.decide(Outcome::Used, Vec::new(), 0).await, [1, 2, 3]);
    let counted = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((counted.pending, counted.used), (0, 3));
    assert!(shop.take(10, 0).await.facts.is_empty());
}

pub(super) async fn so_many_waiting_facts_are_loaded_and_no_more(store: &dyn Store) {
    let shop = Shop::open(store, "many waiting").await;
    let on = Question::Deal { deal: deal_key("1") }.key();
    let answer = Fact::Deal(DealRead { deal: deal_key("1"), found: None, answered_upto: 0 });
    for (waiting, loaded, beyond) in [(90, 90, false), (WAITING_PER_TURN_MAX, WAITING_PER_TURN_MAX + 2, true)]
    {
        shop.append(vec![hint("1"); waiting]).await;
        while !shop.take(1, 0).await.facts.is_empty() {
            let waits = Outcome::Waiting { on: on.clone(), reason: Reason::AskingCrm };
            shop.decide(waits, Vec::new(), 0).await;
        }
        shop.append(vec![answer.clone()]).await;
        let state = shop.take(1, 0).await.state;
        assert_eq!(state.waiting[&on].len(), loaded, "the oldest, and the youngest");
        assert_eq!(state.waiting_beyond.contains_key(&on), beyond);
        shop.decide(Outcome::Used, Vec::new(), 0).await;
    }
}

pub(super) async fn a_report_loads_no_more_than_it_needs(store: &dyn Store) {
    let shop = Shop::open(store, "narrow").await;
    let effects = vec![
        Effect::SaveDeal(deal("1")),
        Effect::SaveDeal(deal("2")),
        Effect::Create(Conversion { cause: Cause::Deal(deal_key("1")), ..queued("e1", 0) }),
    ];
    shop.act(effects, 0).await;
    shop.append(vec![hint("1")]).await;
    let state = shop.take(1, 0).await.state;
    assert_eq!(state.deals.keys().collect::<Vec<_>>(), [&deal_key("1")]);
    assert!(state.conversions.is_empty() && state.waiting.is_empty() && state.contacts.is_empty());
    shop.decide(Outcome::Used, Vec::new(), 0).await;

    let changed =
        |contact| Fact::ContactHint(ContactHint { account: None, deals: Vec::new(), contact, at_s: None });
    shop.append(vec![changed(contact()), changed(Node::contact(ORIGIN, "nobody"))]).await;
    let state = shop.take(2, 0).await.state;
    assert!(state.deals.is_empty() && state.conversions.is_empty());
    assert_eq!(state.deals_of.keys().collect::<Vec<_>>(), [&contact()]);
    shop.decide(Outcome::Used, Vec::new(), 0).await;

    // A reading needs its own deal, and not the others of its contact.
    shop.append(vec![Fact::Deal(DealRead { deal: deal_key("1"), found: None, answered_upto: 0 })]).await;
    let state = shop.take(1, 0).await.state;
    assert_eq!(state.deals.keys().collect::<Vec<_>>(), [&deal_key("1")]);
    assert_eq!(state.conversions[&Cause::Deal(deal_key("1"))].len(), 1);
}

pub(super) async fn a_contact_with_many_deals_is_swept_in_steps(store: &dyn Store) {
    let shop = Shop::open(store, "sweep").await;
    has_deals(&shop, 600).await;
    let read = ContactRead {
        identifiers: Vec::new(),
        contact: contact(),
        found: true,
        who: Vec::new(),
        consent: None,
        updated_s: None,
        answered_upto: 0,
    };
    shop.append(vec![Fact::Contact(read)]).await;
    let work = shop.take(1, 0).await;
    assert!(work.state.crowded.contains(&contact()) && work.state.deals.is_empty());
    assert_eq!(work.sweep, None);
    shop.decide(Outcome::Used, vec![Effect::Sweep { contact: contact(), asked_by: 1 }], 0).await;

    let mut seen = Vec::new();
    while let Some(step) = shop.take(1, 0).await.sweep {
        assert!(step.deals.len() <= 256);
        assert_eq!(shop.take(1, 0).await.sweep.as_ref(), Some(&step), "until it is done");
        assert_eq!(shop.take(1, 0).await.state.deals.len(), step.deals.len());
        seen.extend(step.deals.clone());
        let change = Effect::Create(queued(&format!("after {}", seen.len()), 0));
        let swept = Some((step, vec![change]));
        shop.apply(Decided { swept, ..Decided::default() }).await.unwrap();
    }
    assert_eq!(seen.len(), 600);
    assert!(seen.is_sorted());
    assert_eq!(shop.claim(10, 0).await.len(), 3, "what a step changes is kept");
}

pub(super) async fn a_sweep_that_is_asked_for_again_begins_again(store: &dyn Store) {
    let shop = Shop::open(store, "sweep again").await;
    has_deals(&shop, 300).await;
    let ask = |contact: Node, asked_by| Effect::Sweep { contact, asked_by };
    shop.act(vec![ask(contact(), 2)], 0).await;
    let done = async |step: Sweep| {
        shop.apply(Decided { swept: Some((step, Vec::new())), ..Decided::default() }).await.unwrap();
    };
    let first = shop.take(1, 0).await.sweep.unwrap();
    done(first.clone()).await;
    let other = Node::contact(ORIGIN, "other");
    shop.act(vec![ask(contact(), 4), ask(other.clone(), 3)], 0).await;
    let last = shop.take(1, 0).await.sweep.unwrap();
    assert_eq!((last.deals.len(), last.after.clone()), (44, None), "one that is under way goes on");
    done(last).await;
    let between = shop.take(1, 0).await.sweep.unwrap();
    assert_eq!(between, Sweep { contact: other, deals: Vec::new(), after: None }, "others have their turn");
    done(between).await;
    assert_eq!(shop.take(1, 0).await.sweep, Some(first));
    // Without a fact there is nothing that a step could stand in the way of.
    assert_eq!(shop.take(0, 0).await.sweep, None);
}

pub(super) async fn what_waits_for_the_clock_comes_with_its_deal(store: &dyn Store) {
    let shop = Shop::open(store, "want of a clock").await;
    let waiting = Conversion {
        state: State::Waiting,
        reason: Some(Reason::WaitingClock),
        deadline_ms: Some(0),
        due_ms: None,
        ..queued("e", 0)
    };
    let known = Deal { contacts: vec![contact()], ..Deal::new(deal_key("e")) };
    shop.act(vec![Effect::SaveDeal(known), Effect::Create(waiting.clone())], 0).await;
    assert!(shop.take(10, i64::MIN).await.expired.is_empty(), "nothing is over without a clock");
    let work = shop.take(10, 1).await;
    assert_eq!(work.expired.len(), 1);
    assert!(work.state.deals.contains_key(&deal_key("e")));

    let expired = vec![queued("e", 0)];
    shop.apply(Decided { expired, ..Decided::default() }).await.unwrap();
    assert_eq!(shop.claim(10, 0).await.len(), 1, "it can still go");
    shop.append(vec![nothing()]).await;
}
