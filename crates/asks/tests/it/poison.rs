//! Records that the CRM chokes on, in lists and floods. What becomes of one of sixty is in `suite`.

use std::time::Duration;
use testkit::{
    http::{Answer, Host},
    until,
};

use crate::{
    fake,
    world::{TOKEN, World},
};

#[tokio::test]
async fn a_row_that_cannot_be_read_costs_no_request_more() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        if !asked.path.contains("/leads?") {
            return Answer::of(204);
        }
        let row = |id: &&str| if *id == "13" { fake::odd_lead(id) } else { fake::lead(id) };
        fake::leads(&fake::ids(&asked.path).iter().map(row).collect::<Vec<_>>())
    })
    .await;
    for id in 1..=40 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the others are answered", async || world.deals().await.len() == 39).await;
    until("the odd one is put off", async || {
        world.unanswered().await.is_some_and(|(_, error)| error == "an answer that is not understood")
    })
    .await;
    inquirer.stop().await;
    assert!(world.open().await.iter().any(|ask| ask.question == world.about_deal(13)));
    assert!(fake.requests() < 10, "{} requests", fake.requests());
}

#[tokio::test]
async fn a_row_without_an_id_says_of_nobody_that_they_are_gone() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        match fake::ids(&asked.path).as_slice() {
            [] => Answer::of(204),
            _ => fake::leads(&[fake::lead("1"), r#"{"status_id":101}"#.to_owned()]),
        }
    })
    .await;
    for id in 1..=3 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    let tried = async || world.open().await.iter().filter(|ask| ask.tries > 0).count() >= 2;
    until("two are put off", tried).await;
    inquirer.stop().await;
    let deals = world.deals().await;
    assert!(deals.iter().all(|deal| deal.deal == world.key(1) && deal.found.is_some()), "{deals:?}");
}

#[tokio::test]
async fn two_odd_records_keep_nobody_out_for_ever() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        let ids = fake::ids(&asked.path);
        if !asked.path.contains("/leads?") {
            return Answer::of(204);
        }
        if ids.contains(&"1") || ids.contains(&"20") { Answer::of(500) } else { fake::leads_of(&asked.path) }
    })
    .await;
    for id in 1..=20 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the others are answered", async || world.deals().await.len() == 18).await;
    inquirer.stop().await;
}

#[tokio::test]
async fn new_deals_do_not_wait_for_old_ones_that_are_all_odd() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        let ids = fake::ids(&asked.path);
        if !asked.path.contains("/leads?") {
            return Answer::of(204);
        }
        let is_odd = |id: &&str| id.len() == 4;
        if ids.iter().any(is_odd) { Answer::of(500) } else { fake::leads_of(&asked.path) }
    })
    .await;
    for id in 1001..=1400 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    let failed = async || world.open().await.iter().filter(|ask| ask.tries > 0).count() >= 400;
    until("all of them have failed", failed).await;
    for id in 1..=40 {
        world.ask(world.about_deal(id)).await;
    }
    world.advance(Duration::from_mins(5));
    until("the new ones are answered", async || world.deals().await.len() == 40).await;
    inquirer.stop().await;
}

#[tokio::test]
async fn a_flood_of_odd_records_of_one_kind_leaves_the_others_their_turn() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        if asked.path.contains("/contacts?") {
            return Answer::of(500);
        }
        if asked.path.contains("/leads?") { fake::leads_of(&asked.path) } else { Answer::of(204) }
    })
    .await;
    for id in 1..=1_500 {
        world.ask(world.about_contact(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("contacts are asked", async || fake.requests() > 2).await;
    world.ask(world.about_deal(1)).await;
    until("the deal is answered", async || world.deals().await.len() == 1).await;
    inquirer.stop().await;
}
