//! Events as Meta gets them.
//!
//! This is the only way out, and it hashes: a plain identifier cannot be written. What is absent
//! is not written; neither an empty string nor `null` nor an empty hash ever leaves.

use crate::{
    Event, Normalizer, UserData,
    event::{Values, object::Write as _},
    json_writer::JsonWriter,
    known_hashes,
    normalize::{hashed::Hashed, place_code},
};

pub use crate::json_writer::Written;

/// Appends an event as JSON to `out`, its identifiers normalised and hashed.
///
/// The country for values that do not say theirs is the event's own, else the normaliser's.
pub fn write_event(event: &Event<'_>, normalizer: &mut Normalizer, out: &mut Vec<u8>) -> Written {
    let default_country = normalizer.country();
    if let Some(country) = event.user_data.as_ref().and_then(country_of_person) {
        normalizer.set_country_code(Some(country));
    }
    let mut writer = JsonWriter::new(out, normalizer);
    event.write("", None, &mut writer);
    let written = writer.finish();
    normalizer.set_country_code(default_country);
    written
}

/// The country that a person's `country` names, plain or by its hash, as a lower-case code.
pub fn country_of_person(user: &UserData<'_>) -> Option<&'static str> {
    country_of(user.country.as_ref()?)
}

/// The country that a match key names, also by its hash.
pub(crate) fn country_of(values: &Values<'_>) -> Option<&'static str> {
    values.iter().find_map(|value| match Hashed::read(value) {
        Some(hashed) => known_hashes::country(hashed.digits),
        None => place_code(value),
    })
}

#[cfg(test)]
mod tests;
