//! The body of an event, made when it leaves: with what is known and configured then.

use capi::{Checks, Event, Normalizer, Rules};

use super::planner;
use crate::{Carried, Cause, Conversion, Dataset, Identity, Made, Now, Policy, Reason, State, Stop};

/// What Meta gets of an event that leaves now: checked, and under the present configuration.
///
/// # Errors
/// Why it does not leave, and how far it is instead.
pub fn make_body(conversion: &Conversion, policy: &Policy, now: Now) -> Result<Made, Stop> {
    let dataset = allowed(conversion, policy, now)?;
    unheld(conversion, policy, now)?;
    Ok(write(&checked(conversion, dataset, now)?, conversion, dataset.rules, now))
}

/// Whether the bytes of an event that Meta may have already may go again.
///
/// # Errors
/// Why they do not.
pub fn may_repeat(conversion: &Conversion, policy: &Policy, now: Now) -> Result<(), Stop> {
    let stops = [allowed(conversion, policy, now).err(), unheld(conversion, policy, now).err()];
    stops.into_iter().flatten().find(Stop::holds_after_unknown).map_or(Ok(()), Err)
}

/// What Meta would get of an event, whether or not it may leave; `None` if it cannot be told at all.
pub fn preview(conversion: &Conversion, policy: &Policy, now: Now) -> Option<String> {
    let dataset = policy.dataset(conversion.dataset.as_deref()?)?;
    checked(conversion, dataset, now).ok().map(|event| write(&event, conversion, dataset.rules, now).body)
}

/// The dataset, unless something forbids that the event is told.
pub(crate) fn allowed<'a>(
    conversion: &Conversion,
    policy: &'a Policy,
    now: Now,
) -> Result<&'a Dataset, Stop> {
    if let Some(stop) = &conversion.stop {
        return Err(stop.clone());
    }
    policy.agrees(conversion.consent, conversion.event_s).map_err(Stop::suppressed)?;
    let dataset = conversion.dataset.as_deref().and_then(|id| policy.dataset(id));
    let dataset = dataset
        .filter(|dataset| dataset.routes.contains(&conversion.route.kind()))
        .ok_or(Stop::suppressed(Reason::NoDataset))?;
    dataset.permits(conversion.event_s, now.ms / 1000).map_err(Stop::suppressed)?;
    Ok(dataset)
}

/// Lets an event go that cannot have left before the store was restored, or of which Meta would recognise
/// a double, or that somebody has let go.
pub(crate) fn unheld(conversion: &Conversion, policy: &Policy, now: Now) -> Result<(), Stop> {
    let (route, event_s) = (conversion.route, conversion.event_s);
    let may_double = policy.restored.is_some_and(|restored| restored.may_double(route, event_s, now.ms));
    if may_double && !conversion.released {
        return Err(Stop::waiting(Reason::HeldAfterRestore, conversion.last_call_ms()));
    }
    Ok(())
}

/// The event, if Meta would take it.
pub(crate) fn checked<'a>(
    conversion: &'a Conversion,
    dataset: &'a Dataset,
    now: Now,
) -> Result<Event<'a>, Stop> {
    let planner = planner(conversion.route.kind()).ok_or(Stop::suppressed(Reason::NoDataset))?;
    let identity = conversion.identity.as_ref().ok_or(Stop::failed(Reason::Unreadable))?;
    let mut event = planner.event(conversion, identity, dataset).map_err(Stop::suppressed)?;
    // What a site or an app reports says its worth itself, and is no stage.
    if !matches!(conversion.cause, Cause::Activity(_)) {
        if let (Some(value), Some(currency)) = (conversion.value, &conversion.currency) {
            event = event.with_value(value, currency);
        }
        event = event.with_lead_stage(&conversion.rule);
    }
    match capi::refusal(&event, Checks::at(leaves_s(conversion, now))) {
        None => Ok(event),
        Some(refusal) => {
            let subcode = refusal.subcode().unwrap_or_default();
            let detail = Some(format!("{subcode}: {}", refusal.message));
            Err(Stop { state: State::Failed, reason: Reason::WouldBeRefused, deadline_ms: None, detail })
        }
    }
}

fn write(event: &Event<'_>, conversion: &Conversion, rules: Rules, now: Now) -> Made {
    let mut body = Vec::new();
    let mut normalizer = Normalizer::new(rules, leaves_s(conversion, now));
    let written = capi::write_event(event, &mut normalizer, &mut body);
    // The writer writes JSON, which is text.
    let mut carried = Carried::from(&written);
    if let Some(Identity::Activity(stored)) = &conversion.identity {
        carried.added = stored.added.iter().map(|added| added.key.clone()).collect();
    }
    Made { body: String::from_utf8(body).unwrap_or_default(), carried }
}

/// When it leaves, Unix seconds: an event of the future leaves when it has happened.
fn leaves_s(conversion: &Conversion, now: Now) -> i64 {
    (now.ms / 1000).max(conversion.event_s)
}
