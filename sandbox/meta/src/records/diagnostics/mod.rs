//! What Meta accepts and complains about later, in Events Manager.
//!
//! Each remark begins with the key that it is about. Which of them Meta itself makes is known of a few
//! only ("modified fbclid", addresses that are private or differ); the others say what its documentation
//! asks for.

mod browser;
mod hashes;
mod keys;
mod page;
mod privacy;
mod products;

use serde_json::{Map, Value};

use crate::values::{id_of, is_given};

pub(crate) use hashes::{bare_hash, not_hashed};
pub(crate) use page::is_page;

type Object = Map<String, Value>;

const STANDARD: [&str; 18] = [
    "AddPaymentInfo",
    "AddToCart",
    "AddToWishlist",
    "CompleteRegistration",
    "Contact",
    "CustomizeProduct",
    "Donate",
    "FindLocation",
    "InitiateCheckout",
    "Lead",
    "PageView",
    "Purchase",
    "Schedule",
    "Search",
    "StartTrial",
    "SubmitApplication",
    "Subscribe",
    "ViewContent",
];

pub(crate) fn of(event: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let Some(event) = event.as_object() else { return found };
    let Some(user_data) = event.get("user_data").and_then(Value::as_object) else { return found };
    hashes::remarks(user_data, &mut found);
    browser::remarks(event, user_data, &mut found);
    match event.get("action_source").and_then(Value::as_str) {
        Some("website") => website(event, user_data, &mut found),
        None => found.push("action_source is missing".to_owned()),
        Some(_) => {}
    }
    if let Some(standard) = event.get("event_name").and_then(Value::as_str).and_then(nearly_standard) {
        found.push(format!("event_name is a custom event; the standard event is spelled {standard}"));
    }
    if event.get("event_name").is_some_and(is_placeholder) {
        found.push("event_name is a placeholder, and so a custom event of that name".to_owned());
    }
    if event.get("event_id").is_some_and(is_placeholder) {
        found.push("event_id is a placeholder, the same for every event".to_owned());
    }
    let url = event.get("event_source_url").and_then(Value::as_str).filter(|url| !url.trim().is_empty());
    if url.is_some_and(|url| !is_page(url)) {
        found.push("event_source_url is not an address that customers can open".to_owned());
    }
    privacy::remarks(event, &mut found);
    keys::remarks(event, user_data, &mut found);
    match event.get("custom_data") {
        Some(Value::Object(data)) => products::remarks(data, &mut found),
        Some(other) if is_given(other) => found.push("custom_data is not an object".to_owned()),
        _ => {}
    }
    found
}

/// What programs and templates write where they have no id.
fn is_placeholder(value: &Value) -> bool {
    const WORDS: [&str; 10] =
        ["undefined", "null", "none", "nil", "nan", "unknown", "n/a", "#n/a", "(null)", "(not set)"];
    const FRAMES: [(&str, &str); 7] =
        [("{{", "}}"), ("${", "}"), ("[[", "]]"), ("%%", "%%"), ("*|", "|*"), ("<", ">"), ("[object ", "]")];
    let Some(text) = value.as_str().map(str::trim) else { return false };
    let lower = text.to_lowercase();
    WORDS.contains(&lower.as_str())
        || FRAMES.iter().any(|(open, close)| {
            lower.len() > open.len() + close.len() && lower.starts_with(open) && lower.ends_with(close)
        })
}

/// The standard event that a custom name was probably meant to be.
fn nearly_standard(name: &str) -> Option<&'static str> {
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    if STANDARD.contains(&name) {
        return None;
    }
    let name = letters(name);
    STANDARD.into_iter().find(|standard| letters(standard) == name)
}

fn website(event: &Object, user_data: &Object, found: &mut Vec<String>) {
    if !event.get("event_id").is_some_and(is_given) {
        found.push("event_id is missing, so a copy from the browser cannot be recognised by it".to_owned());
    }
    if !event.get("event_source_url").is_some_and(is_given) {
        found.push("event_source_url is missing on a website event".to_owned());
    }
    if !user_data.get("client_user_agent").is_some_and(is_given) {
        found.push("user_data.client_user_agent is missing on a website event".to_owned());
    }
}

/// The text of a key, without blanks around it.
fn text_of(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(id_of)
}
