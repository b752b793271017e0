//! A Meta that takes events, fails, and loses its answers.

use serde_json::{Value, json};

use super::{life::MetaFault, wire::Reply};

/// An event that Meta has taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// When, milliseconds since the life began.
    pub at_ms: i64,
    pub event_id: String,
    pub name: String,
    pub event_s: i64,
    pub click: String,
    pub account: String,
    /// In hundredths, where it has a value.
    pub cents: Option<i64>,
    pub currency: Option<String>,
    /// The whole event as it came.
    pub bytes: String,
}

/// Answers a request; what Meta takes is added.
pub fn answer(taken: &mut Vec<Taken>, fault: Option<MetaFault>, body: &[u8], now_ms: i64) -> Reply {
    match fault {
        Some(MetaFault::Busy) => {
            let error = json!({ "error": { "code": 2, "message": "down", "fbtrace_id": "A" } });
            return Reply::json(500, &error);
        }
        Some(MetaFault::Html) => return Reply::text(503, "text/html", "<html>Sorry</html>"),
        Some(MetaFault::Unreachable | MetaFault::AnswersLost) | None => {}
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let events = body["data"].as_array().cloned().unwrap_or_default();
    if events.is_empty() {
        let error = json!({ "error": { "code": 100, "error_subcode": 2_804_008, "message": "empty" } });
        return Reply::json(400, &error);
    }
    let count = events.len();
    taken.extend(events.into_iter().map(|event| read(&event, now_ms)));
    if fault == Some(MetaFault::AnswersLost) {
        return Reply::Breaks;
    }
    Reply::json(200, &json!({ "events_received": count, "messages": [], "fbtrace_id": "A" }))
}

fn read(event: &Value, at_ms: i64) -> Taken {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let user = &event["user_data"];
    let cents = event["custom_data"]["value"].as_f64().map(|value| (value * 100.0).round() as i64);
    Taken {
        at_ms,
        event_id: text(&event["event_id"]),
        name: text(&event["event_name"]),
        event_s: event["event_time"].as_i64().unwrap_or_default(),
        click: text(&user["ctwa_clid"]),
        account: text(&user["whatsapp_business_account_id"]),
        cents,
        currency: event["custom_data"]["currency"].as_str().map(str::to_owned),
        bytes: event.to_string(),
    }
}
