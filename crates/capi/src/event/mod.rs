//! One event in Meta's words: web, app, offline, messaging and CRM events alike.
//!
//! The model borrows from the bytes it was read from. Reading is lenient the way the Graph API is,
//! [writing](crate::Body) is exact, and the identifiers of a person leave as hashes only. Fields
//! and their meaning after Meta's documentation of the Conversions API's parameters and the
//! sources of its SDKs.

mod app_data;
mod attribution;
mod custom_data;
mod fields;
mod lists;
pub(crate) mod object;
mod user_data;

use std::borrow::Cow;

use crate::Money;
use fields::words;
use object::object;

pub use app_data::AppData;
pub use attribution::{AttributionData, AttributionSetting, OriginalEventData};
pub use custom_data::{Content, CustomData, StoreData};
pub use fields::{Amount, NumericId, OrderId, Text};
pub(crate) use fields::{is_ambiguous, was_a_float};
pub use lists::{Objects, Options, Texts, Values};
pub use object::Extra;
pub use user_data::UserData;

object! {
    /// One element of `data` in a request to `/{dataset}/events`.
    pub struct Event {
        /// What happened: a standard name or one of your own; case matters.
        "event_name" => event_name: Text<'a>,
        /// When it happened, Unix seconds.
        "event_time" => event_time: i64,
        /// The id by which Meta recognises a repetition; byte for byte that of the browser's event.
        "event_id" => event_id: Text<'a>,
        /// Where it happened.
        "action_source" => action_source: ActionSource<'a>,
        /// The page it happened on.
        "event_source_url" => event_source_url: Text<'a>,
        /// The page before it.
        "referrer_url" => referrer_url: Text<'a>,
        /// The chat product, with [`ActionSource::BusinessMessaging`].
        "messaging_channel" => messaging_channel: MessagingChannel<'a>,
        /// How Meta recognises the person.
        "user_data" => user_data: UserData<'a>,
        /// What it was about and worth.
        "custom_data" => custom_data: CustomData<'a>,
        /// The device, with [`ActionSource::App`].
        "app_data" => app_data: Box<AppData<'a>>,
        /// Whether the event must not be used to choose whom ads are shown to.
        "opt_out" => opt_out: bool,
        /// `LDU` for Limited Data Use; an empty list says explicitly that there is none.
        "data_processing_options" => data_processing_options: Options<'a>,
        /// 1 for the United States, 0 to let Meta find out.
        "data_processing_options_country" => data_processing_options_country: i64,
        /// The state, see [`crate::catalogue::LDU_STATES`]; 0 to let Meta find out.
        "data_processing_options_state" => data_processing_options_state: i64,
        /// Whether the customer is new.
        "customer_segmentation" => customer_segmentation: Text<'a>,
        /// The event that an `AppendAttribution` or `AppendValue` adds to.
        "original_event_data" => original_event_data: Box<OriginalEventData<'a>>,
        /// What your own attribution found.
        "attribution_data" => attribution_data: Box<AttributionData<'a>>,
        /// `{"outcome_type": "automatic_events"}` where Meta itself had detected the event.
        "messaging_outcome_data" => messaging_outcome_data: Box<MessagingOutcome<'a>>,
        /// Of app events; some SDKs write it here instead of in `app_data`.
        "advertiser_tracking_enabled" => advertiser_tracking_enabled: bool,
        /// For Advanced Measurement only, which Meta restricts.
        "advanced_measurement_table" => advanced_measurement_table: Text<'a>,
    }
}

object! {
    /// How Meta came to know of a messaging event.
    pub struct MessagingOutcome {
        /// `automatic_events`.
        "outcome_type" => outcome_type: Text<'a>,
    }
}

words! {
    /// Where an event happened, in Meta's words.
    pub enum ActionSource {
        /// On a website.
        Website = "website",
        /// In a mobile app.
        App = "app",
        /// Over e-mail.
        Email = "email",
        /// By phone.
        PhoneCall = "phone_call",
        /// In a chat that is not Meta's.
        Chat = "chat",
        /// In a shop.
        PhysicalStore = "physical_store",
        /// By itself, such as a renewal, or in a CRM.
        SystemGenerated = "system_generated",
        /// In a chat of Meta's that an ad opened.
        BusinessMessaging = "business_messaging",
        /// Anywhere else.
        ElseWhere = "other",
    }
}

words! {
    /// A chat product of Meta's.
    pub enum MessagingChannel {
        /// WhatsApp.
        Whatsapp = "whatsapp",
        /// Messenger.
        Messenger = "messenger",
        /// Instagram.
        Instagram = "instagram",
    }
}

impl<'a> Event<'a> {
    /// An event with what every event needs.
    pub fn new(name: impl Into<Cow<'a, str>>, time_s: i64, action_source: ActionSource<'a>) -> Self {
        Self {
            event_name: Some(name.into()),
            event_time: Some(time_s),
            action_source: Some(action_source),
            ..Self::default()
        }
    }

    /// An event of a WhatsApp conversation that an ad opened: the business account that received the
    /// message, and the id of the click as the webhook brought it.
    pub fn whatsapp(
        event_name: impl Into<Cow<'a, str>>,
        event_time_s: i64,
        event_id: impl Into<Cow<'a, str>>,
        whatsapp_business_account_id: impl Into<Cow<'a, str>>,
        ctwa_clid: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self {
            event_id: Some(event_id.into()),
            messaging_channel: Some(MessagingChannel::Whatsapp),
            user_data: Some(UserData {
                whatsapp_business_account_id: Some(whatsapp_business_account_id.into()),
                ctwa_clid: Some(ctwa_clid.into()),
                ..UserData::default()
            }),
            ..Self::new(event_name, event_time_s, ActionSource::BusinessMessaging)
        }
    }

    /// The same event with what it was worth; `currency` is an ISO 4217 code.
    #[must_use]
    pub fn with_value(mut self, value: Money, currency: impl Into<Cow<'a, str>>) -> Self {
        let custom_data = self.custom_data.get_or_insert_default();
        custom_data.value = Some(value.into());
        custom_data.currency = Some(currency.into());
        self
    }

    /// The same event with the business's own name of the stage that it reports, which should never change: custom
    /// conversions and audiences are made of it.
    #[must_use]
    pub fn with_lead_stage(mut self, stage: impl Into<Cow<'a, str>>) -> Self {
        self.custom_data.get_or_insert_default().lead_stage = Some(stage.into());
        self
    }
}

#[cfg(test)]
mod tests;
