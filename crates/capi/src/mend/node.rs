//! JSON that can be changed: keys keep their order, and numbers every digit.

use std::collections::HashSet;

use serde_json::value::RawValue;

use crate::json_writer::push_json_string;

/// How deep objects and lists are opened; what lies deeper stays as it came. Meta's deepest has six.
const DEPTH_MAX: usize = 16;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MendNode {
    /// A number, `true`, `false`, `null`, or what cannot be opened.
    Raw(String),
    Text(String),
    List(Vec<Self>),
    Object(MendFields),
}

/// The fields of an object in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MendFields(pub(super) Vec<(String, MendNode)>);

impl MendNode {
    /// Reads a value that is known to be JSON.
    pub(super) fn read(json: &str) -> Option<Self> {
        serde_json::from_str::<&RawValue>(json).ok().map(|raw| opened(raw, 0))
    }

    /// The JSON.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Raw(raw) => out.extend_from_slice(raw.as_bytes()),
            Self::Text(text) => push_json_string(text, out),
            Self::List(all) => {
                out.push(b'[');
                for (place, one) in all.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    one.write(out);
                }
                out.push(b']');
            }
            Self::Object(fields) => {
                out.push(b'{');
                for (place, (name, value)) in fields.0.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    push_json_string(name, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn fields_mut(&mut self) -> Option<&mut MendFields> {
        if let Self::Object(fields) = self { Some(fields) } else { None }
    }

    /// Whether it says as much as no value.
    pub(super) fn says_nothing(&self) -> bool {
        match self {
            Self::Raw(raw) => raw == "null",
            Self::Text(text) => text.is_empty(),
            Self::List(all) => all.is_empty(),
            Self::Object(fields) => fields.0.is_empty(),
        }
    }

    /// A text that holds an object or a list becomes that. Says whether it did.
    pub(super) fn unfold(&mut self) -> bool {
        let inner = self.text().map(str::trim).filter(|text| text.starts_with(['{', '[']));
        let Some(inner) = inner.and_then(Self::read) else { return false };
        *self = inner;
        true
    }
}

fn opened(raw: &RawValue, depth: usize) -> MendNode {
    let text = raw.get();
    let as_it_is = || MendNode::Raw(text.to_owned());
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text).map_or_else(|_| as_it_is(), MendNode::Text),
        Some(b'[') if depth < DEPTH_MAX => serde_json::from_str::<Vec<&RawValue>>(text).map_or_else(
            |_| as_it_is(),
            |all| MendNode::List(all.into_iter().map(|one| opened(one, depth + 1)).collect()),
        ),
        Some(b'{') if depth < DEPTH_MAX => {
            read_fields(text, depth).map_or_else(as_it_is, |fields| MendNode::Object(MendFields(fields)))
        }
        _ => as_it_is(),
    }
}

fn read_fields(text: &str, depth: usize) -> Option<Vec<(String, MendNode)>> {
    let fields: crate::read::RawFields<'_> = serde_json::from_str(text).ok()?;
    // Of a field that comes twice the last one counts.
    let mut seen = HashSet::new();
    let mut read: Vec<_> = fields
        .0
        .into_iter()
        .rev()
        .filter(|(name, _)| seen.insert(name.clone()))
        .map(|(name, value)| (name.into_owned(), opened(value, depth + 1)))
        .collect();
    read.reverse();
    Some(read)
}

impl MendFields {
    pub(super) fn get(&self, name: &str) -> Option<&MendNode> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut MendNode> {
        self.0.iter_mut().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Whether a field is there and says something.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !value.says_nothing())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(MendNode::text)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<MendNode> {
        let place = self.place(name)?;
        Some(self.0.remove(place).1)
    }

    /// Where a field stands; of several the last one counts.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().rposition(|(known, _)| known == name)
    }

    pub(super) fn set(&mut self, name: &str, value: MendNode) {
        match self.get_mut(name) {
            Some(old) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// An object within, made if it is missing; none if something else stands there.
    pub(super) fn object(&mut self, name: &str) -> Option<&mut Self> {
        if !self.has(name) {
            self.set(name, MendNode::Object(Self::default()));
        }
        self.get_mut(name).and_then(MendNode::fields_mut)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }
}
