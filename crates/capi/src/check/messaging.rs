//! Events of chats that an ad opened. Meta's documentation of business messaging, and recorded live
//! answers.

use super::Findings;
use crate::{
    Event,
    event::{Extra, MessagingChannel, UserData},
    names::MESSAGING_EVENT_NAMES,
    subcodes,
};

pub(super) fn check(event: &Event<'_>, findings: &mut Findings) {
    let channel = event.messaging_channel.as_ref().filter(|channel| !channel.as_str().is_empty());
    match channel {
        None => findings.refuse(
            subcodes::CHANNEL_MISSING,
            "messaging_channel",
            "a messaging event needs its channel: whatsapp, messenger or instagram",
        ),
        Some(MessagingChannel::Other(_)) => findings.refuse(
            subcodes::PARAMETER,
            "messaging_channel",
            "Meta knows the channels whatsapp, messenger and instagram, in lower case",
        ),
        Some(_) => {}
    }
    if let Some(name) = event.event_name.as_deref().filter(|name| !name.is_empty())
        && !MESSAGING_EVENT_NAMES.contains(&name)
    {
        let message = if name == "Lead" {
            "in chats Meta calls a lead LeadSubmitted"
        } else {
            "the messaging route does not take an event of this name"
        };
        findings.refuse(subcodes::EVENT_TYPE, "event_name", message);
    }
    forbidden(event, findings);
    if let Some(user) = &event.user_data {
        match channel {
            Some(MessagingChannel::Messenger) => messenger(user, findings),
            Some(MessagingChannel::Instagram) => instagram(user, findings),
            Some(MessagingChannel::Whatsapp) => whatsapp(user, findings),
            _ => {}
        }
    }
}

/// What belongs to a browser must not be there, of whatever shape.
fn forbidden(event: &Event<'_>, findings: &mut Findings) {
    const MESSAGE: &str = "a messaging event must not carry what belongs to a browser; leave it out";
    let is_odd = |extra: &Extra<'_>, name| extra.iter().any(|(odd, _)| odd == name);
    if is_there(event.event_source_url.as_deref()) || is_odd(&event.extra, "event_source_url") {
        findings.refuse(subcodes::ARGUMENT, "event_source_url", MESSAGE);
    }
    let Some(user) = &event.user_data else { return };
    for (name, value) in [
        ("client_ip_address", &user.client_ip_address),
        ("client_user_agent", &user.client_user_agent),
        ("fbc", &user.fbc),
        ("fbp", &user.fbp),
    ] {
        if is_there(value.as_deref()) || is_odd(&user.extra, name) {
            findings.refuse(subcodes::ARGUMENT, format!("user_data.{name}"), MESSAGE);
        }
    }
}

fn messenger(user: &UserData<'_>, findings: &mut Findings) {
    if !is_there(user.page_id.as_deref()) {
        findings.refuse(subcodes::PAGE_ID_MISSING, "user_data.page_id", "the Facebook Page is missing");
    }
    if !is_there(user.page_scoped_user_id.as_deref()) {
        findings.refuse(
            subcodes::CLICK_ID_MISSING,
            "user_data.page_scoped_user_id",
            "the person's id in Messenger is missing",
        );
    }
}

fn instagram(user: &UserData<'_>, findings: &mut Findings) {
    if !is_there(user.ig_sid.as_deref()) {
        findings.refuse(
            subcodes::IG_SID_MISSING,
            "user_data.ig_sid",
            "the person's id in Instagram is missing",
        );
    }
    if !is_there(user.ig_account_id.as_deref()) {
        let message = if user.has("instagram_business_account_id") {
            "the Instagram account must be called ig_account_id"
        } else {
            "the Instagram account is missing"
        };
        findings.refuse(subcodes::IG_ACCOUNT_MISSING, "user_data.ig_account_id", message);
    }
}

fn whatsapp(user: &UserData<'_>, findings: &mut Findings) {
    if !is_there(user.ctwa_clid.as_deref()) {
        findings.refuse(
            subcodes::CLICK_ID_MISSING,
            "user_data.ctwa_clid",
            "the id of the ad click is missing",
        );
    }
    if !is_there(user.whatsapp_business_account_id.as_deref()) && !is_there(user.page_id.as_deref()) {
        findings.refuse(
            subcodes::WABA_MISSING,
            "user_data.whatsapp_business_account_id",
            "the WhatsApp Business Account is missing",
        );
    }
}

fn is_there(value: Option<&str>) -> bool {
    value.is_some_and(|value| !value.is_empty())
}
