//! What becomes of a conversion with what is known now: it can be sent, must wait, or will not be sent.
//! It is looked at again with each news until Meta has it.

use super::{Deciding, sales};
use crate::{
    Cause, Conversion, DealKey, Effect, Node, Reason, Sent, State, Stop, Worth,
    routes::{allowed, checked, choose, unheld},
};

/// A deadline that is over by every clock: what waits for the clock is looked at as soon as there is
/// one, whatever that shows.
const OVER: i64 = 0;

/// Looks again at the conversions of all deals and contacts that these identifiers reach; where the deals
/// are too many for one turn, in the turns that follow.
pub(super) fn causes_around(deciding: &mut Deciding, who: &[Node]) {
    for contact in deciding.state.crowded_around(who) {
        deciding.act(Effect::Sweep { contact, asked_by: deciding.seq });
    }
    for key in deciding.state.deals_around(who) {
        deal(deciding, &key);
    }
    for contact in deciding.state.contacts_around(who) {
        cause(deciding, &Cause::Contact(contact));
    }
}

/// Looks again at the conversions of a deal, if it is known.
pub(super) fn deal(deciding: &mut Deciding, key: &DealKey) {
    if deciding.state.deals.contains_key(key) {
        sales::forget_former_rules(deciding, key);
        cause(deciding, &Cause::Deal(key.clone()));
    }
}

/// Looks again at the conversions of a cause.
pub(super) fn cause(deciding: &mut Deciding, cause: &Cause) {
    let all = deciding.state.conversions.get(cause).into_iter().flatten();
    let mut is_asked = false;
    let changed: Vec<Conversion> = all
        .filter_map(|before| {
            let after = look_again(deciding, before);
            let anew = asked_anew(deciding, before, &after);
            is_asked |= anew.is_some();
            let after = anew.unwrap_or(after);
            (after != *before).then_some(after)
        })
        .collect();
    if is_asked {
        deciding.ask_contacts(cause);
    }
    for after in changed {
        deciding.act(Effect::Update(after));
    }
    let all = deciding.state.conversions.get(cause).cloned().unwrap_or_default();
    for one in &all {
        deciding.ask_companies(one);
    }
}

/// What has lacked a price or a click and could go now is decided once the people behind it are read as of now: they
/// may have refused meanwhile, or be others, without a report of it.
fn asked_anew(deciding: &Deciding, before: &Conversion, after: &Conversion) -> Option<Conversion> {
    let lacked = before.reason.is_some_and(Reason::may_come_late);
    let is_told_now = after.state == State::Queued && before.state != State::Queued;
    if !lacked || !is_told_now || deciding.seq == 0 {
        return None;
    }
    let anew = conversion(deciding, &Conversion { made_by: deciding.read_as_of(), ..before.clone() });
    (anew.reason == Some(Reason::WaitingContact)).then_some(anew)
}

/// What becomes of a conversion, as far as it is not too late to say so.
fn look_again(deciding: &Deciding, before: &Conversion) -> Conversion {
    match (before.state, before.sent) {
        (State::Accepted | State::Duplicate, _) => corrected(deciding, before),
        (State::Queued, Sent::Unknown) => after_unknown(deciding, before),
        // Its bytes stay frozen while it waits for a person's word, and while nothing is said of consent.
        (State::Suppressed, Sent::Unknown) if before.reason != Some(Reason::NoConsent) => before.clone(),
        (State::Waiting | State::Suppressed, Sent::Unknown) => {
            after_unknown(deciding, &requeued(deciding, before))
        }
        (State::Queued, sent) if sent.is_under_way() => before.frozen(&conversion(deciding, before)),
        _ if before.is_open() => conversion(deciding, before),
        _ => before.clone(),
    }
}

/// What becomes of the conversion with what is known now.
pub(super) fn conversion(deciding: &Deciding, open: &Conversion) -> Conversion {
    // Nothing of an earlier look stays: its click may have been another person's.
    let mut next = Conversion {
        received_ms: received_ms(deciding, open),
        worth: worth(deciding, open),
        dataset: None,
        ad_id: None,
        identity: None,
        value: None,
        consent: None,
        correction: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        ..open.clone()
    };
    if let Err(stop) = complete(deciding, &mut next) {
        return next.stopped(stop);
    }
    let due_ms = deciding.now.ms.max(next.event_s.saturating_mul(1000));
    next.due_ms = if open.state == State::Queued { open.due_ms } else { Some(due_ms) };
    next
}

/// Fills in consent, route, dataset and value.
fn complete(deciding: &Deciding, next: &mut Conversion) -> Result<(), Stop> {
    let (state, policy) = (&*deciding.state, deciding.policy);
    let subject = state.subject(&next.cause).ok_or(Stop::suppressed(Reason::NoClick))?;
    // Whoever belongs to a company that was erased is not erased with it.
    let meant = if subject.contacts.is_empty() { &subject.companies } else { &subject.contacts };
    if state.has_erased(meant) {
        return Err(Stop::suppressed(Reason::Erased));
    }
    if let Some(worth) = &next.worth {
        // A rule that had no value when the event was made named no currency. What is not told has its worth too.
        let named = next.currency.take().or_else(|| state.currency_of(&next.cause));
        next.currency = named.or_else(|| policy.currency.clone());
        next.value = worth.amount(subject.price, &subject.named, next.currency.as_deref());
    }
    if state.lags(&next.cause) {
        let is_over = deciding.now.ms > next.last_call_ms();
        return Err(if is_over { late(deciding, next) } else { wait(next, Reason::WaitingDeal) });
    }
    if next.is_sale() {
        let win = state.standing_win(next).filter(|_| !sales::is_followed(deciding, next));
        let win = win.ok_or(Stop::suppressed(Reason::Withdrawn))?;
        if next.is_unsent() {
            next.event_s = win.at_s;
        }
    }
    let is_late = deciding.now.ms > next.last_call_ms();
    if is_late && is_of_before(next) {
        return Err(late(deciding, next));
    }
    if subject.contacts.iter().any(|contact| !deciding.is_read_since(contact, next.made_by)) {
        return Err(wait(next, Reason::WaitingContact));
    }
    next.consent = subject.consent;
    sales::check(deciding, next)?;
    let choice = choose(state, policy, next);
    (next.route, next.name) = (choice.route, choice.name);
    let plan = choice.plan.map_err(|untold| {
        next.ad_id = untold.ad_id;
        Stop::suppressed(untold.reason)
    })?;
    next.dataset = Some(plan.dataset);
    next.identity = Some(plan.identity);
    next.ad_id = plan.ad_id;
    let allowed = match allowed(next, policy, deciding.now) {
        Err(stop) if !matches!(stop.reason, Reason::Shadow | Reason::TestOver) => return Err(stop),
        allowed => allowed,
    };
    sales::check_imported(deciding, next, &subject.contacts)?;
    if is_late {
        return Err(late(deciding, next));
    }
    if let Some(worth) = &next.worth {
        let fault = || worth.fault(subject.price, &subject.named, next.currency.as_deref());
        let missing = || Stop { detail: fault(), ..wait(next, Reason::WaitingPrice) };
        let amount = next.value.ok_or_else(missing)?;
        if worth.is_too_small(amount) {
            return Err(Stop::suppressed(Reason::TooSmall));
        }
    }
    let dataset = next.dataset.as_deref().and_then(|id| policy.dataset(id));
    if let Some(dataset) = dataset {
        checked(next, dataset, deciding.now)?;
    }
    allowed?;
    unheld(next, policy, deciding.now)
}

/// What has waited or ended, put back into the queue as it was.
pub(super) fn requeued(deciding: &Deciding, before: &Conversion) -> Conversion {
    let due_ms = Some(deciding.now.ms.max(before.event_s.saturating_mul(1000)));
    let (state, reason, deadline_ms, stop) = (State::Queued, None, None, None);
    Conversion { state, reason, deadline_ms, due_ms, stop, ..before.clone() }
}

/// Meta may have it: the same bytes go again, unless it must not be told any more.
pub(super) fn after_unknown(deciding: &Deciding, held: &Conversion) -> Conversion {
    let now = conversion(deciding, held);
    let after = held.frozen(&now);
    match after.stop {
        Some(stop) => held.clone().stopped(stop),
        // A dataset that has been renamed gets the same bytes.
        None if now.dataset.is_some() && (now.route, &now.identity) == (held.route, &held.identity) => {
            Conversion { dataset: now.dataset, ..after }
        }
        None => after,
    }
}

/// Meta was told a value and a sale, and on no route that there is can it be told another, or take it back.
fn corrected(deciding: &Deciding, told: &Conversion) -> Conversion {
    let Some(subject) = deciding.state.subject(&told.cause) else { return told.clone() };
    let worth = told.worth.as_ref();
    let now = worth.and_then(|worth| worth.amount(subject.price, &subject.named, told.currency.as_deref()));
    let is_followed = told.is_sale() && sales::is_followed(deciding, told);
    let stands = !told.is_sale() || (deciding.state.standing_win(told).is_some() && !is_followed);
    // What the deal is worth by now, the sale that followed tells.
    let correction = now.filter(|now| told.value != Some(*now) && !is_followed);
    Conversion { correction, reason: (!stands).then_some(Reason::Undone), ..told.clone() }
}

/// What the event is worth as its rule says now; as it said last, where there is no such rule any more.
fn worth(deciding: &Deciding, open: &Conversion) -> Option<Worth> {
    let rule = deciding.policy.rules.iter().find(|rule| rule.id == open.rule && rule.send == open.event);
    rule.map_or_else(|| open.worth.clone(), |rule| rule.worth.clone())
}

/// What becomes of a conversion that has waited as long as it could.
pub(super) fn expired(waiting: &Conversion) -> Conversion {
    let stop = match waiting.reason {
        // Still with what there is in the place of an amount.
        Some(Reason::WaitingPrice) => {
            Stop { detail: waiting.detail.clone(), ..Stop::suppressed(Reason::NoPrice) }
        }
        Some(Reason::Unreadable) => Stop::failed(Reason::Unreadable),
        _ => too_late(waiting),
    };
    waiting.clone().stopped(stop)
}

/// How an event ends that is too late by this clock, if somebody agrees with it.
fn late(deciding: &Deciding, next: &Conversion) -> Stop {
    if deciding.now.confirmed { too_late(next) } else { Stop::waiting(Reason::WaitingClock, OVER) }
}

/// How an event ends that is too late. Only one that was in time once is a loss.
fn too_late(one: &Conversion) -> Stop {
    if is_of_before(one) { Stop::suppressed(Reason::BeforeKopru) } else { Stop::failed(Reason::TooLate) }
}

/// Whether the event was too late already when Kopru heard of it.
fn is_of_before(one: &Conversion) -> bool {
    one.received_ms > one.last_call_ms()
}

/// When Kopru heard of it. The clock of then may have been ahead, which shows once one is confirmed.
fn received_ms(deciding: &Deciding, open: &Conversion) -> i64 {
    let waited_for_clock = open.reason == Some(Reason::WaitingClock) && deciding.now.confirmed;
    if waited_for_clock { open.received_ms.min(deciding.now.ms) } else { open.received_ms }
}

fn wait(next: &Conversion, reason: Reason) -> Stop {
    Stop::waiting(reason, next.last_call_ms())
}
