//! Names with brackets, `data[0][user_data][em]`, as PHP's `http_build_query` writes them.

use std::{borrow::Cow, collections::BTreeMap};

use super::super::{form, unfold::push_string};
use crate::Error;

/// Most fields; a request of a thousand events has some ten thousand.
const FIELDS_MAX: usize = 200_000;
/// Most brackets in a name; Meta's deepest has five.
const DEPTH_MAX: usize = 12;

/// What stands under a name.
enum BracketNode {
    Text(String),
    Inner(BTreeMap<NameStep, Self>),
}

/// A part of a name: numbers before words, so that lists keep their order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum NameStep {
    Place(u64),
    Word(String),
}

pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, Error> {
    // Tools show a form with a line for each field.
    let by_lines = text.split(|byte| *byte == b'\n').skip(1).all(|line| {
        line.starts_with(b"data[")
            || line.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case(b"data%5b"))
    });
    if !by_lines {
        return or_object(form_urlencoded::parse(text).collect());
    }
    let mut joined = Vec::with_capacity(text.len());
    for line in text.split(|byte| *byte == b'\n') {
        joined.extend_from_slice(line.trim_ascii());
        joined.push(b'&');
    }
    let owned = |(name, value): form::NamedText<'_>| (name.into_owned().into(), value.into_owned().into());
    or_object(form_urlencoded::parse(&joined).map(owned).collect())
}

/// Whether fields of events stand behind `data[]`, which is a new element for PHP each time.
pub(super) fn begins_anew_each_time(text: &[u8]) -> bool {
    let is_new = |name: &[u8]| {
        let name = name.to_ascii_lowercase();
        [&b"data[]["[..], b"data%5b%5d%5b"].iter().any(|begin| name.starts_with(begin))
    };
    text.split(|byte| matches!(byte, b'&' | b'\n')).map(|field| &field[..field.len().min(13)]).any(is_new)
}

/// The fields as a JSON object; those with brackets in their names as what they stand for.
pub(super) fn or_object(fields: Vec<form::NamedText<'_>>) -> Result<Vec<u8>, Error> {
    if !fields.iter().any(|(name, _)| name.contains('[')) {
        let size = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        return Ok(form::object(fields.into_iter(), size));
    }
    if fields.len() > FIELDS_MAX {
        return Err(Error::unreadable(format_args!("the form has more than {FIELDS_MAX} fields")));
    }
    let mut root = BTreeMap::new();
    for (name, value) in fields {
        put(&mut root, &name, value)?;
    }
    let mut json = Vec::new();
    write(&BracketNode::Inner(root), &mut json);
    Ok(json)
}

fn put(root: &mut BTreeMap<NameStep, BracketNode>, name: &str, value: Cow<'_, str>) -> Result<(), Error> {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let mut steps = vec![first];
    if !rest.is_empty() {
        let rest = rest.strip_suffix(']').unwrap_or(rest);
        steps.extend(rest.split("]["));
    }
    if steps.len() > DEPTH_MAX {
        return Err(Error::unreadable(format_args!("a name of the form has more than {DEPTH_MAX} brackets")));
    }
    let Some((last, way)) = steps.split_last() else { return Ok(()) };
    let mut at = root;
    for step in way {
        let step = named(step, at);
        let next = at.entry(step).or_insert_with(|| BracketNode::Inner(BTreeMap::new()));
        if !matches!(next, BracketNode::Inner(_)) {
            *next = BracketNode::Inner(BTreeMap::new());
        }
        let BracketNode::Inner(inner) = next else { return Ok(()) };
        at = inner;
    }
    let last = named(last, at);
    at.insert(last, BracketNode::Text(value.into_owned()));
    Ok(())
}

/// An empty pair of brackets is the next place.
fn named(step: &str, within: &BTreeMap<NameStep, BracketNode>) -> NameStep {
    if step.is_empty() {
        let before_words = ..NameStep::Word(String::new());
        let last = within.range(before_words).next_back().map(|(key, _)| key);
        let next = if let Some(NameStep::Place(last)) = last { last.saturating_add(1) } else { 0 };
        return NameStep::Place(next);
    }
    let is_place = step.len() < 19 && (step == "0" || !step.starts_with('0'));
    match step.parse() {
        Ok(place) if is_place && step.bytes().all(|byte| byte.is_ascii_digit()) => NameStep::Place(place),
        _ => NameStep::Word(step.to_owned()),
    }
}

fn write(node: &BracketNode, out: &mut Vec<u8>) {
    match node {
        BracketNode::Text(text) => push_string(text, out),
        BracketNode::Inner(inner) => {
            let is_list = !inner.is_empty() && inner.keys().all(|key| matches!(key, NameStep::Place(_)));
            out.push(if is_list { b'[' } else { b'{' });
            for (place, (key, value)) in inner.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                if !is_list {
                    match key {
                        NameStep::Word(word) => push_string(word, out),
                        NameStep::Place(number) => push_string(&number.to_string(), out),
                    }
                    out.push(b':');
                }
                write(value, out);
            }
            out.push(if is_list { b']' } else { b'}' });
        }
    }
}
