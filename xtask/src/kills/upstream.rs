//! `kopru sandbox` as a process: the Meta and the Kommo of the test.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::http::free_address;

use crate::service::{Failure, http};

// What `kopru sandbox` has by itself.
pub const DATASET: &str = "1234567890";
pub const META_TOKEN: &str = "sandbox-meta-token";
pub const WABA: &str = "222";
pub const KOMMO_TOKEN: &str = "sandbox-kommo-token";
pub const PIPELINE: u64 = 770_001;
pub const NEW: u64 = 880_001;
pub const QUALIFIED: u64 = 880_002;
pub const WON: u64 = 142;
/// The ad on which everybody taps.
pub const AD: &str = "120200000000000001";
/// The name of the contacts' field.
pub const CONSENT_FIELD: &str = "Consent";

/// Kommo counts requests by address, and Kopru has 127.0.0.1 for itself. Whoever works in the CRM does so
/// from these.
const USERS: u8 = 20;
const START_WITHIN: Duration = Duration::from_secs(30);

/// The running sandbox.
pub struct Upstream {
    pub address: SocketAddr,
    /// The number of the field that says whether a contact consents.
    field: u64,
    child: Child,
}

impl Upstream {
    pub async fn start(binary: &Path, seed: u64) -> Result<Self, Failure> {
        let address = free_address();
        let child = Command::new(binary)
            .args(["sandbox", "--people", "1", "--listen", &address.to_string()])
            .args(["--seed", &seed.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut upstream = Self { address, field: 0, child };
        let started = Instant::now();
        while upstream.get("/sandbox/faults").await.is_err() {
            if started.elapsed() > START_WITHIN {
                return Err("the sandbox did not start in time".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let field = json!([{ "name": CONSENT_FIELD, "type": "text" }]);
        let made = upstream.as_user(0, "POST", "/api/v4/contacts/custom_fields", &field).await?;
        let number = made.pointer("/_embedded/custom_fields/0/id").and_then(Value::as_u64);
        upstream.field = number.ok_or("the sandbox made no field")?;
        Ok(upstream)
    }

    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        http::json(self.address, "GET", path, "", &Value::Null).await
    }

    /// Something that the sandbox should know.
    pub async fn order(&self, path: &str, order: &Value) -> Result<(), Failure> {
        http::json(self.address, "POST", path, "", order).await.map(drop)
    }

    pub async fn clear_faults(&self) -> Result<(), Failure> {
        http::json(self.address, "DELETE", "/sandbox/faults", "", &Value::Null).await.map(drop)
    }

    /// Sets what contacts say about consent, as somebody who works in the CRM does.
    pub async fn set_consents(&self, user: u64, said: &[(u64, Option<bool>)]) -> Result<(), Failure> {
        let contacts: Vec<Value> = said
            .iter()
            .map(|(contact, consent)| {
                let values: Vec<Value> =
                    consent.iter().map(|yes| json!({ "value": if *yes { "yes" } else { "no" } })).collect();
                let field = json!({ "field_id": self.field, "values": values });
                json!({ "id": contact, "custom_fields_values": [field] })
            })
            .collect();
        self.as_user(user, "PATCH", "/api/v4/contacts", &Value::Array(contacts)).await.map(drop)
    }

    async fn as_user(&self, user: u64, method: &str, path: &str, body: &Value) -> Result<Value, Failure> {
        let from = Ipv4Addr::new(127, 0, 1, 1 + (user % u64::from(USERS)) as u8);
        let head = format!("authorization: Bearer {KOMMO_TOKEN}\r\n");
        http::json_from(from, self.address, method, path, &head, body).await
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
