use serde_json::{Value, json};

use super::*;

const NOW_S: i64 = 1_780_000_000;

fn mended(body: &Value) -> (Value, Vec<String>) {
    let mended = request(body.to_string().as_bytes(), NOW_S).unwrap();
    (serde_json::from_slice(&mended.json).unwrap(), mended.mends.iter().map(ToString::to_string).collect())
}

/// What was left, path and reason.
fn left(body: &Value) -> Vec<String> {
    request(body.to_string().as_bytes(), NOW_S).unwrap().left.iter().map(ToString::to_string).collect()
}

fn event(event: &Value) -> Value {
    mended(&json!({ "data": [event] })).0["data"][0].clone()
}

#[test]
fn one_event_in_place_of_the_list_becomes_a_list() {
    let (body, mends) = mended(&json!({ "data": { "event_name": "Lead" } }));
    assert_eq!(body, json!({ "data": [{ "event_name": "Lead" }] }));
    assert_eq!(mends.len(), 1, "{mends:?}");
}

#[test]
fn what_has_one_right_mend_is_mended() {
    let hash = |text: &str| crate::sha256_hex(text.as_bytes());
    let time = NOW_S - 60;
    for (given, expected) in [
        (
            json!({ "user_data": { "email": "Ada@Example.com " } }),
            json!({ "user_data": { "em": hash("ada@example.com") } }),
        ),
        (
            json!({ "user_data": { "phone": "0532 123 45 67", "country": "TR" } }),
            json!({ "user_data": { "country": hash("tr"), "ph": hash("905321234567") } }),
        ),
        (
            json!({ "user_data": { "em": [hash("a@b.co").to_uppercase()] } }),
            json!({ "user_data": { "em": [hash("a@b.co")] } }),
        ),
        (
            json!({ "user_data": { "em": [hash("null"), hash("a@b.co")] } }),
            json!({ "user_data": { "em": [hash("a@b.co")] } }),
        ),
        (
            json!({ "user_data": { "em": "undefined", "external_id": 0, "fbp": "x" } }),
            json!({ "user_data": { "fbp": "x" } }),
        ),
        (
            json!({ "user_data": { "em": "a@b.co;c@d.co" } }),
            json!({ "user_data": { "em": [hash("a@b.co"), hash("c@d.co")] } }),
        ),
        (
            json!({ "user_data": { "em": ["a@b.co, c@d.co", hash("c@d.co")] } }),
            json!({ "user_data": { "em": [hash("a@b.co"), hash("c@d.co")] } }),
        ),
        (
            json!({ "user_data": { "ph": "+90 532 123 45 67, +90 533 123 45 67" } }),
            json!({ "user_data": { "ph": [hash("905321234567"), hash("905331234567")] } }),
        ),
        (
            json!({ "user_data": { "fbc": " fb.1.1779999100.IwAR2Ab ", "fbp": " fb.1.1779999100000.7" } }),
            json!({ "user_data": { "fbc": "fb.1.1779999100000.IwAR2Ab", "fbp": "fb.1.1779999100000.7" } }),
        ),
        (
            json!({ "user_data": { "lead_id": "l:525645896321548" } }),
            json!({ "user_data": { "lead_id": "525645896321548" } }),
        ),
        (
            json!({ "user_data": { "client_ip_address": "::ffff:81.2.69.142" } }),
            json!({ "user_data": { "client_ip_address": "81.2.69.142" } }),
        ),
        (
            json!({ "user_data": { "client_ip_address": "81.2.69.142:443" } }),
            json!({ "user_data": { "client_ip_address": "81.2.69.142" } }),
        ),
        (
            json!({ "user_data": { "madid": "00000000-0000-0000-0000-000000000000", "fbp": "x" } }),
            json!({ "user_data": { "fbp": "x" } }),
        ),
        (json!({ "event_time": time * 1000 }), json!({ "event_time": time })),
        (json!({ "event_time": time * 1_000_000 }), json!({ "event_time": time })),
        (json!({ "event_time": format!("{}", time * 1_000_000_000) }), json!({ "event_time": time })),
        (json!({ "event_time": format!("{time}.5") }), json!({ "event_time": time })),
        (json!({ "event_time": "2026-05-28T20:25:40Z" }), json!({ "event_time": time })),
        (json!({ "event_name": "purchase" }), json!({ "event_name": "Purchase" })),
        (json!({ "event_name": "begin_checkout" }), json!({ "event_name": "InitiateCheckout" })),
        (json!({ "action_source": "Website" }), json!({ "action_source": "website" })),
        (json!({ "custom_data": "{\"value\":1.50}" }), json!({ "custom_data": { "value": 1.5 } })),
        // The amount would change with the currency.
        (
            json!({ "custom_data": { "currency": "SLL", "value": 5000 } }),
            json!({ "custom_data": { "currency": "SLL", "value": 5000 } }),
        ),
        (
            json!({ "custom_data": { "currency": "ANG", "value": 5 } }),
            json!({ "custom_data": { "currency": "XCG", "value": 5 } }),
        ),
        (
            json!({ "custom_data": { "contents": [{ "ID": "A1", "Quantity": 2, "index": 1 }] } }),
            json!({ "custom_data": { "contents": [{ "id": "A1", "quantity": 2 }] } }),
        ),
        (
            json!({ "user_data": { "clientIpAddress": "81.2.69.142", "userAgent": "Mozilla/5.0" } }),
            json!({ "user_data": { "client_ip_address": "81.2.69.142", "client_user_agent": "Mozilla/5.0" } }),
        ),
        (json!({ "custom_data": { "currency": "eur" } }), json!({ "custom_data": { "currency": "EUR" } })),
        (
            json!({ "custom_data": { "contents": [{ "item_id": "A1", "item_name": "Shoe", "index": 0, "price": 10 }] } }),
            json!({ "custom_data": { "contents": [{ "id": "A1", "title": "Shoe", "item_price": 10 }] } }),
        ),
        (
            json!({ "custom_data": { "contents": "[{\"id\":\"A1\"}]" } }),
            json!({ "custom_data": { "contents": [{ "id": "A1" }] } }),
        ),
        (
            json!({ "custom_data": { "contents": { "0": { "id": "A1" }, "2": { "id": "A2" } } } }),
            json!({ "custom_data": { "contents": [{ "id": "A1" }, { "id": "A2" }] } }),
        ),
        (
            json!({ "custom_data": { "contents": { "sku": "A1", "quantity": 1 } } }),
            json!({ "custom_data": { "contents": [{ "quantity": 1, "id": "A1" }] } }),
        ),
        (
            json!({ "custom_data": { "content_ids": [{ "id": "A1" }] } }),
            json!({ "custom_data": { "content_ids": ["A1"] } }),
        ),
        (
            json!({ "custom_data": { "content_ids": "A1" } }),
            json!({ "custom_data": { "content_ids": ["A1"] } }),
        ),
        (
            json!({ "custom_data": { "content_ids": [["A1", "A2"]] } }),
            json!({ "custom_data": { "content_ids": ["A1", "A2"] } }),
        ),
        (
            json!({ "custom_data": { "content_ids": "['A1','A2']" } }),
            json!({ "custom_data": { "content_ids": ["A1", "A2"] } }),
        ),
        (
            json!({ "custom_data": { "content_type": "products" } }),
            json!({ "custom_data": { "content_type": "product" } }),
        ),
        (
            json!({ "fbp": "x", "currency": "EUR", "user_data": { "event_id": "7" } }),
            json!({ "user_data": { "fbp": "x" }, "custom_data": { "currency": "EUR" }, "event_id": "7" }),
        ),
        (
            json!({ "event_source_url": "https://a.example.com/?fbclid=IwAR2Ab", "user_data": { "fbc": "fb.1.1779999100000.iwar2ab" } }),
            json!({ "event_source_url": "https://a.example.com/?fbclid=IwAR2Ab", "user_data": { "fbc": "fb.1.1779999100000.IwAR2Ab" } }),
        ),
    ] {
        assert_eq!(event(&given), expected, "{given}");
    }
}

#[test]
fn what_stands_for_the_list_of_events_becomes_it() {
    let (one, two) = (json!({ "event_name": "Lead" }), json!({ "event_name": "Contact" }));
    let both = json!({ "data": [one, two] });
    for (given, expected) in [
        (json!({ "data": { "3": one } }), json!({ "data": [one] })),
        (json!({ "data": { "0": one, "1": two } }), both.clone()),
        (json!({ "0": one, "1": two }), both.clone()),
        (json!({ "data": { "data": [one, two] } }), both.clone()),
        (
            json!({ "data": { "events": [one, two], "test_event_code": "TEST1" } }),
            json!({ "data": [one, two], "test_event_code": "TEST1" }),
        ),
        (json!({ "data": [[one, two]] }), both.clone()),
        (json!({ "data": [{ "data": [one] }, two] }), both.clone()),
        (json!({ "data": "{\"data\":[{\"event_name\":\"Lead\"}]}" }), json!({ "data": [one] })),
        (json!({ "data": { "0": one, "1": 7 } }), json!({ "data": { "0": one, "1": 7 } })),
        (json!({ "data": { "colour": "red" } }), json!({ "data": { "colour": "red" } })),
        (json!({ "Data": [one] }), json!({ "data": [one] })),
        (
            json!({ "events": [one, two], "testEventCode": "TEST1" }),
            json!({ "data": [one, two], "test_event_code": "TEST1" }),
        ),
        (
            json!({ "events": [{ "name": "purchase" }], "client_id": "1.2" }),
            json!({ "events": [{ "name": "purchase" }], "client_id": "1.2" }),
        ),
    ] {
        assert_eq!(mended(&given).0, expected, "{given}");
    }
}

#[test]
fn what_cannot_be_mended_without_a_guess_is_said_to_be_left() {
    for (given, path) in [
        (json!({ "custom_data": { "contents": [{ "product_id": "P", "sku": "S" }] } }), "['product_id']"),
        (json!({ "user_data": { "customer_id": "7", "user_id": "8" } }), "['customer_id']"),
        (json!({ "user_data": { "first_name": "Ada", "fname": "Eve" } }), "['fname']"),
        (json!({ "event_name": "Lead", "value": 10 }), "['value']"),
        (json!({ "event_name": "Lead", "lead_id": "12" }), "['lead_id']"),
    ] {
        let body = json!({ "data": [given] });
        assert_eq!(mended(&body).0, body, "{given}");
        assert!(left(&body).iter().any(|said| said.contains(path)), "{given}: {:?}", left(&body));
    }
    // The same under two names is no guess.
    let given = json!({ "custom_data": { "contents": [{ "product_id": "P", "sku": "P" }] } });
    assert_eq!(event(&given), json!({ "custom_data": { "contents": [{ "id": "P" }] } }));
    let given = json!({ "event_name": "Lead", "value": 10, "currency": "eur" });
    assert_eq!(
        event(&given),
        json!({ "event_name": "Lead", "custom_data": { "currency": "EUR", "value": 10 } })
    );
    let body = json!({ "data": [{ "event_name": "Lead" }], "action_source": "web" });
    assert_eq!((mended(&body).0, left(&body).len()), (body, 1));
}

#[test]
fn what_could_mean_two_things_stays() {
    for given in [
        json!({ "user_data": { "client_id": "GA1.2.3" } }),
        json!({ "user_data": { "em": "a***@example.com" } }),
        json!({ "user_data": { "em": "a@b.co c@d.co" } }),
        json!({ "user_data": { "em": "a@b.co, n***@d.co" } }),
        json!({ "custom_data": { "value": "1.299,90", "content_ids": "A1, A2" } }),
        json!({ "custom_data": { "contents": [{ "id": "A1", "item_price": "10,50" }] } }),
        json!({ "user_data": { "fbclid": "IwAR2" } }),
        json!({ "user_data": { "ph": "5321234567" } }),
        json!({ "user_data": { "em": crate::sha256_hex(b"x")[..40] } }),
        json!({ "user_data": { "email": "a@b.co", "em": crate::sha256_hex(b"c@d.ef") } }),
        json!({ "event_source_url": "www.shop.example.com", "data_processing_options": ["LDU"] }),
        json!({ "event_time": 12, "event_id": "undefined", "user_data": { "lead_id": 5.25e30 } }),
        json!({ "event_time": NOW_S, "custom_data": { "value": 12.50, "own": [1, { "a": null }] } }),
    ] {
        assert_eq!(event(&given), given);
    }
}

#[test]
fn parameters_are_brought_where_they_belong() {
    let (body, mends) = mended(&json!({
        "data_processing_options": ["LDU"],
        "data": [{ "event_name": "Lead", "test_event_code": "TEST1" }, "{\"event_name\":\"Lead\"}"],
    }));
    assert_eq!(
        body,
        json!({
            "data": [
                { "event_name": "Lead", "data_processing_options": ["LDU"] },
                { "event_name": "Lead", "data_processing_options": ["LDU"] },
            ],
            "test_event_code": "TEST1",
        })
    );
    assert_eq!(mends[0], "data_processing_options: moved into each event");
    assert!(mends[1].starts_with("$['data'][0]['test_event_code']: moved"), "{mends:?}");
    assert_eq!(mended(&json!([{ "event_name": "Lead" }])).0, json!({ "data": [{ "event_name": "Lead" }] }));
    assert_eq!(mended(&json!({ "event_name": "Lead" })).0, json!({ "data": [{ "event_name": "Lead" }] }));
}

#[test]
fn what_is_said_of_a_mend_repeats_no_address_and_no_number() {
    for event in [
        json!({ "custom_data": { "contents": [{ "id": "1", "ada@ex.io": 1, "quantity": 1 }] } }),
        json!({ "custom_data": { "contents": [{ "id": "1", "905321234567": 1, "+90 532 123 45 67": 1 }] } }),
        json!({ "custom_data": { "contents": [{ "id": "1", "to ada@ex.io": 1 }] } }),
    ] {
        let (_, mends) = mended(&json!({ "data": [event] }));
        for mend in mends {
            assert!(mend.ends_with("['…']: left out: Meta does not take it here"), "{mend}");
        }
    }
}

#[test]
fn every_digit_stays_as_it_was_written() {
    let body = br#"{"data":[{"custom_data":{"value":49.900,"big":123456789012345678901234567890}}]}"#;
    assert_eq!(request(body, NOW_S).unwrap().json, body);
}

#[test]
fn what_is_no_json_is_said_and_depth_is_bounded() {
    assert!(request(b"{\"data\":[", NOW_S).is_err());
    assert!(request(b"7", NOW_S).is_err());
    let deep = format!("{{\"data\":[{}1{}]}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(request(deep.as_bytes(), NOW_S).unwrap().json, deep.as_bytes());
}
