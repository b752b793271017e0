//! Contacts and companies: their phones and e-mails leave here as keyed hashes only.

use capi::Plain;
use kopru_core::{ContactRead, Fact, Node, Question, QuestionKind};
use serde_json::Value;

use super::{AskedQuestion, Kommo, Page, consent, pages, pages::Found, requests::record_of};
use crate::{
    NotUnderstood, Tenant,
    lenient::{list_of, seconds_of, text_of},
};

/// Most identifiers of one contact that are taken.
const WHO_MAX: usize = 64;

pub(super) fn facts(
    kommo: &Kommo,
    kind: QuestionKind,
    questions: &[AskedQuestion],
    pages: &[Page],
    tenant: &Tenant,
) -> Result<Vec<Option<Fact>>, NotUnderstood> {
    let is_company = kind == QuestionKind::Company;
    let records = pages::records(pages, if is_company { "companies" } else { "contacts" })?;
    let read = |asked: &AskedQuestion| {
        let Question::Contact { id, .. } = asked.question else { return None };
        let row = match records.find(record_of(asked.question)?) {
            Found::Row(row) => Some(&row.value),
            Found::Absent => None,
            Found::Odd => return None,
        };
        // A company cannot consent for somebody.
        let consent_field = kommo.consent_field.as_deref().filter(|_| !is_company);
        Some(Fact::Contact(ContactRead {
            contact: Node::contact(&kommo.origin, id),
            found: row.is_some(),
            who: row.map(|row| who(row, tenant)).unwrap_or_default(),
            consent: row.zip(consent_field).and_then(|(row, field)| consent::read(row, field)),
            updated_s: row.and_then(|row| seconds_of(row, "updated_at")),
            answered_upto: asked.upto,
        }))
    };
    Ok(questions.iter().map(read).collect())
}

fn who(row: &Value, tenant: &Tenant) -> Vec<Node> {
    let mut who = Vec::new();
    for field in list_of(row, "custom_fields_values") {
        let Some(code) = text_of(field, "field_code") else { continue };
        for value in list_of(field, "values") {
            let Some(plain) = text_of(value, "value").map(Plain::new) else { continue };
            let nodes = match code.as_str() {
                "PHONE" => tenant.phones(&plain),
                "EMAIL" => tenant.email(&plain).into_iter().collect(),
                _ => Vec::new(),
            };
            for node in nodes {
                if who.len() < WHO_MAX && !who.contains(&node) {
                    who.push(node);
                }
            }
        }
    }
    who
}
