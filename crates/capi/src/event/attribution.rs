//! Attribution of one's own, and what else is added to an event that was reported: `AppendAttribution`, `AppendValue` and what partners report of apps.

use super::{
    fields::{Amount, Text},
    object::object,
};

object! {
    /// The event that is added to.
    pub struct OriginalEventData {
        /// Its name.
        "event_name" => event_name: Text<'a>,
        /// Its time, Unix seconds.
        "event_time" => event_time: i64,
        /// Its order.
        "order_id" => order_id: Text<'a>,
        /// Its id.
        "event_id" => event_id: Text<'a>,
    }
}

object! {
    /// What an attribution found. Documented are `ad_id`, `touchpoint_ts`, `attribution_share` and
    /// `attribution_value`; the rest is from the sources of Meta's SDKs.
    pub struct AttributionData {
        /// `click`, `view`.
        "scope" => scope: Text<'a>,
        /// Unix seconds.
        "visit_time" => visit_time: i64,
        /// The ad.
        "ad_id" => ad_id: Text<'a>,
        /// The ad's set.
        "adset_id" => adset_id: Text<'a>,
        /// The ad's campaign.
        "campaign_id" => campaign_id: Text<'a>,
        /// The window.
        "attr_window" => attr_window: i64,
        /// The ad's share of the event, 0 to 1.
        "attribution_share" => attribution_share: Amount<'a>,
        /// The share times the event's value.
        "attribution_value" => attribution_value: Amount<'a>,
        /// See [`crate::catalogue::ATTRIBUTION_MODELS`].
        "attribution_model" => attribution_model: Text<'a>,
        /// Who attributed.
        "attribution_source" => attribution_source: Text<'a>,
        /// See [`crate::catalogue::ATTRIBUTION_METHODS`].
        "attribution_method" => attribution_method: Text<'a>,
        /// Kind of the contact with the ad.
        "touchpoint_type" => touchpoint_type: Text<'a>,
        /// Its id.
        "touchpoint_id" => touchpoint_id: Text<'a>,
        /// Its time, Unix seconds; before the event's.
        "touchpoint_ts" => touchpoint_ts: i64,
        /// See [`crate::catalogue::DECLINE_REASONS`].
        "decline_reason" => decline_reason: Text<'a>,
        /// For audits.
        "auditing_token" => auditing_token: Text<'a>,
        /// For linking.
        "linkage_key" => linkage_key: Text<'a>,
        /// The partner's client.
        "partner_client_id" => partner_client_id: Text<'a>,
        /// All credit.
        "total_credit" => total_credit: Amount<'a>,
        /// The windows that were used.
        "attribution_setting" => attribution_setting: Box<AttributionSetting<'a>>,
    }
}

object! {
    /// Windows of an attribution.
    pub struct AttributionSetting {
        /// Hours without activity.
        "inactivity_window_hours" => inactivity_window_hours: i64,
        /// Hours in which somebody is won back.
        "reattribution_window_hours" => reattribution_window_hours: i64,
    }
}
