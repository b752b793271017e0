//! The admin listener: management API and dashboard, both behind the admin token.

mod api;
mod gate;
mod indent;
mod language;
mod page;

use std::sync::Arc;

use axum::{
    Router, middleware,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use http_header::{CACHE_CONTROL, CONTENT_TYPE};
use kopru_core::{Policy, WorkspaceId};
use store::{Clock, Sqlite};

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
    /// Where its deals can be opened: system of record and address.
    pub crm: Vec<(String, String)>,
    /// Its rules, to say which of them can never fire.
    pub policy: Arc<Policy>,
}

/// The admin listener.
pub struct Admin {
    store: Arc<Sqlite>,
    workspaces: Vec<WorkspaceView>,
    /// The hash of the admin token; the token itself is not kept.
    token: [u8; 32],
    /// What the cookie of a signed-in browser holds; ends with the process.
    session: String,
    clock: Clock,
}

impl Admin {
    /// The admin listener over these workspaces. `token` is the SHA-256 of the admin token,
    /// `session` 32 random bytes.
    pub fn new(
        store: Arc<Sqlite>,
        workspaces: Vec<WorkspaceView>,
        token: [u8; 32],
        session: [u8; 32],
        clock: Clock,
    ) -> Arc<Self> {
        Arc::new(Self { store, workspaces, token, session: capi::hex(&session), clock })
    }

    /// The admin router.
    pub fn router(self: &Arc<Self>) -> Router {
        let behind_token = Router::new()
            .route("/", get(page::dashboard))
            .route("/api/v1/ledger", get(api::ledger))
            .route("/api/v1/conversions", get(api::conversions))
            .route_layer(middleware::from_fn_with_state(Arc::clone(self), gate::require_token));
        Router::new()
            .merge(behind_token)
            .route("/login", post(gate::login).get(|| async { Redirect::to("/") }))
            .route("/assets/page.css", get(async || asset("text/css", include_str!("../../assets/page.css"))))
            .route(
                "/assets/page.js",
                get(async || asset("text/javascript", include_str!("../../assets/page.js"))),
            )
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
