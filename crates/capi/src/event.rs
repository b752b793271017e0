//! One event in the form in which Meta gets it. What is absent is not written: neither an empty
//! string nor `null` ever leaves.

use serde::Serialize;

use crate::Money;

/// One element of `data` in a request to `/{dataset}/events`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// What happened; on the messaging route one of [`crate::names::MESSAGING_EVENT_NAMES`].
    pub event_name: String,
    /// When it happened, Unix seconds.
    pub event_time: i64,
    /// Our id of the event, frozen at the first attempt.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event_id: String,
    /// Where it happened.
    pub action_source: ActionSource,
    /// The chat product, on the messaging route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_channel: Option<MessagingChannel>,
    /// How Meta recognises the person.
    pub user_data: UserData,
    /// What the event was worth.
    #[serde(skip_serializing_if = "CustomData::is_empty")]
    pub custom_data: CustomData,
}

/// Where a conversion happened, in Meta's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionSource {
    /// In a chat that an ad opened.
    BusinessMessaging,
}

/// The chat product of the messaging route, in Meta's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessagingChannel {
    /// WhatsApp.
    Whatsapp,
}

/// The identifiers of the messaging route on WhatsApp. Meta's documentation asks for these two
/// and refuses what belongs to a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UserData {
    /// The WhatsApp Business Account (WABA) that received the message.
    #[serde(skip_serializing_if = "absent")]
    pub whatsapp_business_account_id: Option<String>,
    /// Meta's id of the ad click, exactly as the webhook brought it.
    #[serde(skip_serializing_if = "absent")]
    pub ctwa_clid: Option<String>,
}

/// What an event was worth.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CustomData {
    /// ISO 4217 code.
    #[serde(skip_serializing_if = "absent")]
    pub currency: Option<String>,
    /// Amount in the currency's main unit; written as a JSON number.
    #[serde(serialize_with = "Money::as_number", skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
}

impl Event {
    /// An event of a WhatsApp conversation that an ad opened.
    pub fn whatsapp(
        event_name: impl Into<String>,
        event_time_s: i64,
        event_id: impl Into<String>,
        whatsapp_business_account_id: impl Into<String>,
        ctwa_clid: impl Into<String>,
    ) -> Self {
        Self {
            event_name: event_name.into(),
            event_time: event_time_s,
            event_id: event_id.into(),
            action_source: ActionSource::BusinessMessaging,
            messaging_channel: Some(MessagingChannel::Whatsapp),
            user_data: UserData {
                whatsapp_business_account_id: Some(whatsapp_business_account_id.into()),
                ctwa_clid: Some(ctwa_clid.into()),
            },
            custom_data: CustomData::default(),
        }
    }

    /// The same event with what it was worth; `currency` is an ISO 4217 code.
    #[must_use]
    pub fn with_value(mut self, value: Money, currency: impl Into<String>) -> Self {
        self.custom_data = CustomData { currency: Some(currency.into()), value: Some(value) };
        self
    }
}

impl CustomData {
    fn is_empty(&self) -> bool {
        absent(&self.currency) && self.value.is_none()
    }
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
pub(crate) fn absent(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sale_is_written_as_meta_documents_it() {
        let event = Event::whatsapp("Purchase", 1_780_000_000, "k1", "222", "ARAclick")
            .with_value("1500.50".parse().unwrap(), "TRY");
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"event_name":"Purchase","event_time":1780000000,"event_id":"k1","action_source":"business_messaging","messaging_channel":"whatsapp","user_data":{"whatsapp_business_account_id":"222","ctwa_clid":"ARAclick"},"custom_data":{"currency":"TRY","value":1500.5}}"#
        );
    }

    #[test]
    fn nothing_empty_is_written() {
        let mut event = Event::whatsapp("LeadSubmitted", 1_780_000_000, "", "", "ARAclick");
        event.messaging_channel = None;
        event.custom_data.currency = Some(String::new());
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"event_name":"LeadSubmitted","event_time":1780000000,"action_source":"business_messaging","user_data":{"ctwa_clid":"ARAclick"}}"#
        );
    }
}
