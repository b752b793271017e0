//! One row of insights, and the fields that it can show.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::actions::{Actions, PIXEL_PURCHASE, PURCHASE, number};
use super::period::Period;
use crate::graph::ads::Level;
use crate::world::{Ad, AdAccount, AdDay, Channel, Sum};

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

/// The id of what an ad's figures are added up to.
pub(super) fn id_at(level: Level, ad: &Ad) -> &str {
    match level {
        Level::Account => &ad.account_id,
        Level::Campaign => &ad.campaign_id,
        Level::AdSet => &ad.adset_id,
        Level::Ad => &ad.id,
    }
}

/// What an account, campaign, ad set or ad cost and brought in a period.
#[derive(Debug)]
pub(super) struct Row<'a> {
    level: Level,
    account: &'a AdAccount,
    /// One of its ads.
    ad: &'a Ad,
    period: Period,
    spend_cents: u64,
    impressions: u64,
    reach: u64,
    pub(super) clicks: u64,
    pub(super) conversations: u64,
    pub(super) leads: u64,
    /// Number of events, and their worth in the account's currency.
    pub(super) events: BTreeMap<(Channel, String), (u64, f64)>,
}

impl<'a> Row<'a> {
    pub(super) fn new(level: Level, account: &'a AdAccount, ad: &'a Ad, period: Period) -> Self {
        let (spend_cents, impressions, reach, clicks, conversations, leads) = (0, 0, 0, 0, 0, 0);
        let events = BTreeMap::new();
        Self {
            level,
            account,
            ad,
            period,
            spend_cents,
            impressions,
            reach,
            clicks,
            conversations,
            leads,
            events,
        }
    }

    pub(super) fn add_day(&mut self, day: &AdDay) {
        let add = |to: &mut u64, more: u64| *to = to.saturating_add(more);
        add(&mut self.spend_cents, day.spend_cents);
        add(&mut self.impressions, day.impressions);
        add(&mut self.reach, day.reach);
        add(&mut self.clicks, day.clicks);
        add(&mut self.conversations, day.conversations);
        add(&mut self.leads, day.leads);
    }

    /// Values in other currencies than the account's count for nothing.
    pub(super) fn add_events(&mut self, event: &(Channel, String), sum: &Sum) {
        let worth = sum.values.get(&self.account.currency.to_ascii_uppercase()).copied().unwrap_or_default();
        let held = self.events.entry(event.clone()).or_default();
        held.0 += sum.count;
        held.1 += worth;
    }

    /// Neither shown, nor paid for, nor followed by any event.
    pub(super) fn is_empty(&self) -> bool {
        self.impressions == 0 && self.spend_cents == 0 && self.clicks == 0 && self.events.is_empty()
    }

    pub(super) fn key(&self) -> String {
        format!("{} {} {}", id_at(self.level, self.ad), self.period.since, self.period.until)
    }

    /// What is shown when no fields are asked for.
    pub(super) fn default_fields(&self) -> Vec<&'static str> {
        let ids = ["account_id", "campaign_id", "adset_id", "ad_id"];
        let depth = 1 + self.level as usize;
        ids.into_iter().take(depth).chain(["impressions", "spend"]).collect()
    }

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
