//! Reads Meta's answer to a request and says what it means for the events in it.
//!
//! The error's code and subcode decide, never the HTTP status (recorded live answers carry the
//! same error under several) and never a text (titles and messages come in the language of the
//! token's owner). What shows no proof of acceptance is not called delivered.

mod class;
mod error;
mod index;
mod usage;

use serde_json::Value;

pub use class::code_meaning;
pub use error::GraphError;
pub use usage::Usage;

use class::Class;

/// Something in front of Meta passed the request on and then gave up: Meta may have taken it.
const GATEWAY_TIMEOUT: u16 = 504;

/// What Meta's answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Meta took every event.
    Delivered {
        /// Meta's id of the answer, for its support.
        fbtrace_id: Option<String>,
    },
    /// A success without a readable proof: the events may or may not have been taken.
    Unknown {
        /// What was missing, for a person.
        why: String,
    },
    /// One bad event sank the request; none was taken. Split the batch, or fail the only event.
    Refused {
        /// Meta's error.
        error: GraphError,
        /// The position of the bad event in the request, if Meta named it.
        index: Option<usize>,
    },
    /// Nothing was taken; try again later.
    Retry {
        /// Meta's error.
        error: GraphError,
        /// Whether the error is known to be temporary. If not, give up after a few tries.
        temporary: bool,
    },
    /// Somebody else than Meta refused the request: a proxy, an edge, a wrong address. Nothing was
    /// taken, and nothing was said about the events.
    Foreign,
    /// Too many calls; let the scope rest, then try again.
    Throttled {
        /// What has to rest.
        scope: Scope,
        /// Meta's error.
        error: GraphError,
    },
    /// The connection is wrong, not the events: wait until a person mended it.
    Hold {
        /// What is wrong.
        scope: Scope,
        /// Meta's error.
        error: GraphError,
    },
}

/// How far a throttle or a hold reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every call of the app.
    App,
    /// Every call with the token.
    Token,
    /// The dataset.
    Dataset,
    /// The dataset on one channel; its other channels go on.
    DatasetChannel,
}

/// Reads the answer to a request that carried `sent` events.
pub fn read_reply(status: u16, body: &[u8], sent: usize) -> Reply {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let error_part = answer.as_ref().and_then(|answer| answer.get("error")).filter(|part| !part.is_null());
    if let Some(part) = error_part
        && let Some(error) = GraphError::read(part)
        && let Some(reply) = judge(part, error, sent)
    {
        return reply;
    }
    if status == GATEWAY_TIMEOUT {
        return Reply::Unknown { why: "an edge gave up waiting for Meta's answer (HTTP 504)".to_owned() };
    }
    if !(200..300).contains(&status) {
        return Reply::Foreign;
    }
    let Some(answer) = answer.as_ref().filter(|_| error_part.is_none()) else {
        return Reply::Unknown { why: "the answer is not Meta's".to_owned() };
    };
    match answer.get("events_received").and_then(error::number) {
        None => Reply::Unknown { why: "the answer does not say how many events were taken".to_owned() },
        Some(taken) if taken < 1 || usize::try_from(taken).is_ok_and(|taken| taken < sent) => {
            Reply::Unknown { why: format!("Meta took {taken} of {sent} events") }
        }
        Some(_) => Reply::Delivered { fbtrace_id: error::trace_id(answer) },
    }
}

/// What an error asks for; `None` if it is not one of Meta's.
fn judge(part: &Value, error: GraphError, sent: usize) -> Option<Reply> {
    Some(match class::classify(&error, part)? {
        Class::Refused => Reply::Refused { index: index::of_bad_event(part, sent), error },
        Class::Retry { temporary } => Reply::Retry { error, temporary },
        Class::Throttled(scope) => Reply::Throttled { scope, error },
        Class::Hold(scope) => Reply::Hold { scope, error },
    })
}

#[cfg(test)]
mod tests;
