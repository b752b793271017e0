//! A step of a [`Revisit`](crate::Revisit).

use super::{Deciding, happened::Happened, resolve, rules};
use crate::routes::{make_body, may_repeat, unheld};
use crate::{
    Action, CatchUp, Cause, Conversion, Deal, DealKey, Effect, Node, Question, Reason, RevisitStep, Sent,
    State, Stop,
};

pub(super) fn step(deciding: &mut Deciding, step: &RevisitStep) {
    for conversion in &step.conversions {
        if conversion.reason.is_some_and(|reason| step.revisit.ask_for.contains(&reason)) {
            ask(deciding, &conversion.cause);
        }
        let after = match step.revisit.action {
            _ if matches!(conversion.cause, Cause::Activity(_)) => {
                activity(deciding, step.revisit.action, conversion)
            }
            // A configuration that is mended may let Meta take what it would have refused.
            Action::Resolve if conversion.reason == Some(Reason::WouldBeRefused) => {
                Some(resolve::conversion(deciding, conversion))
            }
            Action::Resolve if is_switched(conversion) => permitted_now(deciding, conversion),
            Action::Resolve => {
                resolve::cause(deciding, &conversion.cause);
                continue;
            }
            Action::Retry => retried(deciding, conversion),
            Action::Drop => dropped(conversion),
        };
        if let Some(after) = after.filter(|after| after != conversion) {
            deciding.act(Effect::Update(after));
        }
    }
    for deal in &step.deals {
        for catch_up in &step.revisit.rules {
            rule(deciding, catch_up, deal);
        }
    }
}

/// Reads anew what the cause's person is recognised by: the answers decide what waits for it.
fn ask(deciding: &mut Deciding, cause: &Cause) {
    if let Cause::Deal(deal) = cause {
        deciding.ask(Question::Deal { deal: deal.clone() });
    }
    let subject = deciding.state.subject(cause);
    let cards: Vec<Node> = subject
        .into_iter()
        .flat_map(|subject| subject.contacts.into_iter().chain(subject.companies))
        .collect();
    for contact in &cards {
        if let (false, Some((origin, id))) = (deciding.is_erased(contact), contact.contact_parts()) {
            deciding.ask(Question::Contact { origin: origin.to_owned(), id: id.to_owned() });
        }
    }
}

/// What becomes of a conversion that somebody wants to be tried again; `None` where there is nothing to
/// try. What Meta may have keeps its bytes.
fn retried(deciding: &Deciding, before: &Conversion) -> Option<Conversion> {
    let due_ms = Some(deciding.now.ms.max(before.event_s.saturating_mul(1000)));
    // Whoever tries it again knows that Meta may count it twice; also of what nobody has come to hold yet.
    let is_held = match before.state {
        State::Queued => unheld(before, deciding.policy, deciding.now).is_err(),
        _ => before.reason.is_some_and(Reason::waits_for_a_word),
    };
    let released = before.released || is_held;
    let before = &Conversion { released, ..before.clone() };
    match (before.state, before.sent) {
        (State::Accepted | State::Duplicate, _) => None,
        (State::Queued, sent) if sent.is_under_way() => None,
        (State::Queued, _) => Some(Conversion { due_ms, ..before.clone() }),
        (_, Sent::Unknown) => {
            let after = resolve::after_unknown(deciding, &resolve::requeued(deciding, before));
            (after.state == State::Queued).then_some(after)
        }
        (_, _) => Some(resolve::conversion(deciding, before)),
    }
}

/// What becomes of an activity. It brought everything with it, so nothing is found out anew: only the configuration,
/// the time and somebody's word count.
fn activity(deciding: &Deciding, action: Action, before: &Conversion) -> Option<Conversion> {
    match (action, before.state) {
        (Action::Drop, _) => dropped(before),
        // The purchase to which it adds lets it go.
        (_, State::Waiting) if before.reason == Some(Reason::WaitingSale) => None,
        _ if before.came_anew => None,
        (Action::Resolve | Action::Retry, State::Queued) if is_homeless(deciding, before) => {
            Some(ended(before, Stop::suppressed(Reason::NoDataset)))
        }
        (Action::Retry, State::Queued | State::Accepted | State::Duplicate) => retried(deciding, before),
        (Action::Retry, _) => {
            let released = before.released || before.reason == Some(Reason::HeldAfterRestore);
            told_again(deciding, &Conversion { released, ..before.clone() })
        }
        // Its body is made when it leaves.
        (Action::Resolve, State::Queued) => None,
        (Action::Resolve, _) => {
            let may_be_mended =
                before.is_open() || is_switched(before) || before.reason == Some(Reason::WouldBeRefused);
            may_be_mended.then(|| told_again(deciding, before)).flatten()
        }
    }
}

/// Whether there is nobody who comes for its queue: its dataset is gone, or takes no activities any more.
fn is_homeless(deciding: &Deciding, one: &Conversion) -> bool {
    let dataset = one.dataset.as_deref().and_then(|id| deciding.policy.dataset(id));
    !dataset.is_some_and(|dataset| dataset.routes.contains(&one.route.kind()))
}

/// An activity that has left the queue, back in it, or why it does not leave. Of whom nothing is kept nothing can be
/// sent.
fn told_again(deciding: &Deciding, before: &Conversion) -> Option<Conversion> {
    before.identity.as_ref()?;
    let (policy, now) = (deciding.policy, deciding.now);
    let again = resolve::requeued(deciding, before);
    let told = match before.sent {
        Sent::Unknown => may_repeat(&again, policy, now),
        _ => make_body(&again, policy, now).map(drop),
    };
    let is_late = now.confirmed && now.ms > before.last_call_ms();
    Some(match told {
        Err(stop) => before.clone().stopped(stop),
        Ok(()) if is_late => before.clone().stopped(Stop::failed(Reason::TooLate)),
        Ok(()) => Conversion { detail: None, ..again },
    })
}

/// Not sent any more, as far as Meta was not told.
fn dropped(before: &Conversion) -> Option<Conversion> {
    match before.state {
        State::Waiting | State::Queued => Some(ended(before, Stop::suppressed(Reason::Dropped))),
        State::Accepted | State::Duplicate | State::Failed | State::Suppressed => None,
    }
}

/// Ends one, or has it end when the attempt that holds it has told nobody.
fn ended(before: &Conversion, stop: Stop) -> Conversion {
    if before.state == State::Queued && before.sent.is_under_way() {
        return Conversion { stop: Some(stop), ..before.clone() };
    }
    before.clone().stopped(stop)
}

/// Whether one ended although it is fit to be sent, and what is known by news alone does not open it again.
fn is_switched(one: &Conversion) -> bool {
    one.state == State::Suppressed && !one.is_open() && one.reason.is_some_and(Reason::may_be_permitted)
}

/// What was kept back, if it may be sent by now: it happened while it might. What Meta may have keeps its bytes.
fn permitted_now(deciding: &Deciding, before: &Conversion) -> Option<Conversion> {
    let after = match before.sent {
        Sent::Unknown => resolve::after_unknown(deciding, &resolve::requeued(deciding, before)),
        _ => resolve::conversion(deciding, before),
    };
    matches!(after.state, State::Queued | State::Waiting).then_some(after)
}

/// Fires a rule for what happened already.
fn rule(deciding: &mut Deciding, catch_up: &CatchUp, key: &DealKey) {
    let policy = deciding.policy;
    let Some(rule) = policy.rules.iter().find(|rule| rule.id == catch_up.rule) else { return };
    let Some((_, catalogue)) = deciding.state.catalogues.get(&key.origin).cloned() else { return };
    let Some(Deal { entries, tagged_s, stage, .. }) = deciding.state.deals.get(key).cloned() else { return };
    let entered = entries.iter().map(Happened::Entered);
    let tagged = stage.iter().flat_map(|within| {
        tagged_s.iter().map(move |(tag, at_s)| Happened::Tagged { tag, within, at_s: *at_s })
    });
    for happened in entered.chain(tagged).filter(|happened| happened.at_s() >= catch_up.since_s) {
        let received_ms = deciding.received_ms;
        rules::apply(deciding, rule, &Cause::Deal(key.clone()), happened, &catalogue, received_ms);
    }
}
