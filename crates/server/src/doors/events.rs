//! The door for events in Meta's own protocol: `POST /v{N}.{M}/{dataset}/events`.
//!
//! A dataset that nobody here has is refused before the body is read, and so is a wrong token in the head. A token
//! can also stand in the body: until it is known, what is read counts against a share of the dataset's that those have
//! together whom nobody knows yet, and takes nothing from the others.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use capi::{Plain, Scratch};
use kopru_core::{Admitted, Policy, RouteKind, WorkspaceId, admit};
use sources::{
    HttpReply, Tenant,
    graph::{
        self, EventsDoor, EventsOutcome, EventsPath, RefusedCall, RefusedEvent, TakenEvents, TokenFault,
        TraceId, TurnedOut,
    },
};
use store::{ApiKey, KeptActivities, KeyScope};

use super::{
    Doors, MISTAKE_SAID_EVERY,
    body::{NotRead, Size, WholeBody, read_whole},
    bucket::Bucket,
    budget::Budget,
    content_length,
    kept::{RefusedOf, keep_refused},
    refusal::RETRY_AFTER_S,
    refused,
};
use crate::{api_keys, listen::ConnectionInfo, log_throttle::LogThrottle};

/// How large a request may be: 1,000 events of 16 KiB.
const EVENTS_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many datasets are named to a key that reports to another one.
const NAMED_MAX: usize = 20;

/// A dataset that takes events.
pub struct DatasetDoor {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The workspace's name, for the log.
    pub workspace_name: String,
    /// The dataset's id.
    pub dataset: String,
    /// What is known of the workspace.
    pub tenant: Tenant,
    /// What the workspace has decided.
    pub policy: Arc<Policy>,
}

/// A dataset with its bounds.
struct OpenDataset {
    door: DatasetDoor,
    bounds: Arc<DatasetBounds>,
}

struct DatasetBounds {
    /// Its share of the budget for bodies.
    share: Budget,
    /// The share of those bodies whose sender is known only once they are read.
    strangers: Budget,
    /// How many events that Meta would refuse are kept.
    kept: Bucket,
    bad_tokens: LogThrottle,
}

impl DatasetBounds {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            share: Budget::share(),
            strangers: Budget::share(),
            kept: Bucket::full(),
            bad_tokens: LogThrottle::new(MISTAKE_SAID_EVERY),
        })
    }
}

/// By the dataset's id. Two businesses may have the same one: the key says for which of them it is.
type Datasets = HashMap<String, Vec<OpenDataset>>;

/// The datasets of the configuration that holds at present.
pub(super) struct OpenDatasets(RwLock<Arc<Datasets>>);

impl OpenDatasets {
    pub(super) fn new(doors: impl IntoIterator<Item = DatasetDoor>) -> Self {
        Self(RwLock::new(Arc::new(open(doors, &Datasets::new()))))
    }

    fn now(&self) -> Arc<Datasets> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whoever floods a dataset must not gain by a reload: its bounds stay.
    pub(super) fn replace(&self, doors: impl IntoIterator<Item = DatasetDoor>) {
        let datasets = Arc::new(open(doors, &self.now()));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = datasets;
    }
}

fn open(doors: impl IntoIterator<Item = DatasetDoor>, before: &Datasets) -> Datasets {
    let mut datasets = Datasets::new();
    for door in doors {
        let known = before.get(&door.dataset).into_iter().flatten();
        let known = known.into_iter().find(|known| known.door.workspace == door.workspace);
        let bounds = known.map_or_else(DatasetBounds::new, |known| Arc::clone(&known.bounds));
        datasets.entry(door.dataset.clone()).or_default().push(OpenDataset { door, bounds });
    }
    datasets
}

/// Why a request is not taken.
enum Untaken {
    /// As the protocol says it.
    Refused(Box<RefusedCall>),
    /// Its body did not arrive.
    Body(NotRead),
    /// It cannot be kept.
    Store(store::Error),
    /// Nobody has said yet whether the clock is right by which it would be refused.
    ClockUnsure,
}

impl From<Box<RefusedCall>> for Untaken {
    fn from(refused: Box<RefusedCall>) -> Self {
        Self::Refused(refused)
    }
}

/// Takes a request with events.
pub(super) async fn receive(
    State(doors): State<Arc<Doors>>,
    Extension(connection): Extension<ConnectionInfo>,
    request: axum::extract::Request,
) -> Response {
    metrics::counter!("kopru_door_requests_total").increment(1);
    let (head, body) = request.into_parts();
    let Ok(random) = random() else {
        return of_nobody(RefusedCall::busy(RETRY_AFTER_S, &TraceId::of(&[0; 16])));
    };
    let trace = TraceId::of(&random);
    let Some(path) = EventsPath::parse(head.uri.path()) else { return nothing_at(head.uri.path()) };
    let datasets = doors.datasets.now();
    let Some(open) = datasets.get(path.dataset).filter(|open| !open.is_empty()) else {
        let reports_to = doors.reports_to(&datasets, &head, &trace);
        return of_nobody(RefusedCall::unknown_dataset(path.dataset, &reports_to, &trace));
    };
    let counted =
        doors.proxies.forwarded(connection.peer, &head.headers).map(|client| doors.requests.begin(client));
    if let Some(None) = counted {
        return busy(&doors, &open[0], "too_many", &trace);
    }
    let call = PostedEvents { doors: &doors, open, random, trace: &trace };
    match call.take(&head, &connection, body).await {
        Ok(reply) => reply.map(Body::from),
        Err((open, mut untaken)) => {
            if let Untaken::Refused(call) = &mut untaken {
                let refused = std::mem::take(&mut call.refused);
                let of = RefusedOf { workspace: open.door.workspace, kept: &open.bounds.kept };
                keep_refused(&doors, of, refused, doors.clock.best_ms()).await;
            }
            untaken.answer(&doors, open, &trace)
        }
    }
}

/// Says of an address that resembles that of events that there is nothing, as Graph says it.
pub(super) async fn unknown_path(request: axum::extract::Request) -> Response {
    nothing_at(request.uri().path())
}

fn nothing_at(path: &str) -> Response {
    match EventsPath::meant(path) {
        Some(meant) => of_nobody(RefusedCall::unknown_path(&meant, &trace())),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Says that events are posted.
pub(super) async fn wrong_method() -> Response {
    of_nobody(RefusedCall::wrong_method(&trace()))
}

/// The answer to a request that is no known dataset's.
fn of_nobody(call: RefusedCall) -> Response {
    refused(call.reason);
    call.reply.map(Body::from)
}

pub(super) fn random() -> Result<[u8; 16], getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map(|()| random)
}

fn trace() -> TraceId {
    TraceId::of(&random().unwrap_or_default())
}

fn busy(doors: &Doors, open: &OpenDataset, reason: &'static str, trace: &TraceId) -> Response {
    let call = RefusedCall::busy(RETRY_AFTER_S, trace);
    doors.refuse_of(open.door.workspace, reason);
    call.reply.map(Body::from)
}

impl Doors {
    /// To which datasets the key in the head of a request reports; none where that is no key for events.
    fn reports_to<'d>(
        &self,
        datasets: &'d Datasets,
        head: &axum::http::request::Parts,
        trace: &TraceId,
    ) -> Vec<&'d str> {
        let query = head.uri.query().unwrap_or_default();
        let token = graph::token_of_head(&head.headers, query, trace).ok().flatten();
        let key = token.and_then(|token| self.keys.find(token.expose()));
        let Some(key) = key.filter(|key| key.has(KeyScope::Events)) else { return Vec::new() };
        let is_of_key = |open: &&OpenDataset| open.door.workspace == key.workspace && open.takes_events();
        let of_key = datasets.values().flatten().filter(is_of_key);
        let mut ids: Vec<&str> = of_key.map(|open| open.door.dataset.as_str()).collect();
        ids.sort_unstable();
        ids.truncate(NAMED_MAX);
        ids
    }
}

impl OpenDataset {
    fn takes_events(&self) -> bool {
        let dataset = self.door.policy.dataset(&self.door.dataset);
        dataset.is_some_and(|dataset| dataset.routes.contains(&RouteKind::Website))
    }
}

/// A request to a dataset that is known.
struct PostedEvents<'a> {
    doors: &'a Doors,
    /// The businesses that have the dataset.
    open: &'a [OpenDataset],
    random: [u8; 16],
    trace: &'a TraceId,
}

impl<'a> PostedEvents<'a> {
    async fn take(
        &self,
        head: &axum::http::request::Parts,
        connection: &ConnectionInfo,
        body: Body,
    ) -> Result<HttpReply, (&'a OpenDataset, Untaken)> {
        let first = &self.open[0];
        let (headers, query) = (&head.headers, head.uri.query().unwrap_or_default());
        let of_first = |refused: Box<RefusedCall>| (first, Untaken::Refused(refused));
        let of_head = graph::token_of_head(headers, query, self.trace).map_err(of_first)?;
        let known = of_head.as_ref().map(|token| self.opened_by(token)).transpose().map_err(of_first)?;
        let of = known.as_ref().map_or(first, |(open, _)| open);
        if headers.get(header::CONTENT_ENCODING).is_some_and(is_an_encoding) {
            return Err((of, Untaken::Refused(Box::new(RefusedCall::encoded(self.trace)))));
        }
        let size = Size { bytes_max: EVENTS_BYTES_MAX, announced: content_length(headers) };
        let (budget, share) = match known {
            Some(_) => (&self.doors.budget, &of.bounds.share),
            None => (&self.doors.strangers, &of.bounds.strangers),
        };
        let read = read_whole(body, size, budget, share).await;
        let body = read.map_err(|error| (of, Untaken::Body(error)))?;
        connection.is_read();
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let received_ms = self.doors.clock.best_ms();
        let taken = {
            let read =
                || self.read(content_type.unwrap_or_default(), &body, of_head.as_ref(), known, received_ms);
            self.doors.apart(body.bytes().len(), read).await?
        };
        drop(body);
        self.keep(taken, received_ms).await
    }

    /// The business and the key of a token.
    fn opened_by(&self, token: &Plain) -> Result<(&'a OpenDataset, Arc<ApiKey>), Box<RefusedCall>> {
        let refuse = |fault| Box::new(RefusedCall::bad_token(fault, self.trace));
        let keys = &self.doors.keys;
        let Some(key) = keys.find(token.expose()) else {
            return Err(refuse(if keys.was_revoked(token.expose()) {
                TokenFault::Revoked
            } else {
                TokenFault::of_stranger(token.expose(), api_keys::PREFIX)
            }));
        };
        if !key.has(KeyScope::Events) {
            return Err(refuse(TokenFault::OtherScope));
        }
        let open = self.open.iter().find(|open| open.door.workspace == key.workspace);
        let open = open.ok_or_else(|| refuse(TokenFault::OtherDataset))?;
        if !open.takes_events() {
            return Err(Box::new(RefusedCall::website_off(&open.door.dataset, self.trace)));
        }
        Ok((open, key))
    }

    /// What the body says: pure, and off the threads that serve where it is large.
    fn read(
        &self,
        content_type: &str,
        body: &WholeBody,
        of_head: Option<&Plain>,
        known: Option<(&'a OpenDataset, Arc<ApiKey>)>,
        received_ms: i64,
    ) -> Result<(&'a OpenDataset, TakenEvents), (&'a OpenDataset, Untaken)> {
        let first = known.as_ref().map_or(&self.open[0], |(open, _)| open);
        let of_first = |refused: Box<RefusedCall>| (first, Untaken::Refused(refused));
        let mut scratch = Scratch::default();
        let call = graph::read(content_type, body.bytes(), &mut scratch, self.trace).map_err(of_first)?;
        let token = call.token(of_head, self.trace).map_err(of_first)?;
        let (open, key) = match (known, token) {
            (Some(known), _) => known,
            (None, Some(token)) => self.opened_by(&token).map_err(of_first)?,
            (None, None) => return Err(of_first(Box::new(RefusedCall::no_token(self.trace)))),
        };
        let Some(consent) = &key.consent else {
            return Err(of_first(Box::new(RefusedCall::bad_token(TokenFault::OtherScope, self.trace))));
        };
        let origin = format!("graph:{}", key.name);
        let door = EventsDoor {
            tenant: &open.door.tenant,
            dataset: &open.door.dataset,
            origin: &origin,
            strict: key.strict,
            needs_id: false,
            consent: Some(consent),
            rules: open
                .door
                .policy
                .dataset(&open.door.dataset)
                .map(|dataset| dataset.rules)
                .unwrap_or_default(),
            now_ms: received_ms,
            random: self.random,
        };
        let outcome = call.take(&door);
        let refused = match &outcome {
            EventsOutcome::Taken(taken) => &taken.refused,
            EventsOutcome::Refused(call) => &call.refused,
        };
        // No sender sends again what was refused for good.
        if refused.iter().any(RefusedEvent::is_of_its_time) && self.doors.clock.known_ms().is_none() {
            return Err((open, Untaken::ClockUnsure));
        }
        match outcome {
            EventsOutcome::Taken(taken) => Ok((open, taken)),
            EventsOutcome::Refused(refused) => Err((open, Untaken::Refused(Box::new(refused)))),
        }
    }

    /// Makes durable what was taken, then answers.
    async fn keep(
        &self,
        (open, taken): (&'a OpenDataset, TakenEvents),
        received_ms: i64,
    ) -> Result<HttpReply, (&'a OpenDataset, Untaken)> {
        let TakenEvents { activities, refused, mut reply } = taken;
        let policy = &open.door.policy;
        let admitted: Vec<Admitted> =
            activities.into_iter().map(|one| admit(one, policy, received_ms / 1000)).collect();
        reply.say_not_sent(&admitted);
        let kept = self.doors.store.append_activities(open.door.workspace, received_ms, admitted).await;
        let kept = kept.map_err(|error| (open, Untaken::Store(error)))?;
        let KeptActivities {
            doubles,
            appended,
            other_currency,
            too_many_changes,
            under_shared_ids,
            other_sales,
        } = kept;
        if under_shared_ids > 0 {
            let DatasetDoor { workspace_name, dataset, .. } = &open.door;
            self.doors.health.has_shared_ids(workspace_name, dataset, under_shared_ids, received_ms);
        }
        let of = RefusedOf { workspace: open.door.workspace, kept: &open.bounds.kept };
        keep_refused(self.doors, of, refused, received_ms).await;
        Ok(reply.make(TurnedOut {
            doubles,
            appended,
            other_currency,
            too_many_changes,
            under_shared_ids,
            other_sales,
        }))
    }
}

impl Untaken {
    fn answer(self, doors: &Doors, open: &OpenDataset, trace: &TraceId) -> Response {
        let (workspace, dataset) = (&open.door.workspace_name, &open.door.dataset);
        match self {
            Self::Refused(call) => {
                if call.reply.status() == StatusCode::UNAUTHORIZED
                    && let Some(requests) = open.bounds.bad_tokens.say()
                {
                    tracing::info!(
                        workspace,
                        dataset,
                        requests,
                        "events came without a right token and are refused; make one with kopru keys make"
                    );
                }
                // Of a request whose events were looked at each event is counted, and not the request besides.
                match (call.reason, call.spoilt) {
                    (ALL_REFUSED, _) => {}
                    (reason, 0) => doors.refuse_of(open.door.workspace, reason),
                    (reason, spoilt) => doors.refuse_many_of(open.door.workspace, reason, spoilt),
                }
                call.reply.map(Body::from)
            }
            Self::Body(NotRead::TooLarge) => {
                let call = RefusedCall::too_large(EVENTS_BYTES_MAX, trace);
                doors.refuse_of(open.door.workspace, call.reason);
                call.reply.map(Body::from)
            }
            Self::Body(NotRead::TooSlow) => {
                let call = RefusedCall::too_slow(trace);
                doors.refuse_of(open.door.workspace, call.reason);
                call.reply.map(Body::from)
            }
            Self::Body(NotRead::BrokenOff) => {
                let call = RefusedCall::broken_off(trace);
                doors.refuse_of(open.door.workspace, call.reason);
                call.reply.map(Body::from)
            }
            Self::Body(NotRead::Busy) => busy(doors, open, "busy", trace),
            Self::ClockUnsure => {
                doors.clock.want();
                if let Some(requests) = doors.clock_unsure.say() {
                    tracing::warn!(
                        workspace,
                        dataset,
                        requests,
                        "events are too old or of the future by this machine's clock, which no upstream has confirmed; their senders are asked to send them again"
                    );
                }
                busy(doors, open, "clock_unsure", trace)
            }
            Self::Store(error) => {
                if let Some(requests) = doors.not_kept.say() {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        requests,
                        "events cannot be kept and are refused until they can"
                    );
                }
                busy(doors, open, "not_kept", trace)
            }
        }
    }
}

/// Whether a body comes in another form than it has: `identity` is none.
fn is_an_encoding(value: &axum::http::HeaderValue) -> bool {
    let value = value.as_bytes().trim_ascii();
    !value.is_empty() && !value.eq_ignore_ascii_case(b"identity")
}

/// The reason of a request of which each event is refused by itself.
pub(super) const ALL_REFUSED: &str = "all_refused";
