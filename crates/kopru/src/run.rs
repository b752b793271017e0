//! The wiring: from a configuration to a running Kopru.

use std::{net::SocketAddr, sync::Arc};

use asks::{Hosts, Inquirer};
use delivery::{Graph, Lane};
use kopru_core::{Mode, WorkspaceId};
use processor::Processor;
use server::{Admin, Doors, Hook, WorkspaceView, listen};
use sources::Door;
use store::{Clock, DataKey, HotPath, Sqlite, StoreError};
use tokio::{sync::watch, task::JoinHandle};

use crate::config::{Config, SourceKind, Workspace};

/// A running Kopru.
pub struct Running {
    /// Where the doors are.
    pub public: SocketAddr,
    /// Where the dashboard is.
    pub admin: SocketAddr,
    /// The store that everything shares.
    pub store: Arc<Sqlite>,
    /// The ids of the workspaces, in the order of the configuration.
    pub workspaces: Vec<WorkspaceId>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Why Kopru could not start.
#[derive(Debug)]
pub enum StartError {
    /// The store.
    Store(StoreError),
    /// A listener.
    Listen(&'static str, SocketAddr, std::io::Error),
    /// An HTTP client.
    Client(String),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Listen(key, address, error) => {
                write!(f, "{key}: cannot listen on {address}: {error}; choose another address")
            }
            Self::Client(error) => write!(f, "a client could not be made: {error}"),
        }
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Running {
    /// Starts every room over an open store.
    pub async fn start(
        config: Config,
        store: Arc<Sqlite>,
        key: &DataKey,
        admin_token: [u8; 32],
        clock: Clock,
    ) -> Result<Self, StartError> {
        let (stop, told) = watch::channel(false);
        let mut rooms = Rooms {
            store: Arc::clone(&store),
            key,
            clock: clock.clone(),
            told: told.clone(),
            hosts: Hosts::default(),
            tasks: Vec::new(),
            hooks: Vec::new(),
            views: Vec::new(),
        };
        for workspace in config.workspaces {
            rooms.open_workspace(workspace).await?;
        }
        let Rooms { mut tasks, hooks, views, .. } = rooms;

        let workspaces = views.iter().map(|view| view.id).collect();
        let doors = Doors::new(Arc::clone(&store), hooks, clock.clone());
        let mut session = [0; 32];
        getrandom::fill(&mut session).map_err(|error| StartError::Client(error.to_string()))?;
        let admin = Admin::new(Arc::clone(&store), views, admin_token, session, clock);
        let public = listen(config.listen, doors.router(), told.clone())
            .await
            .map_err(|error| StartError::Listen("server.listen", config.listen, error))?;
        let admin = listen(config.admin_listen, admin.router(), told.clone())
            .await
            .map_err(|error| StartError::Listen("server.admin_listen", config.admin_listen, error))?;
        tasks.push(tokio::spawn(doors.keep_counts(told)));
        tasks.extend([public.task, admin.task]);
        Ok(Self { public: public.address, admin: admin.address, store, workspaces, stop, tasks })
    }

    /// Stops: doors take nothing new, requests that are under way are finished.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// The rooms while they are being opened.
struct Rooms<'a> {
    store: Arc<Sqlite>,
    key: &'a DataKey,
    clock: Clock,
    told: watch::Receiver<bool>,
    hosts: Hosts,
    tasks: Vec<JoinHandle<()>>,
    hooks: Vec<(String, Hook)>,
    views: Vec<WorkspaceView>,
}

impl Rooms<'_> {
    async fn open_workspace(&mut self, workspace: Workspace) -> Result<(), StartError> {
        let id = self.store.workspace(&workspace.name).await?;
        let lease = self.store.lease(id).await?;
        let policy = Arc::new(workspace.policy);
        let join = self.key.join_key(&workspace.name);

        let processor =
            Processor::new(Arc::clone(&self.store), lease, Arc::clone(&policy), self.clock.clone());
        self.tasks.push(tokio::spawn(processor.run(self.told.clone())));

        for (target, dataset) in workspace.targets.iter().zip(&policy.datasets) {
            if dataset.mode != Mode::Live {
                continue;
            }
            let graph = Graph::new(target).map_err(|error| StartError::Client(error.to_string()))?;
            let lane =
                Lane::new(Arc::clone(&self.store), lease, target.dataset.clone(), graph, self.clock.clone());
            self.tasks.push(tokio::spawn(lane.run(self.told.clone())));
        }

        let mut crm = Vec::new();
        for source in workspace.sources {
            let door = match source.kind {
                SourceKind::Whatsapp(whatsapp) => Door::Whatsapp(whatsapp),
                SourceKind::Kommo { kommo, account, token } => {
                    crm.push((kommo.origin.clone(), account.clone()));
                    let inquirer = Inquirer {
                        store: Arc::clone(&self.store),
                        workspace: id,
                        kommo: kommo.clone(),
                        host: self
                            .hosts
                            .get(&account)
                            .map_err(|error| StartError::Client(error.to_string()))?,
                        token,
                        join: join.clone(),
                        country: workspace.country.clone(),
                        clock: self.clock.clone(),
                    };
                    self.tasks.push(tokio::spawn(inquirer.run(self.told.clone())));
                    Door::Kommo(kommo)
                }
            };
            let hook = Hook { workspace: id, door, join: join.clone(), country: workspace.country.clone() };
            self.hooks.push((source.key, hook));
        }
        self.tasks.push(tokio::spawn(say_rule_problems(
            Arc::clone(&self.store),
            id,
            Arc::clone(&policy),
            workspace.rule_places,
            self.told.clone(),
        )));
        self.views.push(WorkspaceView {
            id,
            name: workspace.name,
            time_zone: workspace.time_zone,
            crm,
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
    mut told: watch::Receiver<bool>,
) {
    const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(2);
    loop {
        let catalogues = store.catalogues(workspace).await.unwrap_or_default();
        for (rule, place) in policy.rules.iter().zip(&places) {
            for problem in catalogues.iter().filter_map(|catalogue| rule.problem(catalogue)) {
                tracing::error!("{place}: {problem}");
            }
        }
        if !catalogues.is_empty() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = told.wait_for(|told| *told) => return,
        }
    }
}
