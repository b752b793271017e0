//! The admin listener: management API and dashboard, both behind the admin token. An API key opens the management
//! API of its own workspace.

mod answers;
mod api;
mod apply;
mod backup;
mod causes;
mod change;
mod control;
mod conversions;
mod data_key;
mod filter;
mod gate;
mod held;
mod hosts;
mod import;
mod indent;
mod key_gate;
mod keys;
mod language;
mod ledger;
mod login_throttle;
mod metrics;
mod page;
mod people;
mod problems;
mod refused;
mod reports;
mod sessions;
mod testing;
mod times;
mod unsent;

use std::sync::{Arc, PoisonError, RwLock};

use axum::{
    Router, middleware,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use http_header::{CACHE_CONTROL, CONTENT_TYPE};
use kopru_core::{Conversion, Now, Policy, Reason, State, WorkspaceId, preview};
use sources::Source;
use store::{Clock, LaneKey, PauseScope, Store, views::Listed};
use tokio::sync::{Semaphore, mpsc};

use crate::{ApiKeys, Health, Proxies};
use login_throttle::LoginThrottle;
use metrics::{Metrics, Render};
use sessions::Sessions;

pub use apply::{Applied, AppliedWorkspace, ApplyAnswer, ApplyRequest, LogsCount, LogsRead};
pub use backup::BackupLine;
pub use conversions::{GO_ON_AFTER, LOOKED_BACK_TO};
pub use hosts::host_name;
pub use indent::indented;
pub use language::Language;
pub use times::GivenTime;

use axum::http::header as http_header;

/// What the dashboard knows of a workspace.
pub struct WorkspaceView {
    /// Its id in the store.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// The country of phone numbers that name none.
    pub country: Option<String>,
    /// The time zone in which times are shown; UTC if it is not known here.
    pub time_zone: jiff::tz::TimeZone,
    /// Its systems of record, each with the source that knows where a record can be looked at.
    pub upstreams: Vec<(String, Arc<dyn Source>)>,
    /// Its rules, to say which of them can never fire.
    pub policy: Arc<Policy>,
    /// Its lanes to Meta, each with what can hold it up.
    pub lanes: Vec<(LaneKey, Vec<PauseScope>)>,
}

/// What the admin listener is made of.
pub struct AdminParts {
    /// Where everything is.
    pub store: Arc<dyn Store>,
    /// The API keys of that store.
    pub keys: Arc<ApiKeys>,
    /// The businesses.
    pub workspaces: Vec<WorkspaceView>,
    /// The SHA-256 of the admin token; the token itself is not kept.
    pub token: [u8; 32],
    /// Names under which it may be called, from [`host_name`]; loopback names and the address at which a
    /// request arrives are known.
    pub hosts: Vec<String>,
    /// Who is believed about whom a request comes from.
    pub proxies: Arc<Proxies>,
    /// What has been stopped.
    pub health: Arc<Health>,
    /// Renders what was measured in this process, for `/metrics`.
    pub metrics: Render,
    /// Who takes the configuration again when somebody asks for it.
    pub apply: mpsc::Sender<ApplyRequest>,
    /// The clock.
    pub clock: Clock,
}

/// The admin listener.
pub struct Admin {
    store: Arc<dyn Store>,
    keys: Arc<ApiKeys>,
    configured: RwLock<Arc<Configured>>,
    token: [u8; 32],
    proxies: Arc<Proxies>,
    health: Arc<Health>,
    metrics: Metrics,
    apply: mpsc::Sender<ApplyRequest>,
    clock: Clock,
    sessions: Sessions,
    throttle: LoginThrottle,
    /// Who may import at once.
    imports: Semaphore,
}

/// What a configuration says to the admin listener; a reload replaces it.
struct Configured {
    workspaces: Vec<Arc<WorkspaceView>>,
    hosts: Vec<String>,
}

impl Configured {
    fn new(workspaces: Vec<WorkspaceView>, hosts: Vec<String>) -> Arc<Self> {
        Arc::new(Self { workspaces: workspaces.into_iter().map(Arc::new).collect(), hosts })
    }
}

impl Admin {
    /// The admin listener over these parts.
    pub fn new(parts: AdminParts) -> Arc<Self> {
        let AdminParts { store, keys, workspaces, token, hosts, proxies, health, metrics, apply, clock } =
            parts;
        Arc::new(Self {
            store,
            keys,
            configured: RwLock::new(Configured::new(workspaces, hosts)),
            token,
            proxies,
            health,
            metrics: Metrics::new(metrics),
            apply,
            clock,
            sessions: Sessions::default(),
            throttle: LoginThrottle::default(),
            imports: Semaphore::new(import::IMPORTS_MAX),
        })
    }

    /// Shows these workspaces and answers to these names instead, from the next request on. Whoever is
    /// signed in stays so.
    pub fn replace(&self, workspaces: Vec<WorkspaceView>, hosts: Vec<String>) {
        let configured = Configured::new(workspaces, hosts);
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = configured;
    }

    /// The admin router. Its requests have to come through [`crate::listen`], which says from whom.
    pub fn router(self: &Arc<Self>) -> Router {
        let behind_token = Router::new()
            .route("/", get(page::dashboard))
            .route("/logout", post(gate::logout))
            .merge(api::of_all())
            .route("/set-aside/retry", post(page::retry_set_aside))
            .route("/metrics", get(metrics::metrics))
            .route_layer(middleware::from_fn_with_state(Arc::clone(self), gate::require_token));
        let behind_token_or_key = api::of_workspace()
            .route_layer(middleware::from_fn_with_state(Arc::clone(self), gate::require_token_or_key));
        let icon = get(async || asset("image/svg+xml", include_str!("../../assets/icon.svg")));
        Router::new()
            .merge(behind_token)
            .merge(behind_token_or_key)
            .route("/login", post(gate::login).get(|| async { Redirect::to("/") }))
            .route("/assets/page.css", get(async || asset("text/css", include_str!("../../assets/page.css"))))
            .route(
                "/assets/page.js",
                get(async || asset("text/javascript", include_str!("../../assets/page.js"))),
            )
            .route("/assets/icon.svg", icon.clone())
            .route("/favicon.ico", icon)
            .layer(middleware::from_fn(gate::bounded_body))
            .merge(import::bounded_routes(self).route_layer(middleware::from_fn_with_state(
                Arc::clone(self),
                gate::require_token_or_events_key,
            )))
            .layer(middleware::from_fn_with_state(Arc::clone(self), hosts::require_host))
            .layer(middleware::map_response(gate::guard_headers))
            .with_state(Arc::clone(self))
    }

    /// What the configuration says at present.
    fn configured(&self) -> Arc<Configured> {
        Arc::clone(&self.configured.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// An event as it left, or as it would leave: what is on its way, and what is only watched.
    fn body(workspace: &WorkspaceView, listed: &Listed) -> Option<String> {
        let would_be = || {
            let Conversion { state, reason, received_ms, .. } = listed.conversion;
            // As it would have left then: by now Meta may find it too old.
            let shown = state == State::Queued || matches!(reason, Some(Reason::Shadow | Reason::TestOver));
            shown.then(|| preview(&listed.conversion, &workspace.policy, Now::from(received_ms))).flatten()
        };
        listed.body.clone().or_else(would_be)
    }

    /// The workspace of that name, or the only one.
    fn workspace(&self, name: Option<&str>) -> Option<Arc<WorkspaceView>> {
        match (name, self.configured().workspaces.as_slice()) {
            (Some(name), all) => all.iter().find(|workspace| workspace.name == name).cloned(),
            (None, [only]) => Some(Arc::clone(only)),
            (None, _) => None,
        }
    }
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300")], text)
}
