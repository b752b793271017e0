//! What the sandbox remembers of the requests it answered.
//!
//! Every list has a bound: the oldest record leaves first and is counted, so a reader can tell a short
//! run from a list that lost its beginning.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Map, Value};

/// One event that the Graph side accepted. The same event accepted twice is listed twice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AcceptedEvent {
    /// Number of the Graph request that carried it, see [`GraphRequest::n`].
    pub request: u64,
    /// The dataset it was sent to.
    pub dataset: String,
    /// When the request was read, Unix milliseconds.
    pub received_at_ms: i64,
    /// The event object as received.
    pub event: Value,
    /// What Meta would accept and complain about in its diagnostics.
    pub diagnostics: Vec<String>,
}

/// One request to the Graph side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphRequest {
    /// Running number of Graph requests, from 1.
    pub n: u64,
    /// When the request was read, Unix milliseconds.
    pub received_at_ms: i64,
    /// Path without the query, which may carry a token.
    pub path: String,
    /// The dataset named in the path; empty if the path was another one.
    pub dataset: String,
    /// Status of the answer; `None` when a fault closed the connection without one.
    pub status: Option<u16>,
    /// Meta's error code.
    pub code: Option<i64>,
    /// Meta's error subcode.
    pub subcode: Option<i64>,
    /// Events in the request, accepted or not; 0 if `data` could not be read.
    pub events: usize,
    /// Whether its events were accepted.
    pub accepted: bool,
    /// Parameters of the request other than events, token and proof, such as `test_event_code`.
    pub envelope: Map<String, Value>,
}

/// One request to the Kommo side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KommoRequest {
    /// When the request came, Unix milliseconds.
    pub received_at_ms: i64,
    /// Method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Status of the answer.
    pub status: u16,
}

/// How many records have left each list because it was full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Accepted events.
    pub events: u64,
    /// Graph requests.
    pub graph_requests: u64,
    /// Kommo requests.
    pub kommo_requests: u64,
    /// Rows of Kommo's audit log.
    pub audit_rows: u64,
    /// Attempts to deliver Kommo's webhooks.
    pub kommo_deliveries: u64,
    /// Webhooks of Kommo that were never sent, because too many waited.
    pub kommo_webhooks: u64,
}

/// A list with a bound; the oldest entry leaves first and is counted.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    items: VecDeque<T>,
    most: usize,
    left: u64,
}

impl<T> Kept<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { items: VecDeque::new(), most, left: 0 }
    }

    pub(crate) fn push(&mut self, item: T) {
        self.items.push_back(item);
        if self.items.len() > self.most {
            self.items.pop_front();
            self.left += 1;
        }
    }

    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }
}

impl<T: Clone> Kept<T> {
    pub(crate) fn to_vec(&self) -> Vec<T> {
        self.items.iter().cloned().collect()
    }
}

/// The lists of a sandbox.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) events: Kept<AcceptedEvent>,
    pub(crate) graph: Kept<GraphRequest>,
    pub(crate) kommo: Kept<KommoRequest>,
    pub(crate) graph_count: u64,
}

impl Records {
    pub(crate) fn new(most: usize) -> Self {
        Self { events: Kept::new(most), graph: Kept::new(most), kommo: Kept::new(most), graph_count: 0 }
    }
}
