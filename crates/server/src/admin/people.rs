//! What is known of a person, and that it is erased. Phones and e-mails come in the body of a request, never
//! in its address; they are hashed here and appear in no answer, no error and no log.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use capi::Plain;
use kopru_core::{Chat, DealKey, Node, Wanted};
use serde_json::{Map, Value, json};
use sources::{Source, Tenant};
use store::{Erasure, KnownClick, KnownDeal, KnownPerson};

use super::{
    Admin, WorkspaceView,
    answers::{WorkspaceQuery, failed, flag, given, object, problem, unknown_workspace, wrong},
    conversions::Shown,
};
use crate::{Error, health::rfc3339};

/// By what a request says whom it means.
const WHO: [&str; 5] = ["phone", "email", "external_id", "contact", "deal"];

/// What is said of every erasure.
const STATEMENT: &str = "erased here; what Meta already received is not";
/// What Meta itself offers, and where it says so.
const META_STEPS: [(&str, &str); 2] = [
    (
        "Meta takes no event back: its events can be sent and not deleted, so a business cannot erase them there.",
        "https://developers.facebook.com/docs/marketing-api/reference/ads-pixel/events",
    ),
    (
        "The person can see and clear what businesses have told Meta, and turn it off for the future: Accounts \
         Center, Your information and permissions, Your activity off Meta technologies.",
        "https://www.facebook.com/off_facebook_activity",
    ),
];

/// Why a request was not done.
enum NotForgotten {
    Wrong(Error),
    Failed(store::Error),
}

impl From<Error> for NotForgotten {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

impl From<store::Error> for NotForgotten {
    fn from(error: store::Error) -> Self {
        Self::Failed(error)
    }
}

impl IntoResponse for NotForgotten {
    fn into_response(self) -> Response {
        match self {
            Self::Wrong(error) => wrong(&error),
            Self::Failed(error) => failed(&error),
        }
    }
}

/// `POST /api/v1/person?workspace=W`: what is known of a person.
pub(super) async fn person(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<WorkspaceQuery>,
    body: Bytes,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let known = async {
        let who = admin.who(&workspace, &object(&body)?, &[]).await?;
        Ok::<_, NotForgotten>(admin.store.person(workspace.id, &who).await?)
    };
    match known.await {
        Ok(person) => Json(in_full(&workspace, &person, admin.clock.now_ms())).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// `POST /api/v1/forget?workspace=W`: erases a person, or with `lift` lets them be learnt again. With `dry_run`
/// it only counts.
pub(super) async fn forget(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<WorkspaceQuery>,
    body: Bytes,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    match admin.forget(&workspace, &body).await {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// `POST /api/v1/forget-workspace`: erases a workspace that is in no configuration any more.
pub(super) async fn forget_workspace(State(admin): State<Arc<Admin>>, body: Bytes) -> Response {
    let (name, again, is_dry) = match workspace_named(&body) {
        Ok(named) => named,
        Err(error) => return wrong(&error),
    };
    if admin.workspace(Some(&name)).is_some() {
        return problem(StatusCode::CONFLICT, &Error::StillConfigured(name).to_string());
    }
    let id = match admin.store.known_workspace(&name).await {
        Ok(Some(id)) => id,
        Ok(None) => return not_stored(&admin).await,
        Err(error) => return failed(&error),
    };
    if is_dry {
        return match admin.store.ledger(id).await {
            Ok(ledger) => {
                Json(json!({ "dry_run": true, "workspace": name, "ledger": ledger })).into_response()
            }
            Err(error) => failed(&error),
        };
    }
    if again != name {
        return wrong(&Error::NameAgain);
    }
    let (store, keys, now_ms) = (Arc::clone(&admin.store), Arc::clone(&admin.keys), admin.clock.now_ms());
    // Whoever asked may hang up: what has begun is done.
    let erased = tokio::spawn(async move {
        let rows = store.erase_workspace(id, now_ms).await?;
        keys.forget(id);
        Ok(rows)
    });
    match erased.await {
        Ok(Ok(rows)) => {
            tracing::info!(workspace = name, rows, "a workspace was erased");
            let at = rfc3339(now_ms);
            Json(json!({ "workspace": name, "at": at, "rows": rows, "statement": STATEMENT, "meta": meta() }))
                .into_response()
        }
        Ok(Err(error)) => failed(&error),
        Err(_) => failed(&store::Error::Closed),
    }
}

/// What is said of a workspace that the store does not have.
async fn not_stored(admin: &Admin) -> Response {
    match admin.store.workspace_names().await {
        Ok(names) => {
            let said = format!("workspace: the store has none of this name; it has: {}", names.join(", "));
            problem(StatusCode::NOT_FOUND, &said)
        }
        Err(error) => failed(&error),
    }
}

fn workspace_named(body: &[u8]) -> Result<(String, String, bool), Error> {
    let object = object(body)?;
    known_keys(&object, &["workspace", "name_again", "dry_run"])?;
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((text("workspace"), text("name_again"), flag(&object, "dry_run")?))
}

impl Admin {
    async fn forget(&self, workspace: &WorkspaceView, body: &[u8]) -> Result<Value, NotForgotten> {
        let object = object(body)?;
        let (is_dry, lifts) = (flag(&object, "dry_run")?, flag(&object, "lift")?);
        let who = self.who(workspace, &object, &["dry_run", "lift"]).await?;
        let now_ms = self.clock.now_ms();
        if is_dry {
            let mut counted = in_numbers(&self.store.person(workspace.id, &who).await?);
            counted["dry_run"] = true.into();
            return Ok(counted);
        }
        if lifts {
            let lifted = self.store.lift(workspace.id, &who, now_ms).await?;
            tracing::info!(workspace = workspace.name, lifted, "somebody who was erased may be learnt again");
            return Ok(json!({ "lifted": lifted }));
        }
        let (store, id) = (Arc::clone(&self.store), workspace.id);
        // Whoever asked may hang up: what has begun is done.
        let erased = tokio::spawn(async move { store.erase(id, &who, now_ms).await }).await;
        let Erasure { number, at_ms, marks, removed } = erased.map_err(|_| store::Error::Closed)??;
        tracing::info!(workspace = workspace.name, number, "somebody was erased");
        Ok(json!({
            "workspace": workspace.name,
            "erasure": number,
            "at": rfc3339(at_ms),
            "marks": marks,
            "removed": removed,
            "statement": STATEMENT,
            "meta": meta(),
        }))
    }

    /// Whom a request means.
    async fn who(
        &self,
        workspace: &WorkspaceView,
        object: &Map<String, Value>,
        further: &[&str],
    ) -> Result<Vec<Node>, NotForgotten> {
        known_keys(object, &[&WHO, further].concat())?;
        let tenant = Tenant {
            workspace: workspace.id,
            join: self.store.join_key(workspace.id).await?,
            country: workspace.country.clone(),
            consent: workspace.policy.consent,
            wanted: Wanted::default(),
        };
        let wrong_form = |key: &str, wanted| Error::WrongForm { key: key.to_owned(), wanted };
        let mut who = Vec::new();
        // Of what a site hashed itself only the hash is known.
        for phone in texts(object, "phone")? {
            let phone = Plain::new(phone);
            let nodes = tenant.phone(&phone);
            who.extend(tenant.hashed_phone(&phone));
            if nodes.is_empty() {
                return Err(wrong_form("phone", "a phone number with its country code").into());
            }
            who.extend(nodes);
        }
        for email in texts(object, "email")? {
            let email = Plain::new(email);
            who.extend(tenant.hashed_email(&email));
            let node = tenant.email(&email);
            who.push(node.ok_or_else(|| wrong_form("email", "an e-mail address"))?);
        }
        for id in texts(object, "external_id")? {
            let nodes =
                tenant.customer(&Plain::new(id), workspace.policy.datasets.iter().map(|one| &*one.id));
            if nodes.is_empty() {
                return Err(
                    wrong_form("external_id", "the number under which a shop knows the person").into()
                );
            }
            who.extend(nodes);
        }
        for contact in texts(object, "contact")? {
            let (origin, id) = workspace.record("contact", &contact)?;
            who.push(Node::contact(&origin, &id));
        }
        for deal in texts(object, "deal")? {
            let (origin, id) = workspace.record("deal", &deal)?;
            let contacts = self.store.contacts_of(workspace.id, &DealKey { origin, id }).await?;
            if contacts.is_empty() {
                return Err(Error::NoContacts.into());
            }
            who.extend(contacts);
        }
        if who.is_empty() { Err(Error::Nobody.into()) } else { Ok(who) }
    }
}

impl WorkspaceView {
    /// System of record and id of what is given as `origin/id`, or as an id alone where there is one system.
    fn record(&self, key: &str, given: &str) -> Result<(String, String), Error> {
        let origins: Vec<&str> = self.upstreams.iter().map(|(origin, _)| origin.as_str()).collect();
        match (given.rsplit_once('/'), origins.as_slice()) {
            (Some((given, id)), _) if !id.is_empty() => {
                // Somebody names the account as it is called now.
                let is_called = |source: &Arc<dyn Source>| {
                    source.upstream().is_some_and(|upstream| upstream.name() == given)
                };
                let named = self.upstreams.iter().find(|(_, source)| is_called(source));
                let origin = named.map_or(given, |(origin, _)| origin.as_str());
                Ok((origin.to_owned(), id.to_owned()))
            }
            (None, [only]) if !given.is_empty() => Ok(((*only).to_owned(), given.to_owned())),
            _ => Err(Error::WrongForm {
                key: key.to_owned(),
                wanted: "its id behind its system of record and a slash, such as kommo:acme/31",
            }),
        }
    }
}

fn known_keys(object: &Map<String, Value>, known: &[&str]) -> Result<(), Error> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Error::UnknownKey { key: key.clone(), known: known.join(", ") }),
        None => Ok(()),
    }
}

/// The text or texts of a key.
fn texts(object: &Map<String, Value>, key: &'static str) -> Result<Vec<String>, Error> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(Error::WrongForm { key: key.to_owned(), wanted: "a text, or a list of texts" }),
    };
    match object.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(all)) => all.iter().map(text).collect(),
        Some(one) => Ok(vec![text(one)?]),
    }
}

fn meta() -> Vec<Value> {
    META_STEPS.iter().map(|(step, source)| json!({ "step": step, "source": source })).collect()
}

/// How much is known of a person, in numbers, and which contacts and deals are meant.
fn in_numbers(person: &KnownPerson) -> Value {
    let mut events: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &person.conversions {
        *events.entry(one.conversion.state.code()).or_default() += 1;
    }
    json!({
        "known": !person.is_unknown(),
        "erased": person.is_erased,
        "whole": person.is_whole,
        "contacts": person.contacts.iter().map(record).collect::<Vec<_>>(),
        "identifiers": person.identifiers,
        "clicks": person.clicks.len(),
        "chats": person.chats.len(),
        "deals": person.deals.iter().map(|deal| deal.key.to_string()).collect::<Vec<_>>(),
        "conversions": events,
    })
}

/// All that is known of a person, but for what only recognises them.
fn in_full(workspace: &WorkspaceView, person: &KnownPerson, now_ms: i64) -> Value {
    let click = |KnownClick { at_s, ad_id, account }: &KnownClick| {
        let time = rfc3339(at_s.saturating_mul(1000));
        json!({ "time": time, "ad_id": ad_id, "account": account })
    };
    let chat = |Chat { first_s, last_s, began_plain, withheld_s }: &Chat| {
        let time = |at_s: i64| rfc3339(at_s.saturating_mul(1000));
        json!({ "began": time(*first_s), "last_message": time(*last_s), "without_ad": began_plain, "withheld": withheld_s.and_then(time) })
    };
    let deal = |KnownDeal { key, stage, price }: &KnownDeal| {
        let stage = stage.as_ref().map(ToString::to_string);
        json!({ "deal": key.to_string(), "stage": stage, "price": price })
    };
    let bodies: Vec<_> = person.conversions.iter().map(|one| Admin::body(workspace, one)).collect();
    let conversions = person.conversions.iter().zip(&bodies);
    let conversions: Vec<_> =
        conversions.map(|(one, body)| Shown::of(one, body.as_deref(), None, now_ms)).collect();
    json!({
        "known": !person.is_unknown(),
        "erased": person.is_erased,
        "whole": person.is_whole,
        "contacts": person.contacts.iter().map(record).collect::<Vec<_>>(),
        "identifiers": person.identifiers,
        "clicks": person.clicks.iter().map(click).collect::<Vec<_>>(),
        "chats": person.chats.iter().map(chat).collect::<Vec<_>>(),
        "deals": person.deals.iter().map(deal).collect::<Vec<_>>(),
        "conversions": conversions,
    })
}

/// A contact as a person writes it.
fn record(contact: &Node) -> String {
    contact.contact_parts().map_or_else(String::new, |(origin, id)| format!("{origin}/{id}"))
}
