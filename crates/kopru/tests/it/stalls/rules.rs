//! Rules of a tag, a field, an estimate and a minimum, from the file to what Meta gets and the ledger says.

use std::fs;

use serde_json::{Value, json};
use testkit::http::Answer;

use super::{
    crm::{Asked, Crm, PIPELINE, WON},
    shop::{Shop, now_s},
    town::Plan,
};

const SHOP: Shop = Shop(0);

const RULES: &str = r#"[[workspace.rule]]
id = "hot"
tag = "hot"
send = "QualifiedLead"
value = "fixed:500"
[[workspace.rule]]
id = "sale"
stage = "won"
send = "Purchase"
value = "field:Sale value"
times = 0.8333
minimum = 100
[[workspace.rule]]
id = "again"
pipeline = "Sales"
stage = "won"
send = "Purchase"
"#;

/// Deals that were made and won a moment ago, with a tag and an amount in a field.
fn deals(asked: &Asked, won_s: i64) -> Option<Answer> {
    let row = |id: &u64| {
        let amount = if *id == 7 { "1200" } else { "60" };
        json!({
            "id": id, "name": "Deal", "price": 5, "pipeline_id": PIPELINE, "status_id": WON,
            "created_at": won_s - 600, "updated_at": won_s, "closed_at": won_s, "is_deleted": false,
            "custom_fields_values": [
                { "field_id": 71, "field_name": "Sale value", "values": [{ "value": amount }] },
            ],
            "_embedded": {
                "contacts": [{ "id": id, "is_main": true }],
                "tags": [{ "id": 901, "name": "HOT" }, { "id": 902, "name": "Gizem Secretperson" }],
            },
        })
    };
    let rows: Vec<Value> = asked.ids.iter().map(row).collect();
    asked.is_for("leads").then(|| Answer::new(200, json!({ "_embedded": { "leads": rows } }).to_string()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_a_field_and_an_estimate_reach_meta_and_the_ledger_says_the_rest() {
    let crm = Crm::start().await;
    let won_s = now_s() - 60;
    crm.script(move |asked| deals(asked, won_s));
    let mut town = Plan::of(1, &crm).build().await;
    let file = town.site.folder.path().join("kopru.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (before, _) = text.split_once("[[workspace.rule]]").unwrap();
    fs::write(&file, format!("{before}{RULES}")).unwrap();
    town.start(|_| {}).await;
    town.sell(SHOP, [7, 8]).await;
    let ledger = town
        .until(SHOP, "all have ended", |ledger| {
            ledger["conversions"]["accepted"] == 3 && ledger["conversions"]["suppressed"] == 1
        })
        .await;

    let mut told: Vec<String> = town
        .meta
        .graph_events()
        .iter()
        .map(|accepted| {
            let (name, data) = (&accepted.event["event_name"], &accepted.event["custom_data"]);
            format!("{name} {} {} {}", data["lead_stage"], data["value"], data["currency"])
        })
        .collect();
    told.sort();
    let lead = r#""QualifiedLead" "hot" 500 "TRY""#;
    assert_eq!(told, [r#""Purchase" "sale" 999.96 "TRY""#, lead, lead]);

    let part = |state: Option<&str>, reason: Option<&str>, n: i64, worth: Value| json!({ "state": state, "reason": reason, "n": n, "worth": worth });
    let counted = |n: i64, worth: Value| json!({ "n": n, "worth": worth });
    let sale = json!({
        "rule": "sale", "fired": counted(2, json!({ "TRY": "1049.96" })), "made": counted(2, json!({ "TRY": "1049.96" })),
        "parts": [
            part(Some("accepted"), None, 1, json!({ "TRY": "999.96" })),
            part(Some("suppressed"), Some("too_small"), 1, json!({ "TRY": "50" })),
        ],
    });
    let hot = json!({
        "rule": "hot", "fired": counted(2, json!({})), "made": counted(2, json!({})),
        "parts": [part(Some("accepted"), None, 2, json!({}))],
    });
    let again = json!({
        "rule": "again", "fired": counted(2, json!({ "TRY": "10" })), "made": counted(0, json!({})),
        "parts": [part(None, Some("told_already"), 2, json!({ "TRY": "10" }))],
    });
    assert_eq!(ledger["rules"], json!([again, hot, sale]));
    let estimate = town.conversions(SHOP).await.into_iter().find(|one| one["rule"] == "hot").unwrap();
    assert_eq!((&estimate["estimate"], &estimate["value"]), (&json!(true), &json!("500")));
    for file in fs::read_dir(town.site.folder.path().join("data")).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap_or_default();
        let is_there = bytes.windows(12).any(|window| window == b"Secretperson");
        assert!(!is_there, "a tag that no rule names is in {}", path.display());
    }
}
