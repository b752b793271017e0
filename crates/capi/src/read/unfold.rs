//! Strings that hold JSON. The Python SDK writes every event as a string into a list and the list
//! as a string into a form.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{broken, check_json};
use crate::{Error, event::object::Name};

/// The same body with `data` as a list and its elements as objects, as far as the strings hold
/// such JSON. A string that does not stays what it is.
pub(super) fn open(json: &[u8]) -> Result<Vec<u8>, Error> {
    let fields: Fields<'_> = serde_json::from_slice(json).map_err(broken)?;
    let mut out = Vec::with_capacity(json.len());
    out.push(b'{');
    for (place, (name, value)) in fields.0.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        push_string(name, &mut out);
        out.push(b':');
        if name == "data" {
            broken_text(value)?;
            push_list(&opened(value), &mut out);
        } else {
            out.extend_from_slice(value.get().as_bytes());
        }
    }
    out.push(b'}');
    Ok(out)
}

/// What is broken in a text that was to hold the list of events.
fn broken_text(value: &RawValue) -> Result<(), Error> {
    let Ok(inner) = serde_json::from_str::<String>(value.get()) else { return Ok(()) };
    if !inner.trim_start().starts_with(['{', '[']) {
        return Ok(());
    }
    check_json(inner.as_bytes())
        .map_err(|error| Error::unreadable(format_args!("the text in data cannot be read: {error}")))
}

fn push_list(list: &str, out: &mut Vec<u8>) {
    let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(list) else {
        out.extend_from_slice(list.as_bytes());
        return;
    };
    out.push(b'[');
    for (place, element) in elements.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(opened(element).as_bytes());
    }
    out.push(b']');
}

/// The JSON in a string, or the value itself.
pub(super) fn opened(value: &RawValue) -> Cow<'_, str> {
    let raw = value.get();
    if !raw.starts_with('"') {
        return Cow::Borrowed(raw);
    }
    let inner = serde_json::from_str::<String>(raw).ok().filter(|inner| {
        inner.trim_start().starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(inner).is_ok()
    });
    inner.map_or(Cow::Borrowed(raw), Cow::Owned)
}

pub(super) fn push_string(text: &str, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// The fields of an object in their order.
pub(crate) struct Fields<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Fields<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> serde::de::Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}
