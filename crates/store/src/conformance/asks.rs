//! Questions to upstreams.

use kopru_core::{DealRead, Effect, Fact, Outcome, Question, Reason};

use super::shop::{ORIGIN, Shop, deal_key, hint};
use crate::{Answered, AskDue, Store};

/// Far after everything that the suite asks.
const LATER_MS: i64 = 1_000_000;

fn question(id: &str) -> Question {
    Question::Deal { deal: deal_key(id) }
}

fn ask(id: &str, upto: u64) -> Effect {
    Effect::Ask { question: question(id), upto, after_ms: 0 }
}

fn answered(id: &str, upto: u64) -> Answered {
    let fact = Fact::Deal(DealRead { deal: deal_key(id), found: None, answered_upto: upto });
    Answered { question: question(id), upto, fact }
}

async fn due(shop: &Shop<'_>, now_ms: i64) -> Vec<AskDue> {
    shop.store.asks_due(ORIGIN, &[shop.workspace], 10, now_ms).await.unwrap()
}

pub(super) async fn are_one_question_however_often_asked(store: &dyn Store) {
    let shop = Shop::open(store, "asked twice").await;
    shop.act(vec![ask("1", 3), ask("2", 4)], 1_000).await;
    shop.act(vec![ask("1", 7)], 2_000).await;
    shop.act(vec![ask("1", 5)], 3_000).await;
    let all = due(&shop, LATER_MS).await;
    let asked: Vec<_> = all.iter().map(|ask| (ask.question.clone(), ask.upto, ask.tries)).collect();
    assert_eq!(asked, [(question("1"), 7, 0), (question("2"), 4, 0)]);
    assert!(due(&shop, 0).await.is_empty());
    assert!(store.asks_due("kommo:other", &[shop.workspace], 10, LATER_MS).await.unwrap().is_empty());
    assert!(store.asks_due(ORIGIN, &[], 10, LATER_MS).await.unwrap().is_empty());
    assert_eq!(store.asks_due(ORIGIN, &[shop.workspace], 1, LATER_MS).await.unwrap().len(), 1);

    store.answer(shop.workspace, "kommo", 5_000, vec![answered("1", 7)]).await.unwrap();
    shop.balanced().await;
    assert_eq!(due(&shop, LATER_MS).await.len(), 1, "the answered one is closed");
    let facts = shop.take(10, 0).await.facts;
    assert_eq!((facts.len(), facts[0].received_ms), (1, 5_000), "the answer is a fact");
}

pub(super) async fn asked_again_in_flight_stay_open(store: &dyn Store) {
    let shop = Shop::open(store, "asked in flight").await;
    shop.act(vec![ask("1", 3)], 0).await;
    store.postpone(shop.workspace, vec![(question("1"), 1)], "no answer").await.unwrap();
    let in_flight = due(&shop, LATER_MS).await;
    assert_eq!(in_flight[0].tries, 1);
    shop.act(vec![ask("1", 9)], 5).await;
    store.answer(shop.workspace, "kommo", 0, vec![answered("1", in_flight[0].upto)]).await.unwrap();
    let open = due(&shop, LATER_MS).await;
    let asked: Vec<_> = open.iter().map(|ask| (ask.upto, ask.tries, ask.since_ms)).collect();
    assert_eq!(asked, [(9, 0, 5)], "as a new question");
    store.answer(shop.workspace, "kommo", 0, vec![answered("1", 9)]).await.unwrap();
    assert!(due(&shop, LATER_MS).await.is_empty());
    shop.balanced().await;
}

pub(super) async fn are_put_off_after_a_failure(store: &dyn Store) {
    let shop = Shop::open(store, "put off").await;
    store.ask(shop.workspace, question("1"), 10).await.unwrap();
    store.ask(shop.workspace, question("2"), 5).await.unwrap();
    let order = |all: Vec<AskDue>| all.into_iter().map(|ask| (ask.question, ask.tries)).collect::<Vec<_>>();
    assert_eq!(order(due(&shop, 10).await), [(question("2"), 0), (question("1"), 0)], "oldest first");
    store.postpone(shop.workspace, vec![(question("2"), 100)], "no answer").await.unwrap();
    assert_eq!(order(due(&shop, 99).await), [(question("1"), 0)]);
    // Asked again, it still waits: the upstream is as before.
    shop.act(vec![ask("2", 3)], 0).await;
    assert_eq!(order(due(&shop, 99).await), [(question("1"), 0)]);
    assert_eq!(order(due(&shop, 100).await), [(question("1"), 0), (question("2"), 1)]);

    // One that was only to be asked later is asked as soon as something else wants it.
    let later = Effect::Ask { question: question("4"), upto: 4, after_ms: 500_000 };
    shop.act(vec![later.clone()], 0).await;
    let is_due = async || due(&shop, 400_000).await.iter().any(|ask| ask.question == question("4"));
    assert!(!is_due().await);
    shop.act(vec![ask("4", 5)], 0).await;
    assert!(is_due().await);
    shop.act(vec![later], 0).await;
    assert!(is_due().await, "and no later than that");
    store.answer(shop.workspace, "kommo", 0, vec![answered("4", 5)]).await.unwrap();

    // Over several workspaces the bound counts for all of them together.
    let other = Shop::open(store, "put off elsewhere").await;
    store.ask(other.workspace, question("3"), 1).await.unwrap();
    let both = store.asks_due(ORIGIN, &[shop.workspace, other.workspace], 2, LATER_MS).await.unwrap();
    assert_eq!(order(both), [(question("3"), 0), (question("1"), 0)]);
}

pub(super) async fn of_one_kind_hide_no_others(store: &dyn Store) {
    let shop = Shop::open(store, "asked of many kinds").await;
    let catalogue = Question::Catalogue { origin: ORIGIN.into() };
    let contact = Question::Contact { origin: ORIGIN.into(), id: "1".into() };
    for (question, due_ms) in
        [(question("1"), 1), (question("2"), 2), (contact.clone(), 3), (catalogue.clone(), 4)]
    {
        store.ask(shop.workspace, question, due_ms).await.unwrap();
    }
    let one_each = store.asks_due(ORIGIN, &[shop.workspace], 1, LATER_MS).await.unwrap();
    let asked: Vec<_> = one_each.into_iter().map(|ask| ask.question).collect();
    assert_eq!(asked, [question("1"), contact, catalogue]);
}

pub(super) async fn that_are_abandoned_end_what_waits_for_them(store: &dyn Store) {
    let shop = Shop::open(store, "abandoned").await;
    for id in ["1", "2"] {
        let on = question(id).key();
        shop.act(vec![ask(id, 1)], 0).await;
        shop.append(vec![hint(id), hint(id)]).await;
        shop.decide(Outcome::Waiting { on, reason: Reason::AskingCrm }, Vec::new(), 0).await;
    }
    store.abandon(shop.workspace, vec![question("1")]).await.unwrap();
    shop.balanced().await;
    let facts = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((facts.waiting, facts.ignored), (2, 2));
    assert_eq!(store.ignored(shop.workspace).await.unwrap(), [(Reason::Unanswered, 2)]);
    assert_eq!(due(&shop, LATER_MS).await.len(), 1, "and the question");
}
