//! The door of browsers: the tag at `GET /kopru.js?key=KEY`, and what it sends at `POST /collect/{key}`.
//!
//! Anybody can call it: the key stands in the page. So an unknown key, a page of another site and whoever sends too
//! much are refused before the body is read, and what is taken is believed as little as [`sources::pixel`] says. A
//! page never learns why nothing was taken, unless what it sends cannot be read.

mod cookies;
mod open;
mod origin;
mod rate;
mod tag;

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Query, RawPathParams, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use capi::browser::{FBP_NUMBER_LIMIT, SetCookie};
use kopru_core::{Admitted, Consent, admit};
use serde::Deserialize;
use sources::{
    graph::{EventsDoor, EventsOutcome, TakenEvents},
    pixel::{CollectBody, CollectedEvents, NotCollected, PageVisit, is_bot},
};

use super::{
    Doors,
    body::{NotRead, Size, read_whole},
    content_length,
    events::random,
    kept::{RefusedOf, keep_refused},
    refusal::RETRY_AFTER_S,
};
use crate::{client::Client, listen::ConnectionInfo};
pub use open::CollectDoor;
use open::OpenCollector;
pub(super) use open::OpenCollectors;
use origin::{CallingPage, host_of};

/// How large a body may be. What a browser may send while a page goes away is as much.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Longest user agent that is read, bytes.
const USER_AGENT_BYTES_MAX: usize = 1024;
/// For how long a browser need not ask again whether it may send, seconds.
const MAY_SEND_S: &str = "7200";

#[derive(Deserialize)]
pub(super) struct TagQuery {
    #[serde(default)]
    key: String,
}

/// `GET /kopru.js?key=KEY`.
pub(super) async fn tag(
    State(doors): State<Arc<Doors>>,
    Query(query): Query<TagQuery>,
    headers: HeaderMap,
) -> Response {
    if let Some(open) = doors.collectors.now().get(&query.key) {
        return open.tag.answer(&headers);
    }
    doors.unknown_key();
    tag::of_nobody()
}

/// `OPTIONS /collect/{key}`: what the tag sends needs no such question; other senders of a page ask it.
pub(super) async fn preflight(
    State(doors): State<Arc<Doors>>,
    path: RawPathParams,
    headers: HeaderMap,
) -> Response {
    let collectors = doors.collectors.now();
    let Some(open) = collectors.get(key(&path)) else { return doors.unknown_key() };
    let page = CallingPage::of(&headers);
    let mut response = StatusCode::NO_CONTENT.into_response();
    if open.door.pixel.site_of(&page.host).is_some() {
        may_read(&mut response, &page);
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
            (header::ACCESS_CONTROL_MAX_AGE, MAY_SEND_S),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

/// `POST /collect/{key}`.
pub(super) async fn receive(
    State(doors): State<Arc<Doors>>,
    path: RawPathParams,
    Extension(connection): Extension<ConnectionInfo>,
    request: axum::extract::Request,
) -> Response {
    metrics::counter!("kopru_door_requests_total").increment(1);
    let collectors = doors.collectors.now();
    let Some(open) = collectors.get(key(&path)) else { return doors.unknown_key() };
    let (head, body) = request.into_parts();
    let page = CallingPage::of(&head.headers);
    let Some(site) = open.door.pixel.site_of(&page.host) else {
        let host = if page.host.is_empty() { "(none)" } else { &page.host };
        doors.health.refuses_site(&open.door.workspace_name, host, doors.clock.best_ms());
        doors.refuse_of(open.door.workspace, "site_refused");
        return StatusCode::NO_CONTENT.into_response();
    };
    let call = PageCall { doors: &doors, open, page: &page, site };
    let mut response = match call.take(&head, &connection, body).await {
        Ok(cookies) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            for cookie in cookies::headers(&cookies, &page) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(untaken) => call.refuse(untaken),
    };
    may_read(&mut response, &page);
    response
}

/// Lets a page of an allowed site see the answer.
fn may_read(response: &mut Response, page: &CallingPage<'_>) {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = page.origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

fn key(path: &RawPathParams) -> &str {
    path.iter().find(|(name, _)| *name == "key").map_or("", |(_, key)| key)
}

/// Why nothing of a request is taken.
enum Uncollected {
    /// It only says what became of the pixel, which is counted.
    NoEvents,
    /// Nothing is wrong, and nothing is to be taken: counted under this.
    Left(&'static str),
    /// More came than may come.
    TooMany,
    /// Its body did not arrive.
    Body(NotRead),
    /// It is not what the tag sends.
    Unread(NotCollected),
    /// Each event of it is refused, or Meta's protocol cannot say it.
    Refused(Box<sources::graph::RefusedCall>),
    /// It cannot be kept.
    Store(store::Error),
    /// The system gives no random numbers.
    NoRandom,
}

/// A request of a page that may send.
struct PageCall<'a> {
    doors: &'a Doors,
    open: &'a OpenCollector,
    page: &'a CallingPage<'a>,
    site: &'a str,
}

impl PageCall<'_> {
    /// From a body to durable events; the cookies that the browser is to keep.
    async fn take(
        &self,
        head: &Parts,
        connection: &ConnectionInfo,
        body: Body,
    ) -> Result<Vec<SetCookie>, Uncollected> {
        let Self { doors, open, .. } = *self;
        let headers = &head.headers;
        let client = doors.proxies.client(connection.peer, headers);
        if !open.bounds.rates.takes(Client::of(client)) {
            return Err(Uncollected::TooMany);
        }
        let counted =
            doors.proxies.forwarded(connection.peer, headers).map(|client| doors.requests.begin(client));
        if let Some(None) = counted {
            return Err(Uncollected::TooMany);
        }
        // Global Privacy Control: this browser has said no.
        if headers.get("sec-gpc").is_some_and(|value| value == "1") {
            return Err(Uncollected::Left("gpc"));
        }
        let size = Size { bytes_max: BODY_BYTES_MAX, announced: content_length(headers) };
        let read = read_whole(body, size, &doors.budget, &open.bounds.share).await;
        let body = read.map_err(Uncollected::Body)?;
        connection.is_read();
        let received_ms = doors.clock.best_ms();
        let user_agent = text(headers, header::USER_AGENT);
        let user_agent = user_agent.get(..USER_AGENT_BYTES_MAX).unwrap_or(user_agent);
        let collected = {
            let read = CollectBody::read(body.bytes()).map_err(Uncollected::Unread)?;
            self.may_take(&read, user_agent)?;
            let visit = PageVisit {
                host: &self.page.host,
                site: self.site,
                user_agent,
                address: client.to_string(),
                cookies: self.cookies(headers),
                number: number()?,
                is_of_site: &|url| host_of(url).is_some_and(|host| open.door.pixel.site_of(&host).is_some()),
            };
            read.take(&visit, &self.events_door(received_ms)?).map_err(Uncollected::Unread)?
        };
        drop(body);
        self.keep(collected, received_ms, headers).await
    }

    /// Whether anything of a body may be taken.
    fn may_take(&self, body: &CollectBody<'_>, user_agent: &str) -> Result<(), Uncollected> {
        if body.unasked {
            return Err(Uncollected::Left("before_consent"));
        }
        if let Some(pixel) = body.pixel {
            metrics::counter!("kopru_pixel_total", "state" => pixel.code()).increment(1);
        }
        if body.events() == 0 {
            return Err(Uncollected::NoEvents);
        }
        if is_bot(user_agent) {
            return Err(Uncollected::Left("bot"));
        }
        let is_said = body.consent.is_none() || body.is_agreed();
        match self.open.door.policy.consent {
            Consent::Required if body.is_agreed() => Ok(()),
            Consent::Elsewhere if is_said => Ok(()),
            _ => Err(Uncollected::Left("no_consent")),
        }
    }

    /// The cookies of the request, as far as they are the page's own.
    fn cookies<'h>(&self, headers: &'h HeaderMap) -> &'h str {
        if cookies::shares_site(headers, self.page) { text(headers, header::COOKIE) } else { "" }
    }

    fn events_door(&self, now_ms: i64) -> Result<EventsDoor<'_>, Uncollected> {
        let door = &self.open.door;
        let dataset = door.policy.dataset(&door.dataset);
        Ok(EventsDoor {
            tenant: &door.tenant,
            dataset: &door.dataset,
            origin: "",
            strict: false,
            needs_id: true,
            consent: None,
            rules: dataset.map(|dataset| dataset.rules).unwrap_or_default(),
            now_ms,
            random: random().map_err(|_| Uncollected::NoRandom)?,
        })
    }

    async fn keep(
        &self,
        collected: CollectedEvents,
        received_ms: i64,
        headers: &HeaderMap,
    ) -> Result<Vec<SetCookie>, Uncollected> {
        let Self { doors, open, page, .. } = *self;
        let CollectedEvents { outcome, cookies } = collected;
        let of = RefusedOf { workspace: open.door.workspace, kept: &open.bounds.kept };
        let taken = match outcome {
            EventsOutcome::Taken(taken) => taken,
            EventsOutcome::Refused(mut call) => {
                keep_refused(doors, of, std::mem::take(&mut call.refused), received_ms).await;
                return Err(Uncollected::Refused(Box::new(call)));
            }
        };
        let TakenEvents { activities, refused, .. } = taken;
        let policy = &open.door.policy;
        let admitted: Vec<Admitted> =
            activities.into_iter().map(|one| admit(one, policy, received_ms / 1000)).collect();
        let kept = doors.store.append_activities(open.door.workspace, received_ms, admitted).await;
        kept.map_err(Uncollected::Store)?;
        keep_refused(doors, of, refused, received_ms).await;
        Ok(if cookies::shares_site(headers, page) { cookies } else { Vec::new() })
    }

    fn refuse(&self, untaken: Uncollected) -> Response {
        let Self { doors, open, .. } = *self;
        let again =
            |status: StatusCode| (status, [(header::RETRY_AFTER, RETRY_AFTER_S.to_string())]).into_response();
        let (counted_as, response) = match untaken {
            Uncollected::NoEvents => return StatusCode::NO_CONTENT.into_response(),
            Uncollected::Left(reason) => (reason, StatusCode::NO_CONTENT.into_response()),
            Uncollected::TooMany => ("too_many", again(StatusCode::TOO_MANY_REQUESTS)),
            Uncollected::Body(NotRead::TooLarge) => {
                ("too_large", StatusCode::PAYLOAD_TOO_LARGE.into_response())
            }
            Uncollected::Body(NotRead::TooSlow) => ("too_slow", StatusCode::REQUEST_TIMEOUT.into_response()),
            Uncollected::Body(NotRead::BrokenOff) => ("broken_off", StatusCode::BAD_REQUEST.into_response()),
            Uncollected::Body(NotRead::Busy) | Uncollected::NoRandom => {
                ("busy", again(StatusCode::SERVICE_UNAVAILABLE))
            }
            Uncollected::Unread(why) => {
                ("unread_body", (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response())
            }
            Uncollected::Refused(call) => (call.reason, call.reply.map(Body::from)),
            Uncollected::Store(error) => {
                if let Some(requests) = doors.not_kept.say() {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        requests,
                        "events of browsers cannot be kept and are refused until they can"
                    );
                }
                ("not_kept", again(StatusCode::SERVICE_UNAVAILABLE))
            }
        };
        // Each event that was refused is counted by itself.
        if counted_as != super::events::ALL_REFUSED {
            doors.refuse_of(open.door.workspace, counted_as);
        }
        response
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn number() -> Result<u32, Uncollected> {
    let [a, b, c, d, ..] = random().map_err(|_| Uncollected::NoRandom)?;
    Ok(u32::from_ne_bytes([a, b, c, d]) % FBP_NUMBER_LIMIT)
}
