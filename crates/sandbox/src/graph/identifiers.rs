//! Whether the customer information can identify anybody.
//!
//! Meta's best-practices page names four sets that are too broad; an event whose identifiers all lie
//! within one of them is refused with 2804050 (recorded for a user agent alone). Unknown keys and empty
//! values do not count.

use serde_json::{Map, Value};

use super::errors::Refusal;
use super::values::{is_given, is_lead_id};

const TOO_BROAD: [&[&str]; 4] = [
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

/// The keys that Meta's parameter page and SDKs know.
const KNOWN: [&str; 34] = [
    "em",
    "ph",
    "fn",
    "ln",
    "db",
    "ge",
    "ct",
    "st",
    "zp",
    "country",
    "external_id",
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "subscription_id",
    "fb_login_id",
    "lead_id",
    "anon_id",
    "madid",
    "page_id",
    "page_scoped_user_id",
    "ctwa_clid",
    "ig_account_id",
    "ig_sid",
    "whatsapp_business_account_id",
    "instagram_business_account_id",
    "f5first",
    "f5last",
    "fi",
    "dobd",
    "dobm",
    "doby",
    "app_user_id",
];

pub(super) fn check(user_data: &Map<String, Value>) -> Result<(), Refusal> {
    if user_data.get("lead_id").is_some_and(|id| is_given(id) && !is_lead_id(id)) {
        return Err(Refusal::subcode(2_804_036));
    }
    let given: Vec<&str> = user_data
        .iter()
        .filter(|(key, value)| KNOWN.contains(&key.as_str()) && is_given(value))
        .map(|(key, _)| key.as_str())
        .collect();
    if TOO_BROAD.iter().any(|set| given.iter().all(|key| set.contains(key))) {
        return Err(Refusal::subcode(2_804_050));
    }
    Ok(())
}
