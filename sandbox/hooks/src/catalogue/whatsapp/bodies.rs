//! What the shapes of WhatsApp are made of.

use serde_json::{Map, Value, json};

use crate::catalogue::Values;
use crate::{
    Referral, WhatsappAutomaticEvent, WhatsappChange, WhatsappEntry, WhatsappKind, WhatsappMessage,
    WhatsappStatus, whatsapp,
};

pub(super) fn message(it: &Values) -> WhatsappMessage {
    WhatsappMessage {
        from: Some(it.phone.clone()),
        user_id: Some(user_id(&it.phone)),
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

/// The id that Meta gives a customer for one business; here the same phone has the same id.
pub(super) fn user_id(phone: &str) -> String {
    format!("TR.1{phone}")
}

fn parent_user_id(phone: &str) -> String {
    format!("TR.ENT.2{phone}")
}

/// With the id for all accounts of a business, which only businesses that asked for it get.
pub(super) fn with_parent_id(message: WhatsappMessage) -> WhatsappMessage {
    let phone = message.from.clone().unwrap_or_default();
    WhatsappMessage { parent_user_id: Some(parent_user_id(&phone)), ..message }
}

/// As Meta sent messages before April 2026.
pub(super) fn without_user_id(message: WhatsappMessage) -> WhatsappMessage {
    WhatsappMessage { user_id: None, ..message }
}

/// The number that a customer changes to.
fn next_phone(phone: &str) -> String {
    let (rest, last) = phone.split_at(phone.len().saturating_sub(1));
    let last = last.parse::<u8>().map_or(0, |digit| (digit + 1) % 10);
    format!("{rest}{last}")
}

/// A file of a message, in the keys that all of them have.
pub(super) fn media(mime_type: &str, more: &Value) -> Value {
    let mut media = json!({
        "id": "1",
        "mime_type": mime_type,
        "sha256": "29ed500fa64eb55fc19dc4124acb300e5dcc54a0f822a301ae99944db5c4a1f8",
        "url": "https://example.com/whatsapp_business/attachments/?mid=1",
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        media[key] = value.clone();
    }
    media
}

pub(super) fn picture_ad(it: &Values) -> Referral {
    Referral::ad(&it.ad, &it.clid)
}

pub(super) fn other(name: &str, content: Value) -> WhatsappKind {
    WhatsappKind::Other { name: name.to_owned(), content }
}

pub(super) fn audio() -> Value {
    media("audio/ogg; codecs=opus", &json!({ "voice": true }))
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
        user_id: Some(user_id(&it.phone)),
        with_contact: true,
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
        user_id: Some(user_id(&format!("{}9", it.phone))),
        id: format!("wamid.{}.3", it.id),
        ..message(it)
    };
    whatsapp(&[
        WhatsappEntry { waba_id: it.waba.clone(), changes: vec![messages, statuses] },
        WhatsappEntry::of(&format!("{}9", it.waba), of_another),
    ])
}

/// What WhatsApp itself says about a customer. It has no `contacts`.
pub(super) fn system(it: &Values, message: WhatsappMessage, content: Value) -> String {
    one(it, WhatsappMessage { kind: other("system", content), ..message })
}

pub(super) fn number_changed(it: &Values) -> String {
    let phone = next_phone(&it.phone);
    let content = json!({
        "type": "user_changed_number",
        "body": format!("User {} changed from {} to {phone}", it.name, it.phone),
        "wa_id": phone,
        "user_id": user_id(&phone),
        "previous_user_id": user_id(&it.phone),
    });
    system(it, WhatsappMessage { user_id: Some(user_id(&phone)), ..message(it) }, content)
}

/// Named `customer_changed_number` and `customer`, as in bodies before version 12 of the API.
pub(super) fn number_changed_before(it: &Values) -> String {
    let phone = next_phone(&it.phone);
    let content = json!({
        "type": "customer_changed_number",
        "body": format!("{} changed to {phone}", it.name),
        "wa_id": phone,
        "customer": it.phone,
    });
    system(it, without_user_id(message(it)), content)
}

/// Neither phone nor contact: only the two ids say who it is.
pub(super) fn user_id_changed(it: &Values) -> String {
    let (previous, current) = (user_id(&it.phone), user_id(&next_phone(&it.phone)));
    let content = json!({
        "type": "user_changed_user_id",
        "body": format!("User changed from {previous} to {current}"),
        "user_id": current,
        "previous_user_id": previous,
    });
    system(it, WhatsappMessage { from: None, user_id: None, ..message(it) }, content)
}

/// The same under a field of its own, with the phone.
pub(super) fn user_id_update(it: &Values) -> String {
    let (before, after) = (&it.phone, next_phone(&it.phone));
    let update = json!({
        "wa_id": after,
        "detail": format!("User id for {} has been updated.", it.name),
        "user_id": { "previous": user_id(before), "current": user_id(&after) },
        "parent_user_id": { "previous": parent_user_id(before), "current": parent_user_id(&after) },
        "timestamp": it.time.to_string(),
    });
    let contact = json!({ "profile": { "name": it.name }, "wa_id": after });
    of_field(it, "user_id_update", &json!({ "contacts": [contact], "user_id_update": [update] }))
}

/// A message that the customer has corrected; the corrected one stands within.
pub(super) fn edit(it: &Values) -> String {
    let content = json!({
        "original_message_id": format!("wamid.{}.1", it.id),
        "message": { "context": { "id": "M0" }, "type": "text", "text": { "body": it.text } },
    });
    of_kind(it, "edit", content)
}

/// A message that the API cannot show, with the reason.
pub(super) fn unsupported(it: &Values, error: &Value) -> String {
    let more = Map::from_iter([("errors".to_owned(), json!([error]))]);
    let kind = other("unsupported", json!({ "type": "unknown" }));
    one(it, WhatsappMessage { kind, more, ..message(it) })
}

pub(super) fn in_a_group(it: &Values) -> String {
    let more = Map::from_iter([("group_id".to_owned(), json!("Y2FwaV9ncm91cDox"))]);
    one(it, WhatsappMessage { more, ..message(it) })
}

/// What the business wrote on its phone, where phone and API share a number.
pub(super) fn echo(it: &Values) -> String {
    let change = WhatsappChange::default();
    let echo = json!({
        "from": change.display_phone_number,
        "to": it.phone,
        "to_user_id": user_id(&it.phone),
        "id": format!("wamid.business.{}", it.id),
        "timestamp": it.time.to_string(),
        "type": "text",
        "text": { "body": it.text },
    });
    let contact = json!({ "wa_id": it.phone, "user_id": user_id(&it.phone) });
    of_field(it, "smb_message_echoes", &json!({ "contacts": [contact], "message_echoes": [echo] }))
}

/// Chats from before the number was connected, here one that began with an ad.
pub(super) fn history(it: &Values) -> String {
    let number = WhatsappChange::default().display_phone_number;
    let status = json!({ "status": "READ" });
    let from_ad = WhatsappMessage { referral: Some(picture_ad(it)), ..message(it) };
    let mut first = crate::whatsapp_message(&from_ad, &number);
    first["history_context"] = status.clone();
    let answer = json!({
        "from": number, "to": it.phone, "id": format!("wamid.business.{}", it.id),
        "timestamp": it.time.saturating_add(1).to_string(), "type": "text",
        "text": { "body": "Hello" }, "history_context": status,
    });
    let history = json!({
        "metadata": { "phase": 0, "chunk_order": 1, "progress": 55 },
        "threads": [{
            "id": it.phone,
            "context": { "wa_id": it.phone, "user_id": user_id(&it.phone) },
            "messages": [first, answer],
        }],
    });
    of_field(it, "history", &json!({ "history": [history] }))
}

pub(super) fn history_declined(it: &Values) -> String {
    let title = "History sync is turned off by the business from the WhatsApp Business App";
    of_field(it, "history", &json!({ "history": [{ "errors": [error(2_593_109, title)] }] }))
}

pub(super) fn preference(it: &Values) -> String {
    let preference = json!({
        "wa_id": it.phone,
        "user_id": user_id(&it.phone),
        "detail": "User requested to stop marketing messages",
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": it.time,
    });
    let contact = json!({
        "profile": { "name": it.name }, "wa_id": it.phone, "user_id": user_id(&it.phone),
    });
    of_field(it, "user_preferences", &json!({ "contacts": [contact], "user_preferences": [preference] }))
}

fn of_field(it: &Values, field: &str, keys: &Value) -> String {
    let keys = keys.as_object().cloned().unwrap_or_default();
    change(it, WhatsappChange { other: Some((field.to_owned(), keys)), ..WhatsappChange::default() })
}
