//! The wiring: from a configuration to a running Kopru.
//!
//! Two lifetimes. Listeners, store, clients and counts live as long as the process. The loops of the
//! workspaces are a [`Generation`], made from one configuration: a reload ends one and begins the next,
//! while the doors go on taking webhooks, for which they need no loop.

mod accounts;
mod adoption;
mod apply;
mod fixed;
mod generation;
mod late;
mod late_source;
mod notices;
mod socket;

use std::{collections::HashSet, net::SocketAddr, path::Path, sync::Arc};

use asks::Hosts;
use delivery::Scopes;
use outgoing::Clients;
use server::{
    Admin, AdminParts, ApiKeys, Applied, ApplyRequest, DoorParts, Doors, GivenTime, Health, OpenDoors,
    Proxies, listen, listen_control, socket_path_fits,
};
use store::{Clock, Store};
use tokio::{
    sync::{Mutex, mpsc, watch},
    task::JoinSet,
};

use crate::{
    Error,
    config::Config,
    figures,
    supervisor::{LoopName, Supervisor},
};
pub use adoption::{Adoption, check_former_names, number_of};
pub use apply::would_apply;
use fixed::FixedSettings;
use generation::{Generation, Prepared, TakenAt};
pub use generation::{adopt_in_store, lanes, view};
use notices::Said;
pub use socket::socket_in;

/// What loops are made of, whatever the configuration.
struct Parts {
    store: Arc<dyn Store>,
    clock: Clock,
    clients: Clients,
    /// What Meta has said of limits, to all that it holds for.
    scopes: Scopes,
    /// Accounts that have not said who they are, by workspace and address: they may go on waiting.
    waiting: std::sync::Mutex<HashSet<(String, String)>>,
    /// Holds the pace at which upstreams are asked, which a reload must not begin anew.
    hosts: Hosts,
    health: Arc<Health>,
    /// What was said, so that a reload does not say it again.
    said: Arc<Said>,
}

/// A running Kopru.
pub struct Running {
    /// Where the doors are.
    pub public: SocketAddr,
    /// Where the dashboard is.
    pub admin: SocketAddr,
    stop: watch::Sender<bool>,
    listeners: JoinSet<&'static str>,
    supervisor: Supervisor,
    reloading: Arc<Reloading>,
}

impl Running {
    /// Starts all loops over an open store. Who asks for the configuration to be taken again is sent to
    /// `apply`.
    pub async fn start(
        config: Config,
        store: Arc<dyn Store>,
        admin_token: [u8; 32],
        clock: Clock,
        apply: mpsc::Sender<ApplyRequest>,
    ) -> Result<Self, Error> {
        let (stop, stopping) = watch::channel(false);
        let health = Arc::new(Health::default());
        let figures = figures::recorder()?;
        let clients = Clients::new().map_err(Error::Clients)?;
        let mut supervisor = Supervisor::new(stopping.clone(), Arc::clone(&health), clock.clone());
        let parts = Parts {
            store: Arc::clone(&store),
            clock: clock.clone(),
            hosts: Hosts::new(clients.clone()),
            clients,
            scopes: Scopes::new(),
            waiting: std::sync::Mutex::default(),
            health: Arc::clone(&health),
            said: Arc::default(),
        };
        if let Some(loss) = store.last_loss().await? {
            parts.health.has_lost(loss);
        }
        let keys = ApiKeys::load(Arc::clone(&store)).await?;
        let fixed = FixedSettings::of(&config);
        let Prepared { workspaces, hooks, datasets, pixels, views, .. } =
            Prepared::open(&parts, config.workspaces, config.retention, None, TakenAt::Start).await?;
        let generation = Generation::start(&parts, workspaces).await?;

        let proxies = Proxies::new(config.trusted_proxies);
        let doors = Doors::new(DoorParts {
            store: store.clone(),
            keys: Arc::clone(&keys),
            open: OpenDoors { public_url: config.public_url, hooks, datasets, pixels },
            proxies: Arc::clone(&proxies),
            health: Arc::clone(&health),
            clock: clock.clone(),
        });
        let admin = Admin::new(AdminParts {
            store: Arc::clone(&store),
            keys,
            workspaces: views,
            token: admin_token,
            hosts: config.admin_hosts,
            proxies: Arc::clone(&proxies),
            health,
            metrics: Box::new(move || figures.render()),
            apply,
            clock,
        });
        // The doors last: where they are open everything is there, and `/readyz` is theirs.
        let dashboard = listen(config.admin_listen, admin.router(), Arc::clone(&proxies), stopping.clone())
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
            let (doors, stopping) = (Arc::clone(&doors), stopping.clone());
            move || Arc::clone(&doors).keep_counts(stopping.clone())
        });
        supervisor.watch(of_all("figures"), {
            let stopping = stopping.clone();
            move || figures::keep_short(stopping.clone())
        });
        let mut listeners = JoinSet::new();
        for (key, listening) in [("server.listen", public.task), ("server.admin_listen", dashboard.task)] {
            listeners.spawn(async move {
                let _ = listening.await;
                key
            });
        }
        let (public, dashboard) = (public.address, dashboard.address);
        let generation = Mutex::new(Some(generation));
        let reloading = Arc::new(Reloading { parts, fixed, doors, admin, stopping, generation });
        Ok(Self { public, admin: dashboard, stop, listeners, supervisor, reloading })
    }

    /// Serves the management API on a socket in the folder of the store, for commands on this machine.
    /// Without the socket everything else goes on, so that a failure is only said.
    pub fn open_control(&mut self, folder: &Path) {
        let socket = socket_in(folder);
        let shown = socket.display().to_string();
        if !socket_path_fits(&socket) {
            tracing::warn!(
                socket = shown,
                "this path is too long for a Unix socket, so commands cannot reach this process; choose a \
                 shorter store.path"
            );
            return;
        }
        match listen_control(&socket, self.reloading.admin.control_router(), self.stop.subscribe()) {
            Ok(task) => {
                self.listeners.spawn(async move {
                    let _ = task.await;
                    "the control socket"
                });
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    socket = shown,
                    "commands cannot reach this process: no control socket"
                );
            }
        }
    }

    /// What takes another configuration; it may be kept and shared.
    pub fn reloading(&self) -> Arc<Reloading> {
        Arc::clone(&self.reloading)
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
        tokio::join!(listeners, self.reloading.end(), self.supervisor.ended());
    }
}

/// What takes another configuration while everything runs.
pub struct Reloading {
    parts: Parts,
    fixed: FixedSettings,
    doors: Arc<Doors>,
    admin: Arc<Admin>,
    stopping: watch::Receiver<bool>,
    /// `None` once the process stops. Locked by a reload from its beginning to its end.
    generation: Mutex<Option<Generation>>,
}

impl Reloading {
    /// Goes on with another configuration: ends the loops of the old one, starts those of the new one, then
    /// has doors and dashboard follow in one step. Webhooks are taken all the while. Says of keys that count
    /// only at a start that they changed; everything else takes effect. Rules that count from a later time
    /// than `since` count from then.
    ///
    /// # Errors
    /// Something that the loops need cannot be made, or the process stops. Then nothing has changed.
    pub async fn reload(&self, config: Config, since: Option<&GivenTime>) -> Result<Applied, Error> {
        let mut current = self.generation.lock().await;
        if *self.stopping.borrow() {
            return Err(Error::Stopping);
        }
        let changed = self.fixed.changed(&config);
        let mut stopping = self.stopping.clone();
        // An account may have to say who it is, and a stop does not wait for that.
        let Prepared { workspaces, hooks, datasets, pixels, views, looked_at_again } = tokio::select! {
            prepared = Prepared::open(&self.parts, config.workspaces, config.retention, since, TakenAt::Reload) => prepared?,
            _ = stopping.wait_for(|stopping| *stopping) => return Err(Error::Stopping),
        };
        if !changed.is_empty() {
            let keys = changed.join(", ");
            tracing::warn!(keys, "these keys count only at a start; restart to apply their changes");
        }
        if let Some(old) = current.take() {
            for gone in old.names().iter().filter(|name| !views.iter().any(|view| view.name == **name)) {
                tracing::warn!(
                    workspace = gone,
                    "this workspace is not configured any more: its hooks answer 404, what is stored of it stays"
                );
            }
            old.end().await;
        }
        *current = Generation::start_when_possible(&self.parts, workspaces, self.stopping.clone()).await;
        self.doors.replace(OpenDoors { public_url: config.public_url, hooks, datasets, pixels });
        self.admin.replace(views, config.admin_hosts);
        Ok(Applied { count_at_start: changed, workspaces: looked_at_again })
    }

    /// What [`Reloading::reload`] would have looked at again. Changes nothing.
    ///
    /// # Errors
    /// The store cannot be read, or does not know the former name of a workspace.
    pub async fn would_reload(&self, config: &Config, since: Option<&GivenTime>) -> Result<Applied, Error> {
        let workspaces = would_apply(&*self.parts.store, config, since, &self.parts.clock).await?;
        Ok(Applied { count_at_start: self.fixed.changed(config), workspaces })
    }

    /// Ends the loops for good, after a reload that is under way.
    async fn end(&self) {
        if let Some(last) = self.generation.lock().await.take() {
            last.end().await;
        }
    }
}
