//! Which route an event takes, under which name and to which dataset: chosen here and nowhere else.
//!
//! A route is one file with one [`Planner`]: it says how it names an event, by whom and where an event can
//! be told now, and writes what Meta gets. A thing goes to one dataset by one route only: the first that
//! can tell it, in the order of [`PLANNERS`].

mod body;
mod clickless;
mod messaging;
#[cfg(any(test, feature = "test-routes"))]
mod test_lead;
mod website;

pub(crate) use body::{allowed, checked, unheld};
pub use body::{make_body, may_repeat, preview};

use capi::Event;

use crate::{Conversion, Dataset, Identity, Policy, Reason, Route, RouteKind, Sent, WorkingSet};

/// All routes that can tell something, in the order in which they are tried.
const PLANNERS: &[&dyn Planner] = &[
    &messaging::Messaging,
    #[cfg(any(test, feature = "test-routes"))]
    &test_lead::TestLead,
    &website::Website,
];

/// What a route knows.
pub(crate) trait Planner: Sync {
    /// Which route it is.
    fn kind(&self) -> RouteKind;

    /// The name under which the route takes an event of a rule, or `None` if Meta takes no such event on
    /// it.
    fn event_name(&self, event: &str) -> Option<&'static str>;

    /// How the event can be told with what is known now, or why it cannot.
    fn plan(&self, known: &WorkingSet, policy: &Policy, conversion: &Conversion) -> Result<Plan, Untold>;

    /// What Meta gets, but for the value. `dataset` is as it is configured now.
    fn event<'a>(
        &self,
        conversion: &'a Conversion,
        identity: &'a Identity,
        dataset: &'a Dataset,
    ) -> Result<Event<'a>, Reason>;
}

/// How an event can be told.
pub(crate) struct Plan {
    pub(crate) route: Route,
    /// The dataset's id.
    pub(crate) dataset: String,
    pub(crate) identity: Identity,
    pub(crate) ad_id: Option<String>,
}

/// Why an event cannot be told.
pub(crate) struct Untold {
    pub(crate) reason: Reason,
    /// The ad that it is credited to all the same, if that is known.
    pub(crate) ad_id: Option<String>,
}

impl From<Reason> for Untold {
    fn from(reason: Reason) -> Self {
        Self { reason, ad_id: None }
    }
}

/// The route that tells the event, with its name there and how; or the first that would have told it, with
/// the reason why it does not.
pub(crate) struct Choice {
    pub(crate) route: Route,
    pub(crate) name: String,
    pub(crate) plan: Result<Plan, Untold>,
}

/// Chooses route, name and dataset of an event.
pub(crate) fn choose(known: &WorkingSet, policy: &Policy, conversion: &Conversion) -> Choice {
    let mut first: Option<Choice> = None;
    for planner in PLANNERS {
        if !policy.datasets.iter().any(|dataset| dataset.routes.contains(&planner.kind())) {
            continue;
        }
        let Some(name) = planner.event_name(&conversion.event) else { continue };
        // A name that has left stays.
        if conversion.sent != Sent::Never && name != conversion.name {
            continue;
        }
        let plan = planner.plan(known, policy, conversion);
        let told = plan.is_ok();
        let route = plan.as_ref().map_or(first_of(planner.kind()), |plan| plan.route);
        let choice = Choice { route, name: name.to_owned(), plan };
        if told {
            return choice;
        }
        first.get_or_insert(choice);
    }
    let nowhere = || Choice {
        route: conversion.route,
        name: conversion.name.clone(),
        plan: Err(Reason::NoDataset.into()),
    };
    first.unwrap_or_else(nowhere)
}

/// Route and name of an event of which nothing else is known yet: those of the first route that takes it.
/// `None` if no route does.
pub(crate) fn usual(event: &str) -> Option<(Route, &'static str)> {
    PLANNERS.iter().find_map(|planner| Some((first_of(planner.kind()), planner.event_name(event)?)))
}

/// The name by which Meta gets an event of a rule on the first route that takes it; its own where none does.
pub fn name_for_meta(event: &str) -> &str {
    usual(event).map_or(event, |(_, name)| name)
}

/// Whether Meta takes an event of a rule by a route that this version serves.
pub fn takes(kind: RouteKind, event: &str) -> bool {
    planner(kind).is_some_and(|planner| planner.event_name(event).is_some())
}

/// Whether this version serves the route.
pub fn serves(kind: RouteKind) -> bool {
    planner(kind).is_some()
}

/// The routes by which a dataset's events can leave.
pub fn routes_of(dataset: &Dataset) -> Vec<Route> {
    let is_on = |route: &Route| dataset.routes.contains(&route.kind()) && serves(route.kind());
    Route::ALL.into_iter().filter(is_on).collect()
}

fn planner(kind: RouteKind) -> Option<&'static dyn Planner> {
    PLANNERS.iter().find(|planner| planner.kind() == kind).copied()
}

fn first_of(kind: RouteKind) -> Route {
    Route::ALL.into_iter().find(|route| route.kind() == kind).unwrap_or(Route::Crm)
}
