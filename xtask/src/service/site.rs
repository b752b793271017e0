//! `kopru serve` with many workspaces, and what the system says about it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use testkit::http::free_address;

use super::{
    Failure,
    load::Connection,
    names::{APP_SECRET, waba, whatsapp_key},
    stub::Stub,
};

/// How long a start may take: several hundred workspaces open their rooms.
const START_WITHIN: Duration = Duration::from_mins(2);
/// How long an end may take before it is forced.
const END_WITHIN: Duration = Duration::from_secs(40);
/// Linux counts CPU time of processes in these parts of a second for every program.
const TICKS_PER_SECOND: f64 = 100.0;
/// What the management API wants to see.
pub const ADMIN_TOKEN: &str = "the-admin-token-of-a-benchmark-0123456789";
/// How a workspace says that it does not ask for consent itself, in a newer and in an older build.
const CONSENT: [&str; 2] = ["consent = \"elsewhere\"\nbasis = \"a benchmark\"", "consent = \"assumed\""];

pub fn dataset(workspace: usize) -> String {
    (100_000_000 + workspace).to_string()
}

pub fn kommo_key(workspace: usize, account: usize) -> String {
    format!("kommo-hook-key-{workspace:06}-{account:02}")
}

/// A running service with its folder and the upstreams that it asks.
pub struct Site {
    pub stub: Stub,
    pub doors: SocketAddr,
    admin: SocketAddr,
    folder: tempfile::TempDir,
    child: Child,
}

/// What the process has used and holds.
#[derive(Clone, Copy)]
pub struct Usage {
    pub cpu_s: f64,
    pub resident_mib: f64,
    /// The most it had so far.
    pub peak_mib: f64,
    pub descriptors: usize,
    pub threads: usize,
}

impl Site {
    /// Starts a binary with so many workspaces, each with so many Kommo accounts, and waits until each
    /// account has told the names of its stages.
    pub async fn start(binary: &Path, workspaces: usize, accounts_each: usize) -> Result<Self, Failure> {
        let accounts = workspaces * accounts_each;
        let stub = Stub::start(accounts).await?;
        // On the disk that the build is on: in memory, a commit would cost nothing.
        fs::create_dir_all("target")?;
        let folder = tempfile::Builder::new().prefix("tenants-").tempdir_in("target")?;
        let (doors, admin) = (free_address(), free_address());
        write_understood(binary, folder.path(), |consent| {
            configuration(&stub, doors, admin, folder.path(), consent, (workspaces, accounts_each))
        })?;
        let child = serve(binary, folder.path())?;
        let mut site = Self { stub, doors, admin, folder, child };
        site.settle(accounts as u64).await?;
        Ok(site)
    }

    /// Kills the service, so that nothing of what it holds is written.
    pub fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts the service that was killed; returns how long it took until it was ready.
    pub async fn start_again(&mut self, binary: &Path) -> Result<Duration, Failure> {
        let started = Instant::now();
        self.child = serve(binary, self.folder.path())?;
        let ready = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let mut door = Connection::to(self.doors);
        while door.send(ready).await.0 != Some(200) {
            if started.elapsed() > START_WITHIN {
                return Err(format!("the service did not start in time: {}", self.log()).into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(started.elapsed())
    }

    /// Changes the configuration, for the next start.
    pub fn configure(&self, change: impl FnOnce(String) -> String) -> Result<(), Failure> {
        let file = self.folder.path().join("kopru.toml");
        Ok(fs::write(&file, change(fs::read_to_string(&file)?))?)
    }

    /// Waits until the service has used next to no CPU time for a while.
    pub async fn rest(&self, lasting: Duration) -> Result<(), Failure> {
        loop {
            let before = self.usage()?.cpu_s;
            tokio::time::sleep(lasting).await;
            if self.usage()?.cpu_s - before < lasting.as_secs_f64() / 50.0 {
                return Ok(());
            }
        }
    }

    /// The folder of the store.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Asks the management API for something.
    pub async fn ask(&self, admin: &mut Connection, path: &str) -> Result<Vec<u8>, Failure> {
        admin.get(path, ADMIN_TOKEN).await
    }

    async fn settle(&mut self, accounts: u64) -> Result<(), Failure> {
        let started = Instant::now();
        let ready = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let mut door = Connection::to(self.doors);
        while door.send(ready).await.0 != Some(200) || self.stub.book.names_asked() < accounts {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the service ended with {status}: {}", self.log()).into());
            }
            if started.elapsed() > START_WITHIN {
                return Err(format!("the service did not start in time: {}", self.log()).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Catalogues are decided and stored.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    pub fn usage(&self) -> Result<Usage, Failure> {
        usage_of(self.child.id())
    }

    /// CPU seconds of the threads that there are, by name.
    pub fn cpu_by_thread(&self) -> Result<BTreeMap<String, f64>, Failure> {
        cpu_by_thread_of(self.child.id())
    }

    /// The ledger of the first workspace.
    pub async fn ledger(&self, admin: &mut Connection) -> Result<Value, Failure> {
        let body = admin.get("/api/v1/ledger?workspace=tenant-0", ADMIN_TOKEN).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    /// A connection to the management API.
    pub fn admin(&self) -> Connection {
        Connection::to(self.admin)
    }

    /// Bytes of the database and of its write-ahead log.
    pub fn stored(&self) -> (u64, u64) {
        let store = self.folder.path().join("data");
        let length = |name: &str| fs::metadata(store.join(name)).map_or(0, |data| data.len());
        (length("kopru.db"), length("kopru.db-wal"))
    }

    /// Bytes that the process has had written to disks since it started.
    pub fn written(&self) -> u64 {
        written_by(self.child.id())
    }

    fn log(&self) -> String {
        last_lines(self.folder.path())
    }
}

impl Drop for Site {
    #[expect(clippy::disallowed_methods, reason = "dropping cannot wait for a timer")]
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let told = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && told.elapsed() < END_WITHIN {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a service whose configuration is in this folder.
pub fn serve(binary: &Path, folder: &Path) -> Result<Child, Failure> {
    let log = fs::OpenOptions::new().append(true).create(true).open(folder.join("log"))?;
    let child = Command::new(binary)
        .args(["serve", "--config"])
        .arg(folder.join("kopru.toml"))
        .env("KOPRU_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok(child)
}

/// What a process has used and holds.
pub fn usage_of(process: u32) -> Result<Usage, Failure> {
    let process = Path::new("/proc").join(process.to_string());
    let stat = fs::read_to_string(process.join("stat"))?;
    let status = fs::read_to_string(process.join("status"))?;
    let number = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).unwrap_or(0.0)
    };
    Ok(Usage {
        cpu_s: cpu_s(&stat),
        resident_mib: number("VmRSS:") / 1024.0,
        peak_mib: number("VmHWM:") / 1024.0,
        descriptors: fs::read_dir(process.join("fd"))?.count(),
        threads: number("Threads:") as usize,
    })
}

/// CPU seconds of the threads that there are, by name.
pub fn cpu_by_thread_of(process: u32) -> Result<BTreeMap<String, f64>, Failure> {
    let mut seconds = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while it is looked at.
        let Ok(stat) = fs::read_to_string(thread?.path().join("stat")) else { continue };
        let name = stat.split_once('(').and_then(|(_, rest)| Some(rest.rsplit_once(')')?.0));
        *seconds.entry(name.unwrap_or_default().to_owned()).or_default() += cpu_s(&stat);
    }
    Ok(seconds)
}

/// Bytes that a process has had written to disks since it started.
pub fn written_by(process: u32) -> u64 {
    let told = fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

/// CPU seconds of a process or thread.
fn cpu_s(stat: &str) -> f64 {
    // The name, in brackets, may hold spaces; after it, CPU times are the 12th and 13th field.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}

/// Writes a configuration in the words that this binary knows.
pub fn write_understood(
    binary: &Path,
    folder: &Path,
    configuration: impl Fn(&str) -> String,
) -> Result<(), Failure> {
    let file = folder.join("kopru.toml");
    // The older way of saying it is the last one: if that is wrong as well, the service says why.
    for consent in CONSENT {
        fs::write(&file, configuration(consent))?;
        if is_understood(binary, &file)? {
            break;
        }
    }
    Ok(())
}

/// The end of what the service with this folder has said.
pub fn last_lines(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

/// Whether this binary takes the configuration.
fn is_understood(binary: &Path, file: &Path) -> Result<bool, Failure> {
    let checked = Command::new(binary).args(["check", "--offline", "--config"]).arg(file).output()?;
    Ok(checked.status.success())
}

fn configuration(
    stub: &Stub,
    doors: SocketAddr,
    admin: SocketAddr,
    folder: &Path,
    consent: &str,
    (workspaces, accounts_each): (usize, usize),
) -> String {
    let mut text = format!(
        "[server]\nlisten = \"{doors}\"\nadmin_listen = \"{admin}\"\n\
         admin_token = \"{ADMIN_TOKEN}\"\n[store]\npath = \"{}\"\n",
        folder.join("data").display()
    );
    for workspace in 0..workspaces {
        let _ = write!(
            text,
            "[[workspace]]\nname = \"tenant-{workspace}\"\ncountry = \"TR\"\ncurrency = \"TRY\"\n\
             {consent}\n\
             [[workspace.dataset]]\nid = \"{}\"\ntoken = \"meta-token-of-a-benchmark\"\n\
             whatsapp_business_account_id = \"{}\"\ngraph_url = \"http://{}\"\nroutes = [\"messaging\"]\n\
             [[workspace.rule]]\nid = \"sale\"\nstage = \"won\"\nsend = \"Purchase\"\n\
             [[workspace.source]]\nkind = \"whatsapp\"\nkey = \"{}\"\napp_secret = \"{APP_SECRET}\"\n",
            dataset(workspace),
            waba(workspace),
            stub.meta,
            whatsapp_key(workspace),
        );
        for account in 0..accounts_each {
            let _ = write!(
                text,
                "[[workspace.source]]\nkind = \"kommo\"\nkey = \"{}\"\naccount = \"http://{}\"\n\
                 token = \"kommo-token-of-a-benchmark\"\n",
                kommo_key(workspace, account),
                stub.accounts[workspace * accounts_each + account],
            );
        }
    }
    text
}
