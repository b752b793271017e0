use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

mod advice;
mod order;
mod pasted;
mod person;
mod refusals;
mod request;
mod worth;

const NOW_S: i64 = 1_780_000_000;

/// SHA-256 of an e-mail address.
const HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

/// A good event of each kind: nothing is to be said of it.
fn good(kind: &str) -> Value {
    let (name, source, user, custom) = match kind {
        "website" => (
            "Purchase",
            "website",
            json!({"em": [HASH], "client_ip_address": "2a02:e0::1", "client_user_agent": "Mozilla/5.0 (X11)",
                "fbc": format!("fb.1.{}.IwAR2abcDEF", (NOW_S - 900) * 1000),
                "fbp": format!("fb.1.{}.1116446470", (NOW_S - 900) * 1000)}),
            json!({"currency": "EUR", "value": 49.9, "order_id": "1001", "content_type": "product",
                "contents": [{"id": "sku1", "quantity": 1, "item_price": 49.9}]}),
        ),
        "app" => (
            "fb_mobile_purchase",
            "app",
            json!({"madid": "38400000-8cf0-11bd-b23e-10b96e40000d", "anon_id": "XZ0001"}),
            json!({"currency": "EUR", "value": "9.99"}),
        ),
        "physical_store" => (
            "Purchase",
            "physical_store",
            json!({"ph": [HASH], "fn": HASH, "zp": HASH}),
            json!({"currency": "TRY", "value": 1, "store_data": {"store_page_id": "1", "store_code": "A1"}}),
        ),
        "crm" => (
            "Qualified",
            "system_generated",
            json!({"lead_id": 525_645_896_321_548_i64, "em": [HASH]}),
            json!({"event_source": "crm", "lead_event_source": "ExampleCRM"}),
        ),
        "whatsapp" => (
            "LeadSubmitted",
            "business_messaging",
            json!({"whatsapp_business_account_id": "100200300400500", "ctwa_clid": "ARAexample-_"}),
            Value::Null,
        ),
        "messenger" => (
            "Purchase",
            "business_messaging",
            json!({"page_id": 111_222_333, "page_scoped_user_id": "444555666"}),
            json!({"currency": "USD", "value": 12.5}),
        ),
        "instagram" => (
            "AddToCart",
            "business_messaging",
            json!({"ig_account_id": "17841400000000000", "ig_sid": "5551234567"}),
            Value::Null,
        ),
        _ => ("Lead", kind, json!({"em": HASH}), Value::Null),
    };
    let mut event = json!({"event_name": name, "event_time": NOW_S - 60, "event_id": "order-1001",
        "action_source": source, "user_data": user, "custom_data": custom});
    match kind {
        "website" => event["event_source_url"] = "https://shop.example.com/thanks?order=1001".into(),
        "app" => {
            event["app_data"] = json!({"advertiser_tracking_enabled": 1, "application_tracking_enabled": "1",
                "extinfo": ["i2", "com.example.app", "1.0", "1.0 long", "17.4", "iPhone14,3", "en_US", "GMT+1", "",
                    "1284", "2778", "3", "6", "128", "64", "Europe/Berlin"]});
        }
        "whatsapp" | "messenger" | "instagram" => event["messaging_channel"] = kind.into(),
        _ => {}
    }
    event
}

const KINDS: [&str; 12] = [
    "website",
    "app",
    "physical_store",
    "crm",
    "whatsapp",
    "messenger",
    "instagram",
    "email",
    "phone_call",
    "chat",
    "other",
    "system_generated",
];

/// The event with one thing changed: `user_data.fbc` becomes the value; `null` takes it away.
fn changed(mut event: Value, path: &str, value: Value) -> Value {
    let place = path.split('.').fold(&mut event, |within, part| match part.parse::<usize>() {
        Ok(place) => &mut within[place],
        Err(_) => &mut within[part],
    });
    *place = value;
    event
}

fn with(kind: &str, changes: &[(&str, Value)]) -> Value {
    changes.iter().fold(good(kind), |event, (path, value)| changed(event, path, value.clone()))
}

fn findings(event: &Value, checks: Checks) -> Findings {
    check(&Event::from_slice(event.to_string().as_bytes()).unwrap(), checks)
}

/// The refusal in short: its subcode and path.
fn refusal(event: &Value, checks: Checks) -> Option<(u32, String)> {
    findings(event, checks).refusal().map(|refusal| (refusal.subcode().unwrap(), refusal.json_path(0)))
}

/// All advice in short, in order: code and path.
fn advice_of(findings: &Findings) -> Vec<String> {
    let advice = findings.iter().filter(|finding| !finding.is_refusal());
    advice.map(|finding| format!("{} {}", finding.code, finding.path)).collect()
}

fn live() -> Checks {
    Checks::at(NOW_S)
}

fn strict() -> Checks {
    Checks { strict: true, ..live() }
}

fn as_sent() -> Checks {
    Checks { as_sent: true, ..live() }
}

#[test]
fn nothing_is_said_of_good_events() {
    for kind in KINDS {
        for checks in [live(), strict(), as_sent()] {
            let findings = findings(&good(kind), checks);
            assert!(findings.is_empty(), "{kind}: {findings:?}");
        }
    }
}

#[test]
fn a_finding_reads_like_a_sentence_and_repeats_no_value() {
    let event =
        with("website", &[("user_data", json!({"ct": "Secretville"})), ("event_name", json!("purchase"))]);
    let findings = findings(&event, live());
    let refusal = findings.refusal().unwrap();
    assert_eq!(refusal.path, "user_data");
    assert!(refusal.to_string().starts_with("user_data: Meta cannot recognise"), "{refusal}");
    assert!(refusal.to_string().ends_with("(2804050)"), "{refusal}");
    for finding in &findings {
        assert!(!finding.to_string().contains("Secretville"), "{finding}");
    }
}

#[test]
fn refusals_come_before_advice() {
    // Advice on the app's tracking is found before the person turns out to be too broad.
    let event = with(
        "app",
        &[
            ("app_data.advertiser_tracking_enabled", Value::Null),
            ("user_data", json!({"ge": "f"})),
            ("custom_data.value", json!("9,99")),
        ],
    );
    let kinds: Vec<bool> = findings(&event, live()).iter().map(Finding::is_refusal).collect();
    assert_eq!(kinds, [true, true, false]);
}
