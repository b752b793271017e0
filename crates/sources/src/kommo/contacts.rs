//! Contacts and companies: their phones and e-mails leave here as keyed hashes only.

use capi::{Key, Plain};
use kopru_core::{ContactRead, Fact, Identifier, Node, Question, QuestionKind};
use serde_json::Value;

use super::{AskedQuestion, Kommo, Page, consent, pages, pages::Found, requests::record_of};
use crate::{
    NotUnderstood, Tenant,
    lenient::{list_of, seconds_of, text_of},
};

/// Most identifiers of one contact that are taken.
const WHO_MAX: usize = 64;
/// Most of them of which Meta is told.
const IDENTIFIERS_MAX: usize = 8;

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
        let enriches = tenant.wanted.match_keys && !is_company;
        let consent_field = kommo.consent_field.as_deref().filter(|_| !is_company);
        Some(Fact::Contact(ContactRead {
            identifiers: row.filter(|_| enriches).map(|row| identifiers(row, tenant)).unwrap_or_default(),
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

/// Its phones and e-mail addresses, as people wrote them.
fn written(row: &Value) -> impl Iterator<Item = (Key, Plain)> {
    list_of(row, "custom_fields_values").iter().flat_map(|field| {
        let key = match text_of(field, "field_code").as_deref() {
            Some("PHONE") => Some(Key::Phone),
            Some("EMAIL") => Some(Key::Email),
            _ => None,
        };
        let values = list_of(field, "values").iter();
        values.filter_map(move |value| Some((key?, Plain::new(text_of(value, "value")?))))
    })
}

fn who(row: &Value, tenant: &Tenant) -> Vec<Node> {
    let mut who = Vec::new();
    for (key, plain) in written(row) {
        let nodes = match key {
            Key::Phone => tenant.phones(&plain),
            _ => tenant.email(&plain).into_iter().collect(),
        };
        for node in nodes {
            if who.len() < WHO_MAX && !who.contains(&node) {
                who.push(node);
            }
        }
    }
    who
}

/// What Meta matches by of these.
fn identifiers(row: &Value, tenant: &Tenant) -> Vec<Identifier> {
    let mut identifiers: Vec<Identifier> = Vec::new();
    for identifier in written(row).filter_map(|(key, plain)| tenant.identifier(key, &plain)) {
        let is_new = identifiers.iter().all(|known| known.node != identifier.node);
        if is_new && identifiers.len() < IDENTIFIERS_MAX {
            identifiers.push(identifier);
        }
    }
    identifiers
}
