//! The doors: `/hooks/{key}` with whatever follows, Meta's own protocol ([`events`]), what browsers tell ([`collect`]),
//! and whether the process is up.
//!
//! In this order: an unknown key is refused before the body is read; the body is bounded; its source
//! reads the request and says what is answered; what was authentic but not understood is kept and
//! answered with 200, because a CRM disables a hook that answers 400; facts are durable before
//! the answer. Keys and queries are never logged. What a flood could repeat is said now and then.

mod body;
mod bucket;
mod budget;
mod collect;
mod counts;
mod events;
mod hooks;
mod kept;
mod refusal;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Body,
    extract::{RawPathParams, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use kopru_core::{Fact, WorkspaceId};
use sources::{HttpReply, Received, Request};
use store::{Clock, FactStore, LostRecords, StoreState, Unreadable};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{Semaphore, watch},
    task::block_in_place,
};

use crate::{
    ApiKeys, Health, Proxies, client::Requests, health::rfc3339, listen::ConnectionInfo,
    log_throttle::LogThrottle,
};
use body::{Size, read_whole};
use budget::Budget;
pub use collect::CollectDoor;
use collect::OpenCollectors;
use counts::Counts;
pub use events::DatasetDoor;
use events::OpenDatasets;
pub use hooks::Hook;
use hooks::{OpenHook, OpenHooks};
pub(crate) use kept::{KeptRefusal, SOURCE as EVENTS_SOURCE};
use refusal::Refusal;

/// How large a webhook may be. WhatsApp sends at most 3 MB.
const HOOK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// From this length on a body is read apart from the others.
const LARGE_BODY_BYTES: usize = 32 * 1024;
/// How often a failure to keep what came in is said.
const NOT_KEPT_SAID_EVERY: Duration = Duration::from_mins(1);
/// How often a mistake in somebody's set-up is said again: wrong secrets and wrong addresses.
const MISTAKE_SAID_EVERY: Duration = Duration::from_hours(1);

/// What is open, as a configuration says.
#[derive(Default)]
pub struct OpenDoors {
    /// Scheme and host under which clients call.
    pub public_url: Option<String>,
    /// Hooks, each with its key.
    pub hooks: Vec<(String, Hook)>,
    /// Datasets that take events.
    pub datasets: Vec<DatasetDoor>,
    /// Tags of sites.
    pub pixels: Vec<CollectDoor>,
}

/// What the doors are made of.
pub struct DoorParts {
    /// Where what comes in is kept.
    pub store: Arc<dyn FactStore>,
    /// The keys that may report events.
    pub keys: Arc<ApiKeys>,
    /// What is open.
    pub open: OpenDoors,
    /// Who is believed about whom a request comes from.
    pub proxies: Arc<Proxies>,
    /// What has been stopped.
    pub health: Arc<Health>,
    /// The clock.
    pub clock: Clock,
}

/// All doors of the process.
pub struct Doors {
    store: Arc<dyn FactStore>,
    hooks: OpenHooks,
    datasets: OpenDatasets,
    collectors: OpenCollectors,
    keys: Arc<ApiKeys>,
    proxies: Arc<Proxies>,
    health: Arc<Health>,
    clock: Clock,
    budget: Budget,
    /// That of bodies whose sender is not known before they are read.
    strangers: Budget,
    /// One large body is read at a time.
    large: Semaphore,
    requests: Requests,
    counts: Counts,
    unknown_keys: LogThrottle,
    not_kept: LogThrottle,
    clock_unsure: LogThrottle,
}

impl Doors {
    /// The doors of a process.
    pub fn new(parts: DoorParts) -> Arc<Self> {
        let DoorParts { store, keys, open, proxies, health, clock } = parts;
        let OpenDoors { public_url, hooks, datasets, pixels } = open;
        Arc::new(Self {
            store,
            hooks: OpenHooks::new(public_url, hooks),
            datasets: OpenDatasets::new(datasets),
            collectors: OpenCollectors::new(pixels),
            keys,
            proxies,
            health,
            clock,
            budget: Budget::whole(),
            strangers: Budget::of_strangers(),
            large: Semaphore::new(1),
            requests: Requests::default(),
            counts: Counts::default(),
            unknown_keys: LogThrottle::new(MISTAKE_SAID_EVERY),
            not_kept: LogThrottle::new(NOT_KEPT_SAID_EVERY),
            clock_unsure: LogThrottle::new(MISTAKE_SAID_EVERY),
        })
    }

    /// Serves these doors instead, from the next request on. A hook under the same key and a dataset keep their
    /// bounds; requests that are under way end as they began.
    pub fn replace(&self, open: OpenDoors) {
        self.hooks.replace(open.public_url, open.hooks);
        self.datasets.replace(open.datasets);
        self.collectors.replace(open.pixels);
    }

    /// The public router. Its requests have to come through [`crate::listen`], which says from whom.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/hooks/{key}", any(receive))
            .route("/hooks/{key}/{*rest}", any(receive))
            .route("/{version}/{dataset}/events", post(events::receive).fallback(events::wrong_method))
            .route("/{version}/{dataset}/events/", post(events::receive).fallback(events::wrong_method))
            .route("/kopru.js", get(collect::tag))
            .route("/collect/{key}", post(collect::receive).options(collect::preflight))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .fallback(events::unknown_path)
            .with_state(Arc::clone(self))
    }

    /// Writes the counts of refused requests down until asked to stop.
    pub async fn keep_counts(self: Arc<Self>, stop: watch::Receiver<bool>) {
        self.counts.keep(&*self.store, stop).await;
    }

    /// Reads a body. A large one takes milliseconds, in which the thread would serve nobody: it is read
    /// off the threads that serve, one at a time.
    async fn apart<T>(&self, bytes: usize, read: impl FnOnce() -> T) -> T {
        let one_thread = || Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
        if bytes <= LARGE_BODY_BYTES || one_thread() {
            return read();
        }
        // It is never closed; if it were, the body would be read all the same.
        let _place = self.large.acquire().await;
        block_in_place(read)
    }

    fn unknown_key(&self) -> Response {
        refused("unknown_key");
        if let Some(requests) = self.unknown_keys.say() {
            tracing::info!(
                requests,
                "a request came to an address of which Kopru does not know the key; \
                 compare the addresses in Meta and the CRM with those that Kopru says at its start"
            );
        }
        StatusCode::NOT_FOUND.into_response()
    }

    fn refuse(&self, hook: &Hook, reason: &'static str) {
        self.refuse_of(hook.workspace, reason);
    }

    fn refuse_of(&self, workspace: WorkspaceId, reason: &'static str) {
        self.refuse_many_of(workspace, reason, 1);
    }

    fn refuse_many_of(&self, workspace: WorkspaceId, reason: &'static str, by: usize) {
        metrics::counter!("kopru_door_refused_total", "reason" => reason).increment(by as u64);
        self.counts.add(workspace, reason, by);
    }
}

fn refused(reason: &'static str) {
    metrics::counter!("kopru_door_refused_total", "reason" => reason).increment(1);
}

/// Whether traffic should come here. A loop that was stopped takes none away from the others, and what the store
/// has lost comes back by no refusal, so both are said and do not make the process unready.
async fn ready(State(doors): State<Arc<Doors>>) -> Response {
    let mend = match doors.store.state() {
        StoreState::Ready => None,
        StoreState::Full => Some("make room on its disk; then it goes on by itself"),
        StoreState::Unwritable => Some("look at its disk and at the log; it keeps trying"),
        StoreState::Broken => Some("start again to see what is there"),
        StoreState::Closed => Some("the process is stopping"),
    };
    if let Some(mend) = mend {
        let said = format!("{}: {mend}\n", doors.store.state());
        return (StatusCode::SERVICE_UNAVAILABLE, said).into_response();
    }
    let stopped = doors.health.list().into_iter().map(|stopped| format!("stopped: {stopped}\n"));
    let lost = doors.health.loss(doors.clock.now_ms()).map(|LostRecords { records, found_ms }| {
        let found = rfc3339(found_ms).unwrap_or_default();
        format!("lost: {records} records that had been acknowledged are not in the store, found at {found}\n")
    });
    let resting = doors.health.resting().into_iter().map(|account| format!("not asked: {account}\n"));
    let rules = doors.health.drifted_rules().into_iter();
    let rules = rules.map(|rule| format!("rule that does not fire as it was meant: {rule}\n"));
    let clock = doors.clock.wrong_by_ms().map(|ahead_ms| {
        let (by_s, where_to) = (ahead_ms.abs() / 1000, if ahead_ms > 0 { "ahead of" } else { "behind" });
        format!(
            "clock: this machine's clock is {by_s} s {where_to} what Meta or the CRM says; set it right\n"
        )
    });
    std::iter::once("ready\n".to_owned())
        .chain(clock)
        .chain(lost)
        .chain(stopped)
        .chain(resting)
        .chain(rules)
        .collect::<String>()
        .into_response()
}

async fn receive(
    State(doors): State<Arc<Doors>>,
    path: RawPathParams,
    Extension(connection): Extension<ConnectionInfo>,
    request: axum::extract::Request,
) -> Response {
    metrics::counter!("kopru_door_requests_total").increment(1);
    let key = path.iter().find(|(name, _)| *name == "key").map_or("", |(_, key)| key);
    let hooks = doors.hooks.now();
    let Some(opened) = hooks.get(key) else { return doors.unknown_key() };
    let (head, body) = request.into_parts();
    let counted =
        doors.proxies.forwarded(connection.peer, &head.headers).map(|client| doors.requests.begin(client));
    let public_url = hooks.public_url.as_deref();
    let context = RequestContext { head: &head, connection: &connection, public_url };
    let taken_in = match counted {
        Some(None) => Err(Refusal::TooMany),
        _ => take_in(&doors, opened, &context, body).await,
    };
    match taken_in {
        Ok(reply) => reply.map(Body::from),
        Err(refusal) => refusal.answer(&doors, opened),
    }
}

/// What is known of a request beside its body.
struct RequestContext<'a> {
    head: &'a Parts,
    connection: &'a ConnectionInfo,
    /// Scheme and host under which clients call; without it, what the request says.
    public_url: Option<&'a str>,
}

impl RequestContext<'_> {
    /// The address that its sender called.
    fn uri(&self) -> String {
        let path = self.head.uri.path_and_query().map_or("/", |path| path.as_str());
        let host = || self.head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        match self.public_url {
            Some(url) => [url, path].concat(),
            None => ["http://", host().unwrap_or_default(), path].concat(),
        }
    }

    /// What follows the key in the path.
    fn rest(&self) -> &str {
        let after = self.head.uri.path().strip_prefix("/hooks/").unwrap_or_default();
        after.find('/').and_then(|at| after.get(at..)).unwrap_or_default()
    }
}

/// From bytes to durable facts and an answer.
async fn take_in(
    doors: &Doors,
    opened: &OpenHook,
    context: &RequestContext<'_>,
    body: Body,
) -> Result<HttpReply, Refusal> {
    let hook = &opened.hook;
    let headers = &context.head.headers;
    let size = Size { bytes_max: HOOK_BYTES_MAX, announced: content_length(headers) };
    let body = read_whole(body, size, &doors.budget, &opened.bounds.share).await.map_err(Refusal::Body)?;
    context.connection.is_read();
    let body = body.bytes();

    let received_ms = doors.clock.now_ms();
    let uri = context.uri();
    let request = Request {
        method: &context.head.method,
        uri: &uri,
        rest: context.rest(),
        query: context.head.uri.query().unwrap_or_default(),
        headers,
        peer: doors.proxies.client(context.connection.peer, headers),
        body,
        received_ms,
    };
    match doors.apart(body.len(), || hook.source.receive(&request, &hook.directory)).await {
        Received::Taken { facts, reply } => {
            keep(doors, hook, received_ms, facts).await?;
            Ok(reply)
        }
        Received::Forged => Err(Refusal::Forged),
        Received::Unreadable(unreadable) => {
            not_understood(doors, opened, received_ms, unreadable.skeleton, body).await?;
            Ok(HttpReply::default())
        }
        Received::Refused { reason, reply } => {
            doors.refuse(hook, reason);
            Ok(reply)
        }
    }
}

/// Makes facts durable, each in its workspace.
async fn keep(
    doors: &Doors,
    hook: &Hook,
    received_ms: i64,
    facts: Vec<(WorkspaceId, Fact)>,
) -> Result<(), Refusal> {
    // Most bodies are of one workspace, and few of more than some.
    let mut by_workspace: Vec<(WorkspaceId, Vec<Fact>)> = Vec::new();
    for (workspace, fact) in facts {
        match by_workspace.iter_mut().find(|(of, _)| *of == workspace) {
            Some((_, facts)) => facts.push(fact),
            None => by_workspace.push((workspace, vec![fact])),
        }
    }
    for (workspace, facts) in by_workspace {
        let kept = doors.store.append(workspace, hook.kind, received_ms, facts).await;
        kept.map_err(Refusal::Store)?;
    }
    Ok(())
}

/// Keeps a body that is authentic and not understood, as many as may be kept; the others are counted.
async fn not_understood(
    doors: &Doors,
    opened: &OpenHook,
    received_ms: i64,
    skeleton: String,
    body: &[u8],
) -> Result<(), Refusal> {
    let hook = &opened.hook;
    let source = hook.kind;
    if let Some(webhooks) = opened.bounds.not_understood.say() {
        let workspace = &hook.workspace_name;
        tracing::warn!(workspace, source, skeleton, webhooks, "webhooks were not understood");
    }
    if !opened.bounds.kept.takes(body.len()) {
        doors.refuse(hook, "unreadable");
        doors.refuse(hook, "unreadable_not_kept");
        return Ok(());
    }
    refused("unreadable");
    let unreadable =
        Unreadable { counted_as: "unreadable", source: source.to_owned(), skeleton, body: body.to_vec() };
    doors.store.append_unreadable(hook.workspace, received_ms, unreadable).await.map_err(Refusal::Store)
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
