//! Faults on demand: what goes wrong, for which requests, how often and how long.
//!
//! Rules stand in a list; the first one that a request meets is what happens to it. Random numbers are
//! seeded, so a run can be repeated.

mod in_force;
mod response;
mod rule;

use serde::{Deserialize, Serialize};

pub(crate) use in_force::Faults;
pub use response::{apply_fault, read_body};
pub use rule::{FaultRule, Side};

/// What happens to a request instead of, or on top of, the ordinary answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// This answer, and nothing is processed. A body that begins with `<` goes out as HTML.
    Answer {
        /// Status of the answer; one that HTTP does not know becomes 500.
        status: u16,
        /// Its body, byte for byte.
        body: String,
    },
    /// An HTML page with this status, as a proxy in front of Graph gives it; nothing is processed.
    Html {
        /// Status of the answer.
        status: u16,
    },
    /// Graph's error with this code, such as 4, 17, 613, 80004 (throttles) or 190 (token); nothing is
    /// processed. On the Kommo side the code is the HTTP status of the refusal.
    Error {
        /// Graph's code.
        code: i64,
        /// Graph's subcode.
        #[serde(default)]
        subcode: Option<i64>,
        /// Another HTTP status than the usual one.
        #[serde(default)]
        status: Option<u16>,
    },
    /// The connection closes without an answer, and nothing is processed.
    CloseBefore,
    /// The request is processed as usual, then the connection closes without an answer.
    CloseAfter,
    /// No answer ever comes, and nothing is processed.
    TimeoutBefore,
    /// The request is processed as usual, and no answer ever comes.
    TimeoutAfter,
    /// The request is processed as usual, and the connection is reset in the middle of the answer.
    Reset,
    /// The request is processed at once, and its answer comes this much later.
    Latency {
        /// Milliseconds.
        ms: u64,
        /// Up to this many milliseconds more, at random.
        #[serde(default)]
        jitter_ms: u64,
    },
    /// Only this many events of the request are taken, and `events_received` says so.
    Short {
        /// Events taken.
        received: usize,
    },
    /// The request's body is read at this pace.
    SlowRead {
        /// Bytes a second, at least 1.
        bytes_per_s: u64,
    },
}

impl Fault {
    /// Whether nothing is processed.
    pub fn prevents(&self) -> bool {
        matches!(
            self,
            Self::Answer { .. }
                | Self::Html { .. }
                | Self::Error { .. }
                | Self::CloseBefore
                | Self::TimeoutBefore
        )
    }

    /// Whether the client gets no answer at all.
    pub fn silences(&self) -> bool {
        matches!(self, Self::CloseBefore | Self::CloseAfter | Self::TimeoutBefore | Self::TimeoutAfter)
    }

    /// Its name, as in the control API.
    pub fn name(&self) -> String {
        let written = serde_json::to_value(self).unwrap_or_default();
        written["fault"].as_str().unwrap_or_default().to_owned()
    }

    /// A late answer.
    pub fn latency(ms: u64) -> Self {
        Self::Latency { ms, jitter_ms: 0 }
    }
}
