//! The fields that a row can show.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::actions::{Actions, PIXEL_PURCHASE, PURCHASE, number};
use super::row::Row;
use crate::graph::ads::Level;

/// Fields that rows can have.
const FIELDS: [&str; 35] = [
    "account_currency",
    "account_id",
    "account_name",
    "action_values",
    "actions",
    "ad_id",
    "ad_name",
    "adset_id",
    "adset_name",
    "campaign_id",
    "campaign_name",
    "clicks",
    "conversion_leads",
    "conversion_values",
    "conversions",
    "cost_per_action_type",
    "cost_per_conversion",
    "cost_per_conversion_lead",
    "cost_per_inline_link_click",
    "cpc",
    "cpm",
    "cpp",
    "ctr",
    "date_start",
    "date_stop",
    "frequency",
    "impressions",
    "inline_link_click_ctr",
    "inline_link_clicks",
    "purchase_roas",
    "reach",
    "spend",
    "unique_clicks",
    "unique_ctr",
    "website_purchase_roas",
];

/// Fields that Meta has and the sandbox has no figures for: they are left out, as Meta leaves out what
/// has no value.
const WITHOUT_FIGURES: [&str; 16] = [
    "attribution_setting",
    "buying_type",
    "conversion_lead_rate",
    "conversion_rate_ranking",
    "engagement_rate_ranking",
    "objective",
    "optimization_goal",
    "outbound_clicks",
    "quality_ranking",
    "unique_actions",
    "unique_inline_link_clicks",
    "video_30_sec_watched_actions",
    "video_avg_time_watched_actions",
    "video_p100_watched_actions",
    "video_p25_watched_actions",
    "video_play_actions",
];

pub(super) fn is_field(name: &str) -> bool {
    FIELDS.contains(&name) || WITHOUT_FIGURES.contains(&name)
}

impl Row<'_> {
    /// `None` for a field that does not exist here, null for one without a value.
    pub(super) fn field(&self, name: &str) -> Option<Value> {
        let (spend, money) =
            (self.spend_cents as f64 / 100.0, |cents: u64| format!("{}.{:02}", cents / 100, cents % 100));
        let ratio = |of: f64, to: u64| if to == 0 { Value::Null } else { number(of / to as f64).into() };
        let percent = |part: u64, of: u64| ratio(part as f64 * 100.0, of);
        let at = |level: Level, text: &str| {
            if self.level >= level && !text.is_empty() { Value::from(text) } else { Value::Null }
        };
        Some(match name {
            "account_id" => json!(self.account.id),
            "account_name" => json!(self.account.name),
            "account_currency" => json!(self.account.currency),
            "campaign_id" => at(Level::Campaign, &self.ad.campaign_id),
            "campaign_name" => at(Level::Campaign, &self.ad.campaign_name),
            "adset_id" => at(Level::AdSet, &self.ad.adset_id),
            "adset_name" => at(Level::AdSet, &self.ad.adset_name),
            "ad_id" => at(Level::Ad, &self.ad.id),
            "ad_name" => at(Level::Ad, &self.ad.name),
            "date_start" => json!(self.period.since.to_string()),
            "date_stop" => json!(self.period.until.to_string()),
            "spend" => json!(if self.spend_cents == 0 { "0".to_owned() } else { money(self.spend_cents) }),
            "impressions" => json!(self.impressions.to_string()),
            "reach" => json!(self.reach.to_string()),
            "clicks" | "inline_link_clicks" | "unique_clicks" => json!(self.clicks.to_string()),
            "frequency" => ratio(self.impressions as f64, self.reach),
            "ctr" | "inline_link_click_ctr" => percent(self.clicks, self.impressions),
            "unique_ctr" => percent(self.clicks, self.reach),
            "cpc" | "cost_per_inline_link_click" => ratio(spend, self.clicks),
            "cpm" => ratio(spend * 1000.0, self.impressions),
            "cpp" => ratio(spend * 1000.0, self.reach),
            "actions" => Actions::of(self).counts(),
            "action_values" => Actions::of(self).worths(),
            "cost_per_action_type" => Actions::of(self).costs(spend),
            "purchase_roas" => Actions::of(self).roas(PURCHASE, spend),
            "website_purchase_roas" => Actions::of(self).roas(PIXEL_PURCHASE, spend),
            "conversions" => Actions::conversions(self).counts(),
            "conversion_values" => Actions::conversions(self).worths(),
            "cost_per_conversion" => Actions::conversions(self).costs(spend),
            "conversion_leads" => Actions::conversion_leads(self).counts(),
            "cost_per_conversion_lead" => Actions::conversion_leads(self).costs(spend),
            _ if is_field(name) => Value::Null,
            _ => return None,
        })
    }
}

/// By a field: as numbers if they are such, otherwise as texts; what has no value comes first.
pub(super) fn compare(one: &Row<'_>, other: &Row<'_>, field: &str) -> Ordering {
    let text = |row: &Row<'_>| row.field(field).and_then(|value| value.as_str().map(str::to_owned));
    let (one, other) = (text(one), text(other));
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    match (number(&one), number(&other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => one.cmp(&other),
    }
}
