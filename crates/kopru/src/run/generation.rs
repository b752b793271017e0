//! The loops of one configuration.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use asks::{HookKey, Host, Inquirer};
use delivery::{Graph, Lane, Target};
use insight::{Follower, Zone};
use kopru_core::{Catalogue, Policy, WorkspaceId, routes_of};
use outgoing::Clients;
use processor::{Expiry, Processor, Retention};
use server::{AppliedWorkspace, CollectDoor, DatasetDoor, GivenTime, Hook, WorkspaceView};
use sources::{Directory, Tenant, Upstream};
use store::{Clock, LaneKey, Lease, PauseScope, Store};
use tokio::sync::watch;

use super::{
    Adoption, Parts,
    accounts::{Recognised, Unrecognised, recognise},
    check_former_names,
    late::Recognition,
    notices::rest_notices,
    number_of,
};
use crate::{
    Error,
    config::{Config, Workspace, as_known, dataset_of},
    supervisor::{LoopName, Supervisor},
};

/// How long until a store that could not begin a generation is asked again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// When a configuration is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenAt {
    /// At the start: there is no other one with which to go on.
    Start,
    /// While another one runs, by somebody who is told what is wrong.
    Reload,
}

/// Everything of a configuration that can fail to be made. Nothing runs yet.
#[derive(Default)]
pub(super) struct Prepared {
    pub workspaces: Vec<PreparedWorkspace>,
    /// The webhook addresses, each with its key.
    pub hooks: Vec<(String, Hook)>,
    /// The datasets to which events can be posted.
    pub datasets: Vec<DatasetDoor>,
    /// The tags of sites.
    pub pixels: Vec<CollectDoor>,
    /// What the dashboard shows.
    pub views: Vec<WorkspaceView>,
    /// What the configuration has looked at again.
    pub looked_at_again: Vec<AppliedWorkspace>,
}

/// A workspace whose loops can be started.
pub(super) struct PreparedWorkspace {
    id: WorkspaceId,
    name: String,
    adoption: Adoption,
    policy: Arc<Policy>,
    rule_places: Vec<String>,
    tenant: Tenant,
    /// By whose days events are counted.
    zone: Zone,
    /// Where live events go: the lane and how its dataset is reached.
    lanes: Vec<(LaneKey, Arc<Graph>)>,
    /// Who is asked.
    upstreams: Vec<AskedAccount>,
    retention: Retention,
}

/// Who is asked, and how.
struct AskedAccount {
    upstream: Arc<dyn Upstream>,
    host: Arc<Host>,
    hook_key: HookKey,
    /// What has to find out first which account it is.
    late: Option<Arc<Recognition>>,
}

/// Accounts that wait until they are known, by the place of their source, with where they are asked.
type WaitingAccounts = HashMap<usize, (Arc<dyn Upstream>, Arc<Recognition>)>;

/// Finds out which accounts the sources of a workspace are. At a start whoever gives no answer waits alone; at a
/// reload it is said to whoever asks for it, unless it has been waiting before.
async fn recognise_in(
    parts: &Parts,
    id: WorkspaceId,
    workspace: &mut Workspace,
    taken: TakenAt,
) -> Result<WaitingAccounts, Error> {
    let name = workspace.name.clone();
    let known_to_wait = || parts.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let may_wait = |address: &str| {
        taken == TakenAt::Start || known_to_wait().contains(&(name.clone(), address.to_owned()))
    };
    let Recognised { origins, waiting } =
        recognise(&*parts.store, &parts.clock, id, workspace, may_wait).await?;
    let origins = Arc::new(Mutex::new(origins));
    known_to_wait().retain(|(workspace, _)| *workspace != name);
    let late = waiting.into_iter().map(|Unrecognised { place, late, upstream, why }| {
        let address = upstream.address().url.to_owned();
        known_to_wait().insert((name.clone(), address.clone()));
        let recognition = Recognition {
            store: Arc::clone(&parts.store),
            clock: parts.clock.clone(),
            health: Arc::clone(&parts.health),
            id,
            workspace: name.clone(),
            kind: workspace.sources[place].kind.name,
            late,
            address,
            why,
            origins: Arc::clone(&origins),
        };
        (place, (upstream, Arc::new(recognition)))
    });
    Ok(late.collect())
}

impl Prepared {
    /// With `since`, rules that count from a later time count from this one.
    pub(super) async fn open(
        parts: &Parts,
        workspaces: Vec<Workspace>,
        retention: Retention,
        since: Option<&GivenTime>,
        taken: TakenAt,
    ) -> Result<Self, Error> {
        check_former_names(&*parts.store, &workspaces).await?;
        let mut prepared = Self::default();
        for workspace in workspaces {
            prepared.open_workspace(parts, workspace, retention, since, taken).await?;
        }
        Ok(prepared)
    }

    async fn open_workspace(
        &mut self,
        parts: &Parts,
        mut workspace: Workspace,
        retention: Retention,
        since: Option<&GivenTime>,
        taken: TakenAt,
    ) -> Result<(), Error> {
        let id = number_of(&*parts.store, &workspace).await?;
        let mut waiting = recognise_in(parts, id, &mut workspace, taken).await?;
        let adoption = Adoption::of(&*parts.store, id, &workspace, since, &parts.clock).await?;
        self.looked_at_again.extend(adoption.looks_again(&workspace.name));
        let policy = Arc::new(adoption.policy.clone());
        let lanes = lanes(&workspace.targets, &policy, &parts.clients)?;
        self.views.push(view(id, &workspace, Arc::clone(&policy), &[], &lanes));
        let join = parts.store.join_key(id).await?;
        let tenant = Tenant {
            workspace: id,
            join,
            country: workspace.country,
            consent: policy.consent,
            wanted: policy.wanted(),
        };
        let mut upstreams = Vec::new();
        for (place, source) in workspace.sources.into_iter().enumerate() {
            let late = waiting.remove(&place);
            let upstream = late.as_ref().map(|(upstream, _)| Arc::clone(upstream));
            if let Some(upstream) = upstream.or_else(|| source.source.upstream()) {
                let host = parts
                    .hosts
                    .of(&*upstream)
                    .map_err(|cause| Error::Account { account: upstream.address().url.to_owned(), cause })?;
                let (hook_key, late) = (HookKey(source.key.clone()), late.map(|(_, late)| late));
                upstreams.push(AskedAccount { upstream, host, hook_key, late });
            }
            if let Some(pixel) = source.source.pixel() {
                let dataset = dataset_of(pixel, &policy.datasets).map(str::to_owned);
                self.pixels.extend(dataset.map(|dataset| CollectDoor {
                    key: source.key,
                    workspace: id,
                    workspace_name: workspace.name.clone(),
                    pixel: pixel.clone(),
                    dataset,
                    tenant: tenant.clone(),
                    policy: Arc::clone(&policy),
                }));
                continue;
            }
            let hook = Hook {
                workspace: id,
                workspace_name: workspace.name.clone(),
                kind: source.kind.name,
                source: source.source,
                directory: Directory::Workspace(tenant.clone()),
            };
            self.hooks.push((source.key, hook));
        }
        self.datasets.extend(policy.datasets.iter().map(|dataset| DatasetDoor {
            workspace: id,
            workspace_name: workspace.name.clone(),
            dataset: dataset.id.clone(),
            tenant: tenant.clone(),
            policy: Arc::clone(&policy),
        }));
        let zone = Zone::of(&workspace.time_zone);
        self.workspaces.push(PreparedWorkspace {
            id,
            zone,
            name: workspace.name,
            adoption,
            policy,
            rule_places: workspace.rule_places,
            tenant,
            lanes,
            upstreams,
            retention,
        });
        Ok(())
    }
}

/// Where live events go: the lanes, and how their datasets are reached.
///
/// # Errors
/// A dataset cannot be reached at its address.
pub fn lanes(
    targets: &[Target],
    policy: &Policy,
    clients: &Clients,
) -> Result<Vec<(LaneKey, Arc<Graph>)>, Error> {
    let mut lanes = Vec::new();
    for (target, dataset) in targets.iter().zip(&policy.datasets) {
        if dataset.sends() {
            let graph = Graph::new(target, clients)
                .map_err(|cause| Error::Dataset { dataset: target.dataset.clone(), cause })?;
            let graph = Arc::new(graph);
            let lane = |route| (LaneKey { dataset: dataset.id.clone(), route }, Arc::clone(&graph));
            lanes.extend(routes_of(dataset).into_iter().map(lane));
        }
    }
    Ok(lanes)
}

/// What can hold up these lanes.
fn scopes(lanes: &[(LaneKey, Arc<Graph>)]) -> Vec<PauseScope> {
    lanes.iter().flat_map(|(lane, graph)| graph.scopes(lane)).collect()
}

/// Takes a configuration over in a store that no service uses: its next start goes on from there.
///
/// # Errors
/// The store cannot be read or written, or a dataset cannot be reached at its address.
pub async fn adopt_in_store(
    store: &dyn Store,
    config: &Config,
    since: Option<&GivenTime>,
    clock: &Clock,
) -> Result<Vec<AppliedWorkspace>, Error> {
    check_former_names(store, &config.workspaces).await?;
    let clients = Clients::new().map_err(Error::Clients)?;
    let mut workspaces = Vec::new();
    for workspace in &config.workspaces {
        let id = number_of(store, workspace).await?;
        let adoption = Adoption::of(store, id, workspace, since, clock).await?;
        let lanes = lanes(&workspace.targets, &adoption.policy, &clients)?;
        let lease = store.lease(id).await?;
        adoption.keep(store, lease, scopes(&lanes)).await?;
        workspaces.extend(adoption.looks_again(&workspace.name));
    }
    Ok(workspaces)
}

/// What the dashboard and the management API know of a workspace whose accounts are `known`.
pub fn view(
    id: WorkspaceId,
    workspace: &Workspace,
    policy: Arc<Policy>,
    known: &[Catalogue],
    lanes: &[(LaneKey, Arc<Graph>)],
) -> WorkspaceView {
    let upstreams = workspace.sources.iter().filter_map(|source| {
        let source = as_known(&source.source, known);
        Some((source.upstream()?.origin().to_owned(), source))
    });
    WorkspaceView {
        id,
        name: workspace.name.clone(),
        country: workspace.country.clone(),
        time_zone: workspace.time_zone.clone(),
        upstreams: upstreams.collect(),
        policy,
        lanes: lanes.iter().map(|(lane, graph)| (lane.clone(), graph.scopes(lane).into())).collect(),
    }
}

/// The loops of a configuration, running.
pub(super) struct Generation {
    stop: watch::Sender<bool>,
    supervisor: Supervisor,
    names: Vec<String>,
}

impl Generation {
    /// Takes the leases, then starts all loops. No other generation may run: a lease takes over what the
    /// one before has under way.
    pub(super) async fn start(parts: &Parts, workspaces: Vec<PreparedWorkspace>) -> Result<Self, Error> {
        let leases = leases(parts, &workspaces).await?;
        Ok(Self::with(parts, workspaces, leases))
    }

    /// The same, where there is nothing to go back to: a store that cannot be written is tried again until
    /// it can. `None` if the process stops meanwhile.
    pub(super) async fn start_when_possible(
        parts: &Parts,
        workspaces: Vec<PreparedWorkspace>,
        mut stopping: watch::Receiver<bool>,
    ) -> Option<Self> {
        let mut is_said = false;
        loop {
            if *stopping.borrow() {
                return None;
            }
            match leases(parts, &workspaces).await {
                Ok(leases) => return Some(Self::with(parts, workspaces, leases)),
                Err(error) if !is_said => {
                    is_said = true;
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "the reloaded loops cannot start yet; this is tried again");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(TRY_AGAIN_AFTER) => {}
                _ = stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
    }

    fn with(parts: &Parts, workspaces: Vec<PreparedWorkspace>, leases: Vec<Lease>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let mut supervisor =
            Supervisor::new(stopping.clone(), Arc::clone(&parts.health), parts.clock.clone());
        let names: Vec<String> = workspaces.iter().map(|workspace| workspace.name.clone()).collect();
        parts.health.keep_rules_of(&names);
        let accounts = workspaces.iter().flat_map(|workspace| {
            let origin = |one: &AskedAccount| one.upstream.origin().to_owned();
            workspace.upstreams.iter().map(move |one| (workspace.name.clone(), origin(one)))
        });
        parts.said.keep_only(&accounts.collect());
        for (workspace, lease) in workspaces.into_iter().zip(leases) {
            workspace.start(parts, lease, &mut supervisor, &stopping);
        }
        Self { stop, supervisor, names }
    }

    /// The names of its workspaces.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Stops, and waits until every loop has ended.
    pub(super) async fn end(self) {
        self.stop.send_replace(true);
        self.supervisor.ended().await;
    }
}

/// Takes the leases, and with them the configuration over.
async fn leases(parts: &Parts, workspaces: &[PreparedWorkspace]) -> Result<Vec<Lease>, store::Error> {
    let mut leases = Vec::with_capacity(workspaces.len());
    for workspace in workspaces {
        let lease = parts.store.lease(workspace.id).await?;
        workspace.adoption.keep(&*parts.store, lease, scopes(&workspace.lanes)).await?;
        leases.push(lease);
    }
    Ok(leases)
}

impl PreparedWorkspace {
    fn start(
        self,
        parts: &Parts,
        lease: Lease,
        supervisor: &mut Supervisor,
        stopping: &watch::Receiver<bool>,
    ) {
        let named = |kind, of: Option<&str>| LoopName {
            kind,
            workspace: Some(self.name.clone()),
            of: of.map(str::to_owned),
        };
        supervisor.watch(named("decisions", None), {
            let (store, policy) = (Arc::clone(&parts.store), Arc::clone(&self.policy));
            let (clock, stopping) = (parts.clock.clone(), stopping.clone());
            move || {
                let (store, policy) = (Arc::clone(&store), Arc::clone(&policy));
                Processor::new(store, lease, policy, clock.clone()).run(stopping.clone())
            }
        });
        supervisor.watch(named("retention", None), {
            let (store, workspace, retention) = (Arc::clone(&parts.store), self.id, self.retention);
            let (clock, stopping) = (parts.clock.clone(), stopping.clone());
            move || {
                let store = store.clone();
                Expiry { store, workspace, retention, clock: clock.clone() }.run(stopping.clone())
            }
        });
        for (lane, graph) in self.lanes {
            supervisor.watch(named("delivery", Some(&lane.to_string())), {
                let (store, policy) = (Arc::clone(&parts.store), Arc::clone(&self.policy));
                let (clock, stopping, scopes) = (parts.clock.clone(), stopping.clone(), parts.scopes.clone());
                move || {
                    let (store, policy, graph) =
                        (Arc::clone(&store), Arc::clone(&policy), Arc::clone(&graph));
                    Lane::new(store, lease, lane.clone(), policy, graph, clock.clone(), scopes.clone())
                        .run(stopping.clone())
                }
            });
        }
        for AskedAccount { upstream, host, hook_key, late } in self.upstreams {
            supervisor.watch(named("questions", Some(upstream.address().url)), {
                let (store, tenant) = (Arc::clone(&parts.store), self.tenant.clone());
                let (clock, stopping) = (parts.clock.clone(), stopping.clone());
                let (health, name, said) =
                    (Arc::clone(&parts.health), self.name.clone(), Arc::clone(&parts.said));
                move || {
                    let inquirer = {
                        let (store, tenant, host, hook_key) =
                            (Arc::clone(&store), tenant.clone(), Arc::clone(&host), hook_key.clone());
                        let (clock, health, name) = (clock.clone(), Arc::clone(&health), name.clone());
                        let said = Arc::clone(&said);
                        move |upstream: Arc<dyn Upstream>| {
                            let origin = upstream.origin().to_owned();
                            let rests = rest_notices(Arc::clone(&health), name.clone(), origin.clone());
                            let drifts = said.drifts_of(&health, &name, &origin);
                            Inquirer { store, tenant, upstream, host, clock, rests, hook_key, drifts }
                        }
                    };
                    let (upstream, late, stopping) = (Arc::clone(&upstream), late.clone(), stopping.clone());
                    async move {
                        let upstream = match late {
                            Some(late) => late.upstream(stopping.clone()).await,
                            None => Some(upstream),
                        };
                        if let Some(upstream) = upstream {
                            inquirer(upstream).run(stopping).await;
                        }
                    }
                }
            });
        }
        supervisor.watch(named("sums", None), {
            let (store, id, zone) = (Arc::clone(&parts.store), self.id, self.zone);
            let (clock, stopping) = (parts.clock.clone(), stopping.clone());
            move || Follower::new(store.clone(), id, vec![zone.clone()], clock.clone()).run(stopping.clone())
        });
        supervisor.watch(named("rules", None), {
            let (store, policy, id) = (Arc::clone(&parts.store), self.policy, self.id);
            let (places, stopping, said) = (self.rule_places, stopping.clone(), Arc::clone(&parts.said));
            let (health, name) = (Arc::clone(&parts.health), self.name.clone());
            move || {
                let (store, health, policy) = (Arc::clone(&store), Arc::clone(&health), Arc::clone(&policy));
                let workspace = (id, name.clone());
                Arc::clone(&said).of_rules(store, health, workspace, policy, places.clone(), stopping.clone())
            }
        });
    }
}
