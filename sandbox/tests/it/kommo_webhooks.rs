//! Kommo's webhooks as they leave: bodies, retries by the sandbox's clock, the end of a bad one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kopru_sandbox::hooks::{KommoAction, KommoHook, KommoLead, kommo_digital_pipeline};
use kopru_sandbox::{ChatMessage, KommoDelivery, LeadChange, WebhookStyle};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::World;
use crate::kommo::{AT, ask, get, world};

const MINUTE: Duration = Duration::from_mins(1);

/// A webhook receiver: it hands out whole requests, and answers with the status it was last told; 0 is never.
pub struct Receiver {
    pub url: String,
    status: Arc<Mutex<u16>>,
    pub requests: mpsc::UnboundedReceiver<String>,
}

impl Receiver {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=secret", listener.local_addr().unwrap());
        let status = Arc::new(Mutex::new(200));
        let (tell, requests) = mpsc::unbounded_channel();
        let answer_with = Arc::clone(&status);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (tell, answer_with) = (tell.clone(), Arc::clone(&answer_with));
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while !is_whole(&request) {
                        if stream.read_buf(&mut request).await.unwrap() == 0 {
                            return;
                        }
                    }
                    let status = *answer_with.lock().unwrap();
                    tell.send(String::from_utf8(request).unwrap()).unwrap();
                    if status == 0 {
                        return std::future::pending().await;
                    }
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    );
                    stream.write_all(answer.as_bytes()).await.unwrap();
                });
            }
        });
        Self { url, status, requests }
    }

    fn answer_with(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    async fn request(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(10), self.requests.recv()).await.unwrap().unwrap()
    }

    /// The next body, read as a form.
    pub async fn form(&mut self) -> HashMap<String, String> {
        let request = self.request().await;
        form_urlencoded::parse(body_of(&request).as_bytes()).into_owned().collect()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn body_of(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

pub async fn subscribe(world: &World, destination: &str, settings: &[&str]) -> Value {
    let body = json!({ "destination": destination, "settings": settings, "sort": 10 });
    let (status, made) = ask(world, Method::POST, "/webhooks", &body).await;
    assert_eq!(status, 201, "{made}");
    made
}

/// Waits until that many attempts have come to an end.
pub async fn attempts(world: &World, many: usize) -> Vec<KommoDelivery> {
    let settled = async {
        loop {
            let deliveries = world.sandbox.kommo_deliveries();
            if deliveries.len() >= many {
                return deliveries;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.unwrap()
}

#[tokio::test]
async fn a_move_is_told_as_status_and_as_update() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    let made = subscribe(&world, &receiver.url, &["status_lead", "update_lead"]).await;
    assert_eq!((&made["disabled"], &made["created_by"]), (&json!(false), &json!(330_002)));
    let path = "/leads/5550001";
    assert_eq!(ask(&world, Method::PATCH, path, &json!({ "status_id": 142, "price": 990 })).await.0, 200);
    let request = receiver.request().await;
    let head = request.to_lowercase();
    assert!(head.starts_with("post /hook?key=secret http/1.1\r\n"), "{head}");
    assert!(head.contains("user-agent: amocrm-webhook-client/2.0\r\n"));
    assert!(head.contains("content-type: application/x-www-form-urlencoded\r\n"));
    assert!(body_of(&request).starts_with("account%5Bsubdomain%5D=acme&"));
    let first: HashMap<String, String> =
        form_urlencoded::parse(body_of(&request).as_bytes()).into_owned().collect();
    let second = receiver.form().await;
    for action in ["status", "update"] {
        // They are two requests, and either may be the first to come.
        let is_of = |form: &&HashMap<String, String>| form.contains_key(&format!("leads[{action}][0][id]"));
        let form = [&first, &second].into_iter().find(is_of).unwrap();
        for (key, value) in [
            ("id", "5550001"),
            ("status_id", "142"),
            ("old_status_id", "880001"),
            ("pipeline_id", "770001"),
            ("price", "990"),
            ("modified_user_id", "330002"),
        ] {
            assert_eq!(form[&format!("leads[{action}][0][{key}]")], value, "{action} {key}");
        }
        assert!(!form.contains_key(&format!("leads[{action}][0][old_pipeline_id]")));
    }
    let told = attempts(&world, 2).await;
    assert_eq!((told[0].status, told[0].attempt, told[0].next_attempt_at_ms), (Some(200), 1, None));
    assert!(told[0].destination.ends_with("/hook"), "the secret stays out of the record");
    let (_, shown) =
        crate::read(world.client.get(world.url("/sandbox/kommo/deliveries")).send().await.unwrap()).await;
    assert_eq!((shown["deliveries"].as_array().unwrap().len(), &shown["unsent"]), (2, &json!(0)));
}

#[tokio::test]
async fn five_attempts_when_the_server_fails_three_otherwise() {
    for (answer, waits) in
        [(500, vec![5, 15, 15, 60]), (499, vec![5, 15, 15, 60]), (404, vec![5, 15]), (302, vec![5, 15])]
    {
        let world = world().await;
        let mut receiver = Receiver::new().await;
        receiver.answer_with(answer);
        subscribe(&world, &receiver.url, &["status_lead"]).await;
        world.sandbox.move_deal(5_550_001, 770_001, 142, AT);
        let first = receiver.request().await;
        for (place, minutes) in waits.iter().enumerate() {
            let told = attempts(&world, place + 1).await;
            let last = told.last().unwrap();
            assert_eq!((last.status, last.attempt as usize, last.n), (Some(answer), place + 1, 1));
            assert_eq!(last.next_attempt_at_ms, Some(last.sent_at_ms + minutes * 60_000));
            world.sandbox.advance_clock(MINUTE * u32::try_from(minutes - 1).unwrap());
            assert!(receiver.requests.try_recv().is_err(), "not before its time");
            world.sandbox.advance_clock(MINUTE);
            let again = receiver.request().await;
            assert_eq!(body_of(&again), body_of(&first), "the same body again");
        }
        let told = attempts(&world, waits.len() + 1).await;
        assert_eq!(told.last().unwrap().next_attempt_at_ms, None, "{answer}: Kommo gives up");
    }
}

#[tokio::test]
async fn two_seconds_for_an_answer_and_good_at_the_second_attempt() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    receiver.answer_with(0);
    subscribe(&world, &receiver.url, &["status_lead"]).await;
    world.sandbox.move_deal(5_550_001, 770_001, 142, AT);
    receiver.request().await;
    let started = std::time::Instant::now();
    let told = attempts(&world, 1).await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!((told[0].status, told[0].error.as_deref()), (None, Some("no answer within 2 s")));
    receiver.answer_with(204);
    world.sandbox.advance_clock(5 * MINUTE);
    receiver.request().await;
    let told = attempts(&world, 2).await;
    assert_eq!((told[1].status, told[1].attempt, told[1].next_attempt_at_ms), (Some(204), 2, None));

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    subscribe(&world, &nowhere, &["update_lead"]).await;
    world.sandbox.set_price(5_550_001, Some(1), AT);
    let told = attempts(&world, 3).await;
    assert_eq!(told[2].error.as_deref(), Some("no connection"));
    assert!(told[2].next_attempt_at_ms.is_some());
}

#[tokio::test]
async fn eight_at_a_time() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    receiver.answer_with(0);
    subscribe(&world, &receiver.url, &["update_lead"]).await;
    for _ in 0..20 {
        world.sandbox.set_price(5_550_001, Some(1), AT);
    }
    for _ in 0..8 {
        receiver.request().await;
    }
    assert!(receiver.requests.try_recv().is_err(), "the ninth waits until one of them has ended");
    assert!(world.sandbox.kommo_deliveries().is_empty());
}

#[tokio::test]
async fn more_than_a_hundred_bad_answers_disable_a_webhook() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    receiver.answer_with(400);
    subscribe(&world, &receiver.url, &["update_lead"]).await;
    for _ in 0..60 {
        world.sandbox.set_price(5_550_001, Some(1), AT);
    }
    attempts(&world, 60).await;
    world.sandbox.advance_clock(121 * MINUTE);
    // Sixty second attempts; the first ones no longer count.
    attempts(&world, 120).await;
    let disabled = async |world: &World| {
        let path = format!("/webhooks?filter[destination]={}", receiver.url.replace('?', "%3F"));
        get(world, &path).await.1["_embedded"]["webhooks"][0]["disabled"].clone()
    };
    assert_eq!(disabled(&world).await, false);
    for _ in 0..40 {
        world.sandbox.set_price(5_550_001, Some(1), AT);
    }
    attempts(&world, 160).await;
    assert_eq!(disabled(&world).await, false, "a hundred are not more than a hundred");
    world.sandbox.set_price(5_550_001, Some(1), AT);
    let told = attempts(&world, 161).await;
    assert_eq!(told[160].next_attempt_at_ms, None);
    assert_eq!(disabled(&world).await, true);
    world.sandbox.set_price(5_550_001, Some(1), AT);
    world.sandbox.advance_clock(61 * MINUTE);

    receiver.answer_with(200);
    while receiver.requests.try_recv().is_ok() {}
    let again = subscribe(&world, &receiver.url, &["status_lead"]).await;
    assert_eq!(again["disabled"], false);
    world.sandbox.move_deal(5_550_001, 770_001, 142, AT);
    assert!(receiver.form().await.contains_key("leads[status][0][id]"), "the next thing it hears");
    assert_eq!(attempts(&world, 162).await.len(), 162, "nothing else was sent");
}

#[tokio::test]
async fn every_kind_of_thing_that_happens() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    let settings = [
        "add_lead",
        "update_lead",
        "delete_lead",
        "restore_lead",
        "status_lead",
        "responsible_lead",
        "note_lead",
        "add_contact",
        "update_contact",
        "delete_contact",
        "restore_contact",
        "responsible_contact",
        "note_contact",
        "add_task",
        "update_task",
        "responsible_task",
        "add_unsorted",
        "add_message",
        "add_outgoing_message",
        "add_talk",
        "update_talk",
    ];
    subscribe(&world, &receiver.url, &settings).await;
    let control = async |path: &str, body: Value| {
        let (status, answer) = world.post_json(&format!("/sandbox/kommo/{path}"), &body).await;
        assert_eq!(status, 200, "{path} {answer}");
    };
    let api = async |method: Method, path: &str, body: Value| {
        let (status, answer) = ask(&world, method, path, &body).await;
        assert!(status < 300, "{path} {answer}");
    };
    let mut heard = async |many: usize| {
        let mut kinds = Vec::new();
        for _ in 0..many {
            let form = receiver.form().await;
            let key = form.keys().find(|key| !key.starts_with("account") && key.contains("][0]")).unwrap();
            kinds.push(key.split("[0]").next().unwrap().to_owned());
        }
        kinds.sort();
        kinds
    };
    control("leads", json!({ "id": 1, "pipeline_id": 770_001, "status_id": 880_000 })).await;
    assert_eq!(heard(2).await, ["leads[add]", "unsorted[add]"]);
    control("leads", json!({ "id": 1, "responsible_user_id": 330_003 })).await;
    assert_eq!(heard(2).await, ["leads[responsible]", "leads[update]"]);
    control("leads", json!({ "id": 1, "deleted": true })).await;
    assert_eq!(heard(1).await, ["leads[delete]"]);
    control("leads", json!({ "id": 1, "deleted": false })).await;
    assert_eq!(heard(1).await, ["leads[restore]"]);
    control("contacts", json!({ "id": 2, "name": "Ben" })).await;
    control("contacts", json!({ "id": 2, "name": "Benjamin" })).await;
    control("contacts/delete", json!({ "id": 2 })).await;
    control("contacts/delete", json!({ "id": 2, "restore": true })).await;
    assert_eq!(
        heard(4).await,
        ["contacts[add]", "contacts[delete]", "contacts[restore]", "contacts[update]"]
    );
    api(Method::PATCH, "/contacts/2", json!({ "responsible_user_id": 330_003 })).await;
    assert_eq!(heard(2).await, ["contacts[responsible]", "contacts[update]"]);
    let note = json!([{ "note_type": "common", "params": { "text": "x" } }]);
    api(Method::POST, "/leads/1/notes", note.clone()).await;
    api(Method::POST, "/contacts/2/notes", note).await;
    assert_eq!(heard(2).await, ["contacts[note]", "leads[note]"]);
    api(Method::POST, "/tasks", json!([{ "text": "Call", "complete_till": 1 }])).await;
    assert_eq!(heard(1).await, ["task[add]"]);
    control("messages", json!({ "contact_id": 2, "lead_id": 1, "text": "Hi" })).await;
    assert_eq!(heard(2).await, ["message[add]", "talk[add]"]);
    control("messages", json!({ "contact_id": 2, "text": "Hello", "outgoing": true })).await;
    assert_eq!(heard(2).await, ["outgoing_message[add]", "talk[update]"]);
    let (_, log) = get(&world, "/events?filter[type]=incoming_chat_message,outgoing_chat_message").await;
    assert_eq!(log["_embedded"]["events"].as_array().unwrap().len(), 2);
    let (status, answer) =
        world.post_json("/sandbox/kommo/messages", &json!({ "contact_id": 9, "text": "Hi" })).await;
    assert_eq!((status, answer), (400, json!({ "error": "there is no contact 9" })));
}

#[tokio::test]
async fn a_message_and_a_filled_lead_as_captured() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    subscribe(&world, &receiver.url, &["add_message", "update_lead"]).await;
    let message = ChatMessage {
        contact_id: 660_001,
        lead_id: Some(5_550_001),
        text: "Merhaba & hi".to_owned(),
        ..ChatMessage::default()
    };
    world.sandbox.add_message(message).unwrap();
    let form = receiver.form().await;
    for (key, value) in [
        ("text", "Merhaba & hi"),
        ("contact_id", "660001"),
        ("entity_type", "lead"),
        ("entity_id", "5550001"),
        ("element_type", "2"),
        ("type", "incoming"),
        ("author][type", "external"),
        ("author][name", "Ana"),
        ("origin", "waba"),
        ("message_type", "text"),
    ] {
        assert_eq!(form[&format!("message[add][0][{key}]")], value, "{key}");
    }
    let made =
        ask(&world, Method::POST, "/leads/custom_fields", &json!([{ "name": "Visit", "type": "date" }]))
            .await
            .1;
    let visit = made["_embedded"]["custom_fields"][0]["id"].clone();
    let fill = json!({
        "custom_fields_values": [
            { "field_code": "FBCLID", "values": [{ "value": "IwAR0" }] },
            { "field_id": visit, "values": [{ "value": 1_700_006_400 }] },
        ],
        "_embedded": { "tags": [{ "name": "vip" }] },
    });
    assert_eq!(ask(&world, Method::PATCH, "/leads/5550001", &fill).await.0, 200);
    let form = receiver.form().await;
    for (key, value) in [
        ("custom_fields][0][code", "FBCLID"),
        ("custom_fields][0][values][0][value", "IwAR0"),
        ("custom_fields][1][name", "Visit"),
        ("custom_fields][1][values][0", "1700006400"),
        ("tags][0][name", "vip"),
    ] {
        assert_eq!(form[&format!("leads[update][0][{key}]")], value, "{key}");
    }
    assert!(!form.contains_key("leads[update][0][old_status_id]"), "it did not move");
}

#[test]
fn a_stage_of_the_digital_pipeline_tells_little() {
    let lead = KommoLead {
        id: 1,
        name: "Ana".to_owned(),
        status_id: 142,
        old_status_id: Some(880_001),
        pipeline_id: 770_001,
        ..KommoLead::default()
    };
    let hook = KommoHook {
        leads: vec![(KommoAction::Status, lead)],
        percent_encoded: false,
        ..KommoHook::default()
    };
    assert_eq!(
        kommo_digital_pipeline(&hook),
        "leads[status][0][id]=1&leads[status][0][status_id]=142&leads[status][0][pipeline_id]=770001\
         &leads[status][0][old_status_id]=880001&leads[status][0][old_pipeline_id]=770001\
         &account[id]=330001&account[subdomain]=acme"
    );
}

#[tokio::test]
async fn known_mischief_on_demand() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    subscribe(&world, &receiver.url, &["status_lead"]).await;
    let to = |id: u64, status_id: u64| LeadChange { id, status_id: Some(status_id), ..LeadChange::default() };
    let style = WebhookStyle { twice: true, together: true, raw: true, account_last: true, shuffled: false };
    world.sandbox.change_leads(&[to(5_550_001, 142), to(5_550_002, 143)], style).unwrap();
    let (first, second) = (receiver.request().await, receiver.request().await);
    assert_eq!(body_of(&first), body_of(&second), "the same request again");
    assert!(body_of(&first).starts_with("leads[status][0][id]=5550001&"), "{first}");
    assert!(body_of(&first).contains("&leads[status][1][id]=5550002&"));
    assert!(body_of(&first).ends_with("&account[_links][self]=https://acme.kommo.com"));

    let batch = json!({
        "leads": [{ "id": 5_550_001, "status_id": 880_001 }, { "id": 5_550_002, "status_id": 880_001 }],
        "webhooks": { "shuffled": true },
    });
    assert_eq!(world.post_json("/sandbox/kommo/leads/batch", &batch).await.0, 200);
    for _ in 0..2 {
        let request = receiver.request().await;
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(body_of(&request).as_bytes()).into_owned().collect();
        let place = |key: &str| pairs.iter().position(|(known, _)| known == key).unwrap();
        let keys = ["account[subdomain]", "account[id]", "leads[status][0][id]", "leads[status][0][name]"];
        assert!(
            !keys.map(place).is_sorted() || place("leads[status][0][id]") != 3,
            "in another order: {pairs:?}"
        );
    }
    let (status, _) = world.post_json("/sandbox/kommo/leads/batch", &json!({ "leads": [{ "id": 7 }] })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn subscriptions_are_listed_changed_and_taken_away() {
    let world = world().await;
    let mut receiver = Receiver::new().await;
    assert_eq!(get(&world, "/webhooks").await.0, 204);
    let first = subscribe(&world, &receiver.url, &["status_lead"]).await;
    let again = subscribe(&world, &receiver.url, &["update_lead", "update_lead"]).await;
    assert_eq!((&again["id"], &again["settings"]), (&first["id"], &json!(["update_lead"])));
    for place in 1..100 {
        subscribe(&world, &format!("https://example.com/{place}"), &["add_catalog_element"]).await;
    }
    let one_more = json!({ "destination": "https://example.com/100", "settings": ["add_lead"] });
    assert_eq!(ask(&world, Method::POST, "/webhooks", &one_more).await.0, 400);
    assert_eq!(get(&world, "/webhooks").await.1["_embedded"]["webhooks"].as_array().unwrap().len(), 100);
    world.sandbox.move_deal(5_550_001, 770_001, 142, AT);
    assert!(receiver.form().await.contains_key("leads[update][0][old_status_id]"));
    let destination = json!({ "destination": receiver.url });
    assert_eq!(ask(&world, Method::DELETE, "/webhooks", &destination).await.0, 204);
    world.sandbox.set_price(5_550_001, Some(1), AT);
    subscribe(&world, &receiver.url, &["restore_lead"]).await;
    let change = |deleted| LeadChange { id: 5_550_001, deleted: Some(deleted), ..LeadChange::default() };
    world.sandbox.change_leads(&[change(true), change(false)], WebhookStyle::default()).unwrap();
    assert!(receiver.form().await.contains_key("leads[restore][0][id]"), "the next thing it hears");
}
