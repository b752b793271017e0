//! What people really paste: kinds that public reports show.

use super::*;
use crate::sha256_hex;

/// Refusals with their subcode and advice with its code, each with its path.
fn said(event: &Value, checks: Checks) -> Vec<String> {
    let findings = findings(event, checks);
    findings
        .iter()
        .map(|finding| match finding.subcode() {
            Some(subcode) => format!("{subcode} {}", finding.path),
            None => format!("{} {}", finding.code, finding.path),
        })
        .collect()
}

fn hash(text: &str) -> String {
    sha256_hex(text.as_bytes())
}

#[test]
fn each_kind_of_a_website_event_is_seen() {
    let ago = |id: &str| json!(format!("fb.1.{}.{id}", (NOW_S - 900) * 1000));
    let rows: Vec<(&str, Value, &[&str])> = vec![
        (
            "custom_data.contents",
            json!([{"id": "A1", "item_name": "Shoe", "index": 0, "price": 10, "quantity": 1}]),
            &["2804019 custom_data.contents.0"],
        ),
        (
            "custom_data.contents",
            json!([{"id": "A1", "quantity": 1}, {"item_id": "A2", "quantity": 1}]),
            &["2804019 custom_data.contents.1", "2804008 custom_data.contents.1.id"],
        ),
        ("custom_data.contents", json!("[{\"id\":\"A1\"}]"), &["2804019 custom_data.contents"]),
        ("custom_data.contents", json!([{"quantity": 1}]), &["2804008 custom_data.contents.0.id"]),
        ("user_data.fbc", json!("fb.1.1779999100000."), &["2804001 user_data.fbc"]),
        ("user_data.fbc", json!("fb.1..IwAR2abc"), &["2804001 user_data.fbc"]),
        ("user_data.fbc", json!("IwAR2abc"), &["fbc_format user_data.fbc"]),
        ("user_data.fbc", json!("fb.1.1779999100000"), &["fbc_format user_data.fbc"]),
        ("user_data.fbc", ago("First,Second"), &["fbc_format user_data.fbc"]),
        ("user_data.fbc", ago("IwAR2 abc"), &["fbc_format user_data.fbc"]),
        ("user_data.fbc", ago("IwAR2abc&utm_source=x"), &["fbc_format user_data.fbc"]),
        ("user_data.fbc", ago("undefined"), &["fbc_format user_data.fbc"]),
        ("user_data.fbc", ago("iwar2f4dbp0l7mn1iawqqg"), &["fbc_altered user_data.fbc"]),
        ("user_data.fbc", ago("IWAR2F4DBP0L7MN1IAWQQG"), &["fbc_altered user_data.fbc"]),
        ("user_data.fbc", ago("abc"), &[]),
        ("event_source_url", json!("www.shop.example.com/x"), &["url_format event_source_url"]),
        ("event_source_url", json!("http://localhost:3000"), &["url_format event_source_url"]),
        ("event_source_url", json!("https://<your-domain.com>"), &["url_format event_source_url"]),
        ("custom_data.content_ids", json!("A1, A2"), &["content_ids custom_data.content_ids"]),
        ("custom_data.content_ids", json!("A1"), &["content_ids custom_data.content_ids"]),
        ("custom_data.content_ids", json!(17), &["content_ids custom_data.content_ids"]),
        ("custom_data.content_ids", json!("['A1','A2']"), &["content_ids custom_data.content_ids"]),
        ("custom_data.content_ids", json!([{"id": "A1"}]), &["content_ids custom_data.content_ids"]),
        ("custom_data.content_ids", json!([["A1", "A2"]]), &["content_ids custom_data.content_ids"]),
        ("custom_data.content_ids", json!(["undefined"]), &["placeholder custom_data.content_ids"]),
        ("custom_data.content_ids", json!("[\"A1\"]"), &["content_ids custom_data.content_ids"]),
        // In a list each text is an id, whatever signs it has.
        ("custom_data.content_ids", json!(["A1;A2"]), &[]),
        ("custom_data.content_ids", json!(["1234|red", "ABC,1", "[XL]-1"]), &[]),
        ("custom_data.content_ids", json!(["{0f8fad5b-d9cb-469f-a165-70867728950e}"]), &[]),
        ("custom_data.content_ids", json!(["[\"A1\"]"]), &["content_ids custom_data.content_ids"]),
        ("custom_data.content_ids", json!(["{sku}"]), &["placeholder custom_data.content_ids"]),
        ("custom_data.content_ids", json!("A1;A2"), &["content_ids custom_data.content_ids"]),
        ("custom_data.content_ids", json!(["A1", 7]), &[]),
        (
            "custom_data.contents",
            json!([{"id": "A1", "quantity": 1, "item_price": 1.005}]),
            &["value_decimals custom_data.contents.0.item_price"],
        ),
        (
            "custom_data.contents",
            json!([{"id": "A1", "quantity": 1, "item_price": -1}]),
            &["negative_value custom_data.contents.0.item_price"],
        ),
        ("user_data.EM", json!(HASH), &["field_name user_data.EM"]),
        ("eventName", json!("Purchase"), &["field_name eventName"]),
        ("event_source_url", json!("https://shop.example.com/<path>"), &["url_format event_source_url"]),
        (
            "custom_data.contents",
            json!([{"id": "A1", "item_price": "10,50 €", "quantity": 0, "delivery_category": "pickup"}]),
            &[
                "item_price custom_data.contents.0.item_price",
                "quantity custom_data.contents.0.quantity",
                "delivery_category custom_data.contents.0.delivery_category",
            ],
        ),
        ("custom_data.content_type", json!("products"), &["content_type custom_data.content_type"]),
        ("custom_data.content_type", json!("hotel"), &[]),
        ("custom_data.transaction_id", json!("9"), &[]),
        ("custom_data.event_id", json!("9"), &["misplaced_field custom_data.event_id"]),
        ("test_event_code", json!("TEST1"), &["misplaced_field test_event_code"]),
        ("currency", json!("EUR"), &["misplaced_field currency"]),
        ("user_data.partner_agent", json!("x"), &["misplaced_field user_data.partner_agent"]),
        ("user_data.zip", json!("34000"), &["field_name user_data.zip"]),
        ("user_data.sha256_email_address", json!(HASH), &["field_name user_data.sha256_email_address"]),
        ("user_data.fbclid", json!("IwAR2"), &["field_name user_data.fbclid"]),
        ("timestamp", json!(1), &["field_name timestamp"]),
        ("event_id", json!("undefined"), &["placeholder event_id"]),
        ("event_id", json!("{{Event ID}}"), &["placeholder event_id"]),
        ("event_id", json!("[object Object]"), &["placeholder event_id"]),
        ("event_id", json!("nullable"), &[]),
        ("event_id", json!("undefined-undefined"), &["placeholder event_id"]),
        ("event_id", json!("null_NULL"), &["placeholder event_id"]),
        ("event_id", json!("undefined-17"), &[]),
        ("event_id", json!("{event_id}"), &["placeholder event_id"]),
        ("event_id", json!("__EVENT_ID__"), &["placeholder event_id"]),
        ("event_id", json!("{0f8fad5b-d9cb-469f-a165-70867728950e}"), &[]),
        ("event_id", json!("_a_"), &[]),
        ("event_id", json!("purchase_undefined"), &["placeholder event_id"]),
        ("event_id", json!("Purchase-null"), &["placeholder event_id"]),
        ("event_id", json!("null/null"), &["placeholder event_id"]),
        ("event_id", json!("$order_id"), &["placeholder event_id"]),
        ("event_id", json!("YOUR_EVENT_ID"), &["placeholder event_id"]),
        ("event_id", json!("\"undefined\""), &["placeholder event_id"]),
        ("event_id", json!("purchase_undefined_1001"), &[]),
        ("custom_data.order_id", json!("[order_id]"), &["placeholder custom_data.order_id"]),
        ("custom_data.order_id", json!("#{order.id}"), &["placeholder custom_data.order_id"]),
        ("event_name", json!("undefined"), &["placeholder event_name"]),
        ("event_name", json!("{{Event Name}}"), &["placeholder event_name"]),
        ("event_name", json!("{event}"), &["placeholder event_name"]),
        ("event_name", json!("[object Object]"), &["placeholder event_name"]),
        ("event_name", json!("%EVENT%"), &["placeholder event_name"]),
        ("custom_data.content_name", json!("undefined"), &[]),
        ("user_data.em", json!("undefined"), &["placeholder user_data.em"]),
        ("user_data.ph", json!(["{{phone}}", HASH]), &["placeholder user_data.ph"]),
        ("user_data.fn", json!("$first_name"), &["placeholder user_data.fn"]),
        ("user_data.fn", json!("Null"), &["not_hashed user_data.fn"]),
        ("user_data.country", json!("NA"), &["not_hashed user_data.country"]),
        ("user_data.external_id", json!(0), &["placeholder user_data.external_id"]),
        ("user_data.external_id", json!("00"), &["placeholder user_data.external_id"]),
        ("user_data.external_id", json!("user_null"), &["placeholder user_data.external_id"]),
        ("user_data.external_id", json!("100"), &[]),
        (
            "user_data.client_user_agent",
            json!("$CLIENT_USER_AGENT"),
            &["placeholder user_data.client_user_agent"],
        ),
        ("custom_data.order_id", json!("TBD"), &["placeholder custom_data.order_id"]),
        ("custom_data.order_id", json!("{order.id}"), &["placeholder custom_data.order_id"]),
        ("messageId", json!("m1"), &["field_name messageId"]),
        ("properties", json!({"value": 1}), &["field_name properties"]),
        ("pixel_id", json!("1234"), &["misplaced_field pixel_id"]),
        (
            "data_processing_options_country",
            json!(0),
            &["ldu_off data_processing_options", "ldu_half data_processing_options_state"],
        ),
        ("custom_data.order_id", json!("null"), &["placeholder custom_data.order_id"]),
        ("user_data.em", json!([hash("null")]), &["hash_of_placeholder user_data.em"]),
        ("user_data.em", json!([hash("Undefined")]), &["hash_of_placeholder user_data.em"]),
        ("user_data.external_id", json!("ada@example.com"), &["personal_id user_data.external_id"]),
        ("user_data.external_id", json!("undefined"), &["placeholder user_data.external_id"]),
        ("user_data.madid", json!("00000000-0000-0000-0000-000000000000"), &["zero_id user_data.madid"]),
        (
            "user_data.client_user_agent",
            json!("GuzzleHttp/7"),
            &["server_user_agent user_data.client_user_agent"],
        ),
        ("user_data.client_user_agent", json!("undefined"), &["placeholder user_data.client_user_agent"]),
        ("user_data.em", json!(&HASH[..40]), &["other_digest user_data.em"]),
        ("user_data.em", json!(&HASH[..63]), &["other_digest user_data.em"]),
        ("user_data.em", json!(format!("{HASH},{HASH}")), &["other_digest user_data.em"]),
        (
            "user_data.client_ip_address",
            json!("::ffff:81.2.69.142"),
            &["ip_mapped user_data.client_ip_address"],
        ),
        (
            "user_data.client_ip_address",
            json!("::ffff:10.0.0.7"),
            &["ip_private user_data.client_ip_address"],
        ),
        ("user_data.client_ip_address", json!("88.230.1.9.AQYCAQMB.AQYCAQMB"), &[]),
        ("user_data.client_ip_address", json!("88.230.1.9.AQYCAQMB.AQYCAQMB.AQYCAQMB"), &[]),
        ("user_data.lead_id", json!("l:525645896321548"), &["2804036 user_data.lead_id"]),
        ("user_data.madid", json!(HASH), &["hashed_plain_key user_data.madid"]),
    ];
    for (path, value, expected) in rows {
        let event = with("website", &[(path, value.clone())]);
        assert_eq!(said(&event, as_sent()), expected, "{path} = {value}");
    }
}

#[test]
fn messages_say_how_to_mend_it() {
    for (path, value, words) in [
        (
            "custom_data.contents.0.item_name",
            json!("Shoe"),
            &["the key item_name", "id, quantity, item_price", "item_name is title"][..],
        ),
        ("user_data.fbc", json!("IwAR2abc"), &["fb.1.<milliseconds of the click>.<fbclid>"]),
        ("user_data.email", json!("x"), &["Meta's key is em", "SHA-256"]),
        ("user_data.fbclid", json!("x"), &["fb.1.<milliseconds of the click>.<fbclid>"]),
        ("test_event_code", json!("TEST1"), &["beside \"data\""]),
        ("user_data.em", json!(&HASH[..40]), &["SHA-1"]),
        ("user_data.lead_id", json!("l:525645896321548"), &["l:"]),
        (
            "custom_data.contents",
            json!("[{\"id\":\"A1\"}]"),
            &["a text that holds JSON", "one refusal", "2021"],
        ),
        ("custom_data.contents", json!({"0": {"id": "A1"}}), &["array_values"]),
        ("custom_data.contents", json!({"id": "A1"}), &["put it into a list"]),
        (
            "custom_data.contents",
            json!([{"id": "A1", "price": 1, "item_price": 1, "quantity": 1}]),
            &["leave out price"],
        ),
        (
            "custom_data.contents",
            json!([{"sku": "A1", "product_id": "A2", "quantity": 1}]),
            &["one of product_id, sku is id"],
        ),
        ("event_time", json!(NOW_S * 1_000_000), &["1,000,000"]),
        ("custom_data.num_items", json!(2.5), &["whole number"]),
        ("custom_data.predicted_ltv", json!("1,5"), &["number with a point"]),
        ("user_data.em", json!("a***@example.com"), &["unreadable"]),
        ("user_data.client_ip_address", json!("10.0.0.7"), &["private network"]),
        ("user_data.client_ip_address", json!("203.0.113.7"), &["reserved"]),
        ("user_data.client_ip_address", json!("224.0.0.1"), &["reserved"]),
        ("user_data.client_ip_address", json!("2001:db8::1"), &["reserved"]),
        ("event_source_url", json!("https://192.0.2.1/"), &["reserved"]),
        ("event_source_url", json!("https://10.0.0.1/"), &["private network"]),
        ("custom_data.currency", json!("RUR"), &["RUB with the same amount"]),
        ("event_time", json!(NOW_S * 1000), &["by 1000"]),
        ("custom_data", json!("{\"currency\":\"EUR\",\"value\":1}"), &["must be an object"]),
    ] {
        let findings = findings(&with("website", &[(path, value)]), as_sent());
        let message = &findings.iter().next().unwrap().message;
        for word in words {
            assert!(message.contains(word), "{path}: {message}");
        }
    }
}

#[test]
fn what_the_page_calls_must_is_refused_when_strict() {
    for (path, value, subcode) in [
        ("event_source_url", json!("undefined"), subcodes::PARAMETER),
        ("event_source_url", json!("http://localhost:3000"), subcodes::PARAMETER),
        ("user_data.em", json!("ada@example.com"), subcodes::PARAMETER),
        ("data_processing_options", json!(["ldu"]), subcodes::PARAMETER),
        ("custom_data.contents.0.quantity", Value::Null, subcodes::CONTENTS),
        ("custom_data.value", json!(-1), subcodes::CUSTOM_DATA),
    ] {
        let event = with("website", &[(path, value)]);
        assert_eq!(refusal(&event, as_sent()), None, "{path}");
        let strict = Checks { strict: true, ..as_sent() };
        assert_eq!(refusal(&event, strict).map(|(subcode, _)| subcode), Some(subcode), "{path}");
    }
}

#[test]
fn a_click_id_is_compared_with_the_one_of_the_page() {
    let time = (NOW_S - 900) * 1000;
    let said = |url: &str, id: &str| {
        let fbc = json!(format!("fb.1.{time}.{id}"));
        let event = with("website", &[("event_source_url", json!(url)), ("user_data.fbc", fbc)]);
        advice_of(&findings(&event, as_sent()))
    };
    let page = "https://shop.example.com/x?a=1&fbclid=IwAR2F4dbP0l7Mn1IawQQG#top";
    assert_eq!(said(page, "IwAR2F4dbP0l7Mn1IawQQG"), [""; 0]);
    for other in ["iwar2f4dbp0l7mn1iawqqg", "IwAR2F4dbP0l7M", "IwARother"] {
        assert_eq!(said(page, other), ["fbc_altered user_data.fbc"], "{other}");
    }
    assert_eq!(said("https://shop.example.com/?fbclid=A1b&fbclid=C2d", "C2d"), [""; 0]);
    assert_eq!(said("https://shop.example.com/?fbclid=", "C2d"), [""; 0]);
}

#[test]
fn who_is_left_when_identifiers_hold_nothing() {
    let user = json!({"em": [hash("")], "client_user_agent": "Mozilla/5.0"});
    let event = changed(good("phone_call"), "user_data", user);
    assert_eq!(
        advice_of(&findings(&event, as_sent())),
        ["hash_of_nothing user_data.em", "nobody_left user_data"]
    );
    let event = changed(good("phone_call"), "user_data", json!({"em": "undefined"}));
    assert_eq!(
        advice_of(&findings(&event, as_sent())),
        ["placeholder user_data.em", "nobody_left user_data"]
    );
    let event = changed(good("phone_call"), "user_data", json!({"external_id": "0"}));
    assert_eq!(
        advice_of(&findings(&event, as_sent())),
        ["placeholder user_data.external_id", "nobody_left user_data"]
    );
    let user = json!({"em": [hash("")], "ph": [HASH]});
    let event = changed(good("phone_call"), "user_data", user);
    assert_eq!(advice_of(&findings(&event, as_sent())), ["hash_of_nothing user_data.em"]);
}

#[test]
fn an_fbp_that_a_server_made_is_no_person_alone() {
    let fbp = |mark: &str| json!(format!("fb.1.{}.1116446470{mark}", (NOW_S - 900) * 1000));
    let user = |mark: &str| json!({"fbp": fbp(mark), "client_user_agent": "Mozilla/5.0", "client_ip_address": "8.8.8.8"});
    for (mark, expected) in [
        (".AQICAQMC", &["fbp_made_anew user_data.fbp"][..]),
        (".AQIAAQMC", &[]),
        (".AQYCAQMA", &[]),
        ("", &[]),
    ] {
        let event = changed(good("website"), "user_data", user(mark));
        assert_eq!(advice_of(&findings(&event, as_sent())), expected, "{mark}");
    }
    let mut known = user(".AQICAQMC");
    known["em"] = json!(HASH);
    assert_eq!(advice_of(&findings(&changed(good("website"), "user_data", known), as_sent())), [""; 0]);
}

#[test]
fn keys_of_other_names_are_no_reason_to_ask_for_what_is_there() {
    let event = changed(good("phone_call"), "user_data", json!({"email": "ada@example.com"}));
    let findings = findings(&event, as_sent());
    let messages: Vec<&str> = findings.iter().map(|finding| &*finding.message).collect();
    assert!(messages[0].contains("rename"), "{messages:?}");
    assert!(messages[1].contains("Meta's key is em"), "{messages:?}");
    assert_eq!(messages.len(), 2, "{messages:?}");
    let event = changed(good("crm"), "user_data", json!({"lead_id": 5.256_458_963_215_48e30}));
    assert_eq!(said(&event, as_sent()), ["2804036 user_data.lead_id"]);
}

#[test]
fn parameters_of_events_beside_data_are_told_where_they_belong() {
    let body =
        json!({"data": [], "data_processing_options": ["LDU"], "event_name": "Lead", "fbp": "x"}).to_string();
    let envelope = crate::read_envelope(body.as_bytes()).unwrap();
    let findings = check_envelope(&envelope, true, 1);
    let advice = advice_of(&findings);
    assert_eq!(
        advice,
        ["misplaced_field data_processing_options", "misplaced_field event_name", "misplaced_field fbp"]
    );
}
