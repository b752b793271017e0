//! What Meta's documentation asks for, although recorded answers show that Meta takes events without it.
//!
//! Only with `--strict-docs`. The documentation names no subcodes for these; 2804019 is the family that
//! says which key is meant.

use serde_json::{Map, Value};

use super::place::Place;
use crate::graph::errors::Refusal;
use crate::records::diagnostics;
use crate::values::is_given;

type Object = Map<String, Value>;

pub(super) fn check(
    place: Place,
    event: &Object,
    user_data: &Object,
    custom_data: Option<&Object>,
) -> Result<(), Refusal> {
    let source = need(place, event, "", "action_source")?;
    match source.as_str().unwrap_or_default() {
        "website" => {
            need(place, event, "", "event_source_url")?;
            need(place, user_data, "['user_data']", "client_user_agent")?;
        }
        "app" => app(place, event)?,
        "system_generated" => {
            let crm = custom_data.filter(|data| data.get("event_source").is_some_and(|from| from == "crm"));
            crm.map(|data| need(place, data, "['custom_data']", "lead_event_source")).transpose()?;
        }
        _ => {}
    }
    let url = event.get("event_source_url").and_then(Value::as_str).filter(|url| !url.trim().is_empty());
    if url.is_some_and(|url| !diagnostics::is_page(url)) {
        return Err(place
            .refuse("['event_source_url']", "must begin with http:// or https:// and name a public host"));
    }
    let negative = |value: &Value| {
        let text = value.as_str().and_then(|text| text.trim().parse().ok());
        value.as_f64().or(text).is_some_and(|value| value < 0.0)
    };
    if custom_data.and_then(|data| data.get("value")).is_some_and(negative) {
        return Err(Refusal::subcode(2_804_016));
    }
    let contents = custom_data.and_then(|data| data.get("contents")).and_then(Value::as_array);
    let counted = |item: &Value| item.get("quantity").is_some_and(is_given);
    if contents.is_some_and(|items| !items.iter().all(counted)) {
        return Err(Refusal::subcode(2_804_008));
    }
    options(place, event)?;
    match diagnostics::not_hashed(user_data).next() {
        Some(key) => {
            let key = format!("['user_data']['{key}']");
            Err(place.refuse(&key, "must be a SHA-256 hash in lowercase hex"))
        }
        None => Ok(()),
    }
}

fn need<'a>(place: Place, object: &'a Object, at: &str, key: &str) -> Result<&'a Value, Refusal> {
    let given = object.get(key).filter(|value| is_given(value));
    given.ok_or_else(|| place.refuse(&format!("{at}['{key}']"), "is required"))
}

fn app(place: Place, event: &Object) -> Result<(), Refusal> {
    // The checks before this one have seen an `app_data` with 16 entries of `extinfo`.
    let Some(app) = event.get("app_data").and_then(Value::as_object) else { return Ok(()) };
    for key in ["advertiser_tracking_enabled", "application_tracking_enabled"] {
        need(place, app, "['app_data']", key)?;
    }
    let tag = app.get("extinfo").and_then(|entries| entries.get(0)).and_then(Value::as_str);
    if matches!(tag, Some("a2" | "i2")) { Ok(()) } else { Err(Refusal::subcode(2_804_043)) }
}

/// `[]` or `["LDU"]`, with country 0 or 1.
fn options(place: Place, event: &Object) -> Result<(), Refusal> {
    let options = event.get("data_processing_options").filter(|value| !value.is_null());
    let known = |options: &Value| {
        options.as_array().is_some_and(|options| options.iter().all(|option| option == "LDU"))
    };
    if options.is_some_and(|options| !known(options)) {
        return Err(place.refuse("['data_processing_options']", "must be [] or [\"LDU\"]"));
    }
    let country = event.get("data_processing_options_country").filter(|value| !value.is_null());
    if country.is_some_and(|country| !matches!(country.as_u64(), Some(0 | 1))) {
        return Err(place.refuse("['data_processing_options_country']", "must be 0 or 1"));
    }
    Ok(())
}
