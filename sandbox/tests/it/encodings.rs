//! How a request may be written down, and bodies that nobody would write.

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use testkit::Random;

use crate::{DATASET, TOKEN, World, read, web_purchase};

const EVENTS: &str = "/v25.0/700100/events";
const MULTIPART: &str = "multipart/form-data; boundary=----border";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A part's head and body, as `name="data"` and text.
fn multipart(parts: &[(&str, &str)]) -> String {
    let part = |(head, body): &(&str, &str)| {
        format!("------border\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "------border--\r\n"
}

/// An array, a text that holds one, and elements that are texts; kept as they were meant.
#[tokio::test]
async fn every_shape_of_data() {
    let world = World::new().await;
    let path = format!("{EVENTS}?access_token={TOKEN}");
    let event = web_purchase();
    let texts = json!([event.to_string()]);
    let list = json!([event]);
    let form = |data: &Value| {
        form_urlencoded::Serializer::new(String::new()).append_pair("data", &data.to_string()).finish()
    };
    let shapes = [
        ("application/json; charset=utf-8", json!({ "data": list }).to_string()),
        (JSON, json!({ "data": texts }).to_string()),
        (JSON, json!({ "data": list.to_string() }).to_string()),
        (JSON, json!({ "data": texts.to_string() }).to_string()),
        (FORM, form(&list)),
        (FORM, form(&texts)),
        ("", form(&list)),
    ];
    let count = shapes.len();
    for (kind, body) in shapes {
        let (status, body) = world.post(&path, kind, body).await;
        let trace = &body["fbtrace_id"];
        assert!(trace.as_str().is_some_and(|trace| trace.len() == 23 && trace.starts_with('A')), "{body}");
        assert_eq!(
            (status, &body),
            (200, &json!({ "events_received": 1, "messages": [], "fbtrace_id": trace }))
        );
    }
    let accepted = world.sandbox.graph_events();
    assert_eq!(accepted.len(), count, "copies are listed, not merged");
    assert!(accepted.iter().all(|one| one.event == event && one.dataset == DATASET));
}

#[tokio::test]
async fn bodies_that_hold_no_events() {
    let world = World::new().await;
    let path = format!("{EVENTS}?access_token={TOKEN}");
    let many: Vec<Value> = vec![web_purchase(); 1001];
    for (kind, body) in [
        (JSON, "{}".to_owned().into_bytes()),
        (JSON, b"{\"data\":[".to_vec()),
        (JSON, vec![0xff, 0xfe, 0x00]),
        (JSON, b"[]".to_vec()),
        (JSON, b"{\"data\":{}}".to_vec()),
        (JSON, b"{\"data\":\"nonsense\"}".to_vec()),
        (JSON, b"{\"data\":[]}".to_vec()),
        (JSON, format!("{{\"data\":{}1", "[".repeat(100_000)).into_bytes()),
        (FORM, vec![0xff, 0x00, b'%']),
        (FORM, Vec::new()),
        (JSON, json!({ "data": many }).to_string().into_bytes()),
    ] {
        let (status, answer) = world.post(&path, kind, body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{answer}");
        assert!(answer["error"].get("error_subcode").is_none());
    }
    assert_eq!(world.sandbox.graph_requests().last().unwrap().events, 1001);
    assert_eq!(world.send(&many[..1000]).await.1["events_received"], 1000);
    let too_large = vec![b' '; 16 * 1024 * 1024 + 1];
    let (status, answer) = world.post(&path, JSON, too_large).await;
    assert_eq!((status, &answer["error"]["code"]), (413, &json!(100)));
}

#[tokio::test]
async fn multipart_bodies() {
    let world = World::new().await;
    let list = json!([web_purchase()]).to_string();
    let texts = json!([web_purchase().to_string(), web_purchase().to_string()]).to_string();
    let file = r#"name="data"; filename="events.json""#;
    let typed = "name=\"data\"; filename=\"events.json\"\r\nContent-Type: application/json";
    let token = (r#"name="access_token""#, TOKEN);
    let data = (r#"name="data""#, list.as_str());
    let mut most = vec![(r#"name="filler""#, "x"); 998];
    most.extend([token, data]);
    for (parts, received) in [
        (vec![token, data], 1),
        (vec![data, token], 1),
        (vec![token, ("name=data", &list)], 1),
        (vec![token, (r#"name="data""#, &texts)], 2),
        (vec![token, (file, &list)], 1),
        (vec![token, (typed, &list)], 1),
        (most.clone(), 1),
    ] {
        let (status, body) = world.post(EVENTS, MULTIPART, multipart(&parts)).await;
        assert_eq!((status, &body["events_received"]), (200, &json!(received)), "{body}");
    }
    let quoted = "Multipart/Form-Data; charset=utf-8; boundary=\"----border\"";
    assert_eq!(world.post(EVENTS, quoted, multipart(&[token, data])).await.0, 200);
    let named_json = multipart(&[token, data]).replace("----border", "json");
    assert_eq!(world.post(EVENTS, "multipart/form-data; boundary=json", named_json).await.0, 200);

    most.push((r#"name="filler""#, "x"));
    let path = format!("{EVENTS}?access_token={TOKEN}");
    let whole = multipart(&[data]);
    for (kind, body) in [
        (MULTIPART, multipart(&most)),
        (MULTIPART, whole.replace("----border", "----other")),
        (MULTIPART, whole.replace("------border--", "")),
        (MULTIPART, whole[..whole.len() / 2].to_owned()),
        (MULTIPART, "x".to_owned()),
        ("multipart/form-data", whole.clone()),
        (MULTIPART, multipart(&[("name=\"colour\"", "blue")])),
    ] {
        let (status, body) = world.post(&path, kind, body).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(100)), "{body}");
    }
    assert_eq!(world.sandbox.graph_events().len(), 10);
}

#[tokio::test]
async fn tokens_in_every_place() {
    let world = World::new().await;
    let pairs =
        |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let list = json!([web_purchase()]).to_string();
    let in_query = format!("{EVENTS}?access_token={TOKEN}");
    let wrong_in_query = format!("{EVENTS}?access_token=wrong");
    let in_json = json!({ "data": [web_purchase()], "access_token": TOKEN }).to_string();
    let without = json!({ "data": [web_purchase()] }).to_string();
    let number = json!({ "data": [web_purchase()], "access_token": 5 }).to_string();
    let empty = json!({ "data": [web_purchase()], "access_token": "" }).to_string();
    let bearer = format!("Bearer {TOKEN}");
    for (path, kind, header, body, status) in [
        (&in_query[..], JSON, None, without.clone(), 200),
        (EVENTS, JSON, None, in_json.clone(), 200),
        (EVENTS, FORM, None, pairs(&[("data", &list), ("access_token", TOKEN)]), 200),
        (
            EVENTS,
            MULTIPART,
            None,
            multipart(&[("name=\"data\"", &list), ("name=\"access_token\"", TOKEN)]),
            200,
        ),
        (EVENTS, JSON, Some(&bearer), without.clone(), 200),
        (EVENTS, JSON, Some(&format!("bearer  {TOKEN}")), without.clone(), 200),
        (EVENTS, JSON, Some(&bearer), empty, 200),
        (&wrong_in_query, JSON, None, in_json.clone(), 200),
        (
            &format!("{in_query}&data={}", pairs(&[("", &list)]).trim_start_matches('=')),
            JSON,
            None,
            String::new(),
            200,
        ),
        (EVENTS, JSON, Some(&format!("Basic {TOKEN}")), without.clone(), 401),
        (EVENTS, JSON, Some(&"Bearer ".to_owned()), without.clone(), 401),
        (&wrong_in_query, JSON, Some(&bearer), without, 401),
        (EVENTS, JSON, None, number, 401),
    ] {
        let request = world.client.post(world.url(path)).header("content-type", kind).body(body);
        let request = if let Some(value) = header { request.header(AUTHORIZATION, value) } else { request };
        let (got, body) = read(request.send().await.unwrap()).await;
        assert_eq!(got, status, "{path} {kind} {header:?}: {body}");
    }
    for request in world.sandbox.graph_requests() {
        assert!(!format!("{request:?}").contains(TOKEN), "no token is kept: {request:?}");
    }
}

#[tokio::test]
async fn versions_and_headers() {
    let world = World::new().await;
    for (version, status, answers_as) in [
        ("/v26.0", 200, "v26.0"),
        ("/v25.0", 200, "v25.0"),
        ("/v24.0", 200, "v24.0"),
        ("/v16.0", 200, "v21.0"),
        ("/v2.12", 200, "v21.0"),
        ("", 200, "v21.0"),
        ("/v27.0", 400, "v26.0"),
        ("/v0.0", 400, "v26.0"),
        ("/v999999.0", 400, "v26.0"),
        ("/V25.0", 400, "v26.0"),
    ] {
        let body = json!({ "data": [web_purchase()], "access_token": TOKEN }).to_string();
        let path = world.url(&format!("{version}/{DATASET}/events"));
        let response = world.client.post(path).header("content-type", JSON).body(body).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("facebook-api-version"), answers_as, "{version}");
        assert_eq!(header("content-type"), "application/json; charset=UTF-8");
        assert!(!header("x-fb-rev").is_empty() && !header("x-fb-debug").is_empty());
        let trace = header("x-fb-trace-id");
        let (got, body) = read(response).await;
        assert_eq!(got, status, "{version}: {body}");
        let told = if status == 200 { &body["fbtrace_id"] } else { &body["error"]["fbtrace_id"] };
        assert_eq!(told, &trace);
    }
}

/// Random bytes, or a good body that was spoilt in a few places.
fn spoilt(random: &mut Random, good: &[u8]) -> Vec<u8> {
    if random.below(4) == 0 {
        let length = random.below(300);
        return (0..length).map(|_| random.byte()).collect();
    }
    let mut body = good.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(body.len());
        match random.below(4) {
            0 => body[at] = random.byte(),
            1 => body.insert(at, b"\"\\{}[],:&=%\r\n-\0"[random.below(15)]),
            2 => body.truncate(at + 1),
            _ => drop(body.remove(at)),
        }
        body.push(b' ');
    }
    body
}

/// Always an answer that Graph could give, never one of a broken server.
fn is_of_graph(status: u16, body: &Value) -> bool {
    let error = &body["error"];
    match status {
        200 => body["events_received"].is_u64(),
        400..500 => error["message"].is_string() && error["code"].is_i64() && error["fbtrace_id"].is_string(),
        _ => false,
    }
}

#[tokio::test]
async fn spoilt_bodies() {
    let world = World::new().await;
    let path = format!("{EVENTS}?access_token={TOKEN}");
    let event = web_purchase();
    let list = json!([event]).to_string();
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("data", &list).finish();
    for (seed, (kind, good)) in [
        (JSON, json!({ "data": [event] }).to_string()),
        (JSON, json!({ "data": [event.to_string()] }).to_string()),
        (FORM, form.clone()),
        (MULTIPART, multipart(&[("name=\"data\"", &list)])),
        ("text/plain", form),
    ]
    .into_iter()
    .enumerate()
    {
        let mut random = Random::seeded(u64::try_from(seed).unwrap());
        for case in 0..200 {
            let body = spoilt(&mut random, good.as_bytes());
            let shown = String::from_utf8_lossy(&body).into_owned();
            let (status, answer) = world.post(&path, kind, body).await;
            assert!(is_of_graph(status, &answer), "{kind} {case}: {status} {answer} to {shown:?}");
        }
    }
    assert_eq!(world.send(&[event]).await.0, 200, "it still answers");
}

#[tokio::test]
async fn values_that_nobody_would_send() {
    let world = World::new().await;
    let path = format!("{EVENTS}?access_token={TOKEN}");
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let deep_object = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let whole = [
        deep(100_000),
        deep_object(50_000),
        format!("{{\"data\":{}}}", deep(120)),
        format!("{{\"data\":[{}]}}", deep_object(120)),
        format!("{{\"data\":[{}]}}", json!(deep_object(120))),
        format!("{{\"data\":[{}]}}", json!(deep(100_000))),
        format!("{{\"data\":{}}}", json!(json!([json!(deep_object(120)).to_string()]).to_string())),
        r#"{"data":["\ud800"]}"#.to_owned(),
        r#"{"data":[{"event_name":"\udfff\ud800"}]}"#.to_owned(),
        r#"{"\u0000":1,"data":["\u0000"]}"#.to_owned(),
        r#"{"data":[1e999]}"#.to_owned(),
        r#"{"data":[NaN]}"#.to_owned(),
        r#"{"data":[null,null]}"#.to_owned(),
        r#"{"data":null}"#.to_owned(),
        r#"{"data":1}"#.to_owned(),
        "null".to_owned(),
        "\u{feff}{}".to_owned(),
    ];
    let strange = [
        "1e999",
        "-1e999",
        "1e308",
        "-0.0",
        "99999999999999999999999",
        "9223372036854775807",
        "-9223372036854775808",
        "1.5",
        "true",
        "null",
        "\"\"",
        "\" \"",
        "[]",
        "{}",
        "[[]]",
        "[null]",
        "[{}]",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"NaN\"",
        "\"1e999\"",
        "\"-1\"",
        "\"\u{202e}ز\"",
    ];
    let event = web_purchase().to_string();
    let places = [
        "event_name",
        "event_time",
        "event_id",
        "action_source",
        "event_source_url",
        "user_data",
        "em",
        "client_user_agent",
        "client_ip_address",
        "fbc",
        "fbp",
        "custom_data",
        "currency",
        "value",
        "contents",
        "id",
        "quantity",
    ];
    let parsed: Value = serde_json::from_str(&event).unwrap();
    let with = |place: &str, raw: &str| {
        // The value stands raw in the text, because JSON values cannot hold all of these.
        let marked = replaced(&parsed, place).to_string();
        format!("{{\"data\":[{}]}}", marked.replace("\"MARK\"", raw))
    };
    let placed = places.iter().flat_map(|place| strange.iter().map(move |raw| with(place, raw)));
    let extra = strange.iter().map(|raw| {
        format!("{{\"data\":[{event}],\"test_event_code\":{raw},\"appsecret_proof\":{raw},\"batch\":{raw}}}")
    });
    for body in whole.into_iter().chain(placed).chain(extra) {
        let shown: String = body.chars().take(500).collect();
        let (status, answer) = world.post(&path, JSON, body).await;
        assert!(is_of_graph(status, &answer), "{status} {answer} to {shown}");
    }
    assert_eq!(world.send(&[web_purchase()]).await.0, 200, "it still answers");
    let (status, events) = read(world.client.get(world.url("/sandbox/events")).send().await.unwrap()).await;
    assert_eq!(status, 200, "and what was accepted can be read: {}", events["count"]);
}

/// `value` with `MARK` wherever the key is.
fn replaced(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, inner)| {
                (name.clone(), if name == key { json!("MARK") } else { replaced(inner, key) })
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(|item| replaced(item, key)).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn paths_that_nobody_would_call() {
    let world = World::new().await;
    for path in [
        "//",
        "/%00",
        "/%ff%fe/events",
        "/v25.0//events",
        "/v25.0/../../etc/passwd",
        "/v25.0/1/events?%",
        "/v25.0/700100/events?access_token=%00&data=%ff",
        "/v25.0/'%22%3E/events",
        "/v.0/1",
        "/v25.0",
        "/v25.0/act_/insights",
        "/v18446744073709551616.0/1",
    ] {
        for method in ["GET", "POST", "DELETE", "PATCH"] {
            let request = world.client.request(method.parse().unwrap(), world.url(path));
            let (status, body) = read(request.send().await.unwrap()).await;
            assert!(
                (400..500).contains(&status) && body["error"]["code"].is_i64(),
                "{method} {path}: {body}"
            );
        }
    }
    let long = format!("/v25.0/{}/events?access_token={TOKEN}", "9".repeat(20_000));
    assert_eq!(world.post(&long, JSON, "{}").await.1["error"]["error_subcode"], 33);
}
