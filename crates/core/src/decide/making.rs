//! Making the events of rules, and saying why one is not made.

use super::{Deciding, resolve};
use crate::{
    Catalogue, Cause, Conversion, DealKey, Effect, Reason, Repeat, Rule, Sent, StageId, State, Unmade,
    event_id, routes,
};

/// Makes an event of what happened to a cause.
pub(super) fn make(
    deciding: &mut Deciding,
    rule: &Rule,
    cause: &Cause,
    (stage, at_s): (Option<&StageId>, i64),
    occurrence: u32,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    let Some((route, name)) = routes::usual(&rule.send) else { return };
    let policy = deciding.policy;
    let currency = || catalogue.currency.clone().or_else(|| policy.currency.clone());
    let conversion = Conversion {
        event_id: event_id(policy.workspace, cause, &rule.send, occurrence),
        event: rule.send.clone(),
        name: name.to_owned(),
        rule: rule.id.clone(),
        cause: cause.clone(),
        route,
        event_s: at_s,
        received_ms,
        worth: rule.worth.clone(),
        value: None,
        currency: rule.worth.as_ref().and_then(|_| currency()),
        correction: None,
        stage: stage.cloned(),
        made_by: deciding.seq,
        occurrence,
        dataset: None,
        ad_id: None,
        consent: None,
        state: State::Waiting,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        released: false,
        identity: None,
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    };
    note_made(deciding, rule, cause, occurrence);
    look_at(deciding, &conversion, Effect::Create);
}

/// Decides an event that is made, or made anew: who is behind it is asked for as of now.
pub(super) fn look_at(deciding: &mut Deciding, conversion: &Conversion, change: fn(Conversion) -> Effect) {
    deciding.ask_contacts(&conversion.cause);
    let resolved = resolve::conversion(deciding, conversion);
    deciding.ask_companies(&resolved);
    deciding.act(change(resolved));
}

/// The event of a name that a cause has made last.
pub(super) fn newest(deciding: &Deciding, cause: &Cause, event: &str) -> Option<Conversion> {
    let known = deciding.state.conversions.get(cause).into_iter().flatten();
    known.filter(|known| known.event == event).max_by_key(|known| known.occurrence).cloned()
}

/// How many events of the name a deal is known to have made, although none of them is kept any more. What is
/// made once has one id, and the store knows that it was told.
pub(super) fn made_before(deciding: &Deciding, rule: &Rule, cause: &Cause) -> u32 {
    let deal = cause.deal().filter(|_| rule.repeat == Repeat::EachWin);
    let deal = deal.and_then(|key| deciding.state.deals.get(key));
    deal.and_then(|deal| deal.made.get(&rule.send)).copied().unwrap_or(0)
}

/// Notes that the rule has made an event of the deal, and which one.
fn note_made(deciding: &mut Deciding, rule: &Rule, cause: &Cause, occurrence: u32) {
    let Some(mut deal) = cause.deal().and_then(|key| deciding.state.deals.get(key)).cloned() else { return };
    let mut is_news = deal.unmade.remove(&rule.id).is_some();
    if rule.repeat == Repeat::EachWin {
        is_news |= deal.made.insert(rule.send.clone(), occurrence) != Some(occurrence);
    }
    if is_news {
        deciding.act(Effect::SaveDeal(deal));
    }
}

/// The deal's history before a rule counted, or something of which nobody knows when it was: no event comes of
/// it, and the ledger of the rule says why.
pub(super) fn not_made(deciding: &mut Deciding, rule: &Rule, key: &DealKey, why: Reason) {
    let cause = Cause::Deal(key.clone());
    let mut known = deciding.state.conversions.get(&cause).into_iter().flatten();
    let (Some(mut deal), false) =
        (deciding.state.deals.get(key).cloned(), known.any(|known| known.rule == rule.id))
    else {
        return;
    };
    if deal.unmade.contains_key(&rule.id) {
        return;
    }
    let currency = deciding.state.currency_of(&cause).or_else(|| deciding.policy.currency.clone());
    let worth = rule.worth.as_ref().filter(|worth| !worth.is_estimate());
    let amount = worth.and_then(|worth| worth.amount(deal.price, &deal.named, currency.as_deref()));
    let currency = currency.filter(|_| amount.is_some());
    deal.unmade.insert(rule.id.clone(), Unmade { event: rule.send.clone(), why, amount, currency });
    deciding.act(Effect::SaveDeal(deal));
}
