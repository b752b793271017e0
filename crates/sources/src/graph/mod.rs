//! The door that speaks Meta's Conversions API: `POST /v{N}.{M}/{dataset}/events`.
//!
//! A shop, a plugin or a tag server sends what it would send to Meta, with another host and token. Each event of a
//! request is read, checked as Meta would check it, hashed and made an [`Activity`]; nothing plain of a person is
//! left in it. One bad event does not refuse its neighbours, unless the key says so ([`EventsDoor::strict`]).
//!
//! The order in which a server uses this module: [`EventsPath::parse`], [`token_of_head`], [`read`],
//! [`EventsCall::token`], [`EventsCall::take`], the store, [`EventsReply::make`].
//!
//! An event of somebody who refused keeps nothing of them: it has no identifiers, and what Meta would get is the empty
//! object. It is kept as a number in the ledger, and so that its repetition is known.

mod advice;
mod answer;
mod event;
mod key_consent;
mod page;
mod path;
mod people;
mod refusal;
mod remarks;
mod token;

#[cfg(test)]
mod tests;

use capi::{Envelope, RequestBody, Rules, Scratch, privacy::is_personal_text};
use kopru_core::Activity;

use crate::Tenant;

pub use answer::{EventsReply, TurnedOut};
pub use kopru_core::KeyConsent;
pub(crate) use page::is_allowed as is_passed_on;
pub use path::EventsPath;
pub(crate) use people::customer_hash;
pub use refusal::{RefusedCall, RefusedEvent, TokenFault, TraceId};
pub use token::token_of_head;

/// Longest parameter of a request that is kept, bytes. Our own choice: it is stored with each event.
const PARAMETER_BYTES_MAX: usize = 512;

/// A request's body, read.
#[derive(Debug)]
pub struct EventsCall<'a> {
    body: RequestBody<'a>,
}

/// Through whose door a request comes, and how it is to be taken.
#[derive(Debug, Clone, Copy)]
pub struct EventsDoor<'a> {
    /// The workspace.
    pub tenant: &'a Tenant,
    /// The dataset of the address, which is the workspace's.
    pub dataset: &'a str,
    /// Who reports them: `graph:` and the name of an API key, `import:` and what a file's events are called, `pixel:` and
    /// a site.
    pub origin: &'a str,
    /// Whether one bad event refuses the whole request, as Meta does.
    pub strict: bool,
    /// Whether an event without an id is refused; otherwise it is given one.
    pub needs_id: bool,
    /// Whose consent the events carry; nothing where nobody says so.
    pub consent: Option<&'a KeyConsent>,
    /// By which of Meta's readings identifiers are hashed.
    pub rules: Rules,
    /// When the request came, Unix milliseconds.
    pub now_ms: i64,
    /// Random bytes of this request alone: the ids of events that have none are made of them, and its trace id.
    pub random: [u8; 16],
}

/// What became of a request.
#[derive(Debug)]
pub enum EventsOutcome {
    /// Some or all of its events are to be kept.
    Taken(TakenEvents),
    /// None of them is.
    Refused(RefusedCall),
}

/// The events of a request that are to be kept.
#[derive(Debug)]
pub struct TakenEvents {
    /// In the order in which they came.
    pub activities: Vec<Activity>,
    /// Those that Meta would refuse.
    pub refused: Vec<RefusedEvent>,
    /// What is answered once the activities are durable.
    pub reply: EventsReply,
}

/// Reads a body in any of the encodings that Graph takes: JSON, a form or multipart. `content_type` is the header's
/// value, empty if there is none.
///
/// # Errors
/// The refusal of a body that cannot be read.
pub fn read<'a>(
    content_type: &str,
    body: &'a [u8],
    scratch: &'a mut Scratch,
    trace: &TraceId,
) -> Result<EventsCall<'a>, Box<RefusedCall>> {
    match capi::read_request(content_type, body, scratch) {
        Ok(body) => Ok(EventsCall { body }),
        Err(error) => Err(Box::new(RefusedCall::unreadable(&error, trace))),
    }
}

impl EventsCall<'_> {
    /// How many events it holds.
    pub fn events(&self) -> usize {
        self.body.data.len() + self.body.surplus
    }

    /// Makes activities of its events, each by itself.
    pub fn take(self, door: &EventsDoor<'_>) -> EventsOutcome {
        let trace = TraceId::of(&door.random);
        let RequestBody { data, surplus, has_data, envelope, .. } = self.body;
        let findings = capi::check_envelope(&envelope, has_data, data.len() + surplus);
        if let Some(refusal) = findings.refusal() {
            return EventsOutcome::Refused(RefusedCall::whole(&refusal.message, &trace));
        }
        let parameters = match parameters(&envelope) {
            Ok(parameters) => parameters,
            Err(name) => return EventsOutcome::Refused(RefusedCall::long_parameter(name, &trace)),
        };
        let beside = key_consent::beside_data(door.consent, &envelope);
        let mut reader = event::EventReader::new(door, parameters, beside, &findings);
        let (mut activities, mut places) = (Vec::with_capacity(data.len()), Vec::with_capacity(data.len()));
        let mut refused = Vec::new();
        for (index, element) in data.into_iter().enumerate() {
            match reader.take(index, element) {
                Ok(activity) => {
                    activities.push(activity);
                    places.push(index);
                }
                Err(event) => refused.push(*event),
            }
        }
        if activities.is_empty() || (door.strict && !refused.is_empty()) {
            return EventsOutcome::Refused(RefusedCall::of_events(refused, activities.len(), &trace));
        }
        let reply = EventsReply::new(door, places, &refused, reader.advice());
        EventsOutcome::Taken(TakenEvents { activities, refused, reply })
    }
}

/// The parameters of a request that leave with its events, as a JSON object with its keys in order; empty if there
/// are none. Tokens and proofs are not among them.
fn parameters(envelope: &Envelope<'_>) -> Result<String, &'static str> {
    let mut object = serde_json::Map::new();
    for (name, value) in [
        ("namespace_id", &envelope.namespace_id),
        ("partner_agent", &envelope.partner_agent),
        ("test_event_code", &envelope.test_event_code),
        ("upload_id", &envelope.upload_id),
        ("upload_source", &envelope.upload_source),
        ("upload_tag", &envelope.upload_tag),
    ] {
        let Some(value) = value.as_deref().filter(|value| !value.is_empty()) else { continue };
        if value.len() > PARAMETER_BYTES_MAX {
            return Err(name);
        }
        if !is_personal_text(value) {
            object.insert(name.to_owned(), value.into());
        }
    }
    Ok(if object.is_empty() { String::new() } else { serde_json::Value::Object(object).to_string() })
}
