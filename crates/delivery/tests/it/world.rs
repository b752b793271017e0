//! A store with queued conversions, a sandbox, and clocks that can be moved.
//!
//! The tests' own time stands still until it is moved, so that no test waits for a wait. The sandbox lives
//! in a runtime of its own, in ordinary time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use delivery::{Graph, Lane, Target};
use kopru_core::{Conversion, DealKey, Decision, Effect, Fact, Link, Outcome, State, WorkspaceId};
use outgoing::Clients;
use sandbox::{Click, Fault, Options, Running, Sandbox, SimulatedDataset};
use serde_json::{Value, json};
use store::{Clock, DataKey, Decided, HotPath, Lease, Pause, Sqlite, cold::Listed};
use testkit::{PATIENCE, breathe, until};
use tokio::{runtime::Runtime, sync::watch, task::JoinHandle};

use crate::watched::Watched;

pub const DATASET: &str = "700100";
pub const TOKEN: &str = "EAAB_token_abc";
const WABA: &str = "100200300400500";
const CLICK: &str = "ARA_click";

pub struct World {
    pub store: Arc<Sqlite>,
    /// The same store, as the lanes see it.
    pub watched: Arc<Watched>,
    pub workspace: WorkspaceId,
    pub lease: Lease,
    pub sandbox: Sandbox,
    pub running: Running,
    pub clock: Clock,
    ahead_ms: Arc<AtomicI64>,
    elsewhere: Option<Runtime>,
    _folder: tempfile::TempDir,
    _still: mpsc::Sender<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(elsewhere) = self.elsewhere.take() {
            elsewhere.shutdown_background();
        }
        tokio::time::resume();
    }
}

/// A lane that runs.
pub struct Ran {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Ran {
    pub async fn stop(self) {
        self.tell();
        self.ended().await;
    }

    /// Tells it to stop.
    pub fn tell(&self) {
        self.stop.send_replace(true);
    }

    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    pub async fn ended(self) {
        until("the lane has ended", async || self.has_ended()).await;
        self.task.await.unwrap();
    }
}

impl World {
    pub async fn new() -> Self {
        tokio::time::pause();
        // Paused time runs by itself when nothing is to do, but not while a thread is at work.
        let (still, moves) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || moves.recv());
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(folder.path(), &DataKey::generate().unwrap()).unwrap());
        let workspace = store.workspace("acme").await.unwrap();
        let lease = store.lease(workspace).await.unwrap();
        let sandbox = Sandbox::new(Options::default());
        let elsewhere =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let running = {
            let sandbox = sandbox.clone();
            let serving = async move { sandbox.serve("127.0.0.1:0".parse().unwrap()).await };
            elsewhere.spawn(serving).await.unwrap().unwrap()
        };
        sandbox.add_click(Click {
            ctwa_clid: CLICK.into(),
            waba_id: WABA.into(),
            ad_id: "1".into(),
            ..Click::default()
        });
        let ahead_ms = Arc::new(AtomicI64::new(0));
        let clock = {
            let (ahead_ms, now) = (Arc::clone(&ahead_ms), Clock::system());
            Clock::new(move || now.now_ms() + ahead_ms.load(Ordering::Relaxed)).trusted()
        };
        let world = Self {
            watched: Arc::new(Watched::new(Arc::clone(&store))),
            store,
            workspace,
            lease,
            sandbox,
            running,
            clock,
            ahead_ms,
            elsewhere: Some(elsewhere),
            _folder: folder,
            _still: still,
        };
        world.open_dataset(DATASET, TOKEN);
        world
    }

    /// Lets a dataset accept this token.
    pub fn open_dataset(&self, id: &str, token: &str) {
        let (id, token, waba_id) = (id.to_owned(), token.to_owned(), Some(WABA.to_owned()));
        self.sandbox.add_dataset(SimulatedDataset { id, token, waba_id, ..SimulatedDataset::default() });
    }

    pub fn target(&self, dataset: &str) -> Target {
        Target {
            graph_url: self.running.url(),
            graph_version: "v26.0".into(),
            dataset: dataset.into(),
            token: TOKEN.into(),
            app_secret: None,
            allow_insecure: false,
        }
    }

    /// A clock that shows the same and has to be confirmed.
    pub fn doubt_clock(&mut self) {
        let (ahead_ms, now) = (Arc::clone(&self.ahead_ms), Clock::system());
        self.clock = Clock::new(move || now.now_ms() + ahead_ms.load(Ordering::Relaxed));
    }

    /// Moves the wall clock alone.
    pub fn turn_clock(&self, by_ms: i64) {
        self.ahead_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    pub fn run(&self, dataset: &str) -> Ran {
        self.run_to(&self.target(dataset))
    }

    pub fn run_to(&self, target: &Target) -> Ran {
        let graph = Graph::new(target, &Clients::new().unwrap()).unwrap();
        let store = Arc::clone(&self.watched);
        let lane = Lane::new(store, self.lease, target.dataset.clone(), graph, self.clock.clone());
        let (stop, stopping) = watch::channel(false);
        Ran { stop, task: tokio::spawn(lane.run(stopping)) }
    }

    /// Lets time pass. A request that is under way is answered first, because its answer does not take
    /// that long.
    pub async fn advance(&self, by: Duration) {
        until("no request is under way", async || !self.watched.is_under_way()).await;
        self.advance_anyway(by).await;
    }

    /// Lets time pass, also for a request that is under way.
    pub async fn advance_anyway(&self, by: Duration) {
        self.turn_clock(i64::try_from(by.as_millis()).unwrap());
        // Timers round up, and ordinary time has passed as well.
        tokio::time::advance(by + Duration::from_millis(100)).await;
        breathe().await;
    }

    /// Lets time pass in such steps until something holds.
    pub async fn advance_until(&self, what: &str, step: Duration, holds: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        self.advance(step).await;
        while !holds().await {
            assert!(begun.elapsed() < PATIENCE, "waited too long until {what}");
            self.advance(step).await;
        }
    }

    pub fn now_s(&self) -> i64 {
        self.clock.now_ms() / 1000
    }

    /// Queues these events for a dataset, in this order.
    pub async fn put(&self, dataset: &str, events: impl IntoIterator<Item = Value>) {
        let events: Vec<Value> = events.into_iter().collect();
        let now_ms = self.clock.now_ms();
        let nothing = Fact::Link(Link { who: Vec::new(), at_s: now_ms / 1000 });
        self.store.append(self.workspace, "whatsapp", now_ms, vec![nothing; events.len()]).await.unwrap();
        let work = self.store.take(self.lease, events.len(), now_ms).await.unwrap();
        assert_eq!(work.facts.len(), events.len());
        let decisions = work
            .facts
            .iter()
            .zip(&events)
            .map(|(fact, event)| Decision {
                seq: fact.seq,
                outcome: Outcome::Used,
                effects: vec![Effect::Create(conversion(dataset, event, now_ms))],
            })
            .collect();
        self.store.apply(self.lease, Decided { decisions, now_ms, ..Decided::default() }).await.unwrap();
    }

    /// A good event.
    pub fn event(&self, id: impl std::fmt::Display) -> Value {
        json!({
            "event_name": "LeadSubmitted", "event_time": self.now_s() - 60, "event_id": id.to_string(),
            "action_source": "business_messaging", "messaging_channel": "whatsapp",
            "user_data": { "whatsapp_business_account_id": WABA, "ctwa_clid": CLICK },
        })
    }

    /// An event that Meta refuses without saying which one it means.
    pub fn bad_event(&self, id: impl std::fmt::Display) -> Value {
        let mut event = self.event(id);
        event["user_data"]["ctwa_clid"] = json!("no such click");
        event
    }

    /// An event that Meta refuses by its place in the request.
    pub fn nameless_event(&self, id: impl std::fmt::Display) -> Value {
        let mut event = self.event(id);
        event["event_name"] = json!("");
        event
    }

    /// All conversions, oldest first.
    pub async fn all(&self) -> Vec<Listed> {
        let mut all = self.store.conversions(self.workspace, None, 10_000).await.unwrap();
        all.reverse();
        all
    }

    pub async fn count(&self, state: State) -> usize {
        self.all().await.iter().filter(|one| one.conversion.state == state).count()
    }

    pub async fn pause(&self) -> Option<Pause> {
        self.store.paused(self.lease, DATASET).await.unwrap()
    }

    /// The ids of what the sandbox accepted, in order.
    pub fn accepted_ids(&self) -> Vec<String> {
        self.sandbox
            .graph_events()
            .iter()
            .map(|accepted| accepted.event["event_id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn requests(&self) -> usize {
        self.sandbox.graph_requests().len()
    }

    pub async fn until_count(&self, state: State, count: usize) {
        until(&format!("{count} are {state:?}"), async || self.count(state).await == count).await;
    }

    pub async fn until_paused(&self) -> Pause {
        until("it is paused", async || self.pause().await.is_some()).await;
        self.pause().await.unwrap()
    }
}

/// An answer of Meta's with an error.
pub fn error(code: u32) -> Fault {
    let body = json!({ "error": { "code": code, "message": "scripted", "fbtrace_id": "A1" } }).to_string();
    Fault::Answer { status: 400, body }
}

pub fn page(status: u16) -> Fault {
    Fault::Answer { status, body: "<html><h1>Sorry</h1></html>".into() }
}

fn conversion(dataset: &str, event: &Value, now_ms: i64) -> Conversion {
    let id = event["event_id"].as_str().unwrap().to_owned();
    Conversion {
        event: "Lead".into(),
        name: "LeadSubmitted".into(),
        rule: "qualified".into(),
        deal: DealKey { origin: "kommo:acme".into(), id: id.clone() },
        event_id: id,
        event_s: event["event_time"].as_i64().unwrap(),
        received_ms: now_ms,
        with_value: false,
        value: None,
        currency: None,
        dataset: Some(dataset.into()),
        ad_id: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        // The body itself, for one that no JSON value can show.
        body: Some(event["raw"].as_str().map_or_else(|| event.to_string(), str::to_owned)),
        detail: None,
    }
}
