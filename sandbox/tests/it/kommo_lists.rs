//! Kommo's lists: filters, orders, many pages, the account's own lists.

use kopru_sandbox::{Deal, LeadChange, WebhookStyle};
use reqwest::Method;
use serde_json::{Value, json};

use crate::kommo::{AT, ask, get, ids, world};

#[tokio::test]
async fn six_hundred_leads_in_pages() {
    let world = world().await;
    for id in 1..=600_u64 {
        let (pipeline_id, status_id) = (770_001, 880_001);
        world.sandbox.put_deal(Deal {
            id,
            pipeline_id,
            status_id,
            created_at: AT + i64::try_from(id).unwrap(),
            ..Deal::default()
        });
    }
    let mut path = format!("/leads?limit=250&order[created_at]=desc&filter[created_at][from]={}", AT + 1);
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let (status, body) = get(&world, &path).await;
        assert_eq!(status, 200);
        pages += 1;
        seen.extend(ids(&body, "leads"));
        let Some(next) = body["_links"]["next"]["href"].as_str() else { break };
        next.clone_into(&mut path);
    }
    assert_eq!(pages, 3);
    assert_eq!(seen, (1..=600).rev().collect::<Vec<_>>(), "all of them, newest first, each once");
    assert_eq!(get(&world, "/leads?limit=250&page=4").await.0, 204);
}

#[tokio::test]
async fn filters_of_leads() {
    let world = world().await;
    let change = |id, status_id, name: &str, price: Option<i64>| LeadChange {
        id,
        pipeline_id: Some(770_001),
        status_id: Some(status_id),
        name: Some(name.to_owned()),
        price: kopru_sandbox::Change::Set(price.map(kopru_sandbox::LeadPrice::from)),
        at: Some(AT + 100),
        custom_fields_values: Some(
            json!([{ "field_code": "UTM_SOURCE", "values": [{ "value": format!("src-{id}") }] }]),
        ),
        ..LeadChange::default()
    };
    let changes = [change(1, 142, "Red car", Some(10)), change(2, 143, "Blue bike", None)];
    world.sandbox.change_leads(&changes, WebhookStyle::default()).unwrap();
    for (query, expected) in [
        ("filter[statuses][0][pipeline_id]=770001&filter[statuses][0][status_id]=142", vec![1]),
        (
            "filter[statuses][0][pipeline_id]=770001&filter[statuses][0][status_id]=142\
             &filter[statuses][1][pipeline_id]=770001&filter[statuses][1][status_id]=143",
            vec![1, 2],
        ),
        ("filter[updated_at][from]=1763884801", vec![1, 2]),
        ("filter[updated_at][to]=1763884800", vec![5_550_001, 5_550_002]),
        ("filter[closed_at][from]=1", vec![1, 2]),
        ("filter[price]=1500", vec![5_550_001]),
        ("filter[price][from]=5&filter[price][to]=20", vec![1]),
        ("filter[name][]=Blue bike", vec![2]),
        ("filter[pipeline_id][]=770001&filter[id][]=2", vec![2]),
        ("filter[responsible_user_id][]=330003", vec![]),
        ("filter[created_by][]=330002", vec![1, 2]),
        ("filter[updated_by][]=0", vec![5_550_001, 5_550_002]),
        ("query=red", vec![1]),
        ("query=SRC-2", vec![2]),
        ("order[id]=desc&limit=2", vec![5_550_002, 5_550_001]),
        ("order[updated_at]=desc&limit=2", vec![1, 2]),
        ("with=only_deleted", vec![]),
    ] {
        let (status, body) = get(&world, &format!("/leads?{query}")).await;
        let found = if status == 204 { Vec::new() } else { ids(&body, "leads") };
        assert_eq!(found, expected, "{query}: {body}");
    }
    let deleted = LeadChange { id: 2, deleted: Some(true), ..LeadChange::default() };
    world.sandbox.change_leads(&[deleted], WebhookStyle::default()).unwrap();
    assert_eq!(get(&world, "/leads/2").await.0, 404);
    assert_eq!(ids(&get(&world, "/leads?with=only_deleted").await.1, "leads"), [2]);
    let (_, log) = get(&world, "/events?filter[type][]=lead_deleted,lead_added&filter[entity_id][]=2").await;
    let rows = log["_embedded"]["events"].as_array().unwrap();
    assert_eq!((&rows[0]["type"], &rows[1]["type"]), (&json!("lead_deleted"), &json!("lead_added")));
    assert_eq!((&rows[1]["value_before"], &rows[1]["created_by"]), (&json!([]), &json!(330_002)));
}

#[tokio::test]
async fn the_audit_log_by_type_and_time() {
    let world = world().await;
    world.sandbox.set_price(5_550_001, Some(2000), AT + 10);
    world.sandbox.move_deal(5_550_001, 770_001, 142, AT + 20);
    let of = async |query: &str| {
        let (_, body) = get(&world, &format!("/events?{query}")).await;
        let rows = body["_embedded"]["events"].as_array().cloned().unwrap_or_default();
        rows.into_iter().map(|row| row["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("").await, ["lead_status_changed", "sale_field_changed"]);
    assert_eq!(of("filter[type]=sale_field_changed").await, ["sale_field_changed"]);
    assert_eq!(of("filter[created_at][from]=1763884815").await, ["lead_status_changed"]);
    assert_eq!(of("filter[created_at][to]=1763884815").await, ["sale_field_changed"]);
    assert!(of("filter[entity]=contact").await.is_empty());
    let (_, body) = get(&world, "/events?filter[type]=sale_field_changed").await;
    let row = &body["_embedded"]["events"][0];
    assert_eq!(row["value_before"], json!([{ "sale_field_value": { "sale": 1500 } }]));
    assert_eq!(row["value_after"], json!([{ "sale_field_value": { "sale": 2000 } }]));
    let id = row["id"].as_str().unwrap();
    assert_eq!(get(&world, &format!("/events/{id}")).await.1["id"], id);
}

#[tokio::test]
async fn lists_of_the_account() {
    let world = world().await;
    let (_, account) = get(&world, "/account?with=amojo_id,task_types,users_groups").await;
    assert_eq!((&account["currency_symbol"], &account["is_unsorted_on"]), (&json!("€"), &json!(true)));
    assert!(account["amojo_id"].is_string() && account["_embedded"]["task_types"][0]["id"] == 1);
    let (_, users) = get(&world, "/users").await;
    assert_eq!(ids(&users, "users"), [330_002, 330_003]);
    let is_admin = |place: usize| users["_embedded"]["users"][place]["rights"]["is_admin"].clone();
    assert_eq!((is_admin(0), is_admin(1)), (json!(true), json!(false)));
    assert_eq!(account["current_user_id"], 330_002);
    assert_eq!(get(&world, "/users/330003").await.1["id"], 330_003);
    assert_eq!(get(&world, "/leads/pipelines/770001").await.1["name"], "Sales");
    let (_, statuses) = get(&world, "/leads/pipelines/770001/statuses").await;
    assert_eq!(ids(&statuses, "statuses"), [880_000, 880_001, 142, 143]);
    assert_eq!(get(&world, "/leads/pipelines/770001/statuses/142").await.1["type"], 0);
    assert_eq!(get(&world, "/leads/pipelines/770001/statuses/7").await.0, 404);
    let (_, reasons) = get(&world, "/leads/loss_reasons").await;
    let reason = ids(&reasons, "loss_reasons")[0];
    assert_eq!(get(&world, &format!("/leads/loss_reasons/{reason}")).await.0, 200);
    for (method, path) in
        [(Method::POST, "/account"), (Method::DELETE, "/leads/5550001"), (Method::PUT, "/leads")]
    {
        assert_eq!(ask(&world, method, path, &json!({})).await.0, 405, "{path}");
    }
    assert_eq!(ask(&world, Method::POST, "/notes", &json!([])).await.0, 404);
    let (_, fields) = get(&world, "/leads/custom_fields?filter[type][]=tracking_data").await;
    let codes: Vec<&Value> =
        fields["_embedded"]["custom_fields"].as_array().unwrap().iter().map(|field| &field["code"]).collect();
    for code in ["UTM_SOURCE", "UTM_CAMPAIGN", "FBCLID", "GCLID"] {
        assert!(codes.contains(&&json!(code)), "{code}");
    }
}
