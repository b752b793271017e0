//! The request around the events: what stands for the list of them.

use super::{
    MendLog,
    node::{MendFields, MendNode},
};
use crate::{
    check::alias::KeyHome,
    read::{OF_AN_EVENT, is_place},
};

/// So many lists and objects around the events are opened.
const DEPTH_MAX: usize = 4;

/// The request that an object is, or is an event of.
pub(super) fn root(mut fields: MendFields, log: &mut MendLog) -> MendFields {
    names(&mut fields, log);
    if fields.get("data").is_some() {
        return fields;
    }
    if OF_AN_EVENT.iter().any(|name| fields.has(name)) {
        return wrapped(vec![MendNode::Object(fields)], log);
    }
    if are_places(&fields) {
        let mut events = Vec::new();
        let mut root = MendFields::default();
        if gather(MendNode::Object(fields.clone()), 0, &mut events, &mut root) {
            return wrapped(events, log);
        }
    }
    fields
}

pub(super) fn wrapped(events: Vec<MendNode>, log: &mut MendLog) -> MendFields {
    log.note("data", "put around the events, which stood alone");
    MendFields(vec![("data".to_owned(), MendNode::List(events))])
}

/// Meta's names for what stands at the top of the request.
fn names(root: &mut MendFields, log: &mut MendLog) {
    // Google Analytics 4 has `events`, too, and they are others.
    let is_analytics = root.has("client_id") || root.has("app_instance_id");
    for name in root.names().into_iter().take(super::NAMES_MAX) {
        let Some(key) = KeyHome::Request.key_of(&name) else { continue };
        let is_right = match key {
            "data" => !is_analytics && !matches!(root.get(&name), Some(MendNode::Raw(_)) | None),
            "test_event_code" | "partner_agent" => true,
            _ => false,
        };
        if is_right
            && root.get(key).is_none()
            && let Some(value) = root.take(&name)
        {
            root.set(key, value);
            log.note(&name, format!("renamed to {key}"));
        }
    }
}

/// Makes `data` the list of the events in it, where all that is in it are events.
pub(super) fn data(root: &mut MendFields, log: &mut MendLog) {
    if root.get_mut("data").is_some_and(MendNode::unfold) {
        log.note("data", "opened: it was a text that held the list");
    }
    let Some(data) = root.get("data") else { return };
    let what = match data {
        MendNode::Object(fields) if is_event(fields) => "made a list of the one event in it",
        MendNode::Object(fields) if are_places(fields) => {
            "made a list: its keys were the places of the events"
        }
        MendNode::Object(_) => "made the list that stood within it",
        MendNode::List(all) if all.iter().any(|one| matches!(one, MendNode::List(_))) => {
            "made one list: there was a list within it"
        }
        MendNode::List(all) if all.iter().any(holds_a_list) => "made the list that stood within it",
        _ => return,
    };
    let (mut events, mut beside) = (Vec::new(), MendFields::default());
    if !gather(data.clone(), 0, &mut events, &mut beside) {
        log.leave("data", "it holds something that is no event, or stands in no list");
        return;
    }
    root.set("data", MendNode::List(events));
    log.note("data", what);
    for (name, value) in beside.0 {
        if !root.has(&name) {
            root.set(&name, value);
        }
    }
}

fn holds_a_list(node: &MendNode) -> bool {
    matches!(node, MendNode::Object(fields) if !is_event(fields) && inner_list(fields).is_some())
}

/// Puts the events of a value behind the others, and what stands beside their list into `beside`. Says whether
/// there is nothing else.
fn gather(node: MendNode, depth: usize, events: &mut Vec<MendNode>, beside: &mut MendFields) -> bool {
    if depth > DEPTH_MAX {
        return false;
    }
    match node {
        MendNode::List(all) => all.into_iter().all(|one| gather(one, depth + 1, events, beside)),
        MendNode::Object(fields) if is_event(&fields) => {
            events.push(MendNode::Object(fields));
            true
        }
        MendNode::Object(fields) if are_places(&fields) => {
            fields.0.into_iter().all(|(_, one)| gather(one, depth + 1, events, beside))
        }
        MendNode::Object(mut fields) => {
            let list = inner_list(&fields).and_then(|name| fields.take(name));
            let is_gathered = list.is_some_and(|list| gather(list, depth + 1, events, beside));
            beside.0.append(&mut fields.0);
            is_gathered
        }
        // An event that is written as a text is opened later; what else stands here is said by the check.
        text @ MendNode::Text(_) if depth > 0 => {
            events.push(text);
            true
        }
        _ => false,
    }
}

/// The name under which an object that is no event holds the list of them.
fn inner_list(fields: &MendFields) -> Option<&'static str> {
    ["data", "events"]
        .into_iter()
        .find(|name| matches!(fields.get(name), Some(MendNode::List(_) | MendNode::Object(_))))
}

fn is_event(fields: &MendFields) -> bool {
    fields.names().iter().any(|name| {
        let key = KeyHome::Event.key_of(name);
        OF_AN_EVENT.contains(&name.as_str()) || key.is_some_and(|key| OF_AN_EVENT.contains(&key))
    })
}

/// Whether the keys of an object are places of a list, as PHP leaves them where it took something out.
pub(super) fn are_places(fields: &MendFields) -> bool {
    !fields.0.is_empty() && fields.0.iter().all(|(name, _)| is_place(name))
}
