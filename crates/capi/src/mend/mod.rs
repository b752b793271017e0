//! A body with everything mended for which there is one right mend. Nothing is guessed: what could
//! mean two things stays as it came, and the check of the mended body says it.

mod event;
mod node;
mod person;
mod products;
mod shape;

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
    /// What was not mended although somebody has to mend it, and why.
    pub left: Vec<Mend>,
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
    let mut log = MendLog::default();
    let mut root = match root {
        Some(MendNode::List(events)) => shape::wrapped(events, &mut log),
        Some(MendNode::Object(fields)) => shape::root(fields, &mut log),
        _ => return Err(Error::unreadable("a request must be a JSON object with the list \"data\"")),
    };
    shape::data(&mut root, &mut log);
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
    Ok(Mended { json: out, mends: log.mends, unsaid: log.unsaid, left: log.left })
}

/// Takes what stands beside `data` and belongs into each event.
fn for_each_event(root: &mut MendFields, log: &mut MendLog) -> MendFields {
    let mut found = MendFields::default();
    for name in FOR_EACH_EVENT {
        // A word that Meta does not know would have each event refused.
        let is_wrong = name == "action_source" && !root.text(name).is_some_and(event::is_source);
        if root.has(name) && is_wrong {
            log.leave(name, "at its place, in each event, Meta would refuse it");
        } else if let Some(value) = root.take(name) {
            log.note(name, "moved into each event");
            found.set(name, value);
        }
    }
    found
}

/// What was done so far.
#[derive(Default)]
struct MendLog {
    mends: Vec<Mend>,
    unsaid: usize,
    left: Vec<Mend>,
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
        let path = self.shown(path);
        self.mends.push(Mend { path, what: what.into() });
    }

    /// Notes what stays as it is although it has to be mended.
    fn leave(&mut self, path: &str, why: impl Into<String>) {
        if self.left.len() < SAID_MAX {
            let path = self.shown(path);
            self.left.push(Mend { path, what: why.into() });
        }
    }

    fn shown(&self, path: &str) -> String {
        self.index.map_or_else(|| path.to_owned(), |index| crate::check::json_path(path, index))
    }
}

/// The fields that stand in an object and belong elsewhere, and where.
fn misplaced(here: KeyHome, fields: &MendFields) -> Vec<(String, KeyHome)> {
    let names = fields.names().into_iter();
    names.filter_map(|name| here.home_of(&name).map(|home| (name, home))).collect()
}

/// Gives fields Meta's names, where the right one is not there as well.
fn rename(here: KeyHome, within: &str, fields: &mut MendFields, log: &mut MendLog) {
    let is_meant = |name: &str| {
        let is_known = match here {
            KeyHome::Event => Event::FIELDS.contains(&name),
            _ => crate::UserData::FIELDS.contains(&name),
        };
        // A click id is no fbc: that has the time of the click in it. Google Analytics 4 has its own id of the
        // browser under `client_id`, which is no id of a person.
        let is_another = |key: &str| {
            (key == "fbc" && name.to_ascii_lowercase().contains("cl"))
                || (key == "external_id" && name.to_ascii_lowercase().starts_with("client"))
        };
        here.key_of(name).filter(|key| !is_known && !is_another(key))
    };
    let found = Candidates::of(fields, is_meant);
    for (name, key) in found.names() {
        if fields.has(key) {
            continue;
        }
        let path = format!("{within}{}", privacy::shown_in_path(name));
        if found.are_several(name, fields) {
            log.leave(&path, format!("several keys here can be {key}; keep the right one under that name"));
        } else if let Some(value) = fields.take(name).filter(|value| !value.says_nothing()) {
            fields.set(key, value);
            log.note(&path, format!("renamed to {key}"));
        }
    }
}

/// Names that people use, and which of Meta's each one means.
struct Candidates(Vec<(String, &'static str)>);

impl Candidates {
    fn of(fields: &MendFields, is_meant: impl Fn(&str) -> Option<&'static str>) -> Self {
        let names = fields.names().into_iter().take(NAMES_MAX);
        Self(names.filter_map(|name| is_meant(&name).map(|key| (name, key))).collect())
    }

    fn names(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.0.iter().map(|(name, key)| (name.as_str(), *key))
    }

    /// Whether another name means the same of Meta's and says something else.
    fn are_several(&self, name: &str, fields: &MendFields) -> bool {
        let Some((_, key)) = self.0.iter().find(|(known, _)| known == name) else { return false };
        let own = fields.get(name);
        let others = self.0.iter().filter(|(other, meant)| meant == key && other != name);
        others.filter(|(other, _)| fields.has(other)).any(|(other, _)| fields.get(other) != own)
    }
}

#[cfg(test)]
mod tests;
