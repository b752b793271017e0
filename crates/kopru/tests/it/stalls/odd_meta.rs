//! A while in which somebody other than Meta answers: no event fails for it.

use sandbox::{Fault, FaultRule};

use super::{
    crm::Crm,
    shop::Shop,
    town::{Plan, Town, together},
};

const DEALS: u64 = 12;

/// It lasts until the events have been tried often, then Meta is back.
async fn all_are_accepted_in_the_end(fault: Fault) {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    town.meta.add_fault(FaultRule::always(fault));
    town.sell(shop, 1..=DEALS).await;
    town.until(shop, "not queued", |ledger| ledger["conversions"]["queued"] == DEALS).await;
    answered(&town, 1).await;
    // Ten minutes of this, made short: the events look as if they had been tried twenty times.
    town.terminate().await;
    town.database().execute_batch("UPDATE due SET tries = 20, due_ms = 0; DELETE FROM pause").unwrap();
    let before = town.meta.graph_requests().len();
    town.start(|_| {}).await;
    answered(&town, before + 1).await;
    // A lane that gave events up would do so within the same turn: the next start would find them gone.
    town.terminate().await;
    town.database().execute_batch("UPDATE due SET due_ms = 0; DELETE FROM pause").unwrap();
    town.meta.clear_faults();
    town.start(|_| {}).await;
    town.all_accepted(shop, DEALS).await;
    assert_eq!(town.bought(shop), (1..=DEALS).collect::<Vec<_>>(), "each once");
}

/// Waits until Meta has been asked so often.
async fn answered(town: &Town, requests: usize) {
    town.site.until("Meta is asked", async || town.meta.graph_requests().len() >= requests).await;
}

/// Somebody answers for a moment only: it mends itself while the service runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_moment_of_it_mends_itself() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    town.meta.add_fault(FaultRule { times: Some(2), ..FaultRule::always(Fault::Html { status: 403 }) });
    town.sell(shop, 1..=DEALS).await;
    town.all_accepted(shop, DEALS).await;
}

fn answer(status: u16, body: &str) -> Fault {
    Fault::Answer { status, body: body.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_answers_for_meta() {
    together([
        ("a redirect", all_are_accepted_in_the_end(answer(302, ""))),
        ("a page that forbids", all_are_accepted_in_the_end(Fault::Html { status: 403 })),
        ("a page that finds nothing", all_are_accepted_in_the_end(Fault::Html { status: 404 })),
        ("a status that nobody knows", all_are_accepted_in_the_end(answer(418, "short and stout"))),
        ("a success without a word", all_are_accepted_in_the_end(answer(200, ""))),
        ("a success that says nothing", all_are_accepted_in_the_end(answer(200, "{}"))),
        (
            "an error in Meta's manner",
            all_are_accepted_in_the_end(answer(
                400,
                r#"{"error":{"message":"Invalid parameter","code":100}}"#,
            )),
        ),
        ("a refusal of a wall", all_are_accepted_in_the_end(answer(400, r#"{"error":"blocked by policy"}"#))),
    ])
    .await;
}
