//! What Meta repeats in its errors: tokens in several forms, and names.

use sandbox::{Fault, FaultRule};
use serde_json::json;

use super::{crm::Crm, town::Plan};
use crate::service::ADMIN_TOKEN;

/// How a token may be repeated.
fn forms(token: &str) -> Vec<String> {
    let escaped = |with: fn(u8) -> String| {
        token
            .bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { with(byte) })
            .collect::<String>()
    };
    vec![
        format!("Malformed access token {token}"),
        format!("\"{token}\""),
        format!(
            "https://graph.facebook.com/me?access_token={}&fields=id",
            escaped(|byte| format!("%{byte:02X}"))
        ),
        format!("Bearer {token}."),
        format!("in a page: {}", escaped(|byte| format!("&#{byte};"))),
        format!("in JSON: {}", escaped(|byte| format!("\\u{byte:04x}"))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_repeats_is_on_no_disk_and_no_page() {
    // What its error does to events: paused for a person, refused, tried again.
    const CODES: [(i64, u16); 4] = [(190, 400), (100, 400), (2, 500), (987_654, 400)];
    let crm = Crm::start().await;
    let mut town = Plan::of(CODES.len(), &crm).build().await;
    town.start(|command| {
        command.env("KOPRU_LOG", "trace");
    })
    .await;
    for (shop, (code, status)) in town.shops.clone().into_iter().zip(CODES) {
        let all = forms(&shop.meta_token());
        let error = json!({ "error": {
            "message": all.join(" "),
            "type": "OAuthException",
            "code": code,
            "error_user_title": "Gizem Secretperson is no customer",
            "error_user_msg": format!("Gizem Secretperson, {}", all[0]),
            "fbtrace_id": "A0",
        }});
        let fault = Fault::Answer { status, body: error.to_string() };
        town.meta.add_fault(FaultRule { dataset: Some(shop.dataset()), ..FaultRule::always(fault) });
        town.sell(shop, [1]).await;
    }
    // Each has had an answer, and what came of it is stored.
    for shop in town.shops.clone() {
        let answered = async || {
            let listed = town.conversions(shop).await;
            listed.first().is_some_and(|one| !one["reply"].is_null())
        };
        town.site.until("Meta's answer is kept", answered).await;
    }
    let get = async |path: String| {
        let request = town.site.client.get(format!("{}{path}", town.site.admin));
        request.bearer_auth(ADMIN_TOKEN).send().await.unwrap().text().await.unwrap()
    };
    let mut shown = get("/metrics".to_owned()).await;
    for shop in &town.shops {
        shown += &get(format!("/api/v1/conversions?workspace={}", shop.name())).await;
        shown += &get(format!("/?workspace={}", shop.name())).await;
    }
    // The part of a token that is secret, whatever stands around it.
    for shop in &town.shops {
        let secret = shop.meta_token().rsplit_once('|').unwrap().1.to_owned();
        assert!(!shown.contains(&secret), "a token is shown");
    }
    let secrets: Vec<String> = town
        .shops
        .iter()
        .map(|shop| shop.meta_token().rsplit_once('|').unwrap().1.to_ascii_lowercase())
        .collect();
    let private: Vec<&str> =
        secrets.iter().map(String::as_str).chain(["gizem", "secretperson", "secretclick"]).collect();
    town.site.assert_nowhere(&private);
    town.kill();
    town.site.assert_nowhere(&private);
}
