//! Graph's refusals: status, headers and body.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use sandbox_http as http;
use serde::Serialize;
use serde_json::json;

use super::subcodes;
use crate::points::Tier;

/// Why a call is refused, as Graph would say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(super) status: StatusCode,
    message: Cow<'static, str>,
    kind: &'static str,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    transient: Option<bool>,
    user: Option<Box<(Cow<'static, str>, Cow<'static, str>)>>,
    /// Minutes until calls are taken again, in the usage headers of a throttled answer.
    regain: Option<(u64, Tier)>,
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        kind: &'static str,
        code: i64,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let message = message.into();
        let (subcode, transient, user, regain) = (None, None, None, None);
        Self { status, message, kind, code, subcode, transient, user, regain }
    }

    fn oauth(status: StatusCode, code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(status, "OAuthException", code, message)
    }

    /// A path that is no edge of Graph, and a version that does not exist.
    pub(super) fn unknown_path(path: &str) -> Self {
        Self::oauth(StatusCode::BAD_REQUEST, 2500, format!("Unknown path components: {path}"))
    }

    /// The object does not exist, or the token may not see it: Graph makes no difference.
    pub(super) fn no_object(method: &Method, id: &str) -> Self {
        let verb = method.as_str().to_ascii_lowercase();
        let message = format!(
            "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to \
             missing permissions, or does not support this operation. Please read the Graph API \
             documentation at https://developers.facebook.com/docs/graph-api"
        );
        let refusal = Self::new(StatusCode::BAD_REQUEST, "GraphMethodException", 100, message);
        Self { subcode: Some(33), ..refusal }
    }

    /// A name where an id should be.
    pub(super) fn no_alias(alias: &str) -> Self {
        let message = format!("(#803) Some of the aliases you requested do not exist: {alias}");
        Self::oauth(StatusCode::NOT_FOUND, 803, message)
    }

    pub(super) fn no_token() -> Self {
        let message = "An access token is required to request this resource.";
        Self::oauth(StatusCode::UNAUTHORIZED, 104, message)
    }

    pub(super) fn bad_token() -> Self {
        let message = "Invalid OAuth access token - Cannot parse access token";
        Self::oauth(StatusCode::UNAUTHORIZED, 190, message)
    }

    /// A token that was good once: 463 expired, 460 after a change of password, and so on.
    pub(super) fn token_session(subcode: i64) -> Self {
        let why = match subcode {
            458 => "The user has not authorized application.",
            459 => "The user is checkpointed and has to log in at facebook.com.",
            460 => "The session has been invalidated because the user changed their password.",
            463 => "Session has expired.",
            464 => "The user is not confirmed.",
            492 => "The user must be an administrator of the Page in order to impersonate it.",
            _ => "The access token is invalid.",
        };
        let message = format!("Error validating access token: {why}");
        Self { subcode: Some(subcode), ..Self::oauth(StatusCode::UNAUTHORIZED, 190, message) }
    }

    pub(super) fn no_proof() -> Self {
        let message = "API calls from the server require an appsecret_proof argument";
        Self::new(StatusCode::BAD_REQUEST, "GraphMethodException", 100, message)
    }

    pub(super) fn bad_proof() -> Self {
        let message = "Invalid appsecret_proof provided in the API argument";
        Self::new(StatusCode::BAD_REQUEST, "GraphMethodException", 100, message)
    }

    /// (#200): the token is good, but lacks a permission.
    pub(super) fn no_permission(permission: &str) -> Self {
        let message = format!("(#200) App does not have {permission} permission");
        Self::oauth(StatusCode::FORBIDDEN, 200, message)
    }

    /// Something about the call as a whole; Meta does not document most of these texts.
    pub(super) fn parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::oauth(StatusCode::BAD_REQUEST, 100, message)
    }

    pub(super) fn unread(why: http::Unread) -> Self {
        let code = if why == http::Unread::Busy { 2 } else { 100 };
        Self::oauth(why.status(), code, why.message())
    }

    /// 2804019: the only family that names the event and the key.
    pub(super) fn at_path(path: &str, must: &str) -> Self {
        let message = format!("The parameter {path} {must}.");
        Self::invalid(2_804_019, subcodes::text_of(2_804_019).0.into(), message.into())
    }

    /// Any other subcode of the catalogue. It does not say which event is meant.
    pub(super) fn subcode(subcode: i64) -> Self {
        let (title, message) = subcodes::text_of(subcode);
        Self::invalid(subcode, title.into(), message.into())
    }

    fn invalid(subcode: i64, title: Cow<'static, str>, message: Cow<'static, str>) -> Self {
        Self::parameter("Invalid parameter").with_user(subcode, title, message)
    }

    /// With a subcode, a title and a message for people.
    pub(super) fn with_user(
        self,
        subcode: i64,
        title: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let user = Some(Box::new((title.into(), message.into())));
        Self { subcode: Some(subcode), transient: Some(false), user, ..self }
    }

    pub(super) fn with_subcode(self, subcode: Option<i64>) -> Self {
        Self { subcode: subcode.or(self.subcode), ..self }
    }

    /// With another status than the usual one.
    pub(super) fn at_status(self, status: Option<u16>) -> Self {
        let status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(self.status);
        Self { status, ..self }
    }

    pub(super) fn transient(self) -> Self {
        Self { transient: Some(true), ..self }
    }

    pub(super) fn regained_in(self, minutes: u64, tier: Tier) -> Self {
        Self { regain: Some((minutes, tier)), ..self }
    }

    /// What a person reads: the title and message for them, or the technical text.
    pub(crate) fn reason(&self) -> String {
        self.user.as_ref().map_or_else(
            || self.message.to_string(),
            |user| {
                let (title, message) = user.as_ref();
                format!("{title}: {message}")
            },
        )
    }

    pub(super) fn response(&self, trace: &str, object: &str) -> Response {
        let user = self.user.as_deref();
        let error = ErrorBody {
            message: &self.message,
            kind: self.kind,
            code: self.code,
            error_subcode: self.subcode,
            is_transient: self.transient,
            error_user_title: user.map(|(title, _)| title.as_ref()),
            error_user_msg: user.map(|(_, message)| message.as_ref()),
            fbtrace_id: trace,
        };
        let mut response = http::json(self.status, &BTreeMap::from([("error", error)]));
        if let Some((minutes, tier)) = self.regain {
            add_usage(&mut response, object, minutes, tier);
        }
        response
    }
}

/// An error as Graph writes it, in Graph's order.
#[derive(Serialize)]
struct ErrorBody<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    code: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_subcode: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_transient: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_user_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_user_msg: Option<&'a str>,
    fbtrace_id: &'a str,
}

/// The headers in which Graph says how much of a limit is used, and when calls are taken again.
fn add_usage(response: &mut Response, object: &str, minutes: u64, tier: Tier) {
    let business = json!({ object: [{
        "type": "ads_management", "call_count": 100, "total_cputime": 25, "total_time": 25,
        "estimated_time_to_regain_access": minutes, "ads_api_access_tier": tier.name(),
    }] });
    let app = json!({ "call_count": 100, "total_cputime": 25, "total_time": 25 });
    let account = json!({
        "acc_id_util_pct": 100, "reset_time_duration": minutes * 60,
        "ads_api_access_tier": tier.name(),
    });
    for (name, value) in
        [("x-business-use-case-usage", business), ("x-app-usage", app), ("x-ad-account-usage", account)]
    {
        if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
            response.headers_mut().insert(name, value);
        }
    }
}
