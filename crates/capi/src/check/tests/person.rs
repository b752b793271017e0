use super::*;
use crate::{event::UserData, sha256_hex, subcodes::TOO_BROAD};

/// Meta's combinations that fit too many people, from its documentation of best practices.
const COMBINATIONS: [&[&str]; 4] = [
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

fn of_person(fields: &[&str]) -> Option<(u32, String)> {
    // Long enough for the id of a lead, too.
    let user: Value = fields.iter().map(|field| ((*field).to_owned(), json!("525645896321548"))).collect();
    refusal(&changed(good("phone_call"), "user_data", user), live())
}

#[test]
fn each_part_of_a_broad_combination_is_refused() {
    for combination in COMBINATIONS {
        for choice in 0..1_u32 << combination.len() {
            let fields: Vec<&str> = combination
                .iter()
                .enumerate()
                .filter(|(place, _)| choice & (1 << place) != 0)
                .map(|(_, field)| *field)
                .collect();
            assert_eq!(
                of_person(&fields),
                Some((TOO_BROAD, "$['data'][0]['user_data']".to_owned())),
                "{fields:?}"
            );
        }
    }
}

#[test]
fn one_further_identifier_is_enough() {
    for combination in COMBINATIONS {
        for further in UserData::FIELDS.iter().filter(|field| !combination.contains(field)) {
            let fields = [combination, &[*further]].concat();
            assert_eq!(of_person(&fields), None, "{fields:?}");
        }
    }
    for enough in [
        &["em"][..],
        &["client_ip_address", "client_user_agent"],
        &["fbp"],
        &["fbc"],
        &["external_id"],
        &["fn", "ln"],
    ] {
        assert_eq!(of_person(enough), None, "{enough:?}");
    }
}

#[test]
fn what_is_empty_or_unknown_does_not_narrow_it_down() {
    for further in [
        json!({"em": ""}),
        json!({"em": []}),
        json!({"em": ["", null]}),
        json!({"em": {"address": "ada@example.com"}}),
        json!({"ph": true, "fbc": null, "fbp": ""}),
        json!({"email": "ada@example.com", "customer_no": 7}),
    ] {
        let mut user = further.clone();
        user["ct"] = "paris".into();
        let event = changed(good("phone_call"), "user_data", user);
        assert_eq!(refusal(&event, live()).map(|(subcode, _)| subcode), Some(TOO_BROAD), "{further}");
    }
}

#[test]
fn faults_in_what_is_said_of_the_person_are_seen() {
    let hash = |text: &str| sha256_hex(text.as_bytes());
    let twice = |text: &str| hash(&hash(text));
    let ago = |days: i64| format!("fb.1.{}.IwAR2", (NOW_S - days * 86_400) * 1000);
    for (path, value, expected) in [
        ("em", json!(""), "empty_value"),
        ("em", json!([HASH, "  "]), "empty_value"),
        ("ph", json!({"number": 1}), "empty_value"),
        ("em", json!(hash("")), "hash_of_nothing"),
        ("em", json!("0cc175b9c0f1b6a831c399e269772661"), "md5"),
        ("em", json!(HASH.to_uppercase()), "hash_case"),
        ("em", json!(format!("{HASH}.AQQCAQMC")), ""),
        ("em", json!([HASH, format!(" {} ", HASH.to_uppercase())]), "hash_case repeated_value"),
        ("em", json!([HASH, HASH]), "repeated_value"),
        ("em", json!([hash("ada@example.com"), twice("ada@example.com")]), "hashed_twice"),
        ("em", json!((1..=11).map(|n| hash(&n.to_string())).collect::<Vec<_>>()), "many_values"),
        ("country", json!(hash("TR")), "hashed_unnormalised"),
        ("country", json!(hash("Türkiye")), "hashed_unnormalised"),
        ("country", json!(twice("tr")), "hashed_twice"),
        ("country", json!(hash("tr")), ""),
        ("ge", json!(hash("Female")), "hashed_unnormalised"),
        ("ge", json!(twice("m")), "hashed_twice"),
        ("st", json!(hash("California")), "hashed_unnormalised"),
        ("st", json!(hash("ca")), ""),
        ("db", json!(hash("1997-02-16")), "hashed_unnormalised"),
        ("db", json!(twice("19970216")), "hashed_twice"),
        ("db", json!(hash("19970216")), ""),
        // A country's hash is no fault of another key.
        ("ln", json!(hash("TR")), ""),
        ("fbc", json!(hash("fb.1.1554763741205.IwAR2")), "hashed_plain_key"),
        ("client_user_agent", json!(hash("Mozilla/5.0")), "hashed_plain_key"),
        ("fbc", json!("IwAR2abc"), "fbc_format"),
        ("fbc", json!("fb.1.1779999900.IwAR2"), "fbc_time"),
        ("fbc", json!(ago(91)), "fbc_age"),
        ("fbc", json!(ago(-2)), "fbc_age"),
        ("fbc", json!(ago(89)), ""),
        ("fbp", json!("1116446470"), "fbp_format"),
        ("fbp", json!("fb.1.1779999900000.GA1"), "fbp_format"),
        ("fbp", json!("fb.1.1779999900.1116446470"), "fbp_time"),
        ("fbp", json!("fb.1.1779999900000.1116446470.AQQCAQMC"), ""),
        ("fbp", json!(format!("fb.1.{}.1116446470", (NOW_S + 2 * 86_400) * 1000)), "fbp_time"),
        ("fbp", json!(" fb.1.1779999900000.1116446470 "), "fbp_format"),
        ("client_ip_address", json!("8.8.8.8"), ""),
        ("client_ip_address", json!("8.8.8.8.AQQCAQMC"), ""),
        ("client_ip_address", json!("8.8.8.8:443"), "ip_format"),
        ("client_ip_address", json!("10.0.0.1, 8.8.8.8"), "ip_format"),
        ("client_ip_address", json!(hash("8.8.8.8")), "ip_format"),
        ("client_ip_address", json!("192.168.1.2"), "ip_private"),
        ("client_ip_address", json!("fe80::1%eth0"), "ip_private"),
        ("client_ip_address", json!("2001:db8::1"), "ip_private"),
        ("fbc", json!({"fb": 1}), "odd_shape"),
        ("client_user_agent", json!(["Mozilla"]), "odd_shape"),
    ] {
        let event = changed(good("phone_call"), &format!("user_data.{path}"), value.clone());
        let event = changed(event, "user_data.external_id", json!("7"));
        let expected: Vec<String> =
            expected.split_whitespace().map(|code| format!("{code} user_data.{path}")).collect();
        let findings = findings(&event, live());
        assert_eq!(advice_of(&findings), expected, "{path} = {value}");
        assert_eq!(findings.refusal(), None);
    }
}

#[test]
fn plain_identifiers_are_right_before_hashing_and_wrong_after() {
    let user =
        json!({"em": "ada@example.com", "ph": ["+90 532 123 45 67", HASH], "external_id": "7", "fbp": null});
    let event = changed(good("phone_call"), "user_data", user);
    assert_eq!(advice_of(&findings(&event, live())), [""; 0]);
    assert_eq!(
        advice_of(&findings(&event, as_sent())),
        ["not_hashed user_data.em", "not_hashed user_data.ph"]
    );
}
