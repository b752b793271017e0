//! Fields that this library does not know, and known ones of a shape that they cannot have.

use super::Findings;
use crate::{event::Extra, privacy};

/// A body can carry any number of unknown fields; a few are enough.
const FIELDS_MAX: usize = 20;
/// From here on a name was probably meant to be another (Jaro-Winkler, 0 to 1).
const SIMILAR_ENOUGH: f64 = 0.9;

/// Known fields of a shape that they cannot have, but for those for which the event is refused.
pub(super) fn odd_fields(
    within: &str,
    extra: &Extra<'_>,
    fields: &[&str],
    is_refused_for: impl Fn(&str) -> bool,
    findings: &mut Findings,
) {
    if extra.is_empty() {
        return;
    }
    for name in fields.iter().filter(|name| !is_refused_for(name)) {
        if extra.iter().any(|(extra, _)| extra == name) {
            findings.advise(
                "odd_shape",
                format!("{within}{}", privacy::shown_in_path(name)),
                "this has a shape that Meta does not document",
            );
        }
    }
}

/// Fields that nobody knows, with the one that was probably meant.
pub(super) fn unknown_fields(within: &str, extra: &Extra<'_>, fields: &[&str], findings: &mut Findings) {
    for (name, json) in extra.iter().take(FIELDS_MAX) {
        // Of a personal one something graver is said.
        if fields.contains(&&**name) || privacy::is_personal(name, json) {
            continue;
        }
        let shown = privacy::shown_in_path(name);
        let path = format!("{within}{shown}");
        let meant = fields
            .iter()
            .map(|field| (strsim::jaro_winkler(&shown.to_ascii_lowercase(), field), field))
            .filter(|(similarity, _)| *similarity >= SIMILAR_ENOUGH)
            .max_by(|one, other| one.0.total_cmp(&other.0));
        match meant {
            Some((_, field)) => findings.advise(
                "unknown_field",
                path,
                format!("Meta knows no such field; did you mean {field}?"),
            ),
            None => findings.advise(
                "unknown_field",
                path,
                "Meta's documentation knows no such field; it is ignored",
            ),
        }
    }
}
