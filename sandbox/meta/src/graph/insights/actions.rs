//! What people did because of ads, under the names that insights have for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::row::Row;
use crate::world::ConversionLocation;

pub(super) const PURCHASE: &str = "omni_purchase";
pub(super) const PIXEL_PURCHASE: &str = "offsite_conversion.fb_pixel_purchase";
const CONVERSATION: &str = "onsite_conversion.messaging_conversation_started_7d";

/// Event, its action, and its action across all channels.
const STANDARD: [(&str, &str, &str); 10] = [
    ("Purchase", "purchase", PURCHASE),
    ("AddToCart", "add_to_cart", "omni_add_to_cart"),
    ("InitiateCheckout", "initiate_checkout", "omni_initiated_checkout"),
    ("ViewContent", "view_content", "omni_view_content"),
    ("CompleteRegistration", "complete_registration", "omni_complete_registration"),
    ("Search", "search", "omni_search"),
    ("AddPaymentInfo", "add_payment_info", ""),
    ("AddToWishlist", "add_to_wishlist", ""),
    ("Lead", "lead", ""),
    ("LeadSubmitted", "lead", ""),
];

/// Events that insights list under `conversions`.
const CONVERSIONS: [(&str, &str); 8] = [
    ("Contact", "contact"),
    ("CustomizeProduct", "customize_product"),
    ("Donate", "donate"),
    ("FindLocation", "find_location"),
    ("Schedule", "schedule"),
    ("StartTrial", "start_trial"),
    ("SubmitApplication", "submit_application"),
    ("Subscribe", "subscribe"),
];

/// Counts and worth by name.
#[derive(Debug, Default)]
pub(super) struct Actions(BTreeMap<String, (u64, f64)>);

impl Actions {
    /// The fields `actions` and `action_values`.
    pub(super) fn of(row: &Row<'_>) -> Self {
        let mut actions = Self::default();
        actions.add("link_click", row.clicks, 0.0);
        actions.add(CONVERSATION, row.conversations, 0.0);
        actions.add("lead", row.leads, 0.0);
        actions.add("onsite_conversion.lead_grouped", row.leads, 0.0);
        for ((location, name), (count, worth)) in &row.events {
            let known = STANDARD.iter().find(|(event, ..)| event == name);
            match (known, location) {
                // The form itself was counted when it was sent.
                (Some((_, "lead", _)), ConversionLocation::Crm) => {}
                (Some((_, action, across)), _) => {
                    actions.add(action, *count, *worth);
                    actions.add(across, *count, *worth);
                    match location {
                        ConversionLocation::Web => {
                            actions.add(&format!("offsite_conversion.fb_pixel_{action}"), *count, *worth);
                        }
                        ConversionLocation::Messaging => {
                            actions.add(&format!("onsite_conversion.{action}"), *count, *worth);
                        }
                        ConversionLocation::Crm | ConversionLocation::Other => {}
                    }
                }
                (None, ConversionLocation::Web) => {
                    actions.add("offsite_conversion.fb_pixel_custom", *count, *worth);
                }
                (None, _) => {}
            }
        }
        actions
    }

    /// The fields `conversions` and `conversion_values`.
    pub(super) fn conversions(row: &Row<'_>) -> Self {
        let mut actions = Self::default();
        for ((location, name), (count, worth)) in &row.events {
            let known = CONVERSIONS.iter().find(|(event, _)| event == name);
            if let Some((_, conversion)) = known {
                actions.add(&format!("{conversion}_total"), *count, *worth);
                if *location == ConversionLocation::Web {
                    actions.add(&format!("{conversion}_website"), *count, *worth);
                }
            } else if *location == ConversionLocation::Web
                && !STANDARD.iter().any(|(event, ..)| event == name)
            {
                actions.add(&format!("offsite_conversion.fb_pixel_custom.{name}"), *count, *worth);
            }
        }
        actions
    }

    /// The field `conversion_leads`: stages that a CRM reported, but for the lead itself. Which stage
    /// counts is set for a dataset in Events Manager, which the sandbox has not.
    pub(super) fn conversion_leads(row: &Row<'_>) -> Self {
        let mut actions = Self::default();
        for ((location, name), (count, worth)) in &row.events {
            if *location == ConversionLocation::Crm && name != "Lead" {
                actions.add("conversion_lead", *count, *worth);
            }
        }
        actions
    }

    fn add(&mut self, name: &str, count: u64, worth: f64) {
        if count > 0 && !name.is_empty() {
            let held = self.0.entry(name.to_owned()).or_default();
            held.0 += count;
            held.1 += worth;
        }
    }

    pub(super) fn counts(&self) -> Value {
        self.listed(|(count, _)| Some(*count as f64))
    }

    pub(super) fn worths(&self) -> Value {
        self.listed(|(_, worth)| Some(*worth).filter(|worth| *worth > 0.0))
    }

    /// What each cost.
    pub(super) fn costs(&self, spend: f64) -> Value {
        self.listed(|(count, _)| Some(spend / *count as f64))
    }

    /// Worth per spend of one name.
    pub(super) fn roas(&self, name: &str, spend: f64) -> Value {
        let worth = self.0.get(name).map_or(0.0, |(_, worth)| *worth);
        if worth > 0.0 && spend > 0.0 {
            json!([{ "action_type": name, "value": number(worth / spend) }])
        } else {
            Value::Null
        }
    }

    fn listed(&self, of: impl Fn(&(u64, f64)) -> Option<f64>) -> Value {
        let one = |(name, held): (&String, &(u64, f64))| {
            of(held).map(|value| json!({ "action_type": name, "value": number(value) }))
        };
        let all: Vec<Value> = self.0.iter().filter_map(one).collect();
        if all.is_empty() { Value::Null } else { Value::from(all) }
    }
}

/// With at most six decimals and no zeros behind them.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, expected) in
            [(3.0, "3"), (0.5, "0.5"), (1.0 / 3.0, "0.333333"), (0.0, "0"), (1200.0, "1200")]
        {
            assert_eq!(number(value), expected);
        }
    }
}
