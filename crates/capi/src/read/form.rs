//! Forms: each field becomes a string of a JSON object, which is then read like any other body.

use std::borrow::Cow;

use super::unfold::push_string;

/// A field: its name and its value.
pub(super) type NamedText<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The fields of an urlencoded form as a JSON object.
pub(super) fn decode(body: &[u8]) -> Vec<u8> {
    object(form_urlencoded::parse(body), body.len())
}

pub(super) fn object<'a>(fields: impl Iterator<Item = NamedText<'a>>, size_hint: usize) -> Vec<u8> {
    let mut json = Vec::with_capacity(size_hint + size_hint / 4);
    json.push(b'{');
    for (place, (name, value)) in fields.enumerate() {
        if place > 0 {
            json.push(b',');
        }
        push_string(&name, &mut json);
        json.push(b':');
        push_string(&value, &mut json);
    }
    json.push(b'}');
    json
}
