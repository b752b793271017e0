//! Keys that Meta does not know where they stand.

use super::Object;
use crate::values::is_given;

/// Of an event so many are said, and a longer name is not.
const MOST: usize = 20;
const LONGEST: usize = 50;

/// The keys of an event. Meta's pages on server events and on the main body, and its SDKs.
const OF_EVENT: [&str; 20] = [
    "event_name",
    "event_time",
    "event_id",
    "event_source_url",
    "referrer_url",
    "action_source",
    "user_data",
    "custom_data",
    "app_data",
    "opt_out",
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
    "customer_segmentation",
    "original_event_data",
    "attribution_data",
    "messaging_channel",
    "messaging_outcome_data",
    "advertiser_tracking_enabled",
    "advanced_measurement_table",
];

/// The keys of a person. Meta's page on customer information, and its SDKs.
const OF_USER: [&str; 34] = [
    "em",
    "ph",
    "fn",
    "ln",
    "ge",
    "db",
    "ct",
    "st",
    "zp",
    "country",
    "external_id",
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "f5first",
    "f5last",
    "fi",
    "dobd",
    "dobm",
    "doby",
    "app_user_id",
    "subscription_id",
    "fb_login_id",
    "lead_id",
    "anon_id",
    "madid",
    "page_id",
    "page_scoped_user_id",
    "whatsapp_business_account_id",
    "ctwa_clid",
    "ig_account_id",
    "ig_sid",
    "instagram_business_account_id",
];

/// What nobody means as a property of their own.
const NOT_CUSTOM: [&str; 4] = ["fbc", "fbp", "client_ip_address", "client_user_agent"];
const OF_REQUEST: [&str; 8] = [
    "test_event_code",
    "partner_agent",
    "access_token",
    "appsecret_proof",
    "namespace_id",
    "upload_id",
    "upload_tag",
    "upload_source",
];

/// Whether a key is one of `user_data`.
pub(super) fn is_of_user(key: &str) -> bool {
    OF_USER.contains(&key)
}

pub(super) fn remarks(event: &Object, user_data: &Object, found: &mut Vec<String>) {
    unknown("", event, &OF_EVENT, found);
    unknown("user_data.", user_data, &OF_USER, found);
    if let Some(id) = super::text_of(user_data, "madid")
        && id.chars().all(|sign| sign == '0' || sign == '-')
    {
        found.push("user_data.madid is the id of a device that does not want to be followed".to_owned());
    }
    for key in ["madid", "anon_id"] {
        if super::text_of(user_data, key).is_some_and(|id| super::bare_hash(&id).is_some()) {
            found.push(format!("user_data.{key} is hashed, and Meta compares it as it is"));
        }
    }
    for key in ["madid", "anon_id", "subscription_id"] {
        if user_data.get(key).is_some_and(super::is_placeholder) {
            found.push(format!("user_data.{key} is a placeholder"));
        }
    }
    let data = event.get("custom_data").and_then(|data| data.as_object()).into_iter().flatten();
    for (key, value) in data {
        let key = key.as_str();
        let is_strange = OF_EVENT.contains(&key) || NOT_CUSTOM.contains(&key) || OF_REQUEST.contains(&key);
        if is_strange && is_given(value) {
            found.push(format!("custom_data.{key} belongs elsewhere"));
        }
    }
}

fn unknown(within: &str, object: &Object, known: &[&str], found: &mut Vec<String>) {
    let strange = object.iter().filter(|(key, value)| !known.contains(&key.as_str()) && is_given(value));
    for (key, _) in strange.take(MOST) {
        let is_plain =
            key.len() <= LONGEST && key.chars().all(|sign| sign.is_alphanumeric() || "_-".contains(sign));
        let shown = if is_plain { key } else { "…" };
        found.push(format!("{within}{shown} is not a key that Meta knows here"));
    }
}
