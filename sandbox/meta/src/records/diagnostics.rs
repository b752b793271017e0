//! What Meta accepts and complains about later, in Events Manager.
//!
//! A hash may carry the Parameter Builder's appendix: a dot and 2 or 8 characters.

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::values::{is_given, texts};

const HASHED: [&str; 16] = [
    "em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "f5first", "f5last", "fi", "dobd",
    "dobm", "doby",
];

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
    let Some(user_data) = event.get("user_data").and_then(Value::as_object) else { return found };
    found.extend(
        not_hashed(user_data).map(|key| format!("user_data.{key} is not a SHA-256 hash in lowercase hex")),
    );
    for key in ["fbc", "fbp"] {
        if user_data.get(key).and_then(Value::as_str).is_some_and(|text| !is_browser_id(text)) {
            found.push(format!("user_data.{key} has not the form fb.<n>.<milliseconds>.<id>"));
        }
    }
    if user_data.get("client_ip_address").and_then(Value::as_str).is_some_and(|text| !is_public_address(text))
    {
        found.push("user_data.client_ip_address is not a public IP address".to_owned());
    }
    match event.get("action_source").and_then(Value::as_str) {
        Some("website") => website(event, user_data, &mut found),
        None => found.push("action_source is missing".to_owned()),
        Some(_) => {}
    }
    if let Some(standard) = event.get("event_name").and_then(Value::as_str).and_then(nearly_standard) {
        found.push(format!("event_name is a custom event; the standard event is spelled {standard}"));
    }
    found
}

/// The keys that must be hashed and are not.
pub(crate) fn not_hashed(user_data: &Map<String, Value>) -> impl Iterator<Item = &'static str> + use<'_> {
    let wrong = |value: &Value| texts(value).any(|text| !is_hash(text));
    HASHED.into_iter().filter(move |key| user_data.get(*key).is_some_and(wrong))
}

/// A hash without the appendix that Meta's Parameter Builder adds.
pub(crate) fn bare_hash(text: &str) -> Option<&str> {
    let (hash, appendix) = text.split_once('.').map_or((text, None), |(hash, tail)| (hash, Some(tail)));
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let right = hash.len() == 64 && hash.bytes().all(is_hex) && appendix.is_none_or(is_appendix);
    right.then_some(hash)
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

fn website(event: &Value, user_data: &Map<String, Value>, found: &mut Vec<String>) {
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

fn is_hash(text: &str) -> bool {
    bare_hash(text).is_some()
}

fn is_appendix(text: &str) -> bool {
    matches!(text.len(), 2 | 8)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn is_browser_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        ["fb", index, millis, id, rest @ ..] => {
            digits(index)
                && digits(millis)
                && !id.is_empty()
                && match rest {
                    [] => true,
                    [appendix] => is_appendix(appendix),
                    _ => false,
                }
        }
        _ => false,
    }
}

fn is_public_address(text: &str) -> bool {
    let bare = match text.rsplit_once('.') {
        Some((address, tail)) if is_appendix(tail) && address.parse::<IpAddr>().is_ok() => address,
        _ => text,
    };
    match bare.parse() {
        Ok(IpAddr::V4(v4)) => {
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified())
        }
        Ok(IpAddr::V6(v6)) => {
            !(v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local())
        }
        Err(_) => false,
    }
}
