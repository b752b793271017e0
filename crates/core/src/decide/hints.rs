//! What reports of a deal say, and whether that is more than what the CRM shows of it.

use crate::{Deal, DealHint, DealNow, Fact, StageId, WaitingFact};

/// How far apart the times of a report and of the row that shows what it tells may be, seconds.
pub(super) const STAMPS_APART_S: i64 = 1;

/// Whether a report tells of something that the row does not show: a later change, a contact, or that the deal
/// was deleted. One without a time says nothing of that.
pub(super) fn is_ahead(hint: &WaitingFact, hints: &[WaitingFact], deal: &Deal, now: &DealNow) -> bool {
    match &hint.fact {
        Some(Fact::DealHint(DealHint { deleted: true, .. })) => true,
        Some(Fact::DealHint(hint)) => match (hint.at_s, &hint.stage) {
            (None, _) => false,
            // Of one second, unless it was made there, left that stage for the one that is shown, or is known
            // to have been there.
            (Some(at_s), Some(stage)) if is_of(at_s, now.updated_s) && hint.moved && *stage != now.stage => {
                let mut entries = deal.entries.iter().filter(|entry| entry.stage == *stage);
                let is_known = entries.any(|entry| is_of(at_s, entry.at_s));
                let made_there = hint.left.is_none() && now.created_s == hint.at_s;
                let mut onwards = moves_into(&now.stage, hints);
                !is_known && !made_there && !onwards.any(|other| other.left.as_ref() == Some(stage))
            }
            (Some(at_s), stage) => {
                let agrees = stage.as_ref().is_none_or(|stage| *stage == now.stage);
                at_s > now.updated_s && !(agrees && is_of(at_s, now.updated_s))
            }
        },
        Some(Fact::ContactHint(hint)) => {
            hint.deals.contains(&deal.key) && !now.contacts.contains(&hint.contact)
        }
        _ => false,
    }
}

/// Whether a report has the time of the row by the tolerance of two clocks alone, so that it may as well tell of
/// another change.
pub(super) fn may_be_ahead(hint: &WaitingFact, now: &DealNow) -> bool {
    let Some(Fact::DealHint(DealHint { at_s: Some(at_s), stage, .. })) = &hint.fact else { return false };
    let agrees = stage.as_ref().is_none_or(|stage| *stage == now.stage);
    agrees && *at_s > now.updated_s && is_of(*at_s, now.updated_s)
}

/// Whether a report and what the CRM shows have one time: the clock that stamps reports may be a moment ahead.
pub(super) fn is_of(report_s: i64, shown_s: i64) -> bool {
    (0..=STAMPS_APART_S).contains(&report_s.saturating_sub(shown_s))
}

/// The reports that the deal moved into a stage.
pub(super) fn moves_into<'a>(
    stage: &'a StageId,
    hints: &'a [WaitingFact],
) -> impl Iterator<Item = &'a DealHint> {
    hints.iter().filter_map(move |hint| match &hint.fact {
        Some(Fact::DealHint(hint)) if hint.moved && hint.stage.as_ref() == Some(stage) => Some(hint),
        _ => None,
    })
}

/// The reports that the deal left a stage.
pub(super) fn leaves<'a>(stage: &'a StageId, hints: &'a [WaitingFact]) -> impl Iterator<Item = &'a DealHint> {
    hints.iter().filter_map(move |hint| match &hint.fact {
        Some(Fact::DealHint(hint)) if hint.left.as_ref() == Some(stage) => Some(hint),
        _ => None,
    })
}
