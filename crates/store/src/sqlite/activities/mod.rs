//! Activities: web events, each written once. They are no facts: nobody has to find out what they mean, so they go
//! from the door into the queue.
//!
//! Retries and drops go through them with the revisits that go through conversions ([`change`]), a person's erasure
//! with the erasure of everything else ([`erase`]): only how one is found and changed is theirs.

mod appended;
mod attempts;
mod body;
mod change;
mod ends;
mod erased;
mod holders;
mod identity;
mod kept;
mod listed;
mod members;
mod once;
mod places;
mod public;
mod queue;
mod repeated;
mod revisited;
mod rows;
mod shared_ids;
mod wiped;

pub(super) use appended::forget_appended;
pub(super) use attempts::{NarrowMember, interrupted, open, settle};
pub(super) use change::{change, retry_unreadable};
pub(super) use erased::{ActivitiesSeen, blank_some, enriched_with, erase, of_people};
pub(super) use identity::{
    SealedCard, behind as edges_behind, forget as forget_edges, remove as remove_edge, save_card,
};
pub(super) use kept::{SealedActivity, append, edges_of, unknown_edges};
pub(super) use listed::{BELOW, BY_NUMBER, SentOfPage, listed, of_numbers};
pub(super) use once::came_anew;
pub(super) use queue::{bring_back, claim, complete, next_due, oldest_due_ms};
pub(super) use revisited::{expired, named, next_deadline_ms, some_below};
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
