//! Lanes to Meta that are paused: what waits in them is not on its way.

use kopru_core::Conversion;
use serde::Serialize;
use store::{LaneKey, Pause, views::Problem};

use super::{Admin, WorkspaceView};
use crate::health::rfc3339;

/// The lanes of a workspace, each with what holds it up now.
pub(super) struct HeldLanes(Vec<(LaneKey, Option<Pause>)>);

/// A lane that is paused, as the API shows it.
#[derive(Serialize)]
pub(super) struct PausedLane<'a> {
    dataset: &'a str,
    route: &'static str,
    #[serde(flatten)]
    by: PausedBy<'a>,
}

/// Why a lane is paused, as the API shows it.
#[derive(Serialize)]
pub(super) struct PausedBy<'a> {
    since: Option<String>,
    /// Whether somebody has to mend something; otherwise Meta only asked to wait.
    needs_you: bool,
    why: &'a str,
}

impl HeldLanes {
    /// Of several pauses of a lane, one that needs somebody counts.
    pub(super) fn of(workspace: &WorkspaceView, problems: &[Problem]) -> Self {
        let pauses = problems.iter().filter_map(|problem| match problem {
            Problem::Paused { scope, pause, .. } => Some((scope, pause)),
            Problem::Unanswered { .. } | Problem::NumbersAgain { .. } => None,
        });
        let lanes = workspace.lanes.iter().map(|(lane, scopes)| {
            let held = pauses.clone().filter(|(scope, _)| scopes.contains(scope));
            let longest = held.max_by_key(|(_, pause)| (pause.needs_you, pause.until_ms));
            (lane.clone(), longest.map(|(_, pause)| pause.clone()))
        });
        Self(lanes.collect())
    }

    pub(super) async fn read(admin: &Admin, workspace: &WorkspaceView) -> Result<Self, store::Error> {
        Ok(Self::of(workspace, &admin.store.problems(workspace.id).await?))
    }

    /// What holds up an event.
    pub(super) fn pause_of(&self, event: &Conversion) -> Option<&Pause> {
        let is_its = |lane: &LaneKey| {
            event.state == kopru_core::State::Queued
                && event.route == lane.route
                && event.dataset.as_ref() == Some(&lane.dataset)
        };
        self.0.iter().find(|(lane, _)| is_its(lane)).and_then(|(_, pause)| pause.as_ref())
    }

    /// The same, for the API.
    pub(super) fn shown_of(&self, event: &Conversion) -> Option<PausedBy<'_>> {
        self.pause_of(event).map(PausedBy::of)
    }

    /// The lanes that are paused.
    pub(super) fn shown(&self) -> Vec<PausedLane<'_>> {
        let paused = self.0.iter().filter_map(|(lane, pause)| {
            let by = PausedBy::of(pause.as_ref()?);
            Some(PausedLane { dataset: &lane.dataset, route: lane.route.kind().code(), by })
        });
        paused.collect()
    }

    /// What is to be said of events that are queued, whichever lane they are in.
    pub(super) fn text_of_queued(&self) -> &'static str {
        let paused = self.0.iter().filter_map(|(_, pause)| pause.as_ref());
        match paused.clone().count() {
            0 => "state.queued",
            n if n < self.0.len() => "state.partly_paused",
            _ => paused.max_by_key(|pause| pause.needs_you).map_or("state.queued", text_of),
        }
    }
}

impl<'a> PausedBy<'a> {
    fn of(pause: &'a Pause) -> Self {
        Self { since: rfc3339(pause.since_ms), needs_you: pause.needs_you, why: &pause.cause }
    }
}

/// How an event is that a pause holds up.
pub(super) fn text_of(pause: &Pause) -> &'static str {
    if pause.needs_you { "state.paused" } else { "state.slowed" }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kopru_core::{Consent, Policy, Route, WorkspaceId};
    use store::PauseScope;

    use super::*;

    fn view() -> WorkspaceView {
        let lane = |dataset: &str| LaneKey { dataset: dataset.to_owned(), route: Route::Lead };
        let token = |name: &str| PauseScope::Token(name.to_owned());
        let policy = Policy {
            workspace: WorkspaceId(1),
            currency: None,
            consent: Consent::Elsewhere,
            consent_since_s: None,
            restored: None,
            rules: Vec::new(),
            datasets: Vec::new(),
        };
        WorkspaceView {
            id: WorkspaceId(1),
            name: "shop".into(),
            country: None,
            time_zone: jiff::tz::TimeZone::UTC,
            upstreams: Vec::new(),
            policy: Arc::new(policy),
            lanes: vec![
                (lane("1"), vec![token("a")]),
                (lane("2"), vec![token("a")]),
                (lane("3"), vec![token("b")]),
            ],
        }
    }

    fn paused(token: &str, needs_you: bool) -> Problem {
        let pause = Pause {
            until_ms: 9,
            needs_you,
            cause: format!("because of {token}"),
            code: "190".into(),
            since_ms: 0,
            dataset: "1".into(),
        };
        let scope = PauseScope::Token(token.to_owned());
        Problem::Paused { scope, dataset: "1".into(), pause, queued: 1 }
    }

    #[test]
    fn a_token_holds_up_all_lanes_that_use_it_wherever_it_was_found() {
        let held = HeldLanes::of(&view(), &[paused("a", true)]);
        let shown = serde_json::to_value(held.shown()).unwrap();
        let why = |dataset: &str| {
            serde_json::json!({
                "dataset": dataset, "route": "lead", "since": "1970-01-01T00:00:00Z", "needs_you": true,
                "why": "because of a",
            })
        };
        assert_eq!(shown, serde_json::json!([why("1"), why("2")]));
        assert_eq!(held.text_of_queued(), "state.partly_paused");
        let held = HeldLanes::of(&view(), &[paused("a", false), paused("b", true)]);
        assert_eq!(held.text_of_queued(), "state.paused");
        let held = HeldLanes::of(&view(), &[paused("a", false), paused("b", false)]);
        assert_eq!(held.text_of_queued(), "state.slowed");
        assert_eq!(HeldLanes::of(&view(), &[]).text_of_queued(), "state.queued");
    }
}
