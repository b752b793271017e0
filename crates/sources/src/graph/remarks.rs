//! What can be better of events that are taken, in words. What is left out of one is said, and so is what stands where
//! it does nothing.

use std::borrow::Cow;

use capi::{Dropped, Event, Key, UserData, Written, normalize, normalize::hashed::Hashed};
use kopru_core::KeyConsent;

use super::{advice::AdviceList, key_consent::ConsentSaid};

/// What is said of an event for which an id was made.
pub(super) const NAMED: &str = "the event had no id, or a placeholder, and was given one: sent again it counts twice, and Meta cannot tell it from the browser's own";
/// What is said of an address that is none of the Internet's.
pub(super) const ADDRESS: &str =
    "left out: it is no public address; send the browser's, which a proxy gives in X-Forwarded-For";
/// What is said of a key with more values than one person has.
pub(super) const TOO_MANY: &str =
    "the first three values are kept, and the others are left out: send those of one person";
/// What is said of a thing bought whose id looks personal.
pub(super) const PERSONAL_THING: &str =
    "a thing was left out: its id looks like an e-mail address or a phone number; send the catalogue's id";
const UNCLEAR: &str =
    "this is neither a yes nor a no, so it is no yes and the event is not sent; send true or false";
const ELSEWHERE: &str =
    "consent belongs into custom_data of each event; here a no counts, and a yes does not";
const TEST_CODE: &str = "within an event this does nothing, and the event counts as real; write it beside data, at the top of the request";
const MD5: &str = "this is an MD5, which Meta cannot match; hash the value with SHA-256";
const AHEAD: &str = "the time lies ahead, so the event waits until then; look at the clock that wrote it";
const NO_ORDER: &str = "this is a placeholder and no id of an order, so that the same order is not known again; fill the field of the template, or leave it out";

/// Clocks differ so far, seconds.
const CLOCKS_DIFFER_S: i64 = 60;

/// Of what stands of consent beside the events.
pub(super) fn of_consent_beside_data(consent: Option<&KeyConsent>, advice: &mut AdviceList) {
    if let Some(KeyConsent::Field(name)) = consent {
        advice.of_request(name.clone(), ELSEWHERE);
    }
}

/// Of what an event says of its person's consent.
pub(super) fn of_consent(
    consent: Option<&KeyConsent>,
    said: &ConsentSaid,
    say: &mut impl FnMut(Cow<'static, str>, Cow<'static, str>),
) {
    let Some(KeyConsent::Field(name)) = consent else { return };
    if said.is_unclear {
        say(format!("custom_data.{name}").into(), UNCLEAR.into());
    }
    match said.elsewhere {
        Some("") => say(name.clone().into(), ELSEWHERE.into()),
        Some(within) => say(format!("{within}.{name}").into(), ELSEWHERE.into()),
        None => {}
    }
}

/// Of an event as it came.
pub(super) fn of_event(
    event: &Event<'_>,
    now_s: i64,
    say: &mut impl FnMut(Cow<'static, str>, Cow<'static, str>),
) {
    if event.extra.iter().any(|(name, _)| name == "test_event_code") {
        say("test_event_code".into(), TEST_CODE.into());
    }
    if event.event_time.is_some_and(|event_s| event_s > now_s.saturating_add(CLOCKS_DIFFER_S)) {
        say("event_time".into(), AHEAD.into());
    }
    let order = event.custom_data.as_ref().and_then(|data| data.order_id.as_deref());
    if order.is_some_and(|order| !order.trim().is_empty() && normalize::is_no_order(order)) {
        say("custom_data.order_id".into(), NO_ORDER.into());
    }
    let Some(user) = &event.user_data else { return };
    for key in Key::ALL {
        let is_md5 = |value: &Cow<'_, str>| {
            Hashed::read(value).is_some_and(|hash| hash.is_md5() && !hash.is_of_nothing())
        };
        // An id of 32 hexadecimal digits is a shop's own more often than it is a hash.
        let values = user.values(key).filter(|_| key != Key::ExternalId);
        if values.is_some_and(|values| values.iter().any(is_md5)) {
            say(format!("user_data.{key}").into(), MD5.into());
        }
    }
}

/// Of the fields of which nothing leaves.
pub(super) fn of_written(written: &Written, say: &mut impl FnMut(Cow<'static, str>, Cow<'static, str>)) {
    for (name, why) in written.left_out().filter(|(_, why)| *why != Dropped::Empty) {
        let within = if UserData::FIELDS.contains(&name) { "user_data" } else { "custom_data" };
        say(format!("{within}.{name}").into(), format!("left out: {why}").into());
    }
}
