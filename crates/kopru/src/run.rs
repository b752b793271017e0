//! The wiring: from a configuration to a running Kopru.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use asks::{Hosts, Inquirer};
use delivery::{Graph, Lane};
use kopru_core::{Mode, WorkspaceId};
use outgoing::Clients;
use processor::Processor;
use server::{Admin, AdminParts, Doors, Health, Hook, Proxies, WorkspaceView, listen};
use sources::{Directory, Tenant};
use store::{Clock, DataKey, HotPath, Sqlite};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Error,
    config::{Config, Workspace},
    figures,
    supervisor::{LoopName, Supervisor},
};

/// A running Kopru.
pub struct Running {
    /// Where the doors are.
    pub public: SocketAddr,
    /// Where the dashboard is.
    pub admin: SocketAddr,
    stop: watch::Sender<bool>,
    listeners: JoinSet<&'static str>,
    supervisor: Supervisor,
}

impl Running {
    /// Starts all loops over an open store.
    pub async fn start(
        config: Config,
        store: Arc<Sqlite>,
        key: &DataKey,
        admin_token: [u8; 32],
        clock: Clock,
    ) -> Result<Self, Error> {
        let (stop, stopping) = watch::channel(false);
        let health = Arc::new(Health::default());
        let figures = figures::recorder()?;
        let clients = Clients::new().map_err(Error::Clients)?;
        let mut startup = Startup {
            store: Arc::clone(&store),
            key,
            clock: clock.clone(),
            stopping: stopping.clone(),
            hosts: Hosts::new(clients.clone()),
            clients,
            supervisor: Supervisor::new(stopping.clone(), Arc::clone(&health), clock.clone()),
            hooks: Vec::new(),
            views: Vec::new(),
        };
        for workspace in config.workspaces {
            startup.open_workspace(workspace).await?;
        }
        let Startup { mut supervisor, hooks, views, .. } = startup;

        let proxies = Proxies::new(config.trusted_proxies);
        let doors = Doors::new(
            Arc::clone(&store),
            config.public_url,
            hooks,
            Arc::clone(&proxies),
            Arc::clone(&health),
            clock.clone(),
        );
        let admin = Admin::new(AdminParts {
            store: Arc::clone(&store),
            workspaces: views,
            token: admin_token,
            hosts: config.admin_hosts,
            proxies: Arc::clone(&proxies),
            health,
            metrics: Box::new(move || figures.render()),
            clock,
        });
        // The doors last: where they are open everything is there, and `/readyz` is theirs.
        let admin = listen(config.admin_listen, admin.router(), Arc::clone(&proxies), stopping.clone())
            .await
            .map_err(|cause| Error::Listen {
                key: "server.admin_listen",
                address: config.admin_listen,
                cause,
            })?;
        let public = listen(config.listen, doors.router(), proxies, stopping.clone())
            .await
            .map_err(|cause| Error::Listen { key: "server.listen", address: config.listen, cause })?;
        let of_all = |kind| LoopName { kind, workspace: None, of: None };
        supervisor.watch(of_all("counts"), {
            let stopping = stopping.clone();
            move || Arc::clone(&doors).keep_counts(stopping.clone())
        });
        supervisor.watch(of_all("figures"), move || figures::keep_short(stopping.clone()));
        let mut listeners = JoinSet::new();
        for (key, listening) in [("server.listen", public.task), ("server.admin_listen", admin.task)] {
            listeners.spawn(async move {
                let _ = listening.await;
                key
            });
        }
        let (public, admin) = (public.address, admin.address);
        Ok(Self { public, admin, stop, listeners, supervisor })
    }

    /// Returns when a listener has ended although nobody asked for it: then nothing comes in any more.
    pub async fn loses_a_listener(&mut self) -> &'static str {
        match self.listeners.join_next().await {
            Some(Ok(key)) => key,
            _ => "a listener",
        }
    }

    /// Stops: doors take nothing new, requests that are under way are finished, or left open in the
    /// store for the next start.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let listeners = async { while self.listeners.join_next().await.is_some() {} };
        tokio::join!(listeners, self.supervisor.ended());
    }
}

/// What is there while the loops are being started.
struct Startup<'a> {
    store: Arc<Sqlite>,
    key: &'a DataKey,
    clock: Clock,
    stopping: watch::Receiver<bool>,
    hosts: Hosts,
    clients: Clients,
    supervisor: Supervisor,
    hooks: Vec<(String, Hook)>,
    views: Vec<WorkspaceView>,
}

impl Startup<'_> {
    async fn open_workspace(&mut self, workspace: Workspace) -> Result<(), Error> {
        let id = self.store.workspace(&workspace.name).await?;
        let lease = self.store.lease(id).await?;
        let policy = Arc::new(workspace.policy);
        let join = self.key.join_key(&workspace.name);

        let named = |kind, of: Option<&str>| LoopName {
            kind,
            workspace: Some(workspace.name.clone()),
            of: of.map(str::to_owned),
        };
        self.supervisor.watch(named("decisions", None), {
            let (store, policy) = (Arc::clone(&self.store), Arc::clone(&policy));
            let (clock, stopping) = (self.clock.clone(), self.stopping.clone());
            move || {
                let (store, policy) = (Arc::clone(&store), Arc::clone(&policy));
                Processor::new(store, lease, policy, clock.clone()).run(stopping.clone())
            }
        });
        for (target, dataset) in workspace.targets.iter().zip(&policy.datasets) {
            if dataset.mode != Mode::Live {
                continue;
            }
            let graph = Graph::new(target, &self.clients)
                .map_err(|cause| Error::Dataset { dataset: target.dataset.clone(), cause })?;
            let graph = Arc::new(graph);
            self.supervisor.watch(named("delivery", Some(&target.dataset)), {
                let (store, dataset) = (Arc::clone(&self.store), target.dataset.clone());
                let (clock, stopping) = (self.clock.clone(), self.stopping.clone());
                move || {
                    let (store, graph) = (Arc::clone(&store), Arc::clone(&graph));
                    Lane::new(store, lease, dataset.clone(), graph, clock.clone()).run(stopping.clone())
                }
            });
        }

        let tenant = Tenant { workspace: id, join, country: workspace.country, consent: policy.consent };
        let mut upstreams = Vec::new();
        for source in workspace.sources {
            if let Some(upstream) = source.source.upstream() {
                let account = upstream.address().url.to_owned();
                let host = self
                    .hosts
                    .of(&*upstream)
                    .map_err(|cause| Error::Account { account: account.clone(), cause })?;
                upstreams.push((upstream.origin().to_owned(), Arc::clone(&source.source)));
                self.supervisor.watch(named("questions", Some(&account)), {
                    let (store, tenant, clock) =
                        (Arc::clone(&self.store), tenant.clone(), self.clock.clone());
                    let stopping = self.stopping.clone();
                    move || {
                        let inquirer = Inquirer {
                            store: Arc::clone(&store),
                            tenant: tenant.clone(),
                            upstream: Arc::clone(&upstream),
                            host: Arc::clone(&host),
                            clock: clock.clone(),
                        };
                        inquirer.run(stopping.clone())
                    }
                });
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
        self.supervisor.watch(named("rules", None), {
            let (store, policy) = (Arc::clone(&self.store), Arc::clone(&policy));
            let (places, stopping) = (workspace.rule_places, self.stopping.clone());
            move || {
                let (store, policy) = (Arc::clone(&store), Arc::clone(&policy));
                say_rule_problems(store, id, policy, places.clone(), stopping.clone())
            }
        });
        self.views.push(WorkspaceView {
            id,
            name: workspace.name,
            time_zone: workspace.time_zone,
            upstreams,
            policy,
        });
        Ok(())
    }
}

/// Says once, as soon as the CRM's stages are known, which rules can never fire.
async fn say_rule_problems(
    store: Arc<Sqlite>,
    workspace: WorkspaceId,
    policy: Arc<kopru_core::Policy>,
    places: Vec<String>,
    mut stopping: watch::Receiver<bool>,
) {
    const LOOK_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
    let mut wait = LOOK_AFTER.0;
    loop {
        let catalogues = store.catalogues(workspace).await.unwrap_or_default();
        for (rule, place) in policy.rules.iter().zip(&places) {
            for problem in catalogues.iter().filter_map(|catalogue| rule.problem(catalogue)) {
                tracing::error!("{place}: {problem}");
            }
        }
        if !catalogues.is_empty() {
            let _ = stopping.wait_for(|stopping| *stopping).await;
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = LOOK_AFTER.1.min(wait * 2),
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}
