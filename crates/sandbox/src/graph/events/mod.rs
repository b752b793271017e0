//! `POST /{dataset}/events`: what servers report.
//!
//! The order of the checks: dataset, token, proof, rate limit, `data`, then each event in turn. One bad
//! event refuses the request and nothing of it is accepted.

mod against;
mod checks;
mod currencies;
pub(crate) mod diagnostics;
mod identifiers;
mod messaging;
mod strict;
pub(crate) mod values;

use serde_json::Value;

use self::against::Against;
use self::checks::Place;
use super::access;
use super::call::Call;
use super::errors::Refusal;
use crate::state::Sandbox;
use crate::world::World;

/// Most events in one request.
const MOST_EVENTS: usize = 1000;

/// Why a request is refused, and the event that is to blame if one is.
pub(super) type Refused = (Refusal, Option<usize>);

/// Takes the elements of `data` out of a call. One that holds no JSON stays a text, for the check of the
/// event to refuse.
pub(super) fn of(call: &mut Call) -> Result<Vec<Value>, Refusal> {
    if let Some(malformed) = call.malformed.take() {
        return Err(malformed);
    }
    let elements = match call.params.remove("data") {
        None | Some(Value::Null) => return Err(Refusal::parameter("(#100) The parameter data is required")),
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::Null),
        Some(other) => other,
    };
    let Value::Array(mut elements) = elements else {
        return Err(Refusal::parameter("(#100) Param data must be an array."));
    };
    for element in &mut elements {
        if let Some(decoded) = element.as_str().and_then(|text| serde_json::from_str(text).ok()) {
            *element = decoded;
        }
    }
    Ok(elements)
}

/// Checks a request; what it returns has passed.
pub(super) fn check(
    sandbox: &Sandbox,
    world: &World,
    call: &Call,
    events: Result<&[Value], &Refusal>,
    now_s: i64,
) -> Result<(), Refused> {
    let whole = |refusal| (refusal, None);
    let dataset = world.datasets.get(&call.path.node);
    let dataset = dataset.ok_or_else(|| whole(Refusal::no_object(&call.method, &call.path.node)))?;
    let token = access::token_for(world, call, &dataset.id, now_s).map_err(whole)?;
    sandbox.charge(token, call.is_write()).map_err(whole)?;
    let events = events.map_err(|refusal| whole(refusal.clone()))?;
    check_count(events.len()).map_err(whole)?;
    let options = sandbox.options();
    let (any_id, strict_docs) = (options.any_id, options.strict_docs);
    let against = Against { now_s, dataset, token, world, any_id, strict_docs };
    for (index, event) in events.iter().enumerate() {
        checks::event(Place(index), event, &against).map_err(|refusal| (refusal, Some(index)))?;
    }
    Ok(())
}

/// At least one event, at most 1,000. The texts are the sandbox's own: Meta documents only code 100.
fn check_count(events: usize) -> Result<(), Refusal> {
    match events {
        0 => Err(Refusal::parameter("(#100) Param data must be non-empty.")),
        1..=MOST_EVENTS => Ok(()),
        _ => Err(Refusal::parameter("(#100) Param data must have at most 1000 elements.")),
    }
}
