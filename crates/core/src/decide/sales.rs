//! The sales of a deal, and whether an event may take one of them back. Meta's totals do not fall for that.

use super::Deciding;
use crate::{Cause, Conversion, DealKey, Effect, Node, Reason, State, Stop};

/// The event of a sale.
pub(super) const SALE: &str = "Purchase";
/// Events that take a sale back.
const TAKING_BACK: [&str; 2] = ["OrderCanceled", "OrderReturned"];
/// After how long it is looked at again whether Meta has a sale, milliseconds.
const SALE_WAIT_MS: i64 = 60_000;

/// Whether an event takes a sale back.
pub fn takes_back(event: &str) -> bool {
    TAKING_BACK.contains(&event)
}

/// A sale of a deal, and until when nothing else was sold, Unix seconds.
pub(super) struct Sold {
    pub sale: Conversion,
    pub until_s: i64,
}

/// The sales that events of the deal report, in their order.
pub(super) fn of(deciding: &Deciding, cause: &Cause) -> Vec<Sold> {
    let all = deciding.state.conversions.get(cause).into_iter().flatten();
    let mut sales: Vec<Conversion> = all.filter(|one| one.event == SALE && one.is_sale()).cloned().collect();
    sales.sort_by_key(|sale| std::cmp::Reverse(sale.occurrence));
    let mut until_s = i64::MAX;
    let sold = sales.into_iter().map(|sale| {
        let next_s = std::mem::replace(&mut until_s, sale.event_s);
        Sold { sale, until_s: next_s }
    });
    let mut sold: Vec<Sold> = sold.collect();
    sold.reverse();
    sold
}

/// An event that takes a sale back goes only where Meta has that sale, it was undone, and nothing else has taken
/// it back.
pub(super) fn check(deciding: &Deciding, next: &Conversion) -> Result<(), Stop> {
    if !takes_back(&next.event) {
        return Ok(());
    }
    let nothing = Stop::suppressed(Reason::NothingToUndo);
    let mut sold = of(deciding, &next.cause).into_iter();
    let sold = sold.find(|sold| sold.sale.occurrence == next.occurrence);
    let deal = next.cause.deal().and_then(|key| deciding.state.deals.get(key));
    let (Some(Sold { sale, until_s }), Some(deal)) = (sold, deal) else { return Err(nothing) };
    let is_undone = is_followed(deciding, &sale) || deciding.state.standing_win(&sale).is_none();
    if !is_undone || next.event_s <= deal.last_win_s(&sale, until_s) || is_taken_back(deciding, next) {
        return Err(nothing);
    }
    let is_open = matches!(sale.state, State::Queued | State::Waiting);
    match sale.state {
        State::Accepted | State::Duplicate => Ok(()),
        _ if is_open && !sale.is_unsent() => {
            Err(Stop::waiting(Reason::WaitingSale, deciding.now.ms.saturating_add(SALE_WAIT_MS)))
        }
        _ => Err(nothing),
    }
}

/// What a file has told already, as it seems, is told by a deal only once somebody says that it is another sale.
pub(super) fn check_imported(deciding: &Deciding, next: &Conversion, contacts: &[Node]) -> Result<(), Stop> {
    if next.event != SALE || next.released || !next.is_unsent() {
        return Ok(());
    }
    let state = &deciding.state;
    let who = contacts.iter().filter_map(|contact| state.contacts.get(contact)).flat_map(|known| &known.who);
    let mut imported = who.filter_map(|node| state.imported.get(node)).flatten();
    if imported.any(|sale| sale.seems(next)) {
        return Err(Stop::suppressed(Reason::ImportedAlready));
    }
    Ok(())
}

/// Whether another event takes the same sale back: Meta has it or may have it, or it was first.
fn is_taken_back(deciding: &Deciding, next: &Conversion) -> bool {
    let all = deciding.state.conversions.get(&next.cause).into_iter().flatten();
    let mut others = all.filter(|one| {
        takes_back(&one.event) && one.occurrence == next.occurrence && one.event_id != next.event_id
    });
    others.any(|one| {
        let is_first = (one.event_s, &one.event) < (next.event_s, &next.event);
        match one.state {
            State::Accepted | State::Duplicate => true,
            State::Queued | State::Waiting => is_first || !one.is_unsent(),
            State::Suppressed | State::Failed => one.sent.is_unknown(),
        }
    })
}

/// Whether the deal was won again and has made another event of that: what this one was of is undone.
pub(super) fn is_followed(deciding: &Deciding, sale: &Conversion) -> bool {
    let all = deciding.state.conversions.get(&sale.cause).into_iter().flatten();
    let mut later = all.filter(|other| other.occurrence > sale.occurrence);
    later.any(|other| other.event == sale.event)
}

/// Where a rule that is gone, or sends something else now, has taken sales back, it does so no more.
pub(super) fn forget_former_rules(deciding: &mut Deciding, key: &DealKey) {
    let policy = deciding.policy;
    let is_rule = |id: &String| policy.rules.iter().any(|rule| rule.id == *id && takes_back(&rule.send));
    let Some(deal) = deciding.state.deals.get(key) else { return };
    if !deal.taken_back.keys().all(is_rule) {
        let mut deal = deal.clone();
        deal.taken_back.retain(|id, _| is_rule(id));
        deciding.act(Effect::SaveDeal(deal));
    }
}
