//! `custom_fields_values`: reading them against the list of fields, and showing them.

use serde_json::{Map, Value, json};

use super::crm::Crm;
use super::crm::cards::{Card, Kind, Values};
use super::crm::fields::Field;
use super::input::{Item, MOST_TEXT};

/// The values of a request; an empty list takes a field's values away. Real checks of a type that are not
/// made here are those of addresses, legal entities and links.
pub(super) fn read(crm: &Crm, kind: Kind, item: &Item<'_>) -> Values {
    let key = "custom_fields_values";
    let mut values = Values::new();
    for (place, given) in item.objects(key, item.raw(key)).into_iter().enumerate() {
        let path = format!("{key}.{place}");
        let Some(field) = field_of(crm.fields(kind), given, &path, item) else { continue };
        let list = given.get("values");
        if list.is_none() {
            item.missing(&format!("{path}.values"));
        }
        let list = item.objects(&format!("{path}.values"), list);
        let read = list
            .into_iter()
            .enumerate()
            .filter_map(|(index, value)| one(field, value, &format!("{path}.values.{index}"), item));
        values.insert(field.id, read.collect());
    }
    values
}

fn field_of<'b>(
    fields: &'b [Field],
    given: &Map<String, Value>,
    path: &str,
    item: &Item<'_>,
) -> Option<&'b Field> {
    let (key, found) = if let Some(id) = given.get("field_id").filter(|id| !id.is_null()) {
        ("field_id", fields.iter().find(|field| Some(field.id) == id.as_u64()))
    } else if let Some(code) = given.get("field_code").filter(|code| !code.is_null()) {
        let same = |field: &&Field| !field.code.is_empty() && Some(field.code.as_str()) == code.as_str();
        ("field_code", fields.iter().find(same))
    } else {
        item.missing(&format!("{path}.field_id"));
        return None;
    };
    if found.is_none() {
        item.no_choice(&format!("{path}.{key}"));
    }
    found
}

fn one(field: &Field, given: &Map<String, Value>, path: &str, item: &Item<'_>) -> Option<Value> {
    let value = given.get("value").unwrap_or(&Value::Null);
    let value_path = format!("{path}.value");
    let mut kept = Map::new();
    if field.has_choices() {
        let named = given.contains_key("enum_id") || given.contains_key("enum_code");
        let choice = field.choices.iter().find(|choice| {
            let id = given.get("enum_id").is_some_and(|id| id.as_u64() == Some(choice.id));
            let code = given.get("enum_code").is_some_and(|code| code.as_str() == Some(&choice.code));
            let name = field.kind != "multitext" && !named && value.as_str() == Some(&choice.value);
            id || (code && !choice.code.is_empty()) || name
        });
        // A number or an address without its kind is one of the first kind.
        let usual = field.choices.first().filter(|_| field.kind == "multitext" && !named);
        let Some(choice) = choice.or(usual) else {
            let wrong = ["enum_id", "enum_code"].into_iter().find(|key| given.contains_key(*key));
            item.no_choice(&format!("{path}.{}", wrong.unwrap_or("value")));
            return None;
        };
        let shown = if field.kind == "multitext" { value.clone() } else { json!(choice.value) };
        kept.insert("value".to_owned(), shown);
        kept.insert("enum_id".to_owned(), json!(choice.id));
        kept.insert(
            "enum_code".to_owned(),
            if choice.code.is_empty() { Value::Null } else { json!(choice.code) },
        );
    } else {
        kept.insert("value".to_owned(), value.clone());
    }
    if let Some(right) = wrong_type(&field.kind, value) {
        item.wrong_type(&value_path, right);
        return None;
    }
    if value.to_string().len() > MOST_TEXT {
        item.fault("TooLong", &value_path, "This value is too long.");
        return None;
    }
    Some(Value::Object(kept))
}

/// The type that a value of this field should have had.
fn wrong_type(kind: &str, value: &Value) -> Option<&'static str> {
    let numeric = |value: &Value| {
        value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
    };
    match kind {
        "numeric" | "monetary" | "price" => (!numeric(value)).then_some("numeric"),
        "checkbox" => (!value.is_boolean()).then_some("bool"),
        // Unix seconds, or a date in RFC 3339.
        "date" | "date_time" | "birthday" => (!(value.is_i64() || value.is_string())).then_some("int|string"),
        "text" | "textarea" | "url" | "tracking_data" | "multitext" | "streetaddress" => {
            (!(value.is_string() || value.is_number())).then_some("string")
        }
        _ => None,
    }
}

/// Null when no field is filled.
pub(super) fn shown(crm: &Crm, kind: Kind, card: &Card) -> Value {
    let fields: Vec<Value> = card
        .values
        .iter()
        .filter_map(|(id, values)| {
            let field = crm.fields(kind).iter().find(|field| field.id == *id)?;
            Some(json!({
                "field_id": field.id,
                "field_name": field.name,
                "field_code": if field.code.is_empty() { Value::Null } else { json!(field.code) },
                "field_type": field.kind,
                "values": values,
            }))
        })
        .collect();
    if fields.is_empty() { Value::Null } else { Value::from(fields) }
}
