//! The audit log of an account as a whole.

use kopru_core::{AuditRow, RecordChange, RecordId, StageId};
use serde_json::{Value, json};

use super::kommo;
use crate::{NotUnderstood, Page, Upstream};

/// What a page says, as id, record, time and change.
fn read(status: u16, body: &str) -> Result<Vec<(String, AuditRow)>, NotUnderstood> {
    let entries = kommo().audit_entries(&Page { status, body: body.as_bytes() })?;
    Ok(entries.into_iter().map(|entry| (entry.id, entry.row)).collect())
}

fn stage(status: &str) -> StageId {
    StageId { pipeline: "7".into(), status: status.into() }
}

fn row(id: &str, kind: &str, of: &str, entity: u32, values: [Value; 2]) -> Value {
    let [before, after] = values;
    json!({
        "id": id, "type": kind, "entity_type": of, "entity_id": entity, "created_at": 1_780_000_000,
        "value_before": before, "value_after": after,
    })
}

#[test]
fn it_is_asked_for_from_a_time_on() {
    let call = kommo().audit_log(1_780_000_000, None).expect("it keeps one");
    let text: Vec<(String, String)> =
        form_urlencoded::parse(call.path.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
    let value = |key: &str| text.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    assert_eq!(value("filter[created_at][from]"), Some("1780000000"));
    assert_eq!((value("filter[created_at][to]"), value("limit")), (None, Some("100")));
    let types = text.iter().filter(|(name, _)| name == "filter[type][]").map(|(_, value)| value.as_str());
    assert!(types.clone().any(|of_type| of_type == "lead_status_changed"));
    assert!(types.count() < 20);
    let until = kommo().audit_log(1, Some(2)).expect("it keeps one");
    assert!(until.path.contains("filter%5Bcreated_at%5D%5Bto%5D=2"), "{}", until.path);
}

#[test]
fn its_rows_say_what_happened_to_which_record() {
    let none = || [json!([]), json!([])];
    let at = |status: u32| json!([{ "lead_status": { "id": status, "pipeline_id": 7 } }]);
    let rows = [
        row("a", "lead_status_changed", "lead", 10, [at(880), at(142)]),
        row("b", "lead_status_changed", "lead", 11, none()),
        row("c", "lead_added", "lead", 12, none()),
        row("d", "lead_deleted", "lead", 12, none()),
        row("e", "lead_restored", "lead", 12, none()),
        row("f", "sale_field_changed", "lead", 12, none()),
        row("g", "custom_field_value_changed", "contact", 5, none()),
        row("h", "custom_field_value_changed", "company", 5, none()),
        json!({ "id": "i", "type": "lead_added", "entity_type": "lead", "created_at": 1_780_000_000 }),
        json!(7),
    ];
    let body = json!({ "_embedded": { "events": rows } }).to_string();
    let deal = |id: &str| RecordId::Deal(id.into());
    let expected = [
        ("a", deal("10"), RecordChange::Moved { left: Some(stage("880")), stage: stage("142") }),
        ("b", deal("11"), RecordChange::Other),
        ("c", deal("12"), RecordChange::Made),
        ("d", deal("12"), RecordChange::Deleted),
        ("e", deal("12"), RecordChange::Restored),
        ("f", deal("12"), RecordChange::Priced),
        ("g", RecordId::Contact("5".into()), RecordChange::Other),
    ];
    let expected = expected
        .map(|(id, record, change)| (id.to_owned(), AuditRow { record, at_s: 1_780_000_000, change }));
    assert_eq!(read(200, &body).unwrap(), expected);
    assert_eq!(read(204, "").unwrap(), []);
}

#[test]
fn a_page_that_is_not_its_own_is_not_understood() {
    for (status, body) in [(200, "<html>"), (200, "{}"), (200, r#"{"_embedded":{"leads":[]}}"#), (403, "{}")]
    {
        assert!(read(status, body).is_err(), "{status} {body}");
    }
}
