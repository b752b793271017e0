//! What a message holds, as far as it matters: the ad that it came from, and whether it came at all.

use std::borrow::Cow;

use kopru_core::MessageContent;

use super::{
    json::{Value, list_of, member, text_of},
    names::is_id,
};

/// Longest click id that is taken, bytes; seen are 100 to 200.
const CLICK_ID_MAX: usize = 1024;
/// The error with which a message comes that WhatsApp withholds from numbers that are used in the app as well:
/// mostly the first one of a chat that an ad opened. Its `type` is `unsupported`; chatwoot/chatwoot#14547 and
/// others have recorded it.
const WITHHELD: &str = "131060";

/// How much of a message came; `None` for what is no message to the business.
pub(super) fn content(message: &Value<'_>, kind: &str) -> Option<MessageContent> {
    // WhatsApp's own words, an opened chat in which nothing is written yet, and what is written to a group.
    if matches!(kind, "system" | "request_welcome") || !member(message, "group_id").is_null() {
        return None;
    }
    let errors = list_of(message, "errors");
    if errors.iter().any(|error| text_of(error, "code").as_deref() == Some(WITHHELD)) {
        return Some(MessageContent::Withheld);
    }
    let is_empty = matches!(kind, "unsupported" | "unknown") || !errors.is_empty();
    Some(if is_empty { MessageContent::Unsupported } else { MessageContent::Read })
}

/// What a message says about the ad that opened the conversation.
pub(super) struct Referral {
    pub(super) click_id: Option<String>,
    pub(super) ad_id: Option<String>,
}

impl Referral {
    /// `None` when the message comes from a post that nobody paid for.
    pub(super) fn read(referral: &Value<'_>) -> Option<Self> {
        referral.as_object()?;
        let source_type = member(referral, "source_type").as_str().filter(|t| !t.is_empty());
        let click_id = text_of(referral, "ctwa_clid").filter(|id| id.len() <= CLICK_ID_MAX);
        let is_ad = source_type == Some("ad");
        if !is_ad && source_type.is_some() && click_id.is_none() {
            return None;
        }
        let ad_id = text_of(referral, "source_id").filter(|id| is_ad && is_id(id));
        Some(Self { click_id: click_id.map(Cow::into_owned), ad_id: ad_id.map(Cow::into_owned) })
    }
}
