//! Graph's error codes as answers, for faults on demand.

use axum::http::{Method, StatusCode};

use super::errors::Refusal;
use crate::points::Tier;

impl Refusal {
    /// The answer to a call that was to meet this code: some codes name the object that was called.
    pub(super) fn of_fault(code: i64, subcode: Option<i64>, method: &Method, object: &str) -> Self {
        match (code, subcode) {
            (100, Some(33)) => Self::no_object(method, object),
            (803, _) => Self::no_alias(object).with_subcode(subcode),
            _ => Self::of_code(code, subcode),
        }
    }

    /// The answer that this code usually comes with. Messages of codes without a record are the
    /// sandbox's own.
    pub(crate) fn of_code(code: i64, subcode: Option<i64>) -> Self {
        let refusal = |status, message: String| Self::new(status, "OAuthException", code, message);
        let bad = |message: &str| refusal(StatusCode::BAD_REQUEST, message.to_owned());
        let throttle = |message: &str| bad(message).regained_in(5, Tier::Limited);
        let transient =
            |message: &str| refusal(StatusCode::INTERNAL_SERVER_ERROR, message.to_owned()).transient();
        let answer = match code {
            1 => transient("An unknown error occurred"),
            2 => transient("Service temporarily unavailable"),
            3 => bad("(#3) Application does not have the capability to make this API call."),
            4 => throttle("(#4) Application request limit reached"),
            10 => refusal(
                StatusCode::FORBIDDEN,
                "(#10) Application does not have permission for this action".to_owned(),
            ),
            17 => throttle("(#17) User request limit reached"),
            32 => throttle("(#32) Page request limit reached"),
            100 if subcode.is_some_and(|subcode| subcode > 2_804_000) => {
                return Self::subcode(subcode.unwrap_or_default());
            }
            100 => bad("(#100) Invalid parameter"),
            102 => refusal(StatusCode::UNAUTHORIZED, "Session key invalid or no longer valid".to_owned()),
            104 => return Self::no_token(),
            190 => return subcode.map_or_else(Self::bad_token, Self::token_session),
            200..=299 => refusal(StatusCode::FORBIDDEN, format!("(#{code}) Missing permission")),
            341 => throttle("(#341) Application limit reached"),
            368 => bad("(#368) The action attempted has been deemed abusive or is otherwise disallowed"),
            613 => throttle("(#613) Calls to this api have exceeded the rate limit."),
            2500 => bad("Unknown path components"),
            5000 => transient("(#5000) Unknown error"),
            21_009 => bad("(#21009) The data set upload is temporarily not ready."),
            80_000 | 80_003 | 80_004 | 80_014 => throttle(
                "There have been too many calls to this ad-account. Wait a bit and try again. For more \
                 info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.",
            ),
            _ => refusal(StatusCode::BAD_REQUEST, format!("(#{code}) An error occurred")),
        };
        answer.with_subcode(subcode)
    }
}
