//! Customers of a shop who want to be erased: whom the shop knows by a number.

use serde_json::json;

use super::shop::{Shop, purchase};
use crate::{keys::post, world::ADMIN_TOKEN};

#[tokio::test]
async fn a_customer_is_found_and_erased_by_the_shops_own_number() {
    let shop = Shop::new().await;
    let of = |id: &str, customer: &str| {
        let mut event = purchase(id);
        event["user_data"] = json!({ "external_id": customer, "client_user_agent": "Mozilla/5.0" });
        event
    };
    let hashed = capi::sha256_hex(b"c-7");
    shop.tell(&[of("plain", "c-7"), of("hashed", &hashed), of("another", "c-8")]).await.is_received(3);
    let known = async |customer: &str| -> Vec<String> {
        let (status, said) =
            post(&shop.0, ADMIN_TOKEN, "/api/v1/person", &json!({ "external_id": customer })).await;
        assert_eq!(status, 200, "{said}");
        let events = said["conversions"].as_array().unwrap_or_else(|| panic!("{said}"));
        let ids = events.iter().map(|one| one["event_id"].as_str().unwrap().to_owned());
        let mut ids: Vec<String> = ids.collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(known("c-7").await, ["hashed", "plain"]);
    assert_eq!(known(&hashed).await, ["hashed", "plain"]);
    let (status, said) = post(&shop.0, ADMIN_TOKEN, "/api/v1/forget", &json!({ "external_id": "c-7" })).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(said["removed"]["conversions"], 2, "{said}");
    assert!(known("c-7").await.is_empty());
    assert_eq!(known("c-8").await, ["another"]);
    let (status, said) =
        post(&shop.0, ADMIN_TOKEN, "/api/v1/person", &json!({ "external_id": "guest" })).await;
    assert_eq!(status, 400, "{said}");
    assert!(said.to_string().contains("external_id"), "{said}");
}
