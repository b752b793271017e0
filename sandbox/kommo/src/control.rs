//! `/sandbox/kommo/...`: what happens in the CRM, and what came of its webhooks.
//!
//! ```text
//! POST pipelines        {"id", "name", "statuses"}                      sets the scene
//! POST pipelines/delete {"id"}                                          takes a pipeline away
//! POST stages           {"pipeline_id", "id", "name"}                   a stage more, or another name
//! POST stages/delete    {"pipeline_id", "id"}                           takes a stage away
//! POST leads            {"id", "status_id", "price", ...}               a user makes or changes a lead
//! POST leads/batch      {"leads": [...], "webhooks": {"twice": true}}   several, and how webhooks go out
//! POST contacts         {"id", "name", "phones", "emails"}              a user makes or changes a contact
//! POST contacts/delete  {"id", "restore"}                               into the bin, or out of it
//! POST contacts/merge   {"into", "from"}                                one contact of two
//! POST messages         {"contact_id", "lead_id", "text", "outgoing"}   somebody writes in a chat
//! POST lag              {"seconds"}                                     the API answers as of then
//! POST webhooks/disable {"destination"}                                 as Kommo does to a bad one
//! GET  deliveries                                                       every attempt at a webhook
//! POST integration      {"client_id", "client_secret", "redirect_uri"}  who may ask for tokens
//! POST oauth-code                                                       a code to change into tokens
//! ```

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use sandbox_http::orders::{done, put, read, refused};
use sandbox_http::{self as http, control};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{ChatMessage, Contact, KommoIntegration, LeadChange, Pipeline, WebhookStyle};
use crate::{Error, Kommo};

/// `/sandbox/kommo/...`
pub fn routes(kommo: &Kommo) -> Router {
    let routes = Router::new()
        .route("/sandbox/kommo/pipelines", post(put_pipeline))
        .route("/sandbox/kommo/pipelines/delete", post(remove_pipeline))
        .route("/sandbox/kommo/stages", post(put_stage))
        .route("/sandbox/kommo/stages/delete", post(remove_stage))
        .route("/sandbox/kommo/contacts", post(change_contact))
        .route("/sandbox/kommo/contacts/delete", post(delete_contact))
        .route("/sandbox/kommo/contacts/merge", post(merge_contacts))
        .route("/sandbox/kommo/leads", post(change_lead))
        .route("/sandbox/kommo/leads/batch", post(change_leads))
        .route("/sandbox/kommo/messages", post(add_message))
        .route("/sandbox/kommo/lag", post(lag))
        .route("/sandbox/kommo/webhooks/disable", post(disable_webhook))
        .route("/sandbox/kommo/deliveries", get(deliveries))
        .route("/sandbox/kommo/integration", post(put_integration))
        .route("/sandbox/kommo/oauth-code", post(issue_code))
        .with_state(kommo.clone());
    control::within_room(routes, kommo.shared())
}

async fn put_pipeline(State(kommo): State<Kommo>, request: Request) -> Response {
    put(request, |pipeline: Pipeline| kommo.put_pipeline(pipeline)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnePipeline {
    id: u64,
}

async fn remove_pipeline(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |OnePipeline { id }: OnePipeline| kommo.remove_pipeline(id)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedStage {
    pipeline_id: u64,
    id: u64,
    name: String,
}

async fn put_stage(State(kommo): State<Kommo>, request: Request) -> Response {
    put(request, |stage: NamedStage| kommo.put_stage(stage.pipeline_id, stage.id, stage.name)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneStage {
    pipeline_id: u64,
    id: u64,
}

async fn remove_stage(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |stage: OneStage| kommo.remove_stage(stage.pipeline_id, stage.id)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Behind {
    seconds: u32,
}

async fn lag(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |Behind { seconds }: Behind| kommo.lag_by(seconds)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneWebhook {
    destination: String,
}

async fn disable_webhook(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |OneWebhook { destination }: OneWebhook| {
        kommo.disable_webhook(&destination).then_some(()).ok_or(Error::NoWebhook)
    })
    .await
}

async fn change_contact(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |contact: Contact| kommo.change_contact(contact)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deletion {
    id: u64,
    #[serde(default)]
    restore: bool,
}

async fn delete_contact(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |Deletion { id, restore }: Deletion| {
        kommo.delete_contact(id, !restore).then_some(()).ok_or(Error::NoContact(id))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    into: u64,
    from: u64,
}

async fn merge_contacts(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |Merge { into, from }: Merge| {
        kommo.merge_contacts(into, from).then_some(()).ok_or(Error::NotTwoContacts(into, from))
    })
    .await
}

async fn change_lead(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |change: LeadChange| kommo.change_leads(&[change], WebhookStyle::default())).await
}

/// Several changes in one go, and how their webhooks leave.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    leads: Vec<LeadChange>,
    #[serde(default)]
    webhooks: WebhookStyle,
}

async fn change_leads(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |batch: Batch| kommo.change_leads(&batch.leads, batch.webhooks)).await
}

async fn add_message(State(kommo): State<Kommo>, request: Request) -> Response {
    act(request, |message: ChatMessage| kommo.add_message(message)).await
}

async fn deliveries(State(kommo): State<Kommo>) -> Response {
    let left = kommo.left();
    let body = json!({
        "deliveries": kommo.deliveries(),
        "left": left.deliveries,
        "unsent": left.webhooks,
    });
    http::json(StatusCode::OK, &body)
}

async fn put_integration(State(kommo): State<Kommo>, request: Request) -> Response {
    put(request, |integration: KommoIntegration| kommo.set_integration(integration)).await
}

async fn issue_code(State(kommo): State<Kommo>) -> Response {
    http::json(StatusCode::OK, &json!({ "code": kommo.oauth_code() }))
}

async fn act<T: DeserializeOwned>(request: Request, then: impl FnOnce(T) -> Result<(), Error>) -> Response {
    match read(request).await {
        Ok(input) => then(input).map_or_else(|why| refused(&why), |()| done()),
        Err(refusal) => refusal,
    }
}
