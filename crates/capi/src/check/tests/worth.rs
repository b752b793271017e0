use super::*;
use crate::subcodes::{CURRENCY, CUSTOM_DATA, LEAD_ID};

/// The first finding on an event with this in its place: code or subcode, and what it says.
fn said(path: &str, value: &Value, currency: &str) -> Option<(String, String)> {
    let event = with("website", &[("custom_data.currency", json!(currency)), (path, value.clone())]);
    let findings = findings(&event, live());
    let first = findings.iter().find(|finding| finding.path == path)?;
    let code = first.subcode().map_or(first.code.to_owned(), |subcode| subcode.to_string());
    Some((code, first.message.clone().into_owned()))
}

#[test]
fn a_withdrawn_code_names_what_replaced_it_and_whether_the_amount_changes() {
    for (code, words) in [
        ("ANG", "write XCG, the amount stays"),
        ("bgn", "write EUR, and the amount changes: 1.95583 BGN are 1 EUR"),
        ("SLL", "write SLE, and the amount changes"),
        ("TRL", "write TRY, and the amount changes: 1000000 TRL are 1 TRY"),
        ("TL", "this is no ISO 4217 currency code; write TRY"),
        ("XAU", "this is no ISO 4217 currency code"),
    ] {
        let (subcode, message) = said("custom_data.currency", &json!(code), "EUR").unwrap();
        assert_eq!(subcode, CURRENCY.to_string());
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn an_amount_with_two_meanings_is_refused_and_one_with_too_many_decimals_is_advised() {
    let refused = |words: &'static str| Some((CUSTOM_DATA.to_string(), words));
    let advised = |words: &'static str| Some(("value_decimals".to_owned(), words));
    for (value, currency, expected) in [
        (json!("12.500"), "KWD", refused("two amounts")),
        (json!("1.250"), "EUR", refused("two amounts")),
        (json!("-999.000"), "TRY", refused("two amounts")),
        (json!("1.299,90"), "EUR", refused("no comma")),
        (json!("1,299.90"), "EUR", refused("no comma")),
        (json!("12,5"), "EUR", refused("no comma")),
        (json!("12.50 EUR"), "EUR", refused("without currency")),
        (json!("+5"), "EUR", refused("number")),
        (json!(".5"), "EUR", refused("number")),
        (json!("5."), "EUR", refused("number")),
        (json!(12.5), "KWD", None),
        (json!(12.505), "KWD", None),
        (json!("0.500"), "KWD", None),
        (json!("1234.500"), "KWD", None),
        (json!("12.50"), "KWD", None),
        (json!(12.505), "EUR", advised("2; round it")),
        (json!(12.5005), "KWD", advised("3; round it")),
        (json!("12.5000"), "EUR", None),
        (json!(49.9), "JPY", advised("no decimals")),
        (json!(1250.5), "HUF", None),
        (json!("1e-3"), "EUR", advised("2; round it")),
        (json!("1.5e3"), "JPY", None),
        (json!(12.12345), "CLF", advised("4; round it")),
    ] {
        match (said("custom_data.value", &value, currency), expected) {
            (Some((code, message)), Some((expected, words))) => {
                assert_eq!(code, expected, "{value} {currency}");
                assert!(message.contains(words), "{value} {currency}: {message}");
            }
            (said, expected) => assert!(said.is_none() && expected.is_none(), "{value} {currency}: {said:?}"),
        }
    }
}

#[test]
fn ids_that_were_numbers_are_refused_with_a_hint() {
    for (value, is_refused) in [
        (json!(1001.0), true),
        (json!(1001.5), true),
        (json!(1.5e17), true),
        (json!("1001.0"), true),
        (json!("1.23457E+17"), true),
        (json!("1.5e16"), true),
        (json!("1e+21"), true),
        (json!(1001), false),
        (json!(u64::MAX), false),
        (json!("2026.114"), false),
        (json!("12e5"), false),
        (json!("ORD-1.0"), false),
        (json!("1001."), false),
    ] {
        let said = said("custom_data.order_id", &value, "EUR");
        assert_eq!(said.is_some(), is_refused, "{value}: {said:?}");
        if let Some((code, message)) = said {
            assert_eq!(code, CUSTOM_DATA.to_string(), "{value}");
            assert!(
                message.contains("exponent") && message.contains("texts from the first byte"),
                "{message}"
            );
        }
    }
    for value in [json!(5.256_458_963_215_48e20), json!("5.25645896321548E+14"), json!("525645896321548.0")] {
        let findings = findings(&with("crm", &[("user_data.lead_id", value.clone())]), live());
        let refusal = findings.refusal().unwrap();
        assert_eq!(refusal.subcode(), Some(LEAD_ID), "{value}");
        assert!(refusal.message.contains("texts from the first byte"), "{value}: {}", refusal.message);
    }
}
