//! Events that take a sale back: one for each sale that Meta has and that was undone. Meta's totals do not fall
//! for them.

use super::{
    Deciding,
    happened::Happened,
    making,
    sales::{self, SALE, Sold},
};
use crate::{Catalogue, Cause, Conversion, DealKey, Effect, Entry, Reason, Rule, State, policy::is_lost};

/// How often a rule is remembered to have taken sales of a deal back; the newest stay.
const NOTED_MAX: usize = 64;

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
        making::not_made(deciding, rule, key, Reason::BeforeRule);
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
    let sold = sales::of(deciding, &cause);
    for Sold { sale, until_s } in &sold {
        let from_s = deal.last_win_s(sale, *until_s);
        let mut within = fired.iter().filter(|(one, _)| from_s < one.at_s && one.at_s < *until_s);
        if let Some((entry, by_stage)) = within.next() {
            take_back(deciding, rule, &cause, (entry, *by_stage), sale.occurrence, catalogue, received_ms);
        }
    }
    match making::newest(deciding, &cause, &rule.send) {
        Some(known) if known.rule != rule.id && fires => {
            making::not_made(deciding, rule, key, Reason::ToldAlready);
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
            making::make(deciding, rule, cause, entered, occurrence, catalogue, received_ms);
        }
        Some(known) if known.rule == rule.id && known.event_s != entry.at_s && may_move(&known) => {
            let (stage, made_by) = (stage.cloned(), deciding.seq);
            let moved = Conversion { event_s: entry.at_s, received_ms, stage, made_by, ..known };
            making::look_at(deciding, &moved, Effect::Update);
        }
        Some(_) => {}
    }
}

/// Whether an event has not left, and may still.
fn may_move(known: &Conversion) -> bool {
    known.is_unsent() && matches!(known.state, State::Waiting | State::Queued | State::Suppressed)
}

/// Notes where the rule takes sales back. That a lost deal is no sale is known without.
fn note(deciding: &mut Deciding, rule: &Rule, key: &DealKey, fired: &[(Entry, bool)]) {
    let Some(mut deal) = deciding.state.deals.get(key).cloned() else { return };
    let known = deal.taken_back.get(&rule.id).map(Vec::as_slice).unwrap_or_default();
    // From where it came may be learnt later.
    let is_known =
        |entry: &Entry| known.iter().any(|one| (&one.stage, one.at_s) == (&entry.stage, entry.at_s));
    let fired: Vec<&Entry> =
        fired.iter().map(|(entry, _)| entry).filter(|entry| !is_lost(&entry.stage)).collect();
    let news: Vec<Entry> = fired.into_iter().filter(|entry| !is_known(entry)).cloned().collect();
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
