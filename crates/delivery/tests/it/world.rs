//! A store with queued conversions, a sandbox, and clocks that can be moved.
//!
//! The tests' own time stands still until it is moved, so that no test waits for a wait. The sandbox lives
//! in a runtime of its own, in ordinary time.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use delivery::{Graph, Lane, Scopes, Target};
use kopru_core::{
    Cause, Channel, Consent, Conversion, Dataset, DealKey, Decision, Effect, Fact, Identity, Link, Mode, Now,
    Outcome, Policy, Route, RouteKind, Sent, State, WorkspaceId, make_body,
};
use outgoing::Clients;
use sandbox::{Click, Fault, Options, Running, Sandbox, SimulatedDataset};
use serde_json::{Value, json};
use store::{
    Clock, DataKey, Decided, DecisionStore, FactStore, LaneKey, Lease, Member, OutcomeOf, Pause, PauseScope,
    QueueStore, Settled, Sqlite, Store, Views, views::Listed,
};
use testkit::{PATIENCE, breathe, until};
use tokio::{runtime::Runtime, sync::watch, task::JoinHandle};

use crate::watched::Watched;

pub const DATASET: &str = "700100";
/// Another dataset of the same business.
pub const OTHER: &str = "700200";
pub const TOKEN: &str = "EAAB_token_abc";
pub const CHAT: Route = Route::Messaging(Channel::Whatsapp);
pub const WABA: &str = "100200300400500";
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
    pub policy: Policy,
    /// What the lanes of this process tell each other.
    pub limits: Scopes,
    /// What may be paused.
    scopes: Mutex<BTreeSet<PauseScope>>,
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

    /// The panic with which it ended.
    pub async fn panicked(self) -> Box<dyn std::any::Any + Send> {
        until("the lane has ended", async || self.has_ended()).await;
        self.task.await.unwrap_err().into_panic()
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
            policy: policy(),
            limits: Scopes::new(),
            scopes: Mutex::new(BTreeSet::from([PauseScope::Dataset(DATASET.into())])),
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
            test_event_code: None,
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
        self.run_by(CHAT, target)
    }

    /// Runs the lane of a route.
    pub fn run_by(&self, route: Route, target: &Target) -> Ran {
        let graph = Graph::new(target, &Clients::new().unwrap()).unwrap();
        let lane = LaneKey { dataset: target.dataset.clone(), route };
        self.scopes.lock().unwrap().extend([
            PauseScope::App(name_of(target.app_secret.as_deref().unwrap_or(&target.token))),
            PauseScope::Token(name_of(&target.token)),
            PauseScope::Dataset(target.dataset.clone()),
            PauseScope::Lane(lane.clone()),
        ]);
        let (store, policy) = (Arc::clone(&self.watched), Arc::new(self.policy.clone()));
        let lane = Lane::new(store, self.lease, lane, policy, graph, self.clock.clone(), self.limits.clone());
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

    /// The same, also for requests that are under way.
    pub async fn advance_anyway_until(&self, what: &str, step: Duration, holds: impl AsyncFn() -> bool) {
        let stepped = async || {
            self.advance_anyway(step).await;
            holds().await
        };
        until(what, stepped).await;
    }

    pub fn now_s(&self) -> i64 {
        self.clock.now_ms() / 1000
    }

    /// Queues these events for a dataset, in this order.
    pub async fn put(&self, dataset: &str, events: impl IntoIterator<Item = Conversion>) {
        let to = |event| Effect::Create(Conversion { dataset: Some(dataset.into()), ..event });
        apply(&self.store, self.lease, events.into_iter().map(to), self.clock.now_ms()).await;
    }

    /// Makes the bytes of queued events what an attempt without an answer has left behind.
    pub async fn freeze(&self, dataset: &str, bytes: impl IntoIterator<Item = (String, String)>) {
        let (lane, now_ms) = (LaneKey { dataset: dataset.into(), route: CHAT }, self.clock.now_ms());
        let queued = self.store.claim(self.lease, &lane, 10_000, now_ms).await.unwrap().ready;
        let member = |(id, body): (String, String)| {
            let one = queued.iter().find(|one| one.conversion.event_id == id).unwrap();
            Member {
                number: one.number,
                revision: one.revision,
                body,
                carried: String::new(),
                may_count_twice: false,
            }
        };
        let members: Vec<Member> = bytes.into_iter().map(member).collect();
        let settled = Settled::Unknown { due_ms: None, reply: None, may_count_twice: false };
        let outcome = |one: &Member| OutcomeOf { number: one.number, settled: settled.clone() };
        let outcomes = members.iter().map(outcome).collect();
        let opened = self.store.open(self.lease, &lane, members, now_ms).await.unwrap();
        assert!(opened.moved.is_empty());
        self.store.settle(self.lease, &lane, Some(opened.attempt), outcomes, now_ms).await.unwrap();
    }

    /// Queues events that Meta refuses by their place in the request. Nothing like it is made: their bytes
    /// have left before.
    pub async fn put_nameless(&self, dataset: &str, ids: impl IntoIterator<Item = usize>) {
        let ids: Vec<usize> = ids.into_iter().collect();
        self.put(dataset, ids.iter().map(|id| self.event(id))).await;
        let nameless = |id: &usize| {
            let event = Conversion { dataset: Some(dataset.into()), ..self.event(id) };
            let mut body = self.body_of(&event);
            body["event_name"] = json!("");
            (id.to_string(), body.to_string())
        };
        self.freeze(dataset, ids.iter().map(nameless)).await;
    }

    /// What Meta gets of an event now.
    pub fn body_of(&self, event: &Conversion) -> Value {
        let made = make_body(event, &self.policy, Now::from(self.clock.now_ms())).unwrap();
        serde_json::from_str(&made.body).unwrap()
    }

    /// A good event.
    pub fn event(&self, id: impl std::fmt::Display) -> Conversion {
        conversion(&id.to_string(), self.now_s() - 60, self.clock.now_ms())
    }

    /// An event of the other route.
    pub fn lead(&self, id: impl std::fmt::Display) -> Conversion {
        let identity = Some(Identity::Lead { lead_id: "1234567890123456".into() });
        Conversion { route: Route::Lead, name: "Lead".into(), identity, ..self.event(id) }
    }

    /// An event that Meta refuses without saying which one it means.
    pub fn bad_event(&self, id: impl std::fmt::Display) -> Conversion {
        let identity = Identity::Click { account: WABA.into(), click_id: "no such click".into() };
        Conversion { identity: Some(identity), ..self.event(id) }
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

    /// All pauses of whatever has run.
    pub async fn pauses(&self) -> Vec<(PauseScope, Pause)> {
        let scopes: Vec<PauseScope> = self.scopes.lock().unwrap().iter().cloned().collect();
        self.store.paused(self.lease, &scopes).await.unwrap()
    }

    pub async fn pause(&self) -> Option<Pause> {
        let mut pauses = self.pauses().await;
        assert!(pauses.len() <= 1, "{pauses:?}");
        pauses.pop().map(|(_, pause)| pause)
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

/// Applies effects, each with a fact of its own.
pub async fn apply(store: &Sqlite, lease: Lease, effects: impl IntoIterator<Item = Effect>, now_ms: i64) {
    let effects: Vec<Effect> = effects.into_iter().collect();
    let nothing = Fact::Link(Link { who: Vec::new(), at_s: now_ms / 1000, ..Link::default() });
    store.append(lease.workspace, "whatsapp", now_ms, vec![nothing; effects.len()]).await.unwrap();
    let work = store.take(lease, effects.len(), now_ms).await.unwrap();
    assert_eq!(work.facts.len(), effects.len());
    let decision = |(seq, effect)| Decision { seq, outcome: Outcome::Used, effects: vec![effect] };
    let decisions = work.facts.iter().map(|fact| fact.seq).zip(effects).map(decision).collect();
    store.apply(lease, Decided { decisions, now_ms, ..Decided::default() }).await.unwrap();
}

/// The name under which a secret is known.
pub fn name_of(secret: &str) -> String {
    capi::sha256_hex(secret.as_bytes())[..16].to_owned()
}

fn policy() -> Policy {
    let dataset = |id: &str| Dataset {
        id: id.into(),
        waba_id: Some(WABA.into()),
        mistaken_accounts: Vec::new(),
        routes: vec![RouteKind::Messaging, RouteKind::Lead],
        mode: Mode::Live,
        earlier_modes: Vec::new(),
        test: None,
        rules: capi::Rules::Both,
        appending: kopru_core::Appending::default(),
    };
    Policy {
        workspace: WorkspaceId(1),
        currency: None,
        consent: Consent::Elsewhere,
        consent_since_s: None,
        restored: None,
        rules: Vec::new(),
        datasets: vec![dataset(DATASET), dataset(OTHER)],
    }
}

fn conversion(id: &str, event_s: i64, now_ms: i64) -> Conversion {
    Conversion {
        event_id: id.into(),
        event: "Lead".into(),
        name: "LeadSubmitted".into(),
        rule: "qualified".into(),
        cause: Cause::Deal(DealKey { origin: "kommo:acme".into(), id: id.into() }),
        route: CHAT,
        event_s,
        received_ms: now_ms,
        worth: None,
        value: None,
        currency: None,
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: None,
        ad_id: None,
        consent: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        released: false,
        identity: Some(Identity::Click { account: WABA.into(), click_id: CLICK.into() }),
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    }
}
