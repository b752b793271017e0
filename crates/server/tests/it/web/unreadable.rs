//! Hostile and broken bodies: each is refused with a word, and nothing of a neighbour is lost.

use serde_json::json;

use super::shop::{KEY, SHOP, Shop, changed, purchase};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Bodies by their content type, and as what each is counted.
fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>, &'static str)> {
    let good = json!({ "data": [purchase("hostile")] }).to_string();
    let cut = |bytes: usize| good.as_bytes()[..bytes].to_vec();
    let with = |key: &str, json: &str| {
        let event = changed("hostile", &format!("/{key}"), "here");
        json!({ "data": [event] }).to_string().replacen("\"here\"", json, 1).into_bytes()
    };
    let deep =
        |times: usize| format!(r#"{{"data":{}{}}}"#, "[".repeat(times), "]".repeat(times)).into_bytes();
    let objects = |times: usize| {
        format!("{{\"data\":{}1{}}}", r#"{"a":"#.repeat(times), "}".repeat(times)).into_bytes()
    };
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].to_vec();
    let events = vec![purchase("many"); 1001];
    vec![
        ("nothing", JSON, Vec::new(), "unread_body"),
        ("a blank", JSON, b" \r\n".to_vec(), "unread_body"),
        ("cut in a text", JSON, cut(good.len() / 2), "unread_body"),
        ("cut before its end", JSON, cut(good.len() - 1), "unread_body"),
        ("twice", JSON, good.repeat(2).into_bytes(), "unread_body"),
        ("a text behind it", JSON, format!("{good}; DROP TABLE fact").into_bytes(), "unread_body"),
        ("UTF-16", JSON, utf16, "unread_body"),
        ("Latin-1", JSON, [good.as_bytes(), b"\xfc"].concat(), "unread_body"),
        ("zeros", JSON, vec![0; 1000], "unread_body"),
        ("gzip", JSON, gzip, "unread_body"),
        ("HTML", "text/html", b"<html><body>It works</body></html>".to_vec(), "unread_body"),
        (
            "XML with an entity",
            "text/xml",
            br#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>"#.to_vec(),
            "unread_body",
        ),
        ("ten thousand lists", JSON, deep(10_000), "all_refused"),
        ("a million lists", JSON, deep(1_000_000), "all_refused"),
        ("ten thousand objects", JSON, objects(10_000), "bad_request"),
        (
            "an endless number",
            JSON,
            format!(r#"{{"data":[{{"event_time":1{}}}]}}"#, "0".repeat(100_000)).into_bytes(),
            "all_refused",
        ),
        ("no number", JSON, br#"{"data":[{"event_time":NaN}]}"#.to_vec(), "unread_body"),
        ("an infinite number", JSON, br#"{"data":1e999}"#.to_vec(), "unread_body"),
        ("a list alone", JSON, b"[]".to_vec(), "unread_body"),
        ("a form called JSON", JSON, b"data=[]&access_token=x".to_vec(), "unread_body"),
        ("multipart without a boundary", "multipart/form-data", good.clone().into_bytes(), "unread_body"),
        (
            "multipart without an end",
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n[".to_vec(),
            "unread_body",
        ),
        ("no list", JSON, b"{}".to_vec(), "bad_request"),
        ("an empty list", JSON, br#"{"data":[]}"#.to_vec(), "bad_request"),
        ("null", JSON, br#"{"data":null}"#.to_vec(), "bad_request"),
        ("an address", JSON, br#"{"data":"gizem.secretperson@mail.example.org"}"#.to_vec(), "bad_request"),
        (
            "a batch of Graph",
            JSON,
            br#"{"batch":[{"method":"POST","relative_url":"me"}]}"#.to_vec(),
            "bad_request",
        ),
        ("a form of nothing", FORM, b"%00=%ff".to_vec(), "bad_request"),
        ("1,001 events", JSON, json!({ "data": events }).to_string().into_bytes(), "bad_request"),
        (
            "a long parameter",
            JSON,
            json!({ "data": [purchase("p")], "upload_tag": "x".repeat(600) }).to_string().into_bytes(),
            "bad_request",
        ),
        ("no events", JSON, br#"{"data":[null,true,"x",7,[],[[]]]}"#.to_vec(), "all_refused"),
        ("objects of nothing", JSON, br#"{"data":[{},{"a":{"b":{"c":[]}}}]}"#.to_vec(), "all_refused"),
        (
            "keys that collide",
            JSON,
            format!(
                r#"{{"data":[{{{}}}]}}"#,
                (0..20_000).map(|at| format!("\"k{at}\":0")).collect::<Vec<_>>().join(",")
            )
            .into_bytes(),
            "all_refused",
        ),
        ("a time of ages", JSON, with("event_time", "99999999999999999999"), "all_refused"),
        ("a time below nothing", JSON, with("event_time", "-9223372036854775808"), "all_refused"),
        (
            "a name of a megabyte",
            JSON,
            with("event_name", &format!("\"{}\"", "n".repeat(1_000_000))),
            "all_refused",
        ),
        (
            "an id of a megabyte",
            JSON,
            with("event_id", &format!("\"{}\"", "i".repeat(1_000_000))),
            "all_refused",
        ),
        (
            "a name with an address",
            JSON,
            with("event_name", "\"Purchase gizem.secretperson@mail.example.org\""),
            "all_refused",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_refused_with_a_word_and_its_neighbours_are_kept() {
    let shop = Shop::new().await;
    let bodies = bodies();
    for (place, (what, content_type, body, reason)) in bodies.iter().enumerate() {
        let request = shop.to(SHOP).bearer_auth(KEY).header("content-type", *content_type).body(body.clone());
        let answer = shop.send(request).await;
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
        answer.is_refused(400, 100);
        let said = answer.json["error"]["error_user_msg"].as_str().unwrap_or_default();
        assert!((10..2000).contains(&said.len()), "{what}: {answer:?}");
        assert!(answer.json.to_string().len() < 16_000, "{what}: {} bytes", answer.json.to_string().len());
        shop.tell(&[purchase(&format!("o{place}"))]).await.is_received(1);
        let is_unread = answer.json["error"]["error_user_title"] == "the body cannot be read";
        assert_eq!(is_unread, *reason == "unread_body", "{what}: {answer:?}");
    }
    assert_eq!(shop.kept().await.len(), bodies.len());
    let of = |reason: &str| i64::try_from(bodies.iter().filter(|(.., one)| *one == reason).count()).unwrap();
    let ledger = shop.0.stopped().await;
    for reason in ["unread_body", "bad_request"] {
        assert_eq!(ledger.refused_at_door.get(reason), Some(&of(reason)), "{reason}: {ledger:?}");
    }
    // Of the others each event is counted.
    assert!(ledger.refused_at_door["refused_event"] >= of("all_refused"), "{ledger:?}");
    assert_eq!(ledger.refused_at_door.len(), 3, "{ledger:?}");
    assert!(ledger.balanced, "{ledger:?}");
    assert_eq!(ledger.conversions.created, i64::try_from(bodies.len()).unwrap());
}

/// A key that comes twice in an event, texts where numbers are, and what only looks broken.
#[tokio::test]
async fn what_can_be_read_is_taken() {
    let shop = Shop::new().await;
    let good = json!({ "data": [purchase("twice")] }).to_string();
    let twice = good.replacen("\"event_id\":\"twice\"", r#""event_id":"first","event_id":"second""#, 1);
    let blanks =
        format!("{}{good}{}", " ".repeat(100_000), "\n".repeat(100_000)).replacen("twice", "blanks", 1);
    let escaped = good.replacen("\"twice\"", r#""esc\u0061ped""#, 1);
    for body in [twice, blanks, escaped] {
        let request = shop.to(SHOP).bearer_auth(KEY).header("content-type", JSON).body(body);
        shop.send(request).await.is_received(1);
    }
    assert_eq!(shop.ids().await, ["second", "blanks", "escaped"]);
}
