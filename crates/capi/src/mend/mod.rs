//! A body with everything mended for which there is one right mend. Nothing is guessed: what could
//! mean two things stays as it came, and the check of the mended body says it.

mod event;
mod node;
mod person;
mod products;

use std::fmt;

use crate::{Error, check::alias::KeyHome, event::Event, privacy};
use node::{MendFields, MendNode};

/// So many mends are said one by one.
const SAID_MAX: usize = 200;
/// So many names of an object are looked up.
const NAMES_MAX: usize = 1000;

/// What of a request belongs into each of its events, and is the same for all.
const FOR_EACH_EVENT: [&str; 6] = [
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
    "action_source",
    "messaging_channel",
    "opt_out",
];

/// A mended body. Printing it shows how much was mended.
pub struct Mended {
    /// The body, JSON.
    pub json: Vec<u8>,
    /// What was mended, in order.
    pub mends: Vec<Mend>,
    /// How much more was mended than is said.
    pub unsaid: usize,
}

impl fmt::Debug for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mended({} mends)", self.mends.len() + self.unsaid)
    }
}

/// One thing that was mended. Holds no value of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// The field, in the form in which Meta names it.
    pub path: String,
    /// What was done.
    pub what: String,
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// Mends a request, an event, or a list of events; the two latter get the request around them.
///
/// # Errors
/// It is no JSON: what is broken, and where.
pub fn request(json: &[u8], now_s: i64) -> Result<Mended, Error> {
    crate::read::check_json(json)?;
    let text = std::str::from_utf8(json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json));
    let root = text.ok().and_then(MendNode::read);
    let mut log = MendLog { mends: Vec::new(), unsaid: 0, index: None };
    let mut root = match root {
        Some(MendNode::Object(fields)) if fields.get("data").is_some() || !is_event(&fields) => fields,
        Some(event @ MendNode::Object(_)) => wrapped(vec![event], &mut log),
        Some(MendNode::List(events)) => wrapped(events, &mut log),
        _ => return Err(Error::unreadable("a request must be a JSON object with the list \"data\"")),
    };
    if root.get_mut("data").is_some_and(MendNode::unfold) {
        log.note("data", "opened: it was a text that held the list");
    }
    if let Some(event @ MendNode::Object(_)) = root.get_mut("data") {
        let alone = std::mem::replace(event, MendNode::List(Vec::new()));
        *event = MendNode::List(vec![alone]);
        log.note("data", "made a list of the one event in it");
    }
    let for_each = for_each_event(&mut root, &mut log);
    let mut lifted = MendFields::default();
    if let Some(MendNode::List(events)) = root.get_mut("data") {
        for (place, event) in events.iter_mut().enumerate() {
            log.index = Some(place);
            event.unfold();
            let Some(event) = event.fields_mut() else { continue };
            for (name, value) in &for_each.0 {
                if !event.has(name) {
                    event.set(name, value.clone());
                }
            }
            event::mend(event, &mut lifted, now_s, &mut log);
        }
    }
    for (name, value) in lifted.0 {
        if !root.has(&name) {
            root.set(&name, value);
        }
    }
    let mut out = Vec::with_capacity(json.len());
    MendNode::Object(root).write(&mut out);
    Ok(Mended { json: out, mends: log.mends, unsaid: log.unsaid })
}

fn is_event(fields: &MendFields) -> bool {
    ["event_name", "event_time", "user_data"].iter().any(|name| fields.has(name))
}

fn wrapped(events: Vec<MendNode>, log: &mut MendLog) -> MendFields {
    log.note("data", "put around the events, which stood alone");
    MendFields(vec![("data".to_owned(), MendNode::List(events))])
}

/// Takes what stands beside `data` and belongs into each event.
fn for_each_event(root: &mut MendFields, log: &mut MendLog) -> MendFields {
    let mut found = MendFields::default();
    for name in FOR_EACH_EVENT {
        if let Some(value) = root.take(name) {
            log.note(name, "moved into each event");
            found.set(name, value);
        }
    }
    found
}

/// What was done so far.
struct MendLog {
    mends: Vec<Mend>,
    unsaid: usize,
    /// The event that is looked at.
    index: Option<usize>,
}

impl MendLog {
    /// Notes a mend at a path, whose parts are joined by dots. What is no name of Meta's has to be made fit for
    /// being shown before ([`privacy::shown_in_path`]): afterwards an address cannot be told from a path.
    fn note(&mut self, path: &str, what: impl Into<String>) {
        if self.mends.len() == SAID_MAX {
            self.unsaid += 1;
            return;
        }
        let path = self.index.map_or_else(|| path.to_owned(), |index| crate::check::json_path(path, index));
        self.mends.push(Mend { path, what: what.into() });
    }
}

/// The fields that stand in an object and belong elsewhere, and where.
fn misplaced(here: KeyHome, fields: &MendFields) -> Vec<(String, KeyHome)> {
    let names = fields.names().into_iter();
    names.filter_map(|name| here.home_of(&name).map(|home| (name, home))).collect()
}

/// Gives fields Meta's names, where the right one is not there as well.
fn rename(here: KeyHome, within: &str, fields: &mut MendFields, log: &mut MendLog) {
    for name in fields.names().into_iter().take(NAMES_MAX) {
        // A click id is no fbc: that has the time of the click in it.
        let is_known = match here {
            KeyHome::Event => Event::FIELDS.contains(&&*name),
            _ => crate::UserData::FIELDS.contains(&&*name),
        };
        let is_click_id = |key: &str| key == "fbc" && name.to_ascii_lowercase().contains("cl");
        let Some(key) = here.key_of(&name).filter(|key| !is_known && !is_click_id(key)) else { continue };
        if fields.has(key) {
            continue;
        }
        if let Some(value) = fields.take(&name).filter(|value| !value.says_nothing()) {
            fields.set(key, value);
            log.note(&format!("{within}{}", privacy::shown_in_path(&name)), format!("renamed to {key}"));
        }
    }
}

#[cfg(test)]
mod tests;
