//! Kinds of faults that public reports show: what both refuse, also when strict, and of which keys both
//! say something although they take the event.

use std::collections::BTreeSet;

use capi::{Checks, check_element, sha256_hex};
use sandbox::{Options, Running, Sandbox, SimulatedDataset};
use serde_json::{Value, json};
use testkit::Random;

use super::{
    DATASET, RefusalCode, TOKEN,
    events::{HASH, put},
    now_ms,
};

/// Events of one run, and how many requests they are told in.
const EVENTS: u64 = 3000;
const DAY_S: i64 = 86_400;

/// What `capi` says and the sandbox has no opinion on: of the business's own data, of dates, and of what
/// only a second look at the same value shows.
const OF_CAPI_ALONE: [&str; 12] = [
    "currency_case",
    "fbc_age",
    "fbc_time",
    "hashed_twice",
    "hashed_unnormalised",
    "ldu_without_address",
    "many_values",
    "personal_data_in_url",
    "repeated_value",
    "negative_value",
    "value_decimals",
    "zero_value",
];

/// Of these nothing is ever only remarked on.
const REFUSED_OR_RIGHT: [&str; 5] = [
    "custom_data.colour",
    "custom_data.contents.0.ID",
    "custom_data.value",
    "event_time",
    "user_data.lead_id",
];

#[tokio::test(flavor = "multi_thread")]
async fn both_see_what_people_really_paste() {
    let (lenient, strict) = (World::new(false).await, World::new(true).await);
    let client = reqwest::Client::new();
    let (mut left, mut taken) = (Vec::new(), Vec::new());
    let mut refused = BTreeSet::new();
    for number in 0..EVENTS {
        let now_s = now_ms() / 1000;
        let event = drawn(&mut Random::seeded(number), now_s);
        let text = event.to_string();
        for (world, is_strict) in [(&lenient, false), (&strict, true)] {
            let capi = findings(&text, now_s, is_strict).0;
            let sandbox = world.send(&client, &event).await;
            refused.extend(capi.map(|code| (is_strict, code)));
            if capi != sandbox {
                left.push(format!("{number} strict {is_strict}: {capi:?} {sandbox:?} {text}"));
            } else if capi.is_none() && !is_strict {
                taken.push((text.clone(), findings(&text, now_s, false).1));
            }
        }
    }
    let told = lenient.sandbox.graph_events();
    assert_eq!(told.len(), taken.len());
    let mut said = BTreeSet::new();
    for ((text, (all, shared)), event) in taken.iter().zip(told) {
        let sandbox: BTreeSet<String> =
            event.diagnostics.iter().map(|remark| remark.split(' ').next().unwrap().to_owned()).collect();
        if !(shared.is_subset(&sandbox) && sandbox.is_subset(all)) {
            left.push(format!("capi {all:?} sandbox {sandbox:?} {text}"));
        }
        said.extend(sandbox);
    }
    assert!(left.is_empty(), "{} disagreements:\n{}", left.len(), left[..left.len().min(20)].join("\n"));
    // The kinds are really met.
    for code in [2_804_001, 2_804_008, 2_804_019, 2_804_036] {
        assert!(refused.contains(&(false, code)), "{code}");
    }
    for (path, _) in kinds(0).iter().filter(|(path, _)| !REFUSED_OR_RIGHT.contains(path)) {
        assert!(said.iter().any(|key| key.starts_with(&shown(path))), "nothing was ever said of {path}");
    }
}

/// The refusal, the keys of all findings, and those of which the sandbox should speak as well.
fn findings(text: &str, now_s: i64, strict: bool) -> (RefusalCode, (BTreeSet<String>, BTreeSet<String>)) {
    let element = Ok(capi::Event::from_slice(text.as_bytes()).unwrap());
    let findings = check_element(&element, Checks { now_s, strict, as_sent: true });
    let refusal = findings.refusal().map(|refusal| i64::from(refusal.subcode().unwrap_or_default()));
    let all = findings.iter().map(|finding| shown(&finding.path)).collect();
    let shared = findings.iter().filter(|finding| !OF_CAPI_ALONE.contains(&finding.code));
    (refusal, (all, shared.map(|finding| shown(&finding.path)).collect()))
}

/// A path without the places in lists.
fn shown(path: &str) -> String {
    let parts = path.split('.').map(|part| if part.parse::<u32>().is_ok() { "[]" } else { part });
    parts.collect::<Vec<_>>().join(".").replace(".[]", "[]")
}

fn drawn(random: &mut Random, now_s: i64) -> Value {
    let mut event = json!({
        "event_name": "Purchase", "event_time": now_s - 60, "event_id": "o-1001", "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks",
        "user_data": {
            "em": [HASH], "client_user_agent": "Mozilla/5.0", "client_ip_address": "81.2.69.142",
            "fbp": format!("fb.1.{}.1234567890", (now_s - 900) * 1000),
        },
        "custom_data": {
            "currency": "EUR", "value": 49.9, "content_ids": ["A1"], "content_type": "product",
            "contents": [{ "id": "A1", "quantity": 1, "item_price": 49.9 }],
        },
    });
    if random.below(4) == 0 {
        event["action_source"] = json!("email");
    }
    let kinds = kinds(now_s);
    for _ in 0..random.below(4) {
        let (path, values) = random.pick(&kinds);
        let value = random.pick(&values);
        put(&mut event, path, value);
    }
    event
}

type Kind = (&'static str, Vec<Value>);

fn kinds(now_s: i64) -> Vec<Kind> {
    let texts = |all: &[&str]| -> Vec<Value> { all.iter().map(|text| json!(text)).collect() };
    let hash = |text: &str| json!(sha256_hex(text.as_bytes()));
    let click = |id: &str| json!(format!("fb.1.{}.{id}", (now_s - DAY_S) * 1000));
    vec![
        (
            "custom_data.contents",
            vec![
                json!([{ "id": "A1", "item_name": "Shoe", "index": 0, "price": 10, "quantity": 1 }]),
                json!([{ "item_id": "A1", "quantity": 1 }]),
                json!([{ "id": "A1", "quantity": 1 }, { "id": "A2", "quantity": 1, "colour": "red" }]),
                json!([{ "quantity": 1 }]),
                json!([{ "id": "A1", "quantity": 1, "title": "Shoe", "brand": "B", "category": "C", "description": "D" }]),
                json!("[{\"id\":\"A1\",\"quantity\":1}]"),
                json!({ "id": "A1" }),
                json!(["A1"]),
                json!([{ "id": "A1" }]),
                json!([{ "id": "undefined", "quantity": 1 }]),
            ],
        ),
        (
            "custom_data.contents.0.item_price",
            vec![
                json!("10,50 €"),
                json!("1.299,90"),
                json!("12.500"),
                json!("10.50"),
                json!(3),
                json!(-1),
                json!(1.005),
            ],
        ),
        ("custom_data.contents.0.quantity", vec![json!(0), json!(-1), json!(2), json!("3")]),
        ("custom_data.contents.0.delivery_category", texts(&["pickup", "in_store", "Home_Delivery"])),
        (
            "custom_data.content_ids",
            vec![
                json!("A1, A2"),
                json!("['A1','A2']"),
                json!([{ "id": "A1" }]),
                json!([["A1", "A2"]]),
                json!(["undefined"]),
                json!(["A1", "A2"]),
                json!("A1"),
                json!("[\"A1\",\"A2\"]"),
                json!(["A1;A2"]),
                json!(["A1|A2"]),
                json!(["ABC,1", "[XL]-1"]),
                json!(["{0f8fad5b-d9cb-469f-a165-70867728950e}"]),
                json!(["[\"A1\"]"]),
                json!("A1;A2"),
                json!([7]),
                json!(["{{sku}}"]),
            ],
        ),
        ("custom_data.content_type", texts(&["products", "product_group", "hotel", "Product"])),
        ("custom_data.order_id", texts(&["undefined", "[object Object]", "1001", "{{order}}"])),
        ("custom_data", vec![json!("{\"currency\":\"EUR\",\"value\":1}"), json!([1])]),
        ("custom_data.event_id", texts(&["7"])),
        ("custom_data.fbp", texts(&["fb.1.1779999900000.7"])),
        ("custom_data.colour", texts(&["red"])),
        ("custom_data.value", vec![json!(-1), json!(0)]),
        (
            "user_data.fbc",
            vec![
                json!("fb.1.1795810000000."),
                json!("fb.1..IwAR2"),
                json!("fb.1.1795810000000"),
                json!("IwAR2abc"),
                click("IwAR2F4dbP0l7Mn1IawQQG"),
                click("iwar2f4dbp0l7mn1iawqqg"),
                click("IWAR2ABC"),
                click("First,Second"),
                click("IwAR2&utm_source=x"),
                click("a b"),
                click("undefined"),
                click("null"),
                click("abc"),
                click("IwAR2F4dbP0l7Mn1IawQQG.AQQCAQMC"),
                click("IwAR2F4dbP0l7Mn1IawQQG..AQQCAQMC"),
            ],
        ),
        (
            "user_data.fbp",
            vec![
                json!("fb.1.1795810000000.123.AQICAQMC"),
                json!("fb.1.1795810000000.123.AQYCAQMA"),
                json!("fb.1.1795810000000.abc"),
                json!("123"),
                json!("fb.1.1795810000000.123.AQQAAQMC"),
            ],
        ),
        (
            "event_source_url",
            texts(&[
                "https://shop.example.com/?fbclid=IwAR2F4dbP0l7Mn1IawQQG",
                "https://shop.example.com/?a=b&fbclid=Other#x",
                "www.shop.example.com/x",
                "/?wc-ajax=update_order_review",
                "https://<your-domain.com>",
                "undefined",
                "http://localhost:3000",
                "http://10.0.0.7/",
                "http://[::1]/",
                "https://shop.local/a",
                "HTTP://Shop.Example.com",
                "https://{{Page Hostname}}/",
                "https://shop.example.com/<path>",
                "https://shop.example.com/{{Page Path}}",
                "https://shop",
                "ftp://shop.example.com/",
            ]),
        ),
        ("data_processing_options", vec![json!(["LDU"]), json!([]), json!(["ldu"])]),
        ("data_processing_options_country", vec![json!(0), json!(1), json!(2)]),
        ("data_processing_options_state", vec![json!(0), json!(1000), json!(1013), json!(7)]),
        (
            "event_id",
            texts(&["undefined", "null", "{{Event ID}}", "[object Object]", "o-7", "${id}", "%%ID%%"]),
        ),
        (
            "event_time",
            vec![json!(now_s as f64 - 10.5), json!("2026-05-28T20:26:40Z"), json!((now_s - 5).to_string())],
        ),
        (
            "event_name",
            texts(&[
                "purchase",
                "Purchase",
                "Lead",
                "undefined",
                "{{Event}}",
                "[object Object]",
                "Went fishing",
            ]),
        ),
        ("test_event_code", texts(&["TEST1"])),
        ("partner_agent", texts(&["shop"])),
        (
            "user_data.em",
            vec![
                hash("null"),
                hash("NULL"),
                hash("Undefined"),
                hash(""),
                json!([hash("a@b.co"), hash("n/a")]),
                json!(HASH.to_uppercase()),
                json!(&HASH[..40]),
                json!(HASH.repeat(2)),
                json!(&HASH[..63]),
                json!(format!("{HASH},{HASH}")),
                json!(format!("{HASH} {HASH}")),
                json!(format!("\"{HASH}\"")),
                json!("ada@example.com"),
                json!(format!("{HASH}.AQQCAQMC")),
                json!("0cc175b9c0f1b6a831c399e269772661"),
            ],
        ),
        (
            "user_data",
            vec![
                json!({ "em": [hash("")], "client_user_agent": "Mozilla/5.0" }),
                json!({ "em": hash("null"), "ph": hash("undefined") }),
                json!({ "fbp": "fb.1.1795810000000.123.AQICAQMC", "client_user_agent": "Mozilla/5.0", "client_ip_address": "81.2.69.142" }),
                json!({ "email": "ada@example.com" }),
                json!({ "email": "ada@example.com", "external_id": "7" }),
            ],
        ),
        (
            "user_data.external_id",
            vec![
                json!("ada@example.com"),
                json!("undefined"),
                json!("u-7"),
                hash("ada@example.com"),
                json!(["7", "null"]),
            ],
        ),
        (
            "user_data.madid",
            texts(&["00000000-0000-0000-0000-000000000000", "38400000-8cf0-11bd-b23e-10b96e40000d", HASH]),
        ),
        (
            "user_data.client_user_agent",
            texts(&[
                "python-requests/2.32",
                "GuzzleHttp/7",
                "WordPress/6.5; https://shop.example.com",
                "Stripe/1.0 (+https://stripe.com)",
                "curl/8.5.0",
                "reqwest/0.13",
                "python-urllib3/2.2",
                "WooCommerce/9.1",
                "Zapier",
                "undefined",
                "Mozilla/5.0 (X11; Linux x86_64)",
                "node",
            ]),
        ),
        (
            "user_data.client_ip_address",
            texts(&[
                "::ffff:81.2.69.142",
                "::ffff:10.0.0.7",
                "88.230.1.9.AQYCAQMB.AQYCAQMB",
                "88.230.1.9.AQYCAQMB.AQYCAQMB.AQYCAQMB",
                "100.64.1.2",
                "10.0.0.3",
                "2001:4860:4860::8888",
                "81.2.69.142:5555",
                "81.2.69.142, 10.0.0.1",
                "fe80::1",
            ]),
        ),
        (
            "user_data.lead_id",
            vec![json!("l:525645896321548"), json!("525645896321548"), json!(5.256_458_963_215_48e30)],
        ),
        ("user_data.zip", texts(&["34000"])),
        ("user_data.EM", vec![json!(HASH)]),
        ("eventName", texts(&["Purchase"])),
        ("custom_data.contents.0.ID", texts(&["A1"])),
        ("user_data.fbclid", texts(&["IwAR2"])),
        ("user_data.sha256_email_address", vec![json!(HASH)]),
        ("user_data.event_source_url", texts(&["https://shop.example.com/"])),
    ]
}

/// A sandbox that keeps what it takes.
struct World {
    sandbox: Sandbox,
    running: Running,
}

impl World {
    async fn new(strict_docs: bool) -> Self {
        let sandbox = Sandbox::new(Options { strict_docs, keep: EVENTS as usize, ..Options::default() });
        sandbox.add_dataset(SimulatedDataset {
            id: DATASET.into(),
            token: TOKEN.into(),
            ..Default::default()
        });
        let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        Self { sandbox, running }
    }

    async fn send(&self, client: &reqwest::Client, event: &Value) -> RefusalCode {
        let url = format!("{}/v26.0/{DATASET}/events", self.running.url());
        let body = json!({ "data": [event], "access_token": TOKEN });
        let request = client.post(url).header("content-type", "application/json").body(body.to_string());
        let answer: Value =
            serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        answer["error"]["error_subcode"].as_i64()
    }
}
