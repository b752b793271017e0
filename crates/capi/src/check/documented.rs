//! What Meta's documentation requires but Meta was seen to take without: advice, and a refusal with
//! [`Checks::strict`].

use super::{Checks, Findings, append, source_url};
use crate::{
    Event,
    event::{ActionSource, CustomData},
    subcodes,
};

pub(super) fn check(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    let mut say = |is_there: bool, code, path: &str, message| {
        if is_there {
            return;
        }
        if checks.strict {
            findings.refuse(subcodes::PARAMETER, path.to_owned(), message);
        } else {
            findings.advise(code, path.to_owned(), message);
        }
    };
    let source = event.action_source.as_ref().filter(|source| !source.as_str().is_empty());
    say(
        source.is_some() || event.extra.iter().any(|(name, _)| name == "action_source"),
        "action_source_missing",
        "action_source",
        "say where the event happened; Meta documents the action source as required",
    );
    match source {
        Some(ActionSource::Website) => website(event, &mut say),
        Some(ActionSource::App) => app(event, &mut say),
        Some(ActionSource::SystemGenerated) => crm(event, &mut say),
        _ => {}
    }
    if event.event_name.as_deref() == Some("AppendAttribution") {
        attribution(event, &mut say);
    }
    for (path, message) in append::lacks(event) {
        say(false, "append_incomplete", path, message);
    }
    if let Some(url) = event.event_source_url.as_deref().filter(|url| !url.is_empty()) {
        source_url::check(url, checks, findings);
    }
}

fn is_there(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

fn website(event: &Event<'_>, say: &mut impl FnMut(bool, &'static str, &str, &'static str)) {
    say(
        is_there(event.event_source_url.as_deref()),
        "url_missing",
        "event_source_url",
        "a website event should say on which page it happened; Meta documents it as required",
    );
    let agent = event.user_data.as_ref().and_then(|user| user.client_user_agent.as_deref());
    say(
        is_there(agent),
        "user_agent_missing",
        "user_data.client_user_agent",
        "a website event should carry the browser's user agent; Meta documents it as required",
    );
}

fn app(event: &Event<'_>, say: &mut impl FnMut(bool, &'static str, &str, &'static str)) {
    const MESSAGE: &str =
        "Meta documents this as required for app events: whether the person allowed tracking";
    let app = event.app_data.as_deref();
    let advertiser =
        event.advertiser_tracking_enabled.or(app.and_then(|app| app.advertiser_tracking_enabled));
    let application = app.and_then(|app| app.application_tracking_enabled);
    say(advertiser.is_some(), "tracking_unsaid", "app_data.advertiser_tracking_enabled", MESSAGE);
    say(application.is_some(), "tracking_unsaid", "app_data.application_tracking_enabled", MESSAGE);
}

/// An event is a CRM's if it says so or belongs to a lead of an instant form.
fn crm(event: &Event<'_>, say: &mut impl FnMut(bool, &'static str, &str, &'static str)) {
    let nothing = CustomData::default();
    let data = event.custom_data.as_ref().unwrap_or(&nothing);
    let says_so = data.event_source.as_deref() == Some("crm");
    if !says_so && event.user_data.as_ref().is_none_or(|user| user.lead_id.is_none()) {
        return;
    }
    say(says_so, "crm_unsaid", "custom_data.event_source", "an event of a CRM must say crm in event_source");
    say(
        is_there(data.lead_event_source.as_deref()),
        "crm_unnamed",
        "custom_data.lead_event_source",
        "an event of a CRM should name it in lead_event_source",
    );
}

/// `AppendAttribution`, which Meta documents as a beta.
fn attribution(event: &Event<'_>, say: &mut impl FnMut(bool, &'static str, &str, &'static str)) {
    const MESSAGE: &str = "AppendAttribution needs this";
    let original = event.original_event_data.as_deref();
    let has_name = original.is_some_and(|original| original.event_name.is_some());
    let has_time = original.is_some_and(|original| original.event_time.is_some());
    let has_ad = event.attribution_data.as_deref().is_some_and(|attribution| attribution.ad_id.is_some());
    say(has_name, "attribution_incomplete", "original_event_data.event_name", MESSAGE);
    say(has_time, "attribution_incomplete", "original_event_data.event_time", MESSAGE);
    say(has_ad, "attribution_incomplete", "attribution_data.ad_id", MESSAGE);
}
