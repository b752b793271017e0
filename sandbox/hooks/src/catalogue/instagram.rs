//! The shapes of Instagram.

use serde_json::json;

use super::{Recipe, chat::Chat};
use crate::{AdContext, ChatMessage, ChatReferral};

pub(super) const RECIPES: &[Recipe] = &[
    Recipe {
        name: "ad-first-message",
        meaning: "A new conversation from an ad: the customer writes (message.referral).",
        body: |it| Chat::instagram(it).first_message(Chat::instagram(it).ad()),
    },
    Recipe {
        name: "ad-ice-breaker",
        meaning: "A new conversation from an ad: the customer presses an ice-breaker (postback.referral).",
        body: |it| Chat::instagram(it).postback(Some(Chat::instagram(it).ad())),
    },
    Recipe {
        name: "ad-existing-thread",
        meaning: "A customer with a conversation clicks an ad (referral at the top).",
        body: |it| Chat::instagram(it).came_back(Chat::instagram(it).ad()),
    },
    Recipe {
        name: "ad-video",
        meaning: "The ad had a video.",
        body: |it| {
            let video_url = Some("https://example.com/v.mp4".to_owned());
            let shown = AdContext { video_url, ..AdContext::default() };
            Chat::instagram(it).first_message(Chat::instagram(it).ad_showing(shown))
        },
    },
    Recipe {
        name: "ad-without-source",
        meaning: "An ad with its id, but without source, as for European accounts.",
        body: |it| Chat::instagram(it).came_back(Chat::instagram(it).ad_without_source()),
    },
    Recipe {
        name: "link",
        meaning: "The customer came by an ig.me link (source IGME-SOURCE-LINK): no ad.",
        body: |it| Chat::instagram(it).came_back(ChatReferral::no_ad("IGME-SOURCE-LINK")),
    },
    Recipe {
        name: "message",
        meaning: "A message without an ad.",
        body: |it| Chat::instagram(it).message(Chat::instagram(it).text()),
    },
    Recipe {
        name: "attachment",
        meaning: "A picture without text.",
        body: |it| Chat::instagram(it).message(Chat::instagram(it).attachment("image")),
    },
    Recipe {
        name: "story-reply",
        meaning: "A message that answers a story (reply_to).",
        body: |it| {
            let story = json!({ "id": "1", "url": "https://example.com/s.jpg" });
            let chat = Chat::instagram(it);
            chat.message(ChatMessage { reply_to: Some(json!({ "story": story })), ..chat.text() })
        },
    },
    Recipe {
        name: "postback",
        meaning: "A button was pressed, without an ad.",
        body: |it| Chat::instagram(it).postback(None),
    },
    Recipe {
        name: "echo",
        meaning: "The account's own message: sender and recipient are exchanged.",
        body: |it| Chat::instagram(it).echo(),
    },
    Recipe {
        name: "seen",
        meaning: "The customer has read a message.",
        body: |it| Chat::instagram(it).other("read", Chat::instagram(it).read()),
    },
    Recipe {
        name: "reaction",
        meaning: "A message got an emoji.",
        body: |it| {
            let mid = format!("m_business.{}", it.id);
            let content = json!({ "mid": mid, "action": "react", "reaction": "love", "emoji": "❤" });
            Chat::instagram(it).other("reaction", content)
        },
    },
    Recipe {
        name: "batch",
        meaning: "Two accounts in one body: a first message after an ad, a read, another's message.",
        body: |it| Chat::instagram(it).batch(),
    },
];
