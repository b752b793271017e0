//! Events that take a sale back: one for each sale that Meta has and that was undone. Meta's totals do not fall
//! for them.

use super::{
    Deciding,
    resolve::{is_followed, is_sale},
    rules::{self, Happened},
};
use crate::{
    Catalogue, Cause, Conversion, DealKey, Effect, Entry, Reason, Rule, Sent, State, Stop, policy::is_lost,
};

/// The event of a sale.
const SALE: &str = "Purchase";
/// Events that take a sale back.
const TAKING_BACK: [&str; 2] = ["OrderCanceled", "OrderReturned"];
/// After how long it is looked at again whether Meta has a sale, milliseconds.
const SALE_WAIT_MS: i64 = 60_000;
/// How often a rule is remembered to have taken sales of a deal back; the newest stay.
const NOTED_MAX: usize = 64;

/// Whether an event takes a sale back.
pub(super) fn takes_back(event: &str) -> bool {
    TAKING_BACK.contains(&event)
}

/// A sale of a deal, and until when nothing else was sold, Unix seconds.
struct Sold {
    sale: Conversion,
    until_s: i64,
}

/// Notes where a rule takes sales of the deal back, and makes its event of each sale that was won before.
pub(super) fn apply(
    deciding: &mut Deciding,
    rule: &Rule,
    key: &DealKey,
    happened: Happened,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    let counts = |at_s: i64| rule.since_s.is_none_or(|since_s| at_s >= since_s);
    let fires = happened.fires(rule, catalogue);
    if fires && !counts(happened.at_s()) {
        rules::not_made(deciding, rule, key, Reason::BeforeRule);
    }
    let Some(deal) = deciding.state.deals.get(key).cloned() else { return };
    let entered = deal.entries.iter().filter(|one| counts(one.at_s) && rule.matches(&one.stage, catalogue));
    let mut fired: Vec<(Entry, bool)> = entered.map(|entry| (entry.clone(), true)).collect();
    if let Happened::Tagged { within, at_s, .. } = happened
        && fires
        && counts(at_s)
    {
        fired.push((Entry::new(within.clone(), at_s), false));
    }
    fired.sort_by_key(|(entry, _)| entry.at_s);
    let Some((first, by_stage)) = fired.first().cloned() else { return };
    note(deciding, rule, key, &fired);

    let cause = Cause::Deal(key.clone());
    let sold = sales(deciding, &cause);
    for Sold { sale, until_s } in &sold {
        let from_s = deal.last_win_s(sale, *until_s);
        let mut within = fired.iter().filter(|(one, _)| from_s < one.at_s && one.at_s < *until_s);
        if let Some((entry, by_stage)) = within.next() {
            take_back(deciding, rule, &cause, (entry, *by_stage), sale.occurrence, catalogue, received_ms);
        }
    }
    match rules::newest(deciding, &cause, &rule.send) {
        Some(known) if known.rule != rule.id && fires => {
            rules::not_made(deciding, rule, key, Reason::ToldAlready);
        }
        Some(_) => {}
        // Nothing was sold before it, which is said as well.
        None => {
            let made = deal.made.get(SALE).copied().unwrap_or(1);
            let occurrence = sold.first().map_or(made, |sold| sold.sale.occurrence);
            take_back(deciding, rule, &cause, (&first, by_stage), occurrence, catalogue, received_ms);
        }
    }
}

/// Makes the event that takes one sale back. As long as it has not left, it has the time of what fired the rule
/// after the deal was won last.
fn take_back(
    deciding: &mut Deciding,
    rule: &Rule,
    cause: &Cause,
    (entry, by_stage): (&Entry, bool),
    occurrence: u32,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    let stage = by_stage.then_some(&entry.stage);
    let all = deciding.state.conversions.get(cause).into_iter().flatten();
    let mut same = all.filter(|one| one.event == rule.send && one.occurrence == occurrence);
    match same.next().cloned() {
        None => {
            let entered = (stage, entry.at_s);
            rules::make(deciding, rule, cause, entered, occurrence, catalogue, received_ms);
        }
        Some(known) if known.rule == rule.id && known.event_s != entry.at_s && may_move(&known) => {
            let (stage, made_by) = (stage.cloned(), deciding.seq);
            let moved = Conversion { event_s: entry.at_s, received_ms, stage, made_by, ..known };
            rules::look_at(deciding, &moved, Effect::Update);
        }
        Some(_) => {}
    }
}

/// Whether an event has not left, and may still.
fn may_move(known: &Conversion) -> bool {
    rules::is_unsent(known) && matches!(known.state, State::Waiting | State::Queued | State::Suppressed)
}

/// Notes where the rule takes sales back. That a lost deal is no sale is known without.
fn note(deciding: &mut Deciding, rule: &Rule, key: &DealKey, fired: &[(Entry, bool)]) {
    let Some(mut deal) = deciding.state.deals.get(key).cloned() else { return };
    let known = deal.taken_back.get(&rule.id).map(Vec::as_slice).unwrap_or_default();
    let fired: Vec<&Entry> =
        fired.iter().map(|(entry, _)| entry).filter(|entry| !is_lost(&entry.stage)).collect();
    let news: Vec<Entry> = fired.into_iter().filter(|entry| !known.contains(entry)).cloned().collect();
    if news.is_empty() {
        return;
    }
    let mut noted = [known, news.as_slice()].concat();
    noted.sort_by_key(|entry| entry.at_s);
    let old = noted.len().saturating_sub(NOTED_MAX);
    noted.drain(..old);
    deal.taken_back.insert(rule.id.clone(), noted);
    deciding.act(Effect::SaveDeal(deal));
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

/// The sales that events of the deal report, in their order.
fn sales(deciding: &Deciding, cause: &Cause) -> Vec<Sold> {
    let all = deciding.state.conversions.get(cause).into_iter().flatten();
    let mut sales: Vec<Conversion> = all.filter(|one| one.event == SALE && is_sale(one)).cloned().collect();
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
    let mut sold = sales(deciding, &next.cause).into_iter();
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
        _ if is_open && !matches!(sale.sent, Sent::Never | Sent::NotTaken) => {
            Err(Stop::waiting(Reason::WaitingSale, deciding.now.ms.saturating_add(SALE_WAIT_MS)))
        }
        _ => Err(nothing),
    }
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
            State::Queued | State::Waiting => is_first || !rules::is_unsent(one),
            State::Suppressed | State::Failed => one.sent.is_unknown(),
        }
    })
}
