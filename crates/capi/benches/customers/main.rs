//! Messy customers of eight countries, from the JSON of an event to the body that Meta gets, beside Meta's
//! SDK for Node doing the same on the same core, in turns.
//!
//! `cargo bench -p kopru-capi --bench customers`. Beside the SDK if it is there:
//!
//! ```text
//! scripts/sdks && NODE_PATH=target/sdks/node-24/node_modules cargo bench -p kopru-capi --bench customers
//! ```

#![allow(clippy::expect_used, clippy::cast_precision_loss, missing_docs)]

#[path = "../../tests/it/customers/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the truth of the customers is for the tests")]
mod customers;

use std::{collections::BTreeMap, hint::black_box, path::Path, process::Command, time::Instant};

use capi::{Body, Checks, Event, Normalizer, Rules};
use serde_json::{Value, json};

const EVENTS: usize = 20_000;
/// Fields of one customer.
const FIELDS: usize = 11;
const ROUNDS: usize = 5;
/// Passes of the SDK in each round; the fastest counts.
const PASSES: &str = "3";
const SEED: u64 = 2026;
const NOW_S: i64 = 1_790_000_000;

fn main() {
    let events: Vec<String> = customers::values(SEED, EVENTS)
        .chunks(FIELDS)
        .enumerate()
        .map(|(number, one)| event(number, one))
        .collect();
    let bytes: usize = events.iter().map(String::len).sum();
    println!(
        "{EVENTS} events of messy customers, {} bytes each; {ROUNDS} rounds in turns, the best of each",
        bytes / EVENTS
    );

    let file = std::env::temp_dir().join(format!("kopru-customers-{}", std::process::id()));
    std::fs::write(&file, events.join("\n")).expect("there is room for a file");
    let mut best: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    let mut note = |name, (events_per_s, refused): (f64, usize)| {
        let known = best.entry(name).or_insert((0.0, refused));
        known.0 = known.0.max(events_per_s);
    };
    for _ in 0..ROUNDS {
        for rules in [Rules::ParameterBuilder, Rules::Both] {
            note(rules.name(), pipeline(&events, rules));
        }
        if let Some(came) = sdk(&file) {
            note("Meta's SDK for Node", came);
        }
    }
    let _ = std::fs::remove_file(&file);

    let sdk = best.get("Meta's SDK for Node").map(|(events_per_s, _)| *events_per_s);
    for (name, (events_per_s, refused)) in &best {
        let times = sdk.map(|sdk| format!("{:5.1} times the SDK", events_per_s / sdk)).unwrap_or_default();
        println!("{name:22} {events_per_s:9.0} events/s  {refused:4} events not taken  {times}");
    }
    if sdk.is_none() {
        println!("Meta's SDK is not there: run scripts/sdks, and set NODE_PATH to its node_modules");
    }
}

/// A purchase of somebody whose data is written as in [`customers`].
fn event(number: usize, fields: &[customers::Value]) -> String {
    // The SDK throws at words for a country, a gender and a day of birth, so that these come in its form.
    let written = |field: &customers::Value| match field.key {
        "country" => Some(json!(field.country.to_lowercase())),
        "ge" | "db" => field.truth.as_ref().map(|truth| json!(truth)),
        _ => Some(json!(field.input)),
    };
    let mut user: BTreeMap<&str, Value> =
        fields.iter().filter_map(|field| Some((field.key, written(field)?))).collect();
    let click_ms = NOW_S * 1000 - 86_400_000;
    for (key, value) in [
        ("client_ip_address", format!("81.213.{}.{}", number / 250 % 250, number % 250)),
        (
            "client_user_agent",
            "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36".to_owned(),
        ),
        ("fbc", format!("fb.1.{click_ms}.IwAR0{number:08x}abcDEFghiJKLmnoPQRstuVWXyz")),
        ("fbp", format!("fb.1.{click_ms}.{}", 1_000_000_000 + number)),
    ] {
        user.insert(key, json!(value));
    }
    json!({
        "event_name": "Purchase", "event_time": NOW_S - 60, "event_id": format!("order-{number}"),
        "action_source": "website", "event_source_url": format!("https://shop.example.com/thanks?order={number}"),
        "user_data": user,
        "custom_data": {
            "value": 149.9, "currency": "EUR", "order_id": number.to_string(), "content_type": "product",
            "contents": [{ "id": format!("SKU-{}", number % 500), "quantity": 1, "item_price": 149.9 }],
        },
    })
    .to_string()
}

/// Events that a body took, a second, and how many were not taken.
fn pipeline(events: &[String], rules: Rules) -> (f64, usize) {
    let start = Instant::now();
    let mut normalizer = Normalizer::new(rules, NOW_S);
    let (mut body, mut refused) = (Body::new(), 0);
    for json in events {
        let event = Event::from_slice(json.as_bytes()).expect("the generator writes JSON");
        refused += usize::from(body.push(&event, Checks::at(NOW_S), &mut normalizer).is_err());
        if body.is_full() {
            black_box(std::mem::take(&mut body).finish(&[]));
        }
    }
    black_box(body.finish(&[]));
    ((events.len() - refused) as f64 / start.elapsed().as_secs_f64(), refused)
}

/// The same of Meta's SDK; `None` if it is not there.
fn sdk(file: &Path) -> Option<(f64, usize)> {
    std::env::var_os("NODE_PATH")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/customers/sdk.js");
    // A relative path would be looked for beside the crate.
    let output = Command::new("node").arg(script).arg(file).arg(PASSES).output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let came: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    Some((came["events_per_s"].as_f64()?, usize::try_from(came["refused"].as_u64()?).ok()?))
}
