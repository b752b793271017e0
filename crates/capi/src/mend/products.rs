//! `custom_data`.

use super::{
    MendLog,
    node::{Fields, Node},
};
use crate::{catalogue, check::alias::Place, event::Content};

pub(super) fn mend(data: &mut Fields, log: &mut MendLog) {
    currency(data, log);
    word(data, "content_type", &catalogue::CONTENT_TYPES, "custom_data.", log);
    word(data, "delivery_category", &catalogue::DELIVERY_CATEGORIES, "custom_data.", log);
    if data.get_mut("contents").is_some_and(Node::unfold) {
        log.note("custom_data.contents", "opened: it was a text that held the list");
    }
    if let Some(Node::List(things)) = data.get_mut("contents") {
        for (place, thing) in things.iter_mut().enumerate() {
            if let Some(thing) = thing.fields_mut() {
                mend_thing(thing, &format!("custom_data.contents.{place}."), log);
            }
        }
    }
    content_ids(data, log);
}

fn currency(data: &mut Fields, log: &mut MendLog) {
    let Some(given) = data.text("currency") else { return };
    let capitals = given.trim().to_ascii_uppercase();
    let code = if catalogue::is_currency(&capitals) {
        Some(capitals)
    } else {
        catalogue::currency_hint(given).map(str::to_owned)
    };
    if let Some(code) = code.filter(|code| code != given) {
        log.note("custom_data.currency", "written as its ISO 4217 code in capitals");
        data.set("currency", Node::Text(code));
    }
}

/// A word of Meta's in another case, with blanks, with a hyphen, or in the plural.
fn word(data: &mut Fields, name: &str, known: &[&str], within: &str, log: &mut MendLog) {
    let Some(given) = data.text(name) else { return };
    let bare = given.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let singular = bare.strip_suffix('s').unwrap_or(&bare);
    let meant = known.iter().find(|known| **known == bare || **known == singular);
    if let Some(meant) = meant.filter(|meant| **meant != given) {
        log.note(&format!("{within}{name}"), format!("written as {meant}"));
        data.set(name, Node::Text((*meant).to_owned()));
    }
}

/// Gives the keys of a thing Meta's names, and leaves out those that Meta does not take.
fn mend_thing(thing: &mut Fields, within: &str, log: &mut MendLog) {
    for name in thing.names() {
        if Content::FIELDS.contains(&&*name) {
            continue;
        }
        let path = format!("{within}{}", name.replace('.', "\u{2024}"));
        let Some(value) = thing.take(&name) else { continue };
        match Place::Thing.key_of(&name).filter(|key| !thing.has(key) && !value.says_nothing()) {
            Some(key) => {
                thing.set(key, value);
                log.note(&path, format!("renamed to {key}"));
            }
            None => log.note(&path, "left out: Meta does not take it here"),
        }
    }
    word(thing, "delivery_category", &catalogue::DELIVERY_CATEGORIES, within, log);
}

/// A list of texts, whatever it was made of. One text that holds several ids could be one id.
fn content_ids(data: &mut Fields, log: &mut MendLog) {
    let Some(ids) = data.get_mut("content_ids") else { return };
    let quoted = ids.text().map(str::trim).filter(|text| text.starts_with("['") && text.ends_with("']"));
    if let Some(json) = quoted.filter(|text| !text.contains(['"', '\\'])).map(|text| text.replace('\'', "\""))
        && let Some(list @ Node::List(_)) = Node::read(&json)
    {
        *ids = list;
        log.note("custom_data.content_ids", "opened: it was a text that held the list");
    } else if ids.unfold() {
        log.note("custom_data.content_ids", "opened: it was a text that held the list");
    }
    let Node::List(all) = ids else { return };
    let mut flat = Vec::with_capacity(all.len());
    for id in all.iter() {
        match id {
            Node::List(inner) => flat.extend(inner.iter().cloned()),
            Node::Object(thing) => match thing.get("id") {
                Some(id @ (Node::Text(_) | Node::Raw(_))) => flat.push(id.clone()),
                _ => return,
            },
            one => flat.push(one.clone()),
        }
    }
    if *all != flat {
        *all = flat;
        log.note("custom_data.content_ids", "the ids alone, as a list of texts");
    }
}
