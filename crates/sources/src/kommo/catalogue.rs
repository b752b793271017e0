//! The names of an account's stages, its currency, and the id by which it is the same under any address.

use kopru_core::{Catalogue, Fact, StageId, StageName};
use serde_json::Value;

use super::{AskedQuestion, Kommo, Page, ids::id_of, pages};
use crate::{
    NotUnderstood,
    lenient::{list_of, text_of},
};

/// Longest name that is kept, characters.
const NAME_MAX: usize = 255;

pub(super) fn facts(
    kommo: &Kommo,
    questions: &[AskedQuestion],
    pages: &[Page],
) -> Result<Vec<Option<Fact>>, NotUnderstood> {
    let mut stages: Option<Vec<StageName>> = None;
    let mut account: Option<Value> = None;
    for page in pages {
        let Some(bytes) = pages::body_of(page)? else { continue };
        let body: Value = serde_json::from_slice(bytes).map_err(|_| pages::unlike(bytes))?;
        if let Some(pipelines) = body.pointer("/_embedded/pipelines").and_then(Value::as_array) {
            stages.get_or_insert_default().extend(pipelines.iter().flat_map(stages_of));
        } else if body.get("currency").is_some() {
            account = Some(body);
        } else {
            return Err(NotUnderstood::json(&body));
        }
    }
    let (Some(stages), Some(account)) = (stages, account) else {
        return Err(NotUnderstood::because("pipelines or account missing"));
    };
    let catalogue = Catalogue {
        origin: kommo.origin.clone(),
        account: id_of(&account, "id"),
        name: Some(kommo.name.clone()).filter(|name| *name != kommo.origin),
        currency: currency(&account),
        stages,
        former: Vec::new(),
        meanings: Vec::new(),
    };
    Ok(questions.iter().map(|_| Some(Fact::Catalogue(catalogue.clone()))).collect())
}

fn stages_of(pipeline: &Value) -> Vec<StageName> {
    let Some(pipeline_id) = id_of(pipeline, "id") else { return Vec::new() };
    let pipeline_name = name(pipeline);
    let statuses = pipeline.get("_embedded").map_or(&[][..], |embedded| list_of(embedded, "statuses"));
    let stage = |status: &Value| {
        Some(StageName {
            stage: StageId { pipeline: pipeline_id.clone(), status: id_of(status, "id")? },
            pipeline_name: pipeline_name.clone(),
            stage_name: name(status),
        })
    };
    statuses.iter().filter_map(stage).collect()
}

fn name(object: &Value) -> String {
    text_of(object, "name").unwrap_or_default().chars().take(NAME_MAX).collect()
}

fn currency(account: &Value) -> Option<String> {
    let code = text_of(account, "currency")?.trim().to_ascii_uppercase();
    (code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(code)
}
