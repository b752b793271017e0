//! Reads forms with bracketed keys (`leads[status][0][id]=…`) as Kommo sends them: brackets raw
//! or percent-encoded, spaces as `+` or `%20`, keys in any order, some keys cut off.

use std::borrow::Cow;

/// Longest key that is read, bytes.
const KEY_MAX: usize = 512;

/// One field of a form.
pub(super) struct FormField<'a> {
    /// The whole key; empty when the pair has no `=`.
    pub key: Cow<'a, str>,
    /// The value.
    pub value: Cow<'a, str>,
}

/// The fields in the order of the body.
pub(super) fn fields(body: &[u8]) -> impl Iterator<Item = FormField<'_>> {
    body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        if !pair.contains(&b'=') {
            return FormField { key: Cow::Borrowed(""), value: Cow::Borrowed("") };
        }
        let (key, value) = form_urlencoded::parse(pair).next().unwrap_or_default();
        FormField { key, value }
    })
}

/// The parts of `root[a][b]…`; `None` when a bracket is not closed or a key is too long.
pub(super) fn path(key: &str) -> Option<Vec<&str>> {
    if key.len() > KEY_MAX {
        return None;
    }
    let Some((root, brackets)) = key.split_once('[') else { return Some(vec![key]) };
    let inner = brackets.strip_suffix(']')?;
    let mut parts = vec![root];
    parts.extend(inner.split("]["));
    (!parts.iter().any(|part| part.contains(['[', ']']))).then_some(parts)
}
