//! An event without what is in it.

use super::{
    MendLog, misplaced,
    node::{MendFields, MendNode},
    person, products, rename,
};
use crate::{
    Checks, Event, catalogue,
    check::alias::KeyHome,
    event::ActionSource,
    limits::{FUTURE_TOLERANCE_S, STORE_EVENT_AGE_MAX_S},
    names,
};

pub(super) fn mend(event: &mut MendFields, lifted: &mut MendFields, now_s: i64, log: &mut MendLog) {
    rename(KeyHome::Event, "", event, log);
    for part in ["user_data", "custom_data"] {
        if event.get_mut(part).is_some_and(MendNode::unfold) {
            log.note(part, "opened: it was a text that held the object");
        }
    }
    places(event, lifted, now_s, log);
    parts(event, now_s, log);
}

/// Mends fields where they stand.
fn parts(event: &mut MendFields, now_s: i64, log: &mut MendLog) {
    time(event, now_s, log);
    name(event, log);
    source(event, log);
    let page = event.text("event_source_url").map(str::to_owned);
    if let Some(user) = event.get_mut("user_data").and_then(MendNode::fields_mut) {
        person::mend(user, page.as_deref(), now_s, log);
    }
    if let Some(data) = event.get_mut("custom_data").and_then(MendNode::fields_mut) {
        products::mend(data, log);
    }
}

/// The fields for which Meta would refuse an event once its parts are mended.
fn refused_fields(event: &MendFields, now_s: i64) -> Vec<String> {
    let mut event = event.clone();
    parts(&mut event, now_s, &mut MendLog::default());
    let mut json = Vec::new();
    MendNode::Object(event).write(&mut json);
    Event::from_slice(&json)
        .map_or_else(|_| Vec::new(), |event| crate::check::refused_fields(&event, Checks::at(now_s)))
}

/// Fields that Meta can refuse where they belong, which it does not where they are ignored.
const REFUSABLE: [&str; 16] = [
    "action_source",
    "app_data",
    "contents",
    "ctwa_clid",
    "currency",
    "event_name",
    "event_time",
    "fbc",
    "ig_account_id",
    "ig_sid",
    "lead_id",
    "messaging_channel",
    "order_id",
    "page_id",
    "page_scoped_user_id",
    "value",
];

/// Brings fields where they belong, unless something stands there, or Meta would refuse them there.
fn places(event: &mut MendFields, lifted: &mut MendFields, now_s: i64, log: &mut MendLog) {
    for part in ["", "user_data", "custom_data"] {
        let (here, within) = match part {
            "user_data" => (KeyHome::UserData, "user_data."),
            "custom_data" => (KeyHome::CustomData, "custom_data."),
            _ => (KeyHome::Event, ""),
        };
        let mut found = match part {
            "" => misplaced(here, event),
            part => event
                .get_mut(part)
                .and_then(MendNode::fields_mut)
                .map_or_else(Vec::new, |inner| misplaced(here, inner)),
        };
        // A value needs its currency.
        found.sort_by_key(|(name, _)| name != "currency");
        for (name, home) in found {
            let before = REFUSABLE.contains(&name.as_str()).then(|| event.clone());
            let is_free = match home {
                KeyHome::Request => !lifted.has(&name),
                KeyHome::Event => !event.has(&name),
                KeyHome::UserData => {
                    event.object("user_data").is_some_and(|user| part == "user_data" || !user.has(&name))
                }
                KeyHome::CustomData => event.object("custom_data").is_some_and(|data| !data.has(&name)),
                KeyHome::Thing => false,
            };
            // Of a parameter of the request the first one counts, and the others go.
            if !is_free && home != KeyHome::Request {
                continue;
            }
            let value = match part {
                "" => event.take(&name),
                part => {
                    event.get_mut(part).and_then(MendNode::fields_mut).and_then(|inner| inner.take(&name))
                }
            };
            let Some(value) = value else { continue };
            let to = match home {
                KeyHome::Request => Some(&mut *lifted),
                KeyHome::UserData => event.object("user_data"),
                KeyHome::CustomData => event.object("custom_data"),
                _ => Some(&mut *event),
            };
            if let Some(to) = to.filter(|to| !to.has(&name)) {
                to.set(&name, value);
            }
            let is_refused_there = |before: &MendFields| {
                let known = refused_fields(before, now_s);
                refused_fields(event, now_s).iter().any(|field| !known.contains(field))
            };
            if let Some(before) = before.filter(is_refused_there) {
                *event = before;
                log.leave(
                    &format!("{within}{name}"),
                    format!("Meta takes this {}, but would refuse it there as it is", home.shown()),
                );
                continue;
            }
            log.note(&format!("{within}{name}"), format!("moved: it belongs {}", home.shown()));
        }
    }
}

/// Milliseconds, fractions of a second and dates with their zone have one meaning.
fn time(event: &mut MendFields, now_s: i64, log: &mut MendLog) {
    let (number, text) = match event.get("event_time") {
        Some(MendNode::Raw(raw)) => (Some(raw.as_str()), raw.as_str()),
        Some(MendNode::Text(text)) => (None, text.trim()),
        _ => return,
    };
    let is_near = |time_s: &i64| {
        (now_s.saturating_sub(STORE_EVENT_AGE_MAX_S)..=now_s.saturating_add(FUTURE_TOLERANCE_S))
            .contains(time_s)
    };
    let whole: Option<i64> = text.parse().ok();
    let found = match whole {
        Some(time) if is_near(&time) => {
            let is_clean = number.is_some() || event.text("event_time").is_some_and(|given| given == text);
            (!is_clean).then_some((time, "blanks taken off"))
        }
        Some(time) => [
            (1000, "milliseconds made seconds"),
            (1_000_000, "microseconds made seconds"),
            (1_000_000_000, "nanoseconds made seconds"),
        ]
        .into_iter()
        .map(|(parts, what)| (time / parts, what))
        .find(|(time_s, _)| is_near(time_s)),
        None => {
            let cut = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte.is_ascii_digit()));
            let cut = cut.and_then(|(seconds, _)| seconds.parse().ok());
            cut.filter(is_near).map(|time_s| (time_s, "the fraction of a second taken off")).or_else(|| {
                let stamp: jiff::Timestamp = text.parse().ok()?;
                Some(stamp.as_second()).filter(is_near).map(|time_s| (time_s, "the date made Unix seconds"))
            })
        }
    };
    if let Some((time_s, what)) = found {
        event.set("event_time", MendNode::Raw(time_s.to_string()));
        log.note("event_time", what);
    }
}

fn name(event: &mut MendFields, log: &mut MendLog) {
    if event.text("action_source") == Some("business_messaging") {
        return;
    }
    let Some(given) = event.text("event_name") else { return };
    if names::is_standard(given) {
        return;
    }
    let standard = names::STANDARD_EVENT_NAMES
        .into_iter()
        .find(|standard| standard.eq_ignore_ascii_case(given.trim()))
        .or_else(|| catalogue::meta_name_of_ga4(given));
    if let Some(standard) = standard {
        event.set("event_name", MendNode::Text(standard.to_owned()));
        log.note("event_name", format!("written as Meta's standard event {standard}"));
    }
}

/// Whether a value is a source that Meta knows, in whatever case.
pub(super) fn is_source(given: &str) -> bool {
    ActionSource::WORDS.contains(&given.trim().to_ascii_lowercase().as_str())
}

fn source(event: &mut MendFields, log: &mut MendLog) {
    let Some(given) = event.text("action_source") else { return };
    let lower = given.trim().to_ascii_lowercase();
    if lower != given && ActionSource::WORDS.contains(&lower.as_str()) {
        event.set("action_source", MendNode::Text(lower));
        log.note("action_source", "written in small letters");
    }
}
