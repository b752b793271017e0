//! Loops that die: they are started again, and one that keeps ending is shown as stopped.
//!
//! A debug build takes from `KOPRU_PANIC` which loops die and how often; stories run debug builds.

use std::fs;

use super::{
    crm::Crm,
    shop::Shop,
    town::{Plan, together},
};

async fn a_loop_that_died_is_started_again(kind: &'static str) {
    let crm = Crm::start().await;
    let mut town = Plan::of(2, &crm).build().await;
    town.start(|command| {
        command.env("KOPRU_PANIC", format!("{kind}:2"));
    })
    .await;
    for shop in town.shops.clone() {
        town.sell(shop, 1..=3).await;
    }
    for shop in town.shops.clone() {
        town.arrives(shop, 1..=3).await;
        town.all_accepted(shop, 3).await;
        let report = format!("/api/v1/reports/ads?workspace={}", shop.name());
        town.site
            .until("the report counts what was accepted", async || {
                let rows = town.site.get(&report).await["rows"].take();
                let rows = rows.as_array().unwrap();
                rows.iter().filter_map(|row| row["accepted"].as_i64()).sum::<i64>() == 3
            })
            .await;
    }
    let metrics = town.metrics().await;
    let restarts: f64 = metrics
        .lines()
        .filter(|line| line.starts_with("kopru_loop_restarts_total") && line.contains(kind))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum();
    assert!(restarts >= 2.0, "{metrics}");
    let log = fs::read_to_string(town.site.log_file()).unwrap();
    assert!(log.lines().any(|line| line.contains("ERROR") && line.contains(kind)), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn loops_that_died_are_started_again() {
    together(
        ["decisions", "delivery", "questions", "sums"]
            .map(|kind| (kind, a_loop_that_died_is_started_again(kind))),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_keeps_dying_is_shown_and_doors_go_on() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let shop = Shop(0);
    town.start(|command| {
        command.env("KOPRU_PANIC", "delivery:1000");
    })
    .await;
    town.sell(shop, 1..=3).await;
    town.site
        .until("the metrics show a stopped loop", async || {
            let metrics = town.metrics().await;
            let stopped = metrics.lines().filter(|line| line.starts_with("kopru_loops_stopped"));
            stopped.filter_map(|line| line.rsplit_once(' ')).any(|(_, stopped)| stopped != "0")
        })
        .await;
    let ready = town.site.client.get(format!("{}/readyz", town.site.doors)).send().await.unwrap();
    assert_eq!(ready.status(), 200, "what is acknowledged is durable");
    let said = ready.text().await.unwrap();
    assert!(said.contains("delivery"), "{said}");
    // Doors, questions and decisions go on; nothing is lost.
    town.sell(shop, 4..=6).await;
    town.until(shop, "not queued", |ledger| ledger["conversions"]["queued"] == 6).await;
    town.terminate().await;
    town.start(|_| {}).await;
    town.arrives(shop, 1..=6).await;
}
