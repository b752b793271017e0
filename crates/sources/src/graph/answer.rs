//! What is answered once the events are durable.

use http::StatusCode;
use serde_json::{Value, json};

use super::{RefusedEvent, TraceId, advice::AdviceList, refusal::json_reply};
use crate::HttpReply;

/// The answer to a request of which events are kept.
#[derive(Debug, Clone)]
pub struct EventsReply {
    received: usize,
    messages: Vec<String>,
    refused: Vec<Value>,
    advice: AdviceList,
    trace: TraceId,
}

impl EventsReply {
    pub(super) fn new(received: usize, refused: &[RefusedEvent], advice: AdviceList, trace: TraceId) -> Self {
        Self {
            received,
            messages: refused.iter().map(RefusedEvent::text).collect(),
            refused: refused.iter().map(RefusedEvent::detail).collect(),
            advice,
            trace,
        }
    }

    /// The answer, when so many of the events turned out to be repetitions. Those are received, too.
    pub fn make(self, doubles: usize) -> HttpReply {
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
        if !self.advice.is_empty() {
            ours.insert("advice".to_owned(), self.advice.json());
        }
        if let (false, Some(body)) = (ours.is_empty(), body.as_object_mut()) {
            body.insert("kopru".to_owned(), ours.into());
        }
        json_reply(StatusCode::OK, &body)
    }
}
