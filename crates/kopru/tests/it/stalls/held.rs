//! Events that a pause holds up, and chats of another account than the one that is written down.

use sandbox::{Fault, FaultRule};

use super::{
    crm::Crm,
    events::{run, text, write},
    shop::Shop,
    town::{Plan, Town},
};

const SHOP: Shop = Shop(0);

async fn page(town: &Town, language: &str) -> String {
    let request = town.site.client.get(format!("{}/?lang={language}", town.site.admin));
    request.bearer_auth(crate::service::ADMIN_TOKEN).send().await.unwrap().text().await.unwrap()
}

/// Meta does not take the token: what waits for a new one is not on its way.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_new_token_is_said_to_be_paused_and_why() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let refused = Fault::Error { code: 190, subcode: None, status: None };
    town.meta.add_fault(FaultRule::always(refused));
    town.sell(SHOP, [1, 2]).await;
    let held = async || {
        let all = town.conversions(SHOP).await;
        all.len() == 2 && all.iter().all(|one| one["state"] == "queued" && one["paused"]["needs_you"] == true)
    };
    town.site.until("both wait for a token", held).await;
    let all = town.conversions(SHOP).await;
    let why = all[0]["paused"]["why"].as_str().unwrap().to_owned();
    assert!(!why.is_empty() && all[0]["paused"]["since"].is_string(), "{all:?}");
    let ledger = town.ledger(SHOP).await;
    assert_eq!(ledger["paused"][0]["dataset"], SHOP.dataset(), "{ledger}");
    assert_eq!(ledger["paused"][0]["why"], why, "{ledger}");

    for (language, paused, on_its_way) in
        [("en", "Paused, needs you", "On its way"), ("tr", "Durdu, sizi bekliyor", "Yolda")]
    {
        let shown = page(&town, language).await;
        assert!(shown.contains(&format!("</b> {paused}</span>")), "in the balance: {shown}");
        assert!(shown.contains(&format!("\"part queued\">{paused}</span>")), "in the list: {shown}");
        assert!(!shown.contains(on_its_way), "{shown}");
    }
    let (_, printed, _) = run(&town, &["report", "ledger"]);
    let line = format!("dataset {}, messaging: Paused, needs you: ", SHOP.dataset());
    assert!(printed.contains(&line), "{printed}");
    let (_, printed, _) = run(&town, &["events", "list"]);
    assert!(printed.contains("Paused, needs you") && !printed.contains("On its way"), "{printed}");
    // Also where nobody asks Meta anew, and where Meta takes the token by now.
    let line = format!(
        "note  shop-0: delivery to dataset {} (messaging) by the running service is paused and needs you, since ",
        SHOP.dataset()
    );
    for arguments in [&["check", "--offline"][..], &["check"]] {
        let (_, printed, _) = run(&town, arguments);
        assert!(printed.contains(&line) && printed.contains(&why), "{printed}");
        town.meta.clear_faults();
    }
}

/// Chats come from one account, and the dataset is linked to another.
#[tokio::test(flavor = "multi_thread")]
async fn check_says_that_the_account_of_the_dataset_is_not_the_one_whose_chats_come() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let right = text(&town);
    let waba = format!("whatsapp_business_account_id = \"{}\"", SHOP.waba());
    assert!(right.contains(&waba), "{right}");
    write(&town, &right.replace(&waba, "whatsapp_business_account_id = \"555000\""));
    let (_, printed, _) = run(&town, &["check", "--offline"]);
    assert!(!printed.contains("chat"), "nothing has come yet: {printed}");
    town.start(|_| {}).await;
    town.sell(SHOP, [1]).await;
    town.site.until("it is decided", async || town.conversions(SHOP).await.len() == 1).await;
    let said = format!(
        "wrong shop-0: dataset {}: no chat of its whatsapp_business_account_id 555000 has ever come, while chats come from {}, which no \
         dataset has: their events are not sent",
        SHOP.dataset(),
        SHOP.waba()
    );
    for arguments in [&["check"][..], &["check", "--offline"]] {
        let (code, printed, _) = run(&town, arguments);
        assert!(code == Some(1) && printed.contains(&said), "{printed}");
    }
    write(&town, &right);
    let (code, printed, _) = run(&town, &["check", "--offline"]);
    assert!(code == Some(0) && !printed.contains("chats come from"), "{printed}");
}
