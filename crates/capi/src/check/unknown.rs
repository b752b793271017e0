//! Fields that this library does not know, and known ones of a shape that they cannot have.

use super::{
    Findings,
    alias::{self, KeyHome},
};
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
        let Some((_, json)) = extra.iter().find(|(extra, _)| extra == name) else { continue };
        let path = format!("{within}{}", privacy::shown_in_path(name));
        let is_object = matches!(*name, "user_data" | "custom_data" | "app_data");
        let message = match json.get().as_bytes().first() {
            Some(b'"') if is_object => "this must be an object; a text that holds JSON is none",
            _ if is_object => "this must be an object",
            _ if *name == "data_processing_options_country" => {
                "this must be a number: 1 for the United States, or 0 to let Meta find out"
            }
            _ if *name == "data_processing_options_state" => {
                "this must be a number: 1000 for California and so on, or 0 to let Meta find out"
            }
            _ if *name == "num_items" => "this must be a whole number, how many things the event is about",
            _ if *name == "predicted_ltv" => {
                "this must be a number with a point and without currency or thousands separators, such as 1299.90"
            }
            _ => "this has a shape that Meta does not document",
        };
        findings.advise("odd_shape", path, message);
    }
}

/// Fields that nobody knows here: where they belong, what Meta calls them, or which one was
/// probably meant.
pub(super) fn unknown_fields(
    place: KeyHome,
    within: &str,
    extra: &Extra<'_>,
    fields: &[&str],
    findings: &mut Findings,
) {
    for (name, json) in extra.iter().take(FIELDS_MAX) {
        if fields.contains(&&**name) {
            continue;
        }
        let path = || format!("{within}{}", privacy::shown_in_path(name));
        // In user_data a person's data is as it should be, under another name.
        if place == KeyHome::UserData
            && let Some(key) = place.key_of(name)
        {
            findings.advise("field_name", path(), alias::advice(key, name));
            continue;
        }
        // Of a personal one something graver is said.
        if privacy::is_personal(name, json) {
            continue;
        }
        if let Some(home) = place.home_of(name) {
            let real = if name == "test_event_code" { ", and the event counts as real" } else { "" };
            let message = format!("Meta takes this {}; here it is ignored{real}", home.shown());
            findings.advise("misplaced_field", path(), message);
        } else if let Some(key) = place.key_of(name) {
            findings.advise("field_name", path(), alias::advice(key, name));
        } else if alias::is_of_the_address(name) {
            findings.advise("misplaced_field", path(), alias::IN_THE_ADDRESS);
        } else {
            let message = similar(name, fields).map_or_else(
                || "Meta's documentation knows no such field; it is ignored".to_owned(),
                |field| format!("Meta knows no such field; did you mean {field}?"),
            );
            findings.advise("unknown_field", path(), message);
        }
    }
}

/// The field that was probably meant.
fn similar<'f>(name: &str, fields: &[&'f str]) -> Option<&'f str> {
    let shown = privacy::shown(name).to_ascii_lowercase();
    fields
        .iter()
        .map(|field| (strsim::jaro_winkler(&shown, field), *field))
        .filter(|(similarity, _)| *similarity >= SIMILAR_ENOUGH)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, field)| field)
}

/// Properties of one's own are allowed in `custom_data`; some are Meta's under another name, or
/// belong elsewhere.
pub(super) fn own_properties<'e>(
    extra: &Extra<'_>,
    is_there: impl Fn(&str) -> bool + 'e,
    findings: &mut Findings,
) {
    for (name, json) in extra.iter().take(FIELDS_MAX) {
        if privacy::is_personal(name, json) {
            continue;
        }
        let path = || format!("custom_data.{}", privacy::shown_in_path(name));
        if let Some(home) = KeyHome::CustomData.home_of(name) {
            let message = format!("Meta takes this {}; here it is a property of your own", home.shown());
            findings.advise("misplaced_field", path(), message);
        } else if let Some(key) = KeyHome::CustomData.key_of(name).filter(|key| !is_there(key)) {
            let message = format!("if this is what Meta calls {key}, write it under that name");
            findings.advise("field_name", path(), message);
        }
    }
}
