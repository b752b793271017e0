//! What is remembered of the requests, and how much of everything has left its list.

use serde::Serialize;

/// One request to the Kommo side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KommoRequest {
    /// When the request came, Unix milliseconds.
    pub received_at_ms: i64,
    /// Method.
    pub method: String,
    /// Path and query, at most 1 KiB of them.
    pub path: String,
    /// Status of the answer.
    pub status: u16,
}

/// How many records have left each list because it was full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Requests.
    pub requests: u64,
    /// Rows of the audit log.
    pub audit_rows: u64,
    /// Attempts to deliver webhooks.
    pub deliveries: u64,
    /// Webhooks that were never sent, because too many waited.
    pub webhooks: u64,
}
