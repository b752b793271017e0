//! The pixel, as browsers call it.

use kopru_sandbox::Origin;
use serde_json::json;

use crate::{DATASET, World};

const FORM: &str = "application/x-www-form-urlencoded;charset=UTF-8";

/// What a page's script sends, without the pixel's id.
const PAIRS: [(&str, &str); 13] = [
    ("ev", "Purchase"),
    ("eid", "order-1001"),
    ("dl", "https://shop.example.com/thanks?a=b&c=d"),
    ("rl", "https://shop.example.com/"),
    ("ts", "1763884800123"),
    ("fbp", "fb.1.1763880000000.1116446470"),
    ("fbc", "fb.1.1763884000000.IwAR2abcDEF"),
    ("cd[value]", "49.90"),
    ("cd[currency]", "EUR"),
    ("cd[content_ids]", r#"["sku1","sku2"]"#),
    ("cd[note]", "[no JSON"),
    ("ud[em]", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("ud[external_id]", "c-1"),
];

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("id", DATASET).extend_pairs(pairs).finish()
}

/// Sends, and sees to it that the answer is a GIF of one pixel that no cache keeps.
async fn picture(request: reqwest::RequestBuilder) {
    let response = request.header("user-agent", "Mozilla/5.0 (test)").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "image/gif");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(response.headers()["cache-control"].to_str().unwrap().contains("no-store"));
    let body = response.bytes().await.unwrap();
    assert!(matches!(body.len(), 42 | 43), "{}", body.len());
    assert!(body.starts_with(b"GIF89a\x01\x00\x01\x00") && body.ends_with(b"\x3b"));
}

#[tokio::test]
async fn every_way_to_send_an_event() {
    let world = World::new().await;
    let expected = json!({
        "event_name": "Purchase", "event_time": 1_763_884_800, "event_id": "order-1001",
        "action_source": "website", "event_source_url": PAIRS[2].1, "referrer_url": PAIRS[3].1,
        "user_data": {
            "em": PAIRS[11].1, "external_id": "c-1", "fbp": PAIRS[5].1, "fbc": PAIRS[6].1,
            "client_user_agent": "Mozilla/5.0 (test)",
        },
        "custom_data": {
            "value": "49.90", "currency": "EUR", "content_ids": ["sku1", "sku2"], "note": "[no JSON",
        },
    });
    let part = |(name, value): (&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = PAIRS.into_iter().chain([("id", DATASET)]).map(part).collect::<String>() + "--b--\r\n";
    let pairs = encoded(&PAIRS);
    let post = |path: &str, kind: &str, body: String| {
        world.client.post(world.url(path)).header("content-type", kind).body(body)
    };
    for request in [
        world.client.get(world.url(&format!("/tr?{pairs}"))),
        world.client.get(world.url(&format!("/tr/?{pairs}&noscript=1"))),
        post("/tr/", FORM, pairs.clone()),
        post("/tr", "text/plain;charset=UTF-8", pairs.clone()),
        post("/tr/", "multipart/form-data; boundary=b", parts),
        post(&format!("/tr?{pairs}"), FORM, String::new()),
    ] {
        picture(request).await;
        let event = world.sandbox.graph_events().pop().unwrap();
        assert_eq!((event.origin, event.dataset.as_str()), (Origin::Browser, DATASET));
        assert_eq!(event.event, expected);
        assert_eq!(event.diagnostics, Vec::<String>::new());
    }
    assert_eq!(world.sandbox.graph_events().len(), 6);
    assert_eq!(world.sandbox.tallies(DATASET)["Purchase"].browser, 6);
}

#[tokio::test]
async fn limited_use_and_little_else() {
    let world = World::new().await;
    let pairs =
        [("ev", "PageView"), ("dpo", "LDU"), ("dpoco", "1"), ("dpost", "1000"), ("dl", ""), ("eid", "")];
    picture(world.client.get(world.url(&format!("/tr?{}", encoded(&pairs))))).await;
    let event = world.sandbox.graph_events().pop().unwrap().event;
    assert_eq!(event["data_processing_options"], json!(["LDU"]));
    assert_eq!(event["data_processing_options_country"], 1);
    assert_eq!(event["data_processing_options_state"], 1000);
    assert!((event["event_time"].as_i64().unwrap() - crate::now()).abs() <= 5, "it is the time of arrival");
    for key in ["event_id", "event_source_url", "custom_data"] {
        assert!(event.get(key).is_none(), "{event}");
    }
}

/// The picture tells nothing; the sandbox does.
#[tokio::test]
async fn what_is_of_no_use_is_not_accepted() {
    let world = World::new().await;
    let long = "x".repeat(70_000);
    for (body, reason) in [
        ("id=999&ev=Lead".to_owned(), "no such pixel"),
        ("ev=Lead".to_owned(), "no such pixel"),
        (encoded(&[]), "ev"),
        (encoded(&[("ev", "Lead"), ("cd[note]", &long)]), "too long"),
        (String::new(), "no such pixel"),
        ("%ff%00=%".to_owned(), "no such pixel"),
    ] {
        picture(world.client.post(world.url("/tr/")).header("content-type", FORM).body(body)).await;
        let request = world.sandbox.graph_requests().pop().unwrap();
        assert_eq!((request.accepted, request.path.as_str()), (false, "/tr"));
        assert!(request.reason.unwrap().contains(reason), "{reason}");
    }
    let broken = "multipart/form-data; boundary=b";
    picture(world.client.post(world.url("/tr/")).header("content-type", broken).body("--b\r\nx")).await;
    assert_eq!(world.sandbox.graph_events(), []);
}

#[tokio::test]
async fn the_script() {
    let world = World::new().await;
    for path in ["/en_US/fbevents.js", "/pt_BR/fbevents.js"] {
        let response = world.client.get(world.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/javascript; charset=utf-8");
        let script = response.text().await.unwrap();
        for word in ["callMethod", "_fbp", "_fbc", "fbclid", "/tr/", "trackSingleCustom", "eventID"] {
            assert!(script.contains(word), "{word}");
        }
    }
    let other = world.client.get(world.url("/en_US/other.js")).send().await.unwrap();
    assert_eq!(crate::read(other).await.0, 400);
}
