//! Personal data where none belongs. The writer leaves the same things out.

use std::borrow::Cow;

use super::{Findings, alias::KeyHome};
use crate::{
    Event,
    event::object::{FieldPath, PersonalIn, Write as _},
    privacy,
};

const IN_TEXT: &str =
    "this holds what looks like an e-mail address or a phone number, which Meta forbids here";
const IN_FIELD: &str =
    "this looks like what identifies a person; Meta takes that in its own fields of user_data only, hashed";

pub(super) fn check(event: &Event<'_>, findings: &mut Findings) {
    for (path, url) in [("event_source_url", &event.event_source_url), ("referrer_url", &event.referrer_url)]
    {
        if let Some(url) = url
            && matches!(privacy::clean_url(url), Cow::Owned(_))
        {
            findings.advise("personal_data_in_url", path, IN_TEXT);
        }
    }
    if event.event_name.as_deref().is_some_and(privacy::is_personal_event_name) {
        findings.advise("personal_data", "event_name", IN_TEXT);
    }
    if event.event_id.as_deref().is_some_and(privacy::is_personal_id) {
        findings.advise("personal_data", "event_id", IN_TEXT);
    }
    event.find_personal("", &FieldPath::EVENT, &mut |path: &FieldPath<'_>, personal| {
        let path = path.to_string();
        // What has another name at Meta is said under that.
        let name = path.strip_prefix("user_data.").filter(|_| personal == PersonalIn::Extra);
        if name.is_some_and(|name| KeyHome::UserData.key_of(name).is_some()) {
            return;
        }
        let message = if personal == PersonalIn::Known { IN_TEXT } else { IN_FIELD };
        findings.advise("personal_data", path, message);
    });
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        Checks, Event, Key, Normalizer, Rules, check,
        event::{AppData, AttributionData, Content, CustomData, OriginalEventData, StoreData, UserData},
        write_event,
    };

    /// What must be nowhere, and whether it is one in an id as well.
    const PERSONAL: [(&str, bool); 7] = [
        ("ada@example.com", true),
        ("ada(at)example.com", true),
        ("ada@example .com", true),
        ("+905320000001", true),
        ("tel:05320000001", true),
        ("0532 000 00 01", false),
        ("Ada 05320000001", false),
    ];

    /// Events with a value in each field that they can have: the field's name, where it stands, the event.
    fn in_each_field(value: &str) -> Vec<(&'static str, String, Value)> {
        let objects: [(&str, &[&str]); 8] = [
            ("", Event::FIELDS),
            ("user_data", UserData::FIELDS),
            ("custom_data", CustomData::FIELDS),
            ("custom_data.contents.0", Content::FIELDS),
            ("custom_data.store_data", StoreData::FIELDS),
            ("app_data", AppData::FIELDS),
            ("attribution_data", AttributionData::FIELDS),
            ("original_event_data", OriginalEventData::FIELDS),
        ];
        let mut events = Vec::new();
        for (within, fields) in objects {
            for name in fields.iter().filter(|name| Key::of(name).is_none()) {
                let mut event = json!({"event_name": "Lead"});
                let mut at = &mut event;
                for part in within.split('.').filter(|part| !part.is_empty()) {
                    at = match part {
                        "contents" => &mut at["contents"],
                        "0" => {
                            *at = json!([{}]);
                            &mut at[0]
                        }
                        part => &mut at[part],
                    };
                }
                at[*name] = value.into();
                let path = format!("{within}.{name}");
                events.push((*name, path.trim_start_matches('.').to_owned(), event));
            }
        }
        events
    }

    #[test]
    fn what_is_personal_leaves_in_no_field_and_is_said() {
        // Its name and its id are another matter; addresses of pages are cut; these leave as hashes alone.
        const HASHED: [&str; 7] = ["f5first", "f5last", "fi", "dobd", "dobm", "doby", "app_user_id"];
        const APART: [&str; 5] =
            ["event_name", "event_id", "event_source_url", "referrer_url", "client_user_agent"];
        for (value, also_in_ids) in PERSONAL {
            for (name, path, event) in in_each_field(value) {
                if APART.contains(&name)
                    || HASHED.contains(&name)
                    || (!also_in_ids && crate::privacy::is_id(name))
                {
                    continue;
                }
                let json = event.to_string();
                let event = Event::from_slice(json.as_bytes()).unwrap();
                let mut out = Vec::new();
                write_event(&event, &mut Normalizer::new(Rules::Both, 0), &mut out);
                let out = String::from_utf8(out).unwrap();
                assert!(!out.contains(value) && !out.contains("5320000001"), "{json}: {out}");
                let said = check(&event, Checks::at(0));
                let is_said = said.iter().any(|finding| finding.path == path);
                assert!(is_said, "{json}: {said:?}");
            }
        }
    }

    #[test]
    fn what_counts_things_is_no_phone_number() {
        let written = |json: Value| {
            let json = json.to_string();
            let event = Event::from_slice(json.as_bytes()).unwrap();
            let mut out = Vec::new();
            write_event(&event, &mut Normalizer::new(Rules::Both, 0), &mut out);
            (String::from_utf8(out).unwrap(), check(&event, Checks::at(0)))
        };
        for value in
            [json!(905_320_000_001_i64), json!("905320000001"), json!("05320000001"), json!("+905320000001")]
        {
            for data in [json!({"num_items": value}), json!({"contents": [{"id": "A1", "quantity": value}]})]
            {
                let (out, said) = written(json!({"event_name": "Lead", "custom_data": data}));
                assert!(!out.contains("5320000001"), "{out}");
                assert!(said.iter().any(|finding| finding.path.contains("custom_data")), "{data}: {said:?}");
            }
        }
        let data = json!({"num_items": 3, "contents": [{"id": "A1", "quantity": 1000}]});
        let (out, _) =
            written(json!({"event_name": "Lead", "event_time": 1_780_000_000, "custom_data": data}));
        assert!(
            out.contains("1780000000") && out.contains("\"num_items\":3") && out.contains("1000"),
            "{out}"
        );
    }
}
