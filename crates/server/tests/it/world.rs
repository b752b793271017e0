//! A store, its doors and its admin listener.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use kopru_core::{
    Cause, Channel, Consent, Conversion, Deal, DealKey, Decision, Effect, Fact, Identity, Link, Outcome,
    Policy, Reason, Repeat, Route, Rule, Sent, State, Trigger, Unmade, Wanted, WorkspaceId, Worth,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use reqwest::{Client, Response, StatusCode, redirect};
use sandbox::hooks::sign;
use server::{
    Admin, AdminParts, ApiKeys, ApplyRequest, DoorParts, Doors, Health, Hook, Listening, OpenDoors, Proxies,
    WorkspaceView, listen,
};
use sha2::{Digest, Sha256};
use sources::{Directory, Kommo, Received, Request, Source, Tenant, Whatsapp};
use store::{
    Clock, DataKey, Decided, DecisionStore, FactStore, LaneKey, Lease, Member, OutcomeOf, PauseScope,
    QueueStore, SetAside, Settled, Sqlite, Store, Views, views::Ledger,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

use crate::{browsers, web::shop};

pub const WHATSAPP: &str = "whatsapp-key";
pub const KOMMO: &str = "kommo-key";
pub const APP_SECRET: &str = "app secret";
pub const VERIFY_TOKEN: &str = "verify me";
pub const ADMIN_TOKEN: &str = "an admin token of thirty-two characters";
/// A name under which the admin listener may be called.
pub const ADMIN_HOST: &str = "kopru.example.com";

/// The hook of [`Echo`].
pub const ECHO: &str = "echo-hook-key-0123456789";

fn kommo() -> Kommo {
    Kommo::at("https://acme.kommo.com", "token")
}

/// A source that answers what it was handed, with a cookie, and keeps a fact for each line of a body.
#[derive(Debug)]
struct Echo;

impl Source for Echo {
    fn receive(&self, request: &Request<'_>, directory: &Directory) -> Received {
        let tenant = directory.only().unwrap();
        let body = std::str::from_utf8(request.body).unwrap();
        if body == "refuse" {
            let reply =
                sources::reply(StatusCode::BAD_REQUEST, "application/json", r#"{"error":"as you wish"}"#);
            return Received::Refused { reason: "too_many", reply };
        }
        let said = serde_json::json!({
            "method": request.method.as_str(), "uri": request.uri, "rest": request.rest,
            "query": request.query, "peer": request.peer, "cookie": request.cookie("seen"),
            "lines": body.lines().count(),
        });
        let fact = |line: &str| {
            let who = vec![tenant.join.phone(line)];
            (tenant.workspace, Fact::Link(Link { who, at_s: request.received_ms / 1000, ..Link::default() }))
        };
        let mut reply = sources::reply(StatusCode::CREATED, "application/json", said.to_string());
        reply.headers_mut().insert("set-cookie", "seen=yes; HttpOnly".parse().unwrap());
        Received::Taken { facts: body.lines().map(fact).collect(), reply }
    }
}

pub struct World {
    pub store: Arc<Sqlite>,
    /// Where another configuration can be put in.
    pub opened: Arc<Doors>,
    pub workspace: WorkspaceId,
    pub lease: Lease,
    pub client: Client,
    pub doors: Listening,
    pub admin: Listening,
    pub health: Arc<Health>,
    pub keys: Arc<ApiKeys>,
    /// What is asked of whoever has the configuration.
    pub applies: mpsc::Receiver<ApplyRequest>,
    counts: JoinHandle<()>,
    stop: watch::Sender<bool>,
    /// Where the store is; deleted with its last owner.
    pub folder: Arc<tempfile::TempDir>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(ADMIN_TOKEN, &["acme"]).await
    }

    /// With this admin token and these workspaces; the hooks are the first one's.
    pub async fn with(admin_token: &str, names: &[&str]) -> Self {
        Self::behind(&[], admin_token, names).await
    }

    /// Behind these proxies as well.
    pub async fn behind(proxies: &[&str], admin_token: &str, names: &[&str]) -> Self {
        Self::by(Clock::system().trusted(), proxies, admin_token, names).await
    }

    /// By this clock.
    pub async fn by(clock: Clock, proxies: &[&str], admin_token: &str, names: &[&str]) -> Self {
        recorder();
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let key = DataKey::generate().unwrap();
        let store = Arc::new(Sqlite::open(folder.path(), &key).unwrap());
        let (mut views, mut datasets, mut pixels) = (Vec::new(), Vec::new(), Vec::new());
        for name in names {
            let id = store.workspace(name).await.unwrap();
            views.push(view(id, name));
            let doors = shop::doors(name, &tenant(&store, id).await);
            pixels.push(browsers::tag(name, &doors[0]));
            datasets.extend(doors);
        }
        let workspace = views[0].id;
        let lease = store.lease(workspace).await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let whatsapp = Whatsapp { verify_token: Some(VERIFY_TOKEN.into()), app_secret: APP_SECRET.into() };
        let tenant = tenant(&store, workspace).await;
        let hook = |kind, source| Hook {
            workspace,
            workspace_name: names[0].into(),
            kind,
            source,
            directory: Directory::Workspace(tenant.clone()),
        };
        let hooks: [(String, Hook); 3] = [
            (WHATSAPP.into(), hook("whatsapp", Arc::new(whatsapp))),
            (KOMMO.into(), hook("kommo", Arc::new(kommo()))),
            (ECHO.into(), hook("echo", Arc::new(Echo))),
        ];
        let proxies = Proxies::new(proxies.iter().map(|network| network.parse().unwrap()).collect());
        let health = Arc::new(Health::default());
        let keys = ApiKeys::load(store.clone()).await.unwrap();
        let doors = Doors::new(DoorParts {
            store: store.clone(),
            keys: Arc::clone(&keys),
            open: OpenDoors {
                public_url: Some("https://convert.example.com".into()),
                hooks: hooks.into(),
                datasets,
                pixels,
            },
            proxies: Arc::clone(&proxies),
            health: Arc::clone(&health),
            clock: clock.clone(),
        });
        let (apply, applies) = mpsc::channel(1);
        let admin = Admin::new(AdminParts {
            store: store.clone(),
            keys: Arc::clone(&keys),
            workspaces: views,
            token: Sha256::digest(admin_token.as_bytes()).into(),
            hosts: vec![ADMIN_HOST.into()],
            proxies: Arc::clone(&proxies),
            health: Arc::clone(&health),
            metrics: Box::new(|| recorder().render()),
            apply,
            clock,
        });
        let address = "127.0.0.1:0".parse().unwrap();
        let public = listen(address, doors.router(), Arc::clone(&proxies), stopping.clone()).await.unwrap();
        let admin = listen(address, admin.router(), proxies, stopping.clone()).await.unwrap();
        let counts = tokio::spawn(Arc::clone(&doors).keep_counts(stopping));
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self {
            store,
            opened: doors,
            workspace,
            lease,
            client,
            doors: public,
            admin,
            health,
            keys,
            applies,
            counts,
            stop,
            folder,
        }
    }

    pub fn door(&self, path: &str) -> String {
        format!("http://{}{path}", self.doors.address)
    }

    /// Posts a body to a webhook, signed as Meta does.
    pub async fn post(&self, key: &str, body: impl Into<String>) -> Response {
        let body = body.into();
        let signature = sign(APP_SECRET, body.as_bytes());
        self.post_signed(key, body, Some(&signature)).await
    }

    pub async fn post_signed(&self, key: &str, body: impl Into<String>, signature: Option<&str>) -> Response {
        let mut request = self.client.post(self.door(&format!("/hooks/{key}"))).body(body.into());
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        request.send().await.unwrap()
    }

    /// Asks the admin listener with the token.
    pub async fn get(&self, path: &str) -> Response {
        self.get_as(path, Some(("authorization", &format!("Bearer {ADMIN_TOKEN}")))).await
    }

    pub async fn get_as(&self, path: &str, header: Option<(&str, &str)>) -> Response {
        let mut request = self.client.get(format!("http://{}{path}", self.admin.address));
        if let Some((name, value)) = header {
            request = request.header(name, value.as_bytes());
        }
        request.send().await.unwrap()
    }

    pub async fn ledger(&self) -> Ledger {
        self.store.ledger(self.workspace).await.unwrap()
    }

    /// Every fact that came in.
    pub async fn facts(&self) -> Vec<Fact> {
        let work = self.store.take(self.lease, 1000, 0).await.unwrap();
        work.facts.into_iter().map(|incoming| incoming.fact).collect()
    }

    /// Keeps conversions as they are.
    /// Lets a queued conversion leave, and ends its attempt.
    pub async fn send(&self, number: u64, settled: Settled, now_ms: i64) {
        let member =
            Member { number, revision: 0, body: BODY.into(), carried: String::new(), may_count_twice: false };
        let lane = lane("700100");
        let opened = self.store.open(self.lease, &lane, vec![member], 0).await.unwrap();
        let outcomes = vec![OutcomeOf { number, settled }];
        self.store.settle(self.lease, &lane, Some(opened.attempt), outcomes, now_ms).await.unwrap();
    }

    pub async fn create(&self, conversions: impl IntoIterator<Item = Conversion>) {
        for conversion in conversions {
            let nothing = Fact::Link(Link { who: Vec::new(), at_s: 0, ..Link::default() });
            self.store.append(self.workspace, "kommo", 0, vec![nothing]).await.unwrap();
            let seq = self.store.take(self.lease, 1, 0).await.unwrap().facts[0].seq;
            let effects = vec![Effect::Create(conversion)];
            let decisions = vec![Decision { seq, outcome: Outcome::Used, effects }];
            let decided = Decided { decisions, now_ms: 1_780_000_010_000, ..Decided::default() };
            self.store.apply(self.lease, decided).await.unwrap();
        }
    }

    /// Has a deal fire a rule without an event, for a reason.
    pub async fn fire_without_an_event(&self, rule: &str, why: Reason, amount: &str) {
        let (event, currency) = ("Purchase".into(), Some("TRY".into()));
        let unmade = Unmade { event, why, amount: amount.parse().ok(), currency };
        let key = DealKey { origin: "kommo:acme".into(), id: "77".into() };
        let deal = Deal { unmade: [(rule.to_owned(), unmade)].into(), ..Deal::new(key) };
        let nothing = Fact::Link(Link { who: Vec::new(), at_s: 0, ..Link::default() });
        self.store.append(self.workspace, "kommo", 0, vec![nothing]).await.unwrap();
        let seq = self.store.take(self.lease, 1, 0).await.unwrap().facts[0].seq;
        let decision = Decision { seq, outcome: Outcome::Used, effects: vec![Effect::SaveDeal(deal)] };
        let decided = Decided { decisions: vec![decision], now_ms: 0, ..Decided::default() };
        self.store.apply(self.lease, decided).await.unwrap();
    }

    /// Has everything that is undecided, or else a new fact, set aside for a reason.
    pub async fn set_one_aside(&self, why: &str) {
        let take = async || self.store.take(self.lease, 10, 0).await.unwrap().facts;
        let mut facts = take().await;
        if facts.is_empty() {
            let nothing = Fact::Link(Link { who: Vec::new(), at_s: 0, ..Link::default() });
            self.store.append(self.workspace, "kommo", 1_780_000_000_000, vec![nothing]).await.unwrap();
            facts = take().await;
        }
        let set_aside = facts.iter().map(|fact| SetAside { seq: fact.seq, why: why.into() }).collect();
        let decided = Decided { set_aside, now_ms: 1_780_000_010_000, ..Decided::default() };
        self.store.apply(self.lease, decided).await.unwrap();
    }

    /// Stops everything, and so writes down all counts.
    pub async fn stopped(self) -> Ledger {
        self.stop.send_replace(true);
        for task in [self.counts, self.doors.task, self.admin.task] {
            tokio::time::timeout(Duration::from_secs(20), task).await.unwrap().unwrap();
        }
        self.store.ledger(self.workspace).await.unwrap()
    }
}

/// What is measured in this process.
fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap())
}

pub async fn tenant(store: &Sqlite, workspace: WorkspaceId) -> Tenant {
    let join = store.join_key(workspace).await.unwrap();
    let country = Some("TR".to_owned());
    Tenant { workspace, join, country, consent: Consent::Elsewhere, wanted: Wanted::default() }
}

fn view(id: WorkspaceId, name: &str) -> WorkspaceView {
    let rule = Rule {
        id: "qualified <b>".into(),
        pipeline: None,
        trigger: Trigger::Named("Qualified <i>".into()),
        send: "Lead".into(),
        worth: None,
        repeat: Repeat::Once,
        since_s: None,
    };
    let policy = Policy {
        workspace: id,
        currency: None,
        consent_since_s: None,
        restored: None,
        consent: Consent::Elsewhere,
        rules: vec![rule],
        datasets: shop::datasets(name),
    };
    WorkspaceView {
        id,
        name: name.into(),
        country: Some("TR".into()),
        time_zone: jiff::tz::TimeZone::UTC,
        upstreams: vec![("kommo:acme".into(), Arc::new(kommo()))],
        policy: Arc::new(policy),
        lanes: vec![(lane("1"), vec![PauseScope::Lane(lane("1"))])],
    }
}

/// The bytes of [`conversion`], with a number that no rounding leaves as it is.
pub const BODY: &str = r#"{"event_name":"Purchase","custom_data":{"value":4999.90,"currency":"TRY"},"a":1}"#;

/// The lane of a dataset's chats.
pub fn lane(dataset: &str) -> LaneKey {
    LaneKey { dataset: dataset.into(), route: Route::Messaging(Channel::Whatsapp) }
}

/// A conversion in a state, for a reason.
pub fn conversion(id: &str, state: State, reason: Option<Reason>) -> Conversion {
    Conversion {
        event_id: id.into(),
        event: "Purchase".into(),
        name: "Purchase".into(),
        rule: "sale".into(),
        cause: Cause::Deal(DealKey { origin: "kommo:acme".into(), id: format!("55{id}") }),
        route: lane("700100").route,
        event_s: 1_780_000_000,
        received_ms: 1_780_000_005_000,
        worth: Some(Worth::price()),
        value: "4999.90".parse().ok(),
        currency: Some("TRY".into()),
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: Some("700100".into()),
        ad_id: Some("1202".into()),
        consent: None,
        state,
        reason,
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        released: false,
        identity: Some(Identity::Click { account: "222".into(), click_id: "click-1".into() }),
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    }
}
