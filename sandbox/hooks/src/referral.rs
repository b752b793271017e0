//! The ad that a WhatsApp conversation began with.

use serde_json::{Value, json};

use super::wire::present;

/// The ad that a conversation began with. Every key of it may be missing in reality.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referral {
    /// The click id; `None` as for ads in WhatsApp Status, or empty.
    pub ctwa_clid: Option<String>,
    /// The ad's or the post's id.
    pub source_id: Option<String>,
    /// `ad` or `post`.
    pub source_type: Option<String>,
    /// Short link to the ad.
    pub source_url: Option<String>,
    /// The ad's headline.
    pub headline: Option<String>,
    /// The ad's text.
    pub body: Option<String>,
    /// `image` or `video`.
    pub media_type: Option<String>,
    /// The picture.
    pub image_url: Option<String>,
    /// The picture's id, which older bodies have in place of `image_url`.
    pub image_id: Option<String>,
    /// The video.
    pub video_url: Option<String>,
    /// The picture that stands for the video.
    pub thumbnail_url: Option<String>,
    /// The ad's greeting.
    pub welcome_message: Option<String>,
}

impl Referral {
    /// A click on an ad with a picture.
    pub fn ad(ad_id: &str, ctwa_clid: &str) -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            ctwa_clid: text(ctwa_clid),
            source_id: text(ad_id),
            source_type: text("ad"),
            source_url: text("https://fb.me/xyz"),
            headline: text("Offer"),
            body: text("Chat with us"),
            media_type: text("image"),
            image_url: text("https://example.com/i.jpg"),
            welcome_message: text("Hello"),
            ..Self::default()
        }
    }

    /// A click on an ad with a video.
    pub fn video_ad(ad_id: &str, ctwa_clid: &str) -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            media_type: text("video"),
            image_url: None,
            video_url: text("https://example.com/v.mp4"),
            thumbnail_url: text("https://example.com/t.jpg"),
            ..Self::ad(ad_id, ctwa_clid)
        }
    }

    pub(super) fn shown(&self) -> Value {
        let mut shown = Value::Object(present([
            ("ctwa_clid", &self.ctwa_clid),
            ("source_id", &self.source_id),
            ("source_type", &self.source_type),
            ("source_url", &self.source_url),
            ("headline", &self.headline),
            ("body", &self.body),
            ("media_type", &self.media_type),
            ("image_url", &self.image_url),
            ("video_url", &self.video_url),
            ("thumbnail_url", &self.thumbnail_url),
        ]));
        if let Some(id) = &self.image_id {
            shown["image"] = json!({ "id": id });
        }
        if let Some(text) = &self.welcome_message {
            shown["welcome_message"] = json!({ "text": text });
        }
        shown
    }
}
