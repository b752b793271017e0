mod contacts;

use kopru_core::{
    Catalogue, Consent, ContactRead, DealKey, DealNow, DealRead, Fact, JoinKey, Named, Node, Question,
    QuestionKind, StageId, StageLog, StageName, Wanted, WorkspaceId,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::kommo;
use crate::{AskedQuestion, NotUnderstood, Page, Tenant, Upstream};

fn key() -> JoinKey {
    JoinKey::new(&[7; 32])
}

fn deal_key(id: &str) -> DealKey {
    DealKey { origin: "kommo:acme".into(), id: id.into() }
}

fn deal(id: &str) -> Question {
    Question::Deal { deal: deal_key(id) }
}

fn contact(id: &str) -> Question {
    Question::Contact { origin: "kommo:acme".into(), id: id.into() }
}

fn stage(pipeline: &str, status: &str) -> StageId {
    StageId { pipeline: pipeline.into(), status: status.into() }
}

fn stage_log(id: &str, stage: StageId) -> Question {
    Question::StageLog { deal: deal_key(id), stage }
}

fn catalogue() -> Question {
    Question::Catalogue { origin: "kommo:acme".into() }
}

fn asked(questions: &[Question]) -> Vec<AskedQuestion<'_>> {
    questions.iter().zip(7..).map(|(question, upto)| AskedQuestion { question, upto }).collect()
}

/// What is read for each question, odd rows and all.
fn read_pages(questions: &[Question], pages: &[Page]) -> Result<Vec<Option<Fact>>, NotUnderstood> {
    let tenant = Tenant {
        workspace: WorkspaceId(1),
        join: key(),
        country: Some("TR".into()),
        consent: Consent::Elsewhere,
        wanted: Wanted::default(),
    };
    kommo().answer(&asked(questions), pages, &tenant)
}

/// What is read where every question has an answer.
fn answer_pages(questions: &[Question], pages: &[Page]) -> Result<Vec<Fact>, NotUnderstood> {
    read_pages(questions, pages).map(|facts| facts.into_iter().map(|fact| fact.expect("an answer")).collect())
}

fn answer(questions: &[Question], bodies: &[Value]) -> Result<Vec<Fact>, NotUnderstood> {
    let texts: Vec<String> = bodies.iter().map(Value::to_string).collect();
    let pages: Vec<Page> = texts.iter().map(|text| Page { status: 200, body: text.as_bytes() }).collect();
    answer_pages(questions, &pages)
}

fn list(name: &str, rows: &Value) -> Value {
    json!({"_page": 1, "_links": {}, "_embedded": {name: rows}})
}

fn paths(kind: QuestionKind, questions: &[Question]) -> Vec<String> {
    kommo().requests(kind, &asked(questions))
}

#[test]
fn many_questions_are_one_request() {
    assert_eq!(
        paths(QuestionKind::Deal, &[deal("5"), deal("6"), deal("5"), deal("x"), contact("9")]),
        ["/api/v4/leads?with=contacts&limit=250&filter%5Bid%5D%5B%5D=5&filter%5Bid%5D%5B%5D=6"]
    );
    assert_eq!(
        paths(QuestionKind::Contact, &[contact("9")]),
        ["/api/v4/contacts?limit=250&filter%5Bid%5D%5B%5D=9"]
    );
    assert_eq!(
        paths(
            QuestionKind::StageLog,
            &[stage_log("5", stage("77", "88")), stage_log("5", stage("77", "89"))]
        ),
        ["/api/v4/events?filter%5Bentity%5D%5B%5D=lead&filter%5Btype%5D%5B%5D=lead_status_changed&limit=100\
          &filter%5Bentity_id%5D%5B%5D=5"]
    );
    assert_eq!(
        paths(QuestionKind::Catalogue, &[catalogue()]),
        ["/api/v4/leads/pipelines?limit=250", "/api/v4/account"]
    );
    for kind in [QuestionKind::Catalogue, QuestionKind::Deal, QuestionKind::Contact, QuestionKind::StageLog] {
        assert!(paths(kind, &[]).is_empty());
    }
}

#[test]
fn what_one_request_may_name_is_bounded() {
    let deals: Vec<Question> = (1..=101).map(|id| deal(&id.to_string())).collect();
    assert_eq!(paths(QuestionKind::Deal, &deals).len(), 2);
    let logs: Vec<Question> = (1..=21).map(|id| stage_log(&id.to_string(), stage("77", "88"))).collect();
    assert_eq!(paths(QuestionKind::StageLog, &logs).len(), 3);
}

fn deal_row() -> Value {
    json!({"id": 5, "name": "Ayşe Kaya", "price": 1500, "status_id": 142, "pipeline_id": 77, "updated_at": 1_780_000_500,
        "closed_at": 1_780_000_400, "is_deleted": false, "custom_fields_values": null,
        "_embedded": {"contacts": [{"id": 65}, {"id": 66, "is_main": true}, {"id": 65}]}})
}

fn deal_now() -> DealNow {
    DealNow {
        created_s: None,
        stage: stage("77", "142"),
        price: Some("1500".parse().unwrap()),
        contacts: vec![Node::contact("kommo:acme", "66"), Node::contact("kommo:acme", "65")],
        updated_s: 1_780_000_500,
        closed_s: Some(1_780_000_400),
        consent: None,
        named: Named::default(),
    }
}

fn read_deal(change: &Value) -> DealNow {
    let mut row = deal_row();
    for (key, value) in change.as_object().unwrap() {
        row[key] = value.clone();
    }
    match answer(&[deal("5")], &[list("leads", &json!([row]))]).unwrap().remove(0) {
        Fact::Deal(DealRead { found: Some(now), .. }) => now,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_question_about_a_deal_is_answered_in_order() {
    let other = json!({"id": "6", "status_id": "88", "pipeline_id": "77", "updated_at": "1780000000"});
    let gone = json!({"id": 8, "status_id": 88, "pipeline_id": 77, "updated_at": 1, "is_deleted": true});
    let pages = [list("leads", &json!([other])), list("leads", &json!([gone, deal_row()]))];
    let facts = answer(&[deal("5"), deal("7"), deal("6"), deal("8")], &pages).unwrap();
    let bare = DealNow {
        created_s: None,
        stage: stage("77", "88"),
        price: None,
        contacts: vec![],
        updated_s: 1_780_000_000,
        closed_s: None,
        consent: None,
        named: Named::default(),
    };
    let fact = |id, found, answered_upto| Fact::Deal(DealRead { deal: deal_key(id), found, answered_upto });
    assert_eq!(
        facts,
        [fact("5", Some(deal_now()), 7), fact("7", None, 8), fact("6", Some(bare), 9), fact("8", None, 10)]
    );
}

#[test]
fn a_price_is_the_decimal_that_was_written() {
    for (written, price) in [
        ("1500", Some("1500")),
        ("1500.10", Some("1500.1")),
        ("0.1", Some("0.1")),
        ("9007199254740993", Some("9007199254740993")),
        (r#""2500.50""#, Some("2500.5")),
        ("0", None),
        (r#""""#, None),
        ("null", None),
        ("-5", Some("-5")),
        ("true", None),
        ("[1]", None),
        (r#""1,500""#, None),
    ] {
        let body = list("leads", &json!([deal_row()]))
            .to_string()
            .replace(r#""price":1500"#, &format!(r#""price":{written}"#));
        let facts = answer_pages(&[deal("5")], &[Page { status: 200, body: body.as_bytes() }]).unwrap();
        let expected = DealNow { price: price.map(|text| text.parse().unwrap()), ..deal_now() };
        let expected = Fact::Deal(DealRead { deal: deal_key("5"), found: Some(expected), answered_upto: 7 });
        assert_eq!(facts, [expected], "{written}");
    }
}

fn event(deal: u32, pipeline: u32, status: u32, at_s: i64) -> Value {
    json!({"id": "01a", "type": "lead_status_changed", "entity_id": deal, "entity_type": "lead", "created_at": at_s,
        "value_after": [{"lead_status": {"id": status, "pipeline_id": pipeline}}],
        "value_before": [{"lead_status": {"id": 1, "pipeline_id": pipeline}}]})
}

#[test]
fn cents_come_before_the_price_that_is_cut_to_whole_units() {
    for (price, cents, expected) in [
        (json!(49), json!(49.9), Some("49.9")),
        (json!(0), json!(0.5), Some("0.5")),
        (json!(49), json!(null), Some("49")),
        (json!(49), json!(0), Some("49")),
        (json!(0), json!("12.30"), Some("12.30")),
        (json!(null), json!(0), None),
        (json!(49), json!(-49.5), Some("49")),
        (json!(-49), json!(-49.5), Some("-49.5")),
    ] {
        let now = read_deal(&json!({"price": price, "price_with_minor_units": cents}));
        assert_eq!(now.price, expected.map(|price| price.parse().unwrap()), "{price} {cents}");
    }
}

#[test]
fn the_latest_entry_into_the_stage_counts() {
    let mut other_type = event(5, 77, 142, 1_780_009_999);
    other_type["type"] = json!("sale_field_changed");
    let pages = [
        list(
            "events",
            &json!([event(5, 77, 88, 1_780_000_900), other_type, event(5, 77, 142, 1_780_000_300)]),
        ),
        list(
            "events",
            &json!([
                event(5, 77, 142, 1_780_000_700),
                event(5, 78, 142, 1_780_000_800),
                event(6, 77, 142, 1_780_000_850)
            ]),
        ),
    ];
    let questions = [
        stage_log("5", stage("77", "142")),
        stage_log("5", stage("77", "1")),
        stage_log("9", stage("77", "142")),
    ];
    let fact = |id, stage, (first_s, entered_s, left_s), answered_upto| {
        let deal = deal_key(id);
        Fact::StageLog(StageLog { deal, stage, entered_s, first_s, left_s, answered_upto })
    };
    assert_eq!(
        answer(&questions, &pages).unwrap(),
        [
            fact("5", stage("77", "142"), (Some(1_780_000_300), Some(1_780_000_700), None), 7),
            // It was made there, and left it twice.
            fact("5", stage("77", "1"), (None, None, Some(1_780_000_300)), 8),
            fact("9", stage("77", "142"), (None, None, None), 9),
        ]
    );
}

#[test]
fn a_deal_that_was_made_in_a_stage_and_came_back_was_in_it_twice() {
    let at = |left: u64, entered: u64, created_at: u64| {
        let status = |id: u64| json!([{ "lead_status": { "id": id, "pipeline_id": 77 } }]);
        json!({ "type": "lead_status_changed", "entity_type": "lead", "entity_id": 5,
            "created_at": created_at, "value_before": status(left), "value_after": status(entered) })
    };
    let log = [at(1, 2, 1_780_000_300), at(2, 1, 1_780_000_200), at(1, 2, 1_780_000_100)];
    let log = list("events", &json!(log));
    let facts =
        answer(&[stage_log("5", stage("77", "1")), stage_log("5", stage("77", "2"))], &[log]).unwrap();
    let times: Vec<_> = facts
        .iter()
        .map(|fact| match fact {
            Fact::StageLog(log) => (log.left_s, log.first_s, log.entered_s),
            other => panic!("{other:?}"),
        })
        .collect();
    let s = |seconds: i64| Some(1_780_000_000 + seconds);
    assert_eq!(times, [(s(100), None, s(200)), (None, s(100), s(300))]);
}

#[test]
fn the_catalogue_names_stages_and_currency() {
    let pipelines = list(
        "pipelines",
        &json!([
        {"id": 77, "name": "Satış", "_embedded": {"statuses": [{"id": 88, "name": "Nitelikli"}, {"id": 142, "name": "Kazanıldı"}]}},
        {"id": 78, "name": "Servis", "_embedded": {"statuses": [{"id": 142, "name": "Bitti"}, {"name": "?"}]}}]),
    );
    let account = json!({"id": 330_001, "name": "Acme", "subdomain": "acme", "currency": "try"});
    let name = |pipeline: &str, status: &str, pipeline_name: &str, stage_name: &str| StageName {
        stage: stage(pipeline, status),
        pipeline_name: pipeline_name.into(),
        stage_name: stage_name.into(),
    };
    let expected = Fact::Catalogue(Catalogue {
        account: Some("330001".into()),
        name: None,
        origin: "kommo:acme".into(),
        currency: Some("TRY".into()),
        stages: vec![
            name("77", "88", "Satış", "Nitelikli"),
            name("77", "142", "Satış", "Kazanıldı"),
            name("78", "142", "Servis", "Bitti"),
        ],
        former: Vec::new(),
        meanings: Vec::new(),
    });
    assert_eq!(answer(&[catalogue()], &[pipelines.clone(), account.clone()]), Ok(vec![expected]));
    assert!(answer(&[catalogue()], std::slice::from_ref(&pipelines)).is_err());
    assert!(answer(&[catalogue()], &[account]).is_err());
    assert!(answer(&[catalogue()], &[pipelines, json!({"title": "?"})]).is_err());
}

#[test]
fn nothing_found_is_an_answer() {
    let nothing = [Page { status: 204, body: b"" }];
    let found = |question| answer_pages(&[question], &nothing).unwrap().remove(0);
    assert_eq!(found(deal("5")), Fact::Deal(DealRead { deal: deal_key("5"), found: None, answered_upto: 7 }));
    assert!(matches!(found(contact("5")), Fact::Contact(read) if read.who.is_empty()));
    assert!(matches!(found(stage_log("5", stage("7", "8"))), Fact::StageLog(log) if log.entered_s.is_none()));
    assert_eq!(answer_pages(&[], &nothing), Ok(vec![]));
    // What cannot be an id of Kommo's is not asked for and does not exist.
    assert!(
        matches!(answer_pages(&[deal("x")], &[]).unwrap().remove(0), Fact::Deal(read) if read.found.is_none())
    );
}

#[test]
fn an_answer_that_cannot_be_read_is_never_not_found() {
    for (status, body) in [
        (200, ""),
        (200, "{}"),
        (200, "[]"),
        (200, "<html>"),
        (200, r#"{"_embedded":{}}"#),
        (200, r#"{"_embedded":{"leads":{}}}"#),
        (200, r#"{"_embedded":{"contacts":[]}}"#),
        (200, "{\"_embedded\":{\"leads\":[]}} \u{1}"),
        (302, ""),
        (401, r#"{"title":"Unauthorized","detail":"ayse"}"#),
        (404, r#"{"_embedded":{"leads":[]}}"#),
        (429, ""),
        (500, ""),
    ] {
        let unreadable = read_pages(&[deal("5")], &[Page { status, body: body.as_bytes() }]).unwrap_err();
        assert!(!unreadable.skeleton.contains("ayse"), "{status} {body}");
    }
    assert!(answer(&[deal("5")], &[]).is_err());
    let elsewhere = Question::Deal { deal: DealKey { origin: "kommo:other".into(), id: "5".into() } };
    for questions in [vec![deal("5"), contact("6")], vec![elsewhere]] {
        assert!(answer(&questions, &[list("leads", &json!([deal_row()]))]).is_err());
    }
}

/// For each question: found, absent, or nothing said.
fn said(questions: &[Question], list_name: &str, rows: &str) -> Vec<Option<bool>> {
    let body = format!(r#"{{"_embedded":{{"{list_name}":[{rows}]}}}}"#);
    let facts = read_pages(questions, &[Page { status: 200, body: body.as_bytes() }]).unwrap();
    let is_found = |fact| match fact {
        Fact::Deal(read) => read.found.is_some(),
        Fact::Contact(read) => !read.who.is_empty(),
        Fact::StageLog(log) => log.entered_s.is_some(),
        other => panic!("{other:?}"),
    };
    facts.into_iter().map(|fact| fact.map(is_found)).collect()
}

#[test]
fn an_odd_row_leaves_only_its_own_question_open() {
    let (found, absent, open) = (Some(true), Some(false), None);
    let fine = r#"{"id":5,"pipeline_id":77,"status_id":142,"updated_at":1}"#;
    for (odd_row, expected) in [
        (r#"{"id":6,"status_id":142}"#, [found, open, absent]),
        (r#"{"id":6,"pipeline_id":77,"status_id":0,"updated_at":1}"#, [found, open, absent]),
        // A number that cannot be read, in a row that says whose it is.
        (r#"{"id":6,"price":1e999}"#, [found, open, absent]),
        (r#"{"id":9,"price":1e999}"#, [found, absent, absent]),
        // Rows that may be anybody's.
        (r#"{"status_id":142}"#, [found, open, open]),
        (r#"{"id":"six","status_id":142}"#, [found, open, open]),
        ("7", [found, open, open]),
        ("null", [found, open, open]),
        ("[]", [found, open, open]),
        // And none of an odd kind at all.
        (r#"{"id":6,"is_deleted":true}"#, [found, absent, absent]),
    ] {
        let questions = [deal("5"), deal("6"), deal("7")];
        assert_eq!(said(&questions, "leads", &format!("{fine},{odd_row}")), expected, "{odd_row}");
        assert_eq!(said(&questions, "leads", &format!("{odd_row},{fine}")), expected, "{odd_row}");
    }
    let fine =
        r#"{"id":5,"custom_fields_values":[{"field_code":"EMAIL","values":[{"value":"a@example.com"}]}]}"#;
    for (odd_row, expected) in
        [(r#"{"id":6,"score":1e999}"#, [found, open, absent]), ("{}", [found, open, open])]
    {
        let questions = [contact("5"), contact("6"), contact("7")];
        assert_eq!(said(&questions, "contacts", &format!("{fine},{odd_row}")), expected, "{odd_row}");
    }
}

#[test]
fn an_odd_entry_of_the_log_hides_only_what_it_may_be() {
    let (found, absent, open) = (Some(true), Some(false), None);
    let fine = event(5, 77, 142, 1_780_000_300).to_string();
    for (odd_row, expected) in [
        (r#"{"entity_id":5,"created_at":1780000300,"value_after":[]}"#, [found, open, absent]),
        (r#"{"entity_id":6,"type":"lead_status_changed"}"#, [found, absent, open]),
        (r#"{"entity_id":6,"created_at":1e999}"#, [found, absent, open]),
        (r#"{"type":"lead_status_changed"}"#, [found, open, open]),
        ("7", [found, open, open]),
        (r#"{"type":"sale_field_changed"}"#, [found, absent, absent]),
        (r#"{"entity_type":"contact"}"#, [found, absent, absent]),
    ] {
        let questions = [
            stage_log("5", stage("77", "142")),
            stage_log("5", stage("77", "1")),
            stage_log("6", stage("77", "142")),
        ];
        assert_eq!(said(&questions, "events", &format!("{fine},{odd_row}")), expected, "{odd_row}");
    }
}

proptest! {
    #[test]
    fn any_answer_is_survived(body in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), with in "[0-9a-z\"{}:,\\[\\]]{0,8}") {
        let mut damaged = list("leads", &json!([deal_row()])).to_string().into_bytes();
        let start = at.index(damaged.len());
        damaged.splice(start..(start + 5).min(damaged.len()), with.into_bytes());
        for body in [&body, &damaged] {
            for question in [deal("5"), contact("5"), stage_log("5", stage("77", "142")), catalogue()] {
                let _ = read_pages(&[question], &[Page { status: 200, body }]);
            }
            let _ = super::paging::next_page(body);
        }
    }
}
