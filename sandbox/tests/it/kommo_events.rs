//! Kommo's audit log: which rows happen, and how they are asked for.

use kopru_sandbox::Contact;
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;
use crate::kommo::{AT, ask, get, ids, world};
use crate::kommo_webhooks::{Receiver, attempts, subscribe};

/// Types and values of the rows about these, oldest first.
async fn rows(world: &World, query: &str) -> Vec<(String, Value, Value)> {
    let (status, body) = get(world, &format!("/events?limit=250&{query}")).await;
    assert!(status == 200 || status == 204, "{query}: {body}");
    let rows = body["_embedded"]["events"].as_array().cloned().unwrap_or_default();
    let told = |row: Value| {
        let what = row["type"].as_str().unwrap().to_owned();
        (what, row["value_before"].clone(), row["value_after"].clone())
    };
    rows.into_iter().rev().map(told).collect()
}

fn row(what: &str, before: Value, after: Value) -> (String, Value, Value) {
    let list = |value: Value| if value.is_null() { json!([]) } else { json!([value]) };
    (what.to_owned(), list(before), list(after))
}

fn link(id: u64) -> Value {
    json!({ "link": { "entity": { "type": "contact", "id": id } } })
}

#[tokio::test]
async fn everything_that_happens_to_a_lead_is_a_row() {
    let world = world().await;
    let tag = |name: &str| json!({ "tag": { "name": name } });
    let made = json!([{
        "name": "Car", "price": 900,
        "_embedded": { "tags": [{ "name": "vip" }], "contacts": [{ "id": 660_001 }] },
    }]);
    let id = ids(&ask(&world, Method::POST, "/leads", &made).await.1, "leads")[0];
    let contact = json!([{ "name": "Ben" }]);
    let other = ids(&ask(&world, Method::POST, "/contacts", &contact).await.1, "contacts")[0];
    let path = format!("/leads/{id}");
    let to_other = json!([{ "to_entity_id": other, "to_entity_type": "contacts" }]);
    for (method, path, body) in [
        (Method::POST, format!("{path}/link"), to_other.clone()),
        (Method::POST, format!("{path}/link"), to_other.clone()),
        (Method::POST, format!("{path}/unlink"), to_other),
        (Method::PATCH, path.clone(), json!({ "price": 950, "tags_to_add": [{ "name": "b" }] })),
        (Method::PATCH, path, json!({ "status_id": 142, "tags_to_delete": [{ "name": "vip" }] })),
    ] {
        let (status, answer) = ask(&world, method, &path, &body).await;
        assert!((200..300).contains(&status), "{path}: {answer}");
    }
    for deleted in [true, false] {
        let order = json!({ "id": id, "deleted": deleted });
        assert_eq!(world.post_json("/sandbox/kommo/leads", &order).await.0, 200);
    }
    let stage = |id: u64| json!({ "lead_status": { "id": id, "pipeline_id": 770_001 } });
    let sale = |price: u64| json!({ "sale_field_value": { "sale": price } });
    let expected = [
        row("lead_added", Value::Null, Value::Null),
        row("entity_linked", Value::Null, link(660_001)),
        row("entity_tag_added", Value::Null, tag("vip")),
        row("entity_linked", Value::Null, link(other)),
        row("entity_unlinked", link(other), Value::Null),
        row("sale_field_changed", sale(900), sale(950)),
        row("entity_tag_added", Value::Null, tag("b")),
        row("lead_status_changed", stage(880_001), stage(142)),
        row("entity_tag_deleted", tag("vip"), Value::Null),
        row("lead_deleted", Value::Null, Value::Null),
        row("lead_restored", Value::Null, Value::Null),
    ];
    assert_eq!(rows(&world, &format!("filter[entity]=lead&filter[entity_id][]={id}")).await, expected);
    let asked = "filter[type][]=lead_added&filter[type][]=lead_deleted&filter[type][]=lead_restored\
                 &filter[type][]=lead_status_changed&filter[type][]=sale_field_changed\
                 &filter[type][]=entity_linked&filter[type][]=entity_unlinked\
                 &filter[type][]=entity_merged&filter[type][]=entity_tag_added&filter[entity]=lead";
    assert_eq!(rows(&world, asked).await.len(), 10, "all but the tag that was taken away");
}

#[tokio::test]
async fn two_contacts_become_one() {
    let world = world().await;
    let contact =
        json!({ "id": 660_002, "name": "Ana", "phones": ["+55 11 91234-5678", "+55 11 90000-0000"] });
    assert_eq!(world.post_json("/sandbox/kommo/contacts", &contact).await.0, 200);
    let merge = json!({ "into": 660_001, "from": 660_002 });
    assert_eq!(world.post_json("/sandbox/kommo/contacts/merge", &merge).await.0, 200);
    assert_eq!(world.post_json("/sandbox/kommo/contacts/merge", &merge).await.0, 400, "it is gone");
    let merged = rows(&world, "filter[type]=entity_merged").await;
    assert_eq!(merged, [row("entity_merged", Value::Null, link(660_002))]);
    assert_eq!(rows(&world, "filter[type]=contact_deleted&filter[entity_id]=660002").await.len(), 1);
    let (_, lead) = get(&world, "/leads/5550001?with=contacts").await;
    assert_eq!(ids(&lead, "contacts"), [660_001]);
    let (_, contact) = get(&world, "/contacts/660001").await;
    let phones = contact["custom_fields_values"][0]["values"].as_array().unwrap();
    let phones: Vec<&Value> = phones.iter().map(|phone| &phone["value"]).collect();
    assert_eq!(phones, ["+55 11 91234-5678", "+55 11 90000-0000"]);
    assert_eq!(get(&world, "/contacts/660002").await.0, 404);
}

#[tokio::test]
async fn s11_two_hundred_and_fifty_rows_in_a_page() {
    let world = world().await;
    for price in 0..260 {
        world.sandbox.set_price(5_550_001, Some(price), AT + price);
    }
    for (query, expected) in [("limit=250", 250), ("", 100), ("limit=250&page=2", 10)] {
        let (_, body) = get(&world, &format!("/events?{query}")).await;
        assert_eq!(body["_embedded"]["events"].as_array().unwrap().len(), expected, "{query}");
    }
    assert_eq!(get(&world, "/events?limit=251").await.0, 400);
}

#[tokio::test]
async fn a_merge_is_told_by_the_contacts_alone() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    world.sandbox.put_contact(Contact { id: 660_002, ..Contact::default() });
    subscribe(&world, &receiver.url, &["update_contact", "delete_contact", "update_lead"]).await;
    assert!(world.sandbox.merge_contacts(660_002, 660_001));
    for _ in 0..2 {
        let form = receiver.form().await;
        match form.get("contacts[update][0][id]") {
            Some(id) => {
                assert_eq!(id, "660002");
                assert!(form.contains_key("contacts[update][0][linked_leads_id][5550001][ID]"));
            }
            None => assert_eq!(form["contacts[delete][0][id]"], "660001"),
        }
    }
    attempts(&world, 2).await;
    assert!(receiver.requests.try_recv().is_err(), "no lead is announced");
}
