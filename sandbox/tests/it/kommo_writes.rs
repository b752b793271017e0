//! Writing through Kommo's API: leads, contacts, fields, notes, tasks, links, and their faults.

use reqwest::Method;
use serde_json::{Value, json};

use crate::World;
use crate::kommo::{ask, get, ids, world};

async fn post(world: &World, path: &str, body: Value) -> Value {
    let (status, answer) = ask(world, Method::POST, path, &body).await;
    assert!((200..300).contains(&status), "{path}: {status} {answer}");
    answer
}

async fn patch(world: &World, path: &str, body: Value) -> Value {
    let (status, answer) = ask(world, Method::PATCH, path, &body).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

fn field<'v>(card: &'v Value, code: &str) -> &'v Value {
    let fields = card["custom_fields_values"].as_array().unwrap();
    fields.iter().find(|field| field["field_code"] == code).unwrap()
}

#[tokio::test]
async fn a_lead_is_made_and_moved() {
    let world = world().await;
    let made = post(
        &world,
        "/leads",
        json!([
            {
                "name": "Car", "price": 900, "request_id": "mine",
                "custom_fields_values": [{ "field_code": "FBCLID", "values": [{ "value": "IwAR0" }] }],
                "_embedded": { "tags": [{ "name": "vip" }], "contacts": [{ "id": 660_001, "is_main": true }] },
            },
            { "name": "Bike", "pipeline_id": 770_001, "status_id": 880_000 },
        ]),
    )
    .await;
    let request_id = |place: usize| made["_embedded"]["leads"][place]["request_id"].clone();
    assert_eq!((request_id(0), request_id(1)), (json!("mine"), json!("1")));
    let id = ids(&made, "leads")[0];
    let (_, lead) = get(&world, &format!("/leads/{id}?with=contacts")).await;
    assert_eq!(
        (&lead["status_id"], &lead["pipeline_id"]),
        (&json!(880_001), &json!(770_001)),
        "the first open stage of the first pipeline"
    );
    assert_eq!((&lead["price"], &lead["created_by"]), (&json!(900), &json!(330_002)));
    assert_eq!(field(&lead, "FBCLID")["values"], json!([{ "value": "IwAR0" }]));
    assert_eq!(field(&lead, "FBCLID")["field_type"], "tracking_data");
    assert_eq!(lead["_embedded"]["tags"][0]["name"], "vip");
    assert_eq!(lead["_embedded"]["contacts"][0]["id"], 660_001);

    let path = format!("/leads/{id}");
    let changed =
        patch(&world, &path, json!({ "status_id": 142, "price": 950, "tags_to_add": [{ "name": "b" }] }))
            .await;
    assert_eq!(changed["id"], id);
    let (_, lead) = get(&world, &path).await;
    assert!(lead["closed_at"].is_i64());
    assert_eq!(lead["_embedded"]["tags"].as_array().unwrap().len(), 2);
    let (_, log) = get(&world, &format!("/events?filter[entity_id][]={id}")).await;
    let types: Vec<&Value> =
        log["_embedded"]["events"].as_array().unwrap().iter().map(|row| &row["type"]).collect();
    let happened = ["entity_tag_added", "lead_status_changed", "sale_field_changed"];
    let made = ["entity_tag_added", "entity_linked", "lead_added"];
    assert_eq!(types, [happened, made].concat());

    let lost = json!([
        { "id": id, "status_id": 143, "loss_reason_id": 71_001, "_embedded": { "tags": null } },
        { "id": 5_550_001, "price": null, "responsible_user_id": 330_003, "status_id": 143, "closed_at": 1_700_000_000 },
    ]);
    let changed = patch(&world, "/leads", lost).await;
    assert_eq!(ids(&changed, "leads"), [id, 5_550_001]);
    let (_, lead) = get(&world, &format!("{path}?with=loss_reason")).await;
    assert_eq!(lead["_embedded"]["loss_reason"][0]["name"], "Too expensive");
    assert_eq!(lead["_embedded"]["tags"], json!([]));
    let (_, other) = get(&world, "/leads/5550001").await;
    assert_eq!((&other["price"], &other["responsible_user_id"]), (&Value::Null, &json!(330_003)));
    assert_eq!(other["closed_at"], 1_700_000_000);
}

#[tokio::test]
async fn faults_are_told_and_nothing_is_written() {
    let world = world().await;
    let unknown_field = json!([{ "field_id": 1, "values": [{ "value": "x" }] }]);
    for (method, path, body, faults) in [
        (
            Method::POST,
            "/leads",
            json!([{ "custom_fields_values": unknown_field }]),
            vec![("0", "NotSupportedChoice", "custom_fields_values.0.field_id")],
        ),
        (
            Method::POST,
            "/leads",
            json!([
                { "name": "good" },
                { "request_id": "b", "price": "1.5", "name": 7, "status_id": 1, "pirce": 3 },
                { "custom_fields_values": [{ "field_code": "NOPE", "values": [] }] },
            ]),
            vec![
                ("b", "FieldNotExpected", "pirce"),
                ("b", "InvalidType", "name"),
                ("b", "InvalidType", "price"),
                ("b", "NotSupportedChoice", "status_id"),
                ("2", "NotSupportedChoice", "custom_fields_values.0.field_code"),
            ],
        ),
        (
            Method::PATCH,
            "/leads",
            json!([{ "id": 5_550_001, "price": 1 }, { "id": 1, "price": 1 }]),
            vec![("1", "NotSupportedChoice", "id")],
        ),
        (
            Method::PATCH,
            "/contacts",
            json!([{ "name": "x" }, { "id": 660_001, "_embedded": { "companies": [{ "id": 1 }] } }]),
            vec![("0", "FieldMissing", "id"), ("1", "FieldNotExpected", "_embedded.companies")],
        ),
        (
            Method::PATCH,
            "/contacts/660001",
            json!({ "custom_fields_values": [
                { "field_code": "PHONE", "values": [{ "value": "1", "enum_code": "NOPE" }] },
                { "values": [] }, { "field_code": "EMAIL" },
            ] }),
            vec![
                ("0", "NotSupportedChoice", "custom_fields_values.0.values.0.enum_code"),
                ("0", "FieldMissing", "custom_fields_values.1.field_id"),
                ("0", "FieldMissing", "custom_fields_values.2.values"),
            ],
        ),
        (
            Method::PATCH,
            "/leads/5550001",
            json!({ "responsible_user_id": 1, "loss_reason_id": 1, "pipeline_id": 1, "updated_by": 9 }),
            vec![
                ("0", "NotSupportedChoice", "updated_by"),
                ("0", "NotSupportedChoice", "loss_reason_id"),
                ("0", "NotSupportedChoice", "responsible_user_id"),
                ("0", "NotSupportedChoice", "pipeline_id"),
            ],
        ),
        (
            Method::POST,
            "/tasks",
            json!([{ "entity_id": 1, "entity_type": "leads" }]),
            vec![
                ("0", "FieldMissing", "text"),
                ("0", "FieldMissing", "complete_till"),
                ("0", "NotSupportedChoice", "entity_id"),
            ],
        ),
        (
            Method::POST,
            "/leads/5550001/notes",
            json!([{ "note_type": "common", "params": {} }]),
            vec![("0", "FieldMissing", "params.text")],
        ),
        (
            Method::POST,
            "/webhooks",
            json!({ "destination": "example.com", "settings": ["status_lead", "x"] }),
            vec![("0", "InvalidUrl", "destination"), ("0", "NotSupportedChoice", "settings.1")],
        ),
        (
            Method::POST,
            "/leads/custom_fields",
            json!([{ "name": "x", "type": "multitext" }]),
            vec![("0", "NotSupportedChoice", "type")],
        ),
    ] {
        let (status, problem) = ask(&world, method, path, &body).await;
        assert_eq!((status, &problem["detail"]), (400, &json!("Request validation failed")), "{body}");
        let mut told = Vec::new();
        for entity in problem["validation-errors"].as_array().unwrap() {
            for error in entity["errors"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                told.push((text(&entity["request_id"]), text(&error["code"]), text(&error["path"])));
            }
        }
        let faults: Vec<_> =
            faults.iter().map(|(id, code, path)| ((*id).into(), (*code).into(), (*path).into())).collect();
        assert_eq!(told, faults, "{body}");
    }
    for (method, path, body, expected) in [
        (Method::POST, "/leads", json!({}), 400),
        (Method::POST, "/leads", json!([]), 400),
        (Method::POST, "/leads", json!(vec![json!({}); 251]), 400),
        (Method::POST, "/leads", json!([7]), 400),
        (Method::PATCH, "/leads/1", json!({}), 404),
        (Method::PATCH, "/tasks/1", json!({}), 404),
        (Method::POST, "/leads/1/notes", json!([{}]), 404),
        (Method::DELETE, "/webhooks", json!({ "destination": "https://example.com/" }), 404),
    ] {
        assert_eq!(ask(&world, method, path, &body).await.0, expected, "{path}");
    }
    assert_eq!(ids(&get(&world, "/leads").await.1, "leads"), [5_550_001, 5_550_002]);
    assert_eq!(get(&world, "/leads/5550001").await.1["price"], 1500);
    assert_eq!(get(&world, "/events").await.0, 204);
}

#[tokio::test]
async fn contacts_and_links() {
    let world = world().await;
    let made = post(
        &world,
        "/contacts",
        json!([{
            "first_name": "Ben", "last_name": "Oz",
            "custom_fields_values": [
                { "field_code": "PHONE", "values": [{ "value": "+90 1", "enum_code": "MOB" }, { "value": "+90 2" }] },
                { "field_id": 4003, "values": [{ "value": "ben@example.com", "enum_code": "PRIV" }] },
            ],
        }]),
    )
    .await;
    let id = ids(&made, "contacts")[0];
    let path = format!("/contacts/{id}");
    let (_, contact) = get(&world, &path).await;
    assert_eq!((&contact["name"], &contact["first_name"]), (&json!("Ben Oz"), &json!("Ben")));
    let kinds = |code: &str| {
        let values = field(&contact, code)["values"].as_array().unwrap().clone();
        values.into_iter().map(|value| value["enum_code"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((kinds("PHONE"), kinds("EMAIL")), (vec![json!("MOB"), json!("WORK")], vec![json!("PRIV")]));
    patch(
        &world,
        &path,
        json!({ "name": "Benjamin", "custom_fields_values": [{ "field_code": "EMAIL", "values": [] }] }),
    )
    .await;
    let (_, contact) = get(&world, &path).await;
    assert_eq!(contact["custom_fields_values"].as_array().unwrap().len(), 1);
    assert_eq!(ids(&get(&world, "/contacts?query=%2B90").await.1, "contacts"), [id]);

    let link = json!([{ "to_entity_id": id, "to_entity_type": "contacts", "metadata": { "is_main": true } }]);
    post(&world, "/leads/5550001/link", link.clone()).await;
    let (_, links) = get(&world, "/leads/5550001/links").await;
    assert_eq!(
        links["_embedded"]["links"][0],
        json!({
            "to_entity_id": id, "to_entity_type": "contacts", "metadata": { "main_contact": true },
        })
    );
    let (_, contact) = get(&world, &format!("{path}?with=leads")).await;
    assert_eq!(contact["_embedded"]["leads"][0]["id"], 5_550_001);
    assert_eq!(ask(&world, Method::POST, "/leads/5550001/unlink", &link).await.0, 204);
    let (_, lead) = get(&world, "/leads/5550001?with=contacts").await;
    assert_eq!(lead["_embedded"]["contacts"][0]["id"], 660_001);
}

#[tokio::test]
async fn custom_fields_are_made_and_filled() {
    let world = world().await;
    let made = post(
        &world,
        "/leads/custom_fields",
        json!([
            { "name": "Deposit", "type": "monetary", "code": "DEPOSIT" },
            { "name": "Colour", "type": "select", "enums": [{ "value": "Red" }, { "value": "Blue", "code": "B" }] },
            { "name": "Visit", "type": "date" }, { "name": "Size", "type": "numeric" },
        ]),
    )
    .await;
    let [deposit, colour, visit, size] = ids(&made, "custom_fields")[..] else { panic!("four fields") };
    assert_eq!(made["_embedded"]["custom_fields"][0]["currency"], "EUR");
    let blue = made["_embedded"]["custom_fields"][1]["enums"][1]["id"].clone();
    let fill = |id: u64, value: Value| json!({ "field_id": id, "values": [value] });
    let values = json!({ "custom_fields_values": [
        fill(deposit, json!({ "value": "10.50" })), fill(colour, json!({ "enum_id": blue })),
        fill(visit, json!({ "value": 1_700_006_400 })), fill(size, json!({ "value": "1.5" })),
    ] });
    patch(&world, "/leads/5550001", values).await;
    let (_, lead) = get(&world, "/leads/5550001").await;
    let value = |place: usize| lead["custom_fields_values"][place]["values"][0].clone();
    assert_eq!(value(0), json!({ "value": "10.50" }));
    assert_eq!(value(1), json!({ "value": "Blue", "enum_id": blue, "enum_code": "B" }));
    assert_eq!(value(2), json!({ "value": 1_700_006_400 }));
    for (id, wrong) in
        [(deposit, json!("x")), (colour, json!("Green")), (visit, json!(true)), (size, Value::Null)]
    {
        let body = json!({ "custom_fields_values": [fill(id, json!({ "value": wrong }))] });
        assert_eq!(ask(&world, Method::PATCH, "/leads/5550001", &body).await.0, 400, "{body}");
    }
    let renamed = patch(&world, &format!("/leads/custom_fields/{size}"), json!({ "name": "Height" })).await;
    assert_eq!((&renamed["name"], &renamed["type"]), (&json!("Height"), &json!("numeric")));
    assert_eq!(get(&world, &format!("/leads/custom_fields/{size}")).await.1["name"], "Height");
    assert_eq!(get(&world, &format!("/contacts/custom_fields/{size}")).await.0, 404);
}

#[tokio::test]
async fn notes_and_tasks() {
    let world = world().await;
    let note = json!([{ "entity_id": 5_550_001, "note_type": "common", "params": { "text": "Called" } }]);
    let id = ids(&post(&world, "/leads/notes", note).await, "notes")[0];
    post(&world, "/contacts/660001/notes", json!([{ "note_type": "common", "params": { "text": "Hi" } }]))
        .await;
    let (_, notes) = get(&world, "/leads/5550001/notes").await;
    assert_eq!(
        (ids(&notes, "notes"), &notes["_embedded"]["notes"][0]["params"]),
        (vec![id], &json!({ "text": "Called" }))
    );
    assert_eq!(ids(&get(&world, "/leads/notes?filter[note_type]=common").await.1, "notes"), [id]);
    assert_eq!(get(&world, "/leads/5550002/notes").await.0, 204);
    assert_eq!(get(&world, &format!("/leads/notes/{id}")).await.1["entity_id"], 5_550_001);

    let task = json!([{ "text": "Call", "complete_till": 1_800_000_000, "entity_id": 5_550_001, "entity_type": "leads" }]);
    let id = ids(&post(&world, "/tasks", task).await, "tasks")[0];
    assert_eq!(get(&world, "/leads/5550001").await.1["closest_task_at"], 1_800_000_000);
    let done = json!({ "is_completed": true, "result": { "text": "Done" } });
    patch(&world, &format!("/tasks/{id}"), done).await;
    let (_, task) = get(&world, &format!("/tasks/{id}")).await;
    assert_eq!((&task["is_completed"], &task["result"]["text"]), (&json!(true), &json!("Done")));
    assert_eq!(ids(&get(&world, "/tasks?filter[is_completed]=1").await.1, "tasks"), [id]);
    assert_eq!(get(&world, "/tasks?filter[is_completed]=0").await.0, 204);
    assert!(get(&world, "/leads/5550001").await.1["closest_task_at"].is_null());
}
