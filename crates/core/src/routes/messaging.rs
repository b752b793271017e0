//! Messaging: a click on an ad opened a chat, and the chat's events name the click.

use std::collections::{HashMap, HashSet};

use capi::Event;

use super::{Plan, Planner, Untold};
use crate::{
    Channel, Click, Conversion, Dataset, ExpiredClick, Identity, Node, Policy, Reason, Route, RouteKind,
    State, WorkingSet,
};

/// A click counts for an event if it came before it. Two companies' clocks never agree to the
/// second, so this much later still counts as before.
const CLOCK_SKEW_MAX_S: i64 = 600;

pub(super) struct Messaging;

impl Planner for Messaging {
    fn kind(&self) -> RouteKind {
        RouteKind::Messaging
    }

    fn event_name(&self, event: &str) -> Option<&'static str> {
        capi::names::messaging_name(event)
    }

    /// By the last click before the event that can be told. Where none is known any more, by the one by which
    /// Meta has taken an earlier event of the same cause.
    fn plan(&self, known: &WorkingSet, policy: &Policy, conversion: &Conversion) -> Result<Plan, Untold> {
        let latest_s = conversion.event_s.saturating_add(CLOCK_SKEW_MAX_S);
        let person = known.person_of(&conversion.cause);
        let mut clicks: Vec<&Click> = of_person(&known.clicks, &person);
        clicks.retain(|click| click.at_s <= latest_s);
        clicks.sort_by(|a, b| (b.at_s, &b.message).cmp(&(a.at_s, &a.message)));

        let mut stop = Reason::NoClick;
        for click in clicks {
            match (click.identity(), dataset_of(policy, &click.account)) {
                (Some(identity), Some(dataset)) => {
                    return Ok(Plan {
                        route: Route::Messaging(click.channel),
                        dataset: dataset.id.clone(),
                        identity,
                        ad_id: click.ad_id.clone(),
                    });
                }
                (None, _) if stop == Reason::NoClick => stop = Reason::NoClickId,
                (Some(_), None) => stop = Reason::NoDataset,
                (None, _) => {}
            }
        }
        if let Some((taken, identity, account)) = last_taken(known, conversion) {
            let dataset = dataset_of(policy, account).ok_or(Reason::NoDataset)?;
            return Ok(Plan {
                route: taken.route,
                dataset: dataset.id.clone(),
                identity: identity.clone(),
                ad_id: taken.ad_id.clone(),
            });
        }
        let expired = of_person(&known.expired_clicks, &person);
        let expired = expired.into_iter().filter(|click| stop == Reason::NoClick && click.at_s <= latest_s);
        // The ad counts only where two were clicked in the same second, for an order that stays.
        let last = expired.max_by_key(|click| (click.at_s, &click.ad_id));
        Err(last.map_or(stop.into(), |ExpiredClick { ad_id, .. }| Untold {
            reason: Reason::ClickExpired,
            ad_id: ad_id.clone(),
        }))
    }

    fn event<'a>(
        &self,
        conversion: &'a Conversion,
        identity: &'a Identity,
        dataset: &'a Dataset,
    ) -> Result<Event<'a>, Reason> {
        let Identity::Click { account, click_id } = identity else { return Err(Reason::NoClick) };
        let configured = dataset.waba_id.as_deref().filter(|_| dataset.hears(account));
        let account = configured.ok_or(Reason::NoDataset)?;
        let Conversion { name, event_s, event_id, .. } = conversion;
        Ok(match conversion.route.channel() {
            Some(Channel::Whatsapp) => Event::whatsapp(name, *event_s, event_id, account, click_id),
            None => return Err(Reason::NoDataset),
        })
    }
}

/// What is known of all nodes by which a person is recognised.
fn of_person<'a, T>(known: &'a HashMap<Node, Vec<T>>, person: &HashSet<Node>) -> Vec<&'a T> {
    person.iter().filter_map(|node| known.get(node)).flatten().collect()
}

/// The last event of the cause, not after this one, that Meta has taken by a click; that click, and the
/// account that received its chat.
fn last_taken<'a>(
    known: &'a WorkingSet,
    conversion: &Conversion,
) -> Option<(&'a Conversion, &'a Identity, &'a str)> {
    let of_cause = known.conversions.get(&conversion.cause).into_iter().flatten();
    let taken = of_cause.filter(|one| one.state == State::Accepted && one.event_s <= conversion.event_s);
    let by_click = taken.filter_map(|one| match &one.identity {
        Some(identity @ Identity::Click { account, .. }) => Some((one, identity, account.as_str())),
        Some(Identity::Lead { .. }) | None => None,
    });
    by_click.max_by_key(|(one, ..)| (one.event_s, &one.event_id))
}

/// The dataset of the account that received the chat: whichever names it now, or the one that had named it
/// by mistake.
fn dataset_of<'a>(policy: &'a Policy, account: &str) -> Option<&'a Dataset> {
    let datasets = || policy.datasets.iter().filter(|dataset| dataset.routes.contains(&RouteKind::Messaging));
    datasets()
        .find(|dataset| dataset.waba_id.as_deref() == Some(account))
        .or_else(|| datasets().find(|dataset| dataset.waba_id.is_some() && dataset.hears(account)))
}
