//! `kopru serve` as a child process.

use std::{
    fs::File,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use testkit::{PATIENCE, http::free_address, retry};

use crate::world::{APP_SECRET, DATASET, KOMMO_KEY, KOMMO_TOKEN, META_TOKEN, WABA, WHATSAPP_KEY};

pub const ADMIN_TOKEN: &str = "the-secret-admin-token-of-the-test";

/// A process that ends with the test, also where that fails.
pub struct Serving(pub Child);

impl Deref for Serving {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Serving {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder with a configuration, and the addresses in it.
pub struct Site {
    pub folder: tempfile::TempDir,
    pub doors: String,
    pub admin: String,
    pub client: reqwest::Client,
}

impl Site {
    /// A configuration that talks to this sandbox.
    pub fn new(upstream: &str) -> Self {
        Self::with(&format!(
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
whatsapp_business_account_id = "{WABA}"
graph_url = "{upstream}"
routes = ["messaging"]
[[workspace.source]]
kind = "whatsapp"
key = "{WHATSAPP_KEY}"
verify_token = "verify-me"
app_secret = "{APP_SECRET}"
[[workspace.source]]
kind = "kommo"
key = "{KOMMO_KEY}"
account = "{upstream}"
token = "{KOMMO_TOKEN}"
[[workspace.rule]]
id = "qualified"
pipeline = "Sales"
stage = "Qualified"
send = "Lead"
[[workspace.rule]]
id = "sale"
stage = "won"
send = "Purchase"
"#
        ))
    }

    /// A configuration with these workspaces.
    pub fn with(workspaces: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (doors, admin) = (free_address(), free_address());
        let store = folder.path().join("data");
        let text = format!(
            r#"
[server]
listen = "{doors}"
admin_listen = "{admin}"
admin_token = "{ADMIN_TOKEN}"
[store]
path = "{store}"
{workspaces}
"#,
            store = store.display()
        );
        std::fs::write(folder.path().join("kopru.toml"), text).unwrap();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        Self { folder, doors: format!("http://{doors}"), admin: format!("http://{admin}"), client }
    }

    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Starts the binary, with everything it could log; its log is appended to one file.
    pub fn start(&self) -> Serving {
        Serving(self.command().spawn().unwrap())
    }

    /// What [`Site::start`] runs.
    pub fn command(&self) -> Command {
        self.command_under(&[])
    }

    /// The same under another program, given with its arguments.
    pub fn command_under(&self, wrapper: &[&str]) -> Command {
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut words = wrapper.iter().copied().chain([env!("CARGO_BIN_EXE_kopru")]);
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .args(["serve", "--config"])
            .arg(self.folder.path().join("kopru.toml"))
            .env("KOPRU_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        command
    }

    /// Waits until the service takes traffic.
    pub async fn ready(&self) {
        self.until("it is ready", async || {
            let answer = self.client.get(format!("{}/readyz", self.doors)).send().await;
            answer.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    /// Waits until something holds, and shows the log if it does not.
    pub async fn until<A: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> A) {
        let held = retry(async || holds().await.then_some(()).ok_or(())).await;
        assert!(held.is_ok(), "waited too long until {what}\n{}", self.log());
    }

    /// Sends a webhook as Meta and Kommo do: again and again, until it is acknowledged.
    pub async fn deliver(&self, key: &str, body: &str, signature: Option<&str>) {
        self.until("a webhook is acknowledged", async || {
            let mut request = self.client.post(format!("{}/hooks/{key}", self.doors)).body(body.to_owned());
            if let Some(signature) = signature {
                request = request.header("x-hub-signature-256", signature);
            }
            request.send().await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer =
            self.client.get(format!("{}{path}", self.admin)).bearer_auth(ADMIN_TOKEN).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// Waits until nothing is under way and so many conversions exist.
    pub async fn settled(&self, conversions: usize) {
        let started = Instant::now();
        loop {
            let ledger = self.get("/api/v1/ledger").await;
            let open: i64 =
                ["/facts/pending", "/facts/waiting", "/conversions/queued", "/conversions/waiting"]
                    .iter()
                    .map(|pointer| ledger.pointer(pointer).unwrap().as_i64().unwrap())
                    .sum();
            assert_eq!(ledger["balanced"], true, "{ledger}");
            if open == 0 && ledger["conversions"]["created"] == conversions {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "not settled: {ledger}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether any of these texts is in a file of the store, or in the log.
    pub fn assert_nowhere(&self, private: &[&str]) {
        let mut files = vec![self.log_file(), self.folder.path().join("data.key")];
        let stored = std::fs::read_dir(self.folder.path().join("data")).unwrap();
        files.extend(stored.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
        assert!(files.len() > 2, "the store has files");
        for file in files {
            let content = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).to_ascii_lowercase();
            for text in private {
                assert!(!content.contains(text), "{text:?} is in {}", file.display());
            }
        }
    }

    /// The end of the log, for a failing test.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("TRACE")).collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

/// Whether a path holds a file that only its owner can read.
pub fn is_private_file(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o777 == 0o600)
}
