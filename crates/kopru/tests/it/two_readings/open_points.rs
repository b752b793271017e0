//! Where the documentation and the recorded answers leave open what Meta says, and the two checks
//! differ.

use serde_json::{Map, Value, json};

use super::events::extinfo;

type Object = Map<String, Value>;

/// One open point.
pub struct OpenPoint {
    /// What nobody knows.
    pub why: &'static str,
    /// Changes an event so that the point does not arise.
    pub settle: fn(&mut Value, i64),
}

pub const OPEN_POINTS: [OpenPoint; 9] = [
    OpenPoint {
        why: "whether a float without a fraction, or blanks around digits, make a time",
        settle: |event, now_s| {
            let is_plain =
                |time: &Value| time.is_i64() || time.as_str().is_some_and(|text| text.parse::<i64>().is_ok());
            on(event, "event_time", |time| {
                if !is_plain(time) && !time.is_null() && time != "" {
                    *time = now_s.into();
                }
            });
        },
    },
    OpenPoint {
        why: "whether an empty or blank value says as much as no value",
        settle: |event, _| {
            opened(event, |event| {
                drop_hollow(event);
                for part in ["user_data", "custom_data"] {
                    event.get_mut(part).and_then(Value::as_object_mut).map(drop_hollow);
                }
                let contents = event.get_mut("custom_data").and_then(|data| data.get_mut("contents"));
                let things = contents.and_then(Value::as_array_mut).into_iter().flatten();
                things.filter_map(Value::as_object_mut).for_each(drop_hollow);
            });
        },
    },
    OpenPoint {
        why: "whether a number can be an event's name",
        settle: |event, _| {
            on(event, "event_name", |name| {
                if name.is_number() {
                    *name = name.to_string().into();
                }
            });
        },
    },
    OpenPoint {
        why: "which subcode a channel has that is no text: it is neither missing nor an unknown word",
        settle: |event, _| {
            opened(event, |event| {
                event.retain(|key, value| key != "messaging_channel" || value.is_string());
            });
        },
    },
    OpenPoint {
        why: "whether Meta looks at the value or at the currency first when neither can be used",
        settle: |event, _| {
            on_data(event, "value", |value| {
                if !value.is_number() {
                    *value = json!(1);
                }
            });
        },
    },
    OpenPoint {
        why: "how many contents Meta takes; capi takes 1,000",
        settle: |event, _| {
            on_data(event, "contents", |contents| {
                if let Value::Array(things) = contents {
                    things.truncate(1000);
                }
            });
        },
    },
    OpenPoint {
        why: "whether instagram_business_account_id, which one sample has, identifies anybody",
        settle: |event, _| {
            on_user(event, |user| {
                user.remove("instagram_business_account_id");
            });
        },
    },
    OpenPoint {
        why: "whether a value identifies anybody that has not the type that its key has",
        settle: |event, _| on_user(event, |user| user.retain(|key, value| has_its_type(key, value))),
    },
    OpenPoint {
        why: "whether extinfo may be the object of places that Meta's Node SDK writes, or its text",
        settle: |event, _| {
            opened(event, |event| {
                let given = event.get_mut("app_data").and_then(|app| app.get_mut("extinfo"));
                if let Some(given) = given.filter(|given| !given.is_array()) {
                    *given = extinfo();
                }
            });
        },
    },
];

/// The keys that may hold several values.
const LISTS: [&str; 18] = [
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

fn has_its_type(key: &str, value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Number(number) => !number.is_f64(),
        Value::Array(values) => {
            LISTS.contains(&key) && values.iter().all(|value| !value.is_array() && has_its_type(key, value))
        }
        _ => false,
    }
}

/// Nothing, blanks, or what holds only such.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.iter().all(is_hollow),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Takes hollow values away, except those that every event must have, and blanks around the others.
fn drop_hollow(fields: &mut Object) {
    const REQUIRED: [&str; 3] = ["event_name", "event_time", "user_data"];
    fields.retain(|key, value| REQUIRED.contains(&key.as_str()) || !is_hollow(value));
    for value in fields.values_mut() {
        if let Value::String(text) = value {
            *text = text.trim().to_owned();
        }
    }
}

/// Does something to an event, also to one that is written as a text.
fn opened(event: &mut Value, change: impl FnOnce(&mut Object)) {
    match event {
        Value::Object(fields) => change(fields),
        Value::String(text) => {
            if let Ok(Value::Object(mut fields)) = serde_json::from_str(text) {
                change(&mut fields);
                *text = Value::from(fields).to_string();
            }
        }
        _ => {}
    }
}

fn on(event: &mut Value, key: &str, change: impl FnOnce(&mut Value)) {
    opened(event, |fields| {
        fields.get_mut(key).map(change);
    });
}

fn on_data(event: &mut Value, key: &str, change: impl FnOnce(&mut Value)) {
    on(event, "custom_data", |data| {
        data.get_mut(key).map(change);
    });
}

fn on_user(event: &mut Value, change: impl FnOnce(&mut Object)) {
    on(event, "user_data", |user| {
        user.as_object_mut().map(change);
    });
}
