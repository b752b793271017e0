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

/// Codes with first and last member, from Meta's documentation of Graph errors where nothing else
/// is said.
const CODES: &[(u32, u32, Class)] = &[
    (1, 2, Class::Retry { temporary: true }),
    (3, 3, Class::Hold(Scope::DatasetChannel)), // the app lacks the capability
    (4, 4, Class::Throttled(Scope::App)),
    (10, 10, Class::Hold(Scope::DatasetChannel)),
    (17, 17, Class::Throttled(Scope::Token)),
    (32, 32, Class::Throttled(Scope::Token)),
    (102, 102, Class::Hold(Scope::Token)),
    (104, 104, Class::Hold(Scope::Token)),
    (190, 190, Class::Hold(Scope::Token)),
    (200, 299, Class::Hold(Scope::DatasetChannel)), // permissions
    (341, 341, Class::Throttled(Scope::App)),
    (368, 368, Class::Hold(Scope::Token)), // blocked for a breach of policy: a person must look
    (613, 613, Class::Throttled(Scope::Token)),
    (803, 803, Class::Hold(Scope::Dataset)),        // no such object
    (2500, 2500, Class::Hold(Scope::Dataset)),      // no such path
    (5000, 5000, Class::Retry { temporary: true }), // third parties
    (21_009, 21_009, Class::Retry { temporary: true }), // dataset not ready yet; recorded live answers
    (80_000, 80_014, Class::Throttled(Scope::Dataset)),
];

/// `part` is the error as it came, for the two marks that [`GraphError`] does not keep.
pub(super) fn classify(error: &GraphError, part: &Value) -> Class {
    let known = match error.code {
        100 => Some(invalid_parameter(error, part)),
        code => CODES.iter().find(|(first, last, _)| (*first..=*last).contains(&code)).map(|row| row.2),
    };
    let says_temporary = part.get("is_transient").and_then(Value::as_bool) == Some(true);
    match known {
        None | Some(Class::Refused) if says_temporary => Class::Retry { temporary: true },
        None => Class::Retry { temporary: false },
        Some(class) => class,
    }
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
