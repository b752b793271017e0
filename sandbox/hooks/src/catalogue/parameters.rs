//! What a shape is filled with: what somebody said, and defaults for the rest.

use serde::Deserialize;

use crate::click_id;

/// What a shape is filled with. What is `None` has a default; what a shape does not have is not used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// The customer's phone in digits.
    pub phone: Option<String>,
    /// The customer's or the lead's name.
    pub name: Option<String>,
    /// The click id of WhatsApp (`ctwa_clid`). By default a new one, as each click has its own,
    /// which every sandbox takes as a click on an ad of the account.
    pub clid: Option<String>,
    /// The ad's id.
    pub ad: Option<String>,
    /// The WhatsApp Business Account's id.
    pub waba: Option<String>,
    /// The Page's id.
    pub page: Option<String>,
    /// The customer's id at the Page.
    pub psid: Option<String>,
    /// The Instagram account's id.
    pub ig: Option<String>,
    /// The customer's id at the Instagram account.
    pub sid: Option<String>,
    /// The lead's id, at Meta or at Kommo.
    pub lead: Option<u64>,
    /// The form's id.
    pub form: Option<String>,
    /// Kommo's stage that the lead is in now.
    pub stage: Option<u64>,
    /// Kommo's pipeline that the lead is in.
    pub pipeline: Option<u64>,
    /// The lead's price as text, or the sale's value.
    pub price: Option<String>,
    /// What the customer writes.
    pub text: Option<String>,
    /// What message ids end with. By default new, as a receiver drops a message that it had.
    pub id: Option<String>,
    /// When it happens, Unix seconds. By default now.
    pub time: Option<i64>,
}

/// The parameters with their defaults filled in.
pub(super) struct Values {
    pub phone: String,
    pub name: String,
    pub clid: String,
    pub ad: String,
    pub waba: String,
    pub page: String,
    pub psid: String,
    pub ig: String,
    pub sid: String,
    pub lead: u64,
    pub form: String,
    pub stage: u64,
    pub pipeline: u64,
    pub price: String,
    pub text: String,
    pub id: String,
    pub time: i64,
}

impl Values {
    pub fn new(said: &Parameters, now_ms: i64) -> Self {
        let or = |said: &Option<String>, default: &str| said.clone().unwrap_or_else(|| default.to_owned());
        let waba = or(&said.waba, "222");
        let id = or(&said.id, &now_ms.to_string());
        Self {
            phone: or(&said.phone, "905320000001"),
            // With a letter that Meta escapes.
            name: or(&said.name, "Ayşe Kaya"),
            clid: said.clid.clone().unwrap_or_else(|| click_id::make(&waba, &id)),
            ad: or(&said.ad, "120200000000000000"),
            waba,
            page: or(&said.page, "111222333"),
            psid: or(&said.psid, "444555666"),
            ig: or(&said.ig, "17841400000000000"),
            sid: or(&said.sid, "5551234567"),
            lead: said.lead.unwrap_or(5_550_001),
            form: or(&said.form, "777"),
            stage: said.stage.unwrap_or(142),
            pipeline: said.pipeline.unwrap_or(770_001),
            price: or(&said.price, "1500"),
            text: or(&said.text, "Hi"),
            id,
            time: said.time.unwrap_or(now_ms.div_euclid(1000)),
        }
    }

    /// The time as Messenger and Instagram have it.
    pub fn time_ms(&self) -> i64 {
        self.time.saturating_mul(1000)
    }

    /// When the webhook leaves, some milliseconds after what it reports.
    pub fn told_ms(&self) -> i64 {
        self.time_ms().saturating_add(123)
    }
}
