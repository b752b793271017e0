//! A while in which somebody other than the CRM answers: nothing is lost for it.

use std::time::{Duration, Instant};

use testkit::http::Answer;

use super::{
    crm::{Crm, proxy},
    shop::Shop,
    town::{Plan, together},
};

/// Longer than several tries.
const A_WHILE: Duration = Duration::from_secs(8);
const DEALS: u64 = 40;

async fn nothing_is_lost(kind: &'static str, reply: fn() -> Answer) {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    let until = Instant::now() + A_WHILE;
    crm.script(move |asked| (asked.is_for(kind) && asked.at < until).then(reply));
    town.sell(shop, 1..=DEALS).await;
    town.arrives(shop, 1..=DEALS).await;
    town.all_accepted(shop, DEALS).await;
    let ledger = town.ledger(shop).await;
    assert_eq!(ledger["facts"]["ignored"], 0, "{ledger}");
    // Not every deal by itself in every round.
    assert!(crm.count(kind) < 4 * DEALS as usize, "asked {} times", crm.count(kind));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_answers_for_the_crm() {
    together([
        ("a page of a proxy", nothing_is_lost("leads", || proxy(200))),
        ("an empty object", nothing_is_lost("leads", || Answer::new(200, "{}"))),
        ("nothing at all", nothing_is_lost("leads", || Answer::of(200))),
        ("a wrong question", nothing_is_lost("leads", || Answer::new(400, r#"{"title":"Bad Request"}"#))),
        ("contacts: a page of a proxy", nothing_is_lost("contacts", || proxy(200))),
        ("contacts: cannot be processed", nothing_is_lost("contacts", || Answer::new(422, "{}"))),
    ])
    .await;
}
