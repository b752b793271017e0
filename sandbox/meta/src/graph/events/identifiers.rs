//! Whether the customer information can identify anybody.
//!
//! Meta's best-practices page names four sets that are too broad; an event whose identifiers all lie
//! within one of them is refused with 2804050 (recorded for a user agent alone). Unknown keys, empty
//! values, and values of a type that no identifier has do not count.

use serde_json::{Map, Value};

use crate::graph::errors::Refusal;
use crate::values::{id_of, is_given, is_lead_id};

const TOO_BROAD: [&[&str]; 4] = [
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

/// All other keys that Meta's parameter page and SDKs know: one of them is enough.
const ENOUGH: [&str; 25] = [
    "em",
    "ph",
    "external_id",
    "fbp",
    "fbc",
    "client_ip_address",
    "lead_id",
    "ctwa_clid",
    "page_scoped_user_id",
    "ig_sid",
    "whatsapp_business_account_id",
    "page_id",
    "ig_account_id",
    "instagram_business_account_id",
    "madid",
    "anon_id",
    "subscription_id",
    "fb_login_id",
    "app_user_id",
    "f5first",
    "f5last",
    "fi",
    "dobd",
    "dobm",
    "doby",
];

pub(super) fn check(user_data: &Map<String, Value>) -> Result<(), Refusal> {
    let given = |key: &&str| user_data.get(*key).is_some_and(identifies);
    if user_data.get("lead_id").is_some_and(|id| is_given(id) && !is_lead_id(id)) {
        return Err(Refusal::subcode(2_804_036));
    }
    if user_data.get("fbc").and_then(Value::as_str).is_some_and(lacks_a_part) {
        return Err(Refusal::subcode(2_804_001));
    }
    if ENOUGH.iter().any(given) {
        return Ok(());
    }
    // A set is escaped only by keys of the other sets, such as `fn` with `ln`.
    let escaped =
        |set: &[&str]| TOO_BROAD.iter().flat_map(|other| *other).any(|key| given(key) && !set.contains(key));
    if TOO_BROAD.iter().all(|set| escaped(set)) { Ok(()) } else { Err(Refusal::subcode(2_804_050)) }
}

/// `fb.1.1700000000000.`, for which 2804001 was recorded in 2023. Nothing was recorded of other forms.
fn lacks_a_part(fbc: &str) -> bool {
    let parts: Vec<&str> = fbc.split('.').collect();
    matches!(parts.len(), 4 | 5) && parts.first() == Some(&"fb") && parts.contains(&"")
}

/// Identifiers are texts or numbers; the hashed ones may come as a list.
fn identifies(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(|value| id_of(value).is_some()),
        one => id_of(one).is_some(),
    }
}
