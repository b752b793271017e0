//! The structure of a body that was not understood, without its values. Keys can hold personal
//! data too: only words that webhooks are known to be made of are shown, and digits never are.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

/// Longest skeleton, bytes.
const SKELETON_MAX: usize = 200;
/// Longest key that is taken for one, bytes.
const KEY_MAX: usize = 64;
/// How many keys are looked at.
const KEYS_MAX: usize = 200;

/// The words of Meta's and Kommo's webhooks.
const KNOWN_WORDS: &[&str] = &[
    "_embedded",
    "_links",
    "account",
    "account_id",
    "action",
    "add",
    "author",
    "catalogs",
    "changes",
    "chat_id",
    "companies",
    "contact_id",
    "contacts",
    "created_at",
    "custom_fields",
    "data",
    "date_create",
    "delete",
    "element_id",
    "entity_id",
    "entity_type",
    "entry",
    "error",
    "errors",
    "event",
    "events",
    "field",
    "from",
    "group_id",
    "id",
    "last_modified",
    "leads",
    "linked_leads_id",
    "message",
    "messages",
    "messaging",
    "messaging_product",
    "meta",
    "metadata",
    "name",
    "note",
    "object",
    "old_pipeline_id",
    "old_status_id",
    "origin",
    "pipeline_id",
    "price",
    "recipient",
    "referral",
    "responsible",
    "responsible_user_id",
    "restore",
    "self",
    "sender",
    "standby",
    "status",
    "status_id",
    "statuses",
    "subdomain",
    "tags",
    "talk",
    "task",
    "text",
    "time",
    "timestamp",
    "type",
    "unsorted",
    "update",
    "updated_at",
    "user_id",
    "value",
    "values",
    "wa_id",
    "webhook",
];

/// A body that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// What was found instead: a short reason, or the skeleton of the body's keys. At most 200
    /// bytes, no values, no personal data.
    pub skeleton: String,
}

impl fmt::Display for NotUnderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not understood: {}", self.skeleton)
    }
}

impl std::error::Error for NotUnderstood {}

impl NotUnderstood {
    /// With a reason of our own words.
    pub(crate) fn because(reason: &'static str) -> Self {
        Self { skeleton: reason.to_owned() }
    }

    /// With the keys of a JSON value.
    pub(crate) fn json(value: &Value) -> Self {
        match value {
            Value::Object(members) => Self::keys("json", members.keys()),
            Value::Array(_) => Self::because("json list"),
            _ => Self::because("json scalar"),
        }
    }

    /// With keys, each kind of key once.
    pub(crate) fn keys<K: AsRef<str>>(form: &str, keys: impl Iterator<Item = K>) -> Self {
        let kinds: BTreeSet<String> = keys.take(KEYS_MAX).map(|key| safe_key(key.as_ref())).collect();
        let mut skeleton = format!("{form}:");
        for kind in kinds {
            if skeleton.len() + kind.len() + 1 > SKELETON_MAX {
                break;
            }
            skeleton.push(' ');
            skeleton.push_str(&kind);
        }
        Self { skeleton }
    }
}

fn safe_key(key: &str) -> String {
    let looks_like_a_key =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'[' | b']' | b'.' | b'-');
    if key.is_empty() || key.len() > KEY_MAX || !key.bytes().all(looks_like_a_key) {
        return "?".to_owned();
    }
    key.split_inclusive(['[', ']', '.']).map(safe_part).collect()
}

/// A word that is known, `0` for a number (its length says something, too), `?` for the rest.
fn safe_part(part: &str) -> String {
    let word = part.trim_end_matches(['[', ']', '.']);
    let end = &part[word.len()..];
    let shown = if word.is_empty() || KNOWN_WORDS.contains(&word) {
        word
    } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
        "0"
    } else {
        "?"
    };
    format!("{shown}{end}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shape_has_keys_and_no_values() {
        let body =
            json!({"object": "page", "entry": [1], "905321234567": 1, "ayse@example.com": 1, "Ayşe": 1});
        assert_eq!(NotUnderstood::json(&body).skeleton, "json: 0 ? entry object");
        let form = ["leads[status][0][id]", "leads[zeynep][5]", "AyseYilmaz", "gizli_kisi"];
        assert_eq!(
            NotUnderstood::keys("form", form.iter()).skeleton,
            "form: ? leads[?][0] leads[status][0][id]"
        );
        assert_eq!(NotUnderstood::json(&json!(["ayse"])).skeleton, "json list");
        assert_eq!(NotUnderstood::json(&json!("ayse")).skeleton, "json scalar");
    }

    #[test]
    fn a_shape_is_bounded() {
        let keys: Vec<String> = ('a'..='z').map(|c| c.to_string().repeat(60)).collect();
        let skeleton = NotUnderstood::keys("form", keys.iter().map(String::as_str)).skeleton;
        assert!(skeleton.len() <= SKELETON_MAX, "{skeleton}");
        assert_eq!(NotUnderstood::keys("form", ["a".repeat(65).as_str()].into_iter()).skeleton, "form: ?");
    }
}
