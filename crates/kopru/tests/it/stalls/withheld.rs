//! Chats of which Meta does not hand over the first message, and messages that come where few look.

use sandbox::hooks::sign;
use serde_json::{Value, json};

use super::{
    crm::Crm,
    shop::{APP_SECRET, Shop, now_s, phone},
    town::{Plan, Town},
};

const SHOP: Shop = Shop(0);

/// Posts one change of the shop's account.
async fn post(town: &Town, field: &str, value: Value) {
    let change = json!({"field": field, "value": value});
    let body =
        json!({"object": "whatsapp_business_account", "entry": [{"id": SHOP.waba(), "changes": [change]}]});
    let body = body.to_string();
    town.site.deliver(&SHOP.whatsapp_key(), &body, Some(&sign(APP_SECRET, body.as_bytes()))).await;
}

/// A message of a customer, with something more.
fn message(customer: u64, extra: &Value) -> Value {
    let mut message = json!({"from": phone(customer), "from_user_id": format!("TR.{customer}{customer}"),
        "id": format!("wamid.{customer}"), "timestamp": (now_s() - 3600).to_string(), "type": "text"});
    for (key, value) in extra.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

async fn ends(town: &Town) -> Vec<(String, String)> {
    let said = |one: &Value| {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        (text("state"), text("reason"))
    };
    town.conversions(SHOP).await.iter().rev().map(said).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ad_chat_that_meta_withheld_is_counted_and_named() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let withheld = json!({"type": "unsupported",
        "errors": [{"code": 131_060, "title": "This message is unavailable"}]});
    for _ in 0..2 {
        post(&town, "messages", json!({"messages": [message(1, &withheld)]})).await;
    }
    town.win(SHOP, [1]).await;
    town.site
        .until("it is named", async || {
            ends(&town).await == [("suppressed".to_owned(), "click_withheld".to_owned())]
        })
        .await;
    let request = town.site.client.get(format!("{}/", town.site.admin));
    let page = request.bearer_auth(crate::service::ADMIN_TOKEN).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Meta gave no click id in this chat"), "{page}");
    // The chat goes on, and its next message does come from an ad.
    let referral = json!({"referral": {"source_type": "ad", "source_id": "120200000000000001", "ctwa_clid": "ARAsecret1"}});
    let mut clicked = message(1, &referral);
    clicked["id"] = json!("wamid.later");
    post(&town, "messages", json!({"messages": [clicked]})).await;
    town.arrives(SHOP, [1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_on_two_fields_is_one_conversation() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let referral = json!({"referral": {"source_type": "ad", "source_id": "120200000000000001", "ctwa_clid": "ARAsecret2"}});
    let value = json!({"messages": [message(2, &referral)]});
    post(&town, "standby", json!({"metadata": {"phone_number_id": "1"}, "standby": value})).await;
    post(&town, "messages", value).await;
    town.win(SHOP, [2]).await;
    town.all_accepted(SHOP, 1).await;
    let ledger = town.ledger(SHOP).await;
    assert_eq!(ledger["facts"]["duplicate"], 1, "{ledger}");
}
