//! The admin listener: management API and dashboard, both behind the admin token.

mod api;
mod gate;
mod hosts;
mod indent;
mod language;
mod login_throttle;
mod metrics;
mod page;
mod problems;
mod sessions;
mod times;

use std::sync::Arc;

use axum::{
    Router, middleware,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use http_header::{CACHE_CONTROL, CONTENT_TYPE};
use kopru_core::{Policy, WorkspaceId};
use sources::Source;
use store::{Clock, Sqlite};

use crate::{Health, Proxies};
use login_throttle::LoginThrottle;
use metrics::{Metrics, Render};
use sessions::Sessions;

pub use hosts::host_name;
pub use language::Language;

use axum::http::header as http_header;

/// What the dashboard knows of a workspace.
pub struct WorkspaceView {
    /// Its id in the store.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// The time zone in which times are shown; UTC if it is not known here.
    pub time_zone: jiff::tz::TimeZone,
    /// Its systems of record, each with the source that knows where a record can be looked at.
    pub upstreams: Vec<(String, Arc<dyn Source>)>,
    /// Its rules, to say which of them can never fire.
    pub policy: Arc<Policy>,
}

/// What the admin listener is made of.
pub struct AdminParts {
    /// Where everything is.
    pub store: Arc<Sqlite>,
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
    /// The clock.
    pub clock: Clock,
}

/// The admin listener.
pub struct Admin {
    store: Arc<Sqlite>,
    workspaces: Vec<WorkspaceView>,
    token: [u8; 32],
    hosts: Vec<String>,
    proxies: Arc<Proxies>,
    health: Arc<Health>,
    metrics: Metrics,
    clock: Clock,
    sessions: Sessions,
    throttle: LoginThrottle,
}

impl Admin {
    /// The admin listener over these parts.
    pub fn new(parts: AdminParts) -> Arc<Self> {
        let AdminParts { store, workspaces, token, hosts, proxies, health, metrics, clock } = parts;
        Arc::new(Self {
            store,
            workspaces,
            token,
            hosts,
            proxies,
            health,
            metrics: Metrics::new(metrics),
            clock,
            sessions: Sessions::default(),
            throttle: LoginThrottle::default(),
        })
    }

    /// The admin router. Its requests have to come through [`crate::listen`], which says from whom.
    pub fn router(self: &Arc<Self>) -> Router {
        let behind_token = Router::new()
            .route("/", get(page::dashboard))
            .route("/logout", post(gate::logout))
            .route("/api/v1/ledger", get(api::ledger))
            .route("/api/v1/conversions", get(api::conversions))
            .route("/api/v1/health", get(api::health))
            .route("/api/v1/set-aside", get(api::set_aside))
            .route("/api/v1/set-aside/retry", post(api::retry_set_aside))
            .route("/set-aside/retry", post(page::retry_set_aside))
            .route("/metrics", get(metrics::metrics))
            .route_layer(middleware::from_fn_with_state(Arc::clone(self), gate::require_token));
        let icon = get(async || asset("image/svg+xml", include_str!("../../assets/icon.svg")));
        Router::new()
            .merge(behind_token)
            .route("/login", post(gate::login).get(|| async { Redirect::to("/") }))
            .route("/assets/page.css", get(async || asset("text/css", include_str!("../../assets/page.css"))))
            .route(
                "/assets/page.js",
                get(async || asset("text/javascript", include_str!("../../assets/page.js"))),
            )
            .route("/assets/icon.svg", icon.clone())
            .route("/favicon.ico", icon)
            .layer(middleware::from_fn(gate::bounded_body))
            .layer(middleware::from_fn_with_state(Arc::clone(self), hosts::require_host))
            .layer(middleware::map_response(gate::guard_headers))
            .with_state(Arc::clone(self))
    }

    /// The workspace of that name, or the only one.
    fn workspace(&self, name: Option<&str>) -> Option<&WorkspaceView> {
        match (name, self.workspaces.as_slice()) {
            (Some(name), all) => all.iter().find(|workspace| workspace.name == name),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300")], text)
}
