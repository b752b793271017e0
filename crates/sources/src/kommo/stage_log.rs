//! When deals entered stages, from the account's audit log.

use std::collections::{HashMap, HashSet};

use kopru_core::{Fact, Question, StageId, StageLog};
use serde_json::Value;

use super::{AskedQuestion, Page, ids::id_of, pages};
use crate::{
    NotUnderstood,
    lenient::{list_of, seconds_of, text_of},
};

/// What the log says.
#[derive(Default)]
struct StageEntries {
    /// When a deal first and last entered a stage, Unix seconds.
    entered_s: HashMap<(String, StageId), (i64, i64)>,
    /// When a deal first left a stage, Unix seconds.
    left_s: HashMap<(String, StageId), i64>,
    /// Deals with entries that cannot be read: such an entry may be the one that is looked for.
    odd: HashSet<String>,
    /// An entry does not say whose it is.
    nameless: bool,
}

pub(super) fn facts(questions: &[AskedQuestion], pages: &[Page]) -> Result<Vec<Option<Fact>>, NotUnderstood> {
    let mut log = StageEntries::default();
    for row in pages::rows(pages, "events")? {
        match serde_json::from_str(row.get()) {
            Ok(event) if !is_stage_change(&event) => {}
            Ok(event) => log.read(&event),
            Err(_) => log.cannot_read(pages::id_in(row, "entity_id")),
        }
    }
    let answer = |asked: &AskedQuestion| {
        let Question::StageLog { deal, stage } = asked.question else { return None };
        let entry = (deal.id.clone(), stage.clone());
        let entered_s = log.entered_s.get(&entry).map(|(_, last_s)| *last_s);
        let first_s = log.entered_s.get(&entry).map(|(first_s, _)| *first_s);
        // A deal that left a stage before it entered it was made there.
        let left_s = log.left_s.get(&entry).copied();
        let left_s = left_s.filter(|left_s| first_s.is_none_or(|first_s| *left_s < first_s));
        if entered_s.is_none() && (log.nameless || log.odd.contains(&deal.id)) {
            return None;
        }
        Some(Fact::StageLog(StageLog {
            deal: deal.clone(),
            stage: stage.clone(),
            entered_s,
            first_s: first_s.filter(|first_s| Some(*first_s) != entered_s),
            left_s,
            answered_upto: asked.upto,
        }))
    };
    Ok(questions.iter().map(answer).collect())
}

impl StageEntries {
    fn read(&mut self, event: &Value) {
        let deal = id_of(event, "entity_id");
        let left = deal.clone().zip(stage_in(event, Side::Before));
        if let Some((left, at_s)) = left.zip(seconds_of(event, "created_at")) {
            let earliest = self.left_s.entry(left).or_insert(at_s);
            *earliest = at_s.min(*earliest);
        }
        match deal.clone().zip(stage_in(event, Side::After)).zip(seconds_of(event, "created_at")) {
            Some((entry, at_s)) => {
                let (first_s, last_s) = self.entered_s.entry(entry).or_insert((at_s, at_s));
                (*first_s, *last_s) = (at_s.min(*first_s), at_s.max(*last_s));
            }
            None => self.cannot_read(deal),
        }
    }

    fn cannot_read(&mut self, deal: Option<String>) {
        match deal {
            Some(deal) => {
                self.odd.insert(deal);
            }
            None => self.nameless = true,
        }
    }
}

/// Whether an entry is of the kind that was asked for; one that does not say so is.
fn is_stage_change(event: &Value) -> bool {
    let is = |key, wanted| text_of(event, key).is_none_or(|found| found == wanted);
    is("type", "lead_status_changed") && is("entity_type", "lead")
}

/// What a row of the log tells of a change.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Before,
    After,
}

/// The stage that the deal entered, or left.
pub(super) fn stage_in(event: &Value, member: Side) -> Option<StageId> {
    let name = match member {
        Side::Before => "value_before",
        Side::After => "value_after",
    };
    let stage = list_of(event, name).iter().find_map(|value| value.get("lead_status"))?;
    Some(StageId { pipeline: id_of(stage, "pipeline_id")?, status: id_of(stage, "id")? })
}
