//! `kopru serve` as a process that is killed and started again.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use testkit::http::free_address;

use super::{
    http,
    upstream::{CONSENT_FIELD, DATASET, KOMMO_TOKEN, META_TOKEN, Upstream, WABA},
};
use crate::service::Failure;

pub const APP_SECRET: &str = "secret-of-the-app-that-signs-the-webhooks";
pub const WHATSAPP_KEY: &str = "whatsapp-hook-key-of-the-kills";
pub const KOMMO_KEY: &str = "kommo-hook-key-of-the-kills";
const ADMIN_TOKEN: &str = "the-admin-token-of-the-kills-0123456789";
const START_WITHIN: Duration = Duration::from_secs(30);
/// Conversions in one page of the list, at most.
const PAGE: usize = 1_000;

/// The service, alive or not.
pub struct Victim {
    binary: PathBuf,
    folder: tempfile::TempDir,
    child: Child,
    pub addresses: Addresses,
}

/// Where it listens, for those who do not care whether it lives.
#[derive(Clone, Copy)]
pub struct Addresses {
    pub doors: SocketAddr,
    pub admin: SocketAddr,
}

impl Victim {
    pub async fn start(binary: &Path, upstream: &Upstream) -> Result<Self, Failure> {
        fs::create_dir_all("target")?;
        let folder = tempfile::Builder::new().prefix("kills-").tempdir_in("target")?;
        let addresses = Addresses { doors: free_address(), admin: free_address() };
        fs::write(folder.path().join("kopru.toml"), configuration(upstream, addresses, folder.path()))?;
        let child = spawn(binary, folder.path())?;
        let mut victim = Self { binary: binary.to_owned(), folder, child, addresses };
        victim.is_ready().await?;
        Ok(victim)
    }

    /// SIGKILL, and a new start.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(&self.binary, self.folder.path())?;
        self.is_ready().await
    }

    async fn is_ready(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        while !self.addresses.answers_ready().await {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the service ended with {status}: {}", self.log()).into());
            }
            if started.elapsed() > START_WITHIN {
                return Err(format!("the service did not start in time: {}", self.log()).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Leaves store and log where they are, for a person to look at.
    pub fn keep(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    fn log(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        text.lines().rev().take(5).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Addresses {
    async fn answers_ready(self) -> bool {
        let (to, from) = (self.doors, std::net::Ipv4Addr::LOCALHOST);
        let ready = http::Request { to, method: "GET", path: "/readyz", head: "", body: &[], from };
        matches!(http::send(&ready).await, Ok((200, _)))
    }

    pub async fn ledger(self) -> Result<Value, Failure> {
        self.get("/api/v1/ledger").await
    }

    /// All conversions, newest first.
    pub async fn conversions(self) -> Result<Vec<Value>, Failure> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let after = all.last().and_then(|last| last["event_id"].as_str()).unwrap_or_default().to_owned();
            let page = self.get(&format!("/api/v1/conversions?limit={PAGE}&after={after}")).await?;
            let page = page.as_array().cloned().unwrap_or_default();
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The newest conversions.
    pub async fn newest(self, limit: usize) -> Result<Vec<Value>, Failure> {
        let page = self.get(&format!("/api/v1/conversions?limit={limit}")).await?;
        Ok(page.as_array().cloned().unwrap_or_default())
    }

    async fn get(self, path: &str) -> Result<Value, Failure> {
        let head = format!("authorization: Bearer {ADMIN_TOKEN}\r\n");
        http::json(self.admin, "GET", path, &head, &Value::Null).await
    }
}

fn spawn(binary: &Path, folder: &Path) -> Result<Child, Failure> {
    let log = fs::File::options().create(true).append(true).open(folder.join("log"))?;
    let child = Command::new(binary)
        .args(["serve", "--config"])
        .arg(folder.join("kopru.toml"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok(child)
}

fn configuration(upstream: &Upstream, addresses: Addresses, folder: &Path) -> String {
    format!(
        "[server]\nlisten = \"{}\"\nadmin_listen = \"{}\"\nadmin_token = \"{ADMIN_TOKEN}\"\n\
         [store]\npath = \"{}\"\n\
         [[workspace]]\nname = \"shop\"\ncountry = \"TR\"\ncurrency = \"TRY\"\nconsent = \"required\"\n\
         [[workspace.dataset]]\nid = \"{DATASET}\"\ntoken = \"{META_TOKEN}\"\ngraph_url = \"http://{upstream}\"\n\
         whatsapp_business_account_id = \"{WABA}\"\nroutes = [\"messaging\"]\n\
         [[workspace.source]]\nkind = \"whatsapp\"\nkey = \"{WHATSAPP_KEY}\"\napp_secret = \"{APP_SECRET}\"\n\
         [[workspace.source]]\nkind = \"kommo\"\nkey = \"{KOMMO_KEY}\"\naccount = \"http://{upstream}\"\n\
         token = \"{KOMMO_TOKEN}\"\nconsent_field = \"{CONSENT_FIELD}\"\n\
         [[workspace.rule]]\nid = \"qualified\"\nstage = \"Qualified\"\nsend = \"Lead\"\n\
         [[workspace.rule]]\nid = \"sale\"\nstage = \"won\"\nsend = \"Purchase\"\nvalue = \"price\"\n\
         repeat = \"once\"\n",
        addresses.doors,
        addresses.admin,
        folder.join("data").display(),
        upstream = upstream.address,
    )
}
