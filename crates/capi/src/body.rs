//! The body of a request, filled event by event.

use std::fmt;

use crate::{
    Checks, Event, Finding, Normalizer,
    check::{refusal, refusal_once_hashed},
    json_writer::push_json_string,
    limits::EVENTS_PER_REQUEST_MAX,
    write::{Written, write_event},
};

/// A body for `/{dataset}/events`: checked events, hashed, at most 1,000.
///
/// ```
/// use capi::{Body, Checks, Event, Normalizer, Rules};
///
/// let now_s = 1_780_000_060;
/// let mut normalizer = Normalizer::new(Rules::Both, now_s).in_country("TR");
/// let mut body = Body::new();
/// let event = Event::from_slice(br#"{"event_name":"Lead","event_time":1780000000,
///     "action_source":"phone_call","user_data":{"ph":"0532 123 45 67"}}"#).unwrap();
/// body.push(&event, Checks::at(now_s), &mut normalizer).unwrap();
/// let json = body.finish(&[("partner_agent", "shop_1_0")]);
/// assert!(json.starts_with(br#"{"data":[{"event_name":"Lead","event_time":1780000000,"action_source":"#));
/// ```
#[derive(Clone)]
pub struct Body {
    json: Vec<u8>,
    count: usize,
}

/// Why an event was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// Meta would refuse it, and why.
    Refused(Finding),
    /// The body is full: finish it and begin another.
    Full,
}

/// Checks an event and appends it to `out` as Meta gets it, its identifiers hashed; says what was left out of it.
///
/// # Errors
/// Why Meta would refuse it, also for what is left once it is hashed. Then `out` is as it was.
pub fn write_checked(
    event: &Event<'_>,
    checks: Checks,
    normalizer: &mut Normalizer,
    out: &mut Vec<u8>,
) -> Result<Written, Finding> {
    // What is plain now is hashed on the way.
    if let Some(refusal) = refusal(event, Checks { as_sent: false, ..checks }) {
        return Err(refusal);
    }
    let before = out.len();
    let written = write_event(event, normalizer, out);
    if !written.emptied.is_empty()
        && let Some(refusal) = refusal_once_hashed(event, &written)
    {
        out.truncate(before);
        return Err(refusal);
    }
    Ok(written)
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} events)", self.count)
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::new()
    }
}

const START: &[u8] = br#"{"data":["#;

impl Body {
    /// An empty body.
    pub fn new() -> Self {
        Self { json: START.to_vec(), count: 0 }
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether no further event fits.
    pub fn is_full(&self) -> bool {
        self.count == EVENTS_PER_REQUEST_MAX
    }

    /// Checks, hashes and adds an event; says what was left out of it. What could be better,
    /// [`check`](crate::check()) says.
    ///
    /// # Errors
    /// An event that Meta would refuse leaves the body as it was; the others of the body are unharmed. Nothing
    /// is mended on the way: what Meta refuses was meant to say something, and only whoever made the event
    /// knows what ([`crate::mend`] is for people who look at the result).
    pub fn push(
        &mut self,
        event: &Event<'_>,
        checks: Checks,
        normalizer: &mut Normalizer,
    ) -> Result<Written, NotTaken> {
        if self.is_full() {
            return Err(NotTaken::Full);
        }
        let before = self.json.len();
        if self.count > 0 {
            self.json.push(b',');
        }
        let written = write_checked(event, checks, normalizer, &mut self.json).map_err(|refusal| {
            self.json.truncate(before);
            NotTaken::Refused(refusal)
        })?;
        self.count += 1;
        Ok(written)
    }

    /// The body, with parameters of the request as a whole, such as `test_event_code`; empty ones
    /// are left out.
    pub fn finish(mut self, parameters: &[(&str, &str)]) -> Vec<u8> {
        self.json.push(b']');
        for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
            self.json.push(b',');
            push_json_string(name, &mut self.json);
            self.json.push(b':');
            push_json_string(value, &mut self.json);
        }
        self.json.push(b'}');
        self.json
    }
}
