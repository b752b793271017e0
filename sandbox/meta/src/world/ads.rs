//! Ad accounts, ads with what they cost, clicks on ads, and what people typed into instant forms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An ad account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdAccount {
    /// Its id without `act_`.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// ISO 4217; what ads cost is in it.
    pub currency: String,
    /// IANA name, such as `Europe/Istanbul`; days of insights are days there.
    #[serde(default)]
    pub time_zone: String,
}

/// An ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ad {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The ad account, without `act_`.
    pub account_id: String,
    /// Its campaign.
    #[serde(default)]
    pub campaign_id: String,
    /// The campaign's name.
    #[serde(default)]
    pub campaign_name: String,
    /// Its ad set.
    #[serde(default)]
    pub adset_id: String,
    /// The ad set's name.
    #[serde(default)]
    pub adset_name: String,
    /// What it shows.
    #[serde(default)]
    pub creative_id: String,
    /// `ACTIVE`, `PAUSED`, `ARCHIVED` or `DELETED`.
    #[serde(default)]
    pub status: String,
    /// What it cost and brought by day (`YYYY-MM-DD` in the account's time zone).
    #[serde(default)]
    pub days: BTreeMap<String, AdDay>,
}

/// One day of an ad.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdDay {
    /// Hundredths of the account's currency.
    pub spend_cents: u64,
    /// How often it was shown.
    #[serde(default)]
    pub impressions: u64,
    /// To how many people.
    #[serde(default)]
    pub reach: u64,
    /// How often it was clicked.
    #[serde(default)]
    pub clicks: u64,
    /// How many conversations began on it.
    #[serde(default)]
    pub conversations: u64,
    /// How many instant forms were sent on it.
    #[serde(default)]
    pub leads: u64,
}

/// A click on a click-to-WhatsApp ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Click {
    /// The click id as Meta would have issued it.
    pub ctwa_clid: String,
    /// The WhatsApp Business Account that the ad leads to.
    pub waba_id: String,
    /// The ad.
    pub ad_id: String,
    /// The Page that the ad belongs to. An event that names another one is refused with 2804072.
    #[serde(default)]
    pub page_id: Option<String>,
    /// When it was clicked, Unix seconds.
    #[serde(default)]
    pub at: Option<i64>,
    /// Who clicked: the id of a person.
    #[serde(default)]
    pub person: Option<u64>,
}

/// What somebody typed into an instant form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// The lead id, 15 to 17 digits.
    pub id: String,
    /// The form.
    pub form_id: String,
    /// The Page that the form belongs to.
    #[serde(default)]
    pub page_id: Option<String>,
    /// The ad that showed the form; `None` for an organic lead.
    #[serde(default)]
    pub ad_id: Option<String>,
    /// Where the form was shown: `fb` or `ig`.
    #[serde(default)]
    pub platform: String,
    /// When it was sent, Unix seconds.
    pub created_at: i64,
    /// Names of fields and what was typed.
    #[serde(default)]
    pub fields: Vec<(String, Vec<String>)>,
    /// Who sent it: the id of a person.
    #[serde(default)]
    pub person: Option<u64>,
}
