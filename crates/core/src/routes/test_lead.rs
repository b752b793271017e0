//! A route that exists in tests only: whoever's contact is known is recognised by the digits of its id.

use capi::{ActionSource, Event, NumericId, UserData};

use super::{Plan, Planner, Untold};
use crate::{Cause, Conversion, Dataset, Identity, Policy, Reason, Route, RouteKind, WorkingSet};

pub(super) struct TestLead;

impl Planner for TestLead {
    fn kind(&self) -> RouteKind {
        RouteKind::Lead
    }

    fn event_name(&self, event: &str) -> Option<&'static str> {
        capi::names::STANDARD_EVENT_NAMES.into_iter().find(|name| *name == event)
    }

    fn plan(&self, known: &WorkingSet, policy: &Policy, conversion: &Conversion) -> Result<Plan, Untold> {
        let dataset = policy.datasets.iter().find(|dataset| dataset.routes.contains(&self.kind()));
        let dataset = dataset.ok_or(Reason::NoDataset)?;
        let contact = match &conversion.cause {
            Cause::Contact(key) => key.id.clone(),
            Cause::Deal(key) => {
                let contact = known.deals.get(key).and_then(|deal| deal.contacts.first());
                let (_, id) = contact.and_then(|node| node.contact_parts()).ok_or(Reason::NoClick)?;
                id.to_owned()
            }
            Cause::Activity(key) => key.id.clone(),
        };
        // The id of a lead has 15 digits at least.
        let digits: String = contact.chars().filter(char::is_ascii_digit).collect();
        let identity = Identity::Lead { lead_id: format!("1{digits:0>14}") };
        Ok(Plan { route: Route::Lead, dataset: dataset.id.clone(), identity, ad_id: None })
    }

    fn event<'a>(
        &self,
        conversion: &'a Conversion,
        identity: &'a Identity,
        _: &'a Dataset,
    ) -> Result<Event<'a>, Reason> {
        let Identity::Lead { lead_id } = identity else { return Err(Reason::NoClick) };
        let mut event = Event::new(&conversion.name, conversion.event_s, ActionSource::SystemGenerated);
        event.event_id = Some((&conversion.event_id).into());
        event.user_data =
            Some(UserData { lead_id: Some(NumericId(lead_id.as_str().into())), ..UserData::default() });
        Ok(event)
    }
}
