//! Graph's refusals: body, status, and the catalogue of Conversions API subcodes.
//!
//! Codes and subcodes are those of Meta's documentation and of recorded live answers, and so are titles
//! where they are known. The other titles and most user messages are plain sentences of the sandbox: Meta
//! localises both, so clients match on the subcode.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::trace;
use crate::http;

/// Why a request is refused, as Graph would say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: Cow<'static, str>,
    kind: &'static str,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    user: Option<(&'static str, Cow<'static, str>)>,
}

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), kind, code, subcode: None, user: None }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// A path that is no edge of Graph.
    pub(crate) fn unknown_path(path: &str) -> Self {
        let message = format!("Unknown path components: {path}");
        Self::new(StatusCode::BAD_REQUEST, "OAuthException", 2500, message)
    }

    /// The object does not exist, or the token may not see it: Graph tells no difference.
    pub(crate) fn no_object(verb: &str, id: &str) -> Self {
        let message = format!(
            "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to \
             missing permissions, or does not support this operation. Please read the Graph API \
             documentation at https://developers.facebook.com/docs/graph-api"
        );
        let refusal = Self::new(StatusCode::BAD_REQUEST, "GraphMethodException", 100, message);
        Self { subcode: Some(33), ..refusal }
    }

    pub(crate) fn no_token() -> Self {
        let message = "An access token is required to request this resource.";
        Self::new(StatusCode::UNAUTHORIZED, "OAuthException", 104, message)
    }

    pub(crate) fn bad_token() -> Self {
        let message = "Invalid OAuth access token - Cannot parse access token";
        Self::new(StatusCode::UNAUTHORIZED, "OAuthException", 190, message)
    }

    pub(crate) fn no_proof() -> Self {
        let message = "API calls from the server require an appsecret_proof argument";
        Self::new(StatusCode::BAD_REQUEST, "GraphMethodException", 100, message)
    }

    pub(crate) fn bad_proof() -> Self {
        let message = "Invalid appsecret_proof provided in the API argument";
        Self::new(StatusCode::BAD_REQUEST, "GraphMethodException", 100, message)
    }

    /// Something about the request as a whole; Meta does not document the texts.
    pub(crate) fn parameter(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "OAuthException", 100, message)
    }

    pub(crate) fn unread(why: http::Unread) -> Self {
        Self::new(why.status(), "OAuthException", 100, why.message())
    }

    /// 2804019: the only family that names the event and the key.
    pub(crate) fn at_path(path: &str, must: &str) -> Self {
        Self::invalid(
            2_804_019,
            "Server Side Api Parameter Error",
            Cow::Owned(format!("The parameter {path} {must}.")),
        )
    }

    /// Any other subcode of the catalogue. It does not say which event is meant.
    pub(crate) fn subcode(subcode: i64) -> Self {
        let (title, message) = text_of(subcode);
        Self::invalid(subcode, title, Cow::Borrowed(message))
    }

    fn invalid(subcode: i64, title: &'static str, message: Cow<'static, str>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "OAuthException", 100, "Invalid parameter");
        Self { subcode: Some(subcode), user: Some((title, message)), ..refusal }
    }

    pub(crate) fn response(&self) -> Response {
        let mut error = json!({
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "fbtrace_id": trace::id(),
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = Value::from(subcode);
        }
        if let Some((title, message)) = &self.user {
            error["is_transient"] = Value::Bool(false);
            error["error_user_title"] = Value::from(*title);
            error["error_user_msg"] = Value::from(message.as_ref());
        }
        http::json(self.status, &json!({ "error": error }))
    }
}

fn text_of(subcode: i64) -> (&'static str, &'static str) {
    match subcode {
        2_804_003 => (
            "Event Timestamp Too Old",
            "The timestamp for this event is too far in the past. Events must be sent within 7 days of \
             occurring. Enter a timestamp within the last 7 days.",
        ),
        2_804_004 => (
            "Event Timestamp In The Future",
            "The timestamp for this event is in the future or is not a Unix time in seconds.",
        ),
        2_804_008 => (
            "Invalid Contents Parameter",
            "The contents parameter must be a list of JSON objects, each with an id.",
        ),
        2_804_009 => (
            "Missing Value for Purchase Event",
            "The purchase event doesn't include a value parameter. Enter a value, for example 1.99.",
        ),
        2_804_010 => (
            "Missing Currency for Purchase Event",
            "The purchase event doesn't include a currency parameter. Enter a currency, for example USD.",
        ),
        2_804_016 => ("Invalid Custom Data Value", "The value of a custom data parameter can't be used."),
        2_804_023 => ("Invalid Currency", "The currency must be an ISO 4217 code of three letters."),
        2_804_036 => ("Invalid Lead ID", "The lead_id must be a number of 15 to 17 digits."),
        2_804_043 => (
            "Invalid Extended Device Info",
            "The extinfo parameter must have 16 entries, and the OS version must not be blank.",
        ),
        2_804_050 => (
            "You haven't added sufficient customer information parameter data for this event",
            "This event has no customer information parameters, or a combination of them that is too broad \
             to match. See https://developers.facebook.com/docs/marketing-api/conversions-api/\
             best-practices#req-rec-params",
        ),
        _ => messaging_text_of(subcode),
    }
}

fn messaging_text_of(subcode: i64) -> (&'static str, &'static str) {
    match subcode {
        2_804_063 => (
            "Missing Messaging Channel Parameter",
            "Business messaging events need the messaging_channel parameter.",
        ),
        2_804_064 => (
            "Messaging Event Invalid Argument",
            "The event has an argument that is not allowed for business messaging.",
        ),
        2_804_065 => ("Mismatching Page and Dataset", "The page_id is not linked to this dataset."),
        2_804_066 => (
            "Messaging Event Invalid Event Type",
            "The event_name is not one of those allowed for business messaging.",
        ),
        2_804_069 => ("Missing Page ID", "Messenger events need the page_id parameter."),
        2_804_071 => (
            "Missing CTWA clid or Page-Scoped User ID",
            "The event has neither a ctwa_clid nor a page_scoped_user_id for its channel.",
        ),
        2_804_075 => ("Missing ig_sid", "Instagram events need the ig_sid parameter."),
        2_804_079 => ("Missing IG Account ID", "Instagram events need the ig_account_id parameter."),
        2_804_087 => (
            "Messaging Event Invalid Ctwa Clid",
            "The ctwa_clid is not one that a click on an ad has produced.",
        ),
        2_804_116 => (
            "Missing Page ID or WhatsApp Business Account ID",
            "WhatsApp events need the page_id or the whatsapp_business_account_id parameter.",
        ),
        2_804_118 => (
            "Mismatching WhatsApp Business Account and Dataset",
            "The whatsapp_business_account_id is not linked to this dataset.",
        ),
        2_804_131 => ("No Page Associated To Dataset", "No Page is linked to this dataset."),
        2_804_132 => (
            "No WhatsApp Business Account Linked to This Dataset",
            "No WhatsApp Business Account is linked to this dataset.",
        ),
        2_804_133 => {
            ("No IG Account Associated To Dataset", "This Instagram account is not linked to this dataset.")
        }
        _ => ("Invalid Parameter", "The event has an invalid parameter."),
    }
}
