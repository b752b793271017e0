//! The sandbox over real HTTP.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod abuse;
mod access;
mod attacks;
mod codes;
mod control;
mod dedup;
mod encodings;
mod faults;
mod graph;
mod graph_checks;
mod hooks;
mod hooks_catalogue;
mod hooks_deliver;
mod hooks_whatsapp;
mod insights;
mod kommo;
mod kommo_clients;
mod kommo_deals;
mod kommo_events;
mod kommo_lag;
mod kommo_lists;
mod kommo_tokens;
mod kommo_webhooks;
mod kommo_writes;
mod leads;
mod order;
mod page;
mod people;
mod pixel;
mod rows;
mod sdk;
mod strict;

use std::time::{SystemTime, UNIX_EPOCH};

use kopru_sandbox::{Click, Options, Running, Sandbox, SimulatedDataset};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

const TOKEN: &str = "EAAB_token_abc";
const DATASET: &str = "700100";
const WABA: &str = "100200300400500";
const PAGE: &str = "111222333";
const CLID: &str = "ARAexample-Case_Sensitive";

/// A running sandbox and a client for it.
struct World {
    sandbox: Sandbox,
    running: Running,
    client: reqwest::Client,
}

impl World {
    async fn with(options: Options) -> Self {
        let sandbox = Sandbox::new(options);
        let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        Self { sandbox, running, client: reqwest::Client::new() }
    }

    /// With a dataset that is linked to everything, and one known click.
    async fn new() -> Self {
        let world = Self::with(Options::default()).await;
        world.sandbox.add_dataset(SimulatedDataset {
            id: DATASET.to_owned(),
            token: TOKEN.to_owned(),
            page_id: Some(PAGE.to_owned()),
            waba_id: Some(WABA.to_owned()),
            ig_account_id: Some("17841400000000000".to_owned()),
            ..SimulatedDataset::default()
        });
        world.sandbox.add_click(Click {
            ctwa_clid: CLID.to_owned(),
            waba_id: WABA.to_owned(),
            ad_id: "120200000000000000".to_owned(),
            ..Click::default()
        });
        world.sandbox.add_scoped_id("444555666", PAGE);
        world
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    async fn post(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let request = self.client.post(self.url(path)).header(CONTENT_TYPE, content_type).body(body);
        read(request.send().await.unwrap()).await
    }

    async fn post_json(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post(path, "application/json", body.to_string()).await
    }

    /// Sends events to the dataset with its token.
    async fn send(&self, events: &[Value]) -> (u16, Value) {
        let path = format!("/v25.0/{DATASET}/events");
        self.post_json(&path, &json!({ "data": events, "access_token": TOKEN })).await
    }
}

async fn read(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() };
    (status, body)
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// `base` with the keys of `changes` set, or removed where they are null; objects go deeper.
fn changed(base: &Value, changes: &Value) -> Value {
    let mut out = base.clone();
    for (key, change) in changes.as_object().unwrap() {
        let change = match change {
            Value::Object(_) if out[key].is_object() => changed(&out[key], change),
            other => other.clone(),
        };
        if change.is_null() {
            out.as_object_mut().unwrap().remove(key);
        } else {
            out[key] = change;
        }
    }
    out
}

fn whatsapp_lead() -> Value {
    json!({
        "event_name": "LeadSubmitted", "event_time": now() - 60, "action_source": "business_messaging",
        "messaging_channel": "whatsapp",
        "user_data": { "whatsapp_business_account_id": WABA, "ctwa_clid": CLID },
    })
}

fn messenger_purchase() -> Value {
    json!({
        "event_name": "Purchase", "event_time": now() - 60, "action_source": "business_messaging",
        "messaging_channel": "messenger",
        "user_data": { "page_id": PAGE, "page_scoped_user_id": "444555666" },
        "custom_data": { "currency": "USD", "value": 12.5 },
    })
}

fn instagram_cart() -> Value {
    json!({
        "event_name": "AddToCart", "event_time": now() - 60, "action_source": "business_messaging",
        "messaging_channel": "instagram",
        "user_data": { "ig_account_id": "17841400000000000", "ig_sid": 5_551_234_567_u64 },
    })
}

fn web_purchase() -> Value {
    json!({
        "event_name": "Purchase", "event_time": now() - 60, "event_id": "order-1001",
        "action_source": "website", "event_source_url": "https://shop.example.com/thanks",
        "user_data": {
            "em": ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"],
            "client_user_agent": "Mozilla/5.0", "client_ip_address": "2001:db8::1",
            "fbc": "fb.1.1763884000000.IwAR2abcDEF", "fbp": "fb.1.1763880000000.1116446470",
        },
        "custom_data": {
            "currency": "EUR", "value": 49.9,
            "contents": [{ "id": "sku1", "quantity": 1, "item_price": 49.9 }],
        },
    })
}
