//! How long the API asks to wait: `{"retry_after": 300}` in a refusal's body.

use std::time::Duration;

use serde_json::Value;

use crate::lenient::text_of;

/// Longest body that is looked at, bytes: refusals are short.
const BODY_MAX: usize = 64 * 1024;

pub(super) fn retry_after(body: &[u8]) -> Option<Duration> {
    let body: Value = serde_json::from_slice(body.get(..BODY_MAX).unwrap_or(body)).ok()?;
    let fraction = || body.get("retry_after").and_then(Value::as_f64).map(f64::ceil);
    let seconds = text_of(&body, "retry_after").map_or_else(fraction, |text| text.trim().parse().ok())?;
    Duration::try_from_secs_f64(seconds).ok()
}
