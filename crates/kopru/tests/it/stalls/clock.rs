//! A clock that was wrong for a while. `faketime` moves it; where it is not installed these stories are
//! left out (`scripts/test` installs it).

use std::{
    process::Command,
    time::{Duration, Instant},
};

use sandbox::{Fault, FaultRule};
use testkit::http::Answer;

use super::{
    crm::Crm,
    shop::Shop,
    town::{Plan, Town},
};

const DEALS: u64 = 6;

/// Starts the service with its clock moved; `false` where nothing can move it.
async fn start_with_clock(town: &mut Town, moved: &str) -> bool {
    // `faketime` itself would stay between us and the service: only its library is wanted, the one for
    // programs with threads.
    let told = Command::new("faketime").args(["-m", "-f", "+0d", "printenv", "LD_PRELOAD"]).output();
    let library = told.ok().filter(|told| told.status.success()).map(|told| told.stdout);
    let Some(library) = library.and_then(|library| String::from_utf8(library).ok()) else {
        eprintln!("left out: faketime is not installed");
        return false;
    };
    town.start(|command| {
        // Waits go by the clock that nobody can set.
        command
            .env("LD_PRELOAD", library.trim())
            .env("FAKETIME", moved)
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1");
    })
    .await;
    true
}

async fn what_was_put_off_goes_out_at_once(fault: Fault) {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let shop = Shop(0);
    if !start_with_clock(&mut town, "+3d").await {
        return;
    }
    town.meta.add_fault(FaultRule::always(fault));
    town.sell(shop, 1..=DEALS).await;
    town.until(shop, "not queued", |ledger| ledger["conversions"]["queued"] == DEALS).await;
    town.site.until("Meta is asked", async || !town.meta.graph_requests().is_empty()).await;
    assert_eq!(town.terminate().await.0, Some(0));
    town.meta.clear_faults();
    town.start(|_| {}).await;
    let right = Instant::now();
    town.all_accepted(shop, DEALS).await;
    assert!(right.elapsed() < Duration::from_secs(30), "it waited {:?}", right.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_were_put_off_three_days_ahead() {
    // Whoever answers for Meta says no time. A throttle is Meta's own answer: it says the time as well, and lasts as
    // long as it says.
    what_was_put_off_goes_out_at_once(Fault::Html { status: 500 }).await;
}

/// Questions that were put off as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_crms_three_days_ahead() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let shop = Shop(0);
    if !start_with_clock(&mut town, "+3d").await {
        return;
    }
    crm.script(|asked| asked.is_for("leads").then(|| Answer::of(503)));
    town.sell(shop, 1..=DEALS).await;
    town.site.until("the CRM is asked twice", async || crm.count("leads") >= 2).await;
    assert_eq!(town.terminate().await.0, Some(0));
    crm.mend();
    town.start(|_| {}).await;
    town.all_accepted(shop, DEALS).await;
}

/// By such a clock everything is too old for Meta. Meta's and the CRM's answers say another time.
#[tokio::test(flavor = "multi_thread")]
async fn eight_days_ahead_nothing_is_too_late() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let shop = Shop(0);
    if !start_with_clock(&mut town, "+8d").await {
        return;
    }
    town.sell(shop, 1..=DEALS).await;
    town.until(shop, "not decided", |ledger| {
        ledger["conversions"]["created"] == DEALS && ledger["facts"]["pending"] == 0
    })
    .await;
    // Whatever would end them has had its turn when the next customer's deal is decided as well.
    town.sell(shop, [DEALS + 1]).await;
    let ledger = town
        .until(shop, "not decided", |ledger| {
            ledger["conversions"]["created"] == DEALS + 1 && ledger["facts"]["pending"] == 0
        })
        .await;
    assert_eq!(ledger["conversions"]["failed"], 0, "{ledger}");
    assert_eq!(ledger["conversions"]["suppressed"], 0, "{ledger}");
    assert_eq!(town.terminate().await.0, Some(0));
    town.start(|_| {}).await;
    town.all_accepted(shop, DEALS + 1).await;
}
