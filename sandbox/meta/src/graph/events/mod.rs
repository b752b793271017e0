//! `POST /{dataset}/events`: what servers report.
//!
//! The order of the checks: dataset, token, proof, rate limit, `data`, then each event in turn. One bad
//! event refuses the request and nothing of it is accepted.

mod check_context;
mod checks;
mod currencies;
mod identifiers;
mod messaging;
mod place;
mod strict;

use std::borrow::Cow;

use sandbox_http as http;
use serde_json::Value;
use serde_json::value::RawValue;

use self::check_context::CheckContext;
use self::place::Place;
use super::access;
use super::call::Call;
use super::errors::Refusal;
use super::limit;
use crate::Meta;
use crate::records::IncomingEvent;
use crate::world::World;

/// Most events in one request.
const MOST_EVENTS: usize = 1000;

/// Why a request is refused, and the event that is to blame if one is.
pub(super) type Refused = (Refusal, Option<usize>);

/// The elements of `data`, unread.
pub(super) fn of<'a>(call: &Call, data: Option<&'a str>) -> Result<Vec<&'a RawValue>, Refusal> {
    if let Some(malformed) = &call.malformed {
        return Err(malformed.clone());
    }
    let data = data.ok_or_else(|| Refusal::parameter("(#100) The parameter data is required"))?;
    serde_json::from_str(data).map_err(|_| Refusal::parameter("(#100) Param data must be an array."))
}

/// Checks a request; what it returns has passed.
pub(super) fn check(
    meta: &Meta,
    world: &World,
    call: &Call,
    events: Result<&[&RawValue], &Refusal>,
    now_s: i64,
) -> Result<Vec<IncomingEvent>, Refused> {
    let whole = |refusal| (refusal, None);
    let dataset = world.datasets.get(&call.path.node);
    let dataset = dataset.ok_or_else(|| whole(Refusal::no_object(&call.method, &call.path.node)))?;
    let token = access::token_for(world, call, &dataset.id, now_s).map_err(whole)?;
    limit::charge(meta, call, token).map_err(whole)?;
    let events = events.map_err(|refusal| whole(refusal.clone()))?;
    check_count(events.len()).map_err(whole)?;
    let options = meta.options();
    let (any_id, strict_docs) = (options.any_id, options.strict_docs);
    let context = CheckContext { now_s, dataset, token, world, any_id, strict_docs };
    let mut incoming = Vec::with_capacity(events.len());
    for (index, raw) in events.iter().enumerate() {
        let (event, text) = read(raw);
        checks::event(Place(index), &event, &context).map_err(|refusal| (refusal, Some(index)))?;
        incoming.push(IncomingEvent::of(world, &dataset.id, &event, &text, options.discard));
    }
    Ok(incoming)
}

/// An element of `data` and its text. It may be an object, or a text that holds one; one that holds no
/// JSON stays a text, for the check of the event to refuse.
fn read(raw: &RawValue) -> (Value, Cow<'_, str>) {
    let text = raw.get();
    match http::from_json(text.as_bytes()) {
        Ok(Value::String(inner)) => match http::from_json(inner.as_bytes()) {
            Ok(event) => (event, Cow::Owned(inner)),
            Err(_) => (Value::String(inner), Cow::Borrowed(text)),
        },
        Ok(event) => (event, Cow::Borrowed(text)),
        Err(_) => (Value::Null, Cow::Borrowed(text)),
    }
}

/// At least one event, at most 1,000. The texts are the sandbox's own: Meta documents only code 100.
fn check_count(events: usize) -> Result<(), Refusal> {
    match events {
        0 => Err(Refusal::parameter("(#100) Param data must be non-empty.")),
        1..=MOST_EVENTS => Ok(()),
        _ => Err(Refusal::parameter("(#100) Param data must have at most 1000 elements.")),
    }
}
