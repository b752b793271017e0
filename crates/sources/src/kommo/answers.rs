//! From the API's answers to a fact for each question.

use kopru_core::{Fact, QuestionKind};

use super::{AskedQuestion, Kommo, Page, catalogue, contacts, deals, stage_log};
use crate::{NotUnderstood, Tenant};

pub(super) fn facts(
    kommo: &Kommo,
    questions: &[AskedQuestion],
    pages: &[Page],
    tenant: &Tenant,
) -> Result<Vec<Option<Fact>>, NotUnderstood> {
    let Some(first) = questions.first() else { return Ok(Vec::new()) };
    let kind = first.question.kind();
    // An answer about another account would call its deals missing.
    let alike =
        |asked: &AskedQuestion| asked.question.kind() == kind && asked.question.origin() == kommo.origin;
    if !questions.iter().all(alike) {
        return Err(NotUnderstood::because("questions of several kinds or accounts"));
    }
    if pages.len() < kommo.requests(kind, questions).len() {
        return Err(NotUnderstood::because("fewer answers than requests"));
    }
    match kind {
        QuestionKind::Catalogue => catalogue::facts(kommo, questions, pages),
        QuestionKind::Deal => deals::facts(kommo, questions, pages, tenant),
        QuestionKind::Contact | QuestionKind::Company => {
            contacts::facts(kommo, kind, questions, pages, tenant)
        }
        QuestionKind::StageLog => stage_log::facts(questions, pages),
    }
}
