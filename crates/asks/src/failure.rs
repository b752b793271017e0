//! What a failure says about whom.

use std::time::Duration;

use crate::host::HostError;

/// What is said of an answer that cannot be read.
pub(crate) const NOT_UNDERSTOOD: &str = "an answer that is not understood";

/// Why a list has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    /// In words that can be kept and logged.
    pub why: &'static str,
    /// Whom it concerns.
    pub blame: Blame,
    /// How long we are asked to wait.
    pub wait: Option<Duration>,
}

/// Whom a failure concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The account: it was asked too often.
    TooOften,
    /// The account: a person has to mend something.
    NeedsYou,
    /// The account: nobody can be reached.
    Unreachable,
    /// The path, or any one of the records: something refuses this.
    Path,
    /// The account or any one of the records, nobody can know: parts of the list tell.
    Anybody,
}

impl Failure {
    /// A failure of which nobody can know whom it concerns.
    pub fn of_anybody(why: &'static str) -> Self {
        Self { why, blame: Blame::Anybody, wait: None }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let blame = if error == HostError::NoConnection { Blame::Unreachable } else { Blame::Anybody };
        Self { why: error.why(), blame, wait: None }
    }
}

/// Whether a status is an answer; `wait` is how long it asks us to wait.
pub(crate) fn judge(status: u16, wait: Option<Duration>) -> Result<(), Failure> {
    let (why, blame) = match status {
        200 | 204 => return Ok(()),
        429 => ("asked too often (HTTP 429)", Blame::TooOften),
        401 => ("the access token is not accepted (HTTP 401)", Blame::NeedsYou),
        402 => ("the account is not paid for (HTTP 402)", Blame::NeedsYou),
        403 => ("access is refused (HTTP 403)", Blame::Path),
        404 => ("there is no such account (HTTP 404)", Blame::Path),
        400 | 414 | 422 => ("the CRM does not understand the question", Blame::Anybody),
        500..=599 => ("the CRM has a fault of its own (HTTP 5xx)", Blame::Anybody),
        _ => (NOT_UNDERSTOOD, Blame::Anybody),
    };
    Err(Failure { why, blame, wait })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whom_it_concerns() {
        for (statuses, expected) in [
            (&[200, 204][..], None),
            (&[429], Some(Blame::TooOften)),
            (&[401, 402], Some(Blame::NeedsYou)),
            (&[403, 404], Some(Blame::Path)),
            (
                &[201, 206, 299, 301, 302, 308, 400, 405, 410, 414, 418, 422, 500, 502, 503, 504, 599, 999],
                Some(Blame::Anybody),
            ),
        ] {
            for status in statuses {
                assert_eq!(judge(*status, None).err().map(|failure| failure.blame), expected, "{status}");
            }
        }
    }
}
