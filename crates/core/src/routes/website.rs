//! Website: what a site, an app or a shop tells itself, with what its browser or till knows of the person.

use std::borrow::Cow;

use capi::{Event, UserData, event::Values};

use super::{Plan, Planner, Untold};
use crate::{Conversion, Dataset, Identity, MatchKey, Policy, Reason, RouteKind, WorkingSet};

pub(super) struct Website;

impl Planner for Website {
    fn kind(&self) -> RouteKind {
        RouteKind::Website
    }

    /// What a rule makes of a deal is not told by this route: an activity brings its own event.
    fn event_name(&self, _: &str) -> Option<&'static str> {
        None
    }

    fn plan(&self, _: &WorkingSet, _: &Policy, _: &Conversion) -> Result<Plan, Untold> {
        Err(Reason::NoDataset.into())
    }

    fn event<'a>(
        &self,
        _: &'a Conversion,
        identity: &'a Identity,
        _: &'a Dataset,
    ) -> Result<Event<'a>, Reason> {
        let Identity::Activity(stored) = identity else { return Err(Reason::Unreadable) };
        let mut event = Event::from_slice(stored.json.as_bytes()).map_err(|_| Reason::Unreadable)?;
        if !stored.added.is_empty() {
            let user = event.user_data.get_or_insert_default();
            stored.added.iter().for_each(|added| add(user, added));
        }
        Ok(event)
    }
}

/// Adds what is known of the person to what the event says itself, which stays as it is.
fn add<'a>(user: &mut UserData<'a>, added: &'a MatchKey) {
    let place = match added.key.as_str() {
        "em" => &mut user.em,
        "ph" => &mut user.ph,
        "external_id" => &mut user.external_id,
        _ => return,
    };
    if place.is_none() {
        *place = Some(Values::Many(added.hashes.iter().map(|hash| Cow::Borrowed(hash.as_str())).collect()));
    }
}
