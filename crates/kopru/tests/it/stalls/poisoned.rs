//! One deal of which the CRM cannot speak, in whatever way: its neighbours of the same list arrive.

use testkit::http::Answer;

use super::{
    crm::{Crm, proxy},
    shop::Shop,
    town::{Plan, together},
};

const DEALS: u64 = 60;
const POISONED: u64 = 13;

/// The CRM answers so whenever a list of this kind asks for the poisoned record.
async fn the_others_arrive(kind: &'static str, reply: fn() -> Answer) {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    crm.script(move |asked| (asked.is_for(kind) && asked.ids.contains(&POISONED)).then(reply));
    town.sell(shop, 1..=DEALS).await;
    town.arrives(shop, (1..=DEALS).filter(|deal| *deal != POISONED)).await;

    // Later ones do not fall in with it.
    town.sell(shop, 101..=110).await;
    town.arrives(shop, 101..=110).await;
    let ledger = town.ledger(shop).await;
    assert_eq!(ledger["facts"]["ignored"], 0, "nothing was said to be missing: {ledger}");
    assert_eq!(ledger["conversions"]["suppressed"], 0, "{ledger}");
    assert!(!town.bought(shop).contains(&POISONED));

    crm.mend();
    town.arrives(shop, [POISONED]).await;
    town.all_accepted(shop, DEALS + 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_of_which_the_crm_cannot_speak() {
    together([
        ("a fault", the_others_arrive("leads", || Answer::new(500, r#"{"title":"Internal error"}"#))),
        ("a redirect", the_others_arrive("leads", || Answer::of(301).header("location", "/login"))),
        ("a status that nobody knows", the_others_arrive("leads", || proxy(418))),
        (
            "an answer that breaks off",
            the_others_arrive("leads", || Answer::new(200, r#"{"_embedded":{}}"#).that_breaks_off()),
        ),
        ("a refusal", the_others_arrive("leads", || proxy(403))),
        ("a page that is not there", the_others_arrive("leads", || proxy(404))),
        ("a page of a proxy", the_others_arrive("leads", || proxy(200))),
        ("a contact", the_others_arrive("contacts", || Answer::of(502))),
    ])
    .await;
}
