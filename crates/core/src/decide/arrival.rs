//! When a deal entered the stage in which it stands.

use super::{
    Deciding, LAG_MAX_MS,
    hints::{is_of, leaves, moves_into},
};
use crate::{Deal, DealHint, DealNow, Effect, Entry, Question, StageId, WaitingFact, policy::is_closed};
use capi::limits;

/// How long the audit log may not show a move of which no report speaks, milliseconds.
pub(super) const UNTOLD_LAG_MAX_MS: i64 = 45 * 1000;
/// How long the audit log is waited for to say when a deal was closed, milliseconds; then the deal's own row does.
const HISTORY_WAIT_MS: i64 = 5 * 60 * 1000;

/// Notes the entry into the stage in which the deal was found. Where nothing believable says when,
/// the audit log is asked; that it did enter is sure if it was known elsewhere, if a report says
/// that it moved, or if it is closed.
pub(super) fn entry_into(
    deciding: &mut Deciding,
    deal: &mut Deal,
    now: &DealNow,
    hints: &[WaitingFact],
    before: Option<&Deal>,
) -> Option<Entry> {
    if let Some(at_s) = entry_time(now, hints, before) {
        let entry = Entry { left: left_for(&now.stage, at_s, hints), ..Entry::new(now.stage.clone(), at_s) };
        deal.has_been_told();
        deal.enter(entry.clone());
        return Some(entry);
    }
    let elsewhere = before.filter(|before| before.stage.as_ref().is_some_and(|stage| *stage != now.stage));
    let known_elsewhere = elsewhere.is_some();
    let is_reported = moves_into(&now.stage, hints).next().is_some();
    // Closed once more, by its closing time alone: anybody may have typed that.
    let is_typed = !known_elsewhere && !is_reported && deal.has_entered(&now.stage);
    let is_current = deal.stage.as_ref() == Some(&now.stage);
    if is_current && is_closed(&now.stage) && !is_typed {
        let since_ms = deal.closing().filter(|(arrived, _)| arrived.stage == now.stage).map(|(_, ms)| ms);
        let at_s = closing_time(deciding, deal, now, hints, elsewhere);
        deal.arrived = Some(Entry { guessed: true, ..Entry::new(now.stage.clone(), at_s) });
        deal.arrived_ms = since_ms.or(Some(deciding.now.ms));
    } else if is_current && (known_elsewhere || is_reported) {
        let times = moves_into(&now.stage, hints).map(|hint| hint.at_s);
        // A report that it was made there, at the time at which the CRM says that it was made.
        let made_s = now.created_s.filter(|created_s| times.into_iter().any(|at_s| at_s == Some(*created_s)));
        let at_s = made_s.filter(|_| !known_elsewhere).unwrap_or(now.updated_s);
        (deal.arrived, deal.arrived_ms) = (Some(Entry::new(now.stage.clone(), at_s)), None);
    }
    deciding.ask(Question::StageLog { deal: deal.key.clone(), stage: now.stage.clone() });
    None
}

/// When a deal was closed, if its history cannot say: as a report has it, or as its row does where it can have been
/// then. What Kopru has seen being closed is none of the time before it.
fn closing_time(
    deciding: &Deciding,
    deal: &Deal,
    now: &DealNow,
    hints: &[WaitingFact],
    elsewhere: Option<&Deal>,
) -> i64 {
    let since_s = elsewhere.map(|before| before.updated_s).or(now.created_s).unwrap_or_default();
    // That it was made there is no move.
    let is_move = |hint: &&DealHint| hint.left.is_some() || hint.at_s != now.created_s;
    let reported = moves_into(&now.stage, hints).filter(is_move).filter_map(|hint| hint.at_s);
    let reported_s = reported.filter(|at_s| (since_s..=now.updated_s).contains(at_s)).max();
    let known_s = deal.closing().filter(|(arrived, _)| arrived.stage == now.stage).map(|(one, _)| one.at_s);
    let age_max_s = limits::EVENT_AGE_MAX_S - limits::EVENT_AGE_MARGIN_S;
    let oldest_s = deciding.now.ms.div_euclid(1000).saturating_sub(age_max_s).max(since_s);
    let can_be = |closed_s: &i64| elsewhere.is_none() || (oldest_s..=now.updated_s).contains(closed_s);
    let closed_s = now.closed_s.filter(can_be).map(|closed_s| closed_s.min(now.updated_s));
    reported_s.or(known_s).or(closed_s).unwrap_or(now.updated_s)
}

/// Whether the audit log is waited for to say when the deal was closed as it is.
pub(super) fn is_awaited(deal: &Deal, now: &DealNow) -> bool {
    deal.closing()
        .is_some_and(|(arrived, _)| arrived.stage == now.stage && deal.stage.as_ref() == Some(&now.stage))
}

/// The entry of a deal of which the audit log has not said for long enough when it was closed. Until then the deal
/// is looked at again.
pub(super) fn untold(deciding: &mut Deciding, deal: &mut Deal, now: &DealNow) -> Option<Entry> {
    let (entry, since_ms) = deal.closing().filter(|_| is_awaited(deal, now))?;
    let (entry, age_ms) = (entry.clone(), deciding.now.age_ms(since_ms));
    if age_ms < HISTORY_WAIT_MS {
        let (question, after_ms) = (Question::Deal { deal: deal.key.clone() }, HISTORY_WAIT_MS - age_ms);
        deciding.act(Effect::Ask { question, upto: deciding.seq, after_ms });
        return None;
    }
    deal.has_been_told();
    if deal.knows(&entry) {
        return None;
    }
    deal.enter(entry.clone());
    Some(entry)
}

/// Whether the audit log, which does not show when a deal was closed, may only lag behind that: it is asked again.
pub(super) fn may_be_told(
    deciding: &mut Deciding,
    deal: &Deal,
    question: &Question,
    hints: &[WaitingFact],
) -> bool {
    let Question::StageLog { stage, .. } = question else { return false };
    let Some((_, since_ms)) = deal.closing().filter(|(arrived, _)| arrived.stage == *stage) else {
        return false;
    };
    let lag_max_ms = if hints.is_empty() { UNTOLD_LAG_MAX_MS } else { LAG_MAX_MS };
    deciding.asks_again_for(question.clone(), &[since_ms], false, lag_max_ms)
}

/// Whether the deal shows another closing time than before, later than when it is known to have been closed in this
/// way: it may have been closed once more.
pub(super) fn is_closed_again(deal: &Deal, now: &DealNow, before: Option<&Deal>) -> bool {
    let closed_s = now.closed_s.filter(|_| is_closed(&now.stage) && deal.has_entered(&now.stage));
    let is_shown = before.is_some_and(|before| before.stage.as_ref() == Some(&now.stage));
    let closed_s =
        closed_s.filter(|closed_s| !is_shown || before.and_then(|one| one.closed_s) != Some(*closed_s));
    closed_s.is_some_and(|closed_s| {
        let at_s = closed_s.min(now.updated_s);
        let entry = Entry { guessed: true, ..Entry::new(now.stage.clone(), at_s) };
        deal.entered_s(&now.stage).is_some_and(|last_s| at_s > last_s) && !deal.knows(&entry)
    })
}

/// From where a deal entered a stage at a time, Unix seconds, if a report says so.
fn left_for(stage: &StageId, at_s: i64, hints: &[WaitingFact]) -> Option<StageId> {
    let mut moves = moves_into(stage, hints).filter(|hint| hint.left.as_ref() != Some(stage));
    moves.find(|hint| hint.at_s.is_some_and(|told_s| is_of(told_s, at_s)))?.left.clone()
}

/// When a deal was made that stands in a stage, was never known in another, and of which no report says that it
/// came from another: where the audit log shows no entry, it was made there.
pub(super) fn made_where_it_stands(deal: &Deal, stage: &StageId, hints: &[WaitingFact]) -> Option<i64> {
    let stands = deal.stage.as_ref() == Some(stage) && deal.entries.iter().all(|entry| entry.stage == *stage);
    let came = moves_into(stage, hints).any(|hint| hint.left.is_some());
    deal.created_s.filter(|_| stands && !came)
}

/// When the deal entered the stage in which it stands: what the report of the move says, if it lies between the
/// reading before, which found the deal elsewhere, and this one. For anything else the audit log is asked: a closing
/// time can be typed. Only what was made as closed has nothing else.
fn entry_time(now: &DealNow, hints: &[WaitingFact], before: Option<&Deal>) -> Option<i64> {
    let closed_s = now.closed_s.filter(|_| is_closed(&now.stage));
    // The CRM's last change closed it: nobody has typed another time since.
    if let Some(closed_s) = closed_s.filter(|closed_s| is_of(now.updated_s, *closed_s)) {
        return Some(closed_s);
    }
    // Nothing changed it after the second in which it was made. Where something did, it may have been a move.
    let is_new = before.is_none_or(|before| before.stage.is_none() && before.entries.is_empty());
    // One that was made as closed before it was made was moved there, or has only that time: the log tells.
    let made_s = now.created_s.filter(|made_s| closed_s.is_none_or(|closed_s| closed_s >= *made_s));
    if is_new && made_s == Some(now.updated_s) {
        return made_s;
    }
    // Without an earlier reading only the CRM's own last change can confirm what a report claims:
    // an older time could be anybody's.
    let read = before.filter(|before| before.stage.is_some());
    let since_s = read.map_or(now.updated_s, |before| before.updated_s);
    // A report that it was made there agrees with when the CRM says that it was made.
    let made_s = made_s.filter(|_| read.is_none());
    // So does one of the time at which the CRM says that a deal that nobody has read before was closed.
    let closed_then = |hint: &DealHint| {
        let closed_s = closed_s.filter(|closed_s| hint.at_s.is_some_and(|at_s| is_of(at_s, *closed_s)));
        closed_s.filter(|closed_s| read.is_none() && *closed_s <= now.updated_s)
    };
    let is_confirmed = |hint: &&DealHint| {
        closed_then(hint).is_some()
            || hint.at_s.is_some_and(|at_s| (since_s..=now.updated_s).contains(&at_s))
            || (hint.left.is_none() && hint.at_s.is_some() && hint.at_s == made_s)
    };
    // The first of them: what entering again later means is for the log to say.
    let moves = || moves_into(&now.stage, hints);
    let seen = moves().filter(|hint| is_seen(hint, hints, before));
    let at_s = seen.filter(is_confirmed).filter_map(|hint| closed_then(hint).or(hint.at_s)).min()?;
    let mut came = moves().filter(|hint| hint.left.is_some());
    if read.is_none() && now.created_s == Some(at_s) && made_s.is_none() && came.next().is_none() {
        return None;
    }
    // So it is where a report speaks of an earlier one that nobody has seen, by its entry or by its end.
    let is_earlier = |hint: &DealHint| hint.at_s.is_some_and(|earlier_s| earlier_s < at_s);
    let is_again = match read {
        None => moves().any(is_earlier) || leaves(&now.stage, hints).any(is_earlier),
        Some(read) => {
            let came_from = |entry: &Entry| entry.left.as_ref() == Some(&now.stage) && entry.at_s < at_s;
            let has_left = leaves(&now.stage, hints).any(is_earlier) || read.entries.iter().any(came_from);
            has_left && !read.has_entered(&now.stage)
        }
    };
    (!is_again).then_some(at_s)
}

/// Whether nobody missed how the deal came to where a report says that it came from. Where reports were lost,
/// it may have entered the stage before.
fn is_seen(hint: &DealHint, hints: &[WaitingFact], before: Option<&Deal>) -> bool {
    let Some((left, before)) = hint.left.as_ref().zip(before) else { return true };
    let last = before.entries.iter().max_by_key(|entry| entry.at_s).map(|entry| &entry.stage);
    before.stage.is_none()
        || before.stage.as_ref() == Some(left)
        || last == Some(left)
        || moves_into(left, hints).next().is_some()
}

/// When the log has no entry of the stage in which the deal is known to have arrived, the CRM's last
/// change of the deal is what is left to say when.
pub(super) fn arrival(deal: &Deal, stage: &StageId) -> Option<i64> {
    deal.arrived.as_ref().filter(|entry| entry.stage == *stage).map(|entry| entry.at_s)
}
