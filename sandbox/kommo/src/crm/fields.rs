//! Custom fields: what an account has from the start, and what is added to it.

use serde::Serialize;
use serde_json::{Value, json};

use super::cards::Kind;

pub(crate) const PHONE: u64 = 4001;
pub(crate) const EMAIL: u64 = 4003;
const POSITION: u64 = 4005;
const WEB: u64 = 4007;
const ADDRESS: u64 = 4009;
const FIRST_TRACKING: u64 = 4201;
/// Ids of fields and choices that are added later start here.
pub(super) const FIRST_ADDED: u64 = 50_001;

/// Types that a field can be made with.
pub(crate) const TYPES: [&str; 19] = [
    "text",
    "numeric",
    "checkbox",
    "select",
    "multiselect",
    "date",
    "url",
    "textarea",
    "radiobutton",
    "streetaddress",
    "smart_address",
    "birthday",
    "legal_entity",
    "date_time",
    "price",
    "category",
    "tracking_data",
    "monetary",
    "multitext",
];
/// Types whose values are chosen from the field's own list.
const WITH_CHOICES: [&str; 5] = ["select", "multiselect", "radiobutton", "category", "multitext"];
/// Codes of tracking fields that every account has.
const TRACKING: [&str; 11] = [
    "UTM_CONTENT",
    "UTM_MEDIUM",
    "UTM_CAMPAIGN",
    "UTM_SOURCE",
    "UTM_TERM",
    "UTM_REFERRER",
    "REFERRER",
    "GCLIENTID",
    "GCLID",
    "FBCLID",
    "FROM",
];

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Field {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// Empty is none.
    pub(crate) code: String,
    pub(crate) kind: String,
    pub(crate) sort: u64,
    /// Whether the account came with it.
    pub(crate) predefined: bool,
    pub(crate) choices: Vec<Choice>,
    /// For `monetary`.
    pub(crate) currency: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Choice {
    pub(crate) id: u64,
    pub(crate) value: String,
    /// Empty is none.
    pub(crate) code: String,
}

impl Field {
    pub(crate) fn has_choices(&self) -> bool {
        WITH_CHOICES.contains(&self.kind.as_str())
    }
}

fn given(id: u64, name: &str, code: &str, kind: &str) -> Field {
    Field {
        id,
        name: name.to_owned(),
        code: code.to_owned(),
        kind: kind.to_owned(),
        sort: id % 100,
        predefined: true,
        choices: Vec::new(),
        currency: None,
    }
}

fn multitext(id: u64, name: &str, code: &str, kinds: &[&str]) -> Field {
    let choice = |(place, kind): (u64, &&str)| Choice {
        id: id * 10 + place,
        value: (*kind).into(),
        code: (*kind).into(),
    };
    let choices = (0..).zip(kinds).map(choice).collect();
    Field { choices, ..given(id, name, code, "multitext") }
}

/// The fields that an account has from the start.
pub(super) fn given_to(kind: Kind) -> Vec<Field> {
    match kind {
        Kind::Contact => vec![
            multitext(PHONE, "Phone", "PHONE", &["WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"]),
            multitext(EMAIL, "Email", "EMAIL", &["WORK", "PRIV", "OTHER"]),
            given(POSITION, "Position", "POSITION", "text"),
        ],
        // Phone and e-mail are the same fields as those of contacts.
        Kind::Company => vec![
            multitext(PHONE, "Phone", "PHONE", &["WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"]),
            multitext(EMAIL, "Email", "EMAIL", &["WORK", "PRIV", "OTHER"]),
            given(WEB, "Web", "WEB", "url"),
            given(ADDRESS, "Address", "ADDRESS", "textarea"),
        ],
        Kind::Lead => (FIRST_TRACKING..)
            .zip(TRACKING)
            .map(|(id, code)| given(id, &code.to_lowercase(), code, "tracking_data"))
            .collect(),
    }
}

/// The values of a multitext field, all of its first kind.
pub(crate) fn work_values(field: &Field, values: &[String]) -> Vec<Value> {
    let Some(work) = field.choices.first() else { return Vec::new() };
    values.iter().map(|value| json!({ "value": value, "enum_id": work.id, "enum_code": work.code })).collect()
}
