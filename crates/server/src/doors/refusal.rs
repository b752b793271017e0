//! Why a door turns a request away, and what it answers.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Doors, OpenHook, body::NotRead};

/// How long a client should wait when nothing can be taken at the moment.
pub(super) const RETRY_AFTER_S: u64 = 30;

/// Why a request was not taken in.
pub(super) enum Refusal {
    TooMany,
    Body(NotRead),
    Forged,
    Store(store::Error),
}

impl Refusal {
    /// The answer, with no hint of what would have been right.
    pub(super) fn answer(self, doors: &Doors, opened: &OpenHook) -> Response {
        let hook = &opened.hook;
        let (status, counted_as) = match self {
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
            Self::Body(NotRead::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Body(NotRead::TooSlow) => (StatusCode::REQUEST_TIMEOUT, "too_slow"),
            Self::Body(NotRead::BrokenOff) => (StatusCode::BAD_REQUEST, "broken_off"),
            Self::Body(NotRead::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Forged => {
                if let Some(requests) = opened.bounds.bad_signatures.say() {
                    tracing::info!(
                        workspace = hook.workspace_name,
                        source = hook.kind,
                        requests,
                        "requests without a right signature are refused; {}",
                        hook.source.if_forged()
                    );
                }
                (StatusCode::UNAUTHORIZED, "bad_signature")
            }
            Self::Store(error) => {
                if let Some(requests) = doors.not_kept.say() {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        requests,
                        "webhooks cannot be kept and are refused until they can"
                    );
                }
                (StatusCode::SERVICE_UNAVAILABLE, "not_kept")
            }
        };
        doors.refuse(hook, counted_as);
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            (status, [(header::RETRY_AFTER, RETRY_AFTER_S.to_string())]).into_response()
        } else {
            status.into_response()
        }
    }
}
