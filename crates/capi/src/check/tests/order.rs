use super::*;
use crate::subcodes::*;

/// Faults of a kind of event in the order in which Meta looks.
type Faults = Vec<(&'static str, Value, u32)>;

fn common() -> Faults {
    vec![
        ("event_name", Value::Null, PARAMETER),
        ("event_time", Value::Null, PARAMETER),
        ("user_data", Value::Null, PARAMETER),
        ("event_time", json!(NOW_S - 8 * 86_400), TOO_OLD),
        ("event_time", json!(NOW_S + 8 * 86_400), FUTURE),
        ("action_source", json!("web"), PARAMETER),
    ]
}

fn worth() -> Faults {
    vec![
        ("custom_data.currency", Value::Null, CURRENCY_MISSING),
        ("custom_data.value", Value::Null, VALUE_MISSING),
        ("custom_data.contents", json!([{}]), CONTENTS),
    ]
}

#[test]
fn of_two_faults_the_one_is_given_that_meta_meets_first() {
    let person: Faults = vec![
        ("user_data.lead_id", json!(1), LEAD_ID),
        ("user_data", json!({"ct": "x", "lead_id": {"a": 1}}), LEAD_ID),
        ("user_data", json!({"ct": "x"}), TOO_BROAD),
    ];
    let app: Faults = vec![("app_data", Value::Null, EXTINFO)];
    let messaging: Faults = vec![
        ("messaging_channel", Value::Null, CHANNEL_MISSING),
        ("event_name", json!("Lead"), EVENT_TYPE),
        ("event_source_url", json!("https://a.example/"), ARGUMENT),
        ("user_data.client_ip_address", json!("8.8.8.8"), ARGUMENT),
        ("user_data.page_id", Value::Null, PAGE_ID_MISSING),
        ("user_data.page_scoped_user_id", Value::Null, CLICK_ID_MISSING),
    ];
    for (kind, faults) in [
        ("website", [common(), person.clone(), worth()].concat()),
        ("physical_store", [common()[..3].to_vec(), person.clone(), worth()].concat()),
        ("messenger", [common(), messaging, worth()].concat()),
        ("app", [common(), app, person].concat()),
    ] {
        for (place, (path, value, subcode)) in faults.iter().enumerate() {
            let fault = (*path, value.clone());
            assert_eq!(
                refusal(&with(kind, std::slice::from_ref(&fault)), live()).unwrap().0,
                *subcode,
                "{kind}: {path}"
            );
            for (later_path, later, _) in &faults[place + 1..] {
                let overlap = path.starts_with(later_path) || later_path.starts_with(path);
                if !overlap {
                    let event = with(kind, &[fault.clone(), (*later_path, later.clone())]);
                    assert_eq!(refusal(&event, live()).unwrap().0, *subcode, "{kind}: {path}, {later_path}");
                }
            }
        }
    }
}

#[test]
fn an_empty_event_lacks_its_name_first() {
    let all = findings(&json!({}), live());
    let refused: Vec<&str> =
        all.iter().filter(|finding| finding.is_refusal()).map(|finding| &*finding.path).collect();
    assert_eq!(refused, ["event_name", "event_time", "user_data"]);
}
