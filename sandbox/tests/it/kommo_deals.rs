//! What one makes a deal with: companies, a lead with contact and company in one go, stages that change.

use reqwest::Method;
use serde_json::{Value, json};

use crate::World;
use crate::kommo::{ask, get, ids, world};
use crate::kommo_webhooks::{Receiver, subscribe};

async fn post(world: &World, path: &str, body: Value) -> Value {
    let (status, answer) = ask(world, Method::POST, path, &body).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// Codes and paths of the faults of a refused request.
fn faults(problem: &Value) -> Vec<(&str, &str)> {
    let told = problem["validation-errors"].as_array().unwrap();
    let errors = told.iter().flat_map(|entity| entity["errors"].as_array().unwrap());
    errors.map(|error| (error["code"].as_str().unwrap(), error["path"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn companies_are_made_changed_and_linked() {
    let world = world().await;
    let made = json!([{
        "name": "Acme", "custom_fields_values": [
            { "field_code": "PHONE", "values": [{ "value": "+90 1", "enum_code": "WORK" }] },
            { "field_code": "WEB", "values": [{ "value": "https://example.com/" }] },
        ],
    }]);
    let id = ids(&post(&world, "/companies", made).await, "companies")[0];
    let path = format!("/companies/{id}");
    let (_, company) = get(&world, &path).await;
    assert_eq!(
        (&company["name"], &company["custom_fields_values"][0]["field_id"]),
        (&json!("Acme"), &json!(4001))
    );
    assert!(company["_embedded"].get("companies").is_none());
    assert_eq!(ask(&world, Method::PATCH, &path, &json!({ "name": "Acme Ltd" })).await.0, 200);
    assert_eq!(ids(&get(&world, "/companies?query=ltd").await.1, "companies"), [id]);
    assert_eq!(ask(&world, Method::PATCH, "/companies/1", &json!({})).await.0, 404);
    let (_, fields) = get(&world, "/companies/custom_fields").await;
    assert_eq!(ids(&fields, "custom_fields"), [4001, 4003, 4007, 4009]);

    let with = json!([{ "name": "Deal", "_embedded": { "companies": [{ "id": id }] } }]);
    let lead = ids(&post(&world, "/leads", with.clone()).await, "leads")[0];
    let contact = ids(&post(&world, "/contacts", with).await, "contacts")[0];
    for path in [format!("/leads/{lead}"), format!("/contacts/{contact}")] {
        assert_eq!(ids(&get(&world, &path).await.1, "companies"), [id], "{path}");
    }
    let (_, company) = get(&world, &format!("{path}?with=leads,contacts")).await;
    assert_eq!((ids(&company, "leads"), ids(&company, "contacts")), (vec![lead], vec![contact]));
    let link = json!([{ "to_entity_id": id, "to_entity_type": "companies" }]);
    post(&world, "/leads/5550001/link", link.clone()).await;
    assert_eq!(ids(&get(&world, "/leads/5550001").await.1, "companies"), [id]);
    assert_eq!(ask(&world, Method::POST, "/leads/5550001/unlink", &link).await.0, 204);
    assert_eq!(get(&world, "/leads/5550001").await.1["_embedded"]["companies"], json!([]));
    let (_, log) = get(&world, "/events?filter[entity_id]=5550001").await;
    let events = log["_embedded"]["events"].as_array().unwrap();
    let types: Vec<&Value> = events.iter().map(|row| &row["type"]).collect();
    assert_eq!(types, ["entity_unlinked", "entity_linked"]);
    assert_eq!(events[1]["value_after"][0]["link"]["entity"], json!({ "type": "company", "id": id }));
    assert_eq!(
        get(&world, "/events?filter[type]=company_added").await.1["_embedded"]["events"][0]["entity_id"],
        id
    );
}

#[tokio::test]
async fn a_lead_with_contact_and_company_in_one_go() {
    let world = world().await;
    let contact = json!({
        "first_name": "Ben",
        "custom_fields_values": [{ "field_code": "PHONE", "values": [{ "value": "+90 532 000 00 02" }] }],
    });
    let body = json!([
        {
            "name": "Car", "price": 900, "pipeline_id": 770_001, "status_id": 880_001, "request_id": "mine",
            "_embedded": { "tags": [{ "name": "vip" }], "contacts": [contact], "companies": [{ "name": "Acme" }] },
        },
        { "name": "Bike", "_embedded": { "contacts": [{ "id": 660_001 }] } },
    ]);
    let made = post(&world, "/leads/complex", body).await;
    let row = |place: usize, key: &str| made[place][key].clone();
    assert_eq!((row(0, "request_id"), row(0, "merged")), (json!(["mine"]), json!(false)));
    assert_eq!((row(1, "request_id"), row(1, "contact_id")), (json!(["1"]), json!(660_001)));
    assert!(row(1, "company_id").is_null());
    let (lead, person, company) = (row(0, "id"), row(0, "contact_id"), row(0, "company_id"));
    let (_, shown) = get(&world, &format!("/leads/{lead}?with=contacts")).await;
    assert_eq!((&shown["price"], &shown["status_id"]), (&json!(900), &json!(880_001)));
    assert_eq!(shown["_embedded"]["contacts"][0]["id"], person);
    assert_eq!(shown["_embedded"]["companies"][0]["id"], company);
    assert_eq!(shown["_embedded"]["tags"][0]["name"], "vip");
    let (_, shown) = get(&world, &format!("/contacts/{person}")).await;
    assert_eq!(shown["_embedded"]["companies"][0]["id"], company, "the two new ones are linked as well");

    let faulty = json!([{
        "_embedded": {
            "contacts": [{ "nmae": "x", "custom_fields_values": [{ "field_code": "NOPE", "values": [] }] }],
            "companies": [{ "id": 1 }],
        },
    }, { "_embedded": { "contacts": [{}, {}] } }]);
    let (status, problem) = ask(&world, Method::POST, "/leads/complex", &faulty).await;
    assert_eq!(status, 400);
    let expected = [
        ("FieldNotExpected", "_embedded.contacts.0.nmae"),
        ("NotSupportedChoice", "_embedded.contacts.0.custom_fields_values.0.field_code"),
        ("NotSupportedChoice", "_embedded.companies.0.id"),
        ("TooMany", "_embedded.contacts"),
    ];
    assert_eq!(faults(&problem), expected);
    let many = json!(vec![json!({}); 51]);
    assert_eq!(ask(&world, Method::POST, "/leads/complex", &many).await.0, 400, "fifty at most");
    assert_eq!(ids(&get(&world, "/leads").await.1, "leads").len(), 4, "nothing of it was made");
}

#[tokio::test]
async fn stages_come_are_renamed_and_go() {
    let world = world().await;
    let stages = "/leads/pipelines/770001/statuses";
    let made = post(&world, stages, json!([{ "name": "Talks", "sort": 30, "color": "#fffeb2" }])).await;
    let id = ids(&made, "statuses")[0];
    assert_eq!(ids(&get(&world, stages).await.1, "statuses"), [880_000, 880_001, id, 142, 143]);
    let path = format!("{stages}/{id}");
    let (status, renamed) = ask(&world, Method::PATCH, &path, &json!({ "name": "Offer" })).await;
    assert_eq!((status, &renamed["name"]), (200, &json!("Offer")));
    let order = json!({ "pipeline_id": 770_001, "id": id, "name": "Proposal" });
    assert_eq!(world.post_json("/sandbox/kommo/stages", &order).await.0, 200);
    assert_eq!(get(&world, &path).await.1["name"], "Proposal");

    let lead = json!({ "status_id": id });
    assert_eq!(ask(&world, Method::PATCH, "/leads/5550001", &lead).await.0, 200);
    assert_eq!(ask(&world, Method::DELETE, &path, &Value::Null).await.0, 204);
    assert_eq!(get(&world, &path).await.0, 404);
    assert_eq!(get(&world, "/leads/5550001").await.1["status_id"], 880_001, "the first open one");
    let first = json!({ "pipeline_id": 770_001, "id": 880_001 });
    for order in
        [&first, &json!({ "pipeline_id": 770_001, "id": 142 }), &json!({ "pipeline_id": 1, "id": 2 })]
    {
        assert_eq!(world.post_json("/sandbox/kommo/stages/delete", order).await.0, 400, "{order}");
    }
    let (status, pipeline) =
        ask(&world, Method::PATCH, "/leads/pipelines/770001", &json!({ "name": "Shop" })).await;
    assert_eq!((status, &pipeline["name"]), (200, &json!("Shop")));
    assert_eq!(
        ask(&world, Method::DELETE, "/leads/pipelines/770001", &Value::Null).await.0,
        400,
        "the only one"
    );
    let other = json!({ "id": 770_002, "name": "Other" });
    assert_eq!(world.post_json("/sandbox/kommo/pipelines", &other).await.0, 200);
    assert_eq!(world.post_json("/sandbox/kommo/pipelines/delete", &json!({ "id": 770_002 })).await.0, 200);
    assert_eq!(ids(&get(&world, "/leads/pipelines").await.1, "pipelines"), [770_001]);
}

#[tokio::test]
async fn fields_and_webhooks_go() {
    let world = world().await;
    let field = json!([{ "name": "Deposit", "type": "monetary" }]);
    let (_, made) = ask(&world, Method::POST, "/leads/custom_fields", &field).await;
    let path = format!("/leads/custom_fields/{}", ids(&made, "custom_fields")[0]);
    assert_eq!(ask(&world, Method::DELETE, &path, &Value::Null).await.0, 204);
    assert_eq!(get(&world, &path).await.0, 404);
    assert_eq!(ask(&world, Method::DELETE, "/contacts/custom_fields/4001", &Value::Null).await.0, 400);

    let destination = "http://127.0.0.1:9/hook";
    let hook = json!({ "destination": destination, "settings": ["add_lead"] });
    assert_eq!(ask(&world, Method::POST, "/webhooks", &hook).await.0, 201);
    let order = json!({ "destination": destination });
    assert_eq!(world.post_json("/sandbox/kommo/webhooks/disable", &order).await.0, 200);
    assert_eq!(get(&world, "/webhooks").await.1["_embedded"]["webhooks"][0]["disabled"], true);
    let nowhere = json!({ "destination": "http://127.0.0.1:9/other" });
    assert_eq!(world.post_json("/sandbox/kommo/webhooks/disable", &nowhere).await.0, 400);
}

#[tokio::test]
async fn a_company_is_told_as_a_contact_of_its_own_type() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    subscribe(&world, &receiver.url, &["add_company"]).await;
    let body =
        json!([{ "_embedded": { "contacts": [{ "name": "Ben" }], "companies": [{ "name": "Acme" }] } }]);
    assert_eq!(ask(&world, Method::POST, "/leads/complex", &body).await.0, 200);
    let form = receiver.form().await;
    assert_eq!((&*form["contacts[add][0][name]"], &*form["contacts[add][0][type]"]), ("Acme", "company"));
}
