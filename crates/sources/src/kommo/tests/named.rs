//! Fields and tags of deals: only those that rules name leave.

use kopru_core::{Named, Wanted};
use serde_json::{Value, json};

use super::super::named::read;

fn wanted(fields: &[&str], tags: &[&str]) -> Wanted {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Wanted { fields: all(fields), tags: all(tags), ..Wanted::default() }
}

fn field(name: &str, values: &Value) -> Value {
    json!({"field_id": 71, "field_name": name, "field_code": null, "field_type": "monetary", "values": values})
}

fn amount_of(fields: &Value, wanted_field: &str) -> Option<String> {
    let named = read(&json!({"custom_fields_values": fields}), &wanted(&[wanted_field], &[]));
    named.amounts.get(wanted_field).map(ToString::to_string)
}

#[test]
fn a_field_has_an_amount_however_it_is_written() {
    for (value, amount) in [
        (json!("1500.50"), Some("1500.5")),
        (json!(1500.5), Some("1500.5")),
        (json!(1500), Some("1500")),
        (json!(" 12 "), Some("12")),
        (json!("1.500,50"), None),
        (json!("12.500"), None),
        (json!("0.500"), Some("0.5")),
        (json!(12.505), Some("12.505")),
        (json!("1500 TL"), None),
        (json!("0"), None),
        (json!(-5), Some("-5")),
        (json!("-5"), Some("-5")),
        (json!(null), None),
        (json!(true), None),
    ] {
        let fields = json!([field("Sale value", &json!([{ "value": value }]))]);
        for wanted in ["Sale value", " SALE VALUE", "71"] {
            assert_eq!(amount_of(&fields, wanted).as_deref(), amount, "{value} {wanted}");
        }
        assert_eq!(amount_of(&fields, "Other"), None);
    }
    for odd in [json!(null), json!("x"), json!([5]), json!([{"field_name": "Sale value", "values": 7}])] {
        assert_eq!(amount_of(&odd, "Sale value"), None, "{odd}");
    }
}

#[test]
fn a_field_whose_text_is_no_clear_amount_is_named() {
    for (value, is_unclear) in [
        (json!("12.500"), true),
        (json!("1.299,90"), true),
        (json!("1,500"), true),
        (json!("1500 TL"), true),
        (json!("ask Ayşe"), true),
        (json!("1500.50"), false),
        (json!(12.505), false),
        (json!("0"), false),
        (json!("-5"), false),
        (json!(" "), false),
        (json!(null), false),
        (json!(true), false),
    ] {
        let row = json!({"custom_fields_values": [field("Sale value", &json!([{ "value": value }]))]});
        let named = read(&row, &wanted(&["sale value"], &[]));
        assert_eq!(named.unclear.contains("sale value"), is_unclear, "{value}");
        assert!(!format!("{named:?}").contains("Ayşe"), "what it holds stays there");
    }
    let row =
        json!({"custom_fields_values": [field("Sale value", &json!([{"value": "12.500"}, {"value": 7}]))]});
    let named = read(&row, &wanted(&["Sale value"], &[]));
    assert!(named.unclear.is_empty() && named.amounts.len() == 1, "the first amount counts");
    let values = json!([{"value": -5}, {"value": "7"}, {"value": 9}]);
    assert_eq!(amount_of(&json!([field("Sale value", &values)]), "Sale value").as_deref(), Some("7"));
}

#[test]
fn of_each_tag_that_is_wanted_it_is_said_whether_it_is_there() {
    let row =
        json!({"_embedded": {"tags": [{"id": 901, "name": "Hot Lead"}, {"id": 902, "name": "Ayşe Kaya"}]}});
    let named = read(&row, &wanted(&[], &["hot lead", "902", "cold"]));
    let said: Vec<_> = named.tags.iter().map(|(tag, is_there)| (tag.as_str(), *is_there)).collect();
    assert_eq!(said, [("902", true), ("cold", false), ("hot lead", true)]);
    for odd in [json!({}), json!({"_embedded": null}), json!({"_embedded": {"tags": "x"}})] {
        assert_eq!(read(&odd, &wanted(&[], &["cold"])).tags.get("cold"), Some(&false), "{odd}");
    }
}

#[test]
fn what_no_rule_names_does_not_leave_the_door() {
    let row = json!({"custom_fields_values": [field("Iban", &json!([{ "value": 123_456 }]))],
        "_embedded": {"tags": [{"id": 1, "name": "Ayşe Kaya"}]}});
    assert_eq!(read(&row, &Wanted::default()), Named::default());
}
