//! `kopru serve` as a process that is killed and started again.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::http::free_address;

use super::{Failure, figures::progress, http};

/// What the management API wants to see.
pub const ADMIN_TOKEN: &str = "the-admin-token-of-a-victim-0123456789";
const START_WITHIN: Duration = Duration::from_secs(30);
/// How long everything may take to come to rest in the end. Tries go further and further apart.
const REST_WITHIN: Duration = Duration::from_mins(8);
/// It rests when nothing has changed for so long.
const RESTED: Duration = Duration::from_secs(5);
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
    /// Starts a binary in a folder of its own, whose name begins with a word.
    pub async fn start(
        binary: &Path,
        prefix: &str,
        configuration: impl FnOnce(Addresses, &Path) -> String,
    ) -> Result<Self, Failure> {
        fs::create_dir_all("target")?;
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in("target")?;
        let addresses = Addresses { doors: free_address(), admin: free_address() };
        fs::write(folder.path().join("kopru.toml"), configuration(addresses, folder.path()))?;
        let child = spawn(binary, folder.path())?;
        let mut victim = Self { binary: binary.to_owned(), folder, child, addresses };
        victim.is_ready().await?;
        Ok(victim)
    }

    /// SIGKILL.
    pub fn dies(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts again, once it has died.
    pub async fn starts(&mut self) -> Result<(), Failure> {
        self.child = spawn(&self.binary, self.folder.path())?;
        self.is_ready().await
    }

    /// SIGKILL, and a new start.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        self.dies()?;
        self.starts().await
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

    /// Waits until nothing is under way, and nothing has come for a while, also not elsewhere; not before a
    /// moment. The last ledger.
    pub async fn rest<F>(self, not_before: Instant, elsewhere: impl Fn() -> F) -> Result<Value, Failure>
    where
        F: Future<Output = Result<Value, Failure>>,
    {
        let began = Instant::now();
        let mut last = (Value::Null, Value::Null);
        let mut since = Instant::now();
        loop {
            let now = (self.ledger().await?, elsewhere().await?);
            let open = ["/facts/pending", "/facts/waiting", "/conversions/queued"];
            let is_idle = open.iter().all(|place| now.0.pointer(place).and_then(Value::as_u64) == Some(0));
            if now != last || !is_idle {
                since = Instant::now();
            }
            if since.elapsed() >= RESTED && Instant::now() >= not_before {
                return Ok(now.0);
            }
            if began.elapsed() > REST_WITHIN {
                // What is still open shows up as lost, with what Kopru says of it.
                progress(&format!("it does not come to rest: {}", now.0));
                return Ok(now.0);
            }
            last = now;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
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

    /// The newest conversions of those with a reason.
    pub async fn newest(self, reason: &str, limit: usize) -> Result<Vec<Value>, Failure> {
        let page = self.get(&format!("/api/v1/conversions?reason={reason}&limit={limit}")).await?;
        Ok(page.as_array().cloned().unwrap_or_default())
    }

    /// Makes a key that reports events, and returns it.
    pub async fn event_key(self, name: &str) -> Result<String, Failure> {
        let head = format!("authorization: Bearer {ADMIN_TOKEN}\r\n");
        let wanted = json!({ "name": name, "scopes": ["events"], "consent": "sender" });
        let made = http::json(self.admin, "POST", "/api/v1/keys", &head, &wanted).await?;
        Ok(made["key"].as_str().ok_or("no key was made")?.to_owned())
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
