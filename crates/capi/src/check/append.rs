//! `AppendValue`: a value that became known after its event was reported.
//!
//! Meta's page on predicted lifetime value (2026-07-09) says what it needs; that Meta refuses one without was never
//! recorded, and it has no use for it. `net_revenue` is not on that page: the senders of Stape (2025-08-06) and Segment
//! (2026-05) append it.

use std::borrow::Cow;

use super::{Finding, Severity};
use crate::{
    Event,
    event::{CustomData, OriginalEventData},
    normalize, subcodes,
};

/// The name of the event.
const APPEND_VALUE: &str = "AppendValue";

/// What an `AppendValue` lacks without which Meta has no use for it, each with its place; nothing of any other event.
pub(super) fn lacks(event: &Event<'_>) -> Vec<(&'static str, &'static str)> {
    if event.event_name.as_deref() != Some(APPEND_VALUE) {
        return Vec::new();
    }
    let (no_original, no_data) = (OriginalEventData::default(), CustomData::default());
    let original = event.original_event_data.as_deref().unwrap_or(&no_original);
    let data = event.custom_data.as_ref().unwrap_or(&no_data);
    let has_id = original.event_id.as_deref().is_some_and(|id| !id.is_empty() && !normalize::is_no_id(id));
    let has_order = original.order_id.as_deref().is_some_and(|order| !normalize::is_no_order(order));
    let is_above_zero = data
        .predicted_ltv
        .as_ref()
        .is_none_or(|amount| amount.money().is_some_and(crate::Money::is_positive));
    let is_before = |first_s: i64| event.event_time.is_none_or(|event_s| first_s <= event_s);
    let needs = [
        (
            original.event_name.as_deref().is_some_and(|name| !name.is_empty()),
            "original_event_data.event_name",
            "AppendValue needs the name of the event to which it adds, for example Purchase",
        ),
        (
            has_id || has_order,
            "original_event_data.event_id",
            "AppendValue needs the event_id or the order_id of the event to which it adds, byte for byte as it was sent",
        ),
        (
            original.event_time.is_none_or(is_before),
            "original_event_data.event_time",
            "AppendValue must be later than the event to which it adds",
        ),
        (
            data.net_revenue.is_some() || data.predicted_ltv.is_some(),
            "custom_data.net_revenue",
            "AppendValue adds net_revenue or predicted_ltv, and has neither; a value alone adds nothing",
        ),
        (is_above_zero, "custom_data.predicted_ltv", "the predicted lifetime value must be above zero"),
        (
            data.currency.as_deref().is_some_and(|currency| !currency.trim().is_empty()),
            "custom_data.currency",
            "AppendValue needs the currency of what it adds, an ISO 4217 code such as TRY",
        ),
    ];
    needs.into_iter().filter(|(has, ..)| !has).map(|(_, path, message)| (path, message)).collect()
}

/// Why Meta has no use for an `AppendValue`, the first of it; nothing of any other event. Meta was never seen to refuse
/// one for it.
pub fn useless_append(event: &Event<'_>) -> Option<Finding> {
    let (path, message) = lacks(event).into_iter().next()?;
    let severity = Severity::Refused { subcode: Some(subcodes::PARAMETER) };
    let (path, message) = (Cow::Borrowed(path), Cow::Borrowed(message));
    Some(Finding { severity, code: "refused", path, message })
}
