//! Deals: which stages they entered, confirmed by the CRM, and which events that means.

use std::collections::BTreeSet;

use super::{
    Deciding, absent, arrival, audit,
    happened::Happened,
    hints::{STAMPS_APART_S, is_ahead, may_be_ahead, moves_into},
    resolve, rules, tags,
};
use crate::{
    Catalogue, Cause, Deal, DealHint, DealNow, DealRead, Effect, Entry, Fact, Outcome, Question, Reason,
    StageId, StageLog, WaitingFact,
};

/// After how long a row is read once more that may be a moment behind a report, milliseconds.
const LOOK_AGAIN_MS: i64 = 30 * 1000;
/// About how many stages the audit log is asked when nobody saw how a deal moved.
const STAGES_BETWEEN_MAX: usize = 8;

/// An unsigned report is never believed: the deal is read. A report that is older than the last
/// reading and names only known things has nothing new.
pub(super) fn hinted(deciding: &mut Deciding, hint: &DealHint) -> Outcome {
    if let Some(deal) = deciding.state.deals.get(&hint.deal) {
        let read_since = hint.at_s.is_some_and(|at| at < deal.updated_s);
        let stage_known = hint.stage.as_ref().is_none_or(|stage| !hint.moved || deal.has_entered(stage));
        let left_known = hint.left.as_ref().is_none_or(|stage| deal.has_entered(stage));
        if read_since && stage_known && left_known {
            return Outcome::Duplicate;
        }
    }
    deciding.ask_and_wait(Question::Deal { deal: hint.deal.clone() })
}

/// The deal as it stands: its present stage and its price are true by reading. Stages that a
/// report names and that the deal has already left are looked up in the audit log.
pub(super) fn read(deciding: &mut Deciding, read: &DealRead) -> Outcome {
    let question = Question::Deal { deal: read.deal.clone() };
    let waiting = deciding.waiting(&question.key(), read.answered_upto);
    let Some(now) = &read.found else { return absent::deal(deciding, read, &waiting) };
    let hints = &waiting.facts;
    let Some(catalogue) = deciding.catalogue_for(&read.deal.origin, &now.stage) else {
        return deciding.ask_and_wait(Question::Catalogue { origin: read.deal.origin.clone() });
    };

    let before = deciding.state.deals.get(&read.deal).cloned();
    let mut deal = before.clone().unwrap_or_else(|| Deal::new(read.deal.clone()));
    let moved = deal.stage.as_ref() != Some(&now.stage);
    let mut put_on = Vec::new();
    // A reading that had to wait for the names of stages may have been overtaken by a newer one: it
    // shows where the deal once stood, and nothing about the present.
    if before.as_ref().is_none_or(|before| before.updated_s <= now.updated_s) {
        deal.stage = Some(now.stage.clone());
        deal.shown_s = if moved { now.updated_s } else { deal.shown_s };
        deal.price = now.price;
        deal.contacts.clone_from(&now.contacts);
        deal.updated_s = now.updated_s;
        deal.consent = now.consent;
        deal.closed_s = now.closed_s;
        let is_first = before.as_ref().is_none_or(|before| before.stage.is_none());
        put_on = deal.take_tags(now, is_first);
    }
    // One that waited for the names of stages says nothing of what has been found since.
    deal.gone &= before.as_ref().is_some_and(|before| before.read_by > deciding.seq);
    deal.missing = None;
    deal.created_s = now.created_s.or(deal.created_s);

    let again = arrival::is_closed_again(&deal, now, before.as_ref());
    let known = deal.entries.iter().any(|entry| entry.stage == now.stage && !moved_again(hints, entry));
    // Where an answer goes on in another turn, a report of the move may be among those that end only now.
    let goes_on = before.as_ref().is_some_and(|before| before.read_by == deciding.seq);
    let reported_now = goes_on && moves_into(&now.stage, hints).next().is_some();
    let told_now = arrival::is_awaited(&deal, now) && moves_into(&now.stage, hints).next().is_some();
    let unproven = moved || told_now || (reported_now && !deal.has_entered(&now.stage));
    let entered = if again || (unproven && !known) {
        arrival::entry_into(deciding, &mut deal, now, hints, before.as_ref())
    } else {
        None
    };
    let entered = entered.or_else(|| arrival::untold(deciding, &mut deal, now));

    // The row is older than the history or a report: it shows neither the stage nor the price of now.
    let is_first = |hint: &WaitingFact| hint.seq >= read.answered_upto;
    let may_lag = |hint: &&WaitingFact| is_first(hint) || deciding.may_lag(hint.received_ms);
    let ahead = hints.iter().filter(may_lag).filter(|hint| is_ahead(hint, hints, &deal, now));
    let ahead: Vec<&WaitingFact> = ahead.collect();
    let told_s = Some(deal.told_s).filter(|told_s| told_s.saturating_sub(STAMPS_APART_S) > now.updated_s);
    let unseen_ms = deal.unseen_move_s().max(told_s).map(|moved_s| moved_s.saturating_mul(1000));
    let spoken_of_ms: Vec<i64> = ahead.iter().map(|hint| hint.received_ms).chain(unseen_ms).collect();
    let lags = deciding.asks_again(question.clone(), &spoken_of_ms, ahead.iter().any(|hint| is_first(hint)));
    if !lags && hints.iter().any(|hint| may_be_ahead(hint, now) && deciding.may_lag(hint.received_ms)) {
        deciding.act(Effect::Ask { question, upto: deciding.seq, after_ms: LOOK_AGAIN_MS });
    }
    let by_deal = |hint: &&WaitingFact| matches!(hint.fact, Some(Fact::DealHint(_)));
    let since_ms = deal.behind_since_ms.unwrap_or(deciding.now.ms);
    deal.behind_since_ms = ahead.iter().any(by_deal).then_some(since_ms);
    let is_held = deal.behind_since_ms.is_some_and(|since_ms| deciding.may_lag(since_ms));
    deal.lagging = lags && (unseen_ms.is_some() || is_held);

    let news = before.as_ref() != Some(&deal);
    deal.read_by = deciding.seq;
    deciding.act(Effect::SaveDeal(deal.clone()));
    let shown: Vec<&WaitingFact> =
        hints.iter().filter(|hint| !lags || ahead.iter().all(|other| other.seq != hint.seq)).collect();
    if lags {
        ask_for_claims(deciding, &deal, &ahead, &catalogue);
    }
    settle_hints(deciding, &deal, &shown, &catalogue, news);
    if moved && before.as_ref().is_some_and(|before| !moved_straight(before, now, hints)) {
        ask_for_stages_between(deciding, &deal, &catalogue);
    }
    if before.as_ref().is_some_and(|before| before.stage.is_none()) {
        audit::ask_where_it_was(deciding, &deal, &catalogue);
    }
    ask_new_contacts(deciding, &deal, before.as_ref());
    let received_ms = hints.iter().map(|hint| hint.received_ms).min().unwrap_or(deciding.received_ms);
    if let Some(entry) = entered {
        let happened = Happened::Entered(&entry);
        rules::fire(deciding, &Cause::Deal(read.deal.clone()), happened, &catalogue, received_ms);
    }
    tags::got(deciding, &read.deal, &now.stage, &put_on, &catalogue, received_ms);
    rules::won_elsewhere(deciding, &read.deal, &catalogue);
    resolve::deal(deciding, &read.deal);
    let outcome = if news { Outcome::Used } else { Outcome::Ignored(Reason::NothingNew) };
    // Where this answer ends none of them, it ends no other either: the next one is under way.
    if shown.is_empty() { outcome } else { waiting.ends(outcome) }
}

/// The audit log may show already what the row does not, and the deal may be gone before that does.
fn ask_for_claims(deciding: &mut Deciding, deal: &Deal, ahead: &[&WaitingFact], catalogue: &Catalogue) {
    let claims = ahead.iter().filter_map(|hint| match &hint.fact {
        Some(Fact::DealHint(hint)) if hint.moved => hint.stage.as_ref(),
        _ => None,
    });
    let is_there = |stage: &StageId| catalogue.stages.iter().any(|known| known.stage == *stage);
    let unknown = claims.filter(|stage| is_there(stage) && !deal.has_entered(stage));
    for stage in unknown.collect::<BTreeSet<_>>() {
        deciding.ask(Question::StageLog { deal: deal.key.clone(), stage: stage.clone() });
    }
}

/// Whether reports say that the deal went from where it was known to where it is now at once.
fn moved_straight(before: &Deal, now: &DealNow, hints: &[WaitingFact]) -> bool {
    before.stage.is_none()
        || moves_into(&now.stage, hints).any(|hint| hint.left.is_some() && hint.left == before.stage)
}

/// Nobody saw how the deal came here: the audit log says through which stages that a rule asks for.
fn ask_for_stages_between(deciding: &mut Deciding, deal: &Deal, catalogue: &Catalogue) {
    let stages = catalogue.stages.iter().map(|known| &known.stage);
    let wanted = stages.filter(|stage| !deal.has_entered(stage) && deal.stage.as_ref() != Some(*stage));
    let wanted: Vec<StageId> = wanted
        .filter(|stage| rules::wants(deciding, stage, catalogue))
        .take(STAGES_BETWEEN_MAX)
        .cloned()
        .collect();
    for stage in wanted {
        deciding.ask(Question::StageLog { deal: deal.key.clone(), stage });
    }
}

/// Asks for the contacts of which nothing is known, and for those that came to the deal with an event waiting
/// to be told who they are now.
fn ask_new_contacts(deciding: &mut Deciding, deal: &Deal, before: Option<&Deal>) {
    let conversions = deciding.state.conversions.get(&Cause::Deal(deal.key.clone())).into_iter().flatten();
    let since = conversions.filter(|one| one.is_open()).map(|one| one.made_by).max().unwrap_or(0);
    // Companies are asked for where nobody else brings a click.
    for contact in deal.contacts.iter().filter(|contact| !contact.is_company()) {
        let is_new = before.is_none_or(|before| !before.contacts.contains(contact));
        let is_known =
            if is_new { deciding.is_read_since(contact, since) } else { deciding.is_read(contact) };
        if let (false, Some((origin, id))) = (is_known, contact.contact_parts()) {
            deciding.ask(Question::Contact { origin: origin.to_owned(), id: id.to_owned() });
        }
    }
}

/// The audit log answered: the deal did enter the stage, or nothing shows that it did.
pub(super) fn logged(deciding: &mut Deciding, log: &StageLog) -> Outcome {
    let Some(catalogue) = deciding.catalogue_for(&log.deal.origin, &log.stage) else {
        return deciding.ask_and_wait(Question::Catalogue { origin: log.deal.origin.clone() });
    };
    let question = Question::StageLog { deal: log.deal.clone(), stage: log.stage.clone() };
    let waiting = deciding.waiting(&question.key(), log.answered_upto);
    let mut deal =
        deciding.state.deals.get(&log.deal).cloned().unwrap_or_else(|| Deal::new(log.deal.clone()));
    let made_there_s = log.left_s.map(|left_s| deal.created_s.unwrap_or(left_s).min(left_s));
    let times = made_there_s.into_iter().chain(log.first_s).chain(log.entered_s);
    let mut entered_s: Vec<i64> = times.collect();
    let guessed = entered_s.is_empty() && deal.closing().is_some();
    if entered_s.is_empty() {
        if arrival::may_be_told(deciding, &deal, &question, &waiting.facts) {
            return Outcome::Ignored(Reason::NothingNew);
        }
        entered_s.extend(arrival::arrival(&deal, &log.stage).or_else(|| deal.entered_s(&log.stage)));
    }
    if entered_s.is_empty()
        && rules::wants(deciding, &log.stage, &catalogue)
        && let Some(created_s) = arrival::made_where_it_stands(&deal, &log.stage, &waiting.facts)
    {
        // The log may lag behind a move of a moment ago. No report speaks of one, so it need not be waited for long.
        let mut spoken_of_ms = deciding.waiting_since(&question.key());
        spoken_of_ms.push(deal.shown_s.saturating_mul(1000));
        let is_first = waiting.facts.iter().any(|hint| hint.seq >= log.answered_upto);
        if deciding.asks_again_for(question.clone(), &spoken_of_ms, is_first, arrival::UNTOLD_LAG_MAX_MS) {
            return Outcome::Ignored(Reason::NothingNew);
        }
        entered_s.push(created_s);
    }
    if entered_s.is_empty() {
        return absent::from_log(deciding, question, &waiting, log.answered_upto);
    }

    let hints = &waiting.facts;
    let entries = entered_s.into_iter().map(|at_s| Entry { guessed, ..Entry::new(log.stage.clone(), at_s) });
    let entries: Vec<Entry> = entries.filter(|entry| !deal.knows(entry)).collect();
    let news = !entries.is_empty();
    let received_ms = hints.iter().map(|hint| hint.received_ms).min().unwrap_or(deciding.received_ms);
    for (place, hint) in hints.iter().enumerate() {
        deciding.settle(hint, if news && place == 0 { Outcome::Used } else { Outcome::Duplicate });
    }
    if !news {
        if deal.closing().is_some_and(|(arrived, _)| arrived.stage == log.stage) {
            deal.has_been_told();
            deciding.act(Effect::SaveDeal(deal));
        }
        return waiting.ends(Outcome::Ignored(Reason::NothingNew));
    }
    for entry in &entries {
        deal.enter_as_told(entry.clone());
    }
    if let Some(left_s) = log.left_s {
        deal.went_on_from(&log.stage, left_s);
    }
    deal.has_been_told();
    if deal.unseen_move_s().is_some() {
        deal.lagging = true;
        deciding.ask(Question::Deal { deal: deal.key.clone() });
    } else if let Some(stage) = deal.left_and_back() {
        deciding.ask(Question::StageLog { deal: deal.key.clone(), stage: stage.clone() });
    }
    deciding.act(Effect::SaveDeal(deal));
    for entry in &entries {
        let happened = Happened::Entered(entry);
        rules::fire(deciding, &Cause::Deal(log.deal.clone()), happened, &catalogue, received_ms);
    }
    rules::won_elsewhere(deciding, &log.deal, &catalogue);
    resolve::deal(deciding, &log.deal);
    waiting.ends(Outcome::Used)
}

/// Whether a report speaks of a later entry into the same stage.
fn moved_again(hints: &[WaitingFact], entry: &Entry) -> bool {
    moves_into(&entry.stage, hints).any(|hint| hint.at_s.is_none_or(|at| at > entry.at_s))
}

/// Ends the reports that the reading answers. Those that name a stage which the deal has left
/// stay, and the audit log is asked.
fn settle_hints(
    deciding: &mut Deciding,
    deal: &Deal,
    hints: &[&WaitingFact],
    catalogue: &Catalogue,
    news: bool,
) {
    let mut told_something = false;
    for hint in hints {
        let claim = match &hint.fact {
            Some(Fact::DealHint(claim)) => Some(claim),
            _ => None,
        };
        let entered = claim.filter(|claim| claim.moved).and_then(|claim| claim.stage.as_ref());
        let left = claim.and_then(|claim| claim.left.as_ref());
        let left = left.filter(|stage| rules::wants(deciding, stage, catalogue));
        // It waits for what a rule waits for.
        let (wanted, other): (Vec<_>, Vec<_>) =
            entered.into_iter().partition(|stage| rules::wants(deciding, stage, catalogue));
        let named = wanted.into_iter().chain(left).chain(other);
        let mut unknown = named.filter(|stage| !deal.has_entered(stage));
        let outcome = match unknown.next() {
            Some(stage) => {
                let question =
                    |stage: &StageId| Question::StageLog { deal: deal.key.clone(), stage: stage.clone() };
                unknown.for_each(|other| deciding.ask(question(other)));
                deciding.ask_and_wait(question(stage))
            }
            None if news && !told_something => {
                told_something = true;
                Outcome::Used
            }
            None => Outcome::Duplicate,
        };
        deciding.settle(hint, outcome);
    }
}
