//! What the CRM does not show: a deal that it says it does not have, an entry that its history does not have.

use super::{Deciding, Waiting, resolve};
use crate::{Deal, DealHint, DealRead, Effect, Fact, Missing, Outcome, Question, Reason, Seq, WaitingFact};

/// The CRM says that it does not have a deal. One that was reported as deleted is; of any other that is believed once
/// the CRM has kept saying so, and until then its sale waits.
pub(super) fn deal(deciding: &mut Deciding, read: &DealRead, waiting: &Waiting) -> Outcome {
    let not_there = Outcome::Ignored(Reason::NoSuchDeal);
    let known = deciding.state.deals.get(&read.deal).cloned();
    // Also where nothing is known of it: a reading may wait for the names of stages.
    let deal = known.unwrap_or_else(|| Deal::new(read.deal.clone()));
    let is_deleted = says_deleted(&waiting.facts);
    if deal.gone && !deal.lagging && waiting.facts.is_empty() {
        return not_there;
    }
    let missing = if is_deleted {
        Missing::reported(deciding.seq, deciding.now)
    } else {
        let missing = Missing::answered(deal.missing, deciding.seq, deciding.now);
        // What was never read has no sale that could be lost.
        if !missing.is_sure() || deal.stage.is_some() {
            deciding.ask_for_missing(missing, Question::Deal { deal: read.deal.clone() });
        }
        missing
    };
    if !missing.is_sure() {
        let lagging = deal.lagging || !deal.gone;
        deciding.act(Effect::SaveDeal(Deal { missing: Some(missing), lagging, ..deal }));
        resolve::deal(deciding, &read.deal);
        return not_there;
    }
    let read_by = if deal.gone { deal.read_by } else { deciding.seq };
    let gone =
        Deal { lagging: false, behind_since_ms: None, missing: Some(missing), gone: true, read_by, ..deal };
    deciding.act(Effect::SaveDeal(gone));
    resolve::deal(deciding, &read.deal);
    ended(deciding, waiting, Reason::NoSuchDeal)
}

/// The history does not show what reports speak of. It may only lag behind them, and is asked again; later they
/// end, and with them the answer.
pub(super) fn from_log(deciding: &mut Deciding, question: Question, waiting: &Waiting, upto: Seq) -> Outcome {
    let reported_ms = deciding.waiting_since(&question.key());
    // The youngest of them says so, which may be none of those that end in this turn.
    let reports = deciding.state.waiting.get(&question.key());
    let is_first = reports.into_iter().flatten().any(|report| report.seq >= upto);
    if deciding.asks_again(question, &reported_ms, is_first) {
        return Outcome::Ignored(Reason::NotInLog);
    }
    ended(deciding, waiting, Reason::NotInLog)
}

fn ended(deciding: &mut Deciding, waiting: &Waiting, reason: Reason) -> Outcome {
    for hint in &waiting.facts {
        deciding.settle(hint, Outcome::Ignored(reason));
    }
    waiting.ends(Outcome::Ignored(reason))
}

fn says_deleted(hints: &[WaitingFact]) -> bool {
    hints.iter().any(|hint| matches!(hint.fact, Some(Fact::DealHint(DealHint { deleted: true, .. }))))
}
