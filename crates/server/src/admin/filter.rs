//! Which events a request means.

use jiff::tz::TimeZone;
use kopru_core::{ConversionFilter, Reason, State};
use serde_json::{Map, Value};
use store::REVISIT_ROWS;

use super::times::GivenTime;
use crate::Error;

/// What a filter can be made of.
pub(super) const KEYS: [&str; 9] =
    ["state", "reason", "event", "dataset", "rule", "deal", "event_id", "since", "until"];

/// Adds a value to a filter; whether the key is one of a filter.
fn add(filter: &mut ConversionFilter, key: &str, value: &str, zone: &TimeZone) -> Result<bool, Error> {
    match key {
        "state" => filter.states.push(state(value)?),
        "reason" => filter.reasons.push(reason(value)?),
        "event" => set(&mut filter.event, "event", value.to_owned())?,
        "dataset" => set(&mut filter.dataset, "dataset", value.to_owned())?,
        "rule" => set(&mut filter.rule, "rule", value.to_owned())?,
        "deal" => set(&mut filter.cause_id, "deal", value.to_owned())?,
        "event_id" if filter.event_ids.len() == REVISIT_ROWS => return Err(Error::TooManyIds(REVISIT_ROWS)),
        "event_id" => filter.event_ids.push(value.to_owned()),
        "since" => set(&mut filter.since_s, "since", time("since", value, zone)?)?,
        "until" => set(&mut filter.until_s, "until", time("until", value, zone)?)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn set<T>(place: &mut Option<T>, key: &'static str, value: T) -> Result<(), Error> {
    if place.replace(value).is_some() { Err(Error::GivenTwice(key)) } else { Ok(()) }
}

fn state(given: &str) -> Result<State, Error> {
    let known = || State::ALL.map(State::code).join(", ");
    State::from_code(given).ok_or_else(|| Error::UnknownWord {
        key: "state",
        given: given.to_owned(),
        known: known(),
    })
}

fn reason(given: &str) -> Result<Reason, Error> {
    let known = || Reason::ALL.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(", ");
    Reason::from_code(given).ok_or_else(|| Error::UnknownWord {
        key: "reason",
        given: given.to_owned(),
        known: known(),
    })
}

/// A time of a request, Unix seconds.
pub(super) fn time(key: &'static str, given: &str, zone: &TimeZone) -> Result<i64, Error> {
    let time: Result<GivenTime, Error> = given.parse();
    time.map(|time| time.seconds(zone)).map_err(|cause| Error::TimeOf {
        key,
        given: given.to_owned(),
        cause: Box::new(cause),
    })
}

/// A day of a request: when it begins where the business is, Unix seconds.
pub(super) fn day(key: &'static str, given: &str, zone: &TimeZone) -> Result<i64, Error> {
    let day = GivenTime::day(given).ok_or_else(|| Error::NotADay { key, given: given.to_owned() })?;
    Ok(day.seconds(zone))
}

/// The filter of a query, in which `others` may stand besides. A key that is there and empty says nothing.
pub(super) fn of_query(query: &str, others: &[&str], zone: &TimeZone) -> Result<ConversionFilter, Error> {
    let mut filter = ConversionFilter::default();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if others.contains(&&*key) || (value.is_empty() && KEYS.contains(&&*key)) {
            continue;
        }
        if !add(&mut filter, &key, &value, zone)? {
            return Err(unknown_key(&key, others));
        }
    }
    Ok(filter)
}

/// The filter of an object: a value is a text or a list of texts. What is no part of a filter must be one
/// of `others`.
pub(super) fn of_object(
    object: &Map<String, Value>,
    others: &[&str],
    zone: &TimeZone,
) -> Result<ConversionFilter, Error> {
    let mut filter = ConversionFilter::default();
    for (key, value) in object.iter().filter(|(key, _)| !others.contains(&key.as_str())) {
        if !KEYS.contains(&key.as_str()) {
            return Err(unknown_key(key, others));
        }
        let values = match value {
            Value::Null => continue,
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            let wrong = || Error::WrongForm { key: key.clone(), wanted: "a text, or a list of texts" };
            add(&mut filter, key, value.as_str().filter(|text| !text.is_empty()).ok_or_else(wrong)?, zone)?;
        }
    }
    Ok(filter)
}

fn unknown_key(key: &str, others: &[&str]) -> Error {
    let known: Vec<&str> = KEYS.into_iter().chain(others.iter().copied()).collect();
    Error::UnknownKey { key: key.to_owned(), known: known.join(", ") }
}
