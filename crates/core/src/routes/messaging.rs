//! Messaging: a click on an ad opened a chat, and the chat's events name the click.

use capi::Event;

use super::{Plan, Planner, Untold, clickless};
use crate::{
    Channel, Click, Conversion, Dataset, ExpiredClick, Identity, Policy, Reason, Route, RouteKind, State,
    WorkingSet,
    person::{CLOCK_SKEW_MAX_S, PersonNames},
};

pub(super) struct Messaging;

impl Planner for Messaging {
    fn kind(&self) -> RouteKind {
        RouteKind::Messaging
    }

    fn event_name(&self, event: &str) -> Option<&'static str> {
        capi::names::messaging_name(event)
    }

    /// By the last click before the event that can be told. A click counts for an event if it came before it, and
    /// for a person if the number was theirs when the deal began. One deal is credited to one person's ads: where
    /// the click by which Meta has taken an earlier event of the same cause is none that is known of the person,
    /// it stays. Where there is none, by a click of what the contacts had when the deal began, and then by one of
    /// the company.
    fn plan(&self, known: &WorkingSet, policy: &Policy, conversion: &Conversion) -> Result<Plan, Untold> {
        let latest_s = conversion.event_s.saturating_add(CLOCK_SKEW_MAX_S);
        let (cause, began_s) = (&conversion.cause, known.began_s(conversion));
        let person = known.person_as_of(cause, began_s);
        let mut stop = Reason::NoClick;
        let taken = last_taken(known, conversion);
        let plan = by_click(known, policy, &person, latest_s, &mut stop);
        let is_theirs = || taken.is_none_or(|(taken, ..)| has_clicked(known, &person, taken));
        if let Some(plan) = plan.filter(|_| is_theirs()) {
            return Ok(plan);
        }
        if let Some((taken, identity, account)) = taken {
            let dataset = dataset_of(policy, account).ok_or(Reason::NoDataset)?;
            return Ok(Plan {
                route: taken.route,
                dataset: dataset.id.clone(),
                identity: identity.clone(),
                ad_id: taken.ad_id.clone(),
            });
        }
        let before = known.person_before(cause, began_s);
        for others in [&before, &known.companies_as_of(cause, began_s)] {
            if let Some(plan) = by_click(known, policy, others, latest_s, &mut stop) {
                return Ok(plan);
            }
        }
        if stop != Reason::NoClick {
            return Err(stop.into());
        }
        let expired = [&person, &before].into_iter().flat_map(|person| expired(known, person));
        // The ad counts only where two were clicked in the same second, for an order that stays.
        let last =
            expired.filter(|click| click.at_s <= latest_s).max_by_key(|click| (click.at_s, &click.ad_id));
        Err(match last {
            Some(ExpiredClick { ad_id, .. }) => Untold { reason: Reason::ClickExpired, ad_id: ad_id.clone() },
            None => clickless::why(known, policy, conversion, &person).into(),
        })
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

/// The clicks of a person.
fn clicks<'a>(known: &'a WorkingSet, person: &'a PersonNames) -> impl Iterator<Item = &'a Click> {
    person.iter().flat_map(move |name| {
        let clicks = known.clicks.get(name).into_iter().flatten();
        clicks.filter(move |click| known.is_by(person, name, &click.who, click.at_s))
    })
}

/// What is left of clicks of a person that have been deleted.
fn expired<'a>(known: &'a WorkingSet, person: &'a PersonNames) -> impl Iterator<Item = &'a ExpiredClick> {
    person.iter().flat_map(move |name| {
        let clicks = known.expired_clicks.get(name).into_iter().flatten();
        clicks.filter(move |click| known.is_by(person, name, &[], click.at_s))
    })
}

/// Whether the click by which Meta has taken an event is one of this person's.
fn has_clicked(known: &WorkingSet, person: &PersonNames, taken: &Conversion) -> bool {
    clicks(known, person).any(|click| click.identity() == taken.identity)
        || expired(known, person).any(|click| click.ad_id == taken.ad_id)
}

/// The plan by the last click of a person that can be told; otherwise the reason, unless a better one was found
/// before.
fn by_click(
    known: &WorkingSet,
    policy: &Policy,
    person: &PersonNames,
    latest_s: i64,
    stop: &mut Reason,
) -> Option<Plan> {
    let mut clicks: Vec<&Click> = clicks(known, person).filter(|click| click.at_s <= latest_s).collect();
    clicks.sort_by(|a, b| (b.at_s, &b.message).cmp(&(a.at_s, &a.message)));
    for click in clicks {
        match (click.identity(), dataset_of(policy, &click.account)) {
            (Some(identity), Some(dataset)) => {
                return Some(Plan {
                    route: Route::Messaging(click.channel),
                    dataset: dataset.id.clone(),
                    identity,
                    ad_id: click.ad_id.clone(),
                });
            }
            (None, _) if *stop == Reason::NoClick => *stop = Reason::NoClickId,
            (Some(_), None) => *stop = Reason::NoDataset,
            (None, _) => {}
        }
    }
    None
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
        Some(Identity::Lead { .. } | Identity::Activity(_)) | None => None,
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
