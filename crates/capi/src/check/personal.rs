//! Personal data where none belongs. The writer leaves the same things out.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Findings, alias::KeyHome};
use crate::{Event, privacy};

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
    fields("", event.extra.iter(), findings);
    if let Some(user) = &event.user_data {
        // What has another name at Meta is said under that.
        let unknown = user.extra.iter().filter(|(name, _)| KeyHome::UserData.key_of(name).is_none());
        fields("user_data.", unknown, findings);
    }
    let Some(data) = &event.custom_data else { return };
    fields("custom_data.", data.extra.iter(), findings);
    for (name, text) in [
        ("content_name", data.content_name.as_deref()),
        ("content_category", data.content_category.as_deref()),
        ("content_type", data.content_type.as_deref()),
        ("search_string", data.search_string.as_deref()),
        ("status", data.status.as_deref()),
        ("order_id", data.order_id.as_deref()),
        ("item_number", data.item_number.as_deref()),
    ] {
        if text.is_some_and(|text| privacy::is_personal_in(name, text)) {
            findings.advise("personal_data", format!("custom_data.{name}"), IN_TEXT);
        }
    }
    if data
        .content_ids
        .as_ref()
        .is_some_and(|ids| ids.0.iter().any(|id| privacy::is_personal_in("content_ids", id)))
    {
        findings.advise("personal_data", "custom_data.content_ids", IN_TEXT);
    }
    let things = data.contents.as_ref().map(|contents| contents.list.as_slice()).unwrap_or_default();
    for (place, thing) in things.iter().enumerate() {
        let Ok(thing) = thing else { continue };
        let found = [
            ("id", &thing.id),
            ("title", &thing.title),
            ("description", &thing.description),
            ("brand", &thing.brand),
            ("category", &thing.category),
        ]
        .into_iter()
        .find(|(name, text)| text.as_deref().is_some_and(|text| privacy::is_personal_in(name, text)));
        if let Some((name, _)) = found {
            findings.advise("personal_data", format!("custom_data.contents.{place}.{name}"), IN_TEXT);
            return;
        }
    }
}

fn fields<'e>(
    within: &str,
    extra: impl Iterator<Item = &'e (Cow<'e, str>, Box<RawValue>)>,
    findings: &mut Findings,
) {
    for (name, _) in extra.filter(|(name, json)| privacy::is_personal(name, json)) {
        findings.advise("personal_data", format!("{within}{}", privacy::shown_in_path(name)), IN_FIELD);
    }
}
