use serde_json::{Value, json};

use super::*;
use crate::{Dropped, Key, Rules, normalize::hashed::EMPTY_SHA256, sha256_hex};

mod arbitrary;
mod body;
mod identifiers;
mod properties;

const NOW_S: i64 = 1_780_000_000;

/// The fields of the person that leave as hashes.
const HASHED: [&str; 18] = [
    "em",
    "ph",
    "fn",
    "ln",
    "ge",
    "db",
    "ct",
    "st",
    "zp",
    "country",
    "external_id",
    "f5first",
    "f5last",
    "fi",
    "dobd",
    "dobm",
    "doby",
    "app_user_id",
];

fn normalizer(rules: Rules) -> Normalizer {
    Normalizer::new(rules, NOW_S)
}

fn write_with(normalizer: &mut Normalizer, json: &str) -> (String, Written) {
    let event = Event::from_slice(json.as_bytes()).unwrap();
    let mut out = Vec::new();
    let written = write_event(&event, normalizer, &mut out);
    (String::from_utf8(out).unwrap(), written)
}

fn write(json: &str) -> String {
    write_with(&mut normalizer(Rules::Documentation), json).0
}

/// What is left of a field of the person.
fn user_field(name: &str, value: &Value) -> Value {
    let out = write(&json!({"user_data": {name: value, "fbp": "kept"}}).to_string());
    let mut out: Value = serde_json::from_str(&out).unwrap();
    out["user_data"][name].take()
}

#[test]
fn events_of_each_kind_leave_in_exactly_these_bytes() {
    for (json, bytes) in [
        // Web: order of the documentation, numbers as they were written.
        (
            r#"{"custom_data":{"contents":[{"quantity":"1","id":7,"item_price":"49.90"}],"value":"49.90","currency":"EUR","mine":[1, 2]},
                "user_data":{"client_user_agent":"Mozilla/5.0","fn":"Mary","em":" John_Smith@gmail.com ","fbp":"fb.1.1763880000000.1116446470"},
                "event_source_url":"https://shop.example.com/?utm_source=a&email=ada%40example.com","action_source":"website",
                "event_time":"1780000000","event_name":"Purchase","event_id":1001,"mine":true}"#,
            r#"{"event_name":"Purchase","event_time":1780000000,"event_id":"1001","action_source":"website","event_source_url":"https://shop.example.com/?utm_source=a","user_data":{"em":["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"],"fn":["6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"],"client_user_agent":"Mozilla/5.0","fbp":"fb.1.1763880000000.1116446470"},"custom_data":{"currency":"EUR","value":49.90,"contents":[{"id":"7","quantity":1,"item_price":49.90}],"mine":[1, 2]},"mine":true}"#,
        ),
        // App: the blank entries of extinfo count.
        (
            r#"{"event_name":"fb_mobile_purchase","event_time":1780000000,"action_source":"app","user_data":{"madid":"38400000","anon_id":"XZ1"},
                "app_data":{"extinfo":["i2","","1.0"],"advertiser_tracking_enabled":"1","application_tracking_enabled":0,"url_schemes":"a"},
                "opt_out":"false","data_processing_options":[],"data_processing_options_country":"0"}"#,
            r#"{"event_name":"fb_mobile_purchase","event_time":1780000000,"action_source":"app","user_data":{"anon_id":"XZ1","madid":"38400000"},"app_data":{"advertiser_tracking_enabled":true,"application_tracking_enabled":false,"extinfo":["i2","","1.0"],"url_schemes":["a"]},"opt_out":false,"data_processing_options":[],"data_processing_options_country":0}"#,
        ),
        // Offline.
        (
            r#"{"event_name":"Purchase","event_time":1780000000,"action_source":"physical_store","user_data":{"ph":"(650)555-1212","country":"US","zp":94035},
                "custom_data":{"store_data":{"store_code":"A1","store_page_id":5},"item_number":3,"value":1e3,"currency":"USD"}}"#,
            r#"{"event_name":"Purchase","event_time":1780000000,"action_source":"physical_store","user_data":{"ph":["e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"],"zp":["1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"],"country":["79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"]},"custom_data":{"currency":"USD","value":1e3,"item_number":"3","store_data":{"store_page_id":"5","store_code":"A1"}}}"#,
        ),
        // CRM: the id of the lead is a number.
        (
            r#"{"event_name":"Qualified","event_time":1780000000,"action_source":"system_generated","user_data":{"lead_id":"52564589632154876"},"custom_data":{"lead_event_source":"ExampleCRM","event_source":"crm"}}"#,
            r#"{"event_name":"Qualified","event_time":1780000000,"action_source":"system_generated","user_data":{"lead_id":52564589632154876},"custom_data":{"event_source":"crm","lead_event_source":"ExampleCRM"}}"#,
        ),
        // Chats.
        (
            r#"{"event_name":"LeadSubmitted","event_time":1780000000,"action_source":"business_messaging","messaging_channel":"whatsapp","user_data":{"ctwa_clid":"ARA-_x","whatsapp_business_account_id":100200300400500},"messaging_outcome_data":{"outcome_type":"automatic_events"}}"#,
            r#"{"event_name":"LeadSubmitted","event_time":1780000000,"action_source":"business_messaging","messaging_channel":"whatsapp","user_data":{"whatsapp_business_account_id":"100200300400500","ctwa_clid":"ARA-_x"},"messaging_outcome_data":{"outcome_type":"automatic_events"}}"#,
        ),
        (
            r#"{"event_name":"Purchase","event_time":1780000000,"action_source":"business_messaging","messaging_channel":"messenger","user_data":{"page_scoped_user_id":444,"page_id":"111"},"custom_data":{"value":12.5,"currency":"USD"}}"#,
            r#"{"event_name":"Purchase","event_time":1780000000,"action_source":"business_messaging","messaging_channel":"messenger","user_data":{"page_id":"111","page_scoped_user_id":"444"},"custom_data":{"currency":"USD","value":12.5}}"#,
        ),
    ] {
        assert_eq!(write(json), bytes);
    }
}

#[test]
fn an_event_of_ones_own_leaves_like_one_that_was_read() {
    let value: crate::Money = "1500.50".parse().unwrap();
    let event = Event::whatsapp("Purchase", NOW_S, "e1", "100", "ARA").with_value(value, "TRY");
    let event = event.with_lead_stage("sale");
    let mut out = Vec::new();
    let written = write_event(&event, &mut normalizer(Rules::Both), &mut out);
    assert!(written.dropped.is_empty() && written.emptied.is_empty());
    assert!(written.carried.names().eq([
        "whatsapp_business_account_id",
        "ctwa_clid",
        "currency",
        "value",
        "lead_stage"
    ]));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"event_name":"Purchase","event_time":1780000000,"event_id":"e1","action_source":"business_messaging","messaging_channel":"whatsapp","user_data":{"whatsapp_business_account_id":"100","ctwa_clid":"ARA"},"custom_data":{"currency":"TRY","value":1500.5,"lead_stage":"sale"}}"#
    );
}

#[test]
fn nothing_empty_is_written() {
    for json in [
        r#"{"event_name":"","event_time":null,"opt_out":"","action_source":"","user_data":{},"custom_data":[],"app_data":{},"mine":null,"ours":""}"#,
        r#"{"user_data":{"em":"","ph":[],"fn":[""],"ln":[null],"lead_id":"","fbc":"","f5first":"","mine":null}}"#,
        r#"{"user_data":{"em":{},"ph":true,"fn":{"a":"Ada"},"db":[[1]]}}"#,
        r#"{"custom_data":{"value":"","currency":"","contents":[],"num_items":"","store_data":{"store_code":""},"mine":[]}}"#,
        r#"{"messaging_outcome_data":{"outcome_type":""},"attribution_data":{"attribution_setting":{}}}"#,
    ] {
        assert_eq!(write(json), "{}", "{json}");
    }
}

#[test]
fn what_is_unknown_is_kept_unless_it_is_personal() {
    let json = r#"{"mine":{"a":1.10},"email":"ada@example.com","user_data":{"fbp":"1","mine":7,"FN":"Ada","x_hash":"5d17a594497dd1f6a19fed37d6bf596de6371fd6975657662bf45d7c19728531","email":"ada@example.com","note":"+90 532 123 45 67"},
        "custom_data":{"colour":"red","Headphone":"x","Customer Phone":"x","phone":"532","list":[{"first_name":"Ada"}],"ada@example.com":1,"user_data":{"fn":"Ada"}}}"#;
    let (out, written) = write_with(&mut normalizer(Rules::Both), json);
    assert_eq!(
        out,
        r#"{"user_data":{"fbp":"1","x_hash":"5d17a594497dd1f6a19fed37d6bf596de6371fd6975657662bf45d7c19728531"},"custom_data":{"colour":"red","Headphone":"x"},"mine":{"a":1.10}}"#
    );
    let dropped: Vec<&str> = written.dropped.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        dropped,
        ["mine", "FN", "email", "note", "Customer Phone", "phone", "list", "…", "user_data", "email"]
    );
    assert!(written.dropped.iter().all(|(_, why)| *why == Dropped::Personal));
}

#[test]
fn personal_data_leaves_in_no_text_and_no_address() {
    let (out, written) = write_with(
        &mut normalizer(Rules::Both),
        r#"{"event_source_url":"https://ada:x@shop.example.com/u/a@b.com?tel=%2B905321234567&x=1#a@b.com","referrer_url":"https://a.example/?x=1",
            "custom_data":{"content_name":"for ada@example.com","search_string":"+90 532 123 45 67","status":"done","contents":[{"id":1,"title":"a@b.com"}]}}"#,
    );
    assert_eq!(
        out,
        r#"{"event_source_url":"https://shop.example.com/u?x=1","referrer_url":"https://a.example/?x=1","custom_data":{"contents":[{"id":"1"}],"status":"done"}}"#
    );
    let dropped: Vec<&str> = written.dropped.iter().map(|(name, _)| &**name).collect();
    assert_eq!(dropped, ["event_source_url", "title", "content_name", "search_string"]);
}

#[test]
fn what_an_event_carries_and_what_nothing_is_left_of_is_said() {
    for (json, carried, left_out) in [
        (json!({}), vec![], vec![]),
        (
            json!({"user_data": {"em": ["n/a", "ada@example.com"], "fbc": "1"}, "custom_data": {"value": 1}}),
            vec!["em", "fbc", "value"],
            vec![],
        ),
        (
            json!({"user_data": {"ph": "n/a", "fn": [EMPTY_SHA256, "-"], "em": "", "ge": null},
                "custom_data": {"order_id": "a@b.com", "currency": "TRY", "contents": [], "colour": "red"}}),
            vec!["currency"],
            vec![("ph", Dropped::Nonsense), ("fn", Dropped::HashOfNothing), ("order_id", Dropped::Personal)],
        ),
        // Of a shape that they cannot have.
        (
            json!({"user_data": {"client_ip_address": {"a": 1}, "fbp": "x"}, "custom_data": {"value": [1]}}),
            vec!["fbp"],
            vec![("client_ip_address", Dropped::Personal), ("value", Dropped::Unreadable)],
        ),
        (
            json!({"custom_data": {"store_data": {"email": "a@b.com"}, "ph": "+905321234567"}}),
            vec![],
            vec![("store_data", Dropped::Empty)],
        ),
        // Fields of the same names elsewhere are others.
        (
            json!({"original_event_data": {"order_id": "7"}, "value": 1, "app_data": {"em": "a@b.com"}}),
            vec![],
            vec![],
        ),
    ] {
        let written = write_with(&mut normalizer(Rules::Both), &json.to_string()).1;
        assert_eq!(written.carried.names().collect::<Vec<_>>(), carried, "{json}");
        assert_eq!(written.left_out().collect::<Vec<_>>(), left_out, "{json}");
    }
}

#[test]
fn what_came_as_a_second_user_data_never_leaves() {
    for json in [
        r#"{"user_data":{"fbp":"1"},"user_data":[{"fn":"Lovelace"}]}"#,
        r#"{"user_data":"{\"fn\":\"Lovelace\"}"}"#,
        r#"{"custom_data":{"a":{"user_data":{"fn":"Lovelace"}}}}"#,
        r#"{"custom_data":{"userData":[["Lovelace"]]}}"#,
    ] {
        assert!(!write(json).contains("Lovelace"), "{json}");
    }
}

#[test]
fn words_and_options_hold_nothing_personal() {
    for (json, bytes) in [
        (r#"{"event_name":"a","messaging_channel":"ada@example.com"}"#, r#"{"event_name":"a"}"#),
        (r#"{"action_source":"+90 532 111 22 33","event_time":1}"#, r#"{"event_time":1}"#),
        (
            r#"{"data_processing_options":["LDU","ada@example.com"]}"#,
            r#"{"data_processing_options":["LDU"]}"#,
        ),
        (r#"{"data_processing_options":[]}"#, r#"{"data_processing_options":[]}"#),
        (r#"{"messaging_channel":"fax"}"#, r#"{"messaging_channel":"fax"}"#),
    ] {
        assert_eq!(write(json), bytes);
    }
}
