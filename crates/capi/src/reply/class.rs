//! What each of Meta's error codes asks for, as a table.

use serde_json::Value;

use super::{GraphError, Scope};

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Refused,
    Retry { temporary: bool },
    Throttled(Scope),
    Hold(Scope),
}

/// Subcodes of code 100 whose cause is the connection. Every other subcode of code 100 blames one
/// event.
const HOLDING_SUBCODES: &[(u32, Scope)] = &[
    (33, Scope::Dataset), // object missing or out of reach; recorded live answers
    (2_804_065, Scope::DatasetChannel), // Page not linked; Meta's documentation
    (2_804_118, Scope::DatasetChannel), // WABA does not match; third parties
    (2_804_131, Scope::DatasetChannel), // no Page linked; recorded live answers
    (2_804_132, Scope::DatasetChannel), // no WABA linked; recorded live answers
    (2_804_133, Scope::DatasetChannel), // no Instagram account linked; third parties
];

/// A run of codes that mean the same.
struct Codes {
    first: u32,
    last: u32,
    class: Class,
    meaning: &'static str,
}

const fn codes(first: u32, last: u32, class: Class, meaning: &'static str) -> Codes {
    Codes { first, last, class, meaning }
}

/// From Meta's documentation of Graph errors where nothing else is said.
const CODES: &[Codes] = &[
    codes(1, 1, Class::Retry { temporary: true }, "an unknown error, possibly temporary"),
    codes(2, 2, Class::Retry { temporary: true }, "the service is temporarily down"),
    codes(3, 3, Class::Hold(Scope::DatasetChannel), "the app lacks the capability"),
    codes(4, 4, Class::Throttled(Scope::App), "the app made too many calls"),
    codes(10, 10, Class::Hold(Scope::DatasetChannel), "permission is denied"),
    codes(17, 17, Class::Throttled(Scope::Token), "the user or ad account made too many calls"),
    codes(32, 32, Class::Throttled(Scope::Token), "the Page made too many calls"),
    codes(102, 102, Class::Hold(Scope::Token), "the session has ended"),
    codes(104, 104, Class::Hold(Scope::Token), "the proof of the app's secret is missing or wrong"),
    codes(190, 190, Class::Hold(Scope::Token), "the access token is not valid"),
    codes(200, 299, Class::Hold(Scope::DatasetChannel), "a permission is missing"),
    codes(341, 341, Class::Throttled(Scope::App), "the app has reached its limit for now"),
    // A person must look.
    codes(368, 368, Class::Hold(Scope::Token), "blocked for a breach of policy"),
    codes(613, 613, Class::Throttled(Scope::Token), "too many calls of this kind"),
    codes(803, 803, Class::Hold(Scope::Dataset), "there is no such object"),
    codes(2500, 2500, Class::Hold(Scope::Dataset), "there is no such path"),
    // Third parties.
    codes(5000, 5000, Class::Retry { temporary: true }, "an unknown error, seen to be temporary"),
    // Recorded live answers.
    codes(21_009, 21_009, Class::Retry { temporary: true }, "the dataset is not ready yet"),
    codes(80_000, 80_014, Class::Throttled(Scope::Dataset), "the business made too many calls of this kind"),
];

/// What one of Meta's error codes means, for a person; code 100 is told apart by its subcode, see
/// [`crate::subcodes`].
///
/// ```
/// assert_eq!(capi::code_meaning(190), Some("the access token is not valid"));
/// ```
pub fn code_meaning(code: u32) -> Option<&'static str> {
    if code == 100 {
        return Some("a parameter is not valid");
    }
    known(code).map(|codes| codes.meaning)
}

fn known(code: u32) -> Option<&'static Codes> {
    CODES.iter().find(|codes| (codes.first..=codes.last).contains(&code))
}

/// `part` is the error as it came, for the marks that [`GraphError`] does not keep. `None` for a code
/// that nobody knows in an object that does not look like Meta's: gateways write `error.code` too, and
/// put their HTTP status into it.
pub(super) fn classify(error: &GraphError, part: &Value) -> Option<Class> {
    let known = match error.code {
        100 => Some(invalid_parameter(error, part)),
        code => known(code).map(|codes| codes.class),
    };
    let says_temporary = part.get("is_transient").and_then(Value::as_bool) == Some(true);
    match known {
        None | Some(Class::Refused) if says_temporary => Some(Class::Retry { temporary: true }),
        // A refusal ends an event: only Meta can say it.
        Some(Class::Refused) => looks_like_metas(error, part).then_some(Class::Refused),
        None => looks_like_metas(error, part).then_some(Class::Retry { temporary: false }),
        Some(class) => Some(class),
    }
}

/// Whether the object has anything besides the code that only Meta's errors have.
fn looks_like_metas(error: &GraphError, part: &Value) -> bool {
    let metas_type =
        || part.get("type").and_then(Value::as_str).is_some_and(|name| name.ends_with("Exception"));
    error.fbtrace_id.is_some()
        || error.subcode.is_some()
        || error.title.is_some()
        || error.user_message.is_some()
        || part.get("is_transient").is_some()
        || metas_type()
}

fn invalid_parameter(error: &GraphError, part: &Value) -> Class {
    let Some(subcode) = error.subcode else {
        // Without a subcode the type tells apart whether the call as a whole is wrong (its
        // `appsecret_proof`, its object: GraphMethodException) or what it carries.
        let call_is_wrong = part.get("type").and_then(Value::as_str) == Some("GraphMethodException");
        return if call_is_wrong { Class::Hold(Scope::Dataset) } else { Class::Refused };
    };
    let holding = HOLDING_SUBCODES.iter().find(|row| row.0 == subcode);
    holding.map_or(Class::Refused, |row| Class::Hold(row.1))
}
