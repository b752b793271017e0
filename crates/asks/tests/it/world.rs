//! A store with open questions, a sandbox, and a clock that can be moved.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use asks::{DriftNotices, HookKey, Hosts, Inquirer, RestNotices, Resting};
use kopru_core::{
    Catalogue, Consent, DealKey, DealRead, Fact, JoinKey, Question, StageId, Wanted, WorkspaceId,
};
use outgoing::Clients;
use sandbox::{Contact, Deal, Options, Running, Sandbox};
use sources::{Drift, Kommo, Tenant, Upstream};
use store::{AskDue, AskStore, Clock, DataKey, DecisionStore, Sqlite, Store, Views, Wakes, views::Problem};
use testkit::until;
use tokio::{sync::watch, task::JoinHandle};

pub const TOKEN: &str = "kommo-sandbox-token";
/// Deals and contacts that the sandbox has.
pub const DEALS: u64 = 200;

pub struct World {
    pub store: Arc<Sqlite>,
    pub workspace: WorkspaceId,
    pub sandbox: Sandbox,
    pub running: Running,
    pub hosts: Hosts,
    pub clock: Clock,
    ahead_ms: Arc<AtomicI64>,
    /// What inquirers have said of their accounts, in order.
    rests: Arc<Mutex<Vec<Option<Resting>>>>,
    /// What is missing of the account that was read last.
    drifts: Arc<Mutex<Vec<Drift>>>,
    pub folder: tempfile::TempDir,
}

/// An inquirer that runs.
pub struct Ran {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Ran {
    pub async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(5), self.task).await.unwrap().unwrap();
    }

    /// Drops it in the middle of what it does.
    pub async fn drop_it(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(folder.path(), &DataKey::generate().unwrap()).unwrap());
        let workspace = store.workspace("acme").await.unwrap();
        let sandbox = Sandbox::new(Options::default());
        let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        for id in 1..=DEALS {
            sandbox.put_contact(Contact { id: 1000 + id, phones: vec![phone(id)], ..Contact::default() });
            sandbox.put_deal(Deal {
                id,
                pipeline_id: 10,
                status_id: 101,
                contact_ids: vec![1000 + id],
                created_at: 1_780_000_000,
                ..Deal::default()
            });
        }
        let ahead_ms = Arc::new(AtomicI64::new(0));
        let clock = {
            let (ahead_ms, now) = (Arc::clone(&ahead_ms), Clock::system());
            Clock::new(move || now.now_ms() + ahead_ms.load(Ordering::Relaxed)).trusted()
        };
        Self {
            store,
            workspace,
            sandbox,
            running,
            hosts: Hosts::new(Clients::new().unwrap()),
            clock,
            ahead_ms,
            rests: Arc::default(),
            drifts: Arc::default(),
            folder,
        }
    }

    /// What was said last of an account that is not asked for a while.
    pub fn resting(&self) -> Option<Resting> {
        self.rests.lock().unwrap().last().cloned().flatten()
    }

    pub fn origin(&self) -> String {
        Kommo::at(&self.running.url(), "").origin
    }

    /// What is missing of the account, as it was said last.
    pub fn drifts(&self) -> Vec<Drift> {
        self.drifts.lock().unwrap().clone()
    }

    pub fn run(&self) -> Ran {
        self.run_with(&self.running.url(), self.workspace, TOKEN)
    }

    /// Asks at this address; whatever it is, the account is the sandbox's.
    pub fn run_with(&self, url: &str, workspace: WorkspaceId, token: &str) -> Ran {
        self.run_upstream(Arc::new(Kommo { origin: self.origin(), ..Kommo::at(url, token) }), workspace)
    }

    pub fn run_upstream(&self, upstream: Arc<dyn Upstream>, workspace: WorkspaceId) -> Ran {
        let inquirer = Inquirer {
            store: self.store.clone(),
            tenant: Tenant {
                workspace,
                join: JoinKey::new(&[7; 32]),
                country: None,
                consent: Consent::Elsewhere,
                wanted: Wanted::default(),
            },
            host: self.hosts.of(&*upstream).unwrap(),
            upstream,
            clock: self.clock.clone(),
            rests: RestNotices::new({
                let rests = Arc::clone(&self.rests);
                move |rest| rests.lock().unwrap().push(rest)
            }),
            hook_key: HookKey("hook-key-of-the-tests".to_owned()),
            drifts: DriftNotices::new({
                let drifts = Arc::clone(&self.drifts);
                move |all| *drifts.lock().unwrap() = all
            }),
        };
        let (stop, stopping) = watch::channel(false);
        Ran { stop, task: tokio::spawn(inquirer.run(stopping)) }
    }

    /// Moves the clock and wakes nobody.
    pub fn jump(&self, by: Duration) {
        self.ahead_ms.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Moves the clock and wakes who waits for it.
    pub fn advance(&self, by: Duration) {
        self.jump(by);
        self.store.wakeups().wake_asks(self.workspace, &self.origin());
    }

    pub fn key(&self, id: impl std::fmt::Display) -> DealKey {
        DealKey { origin: self.origin(), id: id.to_string() }
    }

    pub fn about_deal(&self, id: impl std::fmt::Display) -> Question {
        Question::Deal { deal: self.key(id) }
    }

    pub fn about_contact(&self, id: impl std::fmt::Display) -> Question {
        Question::Contact { origin: self.origin(), id: id.to_string() }
    }

    pub fn about_log(&self, id: impl std::fmt::Display) -> Question {
        let stage = StageId { pipeline: "10".into(), status: "101".into() };
        Question::StageLog { deal: self.key(id), stage }
    }

    pub async fn ask(&self, question: Question) {
        self.store.ask(self.workspace, question, self.clock.now_ms()).await.unwrap();
    }

    /// Questions that are open, due or not.
    pub async fn open(&self) -> Vec<AskDue> {
        self.store.asks_due(&self.origin(), &[self.workspace], 10_000, i64::MAX).await.unwrap()
    }

    pub async fn until_answered(&self) {
        until("every question is answered", async || self.open().await.is_empty()).await;
    }

    /// Every fact that came in.
    pub async fn facts(&self) -> Vec<Fact> {
        let lease = self.store.lease(self.workspace).await.unwrap();
        let work = self.store.take(lease, 10_000, self.clock.now_ms()).await.unwrap();
        work.facts.into_iter().map(|incoming| incoming.fact).collect()
    }

    pub async fn deals(&self) -> Vec<DealRead> {
        let deal = |fact| if let Fact::Deal(deal) = fact { Some(deal) } else { None };
        self.facts().await.into_iter().filter_map(deal).collect()
    }

    pub async fn catalogues(&self) -> Vec<Catalogue> {
        let catalogue = |fact| if let Fact::Catalogue(one) = fact { Some(one) } else { None };
        self.facts().await.into_iter().filter_map(catalogue).collect()
    }

    /// How many questions failed, and with what.
    pub async fn unanswered(&self) -> Option<(i64, String)> {
        let problems = self.store.problems(self.workspace).await.unwrap();
        problems.into_iter().find_map(|problem| match problem {
            Problem::Unanswered { questions, error, .. } => Some((questions, error)),
            Problem::Paused { .. } | Problem::NumbersAgain { .. } => None,
        })
    }

    /// No second had more requests than Kommo takes, and none was refused for that.
    pub fn assert_polite(&self) {
        let requests = self.sandbox.kommo_requests();
        assert!(requests.iter().all(|request| request.status != 429), "{requests:#?}");
        let times: Vec<i64> = requests.iter().map(|request| request.received_at_ms).collect();
        for window in times.windows(8) {
            assert!(window[7] - window[0] >= 1000, "8 requests within a second: {window:?}");
        }
    }
}

fn phone(id: u64) -> String {
    format!("+90532000{id:04}")
}
