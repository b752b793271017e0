//! When deals entered stages, from the account's audit log.

use std::collections::HashMap;

use kopru_core::{Fact, Question, StageId, StageLog};
use serde_json::Value;

use super::{AskedQuestion, Page, ids::id_of, pages};
use crate::{
    Unreadable,
    lenient::{list_of, seconds_of, text_of},
};

pub(super) fn facts(questions: &[AskedQuestion], pages: &[Page]) -> Result<Vec<Fact>, Unreadable> {
    let mut entries: HashMap<(String, StageId), i64> = HashMap::new();
    for row in pages::rows(pages, "events")? {
        let Some((entry, at_s)) = entry_of(&row.value) else { continue };
        let latest = entries.entry(entry).or_insert(at_s);
        *latest = at_s.max(*latest);
    }
    let answer = |asked: &AskedQuestion| {
        let Question::StageLog { deal, stage } = asked.question else { return None };
        let entered_s = entries.get(&(deal.id.clone(), stage.clone())).copied();
        Some(Fact::StageLog(StageLog {
            deal: deal.clone(),
            stage: stage.clone(),
            entered_s,
            answers: asked.upto,
        }))
    };
    Ok(questions.iter().filter_map(answer).collect())
}

/// The deal and the stage that it entered, and when.
fn entry_of(event: &Value) -> Option<((String, StageId), i64)> {
    let is = |key, wanted| text_of(event, key).is_none_or(|found| found == wanted);
    if !is("type", "lead_status_changed") || !is("entity_type", "lead") {
        return None;
    }
    let stage = list_of(event, "value_after").iter().find_map(|value| value.get("lead_status"))?;
    let stage = StageId { pipeline: id_of(stage, "pipeline_id")?, status: id_of(stage, "id")? };
    Some(((id_of(event, "entity_id")?, stage), seconds_of(event, "created_at")?))
}
