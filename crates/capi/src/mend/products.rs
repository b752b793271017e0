//! `custom_data`.

use super::{
    Candidates, MendLog,
    node::{MendFields, MendNode},
    shape::are_places,
};
use crate::{catalogue, check::alias::KeyHome, event::Content, privacy};

pub(super) fn mend(data: &mut MendFields, log: &mut MendLog) {
    currency(data, log);
    word(data, "content_type", &catalogue::CONTENT_TYPES, "custom_data.", log);
    word(data, "delivery_category", &catalogue::DELIVERY_CATEGORIES, "custom_data.", log);
    if data.get_mut("contents").is_some_and(MendNode::unfold) {
        log.note("custom_data.contents", "opened: it was a text that held the list");
    }
    if let Some(contents) = data.get_mut("contents") {
        list_of_things(contents, log);
    }
    if let Some(MendNode::List(things)) = data.get_mut("contents") {
        for (place, thing) in things.iter_mut().enumerate() {
            if let Some(thing) = thing.fields_mut() {
                mend_thing(thing, &format!("custom_data.contents.{place}."), log);
            }
        }
    }
    content_ids(data, log);
}

fn currency(data: &mut MendFields, log: &mut MendLog) {
    let Some(given) = data.text("currency") else { return };
    let capitals = given.trim().to_ascii_uppercase();
    let code = if catalogue::is_currency(&capitals) {
        Some(capitals)
    } else if catalogue::withdrawn_currency(given).is_some_and(|withdrawn| withdrawn.old_units != "1") {
        // The amount would change with it, and so would prices; who knows them has to say so.
        None
    } else {
        catalogue::currency_hint(given).map(str::to_owned)
    };
    if let Some(code) = code.filter(|code| code != given) {
        log.note("custom_data.currency", "written as its ISO 4217 code in capitals");
        data.set("currency", MendNode::Text(code));
    }
}

/// A word of Meta's in another case, with blanks, with a hyphen, or in the plural.
fn word(data: &mut MendFields, name: &str, known: &[&str], within: &str, log: &mut MendLog) {
    let Some(given) = data.text(name) else { return };
    let bare = given.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let singular = bare.strip_suffix('s').unwrap_or(&bare);
    let meant = known.iter().find(|known| **known == bare || **known == singular);
    if let Some(meant) = meant.filter(|meant| **meant != given) {
        log.note(&format!("{within}{name}"), format!("written as {meant}"));
        data.set(name, MendNode::Text((*meant).to_owned()));
    }
}

/// One thing in place of the list of them, and things under the places that they had in a list.
fn list_of_things(contents: &mut MendNode, log: &mut MendLog) {
    const PATH: &str = "custom_data.contents";
    let MendNode::Object(fields) = contents else { return };
    if are_places(fields) && fields.0.iter().all(|(_, thing)| matches!(thing, MendNode::Object(_))) {
        *contents =
            MendNode::List(std::mem::take(&mut fields.0).into_iter().map(|(_, thing)| thing).collect());
        log.note(PATH, "made a list: its keys were the places of the things");
    } else if fields.names().iter().any(|name| name == "id" || KeyHome::Thing.key_of(name) == Some("id")) {
        *contents = MendNode::List(vec![contents.clone()]);
        log.note(PATH, "made a list of the one thing in it");
    }
}

/// Gives the keys of a thing Meta's names, and leaves out those that Meta does not take.
fn mend_thing(thing: &mut MendFields, within: &str, log: &mut MendLog) {
    let all = std::mem::take(&mut thing.0);
    let (known, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(name, _)| Content::FIELDS.contains(&&**name));
    thing.0 = known;
    let others = MendFields(others);
    let found = Candidates::of(&others, |name| KeyHome::Thing.key_of(name).filter(|key| !thing.has(key)));
    for (name, value) in &others.0 {
        let path = format!("{within}{}", privacy::shown_in_path(name));
        let key = found.names().find(|(known, _)| known == name).map(|(_, key)| key);
        match key.filter(|_| !value.says_nothing()) {
            Some(key) if found.are_several(name, &others) => {
                thing.set(name, value.clone());
                log.leave(
                    &path,
                    format!("several keys here can be {key}; keep the right one under that name"),
                );
            }
            Some(key) if !thing.has(key) => {
                thing.set(key, value.clone());
                log.note(&path, format!("renamed to {key}"));
            }
            _ => log.note(&path, "left out: Meta does not take it here"),
        }
    }
    word(thing, "delivery_category", &catalogue::DELIVERY_CATEGORIES, within, log);
}

/// A list of texts, whatever it was made of. One text that holds several ids could be one id.
fn content_ids(data: &mut MendFields, log: &mut MendLog) {
    let Some(ids) = data.get_mut("content_ids") else { return };
    let quoted = ids.text().map(str::trim).filter(|text| text.starts_with("['") && text.ends_with("']"));
    if let Some(json) = quoted.filter(|text| !text.contains(['"', '\\'])).map(|text| text.replace('\'', "\""))
        && let Some(list @ MendNode::List(_)) = MendNode::read(&json)
    {
        *ids = list;
        log.note("custom_data.content_ids", "opened: it was a text that held the list");
    } else if ids.unfold() {
        log.note("custom_data.content_ids", "opened: it was a text that held the list");
    }
    let is_one = |id: &str| !id.trim().is_empty() && !id.contains([',', ';', '|', '[', '{']);
    if ids.text().is_some_and(is_one) {
        *ids = MendNode::List(vec![ids.clone()]);
        log.note("custom_data.content_ids", "a list of the one id");
    }
    let MendNode::List(all) = ids else { return };
    let mut flat = Vec::with_capacity(all.len());
    for id in all.iter() {
        match id {
            MendNode::List(inner) => flat.extend(inner.iter().cloned()),
            MendNode::Object(thing) => match thing.get("id") {
                Some(id @ (MendNode::Text(_) | MendNode::Raw(_))) => flat.push(id.clone()),
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
