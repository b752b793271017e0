use super::*;
use crate::subcodes::*;

/// Kind of the good event, what is changed, Meta's subcode, and the path behind `$['data'][0]`.
type Row = (&'static str, &'static str, Value, u32, &'static str);

fn rows() -> Vec<Row> {
    let none = || Value::Null;
    let name = "['event_name']";
    let time = "['event_time']";
    let user = "['user_data']";
    let source = "['action_source']";
    let extinfo = "['app_data']['extinfo']";
    let currency = "['custom_data']['currency']";
    let value = "['custom_data']['value']";
    let contents = "['custom_data']['contents']";
    let lead = "['user_data']['lead_id']";
    vec![
        ("website", "event_name", none(), PARAMETER, name),
        ("website", "event_name", json!(""), PARAMETER, name),
        ("website", "event_name", json!(["Purchase"]), PARAMETER, name),
        ("website", "event_time", none(), PARAMETER, time),
        ("website", "event_time", json!("2026-05-28T20:26:40Z"), PARAMETER, time),
        ("website", "event_time", json!(1_779_999_940.5), PARAMETER, time),
        ("website", "user_data", none(), PARAMETER, user),
        ("website", "user_data", json!([]), PARAMETER, user),
        ("website", "user_data", json!("em"), PARAMETER, user),
        ("email", "user_data", json!({}), TOO_BROAD, user),
        ("website", "action_source", json!("web"), PARAMETER, source),
        ("website", "action_source", json!("Website"), PARAMETER, source),
        ("website", "action_source", json!(1), PARAMETER, source),
        ("website", "event_time", json!(NOW_S - 7 * 86_400 - 1), TOO_OLD, time),
        ("website", "event_time", json!(0), TOO_OLD, time),
        ("website", "event_time", json!(i64::MIN), TOO_OLD, time),
        ("physical_store", "event_time", json!(NOW_S - 62 * 86_400 - 1), TOO_OLD, time),
        ("website", "event_time", json!(NOW_S + 3601), FUTURE, time),
        ("website", "event_time", json!(NOW_S * 1000), FUTURE, time),
        ("website", "event_time", json!((NOW_S * 1000).to_string()), FUTURE, time),
        ("website", "event_time", json!(i64::MAX), FUTURE, time),
        ("website", "custom_data", none(), CURRENCY_MISSING, currency),
        ("website", "custom_data.currency", none(), CURRENCY_MISSING, currency),
        ("website", "custom_data.currency", json!(""), CURRENCY_MISSING, currency),
        ("website", "custom_data.value", none(), VALUE_MISSING, value),
        ("website", "custom_data.value", json!(""), VALUE_MISSING, value),
        ("messenger", "custom_data.value", none(), VALUE_MISSING, value),
        ("crm", "event_name", json!("Purchase"), CURRENCY_MISSING, currency),
        ("app", "custom_data.currency", none(), CURRENCY, currency),
        ("website", "custom_data.currency", json!("EURO"), CURRENCY, currency),
        ("website", "custom_data.currency", json!("€"), CURRENCY, currency),
        ("website", "custom_data.currency", json!(["EUR"]), CURRENCY, currency),
        ("crm", "custom_data.currency", json!(true), CURRENCY, currency),
        ("website", "custom_data.value", json!("49,90"), CUSTOM_DATA, value),
        ("website", "custom_data.value", json!("49.90 EUR"), CUSTOM_DATA, value),
        ("website", "custom_data.value", json!("1e999"), CUSTOM_DATA, value),
        ("website", "custom_data.value", json!({"amount": 1}), CUSTOM_DATA, value),
        ("website", "custom_data.contents", json!("sku1"), PARAMETER, contents),
        ("website", "custom_data.contents", json!({"id": "sku1"}), PARAMETER, contents),
        ("website", "custom_data.contents", json!(["sku1"]), CONTENTS, "['custom_data']['contents'][0]"),
        ("website", "custom_data.contents.0.id", none(), CONTENTS, "['custom_data']['contents'][0]['id']"),
        (
            "website",
            "custom_data.contents",
            json!([{"id": 1, "quantity": 1}, {"quantity": 1}]),
            CONTENTS,
            "['custom_data']['contents'][1]['id']",
        ),
        ("crm", "user_data.lead_id", json!("52564589632154"), LEAD_ID, lead),
        ("crm", "user_data.lead_id", json!(525_645_896_321_548_765_i64), LEAD_ID, lead),
        ("crm", "user_data.lead_id", json!("l:525645896321548"), LEAD_ID, lead),
        ("crm", "user_data.lead_id", json!(5.256_458_963_215_48e20), LEAD_ID, lead),
        ("crm", "user_data.lead_id", json!([1]), LEAD_ID, lead),
        ("app", "app_data", none(), EXTINFO, extinfo),
        ("app", "app_data", json!("i2"), EXTINFO, extinfo),
        ("app", "app_data.extinfo", json!(["i2"]), EXTINFO, extinfo),
        ("app", "app_data.extinfo", json!({"version": "i2"}), EXTINFO, extinfo),
        ("app", "app_data.extinfo.4", json!(" "), EXTINFO, "['app_data']['extinfo'][4]"),
        ("whatsapp", "messaging_channel", none(), CHANNEL_MISSING, "['messaging_channel']"),
        ("whatsapp", "messaging_channel", json!(7), CHANNEL_MISSING, "['messaging_channel']"),
        ("whatsapp", "messaging_channel", json!("WhatsApp"), PARAMETER, "['messaging_channel']"),
        ("whatsapp", "event_name", json!("Lead"), EVENT_TYPE, name),
        ("whatsapp", "event_name", json!("leadsubmitted"), EVENT_TYPE, name),
        ("whatsapp", "event_source_url", json!("https://a.example/"), ARGUMENT, "['event_source_url']"),
        (
            "whatsapp",
            "user_data.client_ip_address",
            json!("8.8.8.8"),
            ARGUMENT,
            "['user_data']['client_ip_address']",
        ),
        (
            "messenger",
            "user_data.client_user_agent",
            json!("x"),
            ARGUMENT,
            "['user_data']['client_user_agent']",
        ),
        ("whatsapp", "event_source_url", json!({"url": "x"}), ARGUMENT, "['event_source_url']"),
        ("instagram", "user_data.fbp", json!(["x"]), ARGUMENT, "['user_data']['fbp']"),
        ("messenger", "user_data.fbc", json!("x"), ARGUMENT, "['user_data']['fbc']"),
        ("instagram", "user_data.fbp", json!("x"), ARGUMENT, "['user_data']['fbp']"),
        ("messenger", "user_data.page_id", none(), PAGE_ID_MISSING, "['user_data']['page_id']"),
        (
            "messenger",
            "user_data.page_scoped_user_id",
            json!(""),
            CLICK_ID_MISSING,
            "['user_data']['page_scoped_user_id']",
        ),
        ("whatsapp", "user_data.ctwa_clid", none(), CLICK_ID_MISSING, "['user_data']['ctwa_clid']"),
        (
            "whatsapp",
            "user_data.whatsapp_business_account_id",
            none(),
            WABA_MISSING,
            "['user_data']['whatsapp_business_account_id']",
        ),
        ("instagram", "user_data.ig_sid", none(), IG_SID_MISSING, "['user_data']['ig_sid']"),
        (
            "instagram",
            "user_data.ig_account_id",
            none(),
            IG_ACCOUNT_MISSING,
            "['user_data']['ig_account_id']",
        ),
        (
            "instagram",
            "user_data",
            json!({"ig_sid": "1", "instagram_business_account_id": "2"}),
            IG_ACCOUNT_MISSING,
            "['user_data']['ig_account_id']",
        ),
    ]
}

#[test]
fn each_refusal_has_metas_subcode_and_path() {
    for (kind, path, value, subcode, json_path) in rows() {
        let event = with(kind, &[(path, value.clone())]);
        let expected = Some((subcode, format!("$['data'][0]{json_path}")));
        for checks in [live(), strict(), as_sent()] {
            assert_eq!(refusal(&event, checks), expected, "{kind}: {path} = {value}");
        }
    }
}

#[test]
fn every_subcode_that_an_event_alone_can_show_is_given() {
    const ONLY_META_KNOWS: [u32; 15] = [
        2_804_001, 2_804_007, 2_804_017, 2_804_030, 2_804_048, 2_804_065, 2_804_072, 2_804_073, 2_804_087,
        2_804_117, 2_804_118, 2_804_131, 2_804_132, 2_804_133, 2_044_055,
    ];
    let given: BTreeSet<u32> = rows().into_iter().map(|row| row.3).chain(ONLY_META_KNOWS).collect();
    let all: BTreeSet<u32> = ALL.iter().map(|subcode| subcode.number).collect();
    assert_eq!(given, all);
}

#[test]
fn what_lies_just_within_a_limit_is_taken() {
    for (kind, path, value) in [
        ("website", "event_time", json!(NOW_S - 7 * 86_400)),
        ("website", "event_time", json!(NOW_S + 3600)),
        ("website", "event_time", json!((NOW_S - 60).to_string())),
        ("website", "event_time", json!(1_779_999_940.0)),
        ("physical_store", "event_time", json!(NOW_S - 62 * 86_400)),
        ("website", "custom_data.value", json!("49.90")),
        ("website", "custom_data.value", json!(0)),
        ("website", "custom_data.currency", json!("eur")),
        ("website", "custom_data.contents", json!([])),
        ("email", "custom_data", json!({"value": "", "currency": ""})),
        ("crm", "user_data.lead_id", json!("525645896321548")),
        ("crm", "user_data.lead_id", json!(52_564_589_632_154_876_i64)),
        ("crm", "user_data.lead_id", json!("")),
        ("app", "app_data.extinfo.0", json!("")),
        ("whatsapp", "user_data", json!({"page_id": 1, "ctwa_clid": "A"})),
        ("whatsapp", "user_data.em", json!(HASH)),
        ("whatsapp", "messaging_outcome_data", json!({"outcome_type": "automatic_events"})),
        ("instagram", "user_data.instagram_business_account_id", json!("17841400000000000")),
    ] {
        let event = with(kind, &[(path, value.clone())]);
        assert_eq!(refusal(&event, live()), None, "{kind}: {path} = {value}");
    }
    for name in crate::names::MESSAGING_EVENT_NAMES.into_iter().filter(|name| *name != "Purchase") {
        assert_eq!(refusal(&with("whatsapp", &[("event_name", json!(name))]), live()), None, "{name}");
    }
}

#[test]
fn what_meta_documents_but_does_not_enforce_is_refused_only_when_strict() {
    for (kind, path, code) in [
        ("website", "event_source_url", "url_missing"),
        ("website", "user_data.client_user_agent", "user_agent_missing"),
        ("email", "action_source", "action_source_missing"),
        ("app", "app_data.advertiser_tracking_enabled", "tracking_unsaid"),
        ("app", "app_data.application_tracking_enabled", "tracking_unsaid"),
        ("crm", "custom_data.lead_event_source", "crm_unnamed"),
    ] {
        for nothing in [Value::Null, json!("")] {
            let event = with(kind, &[(path, nothing)]);
            let live = findings(&event, live());
            assert_eq!(live.refusal(), None, "{path}");
            assert_eq!(advice_of(&live), [format!("{code} {path}")]);
            let strict = findings(&event, strict());
            let refusal = strict.refusal().unwrap();
            assert_eq!((refusal.subcode(), &*refusal.path), (Some(PARAMETER), path));
            assert_eq!(strict.iter().count(), 1, "{strict:?}");
        }
    }
}

#[test]
fn messages_say_how_to_mend_it() {
    for (kind, path, value, part) in [
        ("website", "event_time", json!(NOW_S * 1000), "milliseconds"),
        ("website", "event_time", json!(NOW_S + 7200), "future"),
        ("website", "event_time", json!("today"), "whole Unix seconds"),
        ("website", "action_source", json!(" Website"), "\"website\""),
        ("website", "action_source", json!("web"), "physical_store"),
        ("website", "custom_data.currency", json!("₺"), "TRY"),
        ("whatsapp", "event_name", json!("Lead"), "LeadSubmitted"),
        (
            "instagram",
            "user_data",
            json!({"ig_sid": 1, "instagram_business_account_id": 2}),
            "called ig_account_id",
        ),
        ("app", "app_data.extinfo", json!(["i2", "x"]), "16 entries and has 2"),
    ] {
        let findings = findings(&with(kind, &[(path, value)]), live());
        let message = &findings.refusal().unwrap().message;
        assert!(message.contains(part), "{message}");
    }
}
