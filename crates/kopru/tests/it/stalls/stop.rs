//! Told to stop while Meta does not answer.

use std::time::Duration;

use sandbox::{Fault, FaultRule};

use super::{crm::Crm, shop::Shop, town::Plan};

/// Whoever stops containers waits ten seconds; with room for a busy machine.
pub const STOPPED_WITHIN: Duration = Duration::from_secs(13);

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_an_answer_that_never_comes() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    town.meta.add_fault(FaultRule::always(Fault::TimeoutAfter));
    town.sell(shop, [1]).await;
    town.site.until("Meta is asked", async || !town.meta.graph_requests().is_empty()).await;
    let (code, took) = town.terminate().await;
    assert_eq!(code, Some(0), "{}", town.site.log());
    assert!(took < STOPPED_WITHIN, "it took {took:?}");

    // Meta had it; Kopru cannot know. It goes again, and says so.
    let before = town.bought(shop).len();
    town.meta.clear_faults();
    town.start(|_| {}).await;
    town.until(shop, "not accepted", |ledger| ledger["conversions"]["accepted"] == 1).await;
    assert_eq!(town.bought(shop).len(), before + 1);
    let listed = town.conversions(shop).await;
    assert_eq!(listed[0]["may_count_twice"], true, "{listed:?}");
}
