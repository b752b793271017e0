//! The shapes of WhatsApp.

mod bodies;

use serde_json::{Value, json};

use self::bodies::{
    answering, audio, automatic, batch, change, echo, edit, error, from_ad, history, history_declined,
    in_a_group, media, message, number_changed, number_changed_before, of_kind, of_status, one, other,
    picture_ad, preference, status, unsupported, user_id_changed, user_id_update, with_parent_id,
    without_user_id,
};
use super::Recipe;
use crate::{Referral, WhatsappChange, WhatsappMessage, WhatsappStatus};

pub(super) const RECIPES: &[Recipe] = &[
    Recipe {
        name: "ad-click",
        meaning: "The first message after a click on an ad with a picture.",
        body: |it| from_ad(it, picture_ad(it)),
    },
    Recipe {
        name: "ad-click-video",
        meaning: "The same for an ad with a video and its thumbnail.",
        body: |it| from_ad(it, Referral::video_ad(&it.ad, &it.clid)),
    },
    Recipe {
        name: "ad-click-audio",
        meaning: "The first message after a click is a voice message.",
        body: |it| {
            let kind = other("audio", audio());
            one(it, WhatsappMessage { kind, referral: Some(picture_ad(it)), ..message(it) })
        },
    },
    Recipe {
        name: "ad-click-by-username",
        meaning: "The customer uses a username: a user id and a parent id, but no phone.",
        body: |it| {
            let from_ad = WhatsappMessage { referral: Some(picture_ad(it)), ..message(it) };
            one(it, WhatsappMessage { from: None, ..with_parent_id(from_ad) })
        },
    },
    Recipe {
        name: "ad-click-bare",
        meaning: "Of the referral only the click id is there.",
        body: |it| from_ad(it, Referral { ctwa_clid: Some(it.clid.clone()), ..Referral::default() }),
    },
    Recipe {
        name: "ad-click-image-id",
        meaning: "An older body: the picture as image.id in place of image_url.",
        body: |it| {
            let image_id = Some("1003383421387256".to_owned());
            from_ad(it, Referral { image_url: None, image_id, ..picture_ad(it) })
        },
    },
    Recipe {
        name: "post-click",
        meaning: "The customer came from a post (source_type post).",
        body: |it| from_ad(it, Referral { source_type: Some("post".to_owned()), ..picture_ad(it) }),
    },
    Recipe {
        name: "status-ad",
        meaning: "An ad in WhatsApp Status: it has no click id.",
        body: |it| from_ad(it, Referral { ctwa_clid: None, ..picture_ad(it) }),
    },
    Recipe {
        name: "empty-clid",
        meaning: "The click id is there but empty.",
        body: |it| from_ad(it, Referral { ctwa_clid: Some(String::new()), ..picture_ad(it) }),
    },
    Recipe {
        name: "ad-click-older",
        meaning: "An older body, from before April 2026: the customer has a phone and no user id.",
        body: |it| {
            let from_ad = WhatsappMessage { referral: Some(picture_ad(it)), ..message(it) };
            one(it, without_user_id(from_ad))
        },
    },
    Recipe {
        name: "ad-click-withheld",
        meaning: "A first message that Meta withholds (131060), and with it the ad that it came from.",
        body: |it| {
            let error = error(131_060, "This message is unavailable");
            unsupported(it, &error)
        },
    },
    Recipe { name: "text", meaning: "A message without an ad.", body: |it| one(it, message(it)) },
    Recipe {
        name: "text-with-parent-id",
        meaning: "A message with phone, user id and the id for all accounts of the business.",
        body: |it| one(it, with_parent_id(message(it))),
    },
    Recipe {
        name: "text-older",
        meaning: "A message from before April 2026, with a phone and no user id.",
        body: |it| one(it, without_user_id(message(it))),
    },
    Recipe {
        name: "text-by-username",
        meaning: "A message with a user id and no phone.",
        body: |it| one(it, WhatsappMessage { from: None, ..with_parent_id(message(it)) }),
    },
    Recipe {
        name: "identity-check",
        meaning: "A number with the identity check: the contact has identity_key_hash.",
        body: |it| {
            let identity_key_hash = Some("DF2lS5v2W6x=".to_owned());
            one(it, WhatsappMessage { identity_key_hash, ..message(it) })
        },
    },
    Recipe {
        name: "reply",
        meaning: "A message that answers one of the business (context).",
        body: |it| one(it, answering(it)),
    },
    Recipe {
        name: "image",
        meaning: "A picture with a caption.",
        body: |it| of_kind(it, "image", media("image/jpeg", &json!({ "caption": it.text }))),
    },
    Recipe { name: "audio", meaning: "A voice message.", body: |it| of_kind(it, "audio", audio()) },
    Recipe {
        name: "video",
        meaning: "A video.",
        body: |it| of_kind(it, "video", media("video/mp4", &json!({}))),
    },
    Recipe {
        name: "document",
        meaning: "A file.",
        body: |it| of_kind(it, "document", media("application/pdf", &json!({ "filename": "order.pdf" }))),
    },
    Recipe {
        name: "sticker",
        meaning: "A sticker.",
        body: |it| of_kind(it, "sticker", media("image/webp", &json!({ "animated": false }))),
    },
    Recipe {
        name: "location",
        meaning: "A place.",
        body: |it| of_kind(it, "location", json!({ "latitude": 41.01, "longitude": 28.97 })),
    },
    Recipe {
        name: "contacts",
        meaning: "Somebody's contact: here the content is a list.",
        body: |it| {
            let content = json!([{ "name": { "formatted_name": "Can" }, "phones": [{ "phone": "+1 555" }] }]);
            of_kind(it, "contacts", content)
        },
    },
    Recipe {
        name: "button",
        meaning: "The quick-reply button of a template was pressed.",
        body: |it| {
            let kind = other("button", json!({ "payload": "YES", "text": it.text }));
            one(it, WhatsappMessage { kind, ..answering(it) })
        },
    },
    Recipe {
        name: "interactive-button",
        meaning: "A reply button was pressed.",
        body: |it| {
            let reply = json!({ "id": "yes", "title": it.text });
            let kind = other("interactive", json!({ "type": "button_reply", "button_reply": reply }));
            one(it, WhatsappMessage { kind, ..answering(it) })
        },
    },
    Recipe {
        name: "interactive-list",
        meaning: "A row of a list was chosen.",
        body: |it| {
            let reply = json!({ "id": "row-1", "title": it.text, "description": "First" });
            let kind = other("interactive", json!({ "type": "list_reply", "list_reply": reply }));
            one(it, WhatsappMessage { kind, ..answering(it) })
        },
    },
    Recipe {
        name: "reaction",
        meaning: "A message of the business got an emoji.",
        body: |it| {
            let content = json!({ "message_id": format!("wamid.business.{}", it.id), "emoji": "👍" });
            of_kind(it, "reaction", content)
        },
    },
    Recipe {
        name: "order",
        meaning: "A cart from the catalogue.",
        body: |it| {
            let item = json!({
                "product_retailer_id": "sku1", "quantity": 1, "item_price": 49.9, "currency": "EUR",
            });
            of_kind(it, "order", json!({ "catalog_id": "1", "text": it.text, "product_items": [item] }))
        },
    },
    Recipe {
        name: "unknown-type",
        meaning: "A message of a type that nobody has heard of.",
        body: |it| of_kind(it, "hologram", json!({ "id": "1" })),
    },
    Recipe {
        name: "unsupported",
        meaning: "A message that the API cannot show, such as a poll (131051).",
        body: |it| unsupported(it, &error(131_051, "Message type unknown")),
    },
    Recipe { name: "edit", meaning: "The customer has corrected a message.", body: edit },
    Recipe {
        name: "revoke",
        meaning: "The customer has deleted a message.",
        body: |it| of_kind(it, "revoke", json!({ "original_message_id": format!("wamid.{}.1", it.id) })),
    },
    Recipe {
        name: "request-welcome",
        meaning: "The customer has opened the chat and written nothing yet.",
        body: |it| of_kind(it, "request_welcome", Value::Null),
    },
    Recipe { name: "group-text", meaning: "A message in a group.", body: in_a_group },
    Recipe {
        name: "number-changed",
        meaning: "The customer has another number and another user id; the old ones are named.",
        body: number_changed,
    },
    Recipe {
        name: "number-changed-older",
        meaning: "The same in an older body: customer_changed_number, without user ids.",
        body: number_changed_before,
    },
    Recipe {
        name: "user-id-changed",
        meaning: "The customer has another user id; there is no phone and no contact.",
        body: user_id_changed,
    },
    Recipe {
        name: "user-id-update",
        meaning: "The same as a field of its own (user_id_update), with the phone.",
        body: user_id_update,
    },
    Recipe {
        name: "echo",
        meaning: "The business wrote on its phone (field smb_message_echoes).",
        body: echo,
    },
    Recipe {
        name: "history",
        meaning: "Chats from before the number was connected (field history); one began with an ad.",
        body: history,
    },
    Recipe {
        name: "history-declined",
        meaning: "The business does not share its older chats (field history).",
        body: history_declined,
    },
    Recipe {
        name: "marketing-stopped",
        meaning: "The customer wants no more marketing (field user_preferences).",
        body: preference,
    },
    Recipe {
        name: "status-sent",
        meaning: "A message of the business was sent.",
        body: |it| of_status(it, status(it, "sent")),
    },
    Recipe {
        name: "status-delivered",
        meaning: "A message of the business arrived.",
        body: |it| of_status(it, status(it, "delivered")),
    },
    Recipe {
        name: "status-read",
        meaning: "A message of the business was read.",
        body: |it| of_status(it, status(it, "read")),
    },
    Recipe {
        name: "status-failed",
        meaning: "A message of the business did not arrive, with the reason.",
        body: |it| {
            let errors = vec![error(131_047, "Re-engagement message")];
            of_status(it, WhatsappStatus { errors, ..status(it, "failed") })
        },
    },
    Recipe {
        name: "status-undeliverable",
        meaning: "Nobody has WhatsApp at this number (131026): the contact is a phone alone.",
        body: |it| {
            let errors = vec![error(131_026, "Message undeliverable")];
            of_status(it, WhatsappStatus { errors, user_id: None, ..status(it, "failed") })
        },
    },
    Recipe {
        name: "status-older",
        meaning: "A status from before April 2026: it has no contacts and no user id.",
        body: |it| {
            let before = WhatsappStatus { user_id: None, with_contact: false, ..status(it, "delivered") };
            of_status(it, before)
        },
    },
    Recipe {
        name: "errors",
        meaning: "Something is wrong at the number itself (value.errors).",
        body: |it| {
            let errors = vec![error(130_429, "Rate limit hit")];
            change(it, WhatsappChange { errors, ..WhatsappChange::default() })
        },
    },
    Recipe {
        name: "automatic-lead",
        meaning: "Meta itself read a lead out of the chat (field automatic_events).",
        body: |it| automatic(it, "LeadSubmitted", None),
    },
    Recipe {
        name: "automatic-purchase",
        meaning: "Meta itself read a sale out of the chat, with currency and value.",
        body: |it| {
            let value = it.price.parse::<f64>().map_or_else(|_| Value::from(it.price.as_str()), Value::from);
            automatic(it, "Purchase", Some(json!({ "currency": "TRY", "value": value })))
        },
    },
    Recipe {
        name: "batch",
        meaning: "Two accounts in one body: an ad click, a further message, a status, another's message.",
        body: batch,
    },
];
