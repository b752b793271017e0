//! The body of one request, as it grows event by event.

use std::ops::Range;

use serde_json::{Map, Value};

/// The parameter that has Meta show events apart.
const TEST_CODE: &str = "test_event_code";
/// How much room an event usually takes, bytes.
const EVENT_BYTES: usize = 512;

/// What is sent, without its end, which is the dataset's.
pub(crate) struct EventsRequest {
    text: String,
    /// Up to its first event.
    begin: usize,
    /// Whether its sender has given it a test code.
    is_marked: bool,
    events: Vec<Range<usize>>,
}

impl EventsRequest {
    /// A request with room for so many events. `envelope` are its parameters, a JSON object, or empty.
    pub(crate) fn with_room(events: usize, envelope: &str) -> Self {
        let parameters =
            envelope.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
        let separator = if parameters.is_empty() { "" } else { "," };
        let mut text = String::with_capacity(64 + parameters.len() + events * EVENT_BYTES);
        text.extend(["{", parameters, separator, "\"data\":["]);
        let is_marked = !parameters.is_empty()
            && serde_json::from_str::<Map<String, Value>>(envelope)
                .is_ok_and(|parameters| parameters.contains_key(TEST_CODE));
        Self { begin: text.len(), is_marked, text, events: Vec::with_capacity(events) }
    }

    /// One without events, which reports nothing.
    pub(crate) fn empty() -> Self {
        Self::with_room(0, "")
    }

    /// Adds an event, which is a JSON object.
    pub(crate) fn push(&mut self, event: &str) {
        if !self.events.is_empty() {
            self.text.push(',');
        }
        let begin = self.text.len();
        self.text.push_str(event);
        self.events.push(begin..self.text.len());
    }

    /// The events, in order.
    pub(crate) fn events(&self) -> impl Iterator<Item = &str> {
        self.events.iter().filter_map(|range| self.text.get(range.clone()))
    }

    /// The same without some events; `keeps` says of each place whether it stays.
    pub(crate) fn keeping(&self, keeps: impl Fn(usize) -> bool) -> Self {
        let begin = self.text.get(..self.begin).unwrap_or_default();
        let mut kept = Self {
            text: begin.to_owned(),
            begin: begin.len(),
            is_marked: self.is_marked,
            events: Vec::with_capacity(self.events.len()),
        };
        for (_, event) in self.events().enumerate().filter(|(place, _)| keeps(*place)) {
            kept.push(event);
        }
        kept
    }

    /// How many events it holds.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The whole text, with this end. Unless its sender gave it a test code, it gets this one, if there is one and
    /// there are events to be shown by it.
    pub(crate) fn finish(mut self, test_code: Option<&str>, end: &str) -> String {
        self.text.push(']');
        if let Some(code) = test_code.filter(|_| !self.is_marked && !self.events.is_empty()) {
            // Texts can always be written.
            let code = serde_json::to_string(code).unwrap_or_default();
            self.text.extend([",\"", TEST_CODE, "\":", &code]);
        }
        self.text.push_str(end);
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_stand_side_by_side_and_can_be_left_out() {
        let mut request = EventsRequest::with_room(3, "");
        for event in ["{\"a\":1}", "{}", "{\"b\":2}"] {
            request.push(event);
        }
        assert_eq!(request.events().collect::<Vec<_>>(), ["{\"a\":1}", "{}", "{\"b\":2}"]);
        let rest = request.keeping(|place| place != 1);
        assert_eq!(rest.len(), 2);
        assert_eq!(rest.finish(None, "}"), "{\"data\":[{\"a\":1},{\"b\":2}]}");
        assert_eq!(request.keeping(|place| place > 0).finish(None, "}"), "{\"data\":[{},{\"b\":2}]}");
        assert_eq!(EventsRequest::empty().finish(None, "}"), "{\"data\":[]}");
    }

    #[test]
    fn parameters_stand_beside_the_events_and_stay_with_a_part_of_them() {
        let mut request = EventsRequest::with_room(2, "{\"partner_agent\":\"shop\"}");
        request.push("{\"a\":1}");
        request.push("{\"b\":2}");
        let expected = "{\"partner_agent\":\"shop\",\"data\":[{\"b\":2}]}";
        assert_eq!(request.keeping(|place| place == 1).finish(None, "}"), expected);
    }

    #[test]
    fn a_test_code_marks_events_unless_their_sender_has() {
        const MARKED: &str = "{\"data\":[{}],\"test_event_code\":\"A\\\"1\",\"appsecret_proof\":\"p\"}";
        const OF_SENDER: &str = "{\"test_event_code\":\"T\",\"data\":[{}],\"appsecret_proof\":\"p\"}";
        let end = ",\"appsecret_proof\":\"p\"}";
        let mut request = EventsRequest::with_room(1, "");
        request.push("{}");
        assert_eq!(request.keeping(|_| true).finish(Some("A\"1"), end), MARKED);
        let mut request = EventsRequest::with_room(1, "{\"test_event_code\":\"T\"}");
        request.push("{}");
        assert_eq!(request.keeping(|_| true).finish(Some("A"), end), OF_SENDER);
        assert_eq!(EventsRequest::empty().finish(Some("A"), "}"), "{\"data\":[]}");
    }
}
