//! Deals as they stand. A price is exactly the decimal that Kommo wrote; zero and empty are none.

use capi::Money;
use kopru_core::{DealNow, DealRead, Fact, Node, Question, StageId, Wanted};
use serde_json::{Value, value::RawValue};

use super::{
    AskedQuestion, Kommo, Page,
    amount::{amount, first_above_zero},
    consent,
    ids::id_of,
    named, pages,
    pages::{Found, PageRow},
};
use crate::{
    NotUnderstood, Tenant,
    lenient::{is_true, list_of, seconds_of},
};

/// Most contacts of a deal that are taken; the main one comes first.
const CONTACTS_MAX: usize = 64;
/// Most companies of a deal that are taken. Kommo has one at most.
const COMPANIES_MAX: usize = 4;

pub(super) fn facts(
    kommo: &Kommo,
    questions: &[AskedQuestion],
    pages: &[Page],
    tenant: &Tenant,
) -> Result<Vec<Option<Fact>>, NotUnderstood> {
    let records = pages::records(pages, "leads")?;
    let answer = |asked: &AskedQuestion| {
        let Question::Deal { deal } = asked.question else { return None };
        let found = match records.find(&deal.id) {
            Found::Row(row) if is_true(&row.value, "is_deleted") => None,
            Found::Row(row) => Some(read(kommo, row, &tenant.wanted)?),
            Found::Absent => None,
            Found::Odd => return None,
        };
        Some(Fact::Deal(DealRead { deal: deal.clone(), found, answered_upto: asked.upto }))
    };
    Ok(questions.iter().map(answer).collect())
}

fn read(kommo: &Kommo, row: &PageRow, wanted: &Wanted) -> Option<DealNow> {
    let (row, raw) = (&row.value, row.raw);
    Some(DealNow {
        stage: StageId { pipeline: id_of(row, "pipeline_id")?, status: id_of(row, "status_id")? },
        price: price(raw),
        contacts: contacts(&kommo.origin, row),
        created_s: seconds_of(row, "created_at"),
        updated_s: seconds_of(row, "updated_at")?,
        closed_s: seconds_of(row, "closed_at"),
        consent: kommo.consent_field.as_deref().and_then(|field| consent::read(row, field)),
        named: named::read(row, wanted),
    })
}

/// The price with its cents where the account shows them: the other one is cut to whole units.
fn price(raw: &RawValue) -> Option<Money> {
    let members = pages::members(raw.get())?;
    let prices = ["price_with_minor_units", "price"].iter();
    first_above_zero(prices.filter_map(|key| amount(members.get(*key)?.get())))
}

/// Its contacts, and behind them its companies: Kommo embeds those unasked.
fn contacts(origin: &str, row: &Value) -> Vec<Node> {
    let embedded = |list| row.get("_embedded").map_or(&[][..], |embedded| list_of(embedded, list));
    let (contacts, companies) = (embedded("contacts"), embedded("companies"));
    let (main, others): (Vec<_>, Vec<_>) = contacts.iter().partition(|contact| is_true(contact, "is_main"));
    let mut nodes = Vec::new();
    for contact in main.into_iter().chain(others) {
        let Some(node) = id_of(contact, "id").map(|id| Node::contact(origin, &id)) else { continue };
        if nodes.len() < CONTACTS_MAX && !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    for company in companies.iter().filter_map(|company| id_of(company, "id")).take(COMPANIES_MAX) {
        let node = Node::company(origin, &company);
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    nodes
}
