//! A shop whose server reports events, and its neighbours.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use kopru_core::{Consent, Dataset, Mode, Policy, RouteKind};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use server::DatasetDoor;
use sha2::{Digest, Sha256};
use sources::Tenant;
use store::{Clock, KeyConsent, KeyScope, NewApiKey, Store, views::Ledger};

use crate::world::{ADMIN_TOKEN, World};

/// The dataset of the shop.
pub const SHOP: &str = "1234567890123456";
/// One of the same business that takes chats alone.
pub const CHATS: &str = "2222222222222222";
/// One of the same business that is only watched.
pub const WATCHED: &str = "3333333333333333";
/// One that every business here has.
pub const SHARED: &str = "4444444444444444";
/// The one of the business called `other`.
pub const OTHER: &str = "5555555555555555";

/// The key of `acme`.
pub const KEY: &str = "kopru_the-key-of-the-shop";
/// The same; one bad event refuses its whole request.
pub const STRICT: &str = "kopru_the-strict-key-of-the-shop";
/// The same; the field `agreed` says whether somebody consented.
pub const ASKING: &str = "kopru_the-asking-key-of-the-shop";
/// A key of `acme` that reads and reports nothing.
pub const READING: &str = "kopru_the-reading-key-of-the-shop";
/// The key of `other`.
pub const OTHERS: &str = "kopru_the-key-of-another-business";

/// What may stand in no answer: of people, and of keys.
const PRIVATE: [&str; 4] = ["secretperson", "5317000001", "kopru_the-", "secretsession"];

/// The datasets of a business of this name.
pub fn datasets(name: &str) -> Vec<Dataset> {
    let (shop, chats) = (vec![RouteKind::Messaging, RouteKind::Website], vec![RouteKind::Messaging]);
    let own = match name {
        "other" => vec![(OTHER, Mode::Live, &shop)],
        _ => vec![(SHOP, Mode::Live, &shop), (CHATS, Mode::Live, &chats), (WATCHED, Mode::Shadow, &shop)],
    };
    own.into_iter()
        .chain([(SHARED, Mode::Live, &shop)])
        .map(|(id, mode, routes)| Dataset {
            id: id.into(),
            waba_id: None,
            mistaken_accounts: Vec::new(),
            routes: routes.clone(),
            mode,
            earlier_modes: Vec::new(),
            test: None,
            rules: capi::Rules::default(),
            appending: kopru_core::Appending::default(),
        })
        .collect()
}

/// The doors of a business of this name.
pub fn doors(name: &str, tenant: &Tenant) -> Vec<DatasetDoor> {
    let policy = Arc::new(Policy {
        workspace: tenant.workspace,
        currency: None,
        consent: if name == "careful" { Consent::Required } else { Consent::Elsewhere },
        consent_since_s: None,
        rules: Vec::new(),
        datasets: datasets(name),
        restored: None,
    });
    let door = |dataset: &Dataset| DatasetDoor {
        workspace: tenant.workspace,
        workspace_name: name.to_owned(),
        dataset: dataset.id.clone(),
        tenant: tenant.clone(),
        policy: Arc::clone(&policy),
    };
    policy.datasets.iter().map(door).collect()
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub json: Value,
}

impl Answer {
    /// Reads an answer, which has Graph's form and holds nothing private.
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let lower = text.to_lowercase();
        assert!(PRIVATE.iter().all(|private| !lower.contains(private)), "{text}");
        let json: Value = serde_json::from_str(&text).unwrap();
        let trace = if status == 200 { &json["fbtrace_id"] } else { &json["error"]["fbtrace_id"] };
        assert!(trace.as_str().is_some_and(|id| id.len() == 23 && id.starts_with('A')), "{status} {json}");
        assert_eq!(headers["content-type"], "application/json; charset=UTF-8");
        Self { status, json }
    }

    /// Asserts that so many events were received and nothing else is said.
    pub fn is_received(&self, events: usize) {
        let names: Vec<&str> = self.json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            (self.status, names.as_slice()),
            (200, &["events_received", "fbtrace_id", "messages"][..]),
            "{self:?}"
        );
        assert_eq!((&self.json["events_received"], &self.json["messages"]), (&json!(events), &json!([])));
    }

    /// Asserts that the whole request is refused, with Meta's code.
    pub fn is_refused(&self, status: u16, code: u32) {
        assert_eq!((self.status, &self.json["error"]["code"]), (status, &json!(code)), "{self:?}");
        for key in ["message", "type", "is_transient", "fbtrace_id", "error_user_title", "error_user_msg"] {
            assert!(self.json["error"].get(key).is_some(), "{key}: {self:?}");
        }
    }

    /// How many of its events were repetitions.
    pub fn duplicates(&self) -> u64 {
        self.json["kopru"]["duplicates"].as_u64().unwrap_or(0)
    }
}

/// The world with the keys above.
pub struct Shop(pub World, String);

impl Shop {
    pub async fn new() -> Self {
        Self::of(&["acme"]).await
    }

    /// Businesses of these names; the first three keys are the first one's.
    pub async fn of(names: &[&str]) -> Self {
        Self::in_world(World::with(ADMIN_TOKEN, names).await, names).await
    }

    /// The business `acme`, by this clock.
    pub async fn by(clock: Clock) -> Self {
        Self::in_world(World::by(clock, &[], ADMIN_TOKEN, &["acme"]).await, &["acme"]).await
    }

    async fn in_world(world: World, names: &[&str]) -> Self {
        let shop = Self(world, names[0].to_owned());
        let sender = || Some(KeyConsent::Sender);
        shop.key(names[0], KEY, sender(), false).await;
        shop.key(names[0], STRICT, sender(), true).await;
        shop.key(names[0], ASKING, Some(KeyConsent::Field("agreed".into())), false).await;
        shop.key(names[0], READING, None, false).await;
        if names.contains(&"other") {
            shop.key("other", OTHERS, sender(), false).await;
        }
        shop
    }

    async fn key(&self, workspace: &str, key: &str, consent: Option<KeyConsent>, strict: bool) {
        let scope = if consent.is_some() { KeyScope::Events } else { KeyScope::Read };
        let new = NewApiKey {
            name: key.trim_start_matches("kopru_").to_owned(),
            hash: Sha256::digest(key).into(),
            scopes: [scope].into(),
            consent,
            strict,
        };
        let workspace = self.0.store.workspace(workspace).await.unwrap();
        self.0.keys.make(workspace, new, 0).await.unwrap();
    }

    /// A request to a dataset.
    pub fn to(&self, dataset: &str) -> RequestBuilder {
        self.0.client.post(self.0.door(&format!("/v24.0/{dataset}/events")))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.unwrap()).await
    }

    /// Posts a body of JSON to the shop's dataset with a key in the header.
    pub async fn post(&self, key: &str, body: &Value) -> Answer {
        let request = self.to(SHOP).bearer_auth(key).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// Reports events as most do.
    pub async fn tell(&self, events: &[Value]) -> Answer {
        self.post(KEY, &json!({ "data": events })).await
    }

    /// What is kept of a business, oldest first.
    pub async fn kept_of(&self, workspace: &str) -> Vec<Value> {
        let path = format!("/api/v1/conversions?limit=1000&workspace={workspace}");
        let listed = self.0.get(&path).await.text().await.unwrap();
        let mut kept: Vec<Value> = serde_json::from_str(&listed).unwrap();
        kept.reverse();
        kept
    }

    /// What is kept of the first one.
    pub async fn kept(&self) -> Vec<Value> {
        self.kept_of(&self.1).await
    }

    /// The ids of that.
    pub async fn ids(&self) -> Vec<String> {
        self.kept().await.iter().map(|one| one["event_id"].as_str().unwrap().to_owned()).collect()
    }

    /// Stops everything; the ledger then balances, and has refused just this.
    pub async fn ends_with_refused(self, expected: &[(&str, i64)]) -> Ledger {
        let ledger = self.0.stopped().await;
        let refused: Vec<(&str, i64)> =
            ledger.refused_at_door.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        assert_eq!(refused, expected, "{ledger:?}");
        assert!(ledger.balanced, "{ledger:?}");
        ledger
    }
}

pub fn now_s() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A purchase of somebody whom nobody may name.
pub fn purchase(id: &str) -> Value {
    json!({
        "event_name": "Purchase", "event_time": now_s() - 60, "event_id": id, "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks?session=secretsession&utm_source=fb",
        "user_data": {
            "em": "Gizem.Secretperson@mail.example.org", "ph": "+90 (531) 700 00 01",
            "client_user_agent": "Mozilla/5.0", "fbp": "fb.1.1763880000000.1116446470",
        },
        "custom_data": { "currency": "TRY", "value": 149.9 },
    })
}

/// The same with something changed.
pub fn changed(id: &str, pointer: &str, value: impl Into<Value>) -> Value {
    let mut event = purchase(id);
    let (object, key) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(object).unwrap()[key] = value.into();
    event
}

/// One that Meta would refuse for its currency.
pub fn refused(id: &str) -> Value {
    changed(id, "/custom_data/currency", "LIRA")
}
