//! Events of seeded people: who is found, and which ad they came by.

use std::collections::HashMap;

use kopru_sandbox::{AcceptedEvent, Options, Person, Seeded};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{World, now, read};

fn sha256(text: &str) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap());
    Sha256::digest(text.as_bytes()).iter().flat_map(digits).collect()
}

/// What a shop knows of a customer, hashed by this test alone.
fn told(person: &Person, keys: &[&str]) -> Map<String, Value> {
    let email = person.shop_email.as_ref().unwrap_or(&person.email);
    let phone = person.shop_phone.as_ref().unwrap_or(&person.phone);
    let postcode: String = person.postcode.shown.chars().filter(char::is_ascii_alphanumeric).collect();
    let all = [
        ("em", json!([sha256(email)])),
        ("ph", json!(format!("{}.AQQCAQMC", sha256(phone)))),
        ("fn", json!(sha256(&person.first_name.shown.to_lowercase()))),
        ("ln", json!(sha256(&person.last_name.shown.to_lowercase()))),
        ("zp", json!(sha256(&postcode))),
        ("external_id", json!(person.external_ids.first())),
        ("fbp", json!(person.fbp.first())),
    ];
    all.into_iter()
        .filter(|(key, _)| keys.contains(key))
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

async fn seeded(people: usize) -> (World, Seeded) {
    let world = World::with(Options::default()).await;
    let seeded = world.sandbox.seed(11, people).unwrap();
    (world, seeded)
}

async fn send(world: &World, dataset: &kopru_sandbox::SeededDataset, events: &[Value]) -> Vec<AcceptedEvent> {
    let before = world.sandbox.graph_events().len();
    for part in events.chunks(1000) {
        let path = format!("/v26.0/{}/events?access_token={}", dataset.id, dataset.token);
        let (status, body) = world.post_json(&path, &json!({ "data": part })).await;
        assert_eq!(status, 200, "{body}");
    }
    world.sandbox.graph_events().split_off(before)
}

fn purchase(id: &str, user_data: impl Into<Value>) -> Value {
    json!({
        "event_name": "Purchase", "event_time": now(), "event_id": id, "action_source": "website",
        "event_source_url": "https://shop.example.com/", "user_data": user_data.into(),
        "custom_data": { "value": 10, "currency": "TRY" },
    })
}

/// Rates of matching follow from what is sent and from what people told whom; nothing sets them.
#[tokio::test]
async fn more_keys_find_more_people() {
    let (world, seeded) = seeded(1000).await;
    let people = world.sandbox.people(0, 1000);
    let mut rates = HashMap::new();
    for keys in [&["em"][..], &["ph"], &["em", "ph"], &["fn", "ln", "zp"], &["fbp"], &["fn", "ln"]] {
        let events: Vec<Value> = people
            .iter()
            .map(|person| {
                let mut user_data = told(person, keys);
                user_data.insert("client_user_agent".to_owned(), json!("Browser"));
                purchase(&format!("{keys:?}{}", person.id), user_data)
            })
            .collect();
        let accepted = send(&world, &seeded.datasets[0], &events).await;
        let mut found = 0;
        for (event, person) in accepted.iter().zip(&people) {
            let Some(matched) = &event.matched else { continue };
            // Two of the same name at the same postcode are taken for one another; a hash never is.
            assert!(matched.person == person.id || keys[0] == "fn", "{keys:?} {matched:?} {person:?}");
            found += 1;
        }
        rates.insert(keys.join("+"), found);
    }
    let rate = |keys: &str| rates[keys];
    let with_account = people.iter().filter(|person| !person.no_account).count();
    let by_email = people.iter().filter(|person| !person.no_account && person.shop_email.is_none()).count();
    assert_eq!((rate("em"), rate("fbp"), rate("fn+ln")), (by_email, with_account, 0));
    assert!(
        rate("em") < rate("ph") && rate("ph") < rate("em+ph") && rate("em+ph") < with_account,
        "{rates:?}"
    );
    assert!(rate("fn+ln+zp") > 0, "{rates:?}");
    let tally = &world.sandbox.tallies(&seeded.datasets[0].id)["Purchase"];
    assert_eq!(tally.matched as usize, rates.values().sum::<usize>());
    assert_eq!(tally.matched_by["fbp"] as usize, with_account);
}

#[tokio::test]
async fn people_of_ads_bring_their_purchases_to_them() {
    let (world, seeded) = seeded(400).await;
    let people = world.sandbox.people(0, 400);
    let clicked = |person: &&Person| person.clicks.iter().any(|click| click.fbclid.is_some());
    let person = people.iter().find(clicked).unwrap();
    let click = &person.clicks[0];
    let fbc = format!("fb.1.{}.{}", click.at * 1000, click.fbclid.as_ref().unwrap());
    let lower = fbc.to_lowercase();
    let by_fbc = |fbc: &str| json!({ "fbc": fbc, "client_user_agent": "B" });
    let nobody = people.iter().find(|person| person.no_account).unwrap();
    let events = [
        purchase("1", by_fbc(&fbc)),
        purchase("2", by_fbc(&lower)),
        purchase("3", told(person, &["fbp"])),
        purchase("4", told(nobody, &["fbp", "em", "ph"])),
    ];
    let accepted = send(&world, &seeded.datasets[0], &events).await;
    let found: Vec<_> =
        accepted.iter().map(|event| event.matched.as_ref().map(|found| found.person)).collect();
    assert_eq!(found, [Some(person.id), None, Some(person.id), None]);
    let ads: Vec<_> = accepted.iter().map(|event| event.ad_id.as_deref()).collect();
    let own = Some(click.ad_id.as_str());
    assert_eq!(ads, [own, None, own, None], "a click id is case-sensitive");

    let whatsapp = &seeded.datasets[2];
    let chat = json!({
        "event_name": "Purchase", "event_time": now(), "action_source": "business_messaging",
        "messaging_channel": "whatsapp", "custom_data": { "value": 99.5, "currency": "TRY" },
        "user_data": { "whatsapp_business_account_id": seeded.waba_id, "ctwa_clid": seeded.ctwa_clid },
    });
    let accepted = send(&world, whatsapp, &[chat]).await;
    let ad = accepted[0].ad_id.as_ref().unwrap();
    assert!(seeded.ads.iter().any(|one| one.id == *ad && one.name.starts_with("WhatsApp")));
    assert_eq!(accepted[0].matched.as_ref().unwrap().by, ["ctwa_clid"]);
    let path = format!(
        "/v26.0/{ad}/insights?fields=action_values&date_preset=maximum&access_token={}",
        seeded.token
    );
    let (_, body) = read(world.client.get(world.url(&path)).send().await.unwrap()).await;
    let expected = json!({ "action_type": "onsite_conversion.purchase", "value": "99.5" });
    assert!(body["data"][0]["action_values"].as_array().unwrap().contains(&expected), "{body}");

    let path = format!("/v26.0/{}?access_token={}", seeded.lead_id.as_ref().unwrap(), seeded.token);
    let (status, lead) = read(world.client.get(world.url(&path)).send().await.unwrap()).await;
    assert_eq!(status, 200, "{lead}");
    let crm = json!({
        "event_name": "Qualified", "event_time": now(), "action_source": "system_generated",
        "custom_data": { "event_source": "crm", "lead_event_source": "Example" },
        "user_data": { "lead_id": lead["id"].as_str().unwrap().parse::<u64>().unwrap() },
    });
    let accepted = send(&world, &seeded.datasets[1], &[crm]).await;
    assert_eq!(accepted[0].ad_id.as_deref(), lead["ad_id"].as_str());
    assert_eq!(accepted[0].matched.as_ref().unwrap().by, ["lead_id"]);
}

#[tokio::test]
async fn people_by_hand() {
    let world = World::with(Options::default()).await;
    let person = json!({
        "id": 1, "email": "john_smith@gmail.com", "phone": "16505551212",
        "city": { "shown": "São Paulo", "normal": "sãopaulo" },
    });
    assert_eq!(world.post_json("/sandbox/people", &person).await.0, 200);
    let url = world.url("/sandbox/people?limit=5");
    let (_, body) = read(world.client.get(url).send().await.unwrap()).await;
    assert_eq!(body["count"], 1);
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    assert_eq!(body["people"][0]["hashes"]["em"], hash);
    assert_eq!(body["people"][0]["hashes"]["ct"], sha256("sãopaulo"));
    let (status, body) = world.post_json("/sandbox/people", &json!({ "id": 1, "mail": "x" })).await;
    assert!(status == 400 && body["error"].as_str().unwrap().contains("mail"), "{body}");
    let ids: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    assert_eq!(world.post_json("/sandbox/people", &json!({ "id": 2, "external_ids": ids })).await.0, 400);
}
