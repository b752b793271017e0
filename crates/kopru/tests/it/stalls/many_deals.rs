//! More deals of one contact than one decision looks at.

use super::{
    crm::{Crm, Reply},
    shop::Shop,
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
    crm.script(|asked| asked.is_for("contacts").then(|| Reply::of(503, "")));
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
