use kopru_core::{Consent, Fact, JoinKey, Question, Wanted, WorkspaceId};
use serde_json::json;

use super::*;

/// What is kept of an account stays under its first name; it says what it is called now.
#[test]
fn an_account_under_another_name_answers_as_what_it_was() {
    let renamed = Kommo { origin: "kommo:acme".into(), ..Kommo::at("https://beta.kommo.com", "token") };
    assert_eq!((renamed.origin(), Upstream::name(&renamed)), ("kommo:acme", "kommo:beta"));
    assert_eq!(renamed.record_url("5").as_deref(), Some("https://beta.kommo.com/leads/detail/5"));
    let known = Kommo::at("https://beta.kommo.com", "token").known_as("kommo:acme").unwrap();
    assert_eq!(known.upstream().unwrap().origin(), "kommo:acme");
    let pages = [json!({"_embedded": {"pipelines": []}}), json!({"id": 42, "currency": "EUR"})]
        .map(|body| body.to_string());
    let pages: Vec<Page> = pages.iter().map(|body| Page { status: 200, body: body.as_bytes() }).collect();
    let question = Question::Catalogue { origin: "kommo:acme".into() };
    let asked = [AskedQuestion { question: &question, upto: 0 }];
    let tenant = Tenant {
        workspace: WorkspaceId(1),
        join: JoinKey::new(&[7; 32]),
        country: None,
        consent: Consent::Elsewhere,
        wanted: Wanted::default(),
    };
    let facts = renamed.answer(&asked, &pages, &tenant).unwrap();
    let Some(Fact::Catalogue(said)) = &facts[0] else { panic!("no names: {facts:?}") };
    assert_eq!(
        (said.origin.as_str(), said.account.as_deref(), said.name.as_deref()),
        ("kommo:acme", Some("42"), Some("kommo:beta"))
    );
    let hint = renamed.hints(b"leads[delete][0][id]=5").unwrap();
    assert!(matches!(&hint[..], [Fact::DealHint(hint)] if hint.deal.origin == "kommo:acme"));
}
