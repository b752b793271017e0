//! What real clients of Kommo's API met, by the number under which it was noted.

use kopru_sandbox::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;
use crate::kommo::{AT, ask, ask_as, get, ids, world};

#[tokio::test]
async fn s2_a_token_in_the_shape_of_a_jwt_works_beside_the_plain_one() {
    let world = World::with(Options { kommo_token: "plain".to_owned(), ..Options::default() }).await;
    let jwt = world.sandbox.kommo_long_lived_token().to_owned();
    assert!(jwt.starts_with("eyJ0eXAiOiJKV1Qi") && jwt.split('.').count() == 3, "{jwt}");
    for (token, expected) in
        [("plain", 200), (jwt.as_str(), 200), ("other", 401), (&jwt[..jwt.len() - 1], 401)]
    {
        assert_eq!(ask_as(&world, token, Method::GET, "/account", &Value::Null).await.0, expected, "{token}");
    }
    let again = World::with(Options { kommo_token: "plain".to_owned(), ..Options::default() }).await;
    assert_eq!(again.sandbox.kommo_long_lived_token(), jwt, "a restart changes nothing");
}

#[tokio::test]
async fn s3_empty_links_are_no_fault() {
    let world = world().await;
    let nothing = json!({ "tags": [], "contacts": [], "companies": [], "catalog_elements": [] });
    let lead = json!([{ "name": "x", "_embedded": nothing }]);
    let contact = json!([{ "name": "x", "_embedded": { "companies": [], "leads": [] } }]);
    let task = json!([{ "text": "x", "complete_till": 1, "_embedded": {} }]);
    for (path, body) in [("/leads", &lead), ("/contacts", &contact), ("/tasks", &task)] {
        let (status, answer) = ask(&world, Method::POST, path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    let change = json!({ "name": "y", "_embedded": { "contacts": [], "companies": [] } });
    assert_eq!(ask(&world, Method::PATCH, "/leads/5550001", &change).await.0, 200);
    for (path, embedded) in [
        ("/leads", json!({ "companies": [{ "id": 1 }] })),
        ("/contacts", json!({ "leads": [{ "id": 5_550_001 }] })),
    ] {
        let (status, answer) = ask(&world, Method::POST, path, &json!([{ "_embedded": embedded }])).await;
        assert_eq!(status, 400, "what is in it is not dropped without a word: {answer}");
    }
}

/// Ids of the entities that the log's rows are about, newest first.
async fn entities(world: &World, query: &str) -> Vec<u64> {
    let (status, body) = get(world, &format!("/events?{query}")).await;
    assert!(status == 200 || status == 204, "{query}: {status} {body}");
    let rows = body["_embedded"]["events"].as_array().cloned().unwrap_or_default();
    rows.iter().map(|row| row["entity_id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn s4_one_time_is_the_beginning() {
    let world = world().await;
    world.sandbox.set_price(5_550_001, Some(1), AT + 10);
    world.sandbox.set_price(5_550_002, Some(1), AT + 20);
    for (from, expected) in [(AT, vec![5_550_002, 5_550_001]), (AT + 15, vec![5_550_002]), (AT + 21, vec![])]
    {
        assert_eq!(entities(&world, &format!("filter[created_at]={from}")).await, expected, "{from}");
    }
}

#[tokio::test]
async fn s5_several_values_with_commas() {
    let world = world().await;
    world.sandbox.set_price(5_550_001, Some(1), AT + 10);
    world.sandbox.set_price(5_550_002, Some(1), AT + 20);
    let (first, both) = (vec![5_550_001], vec![5_550_002, 5_550_001]);
    for (query, expected) in [
        (format!("filter[created_at]={},{}", AT, AT + 15), &first),
        (format!("filter[created_at][from]={AT}&filter[created_at][to]={}", AT + 15), &first),
        ("filter[entity_id]=5550001,5550002".to_owned(), &both),
        ("filter[entity_id][]=5550001,7".to_owned(), &first),
        ("filter[created_by]=330002,330003".to_owned(), &both),
    ] {
        assert_eq!(&entities(&world, &query).await, expected, "{query}");
    }
    for wrong in ["filter[entity_id]=1,x", "filter[created_at]=1,x", "filter[created_at][about]=1"] {
        assert_eq!(get(&world, &format!("/events?{wrong}")).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn s6_links_of_one_kind() {
    let world = world().await;
    let company =
        ids(&ask(&world, Method::POST, "/companies", &json!([{ "name": "C" }])).await.1, "companies")[0];
    let link = json!([{ "to_entity_id": company, "to_entity_type": "companies" }]);
    assert_eq!(ask(&world, Method::POST, "/leads/5550001/link", &link).await.0, 200);
    for (query, expected) in [
        ("", vec![660_001, 660_002, company]),
        ("filter[to_entity_type]=companies", vec![company]),
        ("filter[to_entity_type]=contacts&filter[to_entity_id]=660002", vec![660_002]),
        ("filter[to_entity_type]=companies&filter[to_entity_id]=660002", vec![]),
    ] {
        let (status, body) = get(&world, &format!("/leads/5550001/links?{query}")).await;
        let links = body["_embedded"]["links"].as_array().unwrap();
        let found: Vec<u64> = links.iter().map(|link| link["to_entity_id"].as_u64().unwrap()).collect();
        assert_eq!((status, found), (200, expected), "{query}");
    }
    assert_eq!(get(&world, "/leads/5550001/links?filter[chain]=1").await.0, 400);
}

#[tokio::test]
async fn s7_what_is_not_there_is_not_taken_for_an_id() {
    let world = world().await;
    for (method, path, status, told) in [
        (Method::GET, "/leads/tags", 404, "path"),
        (Method::GET, "/leads/unsorted", 404, "path"),
        (Method::GET, "/contacts/tags", 404, "path"),
        (Method::GET, "/events/types", 404, "path"),
        (Method::GET, "/leads/custom_fields/groups", 404, "path"),
        (Method::GET, "/leads/complex", 405, "method"),
        (Method::PATCH, "/leads/notes", 405, "method"),
        (Method::DELETE, "/leads/5550001", 405, "method"),
        (Method::DELETE, "/leads/tags", 404, "path"),
        (Method::GET, "/leads/links", 404, "path"),
        (Method::PATCH, "/leads/links", 404, "path"),
        (Method::POST, "/leads/5550001/notes/1", 405, "method"),
        (Method::GET, "/leads/7", 404, "Lead not found"),
        (Method::GET, "/events/7", 404, "Event not found"),
    ] {
        let (found, body) = ask(&world, method, path, &Value::Null).await;
        assert_eq!(found, status, "{path}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(told), "{path}: {body}");
    }
}

#[tokio::test]
async fn s8_of_a_repeated_key_the_last_value_counts() {
    let world = world().await;
    for (query, expected) in [
        ("filter[id][0]=5550001&filter[id][0]=5550002", vec![5_550_002]),
        ("filter[id][0]=5550001&filter[id][1]=5550002", vec![5_550_001, 5_550_002]),
        ("filter[id][]=5550001&filter[id][]=5550002", vec![5_550_001, 5_550_002]),
        ("limit=1&limit=2", vec![5_550_001, 5_550_002]),
    ] {
        assert_eq!(ids(&get(&world, &format!("/leads?{query}")).await.1, "leads"), expected, "{query}");
    }
}

#[tokio::test]
async fn s9_prices_with_cents() {
    let world = world().await;
    let made = json!([{ "price": 10.5 }, { "price": 10.0 }, { "price": 3 }, {}, { "price": null }]);
    let made = ids(&ask(&world, Method::POST, "/leads", &made).await.1, "leads");
    let prices =
        [(json!(10), json!(10.5)), (json!(10), json!(10)), (json!(3), json!(3)), (json!(0), json!(0))];
    for (id, (price, exact)) in made.iter().zip(prices.into_iter().chain([(Value::Null, Value::Null)])) {
        let (_, lead) = get(&world, &format!("/leads/{id}")).await;
        assert_eq!((&lead["price"], &lead["price_with_minor_units"]), (&price, &exact));
    }
    let order = json!({ "id": 5_550_001, "price": 49.9 });
    assert_eq!(world.post_json("/sandbox/kommo/leads", &order).await.0, 200);
    let (_, lead) = get(&world, "/leads/5550001").await;
    assert_eq!((&lead["price"], &lead["price_with_minor_units"]), (&json!(49), &json!(49.9)));
    assert_eq!(ask(&world, Method::PATCH, "/leads/5550001", &json!({ "price": "9" })).await.0, 400);
}

#[tokio::test]
async fn s11_nothing_has_the_id_zero() {
    let world = world().await;
    for (path, order) in [
        ("leads", json!({ "id": 0, "pipeline_id": 770_001, "status_id": 880_001 })),
        ("leads", json!({ "pipeline_id": 770_001, "status_id": 880_001 })),
        ("contacts", json!({ "id": 0, "name": "x" })),
    ] {
        let (status, answer) = world.post_json(&format!("/sandbox/kommo/{path}"), &order).await;
        assert_eq!((status, &answer["error"]), (400, &json!("an id is 1 or more")), "{order}");
    }
}
