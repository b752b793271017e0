//! The list requests that ask many questions at once. Paths after Kommo's API reference.

use std::collections::BTreeSet;

use kopru_core::{Question, QuestionKind, company_id};

use super::{AskedQuestion, ids::is_id, list_max};

const PIPELINES: &str = "/api/v4/leads/pipelines?limit=250";
const ACCOUNT: &str = "/api/v4/account";
const DEALS: &str = "/api/v4/leads?with=contacts&limit=250";
const CONTACTS: &str = "/api/v4/contacts?limit=250";
const COMPANIES: &str = "/api/v4/companies?limit=250";
/// `filter[entity][]=lead&filter[type][]=lead_status_changed`
const STAGE_CHANGES: &str =
    "/api/v4/events?filter%5Bentity%5D%5B%5D=lead&filter%5Btype%5D%5B%5D=lead_status_changed&limit=100";
/// `filter[id][]`
const ID: &str = "filter%5Bid%5D%5B%5D";
/// `filter[entity_id][]`
const ENTITY_ID: &str = "filter%5Bentity_id%5D%5B%5D";

pub(super) fn first_pages(origin: &str, kind: QuestionKind, questions: &[AskedQuestion]) -> Vec<String> {
    let asked: Vec<&Question> = questions
        .iter()
        .map(|asked| asked.question)
        .filter(|question| question.kind() == kind && question.origin() == origin)
        .collect();
    match kind {
        QuestionKind::Catalogue if asked.is_empty() => Vec::new(),
        QuestionKind::Catalogue => vec![PIPELINES.to_owned(), ACCOUNT.to_owned()],
        QuestionKind::Deal => lists(DEALS, ID, &asked, list_max(kind)),
        QuestionKind::Contact => lists(CONTACTS, ID, &asked, list_max(kind)),
        QuestionKind::Company => lists(COMPANIES, ID, &asked, list_max(kind)),
        QuestionKind::StageLog => lists(STAGE_CHANGES, ENTITY_ID, &asked, list_max(kind)),
    }
}

/// Every record once, `ids_max` to a request. What is no id of Kommo's cannot exist there and is
/// not asked for.
fn lists(path: &str, parameter: &str, questions: &[&Question], ids_max: usize) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let ids: Vec<&str> = questions
        .iter()
        .filter_map(|question| record_of(question))
        .filter(|id| is_id(id) && seen.insert(*id))
        .collect();
    let request =
        |ids: &[&str]| ids.iter().fold(path.to_owned(), |request, id| request + "&" + parameter + "=" + id);
    ids.chunks(ids_max).map(request).collect()
}

/// The id of the record that a question is about.
pub(super) fn record_of(question: &Question) -> Option<&str> {
    match question {
        Question::Deal { deal } | Question::StageLog { deal, .. } => Some(&deal.id),
        Question::Contact { id, .. } => Some(company_id(id).unwrap_or(id)),
        Question::Catalogue { .. } => None,
    }
}
