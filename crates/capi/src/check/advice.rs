//! What Meta takes but could use better.

use super::{
    Checks, Findings,
    alias::KeyHome,
    limited_use, products,
    unknown::{odd_fields, own_properties, unknown_fields},
    worth,
};
use crate::{
    Event, Money, catalogue,
    event::{ActionSource, Amount, AppData, AttributionData, CustomData, OriginalEventData, StoreData},
    names, normalize, subcodes,
};

/// Longest name of a custom event, characters. Known of the pixel only.
const EVENT_NAME_MAX: usize = 50;
/// From this age on Meta's guide says that an event's worth falls, seconds (24 hours).
const STALE_FROM_S: i64 = 24 * 60 * 60;

pub(super) fn check(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    name(event, findings);
    if let Some(time_s) = event.event_time
        && (STALE_FROM_S..=crate::limits::EVENT_AGE_MAX_S).contains(&checks.now_s.saturating_sub(time_s))
        && event.action_source != Some(ActionSource::PhysicalStore)
    {
        findings.advise(
            "late",
            "event_time",
            "the event is more than a day old; Meta makes less of late events",
        );
    }
    if event.action_source == Some(ActionSource::Website)
        && event.event_id.as_deref().is_none_or(str::is_empty)
    {
        findings.advise(
            "event_id_missing",
            "event_id",
            "without an id Meta cannot tell this event from the browser's own and may count both",
        );
    }
    let name = event.event_name.as_deref().unwrap_or_default();
    if event.event_id.as_deref().is_some_and(|id| !id.is_empty() && normalize::is_no_event_id(name, id)) {
        findings.advise(
            "placeholder",
            "event_id",
            "this is a placeholder and no id: of all events with one id Meta keeps the first; fill the field of the template",
        );
    }
    if event.messaging_channel.is_some() && event.action_source != Some(ActionSource::BusinessMessaging) {
        findings.advise(
            "channel_without_messaging",
            "messaging_channel",
            "a channel means something only with the action source business_messaging",
        );
    }
    if let Some(data) = &event.custom_data {
        custom_data(data, checks, findings);
        let is_nothing = data.value.as_ref().and_then(Amount::money) == Some(Money::ZERO);
        if is_nothing && event.event_name.as_deref() == Some("Purchase") {
            findings.advise(
                "zero_value",
                "custom_data.value",
                "a purchase of 0 counts as a sale that brought nothing; send what was paid, or leave it out where nothing was sold",
            );
        }
    }
    limited_use::check(event, checks, findings);
    attribution(event, findings);
    let is_refused_for =
        |name: &str| matches!(name, "event_name" | "event_time" | "user_data" | "action_source");
    odd_fields("", &event.extra, Event::FIELDS, is_refused_for, findings);
    unknown_fields(KeyHome::Event, "", &event.extra, Event::FIELDS, findings);
    rare_objects(event, findings);
    listed(
        "customer_segmentation",
        event.customer_segmentation.as_deref(),
        &catalogue::CUSTOMER_SEGMENTATIONS,
        findings,
    );
}

/// Known fields of another shape, in objects that most events have not.
fn rare_objects(event: &Event<'_>, findings: &mut Findings) {
    if let Some(app) = event.app_data.as_deref() {
        odd_fields("app_data.", &app.extra, AppData::FIELDS, |name| name == "extinfo", findings);
    }
    if let Some(original) = event.original_event_data.as_deref() {
        odd_fields("original_event_data.", &original.extra, OriginalEventData::FIELDS, |_| false, findings);
    }
    if let Some(attribution) = event.attribution_data.as_deref() {
        odd_fields("attribution_data.", &attribution.extra, AttributionData::FIELDS, |_| false, findings);
    }
    if let Some(store) = event.custom_data.as_ref().and_then(|data| data.store_data.as_deref()) {
        odd_fields("custom_data.store_data.", &store.extra, StoreData::FIELDS, |_| false, findings);
    }
}

fn name(event: &Event<'_>, findings: &mut Findings) {
    let Some(name) = event.event_name.as_deref() else { return };
    if name.chars().count() > EVENT_NAME_MAX {
        findings.advise("long_name", "event_name", "the pixel takes names of at most 50 characters");
    }
    if names::is_standard(name) || event.action_source == Some(ActionSource::BusinessMessaging) {
        return;
    }
    if normalize::stands_for_nothing(name) {
        findings.advise(
            "placeholder",
            "event_name",
            "this is a placeholder and no name; fill the field of the template",
        );
        return;
    }
    let standard = names::STANDARD_EVENT_NAMES
        .into_iter()
        .find(|standard| standard.eq_ignore_ascii_case(name.trim()))
        .or_else(|| catalogue::meta_name_of_ga4(name));
    if let Some(standard) = standard {
        findings.advise(
            "almost_standard_name",
            "event_name",
            format!("this counts as a custom event; Meta's standard name is {standard}"),
        );
    } else if names::MESSAGING_EVENT_NAMES.contains(&name) {
        findings.advise(
            "messaging_name_elsewhere",
            "event_name",
            "this name means something in chats only; here it counts as a custom event",
        );
    }
}

fn custom_data(data: &CustomData<'_>, checks: Checks, findings: &mut Findings) {
    if let Some(currency) = data.currency.as_deref()
        && catalogue::is_currency(currency.trim())
        && currency.bytes().any(|byte| !byte.is_ascii_uppercase())
    {
        findings.advise("currency_case", "custom_data.currency", "write the currency in capitals");
    }
    if data.value.as_ref().is_some_and(Amount::is_negative) {
        let must = checks.strict.then_some(subcodes::CUSTOM_DATA);
        findings.must(
            must,
            "negative_value",
            "custom_data.value",
            "the value is below zero, and counts as it is; what is paid back is no purchase",
        );
    }
    listed(
        "custom_data.delivery_category",
        data.delivery_category.as_deref(),
        &catalogue::DELIVERY_CATEGORIES,
        findings,
    );
    worth::decimals(data, findings);
    let is_refused_for = |name: &str| {
        matches!(name, "value" | "currency" | "contents")
            || (name == "order_id" && worth::order_is_refused(&data.extra))
    };
    odd_fields("custom_data.", &data.extra, CustomData::FIELDS, is_refused_for, findings);
    own_properties(&data.extra, |key| data.has(key), findings);
    products::advice(data, checks, findings);
    if data.order_id.as_deref().is_some_and(|id| !id.trim().is_empty() && normalize::is_no_order(id)) {
        findings.advise(
            "placeholder",
            "custom_data.order_id",
            "this is a placeholder and no id of an order; fill the field of the template, or leave it out",
        );
    }
    let store_code = data.store_data.as_ref().and_then(|store| store.store_code.as_deref());
    if store_code
        .is_some_and(|code| code.len() > 64 || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        findings.advise(
            "store_code",
            "custom_data.store_data.store_code",
            "up to 64 letters and digits are documented",
        );
    }
}

/// `AppendAttribution`, which Meta documents as a beta.
fn attribution(event: &Event<'_>, findings: &mut Findings) {
    if let Some(attribution) = event.attribution_data.as_deref() {
        for (path, value, known) in [
            (
                "attribution_data.attribution_model",
                &attribution.attribution_model,
                &catalogue::ATTRIBUTION_MODELS[..],
            ),
            (
                "attribution_data.attribution_method",
                &attribution.attribution_method,
                &catalogue::ATTRIBUTION_METHODS[..],
            ),
            ("attribution_data.decline_reason", &attribution.decline_reason, &catalogue::DECLINE_REASONS[..]),
        ] {
            listed(path, value.as_deref(), known, findings);
        }
    }
}

fn listed(path: &'static str, value: Option<&str>, known: &[&str], findings: &mut Findings) {
    if value.is_some_and(|value| !value.is_empty() && !known.contains(&value)) {
        findings.advise("unknown_word", path, format!("Meta documents {}", known.join(", ")));
    }
}
