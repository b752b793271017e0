//! What a door takes in, and what it answers.

use kopru_core::Fact;
use sandbox::hooks::{
    Referral, WhatsappChange, WhatsappEntry, WhatsappMessage, WhatsappStatus, sign, whatsapp,
};
use store::DecisionStore;

use crate::world::{ADMIN_TOKEN, APP_SECRET, ECHO, KOMMO, VERIFY_TOKEN, WHATSAPP, World};

const PHONE: &str = "905320000001";

fn message() -> String {
    let message = WhatsappMessage {
        from: Some(PHONE.into()),
        id: "wamid.1".into(),
        name: "Ayşe Kaya".into(),
        timestamp: 1_780_000_000,
        referral: Some(Referral::ad("1202", "ARA-click")),
        ..WhatsappMessage::default()
    };
    whatsapp(&[WhatsappEntry::of("222", message)])
}

#[tokio::test]
async fn what_was_acknowledged_is_kept() {
    let world = World::new().await;
    let answer = world.post(WHATSAPP, message()).await;
    assert_eq!(answer.status(), 200);
    let facts = world.facts().await;
    assert!(matches!(facts.as_slice(), [Fact::Click(_)]), "{facts:?}");
    assert!(!format!("{facts:?}").contains(PHONE));
    let ledger = world.stopped().await;
    assert_eq!((ledger.facts.received, ledger.facts.pending, ledger.balanced), (1, 1, true));
    assert!(ledger.refused_at_door.is_empty());
}

#[tokio::test]
async fn kommo_does_not_sign_and_gives_hints() {
    let world = World::new().await;
    let body = "leads[status][0][id]=55&leads[status][0][status_id]=142&leads[status][0][pipeline_id]=7";
    assert_eq!(world.post_signed(KOMMO, body, None).await.status(), 200);
    let facts = world.facts().await;
    assert!(matches!(facts.as_slice(), [Fact::DealHint(_)]), "{facts:?}");
}

#[tokio::test]
async fn an_unsigned_body_is_refused_and_counted() {
    let world = World::new().await;
    let of_another = sign("another secret", message().as_bytes());
    let of_another_body = sign(APP_SECRET, b"something else");
    for signature in [None, Some(""), Some("sha256="), Some(&*of_another), Some(&*of_another_body)] {
        let answer = world.post_signed(WHATSAPP, message(), signature).await;
        assert_eq!(answer.status(), 401, "{signature:?}");
        assert_eq!(answer.text().await.unwrap(), "", "no hint");
    }
    assert!(world.facts().await.is_empty());
    let ledger = world.stopped().await;
    assert_eq!(ledger.refused_at_door.get("bad_signature"), Some(&5));
    assert_eq!(ledger.facts.received, 0);
}

#[tokio::test]
async fn counts_are_written_down_while_running() {
    let world = World::new().await;
    world.post_signed(WHATSAPP, message(), None).await;
    testkit::until("it is written", async || !world.ledger().await.refused_at_door.is_empty()).await;
}

#[tokio::test]
async fn meta_shakes_hands_with_the_right_token_only() {
    let world = World::new().await;
    let ask = async |key: &str, token: &str| {
        let query =
            format!("hub.mode=subscribe&hub.challenge=12345&hub.verify_token={}", token.replace(' ', "%20"));
        let answer = world.client.get(world.door(&format!("/hooks/{key}?{query}"))).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(ask(WHATSAPP, VERIFY_TOKEN).await, (200, "12345".into()));
    assert_eq!(ask(WHATSAPP, "wrong").await, (403, String::new()));
    assert_eq!(ask("no such key", VERIFY_TOKEN).await, (404, String::new()));
    assert_eq!(ask(KOMMO, VERIFY_TOKEN).await, (403, String::new()));
    let bare = world.client.get(world.door(&format!("/hooks/{WHATSAPP}"))).send().await.unwrap();
    assert_eq!(bare.status(), 403);
    assert_eq!(world.stopped().await.refused_at_door.get("bad_handshake"), Some(&3));
}

#[tokio::test]
async fn what_is_authentic_but_not_understood_is_kept_and_answered_with_200() {
    let world = World::new().await;
    assert_eq!(world.post(WHATSAPP, "{ not json").await.status(), 200);
    assert_eq!(world.post(KOMMO, "unknown=1").await.status(), 200);
    assert!(world.facts().await.is_empty());
    let ledger = world.stopped().await;
    assert_eq!(ledger.refused_at_door.get("unreadable"), Some(&2));
    assert!(ledger.balanced);
}

#[tokio::test]
async fn a_body_with_nothing_of_interest_gives_no_facts() {
    let world = World::new().await;
    let status = WhatsappStatus {
        id: "wamid.2".into(),
        status: "delivered".into(),
        timestamp: 1_780_000_000,
        recipient_id: PHONE.into(),
        ..WhatsappStatus::default()
    };
    let change = WhatsappChange { statuses: vec![status], ..WhatsappChange::default() };
    let body = whatsapp(&[WhatsappEntry { waba_id: "222".into(), changes: vec![change] }]);
    assert_eq!(world.post(WHATSAPP, body).await.status(), 200);
    let ledger = world.stopped().await;
    assert_eq!(ledger, store::views::Ledger { balanced: true, ..Default::default() });
}

#[tokio::test]
async fn the_public_listener_serves_doors_only() {
    let world = World::new().await;
    let get = async |path: &str| world.client.get(world.door(path)).send().await.unwrap();
    for path in ["/", "/api/v1/ledger", "/login", "/assets/page.css", "/hooks", "/hooks/", "/metrics"] {
        assert_eq!(get(path).await.status(), 404, "{path}");
    }
    assert_eq!(get("/healthz").await.status(), 200);
    assert_eq!(get("/readyz").await.status(), 200);
}

#[tokio::test]
async fn what_was_answered_survives_the_end() {
    let world = World::new().await;
    assert_eq!(world.post(WHATSAPP, message()).await.status(), 200);
    let (store, lease, _folder) = (world.store.clone(), world.lease, world.folder.clone());
    world.stopped().await;
    assert_eq!(store.take(lease, 10, 0).await.unwrap().facts.len(), 1);
}

#[tokio::test]
async fn a_source_is_handed_the_whole_request_and_says_what_is_answered() {
    let world = World::behind(&["127.0.0.1"], ADMIN_TOKEN, &["acme"]).await;
    let request =
        world.client.request(reqwest::Method::PUT, world.door(&format!("/hooks/{ECHO}/a/b?x=1&y=%20")));
    let request = request.header("x-forwarded-for", "192.0.2.7").header("cookie", "a=b; seen=before");
    let answer = request.body("1\n2").send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["set-cookie"], "seen=yes; HttpOnly");
    let said: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let uri = format!("https://convert.example.com/hooks/{ECHO}/a/b?x=1&y=%20");
    let expected = serde_json::json!({
        "method": "PUT", "uri": uri, "rest": "/a/b", "query": "x=1&y=%20", "peer": "192.0.2.7",
        "cookie": "before", "lines": 2,
    });
    assert_eq!(said, expected);
    let refused =
        world.client.post(world.door(&format!("/hooks/{ECHO}"))).body("refuse").send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.text().await.unwrap(), r#"{"error":"as you wish"}"#);
    let ledger = world.stopped().await;
    assert_eq!(ledger.facts.received, 2);
    assert_eq!(ledger.refused_at_door.get("too_many"), Some(&1));
}
