//! `POST /api/v1/import?workspace=W&origin=O`: past events, some of a file at a time. They come in Meta's own language
//! and are taken as at the door for events, but for this: each needs an id, and a Purchase that a CRM's sale may be is
//! not sent.

mod remarks;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Query, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post,
};
use capi::{Scratch, limits, privacy::is_personal_text};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use kopru_core::{
    Activity, Admitted, Cause, Consent, DealKey, Node, Policy, Reason, RouteKind, Wanted, admit,
};
use serde::Deserialize;
use serde_json::{Value, json};
use sources::{
    Tenant,
    graph::{self, EventsDoor, EventsOutcome, KeyConsent, RefusedCall, RefusedEvent, TraceId},
};
use store::{ApiKey, KeyScope, views::ToldSale};

use self::remarks::RowRemarks;
use super::{
    Admin, WorkspaceView,
    answers::{failed, given, problem, unknown_workspace, wrong},
    key_gate::may_read,
};
use crate::Error;

/// How large the body of a request may be: as at the door for events.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long it may take to arrive.
const BODY_WITHIN: Duration = Duration::from_mins(1);
/// How many requests are read and kept at once: what is in memory is bounded, and doors go first.
pub(super) const IMPORTS_MAX: usize = 2;
/// How long the name of an origin can be.
const ORIGIN_MAX: usize = 40;
/// The event that a CRM's sale can be.
const PURCHASE: &str = "Purchase";
/// What stands before an origin, so that no API key's events are taken for a file's.
pub(super) const ORIGIN: &str = "import:";

/// What a request says beside its events.
#[derive(Deserialize)]
pub(super) struct ImportQuery {
    workspace: Option<String>,
    /// What people call the file, or where it is from.
    origin: Option<String>,
    /// The dataset, if the workspace has more than one that takes such events.
    dataset: Option<String>,
    /// Whose consent the events carry, as of an API key.
    consent: Option<String>,
    /// Whether a Purchase is sent that may be a sale of a CRM.
    send_doubtful: Option<String>,
    /// Whether it is only said what would come of it.
    dry_run: Option<String>,
}

/// What is wanted of a request, checked.
struct Importing {
    origin: String,
    dataset: String,
    consent: Option<KeyConsent>,
    sends_doubtful: bool,
    /// Whether whoever asks may see whose sale a purchase seems to be.
    sees_deals: bool,
    is_dry: bool,
}

/// What was read of a request.
struct ReadEvents {
    activities: Vec<Activity>,
    refused: Vec<RefusedEvent>,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/import", post(import))
}

/// Reads the body of a request before anybody looks at it, within bounds of its own.
pub(super) async fn bounded_body(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let Ok(_turn) = admin.imports.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let (head, body) = request.into_parts();
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(head, Body::from(bytes))).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// The routes with their bounds.
pub(super) fn bounded_routes(admin: &Arc<Admin>) -> Router<Arc<Admin>> {
    routes().route_layer(middleware::from_fn_with_state(Arc::clone(admin), bounded_body))
}

async fn import(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<ImportQuery>,
    by: Option<Extension<Arc<ApiKey>>>,
    body: Bytes,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let by = by.as_ref().map(|Extension(key)| &**key);
    let wanted = match Importing::of(&query, &workspace.policy, by) {
        Ok(wanted) => wanted,
        Err(error) => return wrong(&error),
    };
    match admin.import(&workspace, wanted, body).await {
        Ok(answer) => answer,
        Err(error) => failed(&error),
    }
}

impl Importing {
    fn of(query: &ImportQuery, policy: &Policy, by: Option<&ApiKey>) -> Result<Self, Error> {
        let origin = origin(given(query.origin.as_ref()).unwrap_or_default())?;
        let dataset = dataset(given(query.dataset.as_ref()), policy)?;
        let said = given(query.consent.as_ref());
        let said = said.map(|code| KeyConsent::from_code(code).ok_or(Error::WhoseConsent)).transpose()?;
        // A key for events says whose consent they carry, and a request by it says nothing else.
        let of_key = by.filter(|key| key.has(KeyScope::Events)).and_then(|key| key.consent.clone());
        let consent = match (said, of_key) {
            (Some(said), Some(of_key)) if said != of_key => return Err(Error::ConsentOfKey(of_key.code())),
            (said, of_key) => said.or(of_key),
        };
        if consent.is_none() && policy.consent == Consent::Required {
            return Err(Error::WhoseConsent);
        }
        Ok(Self {
            origin,
            dataset,
            consent,
            // Who only reports events learns of no deal, also not by reporting somebody else's.
            sees_deals: by.is_none_or(may_read),
            sends_doubtful: yes(query.send_doubtful.as_ref(), "send_doubtful")?,
            is_dry: yes(query.dry_run.as_ref(), "dry_run")?,
        })
    }
}

fn yes(parameter: Option<&String>, key: &str) -> Result<bool, Error> {
    match given(parameter) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Error::WrongForm { key: key.to_owned(), wanted: "true or false" }),
    }
}

fn origin(name: &str) -> Result<String, Error> {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let is_good = (1..=ORIGIN_MAX).contains(&name.len()) && name.bytes().all(is_known);
    if is_good && !is_personal_text(name) {
        return Ok(format!("{ORIGIN}{name}"));
    }
    Err(Error::WrongForm {
        key: "origin".to_owned(),
        wanted: "a name of where the events are from: 1 to 40 lower-case letters, digits, hyphens, underscores and \
                 points, such as shop-2026",
    })
}

/// The dataset that is named, or the only one that takes events of sites, apps and shops.
fn dataset(named: Option<&str>, policy: &Policy) -> Result<String, Error> {
    let takes = policy.datasets.iter().filter(|dataset| dataset.routes.contains(&RouteKind::Website));
    let takes: Vec<&str> = takes.map(|dataset| dataset.id.as_str()).collect();
    match (named, takes.as_slice()) {
        (None, [only]) => Ok((*only).to_owned()),
        (Some(named), takes) if takes.contains(&named) => Ok(named.to_owned()),
        (_, []) => Err(Error::NoWebsiteRoute),
        (_, takes) => Err(Error::WhichDataset(takes.join(", "))),
    }
}

impl Admin {
    async fn import(
        &self,
        workspace: &Arc<WorkspaceView>,
        wanted: Importing,
        body: Bytes,
    ) -> Result<Response, store::Error> {
        let tenant = Tenant {
            workspace: workspace.id,
            join: self.store.join_key(workspace.id).await?,
            country: workspace.country.clone(),
            consent: workspace.policy.consent,
            wanted: Wanted::default(),
        };
        let (now_ms, is_dry) = (self.clock.best_ms(), wanted.is_dry);
        let (sends_doubtful, sees_deals) = (wanted.sends_doubtful, wanted.sees_deals);
        let of_reading = Arc::clone(workspace);
        // Reading and hashing a thousand events takes longer than whoever else waits for this thread should.
        let read = tokio::task::spawn_blocking(move || read(&of_reading, &tenant, &wanted, &body, now_ms));
        let read = match read.await {
            Ok(Ok(read)) => read,
            Ok(Err(refused)) => return Ok(refused_whole(&refused)),
            Err(_) => return Err(store::Error::Closed),
        };
        let ReadEvents { activities, refused } = read;
        let places = places(activities.len(), &refused);
        let doubtful = if sends_doubtful {
            BTreeMap::new()
        } else {
            self.doubtful(workspace, &places, &activities).await?
        };
        let activities =
            places.into_iter().zip(activities).filter(|(place, _)| !doubtful.contains_key(place));
        let (places, admitted): (Vec<usize>, Vec<Admitted>) = activities
            .map(|(place, activity)| (place, admit(activity, &workspace.policy, now_ms.div_euclid(1000))))
            .unzip();
        let mut remarks = RowRemarks::default();
        places.iter().zip(&admitted).for_each(|(place, one)| remarks.add(*place, one, &workspace.policy));
        let mut kept_back: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in admitted.iter().filter_map(|one| one.reason.map(Reason::code)) {
            *kept_back.entry(reason).or_default() += 1;
        }
        let taken = admitted.len();
        if !sends_doubtful && !is_dry {
            self.keep_sales(workspace, &admitted, now_ms).await?;
        }
        let duplicates = if is_dry || admitted.is_empty() {
            0
        } else {
            self.store.append_activities(workspace.id, now_ms, admitted).await?.doubles
        };
        let refused: Vec<Value> = refused.iter().map(shown).collect();
        let doubtful = doubtful.into_iter().map(|(place, deal)| {
            let deal = sees_deals.then(|| Cause::Deal(deal).to_string());
            deal.map_or_else(|| json!({ "index": place }), |deal| json!({ "index": place, "deal": deal }))
        });
        Ok(Json(json!({
            "dry_run": is_dry, "taken": taken, "duplicates": duplicates, "kept_back": kept_back,
            "refused": refused, "doubtful": doubtful.collect::<Vec<_>>(), "advice": remarks.json(),
        }))
        .into_response())
    }
}

impl Admin {
    /// Keeps the sales among these that leave, for deals that a CRM tells later: one of an older day is told by nobody.
    async fn keep_sales(
        &self,
        workspace: &WorkspaceView,
        admitted: &[Admitted],
        now_ms: i64,
    ) -> Result<(), store::Error> {
        let since_s = now_ms.div_euclid(1000) - limits::EVENT_AGE_MAX_S;
        let leave = admitted.iter().filter(|one| one.reason.is_none());
        let sales = leave.filter_map(|one| told_sale(&one.activity, &workspace.time_zone));
        let sales: Vec<ToldSale> = sales.filter(|sale| sale.to_s > since_s).collect();
        if sales.is_empty() {
            return Ok(());
        }
        self.store.keep_imported_sales(workspace.id, sales).await
    }

    /// The places of purchases that a CRM's sale seems to be, each with the deal.
    async fn doubtful(
        &self,
        workspace: &WorkspaceView,
        places: &[usize],
        activities: &[Activity],
    ) -> Result<BTreeMap<usize, DealKey>, store::Error> {
        let sale = |activity| told_sale(activity, &workspace.time_zone);
        let told = places.iter().zip(activities).filter_map(|(place, one)| Some((*place, sale(one)?)));
        let (asked, sales): (Vec<usize>, Vec<ToldSale>) = told.unzip();
        if sales.is_empty() {
            return Ok(BTreeMap::new());
        }
        let deals = self.store.deals_of_sales(workspace.id, sales).await?;
        let found = asked.into_iter().zip(deals).filter_map(|(place, deal)| Some((place, deal?)));
        Ok(found.collect())
    }
}

/// What is to be looked for among the sales of CRMs: a purchase with an amount, of somebody whose phone or e-mail
/// address is there in its exact form.
fn told_sale(activity: &Activity, zone: &TimeZone) -> Option<ToldSale> {
    if activity.name != PURCHASE {
        return None;
    }
    let (value, currency) = (activity.value?, activity.currency.clone()?);
    let is_looked_for = |node: &Node| node.is_phone() || node.is_email();
    let who = activity.who.iter().map(|identifier| identifier.node.clone()).filter(is_looked_for);
    let who: Vec<Node> = who.collect();
    let at = Timestamp::from_second(activity.event_s).ok()?.to_zoned_datetime(zone.clone());
    let day = at.date();
    let begins = |day: Date| day.to_zoned_datetime(zone.clone()).ok().map(|at| at.timestamp().as_second());
    let (from_s, to_s) = (begins(day)?, begins(day.tomorrow().ok()?)?);
    (!who.is_empty()).then_some(ToldSale { who, value, currency, from_s, to_s })
}

fn read(
    workspace: &WorkspaceView,
    tenant: &Tenant,
    wanted: &Importing,
    body: &[u8],
    now_ms: i64,
) -> Result<ReadEvents, Box<RefusedCall>> {
    // Whatever made an id of it would be refused.
    let random = [0; 16];
    let trace = TraceId::of(&random);
    let mut scratch = Scratch::default();
    let call = graph::read("application/json", body, &mut scratch, &trace)?;
    let rules = workspace.policy.dataset(&wanted.dataset).map(|dataset| dataset.rules).unwrap_or_default();
    let door = EventsDoor {
        tenant,
        dataset: &wanted.dataset,
        origin: &wanted.origin,
        strict: false,
        needs_id: true,
        consent: wanted.consent.as_ref(),
        rules,
        now_ms,
        random,
    };
    match call.take(&door) {
        EventsOutcome::Taken(taken) => {
            Ok(ReadEvents { activities: taken.activities, refused: taken.refused })
        }
        EventsOutcome::Refused(call) if call.refused.is_empty() => Err(Box::new(call)),
        EventsOutcome::Refused(call) => Ok(ReadEvents { activities: Vec::new(), refused: call.refused }),
    }
}

/// A request of which nothing can be read, in the words of the door.
fn refused_whole(call: &RefusedCall) -> Response {
    let said: Value = serde_json::from_slice(call.reply.body()).unwrap_or_default();
    let text = |pointer| said.pointer(pointer).and_then(Value::as_str);
    let text = text("/error/error_user_msg").or_else(|| text("/error/message"));
    problem(StatusCode::BAD_REQUEST, text.unwrap_or("the events cannot be read"))
}

/// The places in the request of the events that were read, of so many.
fn places(taken: usize, refused: &[RefusedEvent]) -> Vec<usize> {
    let mut refused = refused.iter().map(|event| event.index).peekable();
    let is_taken = |place: &usize| refused.next_if_eq(place).is_none();
    (0..).filter(is_taken).take(taken).collect()
}

fn shown(event: &RefusedEvent) -> Value {
    json!({
        "index": event.index, "subcode": event.subcode, "title": event.title, "path": event.path,
        "message": event.wrong(),
    })
}
