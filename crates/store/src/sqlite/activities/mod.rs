//! Activities: web events, each written once. They are no facts: nobody has to find out what they mean, so they go
//! from the door into the queue.

mod attempts;
mod identity;
mod kept;
mod listed;
mod once;
mod queue;
mod rows;

pub(super) use attempts::{NarrowMember, interrupted, open, settle};
pub(super) use identity::{SealedCard, save_card};
pub(super) use kept::{SealedActivity, append, edges_of, unknown_edges};
pub(super) use listed::{BELOW, BY_NUMBER, SentOfPage, listed};
pub(super) use once::numbers;
pub(super) use queue::{claim, next_due};
pub(super) use rows::read_activity;

use kopru_core::RouteKind;

use crate::LaneKey;

/// The context of sealed events.
const EVENT: &str = "activity";

/// The route of activities, as it is stored.
const ROUTE: &str = "website";

/// Whether a lane's conversions are activities.
pub(super) fn are_of(lane: &LaneKey) -> bool {
    lane.route.kind() == RouteKind::Website
}
