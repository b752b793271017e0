//! The service itself, with the loops that it runs on, in a life: on virtual time, with a store in memory, and
//! with a Kommo and a Meta that are played.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use asks::{DriftNotices, HookKey, Inquirer, RestNotices};
use delivery::{Graph, Lane, Scopes, Target};
use kopru_core::{
    Cause, Channel, Consent, Dataset, Mode, Policy, Repeat, Route, RouteKind, Rule, Trigger, Wanted,
    WorkspaceId, Worth,
};
use outgoing::Clients;
use processor::Processor;
use sources::{Directory, Kommo, Received, Request, Source, Tenant, Whatsapp};
use store::{Clock, DecisionStore, FactStore, LaneKey, Model, Store, Views};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use super::{
    crm,
    hooks::{self, APP_SECRET, WABA},
    hosts::Hosts,
    life::Life,
    meta::Taken,
    moments::Moment,
    truth::Truth,
    wire::{self, End, Wire},
};
use crate::service::Failure;

/// How long after its last step a life is at rest, whatever had to be tried again.
const REST: Duration = Duration::from_hours(3);
const ACCOUNT: &str = "http://acme.kommo.com";
const GRAPH: &str = "http://graph.facebook.com";
pub const DATASET: &str = "700100";
/// Most conversions that are listed.
const LISTED_MAX: usize = 10_000;

/// What came of a life.
#[derive(Debug, Clone, Default)]
pub struct Came {
    /// What Meta has, in the order in which it came.
    pub taken: Vec<Taken>,
    /// Of which deal each event is, as Kopru says.
    pub deals: BTreeMap<String, u64>,
    /// What Kopru says of every conversion: deal, event, state and reason.
    pub says: Vec<(u64, String, String)>,
    /// Whether its ledger balances, and nothing is open in the end.
    pub ledger: String,
    pub is_balanced: bool,
    /// How many requests the CRM got.
    pub requests: usize,
    /// When each report was acknowledged, by its number; empty if each came in as the life says.
    pub acknowledged: Vec<i64>,
}

/// What one thread needs to let lives pass, one after the other.
pub struct Scene {
    crm: End,
    meta: End,
    crm_clients: Clients,
    meta_clients: Clients,
    folder: tempfile::TempDir,
    played: usize,
}

impl Scene {
    pub fn new() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let wire = Wire::default();
        let end = || End { wire: wire.clone(), ..End::default() };
        let (crm, meta) = (end(), end());
        let crm_clients = Clients::watched(&folder.path().join("crm"), crm.clone())?;
        let meta_clients = Clients::watched(&folder.path().join("meta"), meta.clone())?;
        Ok(Self { crm, meta, crm_clients, meta_clients, folder, played: 0 })
    }

    /// Lets a life pass.
    pub fn play(&mut self, life: &Life) -> Result<Came, Failure> {
        self.played += 1;
        let _ = fs::remove_file(self.socket("crm"));
        let _ = fs::remove_file(self.socket("meta"));
        self.crm.wire.reset();
        for end in [&self.crm, &self.meta] {
            end.is_away.store(false, Ordering::Relaxed);
        }
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
        runtime.block_on(self.live(life))
    }

    fn socket(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn live(&self, life: &Life) -> Result<Came, Failure> {
        let begun = Instant::now();
        let now_ms = move || i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let hosts = Arc::new(Hosts::of(life));
        tokio::spawn(self.crm.wire.clone().hold_clock());
        wire::serve(&self.socket("crm"), self.crm.wire.clone(), {
            let hosts = Arc::clone(&hosts);
            move |request| hosts.crm(&request, now_ms())
        })?;
        wire::serve(&self.socket("meta"), self.meta.wire.clone(), {
            let hosts = Arc::clone(&hosts);
            move |request| hosts.meta(&request, now_ms())
        })?;
        let begun_ms = life.begun_ms;
        let clock = Clock::new(move || begun_ms + now_ms()).trusted();
        let store = Model::new();
        let workspace = store.workspace("acme").await?;
        let service = Service {
            tenant: Tenant {
                workspace,
                join: store.join_key(workspace).await?,
                country: Some("TR".to_owned()),
                consent: Consent::Elsewhere,
                wanted: Wanted::default(),
            },
            policy: Arc::new(policy(workspace)),
            store,
            clock,
        };

        let mut running = Some(service.start(self).await?);
        for (at_ms, moment) in hosts.windows.moments(&hosts.truth) {
            tokio::time::sleep_until(begun + Duration::from_millis(at_ms.max(0) as u64)).await;
            match moment {
                Moment::Report(place) => service.hear(&hosts.truth, &hosts.truth.reports[place]).await?,
                Moment::CrmAway(is_away) => self.crm.is_away.store(is_away, Ordering::Relaxed),
                Moment::MetaAway(is_away) => self.meta.is_away.store(is_away, Ordering::Relaxed),
                Moment::Dies => {
                    if let Some(running) = running.take() {
                        running.dies().await;
                    }
                }
                Moment::Starts => running = Some(service.start(self).await?),
            }
        }
        // Nobody may report the last step.
        let ended_ms = life.steps.last().map_or(0, |step| step.at_ms.max(0) as u64);
        tokio::time::sleep_until(begun + Duration::from_millis(ended_ms)).await;
        tokio::time::sleep(REST).await;
        if let Some(running) = running {
            running.dies().await;
        }
        service.came(hosts.taken(), hosts.requests()).await
    }
}

/// What outlives a start of the service.
struct Service {
    store: Model,
    tenant: Tenant,
    policy: Arc<Policy>,
    clock: Clock,
}

/// The loops of one start.
struct Running(
    Vec<JoinHandle<()>>,
    #[expect(dead_code, reason = "loops end when it is dropped")] watch::Sender<bool>,
);

impl Running {
    /// Ends in the middle of what it does.
    async fn dies(self) {
        for task in &self.0 {
            task.abort();
        }
        for task in self.0 {
            let _ = task.await;
        }
    }
}

impl Service {
    async fn start(&self, scene: &Scene) -> Result<Running, Failure> {
        let lease = self.store.lease(self.tenant.workspace).await?;
        let (stop, stopping) = watch::channel(false);
        let processor =
            Processor::new(Arc::new(self.store.clone()), lease, Arc::clone(&self.policy), self.clock.clone());
        let target = Target {
            graph_url: GRAPH.to_owned(),
            graph_version: "v26.0".to_owned(),
            dataset: DATASET.to_owned(),
            token: "a-token-of-meta".to_owned(),
            app_secret: None,
            test_event_code: None,
            allow_insecure: true,
        };
        let graph = Graph::new(&target, &scene.meta_clients)?;
        let lane = LaneKey { dataset: DATASET.to_owned(), route: Route::Messaging(Channel::Whatsapp) };
        let store = Arc::new(self.store.clone());
        let lane =
            Lane::new(store, lease, lane, Arc::clone(&self.policy), graph, self.clock.clone(), Scopes::new());
        let upstream = Arc::new(kommo());
        let inquirer = Inquirer {
            store: Arc::new(self.store.clone()),
            tenant: self.tenant.clone(),
            host: asks::Hosts::new(scene.crm_clients.clone()).of(&*upstream)?,
            upstream,
            clock: self.clock.clone(),
            rests: RestNotices::new(|_| {}),
            hook_key: HookKey("hook-key-of-the-life".to_owned()),
            drifts: DriftNotices::new(|_| {}),
        };
        let loops = vec![
            tokio::spawn(processor.run(stopping.clone())),
            tokio::spawn(lane.run(stopping.clone())),
            tokio::spawn(inquirer.run(stopping)),
        ];
        Ok(Running(loops, stop))
    }

    /// A report comes in at its door.
    async fn hear(&self, truth: &Truth, report: &super::truth::Report) -> Result<(), Failure> {
        let made = hooks::body(truth, report);
        let mut headers = http::HeaderMap::new();
        let (name, source): (_, Box<dyn Source>) = if let Some(signature) = &made.signature {
            headers.insert("x-hub-signature-256", signature.parse()?);
            ("whatsapp", Box::new(Whatsapp { verify_token: None, app_secret: APP_SECRET.to_owned() }))
        } else {
            ("kommo", Box::new(kommo()))
        };
        let received_ms = self.clock.now_ms();
        let request = Request {
            method: &http::Method::POST,
            uri: "https://kopru.example/hooks/a",
            rest: "",
            query: "",
            headers: &headers,
            peer: std::net::Ipv4Addr::LOCALHOST.into(),
            body: made.body.as_bytes(),
            received_ms,
        };
        match source.receive(&request, &Directory::Workspace(self.tenant.clone())) {
            Received::Taken { facts, .. } => {
                let facts = facts.into_iter().map(|(_, fact)| fact).collect();
                self.store.append(self.tenant.workspace, name, received_ms, facts).await?;
                Ok(())
            }
            other => Err(format!("a door does not take a report: {other:?}").into()),
        }
    }

    async fn came(&self, taken: Vec<Taken>, requests: usize) -> Result<Came, Failure> {
        let workspace = self.tenant.workspace;
        let mut deals = BTreeMap::new();
        let mut says = Vec::new();
        for listed in self.store.conversions(workspace, None, LISTED_MAX).await? {
            let one = listed.conversion;
            let Cause::Deal(key) = &one.cause else { continue };
            let deal = key.id.parse()?;
            let reason = one.reason.map_or("", kopru_core::Reason::code);
            says.push((deal, one.name.clone(), format!("{:?} {reason}", one.state)));
            deals.insert(one.event_id, deal);
        }
        let ledger = self.store.ledger(workspace).await?;
        let open = ledger.facts.pending + ledger.facts.waiting + ledger.conversions.queued;
        Ok(Came {
            taken,
            deals,
            says,
            is_balanced: ledger.balanced && open == 0,
            ledger: format!("{:?} {:?}", ledger.facts, ledger.conversions),
            requests,
            acknowledged: Vec::new(),
        })
    }
}

fn kommo() -> Kommo {
    Kommo {
        allow_insecure: true,
        consent_field: Some(crm::CONSENT_FIELD.to_owned()),
        ..Kommo::at(ACCOUNT, "a-token-of-kommo")
    }
}

fn policy(workspace: WorkspaceId) -> Policy {
    let rule = |id: &str, trigger, send: &str, worth| Rule {
        id: id.to_owned(),
        pipeline: None,
        trigger,
        send: send.to_owned(),
        worth,
        repeat: Repeat::Once,
        since_s: None,
    };
    Policy {
        workspace,
        currency: Some("TRY".to_owned()),
        consent: Consent::Elsewhere,
        consent_since_s: None,
        rules: vec![
            rule("qualified", Trigger::Named("Qualified".to_owned()), "Lead", None),
            rule("won", Trigger::Won, "Purchase", Some(Worth::price())),
        ],
        datasets: vec![Dataset {
            id: DATASET.to_owned(),
            waba_id: Some(WABA.to_owned()),
            mistaken_accounts: Vec::new(),
            routes: vec![RouteKind::Messaging],
            mode: Mode::Live,
            earlier_modes: Vec::new(),
            test: None,
            rules: capi::Rules::Both,
            appending: kopru_core::Appending::default(),
        }],
        restored: None,
    }
}
