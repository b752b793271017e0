//! Absent right after its webhook: a CRM that reads from a copy of its records lags behind.

use std::time::{Duration, Instant};

use testkit::http::Answer;

use super::{
    crm::Crm,
    shop::Shop,
    town::{Plan, together},
};

/// How far the copy lags behind.
const LAG: Duration = Duration::from_secs(5);

async fn is_asked_again(kind: &'static str, reply: fn() -> Answer) {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    let until = Instant::now() + LAG;
    crm.script(move |asked| (asked.is_for(kind) && asked.at < until).then(reply));
    town.sell(shop, 1..=3).await;
    town.arrives(shop, 1..=3).await;
    town.all_accepted(shop, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_that_is_not_there_yet() {
    together([
        ("nothing found", is_asked_again("leads", || Answer::of(204))),
        ("a list without it", is_asked_again("leads", || Answer::new(200, r#"{"_embedded":{"leads":[]}}"#))),
    ])
    .await;
}
