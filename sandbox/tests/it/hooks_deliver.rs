//! Trying a door that checks what it gets, in process and over the control path.

use std::collections::HashMap;

use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{get, post};
use kopru_sandbox::hooks::{
    self, Answer, Door, Hook, Parameters, Signing, check_address, handshake, make, sign, sign_sha1,
};
use serde_json::{Value, json};

use crate::{World, read};

const SECRET: &str = "app_secret_123";

/// A door that verifies both signatures and the handshake, with some corners of the web beside it.
async fn door() -> String {
    async fn receive(headers: HeaderMap, body: String) -> (StatusCode, String) {
        let is = |name, right: String| headers.get(name).is_some_and(|value| *value == *right);
        let right = is("x-hub-signature-256", sign(SECRET, body.as_bytes()))
            && is("x-hub-signature", sign_sha1(SECRET, body.as_bytes()));
        if right { (StatusCode::OK, String::new()) } else { (StatusCode::UNAUTHORIZED, "who?".to_owned()) }
    }
    async fn greet(Query(query): Query<HashMap<String, String>>) -> (StatusCode, String) {
        let is = |key: &str, right: &str| query.get(key).is_some_and(|value| value == right);
        if is("hub.mode", "subscribe") && is("hub.verify_token", "päss & word") {
            return (StatusCode::OK, query["hub.challenge"].clone());
        }
        (StatusCode::FORBIDDEN, String::new())
    }
    let router = Router::new()
        .route("/hooks/key", post(receive).get(greet))
        .route("/wordy", get(|| async { "<html>" }).post(|| async { "é".repeat(100_000) }))
        .route("/elsewhere", post(|| async { Redirect::temporary("/hooks/key") }))
        .route(
            "/kommo",
            post(|headers: HeaderMap, body: String| async move { format!("{headers:?} {body}") }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn hook(door: Door) -> Hook {
    make(door, None, &Parameters::default(), 1_763_884_700_000).unwrap()
}

async fn sent(to: &str, door: Door, signing: &Signing) -> Answer {
    hooks::post(check_address(to).unwrap(), &hook(door), signing).await.unwrap()
}

#[tokio::test]
async fn a_door_is_tried_once_and_its_answer_told() {
    let world = door().await;
    let right = Signing::With(SECRET.to_owned());
    for of_meta in [Door::Whatsapp, Door::Messenger, Door::Instagram, Door::Leadgen] {
        for (signing, status, body) in
            [(&right, 200, ""), (&Signing::Wrong, 401, "who?"), (&Signing::Unsigned, 401, "who?")]
        {
            let answer = sent(&format!("{world}/hooks/key"), of_meta, signing).await;
            assert_eq!((answer.status, answer.body.as_str(), answer.cut), (status, body, false), "{of_meta}");
            assert_eq!(answer.is_good(), status == 200);
        }
    }
    let answer = sent(&format!("{world}/wordy"), Door::Whatsapp, &right).await;
    assert!(answer.cut && answer.body.chars().count() == 32 * 1024);
    let answer = sent(&format!("{world}/elsewhere"), Door::Whatsapp, &right).await;
    assert_eq!(answer.status, 307, "a redirect is not followed");
    let answer = sent(&format!("{world}/kommo"), Door::Kommo, &Signing::Unsigned).await;
    assert!(answer.body.contains("amoCRM-WebHook-client") && !answer.body.contains("x-hub"), "{answer:?}");
    assert!(answer.body.contains("application/x-www-form-urlencoded"), "{answer:?}");

    let nobody = check_address("http://127.0.0.1:1/hooks/secret-key").unwrap();
    let why = hooks::post(nobody, &hook(Door::Whatsapp), &right).await.unwrap_err().to_string();
    assert!(why.contains("onnection refused") && !why.contains("secret-key"), "{why}");
}

#[tokio::test]
async fn a_handshake_is_right_if_the_challenge_comes_back_alone() {
    let world = door().await;
    for (path, token, status, right) in [
        ("/hooks/key", "päss & word", 200, true),
        ("/hooks/key?kept=1", "päss & word", 200, true),
        ("/hooks/key", "password", 403, false),
        ("/wordy", "päss & word", 200, false),
        ("/nowhere", "päss & word", 404, false),
    ] {
        let to = check_address(&format!("{world}{path}")).unwrap();
        let answer = handshake(to, token, 1_158_201_444).await.unwrap();
        assert_eq!((answer.answer.status, answer.right), (status, right), "{path} {token}");
        assert_eq!(answer.challenge, "1158201444");
    }
}

#[test]
fn addresses_and_signatures_that_cannot_be() {
    for (address, why) in [("file:///etc/passwd", "its scheme is \"file\""), ("127.0.0.1:8480/x", "")] {
        let said = check_address(address).unwrap_err().to_string();
        assert!(
            said.contains(why) && said.ends_with("it looks like http://127.0.0.1:8480/hooks/KEY"),
            "{said}"
        );
    }
    let secret = || Some("s".to_owned());
    for (door, secret, wrong, unsigned, works) in [
        (Door::Whatsapp, secret(), false, false, true),
        (Door::Whatsapp, secret(), true, false, true),
        (Door::Whatsapp, None, false, true, true),
        (Door::Whatsapp, None, false, false, false),
        (Door::Whatsapp, Some(String::new()), false, false, false),
        (Door::Whatsapp, secret(), true, true, false),
        (Door::Kommo, None, false, false, true),
        (Door::Kommo, None, false, true, true),
        (Door::Kommo, secret(), false, false, false),
        (Door::Kommo, None, true, false, false),
    ] {
        let chosen = Signing::chosen(door, secret.clone(), wrong, unsigned);
        assert_eq!(chosen.is_ok(), works, "{door} {secret:?} {wrong} {unsigned}");
    }
}

#[tokio::test]
async fn over_the_control_path() {
    let to = format!("{}/hooks/key", door().await);
    let world = World::new().await;
    let listed = world.client.get(world.url("/sandbox/hooks")).send().await.unwrap();
    let (_, listed) = read(listed).await;
    assert_eq!(listed["shapes"].as_array().unwrap().len(), hooks::shapes().len());
    assert_eq!(listed["shapes"][0]["door"], "whatsapp");
    assert_eq!(listed["shapes"][0]["shape"], "ad-click");

    let order = json!({
        "door": "whatsapp", "shape": "status-ad", "to": to, "secret": SECRET, "phone": "4915112345678",
    });
    let (status, answer) = world.post_json("/sandbox/hooks", &order).await;
    assert_eq!((status, &answer["answer"]["status"]), (200, &json!(200)), "{answer}");
    assert!(!answer.to_string().contains(SECRET));
    let sent: Value = serde_json::from_str(answer["sent"]["body"].as_str().unwrap()).unwrap();
    let message = &sent["entry"][0]["changes"][0]["value"]["messages"][0];
    assert_eq!(message["from"], "4915112345678");
    assert!(message["referral"].get("ctwa_clid").is_none());

    for (change, expected, said) in [
        (json!({ "signature": "wrong" }), 200, "\"status\":401"),
        (json!({ "signature": "none" }), 200, "\"status\":401"),
        (json!({ "signature": "odd" }), 400, "unknown variant `odd`"),
        (json!({ "secret": null }), 400, "give the app's secret"),
        (json!({ "door": "telegram" }), 400, "known are whatsapp, messenger"),
        (json!({ "shape": "nothing" }), 400, "known are ad-click"),
        (json!({ "phnoe": "1" }), 400, "unknown field `phnoe`"),
        (json!({ "to": "gopher://x" }), 400, "its scheme is"),
        (json!({ "to": null }), 400, "missing field `to`"),
        (json!({ "to": "http://127.0.0.1:1/" }), 502, "onnection refused"),
    ] {
        let (status, answer) = world.post_json("/sandbox/hooks", &crate::changed(&order, &change)).await;
        let answer = answer.to_string();
        assert_eq!(status, expected, "{change}: {answer}");
        assert!(answer.contains(said), "{change}: {answer}");
    }
    let (status, _) = world.post("/sandbox/hooks", "text/plain", order.to_string()).await;
    assert_eq!(status, 415, "what a web page may send without asking");
}
