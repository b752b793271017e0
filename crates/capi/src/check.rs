//! What Meta would refuse, said before it is sent and with Meta's subcode. One bad event makes
//! Meta refuse its whole request, so a bad one must not leave.
//!
//! Only what is documented or was recorded is refused here; where observers differ the event
//! passes and Meta's own answer decides.

use std::fmt;

use crate::{
    Event,
    event::absent,
    limits::{EVENT_AGE_MAX_S, FUTURE_TOLERANCE_S},
    names::MESSAGING_EVENT_NAMES,
};

/// Why Meta would refuse an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Meta's `error_subcode` (its `code` is 100).
    pub subcode: u32,
    /// The key within the event, for example `user_data.ctwa_clid`.
    pub path: String,
    /// What is wrong, for a person. Holds no value of the event.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.path, self.message, self.subcode)
    }
}

impl std::error::Error for Refusal {}

/// A rule: whether the event breaks it at the given time, and what Meta says then.
struct Rule {
    subcode: u32,
    path: &'static str,
    message: &'static str,
    broken: fn(&Event, i64) -> bool,
}

/// In the order in which recorded live answers suggest that Meta looks: form, time, channel, name,
/// ids, value.
const RULES: &[Rule] = &[
    // Recorded live answers.
    Rule {
        subcode: 2_804_019,
        path: "event_name",
        message: "the event has no name",
        broken: |event, _| event.event_name.is_empty(),
    },
    // Meta's documentation and recorded live answers.
    Rule {
        subcode: 2_804_003,
        path: "event_time",
        message: "the event happened more than 7 days ago",
        broken: |event, now_s| now_s.saturating_sub(event.event_time) > EVENT_AGE_MAX_S,
    },
    // Third parties; times in milliseconds end here, too.
    Rule {
        subcode: 2_804_004,
        path: "event_time",
        message: "the event lies in the future",
        broken: |event, now_s| event.event_time.saturating_sub(now_s) > FUTURE_TOLERANCE_S,
    },
    // Meta's documentation.
    Rule {
        subcode: 2_804_063,
        path: "messaging_channel",
        message: "a messaging event needs its channel",
        broken: |event, _| event.messaging_channel.is_none(),
    },
    // Meta's documentation and recorded live answers.
    Rule {
        subcode: 2_804_066,
        path: "event_name",
        message: "the messaging route does not take an event of this name",
        broken: |event, _| !MESSAGING_EVENT_NAMES.contains(&event.event_name.as_str()),
    },
    // Meta's documentation.
    Rule {
        subcode: 2_804_071,
        path: "user_data.ctwa_clid",
        message: "the id of the ad click is missing",
        broken: |event, _| absent(&event.user_data.ctwa_clid),
    },
    // Recorded live answers.
    Rule {
        subcode: 2_804_116,
        path: "user_data.whatsapp_business_account_id",
        message: "the WhatsApp Business Account is missing",
        broken: |event, _| absent(&event.user_data.whatsapp_business_account_id),
    },
    // Recorded live answers.
    Rule {
        subcode: 2_804_009,
        path: "custom_data.value",
        message: "a purchase needs a value",
        broken: |event, _| event.event_name == "Purchase" && event.custom_data.value.is_none(),
    },
    // Third parties.
    Rule {
        subcode: 2_804_010,
        path: "custom_data.currency",
        message: "a purchase needs a currency",
        broken: |event, _| event.event_name == "Purchase" && absent(&event.custom_data.currency),
    },
];

/// Whether Meta would take the event at `now_s` (Unix seconds), as far as the event alone can
/// show; whether the dataset is linked and the click real only Meta knows.
///
/// # Errors
/// The first thing that Meta would refuse.
pub fn check(event: &Event, now_s: i64) -> Result<(), Refusal> {
    match RULES.iter().find(|rule| (rule.broken)(event, now_s)) {
        None => Ok(()),
        Some(rule) => Err(Refusal {
            subcode: rule.subcode,
            path: rule.path.to_owned(),
            message: rule.message.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
