//! The Marketing API's limit: code 17 and when calls are taken again, and how much of it is used.

use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::Response;
use serde_json::json;

use super::call::Call;
use super::errors::Refusal;
use crate::Meta;
use crate::points::Tier;
use crate::world::Token;

/// The points fade within this time, after which all of them are free again.
const RESET_S: u64 = 300;

/// Counts a call of this token, if there is a limit.
pub(super) fn charge(meta: &Meta, call: &Call, token: &Token) -> Result<(), Refusal> {
    let tier = meta.options().tier.unwrap_or(Tier::Limited);
    let blocked = |remaining: Duration| {
        Refusal::of_code(17, Some(2_446_079)).regained_in(remaining.as_secs().div_ceil(60), tier)
    };
    if let Some(percent) = meta.charge(token, call.is_write()).map_err(blocked)? {
        call.usage.note(percent);
    }
    Ok(())
}

/// The header in which Meta says how much is used.
pub(super) fn add_usage_header(response: &mut Response, percent: u8, tier: Tier) {
    let usage = json!({
        "acc_id_util_pct": percent,
        "reset_time_duration": RESET_S,
        "ads_api_access_tier": tier.name(),
    });
    if let Ok(value) = HeaderValue::from_str(&usage.to_string()) {
        response.headers_mut().insert("x-ad-account-usage", value);
    }
}
