//! From a conversion that is still open to one that can be sent, must wait, or will not be sent.

use capi::{Checks, Event, Normalizer, Rules, limits};

use super::Deciding;
use crate::{Click, Consent, Conversion, Dataset, Deal, DealKey, Effect, Mode, Node, Reason, State};

/// A click counts for an event if it came before it. Two companies' clocks never agree to the
/// second, so this much later still counts as before.
const CLOCK_SKEW_MAX_S: i64 = 600;
/// A deadline that is over by every clock: what waits for the clock is looked at as soon as there is
/// one, whatever that shows.
const OVER: i64 = 0;

/// Looks again at the open conversions of all deals that these identifiers reach; where they are too
/// many for one turn, in the turns that follow.
pub(super) fn deals_around(deciding: &mut Deciding, who: &[Node]) {
    for contact in deciding.state.crowded_around(who) {
        deciding.act(Effect::Sweep { contact, asked_by: deciding.seq });
    }
    for key in deciding.state.deals_around(who) {
        deal(deciding, &key);
    }
}

/// Looks again at the open conversions of a deal, if it is known.
pub(super) fn deal(deciding: &mut Deciding, key: &DealKey) {
    if !deciding.state.deals.contains_key(key) {
        return;
    }
    let open: Vec<Conversion> = deciding
        .state
        .conversions
        .get(key)
        .into_iter()
        .flatten()
        .filter(|one| one.is_open())
        .cloned()
        .collect();
    for before in open {
        let after = conversion(deciding, &before);
        if after != before {
            deciding.act(Effect::Update(after));
        }
    }
}

/// What becomes of the conversion with what is known now.
pub(super) fn conversion(deciding: &Deciding, open: &Conversion) -> Conversion {
    // Nothing of an earlier look stays: its click may have been another person's.
    let mut next = Conversion {
        dataset: None,
        ad_id: None,
        value: None,
        state: State::Suppressed,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        body: None,
        detail: None,
        ..open.clone()
    };
    match complete(deciding, &mut next) {
        Ok(()) => {
            next.state = State::Queued;
            next.due_ms = Some(deciding.now.ms.max(next.event_s.saturating_mul(1000)));
        }
        Err(stop) => {
            next.state = stop.state();
            next.reason = Some(stop.reason());
            next.deadline_ms = match stop {
                Stop::Wait(Reason::WaitingClock) => Some(OVER),
                Stop::Wait(_) => Some(last_call_ms(next.event_s)),
                Stop::Suppress(_) | Stop::Fail(_) => None,
            };
        }
    }
    next
}

/// What becomes of a conversion that has waited as long as it could.
pub(super) fn expired(waiting: &Conversion) -> Conversion {
    let (state, reason) = match waiting.reason {
        Some(Reason::WaitingPrice) => (State::Suppressed, Reason::NoPrice),
        Some(Reason::Unreadable) => (State::Failed, Reason::Unreadable),
        _ => (State::Failed, Reason::TooLate),
    };
    Conversion { state, reason: Some(reason), deadline_ms: None, ..waiting.clone() }
}

/// Why a conversion cannot be sent now.
enum Stop {
    Wait(Reason),
    Suppress(Reason),
    Fail(Reason),
}

impl Stop {
    fn state(&self) -> State {
        match self {
            Self::Wait(_) => State::Waiting,
            Self::Suppress(_) => State::Suppressed,
            Self::Fail(_) => State::Failed,
        }
    }

    fn reason(&self) -> Reason {
        match self {
            Self::Wait(reason) | Self::Suppress(reason) | Self::Fail(reason) => *reason,
        }
    }
}

/// Fills in click, dataset, value and body.
fn complete(deciding: &Deciding, next: &mut Conversion) -> Result<(), Stop> {
    let deal = deciding.state.deals.get(&next.deal).ok_or(Stop::Suppress(Reason::NoClick))?;
    if deal.contacts.iter().any(|contact| !deciding.is_read(contact)) {
        return Err(Stop::Wait(Reason::WaitingContact));
    }
    let (click, click_id, dataset) = click_for(deciding, deal, next.event_s).map_err(Stop::Suppress)?;
    consent(deciding, deal).map_err(Stop::Suppress)?;
    next.dataset = Some(dataset.id.clone());
    next.ad_id.clone_from(&click.ad_id);
    if dataset.mode == Mode::Off {
        return Err(Stop::Suppress(Reason::DatasetOff));
    }
    if deciding.now.ms > last_call_ms(next.event_s) {
        let sure = deciding.now.confirmed;
        return Err(if sure { Stop::Fail(Reason::TooLate) } else { Stop::Wait(Reason::WaitingClock) });
    }

    let mut event = Event::whatsapp(&next.name, next.event_s, &next.event_id, &click.account, click_id);
    if next.with_value {
        let price = deal.price.filter(|price| price.is_positive()).ok_or(Stop::Wait(Reason::WaitingPrice))?;
        next.value = Some(price);
        if let Some(currency) = &next.currency {
            event = event.with_value(price, currency);
        }
    }
    let sent_s = (deciding.now.ms / 1000).max(next.event_s);
    if let Some(refusal) = capi::check(&event, Checks::at(sent_s)).refusal() {
        let subcode = refusal.subcode().unwrap_or_default();
        next.detail = Some(format!("{subcode}: {}", refusal.message));
        return Err(Stop::Fail(Reason::WouldBeRefused));
    }
    let mut body = Vec::new();
    capi::write_event(&event, &mut Normalizer::new(Rules::default(), sent_s), &mut body);
    next.body = String::from_utf8(body).ok();
    if dataset.mode == Mode::Shadow {
        return Err(Stop::Suppress(Reason::Shadow));
    }
    Ok(())
}

/// The last click before the event that can be reported, with its click id and dataset.
fn click_for<'a>(
    deciding: &'a Deciding,
    deal: &Deal,
    event_s: i64,
) -> Result<(&'a Click, &'a str, &'a Dataset), Reason> {
    let mut clicks: Vec<&Click> = deciding
        .state
        .person_of(deal)
        .iter()
        .filter_map(|node| deciding.state.clicks.get(node))
        .flatten()
        .filter(|click| click.at_s <= event_s.saturating_add(CLOCK_SKEW_MAX_S))
        .collect();
    clicks.sort_by(|a, b| (b.at_s, &b.message).cmp(&(a.at_s, &a.message)));

    let mut stop = Reason::NoClick;
    for click in clicks {
        let dataset = deciding
            .policy
            .datasets
            .iter()
            .find(|dataset| dataset.messaging && dataset.waba_id.as_deref() == Some(&click.account));
        match (click.click_id.as_deref(), dataset) {
            (Some(click_id), Some(dataset)) => return Ok((click, click_id, dataset)),
            (None, _) if stop == Reason::NoClick => stop = Reason::NoClickId,
            (Some(_), None) => stop = Reason::NoDataset,
            (None, _) => {}
        }
    }
    Err(stop)
}

/// A refusal by the deal or any contact counts; otherwise one yes is needed where consent is
/// required.
fn consent(deciding: &Deciding, deal: &Deal) -> Result<(), Reason> {
    let said: Vec<bool> = deal
        .contacts
        .iter()
        .filter_map(|contact| deciding.state.contacts.get(contact)?.consent)
        .chain(deal.consent)
        .collect();
    if said.contains(&false) {
        return Err(Reason::ConsentRefused);
    }
    if deciding.policy.consent == Consent::Required && said.is_empty() {
        return Err(Reason::NoConsent);
    }
    Ok(())
}

/// The last moment at which the event may leave, Unix milliseconds: an hour before Meta finds it
/// too old.
fn last_call_ms(event_s: i64) -> i64 {
    event_s.saturating_add(limits::EVENT_AGE_MAX_S - limits::EVENT_AGE_MARGIN_S).saturating_mul(1000)
}
