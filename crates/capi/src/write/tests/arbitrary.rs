//! Events that nobody would think of.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::event::{AppData, AttributionData, Content, CustomData, Event, UserData};

/// Any text, and such as comes close to what is looked for.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x1f\"\\\\/{}\u{2028}éİ😀]{0,12}",
        "[A-Za-z]{1,8}( [A-Za-z]{1,8})?",
        "[a-z.]{1,6}@[a-z-]{1,5}\\.(com|co\\.uk)",
        "(\\+|00)?[0-9 ()-]{5,20}",
        "(https?://)?[a-z@%40:?=&#./]{0,40}",
        "[0-9a-fA-F]{32}",
        "[0-9a-fA-F]{64}",
        "[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}",
        "-?[0-9]{1,20}(\\.[0-9]{1,4})?(e[0-9]{1,3})?",
        select(vec![
            "",
            " ",
            "n/a",
            "null",
            "website",
            "whatsapp",
            "business_messaging",
            "Purchase",
            "TRY",
            "tr"
        ])
        .prop_map(str::to_owned),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        1 => any::<i32>().prop_map(|cents| Value::from(f64::from(cents) / 100.0)),
        1 => select(vec![0.1, -0.0, 1e21, 1e300]).prop_map(Value::from),
        6 => text().prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn object(fields: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![9 => select(fields).prop_map(str::to_owned), 1 => text()];
    vec((name, value()), 0..8).prop_map(|fields| fields.into_iter().collect())
}

/// An event with known and unknown fields, most of them of a shape that they may have.
pub(super) fn event() -> impl Strategy<Value = Value> {
    let person = proptest::option::of(object(UserData::FIELDS));
    let custom = proptest::option::of((object(CustomData::FIELDS), vec(object(Content::FIELDS), 0..3)));
    let rare = proptest::option::of((object(AppData::FIELDS), object(AttributionData::FIELDS)));
    (object(Event::FIELDS), person, custom, rare).prop_map(|(mut event, person, custom, rare)| {
        if let Some(person) = person {
            event.insert("user_data".to_owned(), person.into());
        }
        if let Some((mut custom, contents)) = custom {
            custom.insert("contents".to_owned(), json!(contents));
            event.insert("custom_data".to_owned(), custom.into());
        }
        if let Some((app, attribution)) = rare {
            event.insert("app_data".to_owned(), app.into());
            event.insert("attribution_data".to_owned(), attribution.into());
        }
        event.into()
    })
}
