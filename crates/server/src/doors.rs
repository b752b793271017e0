//! The doors: `GET` and `POST /hooks/{key}`, and whether the process is up.
//!
//! In this order: an unknown key is refused before the body is read; the body is bounded; the
//! signature is checked over the raw bytes; what was authentic but not understood is kept and
//! answered with 200, because a CRM disables a hook that answers 400; facts are durable before
//! the answer. Keys and queries are never logged.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kopru_core::{JoinKey, WorkspaceId};
use sha2::{Digest, Sha256};
use sources::{Context, Door};
use store::{Clock, HotPath, Sqlite, StoreError, Unreadable};
use tokio::sync::watch;

use crate::body::{NotRead, Room, read_whole};

/// How large a webhook may be. WhatsApp sends at most 3 MB.
const HOOK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many bytes of bodies are in memory at once, over all requests.
const IN_FLIGHT_BYTES_MAX: usize = 128 * 1024 * 1024;
/// How long a client should wait when the store cannot take anything.
const RETRY_AFTER_S: &str = "30";
/// How often counts of refused requests are written down.
const COUNTS_EVERY: Duration = Duration::from_secs(1);

/// A webhook address: a source of a workspace.
pub struct Hook {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// What it understands.
    pub door: Door,
    /// The workspace's joining key.
    pub join: JoinKey,
    /// The country of phone numbers that name none.
    pub country: Option<String>,
}

/// All doors of the process.
pub struct Doors {
    store: Arc<Sqlite>,
    /// Hooks by the hash of their key: looking one up takes the same time for every wrong key.
    hooks: HashMap<[u8; 32], Hook>,
    clock: Clock,
    in_flight: Room,
    /// Refused requests since they were last written down. They are not acknowledged, so they may
    /// be lost; a flood of them must not cost a write each.
    refused: Mutex<BTreeMap<(WorkspaceId, &'static str), i64>>,
}

impl Doors {
    /// Doors for these hooks, each with its key.
    pub fn new(
        store: Arc<Sqlite>,
        hooks: impl IntoIterator<Item = (String, Hook)>,
        clock: Clock,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            hooks: hooks.into_iter().map(|(key, hook)| (hash(&key), hook)).collect(),
            clock,
            in_flight: Room::new(IN_FLIGHT_BYTES_MAX),
            refused: Mutex::new(BTreeMap::new()),
        })
    }

    /// The public router.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/hooks/{key}", get(handshake).post(receive))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .with_state(Arc::clone(self))
    }

    /// Writes the counts of refused requests down until told to stop.
    pub async fn keep_counts(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            let stopping = tokio::select! {
                () = tokio::time::sleep(COUNTS_EVERY) => false,
                _ = stop.wait_for(|stop| *stop) => true,
            };
            let counts = std::mem::take(&mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner));
            for ((workspace, reason), count) in counts {
                if let Err(error) = self.store.count(workspace, &format!("door.{reason}"), count).await {
                    tracing::warn!(%error, "counts of refused requests were lost");
                }
            }
            if stopping {
                return;
            }
        }
    }

    fn hook(&self, key: &str) -> Option<&Hook> {
        self.hooks.get(&hash(key))
    }

    fn refuse(&self, hook: &Hook, reason: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry((hook.workspace, reason)).or_default() += 1;
    }
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

async fn ready(State(doors): State<Arc<Doors>>) -> Response {
    if doors.store.is_writable() {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be written\n").into_response()
    }
}

/// Meta asks once whether the address is ours.
async fn handshake(
    State(doors): State<Arc<Doors>>,
    Path(key): Path<String>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let Some(hook) = doors.hook(&key) else { return StatusCode::NOT_FOUND.into_response() };
    if let Some(challenge) = query.ok().and_then(|Query(query)| hook.door.handshake(&query)) {
        return challenge.into_response();
    }
    doors.refuse(hook, "bad_handshake");
    StatusCode::FORBIDDEN.into_response()
}

async fn receive(
    State(doors): State<Arc<Doors>>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(hook) = doors.hook(&key) else { return StatusCode::NOT_FOUND.into_response() };
    match take_in(&doors, hook, &headers, body).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => refusal.answer(&doors, hook),
    }
}

/// From bytes to durable facts.
async fn take_in(doors: &Doors, hook: &Hook, headers: &HeaderMap, body: Body) -> Result<(), Refusal> {
    if content_length(headers).is_some_and(|length| length > HOOK_BYTES_MAX) {
        return Err(Refusal::Body(NotRead::TooLarge));
    }
    let body = read_whole(body, HOOK_BYTES_MAX, &doors.in_flight).await.map_err(Refusal::Body)?;
    let body = body.bytes();

    let signature = headers.get("x-hub-signature-256").map(axum::http::HeaderValue::as_bytes);
    if !hook.door.verify(signature, body) {
        return Err(Refusal::BadSignature);
    }
    let context = Context { join: &hook.join, country: hook.country.as_deref() };
    let received_ms = doors.clock.now_ms();
    match hook.door.parse(body, &context) {
        Ok(facts) if facts.is_empty() => Ok(()),
        Ok(facts) => doors
            .store
            .append(hook.workspace, hook.door.kind(), received_ms, facts)
            .await
            .map_err(Refusal::Store),
        Err(unreadable) => {
            tracing::warn!(
                source = hook.door.kind(),
                shape = unreadable.shape,
                "a webhook was not understood"
            );
            let unreadable = Unreadable {
                source: hook.door.kind().to_owned(),
                shape: unreadable.shape,
                body: body.to_vec(),
            };
            doors
                .store
                .append_unreadable(hook.workspace, received_ms, unreadable)
                .await
                .map_err(Refusal::Store)
        }
    }
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Why a request was not taken in.
enum Refusal {
    Body(NotRead),
    BadSignature,
    Store(StoreError),
}

impl Refusal {
    /// The answer, with no hint of what would have been right.
    fn answer(self, doors: &Doors, hook: &Hook) -> Response {
        let (status, counted_as) = match self {
            Self::Body(NotRead::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Body(NotRead::TooSlow) => (StatusCode::REQUEST_TIMEOUT, "too_slow"),
            Self::Body(NotRead::BrokenOff) => (StatusCode::BAD_REQUEST, "broken_off"),
            Self::Body(NotRead::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::BadSignature => (StatusCode::UNAUTHORIZED, "bad_signature"),
            Self::Store(error) => {
                tracing::error!(%error, "a webhook could not be kept");
                (StatusCode::SERVICE_UNAVAILABLE, "not_kept")
            }
        };
        doors.refuse(hook, counted_as);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            (status, [(header::RETRY_AFTER, RETRY_AFTER_S)]).into_response()
        } else {
            status.into_response()
        }
    }
}
