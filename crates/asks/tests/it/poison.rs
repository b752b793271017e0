//! One record that the CRM chokes on, in each way in which it can choke.

use std::time::Duration;

use crate::{
    fake::{self, Answer, Fake},
    world::{TOKEN, World, until},
};

const DEALS: u64 = 60;

/// Sixty deals come together; a list that names number 13 is answered like this.
async fn one_of_sixty(poisoned: impl Fn(&str) -> Answer + Send + Sync + Copy + 'static) {
    let world = World::new().await;
    let fake = Fake::new(move |asked| async move {
        if !asked.path.contains("/leads?") {
            return Answer::of(204);
        }
        if fake::ids(&asked.path).contains(&"13") {
            poisoned(&asked.path)
        } else {
            fake::leads_of(&asked.path)
        }
    })
    .await;
    for id in 1..=DEALS {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the others are answered", async || world.deals().await.len() == 59).await;
    until("the odd one is put off", async || {
        world.open().await.iter().any(|ask| ask.question == world.about_deal(13) && ask.tries > 0)
    })
    .await;
    inquirer.stop().await;
    assert!(world.deals().await.iter().all(|deal| deal.found.is_some() && deal.deal != world.key(13)));
    assert!(fake.requests() < 60, "{} requests", fake.requests());
}

#[tokio::test]
async fn a_fault_of_the_crm() {
    one_of_sixty(|_| Answer::of(500)).await;
}

#[tokio::test]
async fn a_fault_that_asks_to_wait() {
    one_of_sixty(|_| Answer::of(503).header("retry-after", "1")).await;
}

#[tokio::test]
async fn a_redirect() {
    one_of_sixty(|_| Answer::of(301).header("location", "/elsewhere")).await;
}

#[tokio::test]
async fn a_status_that_nobody_expects() {
    one_of_sixty(|_| Answer::of(418)).await;
}

#[tokio::test]
async fn a_question_that_is_not_understood() {
    one_of_sixty(|_| Answer::of(422)).await;
}

#[tokio::test]
async fn a_page_of_somebody_else() {
    one_of_sixty(|_| (200, "<html>Please log in</html>".to_owned()).into()).await;
}

#[tokio::test]
async fn emptiness() {
    one_of_sixty(|_| (200, "{}".to_owned()).into()).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off() {
    one_of_sixty(|path| fake::leads_of(path).that_breaks_off()).await;
}

#[tokio::test]
async fn an_answer_that_drips() {
    one_of_sixty(|path| fake::leads_of(path).that_drips()).await;
}

/// A page that names another one after it, without end.
fn endless(path: &str, filler_bytes: usize) -> Answer {
    let rows: Vec<String> = fake::ids(path).iter().map(|id| fake::lead(id)).collect();
    let page = path.matches("page=").count() + 1;
    let body = format!(
        r#"{{"_links":{{"next":{{"href":"{path}&page={page}"}}}},"filler":"{}","_embedded":{{"leads":[{}]}}}}"#,
        "x".repeat(filler_bytes),
        rows.join(",")
    );
    (200, body).into()
}

#[tokio::test]
async fn pages_without_end() {
    one_of_sixty(|path| endless(path, 0)).await;
}

#[tokio::test]
async fn giant_pages_without_end() {
    one_of_sixty(|path| endless(path, 11 * 1024 * 1024)).await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_costs_no_request_more() {
    let world = World::new().await;
    let fake = Fake::new(|asked| async move {
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
    let fake = Fake::new(|asked| async move {
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
    let fake = Fake::new(|asked| async move {
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
    let fake = Fake::new(|asked| async move {
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
    let fake = Fake::new(|asked| async move {
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
