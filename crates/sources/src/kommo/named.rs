//! The fields and tags of a deal that rules name; nothing else of them leaves here.

use std::collections::BTreeMap;

use capi::Money;
use kopru_core::{Named, Wanted, same_name};
use serde_json::Value;

use super::amount::{amount, amount_of_text};
use crate::lenient::{list_of, text, text_of};

pub(super) fn read(row: &Value, wanted: &Wanted) -> Named {
    let amounts = wanted.fields.iter().filter_map(|name| Some((name.clone(), field(row, name)?)));
    Named {
        amounts: amounts.collect(),
        tags: wanted.tags.iter().map(|name| (name.clone(), has_tag(row, name))).collect::<BTreeMap<_, _>>(),
    }
}

/// The first amount of a field of that name, code or id.
fn field(row: &Value, wanted: &str) -> Option<Money> {
    let is_wanted = |field: &&Value| is_called(field, &["field_name", "field_code", "field_id"], wanted);
    let values = list_of(row, "custom_fields_values").iter().filter(is_wanted);
    values.flat_map(|field| list_of(field, "values")).filter_map(|value| value.get("value")).find_map(
        |value| match value {
            Value::Number(number) => amount(&number.to_string()),
            value => amount_of_text(&text(value)?),
        },
    )
}

fn has_tag(row: &Value, wanted: &str) -> bool {
    let tags = row.get("_embedded").map_or(&[][..], |embedded| list_of(embedded, "tags"));
    tags.iter().any(|tag| is_called(tag, &["name", "id"], wanted))
}

fn is_called(object: &Value, keys: &[&str], wanted: &str) -> bool {
    keys.iter().any(|key| text_of(object, key).is_some_and(|name| same_name(&name, wanted)))
}
