//! Questions share requests, and all of them together stay within the limit.

use std::{collections::BTreeSet, time::Duration};

use kopru_core::{Fact, QuestionKind};
use store::{AskStore, DecisionStore, FactStore, Store};
use testkit::http::{Answer, Host};

use crate::{
    fake,
    world::{DEALS, TOKEN, World},
};

#[tokio::test]
async fn two_hundred_deals_at_once_cost_a_handful_of_requests() {
    let world = World::new().await;
    let inquirer = world.run();
    for id in 1..=DEALS {
        world.ask(world.about_deal(id)).await;
        world.ask(world.about_contact(1000 + id)).await;
    }
    world.until_answered().await;
    inquirer.stop().await;

    let requests = world.sandbox.kommo_requests();
    assert!(requests.len() < 20, "{} requests", requests.len());
    world.assert_polite();
    let deals = world.deals().await;
    let ids: BTreeSet<_> = deals.iter().map(|deal| deal.deal.id.clone()).collect();
    assert_eq!((deals.len(), ids.len()), (200, 200), "each deal once");
    assert!(deals.iter().all(|deal| deal.found.is_some()));
    let contacts = world.facts().await.iter().filter(|fact| matches!(fact, Fact::Contact(_))).count();
    assert_eq!(contacts, 200);
    assert_eq!(world.catalogues().await.len(), 1, "names are asked by itself");
    let stored = format!("{:?}", world.facts().await);
    assert!(!stored.contains("90532000"), "no phone is kept");
}

#[tokio::test]
async fn deals_that_come_one_after_the_other_share_requests_too() {
    let world = World::new().await;
    let inquirer = world.run();
    for id in 1..=DEALS {
        world.ask(world.about_deal(id)).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    world.until_answered().await;
    inquirer.stop().await;
    let requests = world.sandbox.kommo_requests().len();
    assert!(requests < 50, "{requests} requests");
    world.assert_polite();
}

#[tokio::test]
async fn a_deal_that_is_gone_is_answered_as_gone() {
    let world = World::new().await;
    for id in [1, 999_999] {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run();
    world.until_answered().await;
    inquirer.stop().await;
    let found: Vec<_> = world.deals().await.iter().map(|deal| deal.found.is_some()).collect();
    assert_eq!(found, [true, false]);
}

#[tokio::test]
async fn two_accounts_on_one_host_share_its_limit() {
    let world = World::new().await;
    let other = world.store.workspace("other").await.unwrap();
    for id in 1..=DEALS / 2 {
        world.ask(world.about_log(id)).await;
        world.store.ask(other, world.about_log(id), 0).await.unwrap();
    }
    let one = world.run();
    let two = world.run_with(&world.running.url(), other, TOKEN);
    world.until_answered().await;
    let open =
        async || world.store.asks_due(&world.origin(), &[other], 1000, i64::MAX).await.unwrap().is_empty();
    testkit::until("the other one is answered as well", open).await;
    one.stop().await;
    two.stop().await;
    // Ten deals to a request of the audit log, and two requests for the names.
    assert_eq!(world.sandbox.kommo_requests().len(), 2 * (10 + 2));
    world.assert_polite();
}

#[tokio::test]
async fn a_question_that_is_asked_again_meanwhile_stays_open() {
    let world = World::new().await;
    let (release, released) = tokio::sync::watch::channel(false);
    let (came, comes) = tokio::sync::watch::channel(false);
    let fake = Host::new(move |asked| {
        let (mut released, came) = (released.clone(), came.clone());
        async move {
            if !asked.path.contains("/leads?") {
                return Answer::of(204);
            }
            came.send_replace(true);
            let _ = released.wait_for(|released| *released).await;
            fake::leads(&[fake::lead("1")])
        }
    })
    .await;
    ask_for_a_fact(&world).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    let asked = async || *comes.borrow() && world.open().await.iter().any(|ask| ask.upto == 1);
    testkit::until("the question is under way", asked).await;
    ask_for_a_fact(&world).await;
    release.send_replace(true);
    testkit::until("both are answered", async || world.deals().await.len() == 2).await;
    inquirer.stop().await;
    let answers: Vec<_> = world.deals().await.iter().map(|deal| deal.answered_upto).collect();
    assert_eq!(answers[0], 1);
    assert!(answers[1] > 1, "{answers:?}");
    assert!(world.open().await.iter().all(|ask| ask.question.kind() == QuestionKind::Catalogue));
}

/// Has a new fact ask for deal 1.
async fn ask_for_a_fact(world: &World) {
    use kopru_core::{Decision, Effect, Link, Outcome};
    let now_ms = world.clock.now_ms();
    let nothing = Fact::Link(Link { who: Vec::new(), at_s: 0, ..Link::default() });
    world.store.append(world.workspace, "kommo", now_ms, vec![nothing]).await.unwrap();
    let lease = world.store.lease(world.workspace).await.unwrap();
    let work = world.store.take(lease, 100, now_ms).await.unwrap();
    let seq = work.facts.last().unwrap().seq;
    let decide = |seq, effects| Decision { seq, outcome: Outcome::Used, effects };
    let asks = vec![Effect::Ask { question: world.about_deal(1), upto: seq, after_ms: 0 }];
    let decided = store::Decided { decisions: vec![decide(seq, asks)], now_ms, ..store::Decided::default() };
    world.store.apply(lease, decided).await.unwrap();
}
