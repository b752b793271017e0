//! A shop whose server reports events to a running Kopru.

use std::process::Command;

use sandbox::{Running, Sandbox};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    cli::kopru,
    service::{Serving, Site},
    world::{DATASET, META_TOKEN, PRIVATE, Person, upstream},
};

/// What of these people and of the shop's key may be on no disk and in no log, beside [`PRIVATE`].
pub const SEEN_AT_THE_DOOR: [&str; 3] = ["81.2.69.142", "secretbrowser", "secretsession"];

/// The service, its Meta and the shop's key.
pub struct WebShop {
    pub site: Site,
    pub meta: Sandbox,
    key: String,
    child: Option<Serving>,
    _running: Running,
}

impl WebShop {
    /// A service that runs, and a key of it.
    pub async fn open() -> Self {
        let meta = upstream();
        let running = meta.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let site = Site::with(&workspace(&running.url()));
        let mut shop = Self { site, meta, key: String::new(), child: None, _running: running };
        shop.start().await;
        let (code, key, said) = kopru(&[
            "keys",
            "make",
            "web-shop",
            "--scope",
            "events",
            "--consent",
            "sender",
            "--config",
            &shop.file(),
        ]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!("base URL {}", shop.site.doors)) && said.contains(DATASET), "{said}");
        key.trim().clone_into(&mut shop.key);
        shop
    }

    /// The path of the configuration.
    pub fn file(&self) -> String {
        self.site.folder.path().join("kopru.toml").to_str().unwrap().to_owned()
    }

    pub async fn start(&mut self) {
        self.run(self.site.command()).await;
    }

    /// Runs a command that starts the service.
    pub async fn run(&mut self, mut command: Command) {
        self.child = Some(Serving(command.spawn().unwrap()));
        self.site.ready().await;
    }

    /// SIGKILL, unless it has ended by itself.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// How the shop's server reaches the door.
    pub fn client(&self) -> ShopClient {
        ShopClient {
            url: format!("{}/v24.0/{DATASET}/events", self.site.doors),
            key: self.key.clone(),
            client: self.site.client.clone(),
        }
    }

    /// Nothing plain is in the store or in the log, also not the key.
    pub fn assert_nothing_plain(&self) {
        let secret = self.key.trim_start_matches("kopru_");
        let private: Vec<&str> = PRIVATE.iter().chain(&SEEN_AT_THE_DOOR).copied().chain([secret]).collect();
        self.site.assert_nowhere(&private);
    }
}

/// The shop's server.
#[derive(Clone)]
pub struct ShopClient {
    pub url: String,
    pub key: String,
    pub client: reqwest::Client,
}

impl ShopClient {
    /// Posts a body of JSON. An answer that did not come is an error.
    pub async fn post(&self, body: &Value) -> Result<(u16, Option<String>, Value), reqwest::Error> {
        let request = self.client.post(&self.url).bearer_auth(&self.key).body(body.to_string());
        let answer = request.header("content-type", "application/json").send().await?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        Ok((status, retry_after, serde_json::from_str(&answer.text().await?).unwrap_or_default()))
    }

    /// Posts until all of it was received; returns how many events were repetitions.
    pub async fn deliver(&self, body: &Value) -> u64 {
        let events = body["data"].as_array().unwrap().len();
        let answer = testkit::retry(async || match self.post(body).await {
            Ok((200, _, answer)) => Ok(answer),
            other => Err(other),
        })
        .await
        .unwrap();
        assert_eq!(answer["events_received"], events, "{answer}");
        answer["kopru"]["duplicates"].as_u64().unwrap_or(0)
    }
}

fn workspace(meta: &str) -> String {
    format!(
        r#"
[[workspace]]
name = "acme"
country = "TR"
currency = "TRY"
consent = "elsewhere"
basis = "the people of the tests are invented"
[[workspace.dataset]]
id = "{DATASET}"
token = "{META_TOKEN}"
graph_url = "{meta}"
routes = ["messaging", "website"]
"#
    )
}

/// A purchase, with everything plain.
pub fn purchase(person: Person, id: &str) -> Value {
    json!({
        "event_name": "Purchase", "event_time": person.wrote_s, "event_id": id, "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks?secretsession=1&utm_source=fb",
        "user_data": {
            "em": person.email(), "ph": person.typed_phone(), "fn": "Gizem", "ln": "Secretperson",
            "fbc": format!("fb.1.{}000.{}", person.wrote_s, person.click_id()),
            "client_ip_address": SEEN_AT_THE_DOOR[0], "client_user_agent": "SecretBrowser/7",
        },
        "custom_data": { "currency": "TRY", "value": person.price(), "order_id": format!("order-{}", person.number) },
    })
}

pub fn sha256(text: &str) -> String {
    capi::hex(&Sha256::digest(text))
}

pub fn now_s() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_secs()).unwrap()
}
