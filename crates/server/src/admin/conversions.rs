//! Events, as the management API lists them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use kopru_core::StatedWorth;
use serde::Serialize;
use serde_json::value::RawValue;
use store::views::{AppendedTo, Listed, StoppedAt};

use super::{
    Admin,
    answers::{failed, given, problem, unknown_workspace, wrong},
    filter,
    held::{HeldLanes, PausedBy},
};
use crate::health::rfc3339;

/// How many conversions one answer holds at most.
const CONVERSIONS_MAX: usize = 1000;
/// How many it holds unless the query says otherwise.
const CONVERSIONS_DEFAULT: usize = 50;

/// Until when a search has looked back that ended before its end.
pub const LOOKED_BACK_TO: HeaderName = HeaderName::from_static("kopru-looked-back-to");
/// With what `after` it goes on.
pub const GO_ON_AFTER: HeaderName = HeaderName::from_static("kopru-go-on-after");

/// `GET /api/v1/conversions?workspace=W&limit=&after=` with the keys of a filter: newest first. `after` is
/// the `event_id` of the last one seen. A search that has looked at many without filling its page ends, and
/// says in headers how far back it has looked and where to go on.
pub(super) async fn list(State(admin): State<Arc<Admin>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let parameter = |name: &str| {
        let mut all = form_urlencoded::parse(query.as_bytes());
        all.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let Some(workspace) = admin.workspace(given(parameter("workspace").as_ref())) else {
        return unknown_workspace(&admin);
    };
    let filter = match filter::of_query(&query, &["workspace", "limit", "after"], &workspace.time_zone) {
        Ok(filter) => filter,
        Err(error) => return wrong(&error),
    };
    let below = match given(parameter("after").as_ref()) {
        None => None,
        Some(event_id) => match admin.store.conversion_number(workspace.id, event_id).await {
            Ok(Some(number)) => Some(number),
            Ok(None) => {
                let message = "after: no event has this event_id; give the event_id of the last one you saw";
                return problem(StatusCode::BAD_REQUEST, message);
            }
            Err(error) => return failed(&error),
        },
    };
    let limit = match given(parameter("limit").as_ref()).map(str::parse) {
        None => CONVERSIONS_DEFAULT,
        Some(Ok(limit)) if (1..=CONVERSIONS_MAX).contains(&limit) => limit,
        Some(_) => {
            return problem(
                StatusCode::BAD_REQUEST,
                &format!("limit: give a number from 1 to {CONVERSIONS_MAX}"),
            );
        }
    };
    match admin.store.conversions_of(workspace.id, filter, below, limit).await {
        Ok(page) => {
            let bodies: Vec<_> = page.listed.iter().map(|one| Admin::body(&workspace, one)).collect();
            let held = match HeldLanes::read(&admin, &workspace).await {
                Ok(held) => held,
                Err(error) => return failed(&error),
            };
            let now_ms = admin.clock.now_ms();
            let shown =
                page.listed.iter().zip(&bodies).map(|(one, body)| {
                    Shown::of(one, body.as_deref(), held.shown_of(&one.conversion), now_ms)
                });
            let mut answer = Json(shown.collect::<Vec<_>>()).into_response();
            say_where_it_stopped(&mut answer, page.stopped_at);
            answer
        }
        Err(error) => failed(&error),
    }
}

fn say_where_it_stopped(answer: &mut Response, stopped_at: Option<StoppedAt>) {
    let Some(StoppedAt { event_id, created_ms }) = stopped_at else { return };
    for (name, value) in [(LOOKED_BACK_TO, rfc3339(created_ms)), (GO_ON_AFTER, Some(event_id))] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            answer.headers_mut().insert(name, value);
        }
    }
}

/// A conversion as the API shows it.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    event_id: &'a str,
    event_name: &'a str,
    route: &'static str,
    channel: Option<&'static str>,
    state: &'static str,
    reason: Option<&'static str>,
    detail: Option<&'a str>,
    reply: Option<&'a str>,
    /// Why it is not on its way although it is queued.
    paused: Option<PausedBy<'a>>,
    /// When it leaves, where it is queued and dated in the future.
    leaves: Option<String>,
    attempts: u32,
    may_count_twice: bool,
    /// It is not sent again, though Meta may have it.
    may_have_counted: bool,
    rule: &'a str,
    /// What kind of thing it comes from.
    cause: &'static str,
    /// The deal, where it comes from one, with its system of record.
    deal: Option<String>,
    /// By which API key it was reported, where a program did; `import:` and what its file is called, where one did.
    reported_by: Option<&'a str>,
    dataset: Option<&'a str>,
    ad_id: Option<&'a str>,
    value: Option<capi::Money>,
    currency: Option<&'a str>,
    /// Whether the value is what the business estimates, and no revenue.
    estimate: bool,
    /// The value as it is now, where Meta was told another and cannot be told again.
    not_told: Option<capi::Money>,
    /// The sale was undone after Meta had it.
    undone: bool,
    times: Times,
    /// The keys by which it was enriched: what else is known of its person.
    added: &'a [String],
    /// The purchase to which it was made to add something, and what that was found to be worth.
    appends: Option<ShownAppended<'a>>,
    /// Byte for byte as sent; before that, and of what is only watched, as it would be sent.
    body: Option<&'a RawValue>,
}

/// The purchase to which an event adds something.
#[derive(Serialize)]
struct ShownAppended<'a> {
    event_id: &'a str,
    /// What it was worth when it came.
    was: Option<capi::Money>,
    /// What it is worth by what came since.
    value: Option<capi::Money>,
    net_revenue: Option<capi::Money>,
    predicted_ltv: Option<capi::Money>,
    currency: Option<&'a str>,
}

impl<'a> ShownAppended<'a> {
    fn of(to: &'a AppendedTo) -> Self {
        let StatedWorth { value, net_revenue, predicted_ltv } = to.worth;
        let currency = to.currency.as_deref();
        Self { event_id: &to.event_id, was: to.was, value, net_revenue, predicted_ltv, currency }
    }
}

#[derive(Serialize)]
struct Times {
    event: Option<String>,
    received: Option<String>,
    settled: Option<String>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(
        listed: &'a Listed,
        body: Option<&'a str>,
        paused: Option<PausedBy<'a>>,
        now_ms: i64,
    ) -> Self {
        let conversion = &listed.conversion;
        Self {
            event_id: &conversion.event_id,
            event_name: &conversion.name,
            route: conversion.route.kind().code(),
            channel: conversion.route.channel().map(kopru_core::Channel::code),
            state: conversion.state.code(),
            reason: conversion.reason.map(kopru_core::Reason::code),
            detail: conversion.detail.as_deref(),
            reply: listed.reply.as_deref(),
            paused,
            leaves: conversion.leaves_ms(now_ms).and_then(rfc3339),
            attempts: listed.attempts,
            may_count_twice: listed.may_count_twice,
            may_have_counted: listed.may_have_counted(),
            rule: &conversion.rule,
            cause: conversion.cause.kind(),
            deal: conversion.cause.deal().map(ToString::to_string),
            reported_by: conversion.cause.reporter(),
            dataset: conversion.dataset.as_deref(),
            ad_id: conversion.ad_id.as_deref(),
            value: conversion.value,
            currency: conversion.currency.as_deref(),
            estimate: conversion.is_estimate(),
            not_told: conversion.correction,
            undone: conversion.is_undone(),
            times: Times {
                event: rfc3339(conversion.event_s.saturating_mul(1000)),
                received: rfc3339(conversion.received_ms),
                settled: listed.settled_ms.and_then(rfc3339),
            },
            added: &listed.added,
            appends: listed.appends.as_deref().map(ShownAppended::of),
            body: body.and_then(|body| serde_json::from_str(body).ok()),
        }
    }
}
