//! More deals of one contact than one decision looks at, and more to ask about one deal than is looked at
//! together.

use testkit::http::Answer;

use super::{
    crm::Crm,
    shop::{Shop, moves},
    town::Plan,
};

/// "Walk-in customer".
const CONTACT: u64 = 4_242;
const DEALS: u64 = 720;

#[tokio::test(flavor = "multi_thread")]
async fn all_deals_of_one_contact_are_decided() {
    let crm = Crm::start().await;
    crm.share_contact(CONTACT);
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    // The contact cannot be read before all its deals are.
    crm.script(|asked| asked.is_for("contacts").then(|| Answer::of(503)));
    town.click(shop, [CONTACT]).await;
    for first in (1..=DEALS).step_by(90) {
        town.win(shop, first..first + 90).await;
    }
    town.until(shop, "not all wait for the contact", |ledger| {
        ledger["conversions"]["waiting"] == DEALS && ledger["facts"]["pending"] == 0
    })
    .await;
    crm.mend();
    town.arrives(shop, 1..=DEALS).await;
    town.all_accepted(shop, DEALS).await;
}

/// How many stages one deal is said to have been in.
const STAGES: u64 = 3_000;
/// About how many stages the CRM's log is asked for at once.
const ASKED_AT_ONCE: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn one_deal_with_very_many_stages_does_not_hold_up_the_others() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    for first in (0..STAGES).step_by(500) {
        let stages = (first..first + 500).map(|stage| (4_242, 900_000 + stage));
        town.site.deliver(&shop.kommo_key(), &moves(stages), None).await;
    }
    // The deal has been read and is in none of these stages: only the CRM's log can say whether it was.
    town.until(shop, "not all wait for the log", |ledger| {
        ledger["facts"]["pending"] == 0 && ledger["facts"]["waiting"].as_u64() > Some(2_000)
    })
    .await;
    town.sell(shop, 1..=10).await;
    town.arrives(shop, 1..=10).await;
    let asked = crm.count("events") * ASKED_AT_ONCE;
    assert!(asked < STAGES as usize / 2, "all stages were asked for first");
}
