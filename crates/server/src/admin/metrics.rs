//! `GET /metrics` in the format of Prometheus.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use store::views::Ledger;
use tokio::{sync::Mutex, time::Instant};

use super::{Admin, WorkspaceView};

/// What counts of the store cost is paid at most so often, however many ask.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Renders everything that was measured in this process.
pub type Render = Box<dyn Fn() -> String + Send + Sync>;

/// What was reported last.
pub(super) struct Metrics {
    render: Render,
    rendered: Mutex<Rendered>,
}

#[derive(Default)]
struct Rendered {
    last: Option<(Instant, String)>,
    /// Names of the workspaces that have gauges.
    workspaces: Vec<String>,
}

impl Metrics {
    pub(super) fn new(render: Render) -> Self {
        Self { render, rendered: Mutex::default() }
    }
}

/// `GET /metrics`.
pub(super) async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    // Held while the store is read: whoever asks meanwhile gets the same answer.
    let mut rendered = admin.metrics.rendered.lock().await;
    if rendered.last.as_ref().is_none_or(|(at, _)| at.elapsed() >= FRESH_FOR) {
        let configured = admin.configured();
        let names: Vec<String> = configured.workspaces.iter().map(|one| one.name.clone()).collect();
        let before = std::mem::replace(&mut rendered.workspaces, names);
        before.iter().filter(|name| !rendered.workspaces.contains(name)).for_each(|name| forget(name));
        for workspace in &configured.workspaces {
            if let Err(error) = measure(&admin, workspace).await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the store could not be read for /metrics"
                );
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        }
        metrics::gauge!("kopru_loops_stopped").set(admin.health.list().len() as f64);
        rendered.last = Some((Instant::now(), (admin.metrics.render)()));
    }
    let text = rendered.last.as_ref().map(|(_, text)| text.clone()).unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Sets what is counted in the store.
async fn measure(admin: &Admin, workspace: &WorkspaceView) -> Result<(), store::Error> {
    let store = &admin.store;
    let (facts, conversions) = states(&store.ledger(workspace.id).await?);
    for (state, count) in facts {
        let labels = [("workspace", workspace.name.clone()), ("state", state.to_owned())];
        metrics::gauge!("kopru_facts", &labels).set(count as f64);
    }
    for (state, count) in conversions {
        let labels = [("workspace", workspace.name.clone()), ("state", state.to_owned())];
        metrics::gauge!("kopru_conversions", &labels).set(count as f64);
    }
    let now_ms = admin.clock.now_ms();
    let age_s = |since_ms: Option<i64>| {
        since_ms.map_or(0.0, |since_ms| now_ms.saturating_sub(since_ms).max(0) as f64 / 1000.0)
    };
    let undecided = age_s(store.oldest_undecided_ms(workspace.id).await?);
    let due = age_s(store.oldest_due_ms(workspace.id).await?);
    let name = workspace.name.clone();
    let rules = admin.health.drifted_rules();
    let rules = rules.iter().filter(|rule| rule.workspace == name).count();
    metrics::gauge!("kopru_rules_drifted", "workspace" => name.clone()).set(rules as f64);
    metrics::gauge!("kopru_undecided_oldest_seconds", "workspace" => name.clone()).set(undecided);
    metrics::gauge!("kopru_due_oldest_seconds", "workspace" => name).set(due);
    Ok(())
}

/// A gauge stays as it was last set: of a workspace that has left the configuration nothing may look
/// overdue.
fn forget(workspace: &str) {
    let (facts, conversions) = states(&Ledger::default());
    let counted = facts.map(|(state, _)| ("kopru_facts", state));
    let counted = counted.into_iter().chain(conversions.map(|(state, _)| ("kopru_conversions", state)));
    for (gauge, state) in counted {
        metrics::gauge!(gauge, "workspace" => workspace.to_owned(), "state" => state).set(0.0);
    }
    for gauge in ["kopru_undecided_oldest_seconds", "kopru_due_oldest_seconds", "kopru_rules_drifted"] {
        metrics::gauge!(gauge, "workspace" => workspace.to_owned()).set(0.0);
    }
}

type States<const N: usize> = [(&'static str, i64); N];

fn states(ledger: &Ledger) -> (States<6>, States<6>) {
    let (facts, conversions) = (ledger.facts, ledger.conversions);
    (
        [
            ("pending", facts.pending),
            ("waiting", facts.waiting),
            ("used", facts.used),
            ("ignored", facts.ignored),
            ("duplicate", facts.duplicate),
            ("set_aside", facts.set_aside),
        ],
        [
            ("queued", conversions.queued),
            ("waiting", conversions.waiting),
            ("accepted", conversions.accepted),
            ("duplicate", conversions.duplicate),
            ("suppressed", conversions.suppressed),
            ("failed", conversions.failed),
        ],
    )
}
