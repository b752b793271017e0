//! What came of an attempt, and when the next one is.

use serde::Serialize;

/// Waits before the second, third, fourth and fifth attempt.
const WAITS_MS: [i64; 4] = [5 * 60_000, 15 * 60_000, 15 * 60_000, 60 * 60_000];
/// Waits that every bad answer gets; only those of a failing server get the others.
const USUAL_WAITS: usize = 2;

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KommoDelivery {
    /// Number of the request that was to be delivered; its attempts share it.
    pub n: u64,
    /// The webhook's id.
    pub webhook: u64,
    /// Where it went, without the query, which may carry a secret.
    pub destination: String,
    /// The subscription code that asked for it, such as `status_lead`.
    pub event: &'static str,
    /// From 1.
    pub attempt: u32,
    /// Status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// When the attempt began, Unix milliseconds of the sandbox's clock.
    pub sent_at_ms: i64,
    /// When it is tried again; `None` after a good answer, and when Kommo gives up.
    pub next_attempt_at_ms: Option<i64>,
}

/// How long Kommo waits after this attempt; `None` if it gives up.
pub(super) fn wait_after(attempt: u32, status: Option<u16>) -> Option<i64> {
    let server_fails = matches!(status, Some(499..=599));
    let waits = if server_fails { WAITS_MS.len() } else { USUAL_WAITS };
    WAITS_MS[..waits].get(attempt as usize - 1).copied()
}

/// Without query, fragment, name and password.
pub(super) fn without_secrets(destination: &str) -> String {
    let plain = destination.split(['?', '#']).next().unwrap_or_default();
    match plain.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_by_the_kind_of_the_last_answer() {
        let minutes = |attempt, status| wait_after(attempt, status).map(|wait_ms| wait_ms / 60_000);
        for (status, expected) in [
            (Some(404), [Some(5), Some(15), None, None, None]),
            (Some(302), [Some(5), Some(15), None, None, None]),
            (None, [Some(5), Some(15), None, None, None]),
            (Some(499), [Some(5), Some(15), Some(15), Some(60), None]),
            (Some(599), [Some(5), Some(15), Some(15), Some(60), None]),
            (Some(600), [Some(5), Some(15), None, None, None]),
        ] {
            let waits: Vec<_> = (1..=5).map(|attempt| minutes(attempt, status)).collect();
            assert_eq!(waits, expected, "{status:?}");
        }
    }

    #[test]
    fn destinations_are_told_without_their_secrets() {
        for (destination, told) in [
            ("https://example.com/hooks/1?key=s", "https://example.com/hooks/1"),
            ("http://u:p@example.com:8080?key=s", "http://example.com:8080"),
            ("https://example.com/a@b#s", "https://example.com/a@b"),
        ] {
            assert_eq!(without_secrets(destination), told);
        }
    }
}
