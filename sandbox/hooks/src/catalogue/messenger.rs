//! The shapes of Messenger.

use serde_json::json;

use super::{Recipe, chat::Chat};
use crate::{AdContext, ChatMessage, ChatReferral};

pub(super) const RECIPES: &[Recipe] = &[
    Recipe {
        name: "ad-first-message",
        meaning: "A new conversation from an ad: the customer writes (message.referral).",
        body: |it| Chat::messenger(it).first_message(Chat::messenger(it).ad()),
    },
    Recipe {
        name: "ad-get-started",
        meaning: "A new conversation from an ad: the customer presses Get Started (postback.referral).",
        body: |it| Chat::messenger(it).postback(Some(Chat::messenger(it).ad())),
    },
    Recipe {
        name: "ad-existing-thread",
        meaning: "A customer with a conversation clicks an ad (referral at the top).",
        body: |it| {
            let post_id = Some(format!("{}_999", it.page));
            let photo_url = Some("https://example.com/p.jpg".to_owned());
            let shown = AdContext { photo_url, post_id, ..AdContext::default() };
            Chat::messenger(it).came_back(Chat::messenger(it).ad_showing(shown))
        },
    },
    Recipe {
        name: "ad-video",
        meaning: "The ad had a video.",
        body: |it| {
            let video_url = Some("https://example.com/v.mp4".to_owned());
            let shown = AdContext { video_url, ..AdContext::default() };
            Chat::messenger(it).first_message(Chat::messenger(it).ad_showing(shown))
        },
    },
    Recipe {
        name: "ad-product",
        meaning: "The ad showed a product of the catalogue.",
        body: |it| {
            let shown = AdContext { product_id: Some("888".to_owned()), ..AdContext::default() };
            Chat::messenger(it).first_message(Chat::messenger(it).ad_showing(shown))
        },
    },
    Recipe {
        name: "ad-flow",
        meaning: "The ad opened a flow.",
        body: |it| {
            let shown = AdContext { flow_id: Some("999".to_owned()), ..AdContext::default() };
            Chat::messenger(it).first_message(Chat::messenger(it).ad_showing(shown))
        },
    },
    Recipe {
        name: "ad-without-source",
        meaning: "An ad with its id, but without source, as for European accounts.",
        body: |it| Chat::messenger(it).came_back(Chat::messenger(it).ad_without_source()),
    },
    Recipe {
        name: "short-link",
        meaning: "The customer came by a link (source SHORTLINK): no ad.",
        body: |it| Chat::messenger(it).came_back(ChatReferral::no_ad("SHORTLINK")),
    },
    Recipe {
        name: "chat-plugin",
        meaning: "The customer came from the plugin on a website (source CUSTOMER_CHAT_PLUGIN): no ad.",
        body: |it| {
            let referer_uri = Some("https://shop.example.com/".to_owned());
            let plugin = ChatReferral { referer_uri, ..ChatReferral::no_ad("CUSTOMER_CHAT_PLUGIN") };
            Chat::messenger(it).came_back(plugin)
        },
    },
    Recipe {
        name: "message",
        meaning: "A message without an ad.",
        body: |it| Chat::messenger(it).message(Chat::messenger(it).text()),
    },
    Recipe {
        name: "quick-reply",
        meaning: "A quick reply was chosen.",
        body: |it| {
            let quick_reply = Some("YES".to_owned());
            let chat = Chat::messenger(it);
            chat.message(ChatMessage { quick_reply, ..chat.text() })
        },
    },
    Recipe {
        name: "attachment",
        meaning: "A picture without text.",
        body: |it| Chat::messenger(it).message(Chat::messenger(it).attachment("image")),
    },
    Recipe {
        name: "postback",
        meaning: "A button was pressed, without an ad.",
        body: |it| Chat::messenger(it).postback(None),
    },
    Recipe {
        name: "echo",
        meaning: "The Page's own message: sender and recipient are exchanged.",
        body: |it| Chat::messenger(it).echo(),
    },
    Recipe {
        name: "read",
        meaning: "The customer has read everything until a time.",
        body: |it| Chat::messenger(it).other("read", Chat::messenger(it).read()),
    },
    Recipe {
        name: "delivery",
        meaning: "Messages of the Page arrived.",
        body: |it| {
            let mids = [format!("m_business.{}", it.id)];
            Chat::messenger(it).other("delivery", json!({ "mids": mids, "watermark": it.time_ms() }))
        },
    },
    Recipe {
        name: "optin",
        meaning: "The customer agreed to be written to.",
        body: |it| Chat::messenger(it).other("optin", json!({ "ref": "promo-1" })),
    },
    Recipe {
        name: "batch",
        meaning: "Two Pages in one body: a first message after an ad, a read, another's message.",
        body: |it| Chat::messenger(it).batch(),
    },
];
