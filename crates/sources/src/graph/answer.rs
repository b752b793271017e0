//! What is answered once the events are durable.

use http::StatusCode;
use serde_json::{Value, json};

use super::{RefusedEvent, TraceId, refusal::json_reply};
use crate::HttpReply;

/// What is said of an event for which an id was made.
const NAMED: &str = "the event had no id, or a placeholder, and was given one: sent again it counts twice, and Meta cannot tell it from the browser's own";

/// What is said of purchases that came again in another currency.
const OTHER_CURRENCY: &str = "a purchase came again in another currency than it had: its amounts cannot be compared, and nothing was appended to it";

/// What turned out of the events of a request when they were kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TurnedOut {
    /// How many were repetitions. Those are received, too.
    pub doubles: usize,
    /// To how many purchases something was appended, since they came again and are worth something else.
    pub appended: usize,
    /// How many purchases came again in another currency.
    pub other_currency: usize,
}

/// The answer to a request of which events are kept.
#[derive(Debug, Clone)]
pub struct EventsReply {
    received: usize,
    messages: Vec<String>,
    refused: Vec<Value>,
    /// The places of the events for which an id was made.
    named: Vec<usize>,
    trace: TraceId,
}

impl EventsReply {
    pub(super) fn new(received: usize, refused: &[RefusedEvent], named: Vec<usize>, trace: TraceId) -> Self {
        Self {
            received,
            messages: refused.iter().map(RefusedEvent::text).collect(),
            refused: refused.iter().map(RefusedEvent::detail).collect(),
            named,
            trace,
        }
    }

    /// The answer, when it is known what turned out of the events.
    pub fn make(self, turned_out: TurnedOut) -> HttpReply {
        let TurnedOut { doubles, appended, other_currency } = turned_out;
        let mut body = json!({
            "events_received": self.received, "messages": self.messages, "fbtrace_id": self.trace.as_str(),
        });
        let mut ours = serde_json::Map::new();
        if !self.refused.is_empty() {
            ours.insert("refused".to_owned(), self.refused.into());
        }
        if doubles > 0 {
            ours.insert("duplicates".to_owned(), doubles.into());
        }
        if appended > 0 {
            ours.insert("appended".to_owned(), appended.into());
        }
        let mut advice = Vec::new();
        if !self.named.is_empty() {
            // One text for all of them: whoever sends no ids sends a thousand events without.
            advice.push(json!({"path": "event_id", "indexes": self.named, "message": NAMED}));
        }
        if other_currency > 0 {
            let path = "custom_data.currency";
            advice.push(json!({"path": path, "events": other_currency, "message": OTHER_CURRENCY}));
        }
        if !advice.is_empty() {
            ours.insert("advice".to_owned(), advice.into());
        }
        if let (false, Some(body)) = (ours.is_empty(), body.as_object_mut()) {
            body.insert("kopru".to_owned(), ours.into());
        }
        json_reply(StatusCode::OK, &body)
    }
}
