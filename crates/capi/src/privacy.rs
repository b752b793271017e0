//! Personal data where none belongs: an e-mail address in a page's address, a phone in a property
//! of one's own. Whatever looks like it is not written, and [`crate::check`] says so.

use serde_json::{Value, value::RawValue};

mod allow_list;
mod called;
mod email;
mod names;
mod phone;
mod reading;
mod url;

pub use allow_list::only_allowed;
pub use email::holds_email;
pub use url::clean_url;

use names::{is_named_like_a_phone, is_named_like_a_thing, is_personal_name, names_somebody};
use phone::{PHONE_DIGITS, is_alone};
use reading::plain_form;

/// Longest name that is shown, characters.
const NAME_SHOWN_MAX: usize = 50;

/// A name from outside as it can be shown: on one line, not too long, and not if it is itself an
/// address or a number. Digits alone that may be a phone number are not shown either: nothing is lost
/// with them, for no key of Meta's is a number.
pub fn shown(name: &str) -> String {
    if is_personal_text(name) || may_be_a_phone(name) {
        return "…".to_owned();
    }
    name.chars().filter(|c| !c.is_control()).take(NAME_SHOWN_MAX).collect()
}

/// Whether a text is so many digits and nothing else that they can be a phone number.
fn may_be_a_phone(text: &str) -> bool {
    let text = text.trim();
    PHONE_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The same within the path of a finding, whose parts are joined by dots.
pub fn shown_in_path(name: &str) -> String {
    shown(name).replace('.', "\u{2024}")
}

/// Whether a property of one's own gives away a person, by its name or by what it holds. What cannot
/// be looked into (half a character, a number beyond all bounds, very deep nesting) counts as if it
/// did.
pub fn is_personal(name: &str, json: &RawValue) -> bool {
    let json = json.get();
    match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        // The usual property needs no parsing.
        Some(text) if !text.contains('\\') => is_personal_string(name, text),
        _ => serde_json::from_str(json).ok().is_none_or(|value: Value| is_personal_field(name, &value)),
    }
}

fn is_personal_field(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => is_personal_string(name, text),
        Value::Number(number) => is_personal_string(name, &number.to_string()),
        Value::Array(items) => items.iter().any(|item| is_personal_field(name, item)),
        Value::Object(fields) => {
            (!fields.is_empty() && gives_away(name))
                || fields.iter().any(|(name, value)| is_personal_field(name, value))
        }
        Value::Null | Value::Bool(_) => gives_away_itself(name),
    }
}

fn is_personal_string(name: &str, text: &str) -> bool {
    gives_away_itself(name)
        || (!text.is_empty() && gives_away(name))
        || is_personal_value(name, text)
        || (phone::is_dialled_text(text) && is_named_like_a_phone(name))
}

/// Whether a property's value gives away a person. The groups of digits in the number of a thing are the shop's own.
/// Somebody's own number (`customer_id`) is quite often their telephone's.
fn is_personal_value(name: &str, text: &str) -> bool {
    let plain = plain_form(text);
    email::is_in(&plain)
        || phone::is_in_id(&plain)
        || (phone::is_in(&plain) && !is_named_like_a_thing(name))
        || (phone::is_turkish_mobile(plain.trim()) && names_somebody(name))
}

/// Whether whatever has this name is personal.
fn gives_away(name: &str) -> bool {
    is_personal_name(name) || is_user_data(name)
}

/// Whether the name itself is an address or a number.
fn gives_away_itself(name: &str) -> bool {
    is_personal_text(name)
}

/// Whether a text must not leave in a known field. Where the text is no id, a phone number is out of place as well as
/// an e-mail address; in ids only the latter can be seen, and a number with a plus sign. A browser's own words are left
/// alone, and so is what has to stay byte for byte.
pub(crate) fn is_personal_in(field: &str, text: &str) -> bool {
    match field {
        // Addresses of pages are cut.
        "event_id" | "event_name" | "event_source_url" | "referrer_url" => false,
        // Programs name whom to write to in the midst of theirs.
        "client_user_agent" => is_alone(text) || (holds_email(text) && !text.contains(' ')),
        _ if is_id(field) => is_personal_id(text),
        _ => is_personal_text(text),
    }
}

/// Whether a known field holds ids, or what programs write.
pub(crate) fn is_id(field: &str) -> bool {
    const OTHERS: [&str; 14] = [
        "id",
        "sku",
        "item_number",
        "store_code",
        "fbc",
        "fbp",
        "madid",
        "ctwa_clid",
        "ig_sid",
        "client_ip_address",
        "extinfo",
        "install_referrer",
        "receipt_data",
        "linkage_key",
    ];
    field.ends_with("_id") || field.ends_with("_ids") || OTHERS.contains(&field)
}

/// Most things that a field counts: longer numbers are no counts, and may be called.
const COUNT_MAX: i64 = 999_999_999;

/// Whether a whole number must not leave in a known field: what counts things has fewer digits than a phone number.
pub(crate) fn is_personal_number(field: &str, number: i64) -> bool {
    !matches!(field, "event_time" | "visit_time" | "touchpoint_ts") && number.abs() > COUNT_MAX
}

/// Whether a text is personal whatever it is called: it holds an e-mail address or a phone number. Digits alone are
/// none.
pub fn is_personal_text(text: &str) -> bool {
    let plain = plain_form(text);
    email::is_in(&plain) || phone::is_in(&plain)
}

/// Whether an id holds an e-mail address, or a phone number that can be nothing else: groups of digits are more often an
/// order's or a product's.
pub fn is_personal_id(id: &str) -> bool {
    let plain = plain_form(id);
    email::is_in(&plain) || phone::is_in_id(&plain)
}

/// Whether the name of an event is personal. Names are of kinds of events: digits that can be a phone number name
/// nothing else, whatever they hang on (`Lead_05320000001`).
pub fn is_personal_event_name(name: &str) -> bool {
    let plain = plain_form(name);
    email::is_in(&plain) || phone::is_in(&plain) || may_be_a_phone(&plain) || phone::is_in_name(&plain)
}

/// Whether it is Meta's object of identifiers, which belongs in one place and is hashed there.
fn is_user_data(name: &str) -> bool {
    name.eq_ignore_ascii_case("user_data") || name.eq_ignore_ascii_case("userData")
}

#[cfg(test)]
mod tests;
