//! Tables, one a kind.

mod advice;
mod anything;
mod calls;
mod events;
mod not_sent;
mod people;
mod privacy;
mod refusals;
mod same_words;
mod words;

use serde_json::{Value, json};

use super::*;
use crate::conformance::{NOW_MS, one_business};

const NOW_S: i64 = NOW_MS / 1000;
const DATASET: &str = "1234567890123456";
const RANDOM: [u8; 16] = [7; 16];
const JSON: &str = "application/json";

/// SHA-256 of `ada@example.com`.
fn ada() -> String {
    capi::sha256_hex(b"ada@example.com")
}

fn trace() -> TraceId {
    TraceId::of(&RANDOM)
}

/// A key that takes consent from the property `agreed`.
fn agreed() -> &'static KeyConsent {
    static AGREED: std::sync::LazyLock<KeyConsent> =
        std::sync::LazyLock::new(|| KeyConsent::from_code("field:Agreed").unwrap());
    &AGREED
}

/// What becomes of a body at a door that is changed as given.
fn take_at(content_type: &str, body: &[u8], change: impl FnOnce(&mut EventsDoor<'_>)) -> EventsOutcome {
    let directory = one_business();
    let mut door = EventsDoor {
        tenant: directory.only().unwrap(),
        dataset: DATASET,
        origin: "graph:shop",
        strict: false,
        needs_id: false,
        consent: Some(&KeyConsent::Sender),
        rules: Rules::Both,
        now_ms: NOW_MS,
        random: RANDOM,
    };
    change(&mut door);
    let mut scratch = Scratch::default();
    match read(content_type, body, &mut scratch, &trace()) {
        Ok(call) => call.take(&door),
        Err(refused) => EventsOutcome::Refused(*refused),
    }
}

fn take(body: &Value) -> EventsOutcome {
    take_at(JSON, body.to_string().as_bytes(), |_| ())
}

/// The events that are kept.
fn taken(outcome: EventsOutcome) -> TakenEvents {
    match outcome {
        EventsOutcome::Taken(taken) => taken,
        EventsOutcome::Refused(refused) => panic!("{}", String::from_utf8_lossy(refused.reply.body())),
    }
}

/// The refusal of a request.
fn refused(outcome: EventsOutcome) -> RefusedCall {
    match outcome {
        EventsOutcome::Refused(refused) => refused,
        EventsOutcome::Taken(taken) => panic!("{taken:?}"),
    }
}

/// The one activity of an event.
fn one(event: &Value) -> Activity {
    let mut taken = taken(take(&json!({"data": [event]})));
    assert!(taken.refused.is_empty(), "{:?}", taken.refused);
    taken.activities.remove(0)
}

/// The same at a door whose key takes consent from the property `agreed`.
fn one_of_field(event: &Value) -> Activity {
    let body = json!({"data": [event]}).to_string();
    taken(take_at(JSON, body.as_bytes(), |door| door.consent = Some(agreed()))).activities.remove(0)
}

fn body_of(reply: &crate::HttpReply) -> Value {
    serde_json::from_slice(reply.body()).unwrap()
}

/// What Meta would get.
fn sent(activity: &Activity) -> Value {
    serde_json::from_str(&activity.event.json).unwrap()
}

/// A good event, changed as given: members of an object are merged, `null` takes one away.
fn event(change: &Value) -> Value {
    let mut event = json!({
        "event_name": "Purchase",
        "event_time": NOW_S - 60,
        "event_id": "o-1001",
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks",
        "user_data": {
            "em": "Ada@Example.com ",
            "client_ip_address": "81.2.69.142",
            "client_user_agent": "Mozilla/5.0 (X11)",
            "fbp": "fb.1.1779999000000.1234567890",
        },
        "custom_data": {"currency": "EUR", "value": 49.9, "order_id": "1001"},
    });
    merge(&mut event, change);
    event
}

fn merge(into: &mut Value, change: &Value) {
    let (Some(object), Some(members)) = (into.as_object_mut(), change.as_object()) else {
        *into = change.clone();
        return;
    };
    for (name, member) in members {
        if member.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), member);
        }
    }
}
