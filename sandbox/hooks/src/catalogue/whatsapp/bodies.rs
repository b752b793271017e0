//! What the shapes of WhatsApp are made of.

use serde_json::{Value, json};

use crate::catalogue::Values;
use crate::{
    Referral, WhatsappAutomaticEvent, WhatsappChange, WhatsappEntry, WhatsappKind, WhatsappMessage,
    WhatsappStatus, whatsapp,
};

pub(super) fn message(it: &Values) -> WhatsappMessage {
    WhatsappMessage {
        from: Some(it.phone.clone()),
        name: it.name.clone(),
        id: format!("wamid.{}", it.id),
        timestamp: it.time,
        kind: WhatsappKind::Text(it.text.clone()),
        ..WhatsappMessage::default()
    }
}

pub(super) fn answering(it: &Values) -> WhatsappMessage {
    WhatsappMessage { reply_to: Some(format!("wamid.business.{}", it.id)), ..message(it) }
}

/// The ids that Meta gives a customer in place of the phone; the same phone has the same ids.
pub(super) fn with_user_id(message: WhatsappMessage) -> WhatsappMessage {
    let phone = message.from.clone().unwrap_or_default();
    WhatsappMessage {
        user_id: Some(format!("TR.1{phone}")),
        parent_user_id: Some(format!("TR.ENT.2{phone}")),
        ..message
    }
}

pub(super) fn picture_ad(it: &Values) -> Referral {
    Referral::ad(&it.ad, &it.clid)
}

pub(super) fn other(name: &str, content: Value) -> WhatsappKind {
    WhatsappKind::Other { name: name.to_owned(), content }
}

pub(super) fn audio() -> Value {
    json!({ "id": "1", "mime_type": "audio/ogg; codecs=opus", "sha256": "abc=", "voice": true })
}

pub(super) fn of_kind(it: &Values, name: &str, content: Value) -> String {
    one(it, WhatsappMessage { kind: other(name, content), ..message(it) })
}

pub(super) fn from_ad(it: &Values, referral: Referral) -> String {
    one(it, WhatsappMessage { referral: Some(referral), ..message(it) })
}

pub(super) fn one(it: &Values, message: WhatsappMessage) -> String {
    whatsapp(&[WhatsappEntry::of(&it.waba, message)])
}

pub(super) fn status(it: &Values, status: &str) -> WhatsappStatus {
    WhatsappStatus {
        id: format!("wamid.business.{}", it.id),
        status: status.to_owned(),
        timestamp: it.time,
        recipient_id: it.phone.clone(),
        ..WhatsappStatus::default()
    }
}

pub(super) fn error(code: u32, title: &str) -> Value {
    json!({ "code": code, "title": title, "message": title, "error_data": { "details": title } })
}

pub(super) fn of_status(it: &Values, status: WhatsappStatus) -> String {
    change(it, WhatsappChange { statuses: vec![status], ..WhatsappChange::default() })
}

pub(super) fn change(it: &Values, change: WhatsappChange) -> String {
    whatsapp(&[WhatsappEntry { waba_id: it.waba.clone(), changes: vec![change] }])
}

pub(super) fn automatic(it: &Values, event_name: &str, custom_data: Option<Value>) -> String {
    let event = WhatsappAutomaticEvent {
        id: format!("automatic.{}", it.id),
        event_name: event_name.to_owned(),
        timestamp: it.time,
        ctwa_clid: it.clid.clone(),
        custom_data,
    };
    change(it, WhatsappChange { automatic_events: vec![event], ..WhatsappChange::default() })
}

pub(super) fn batch(it: &Values) -> String {
    let click = WhatsappMessage { referral: Some(picture_ad(it)), ..message(it) };
    let further = WhatsappMessage { id: format!("wamid.{}.2", it.id), ..message(it) };
    let messages = WhatsappChange { messages: vec![click, further], ..WhatsappChange::default() };
    let statuses = WhatsappChange { statuses: vec![status(it, "delivered")], ..WhatsappChange::default() };
    let of_another = WhatsappMessage {
        from: Some(format!("{}9", it.phone)),
        id: format!("wamid.{}.3", it.id),
        ..message(it)
    };
    whatsapp(&[
        WhatsappEntry { waba_id: it.waba.clone(), changes: vec![messages, statuses] },
        WhatsappEntry::of(&format!("{}9", it.waba), of_another),
    ])
}
