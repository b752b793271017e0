//! Companies: cards of deals, like contacts.

use kopru_core::{
    Consent, ContactRead, DealRead, Fact, JoinKey, Node, Question, QuestionKind, Wanted, WorkspaceId,
};
use serde_json::{Value, json};

use super::kommo;
use crate::{AskedQuestion, NotUnderstood, Page, Tenant, Upstream};

fn company(id: &str) -> Question {
    Question::Contact { origin: "kommo:acme".into(), id: format!("company-{id}") }
}

fn answer(questions: &[Question], status: u16, body: &Value) -> Result<Vec<Option<Fact>>, NotUnderstood> {
    let tenant = Tenant {
        workspace: WorkspaceId(1),
        join: JoinKey::new(&[7; 32]),
        country: Some("TR".into()),
        consent: Consent::Required,
        wanted: Wanted::default(),
    };
    let asked: Vec<AskedQuestion<'_>> =
        questions.iter().map(|question| AskedQuestion { question, upto: 7 }).collect();
    kommo().answer(&asked, &[Page { status, body: body.to_string().as_bytes() }], &tenant)
}

fn row() -> Value {
    json!({"id": 9, "name": "Kaya Ltd", "updated_at": 1_780_000_000, "custom_fields_values": [
        {"field_code": "PHONE", "values": [{"value": "0532 000 00 01"}]},
        {"field_name": "Reklam izni", "values": [{"value": "evet"}]}]})
}

#[test]
fn companies_are_asked_for_in_lists_of_their_own() {
    let asked = [company("9"), Question::Contact { origin: "kommo:acme".into(), id: "8".into() }];
    let asked: Vec<AskedQuestion<'_>> =
        asked.iter().map(|question| AskedQuestion { question, upto: 7 }).collect();
    assert_eq!(asked[0].question.kind(), QuestionKind::Company);
    let path = |kind| kommo().requests(kind, &asked);
    assert_eq!(path(QuestionKind::Company), ["/api/v4/companies?limit=250&filter%5Bid%5D%5B%5D=9"]);
    assert_eq!(path(QuestionKind::Contact), ["/api/v4/contacts?limit=250&filter%5Bid%5D%5B%5D=8"]);
}

#[test]
fn the_companies_of_a_deal_come_behind_its_contacts() {
    let deal = kopru_core::DealKey { origin: "kommo:acme".into(), id: "5".into() };
    let row = json!({"id": 5, "status_id": 142, "pipeline_id": 77, "updated_at": 1,
        "_embedded": {"companies": [{"id": 66}, {"id": 0}, {"id": 66}, "x"], "contacts": [{"id": 66}]}});
    let facts =
        answer(&[Question::Deal { deal }], 200, &json!({"_embedded": {"leads": [row]}})).unwrap().remove(0);
    let Some(Fact::Deal(DealRead { found: Some(now), .. })) = facts else { panic!("{facts:?}") };
    assert_eq!(now.contacts, [Node::contact("kommo:acme", "66"), Node::company("kommo:acme", "66")]);
}

#[test]
fn a_company_is_read_like_a_contact_but_consents_for_nobody() {
    let rows = json!({"_embedded": {"companies": [row()]}});
    let read = |id: &str, found: bool| {
        Some(Fact::Contact(ContactRead {
            identifiers: Vec::new(),
            contact: Node::company("kommo:acme", id),
            found,
            who: if found { vec![JoinKey::new(&[7; 32]).phone("905320000001")] } else { vec![] },
            consent: None,
            updated_s: found.then_some(1_780_000_000),
            answered_upto: 7,
        }))
    };
    assert_eq!(
        answer(&[company("9"), company("8")], 200, &rows).unwrap(),
        [read("9", true), read("8", false)]
    );
}

#[test]
fn a_list_of_contacts_says_nothing_of_companies() {
    assert!(answer(&[company("9")], 200, &json!({"_embedded": {"contacts": [row()]}})).is_err());
    assert!(answer(&[company("9")], 403, &json!({})).is_err());
}
