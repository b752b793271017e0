//! The body of one request, as it grows event by event.

use std::ops::Range;

/// How much room an event usually takes, bytes.
const EVENT_BYTES: usize = 512;

/// What is sent, without its end, which is the dataset's.
pub(crate) struct EventsRequest {
    text: String,
    /// Up to its first event.
    begin: usize,
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
        Self { begin: text.len(), text, events: Vec::with_capacity(events) }
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

    /// The whole text, with this end.
    pub(crate) fn finish(mut self, end: &str) -> String {
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
        assert_eq!(rest.finish("]}"), "{\"data\":[{\"a\":1},{\"b\":2}]}");
        assert_eq!(request.keeping(|place| place > 0).finish("]}"), "{\"data\":[{},{\"b\":2}]}");
        assert_eq!(EventsRequest::empty().finish("]}"), "{\"data\":[]}");
    }

    #[test]
    fn parameters_stand_beside_the_events_and_stay_with_a_part_of_them() {
        let mut request = EventsRequest::with_room(2, "{\"partner_agent\":\"shop\"}");
        request.push("{\"a\":1}");
        request.push("{\"b\":2}");
        let expected = "{\"partner_agent\":\"shop\",\"data\":[{\"b\":2}]}";
        assert_eq!(request.keeping(|place| place == 1).finish("]}"), expected);
    }
}
