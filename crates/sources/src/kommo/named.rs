//! The fields and tags of a deal that rules name; nothing else of them leaves here.

use std::collections::BTreeMap;

use capi::Money;
use kopru_core::{Named, Wanted, same_name};
use serde_json::Value;

use super::amount::{amount, amount_of_text, first_above_zero};
use crate::lenient::{list_of, text, text_of};

pub(super) fn read(row: &Value, wanted: &Wanted) -> Named {
    let mut named = Named::default();
    for name in &wanted.fields {
        match field(row, name) {
            FieldAmount::Clear(amount) => drop(named.amounts.insert(name.clone(), amount)),
            FieldAmount::Unclear => drop(named.unclear.insert(name.clone())),
            FieldAmount::Absent => {}
        }
    }
    named.tags =
        wanted.tags.iter().map(|name| (name.clone(), has_tag(row, name))).collect::<BTreeMap<_, _>>();
    named
}

/// What a field holds.
enum FieldAmount {
    Clear(Money),
    /// A text that is no amount, or can be two.
    Unclear,
    /// Nothing, or zero.
    Absent,
}

/// The first amount of a field of that name, code or id.
fn field(row: &Value, wanted: &str) -> FieldAmount {
    let is_wanted = |field: &&Value| is_called(field, &["field_name", "field_code", "field_id"], wanted);
    let fields = list_of(row, "custom_fields_values").iter().filter(is_wanted);
    let values = fields.flat_map(|field| list_of(field, "values")).filter_map(|value| value.get("value"));
    let amounts = values.clone().filter_map(|value| match value {
        Value::Number(number) => amount(&number.to_string()),
        value => text(value).and_then(|text| amount_of_text(&text)),
    });
    let is_unclear = |text: &str| !text.trim().is_empty() && Money::written(text).is_err();
    match first_above_zero(amounts) {
        Some(amount) if amount.is_positive() => FieldAmount::Clear(amount),
        _ if values.filter_map(Value::as_str).any(is_unclear) => FieldAmount::Unclear,
        below => below.map_or(FieldAmount::Absent, FieldAmount::Clear),
    }
}

fn has_tag(row: &Value, wanted: &str) -> bool {
    let tags = row.get("_embedded").map_or(&[][..], |embedded| list_of(embedded, "tags"));
    tags.iter().any(|tag| is_called(tag, &["name", "id"], wanted))
}

fn is_called(object: &Value, keys: &[&str], wanted: &str) -> bool {
    keys.iter().any(|key| text_of(object, key).is_some_and(|name| same_name(&name, wanted)))
}
