//! One row of insights: what is added up in it.

use std::collections::BTreeMap;

use super::period::Period;
use crate::graph::ads::Level;
use crate::world::{Ad, AdAccount, AdDay, ConversionLocation, Sum};

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
    pub(super) level: Level,
    pub(super) account: &'a AdAccount,
    /// One of its ads.
    pub(super) ad: &'a Ad,
    pub(super) period: Period,
    pub(super) spend_cents: u64,
    pub(super) impressions: u64,
    pub(super) reach: u64,
    pub(super) clicks: u64,
    pub(super) conversations: u64,
    pub(super) leads: u64,
    /// Number of events, and their worth in the account's currency.
    pub(super) events: BTreeMap<(ConversionLocation, String), (u64, f64)>,
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
    pub(super) fn add_events(&mut self, event: &(ConversionLocation, String), sum: &Sum) {
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
}
