//! What can be better of events that are taken, in words. What is left out of one is said, and so is what stands where
//! it does nothing.

use std::borrow::Cow;

use capi::{Dropped, Event, Finding, Findings, UserData, Written, privacy::shown_in_path};
use kopru_core::{KeyConsent, LeftOut};

use super::{
    advice::AdviceList,
    key_consent::{BesideData, ConsentSaid, UnnamedConsent},
};

/// What is said of an event for which an id was made.
const NAMED: &str = "the event had no id, or a placeholder, and was given one: sent again it counts twice, and Meta cannot tell it from the browser's own";
/// What is said of an address that is none of the Internet's.
const ADDRESS: &str = "it is no public address; send the browser's, which a proxy gives in X-Forwarded-For";
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
const AHEAD: &str = "the time lies ahead, so the event waits until then; look at the clock that wrote it";
const EVENT_ID: &str = "event_id";
/// The code of a finding of an address of a page, of which the rest leaves.
const IN_URL: &str = "personal_data_in_url";

/// Clocks differ so far, seconds.
const CLOCKS_DIFFER_S: i64 = 60;

/// Of what stands of consent beside the events.
pub(super) fn of_consent_beside_data(
    consent: Option<&KeyConsent>,
    beside: &BesideData,
    advice: &mut AdviceList,
) {
    if let Some(KeyConsent::Field(name)) = consent.filter(|_| beside.is_named) {
        advice.of_request(name.clone(), ELSEWHERE);
    }
    for one in &beside.unnamed {
        advice.of_request(one.path.clone(), of_unnamed(consent, one));
    }
}

/// What is said of a property that is called consent and is not the key's.
fn of_unnamed(consent: Option<&KeyConsent>, one: &UnnamedConsent) -> String {
    let name = &one.name;
    let counts = if one.is_no {
        "this no counts, so the event is not sent"
    } else {
        "left out, since here nothing but a plain no counts"
    };
    match consent {
        Some(KeyConsent::Field(field)) => {
            format!("{counts}; this key reads a person's yes and no from custom_data.{field}")
        }
        Some(KeyConsent::Sender) | None => format!(
            "{counts}; this key says that whoever sends has asked; one that reads yes and no of each event from custom_data.{name} is made with kopru keys make NAME --scope events --consent \"field:{name}\""
        ),
    }
}

/// Of what an event says of its person's consent.
pub(super) fn of_consent(
    consent: Option<&KeyConsent>,
    said: &ConsentSaid,
    say: &mut impl FnMut(Cow<'static, str>, Cow<'static, str>),
) {
    for one in &said.unnamed {
        say(one.path.clone().into(), of_unnamed(consent, one).into());
    }
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

/// What is to be said of an event that is taken.
pub(super) struct Remarks<'r> {
    /// What `kopru lint` says of it as it came.
    pub(super) findings: &'r Findings,
    /// That the request has it twice.
    pub(super) repeated: Option<Finding>,
    /// Whether it came with an id of its own.
    pub(super) has_id: bool,
    /// What became of its fields.
    pub(super) written: &'r Written,
    /// What was taken out before.
    pub(super) left_out: Option<&'r LeftOut>,
}

impl Remarks<'_> {
    /// Says it: what the check says in its own words, and what is not seen by it.
    pub(super) fn say(
        &self,
        event: &Event<'_>,
        now_s: i64,
        say: &mut impl FnMut(Cow<'static, str>, Cow<'static, str>),
    ) {
        if !self.has_id {
            say(EVENT_ID.into(), NAMED.into());
        }
        if event.event_time.is_some_and(|event_s| event_s > now_s.saturating_add(CLOCKS_DIFFER_S)) {
            say("event_time".into(), AHEAD.into());
        }
        let gone = self.left_out();
        // Of an event that was given an id that is said already.
        let is_said = |finding: &Finding| {
            finding.path == EVENT_ID && matches!(finding.code, "event_id_missing" | "placeholder")
        };
        let of_check = self.findings.iter().filter(|finding| self.has_id || !is_said(finding));
        for finding in of_check.clone().chain(&self.repeated) {
            let is_gone = gone.iter().any(|(path, _)| *path == finding.path) || self.is_dropped(finding);
            let message = match finding.message.clone() {
                message if finding.code == IN_URL => format!("left out in part: {message}").into(),
                message if is_gone => format!("left out: {message}").into(),
                message => message,
            };
            say(finding.path.clone(), message);
        }
        for (path, why) in gone {
            if of_check.clone().all(|finding| finding.path != path) {
                say(path.into(), format!("left out: {why}").into());
            }
        }
    }

    /// Whether it is of a property that does not leave. Of a match key some values may.
    fn is_dropped(&self, finding: &Finding) -> bool {
        let name = finding.path.rsplit('.').next().unwrap_or_default();
        let is_name = |dropped: &str| shown_in_path(dropped) == name;
        !UserData::FIELDS.contains(&name) && self.written.dropped.iter().any(|(dropped, _)| is_name(dropped))
    }

    /// The fields of which nothing leaves, each with the reason.
    fn left_out(&self) -> Vec<(String, String)> {
        let path = |name: &str| {
            let within = if UserData::FIELDS.contains(&name) { "user_data" } else { "custom_data" };
            format!("{within}.{name}")
        };
        let gone = self.written.left_out().filter(|(_, why)| *why != Dropped::Empty);
        let before = self.left_out.map(|left_out| (path(left_out.key), ADDRESS.to_owned()));
        gone.map(|(name, why)| (path(name), why.to_string())).chain(before).collect()
    }
}
