//! What a caller puts into the sandbox: the account, pipelines, contacts and deals.

use serde::{Deserialize, Serialize};

/// The account that Kommo shows. Prices of deals are in its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its number.
    pub id: u64,
    /// The first part of its host name.
    pub subdomain: String,
    /// Its name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// ISO 3166.
    pub country: String,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: 330_001,
            subdomain: "acme".to_owned(),
            name: "Acme".to_owned(),
            currency: "EUR".to_owned(),
            country: "DE".to_owned(),
        }
    }
}

/// A pipeline. The stages 142 and 143 are always there, also when they are not named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its stages in order.
    #[serde(default)]
    pub statuses: Vec<Status>,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Its id, which means something only together with the pipeline's.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether it is the stage of incoming leads (`type` 1).
    #[serde(default)]
    pub incoming: bool,
}

/// A contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Its id.
    pub id: u64,
    /// The name; for WhatsApp contacts the name of their profile.
    #[serde(default)]
    pub name: String,
    /// Phone numbers as typed.
    #[serde(default)]
    pub phones: Vec<String>,
    /// E-mail addresses as typed.
    #[serde(default)]
    pub emails: Vec<String>,
}

/// A deal, which Kommo's API calls a lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deal {
    /// Its id.
    pub id: u64,
    /// Its name, which may be empty.
    #[serde(default)]
    pub name: String,
    /// The pipeline that it is in.
    pub pipeline_id: u64,
    /// The stage that it is in.
    pub status_id: u64,
    /// The price in the account's currency; `None` is null in the API.
    #[serde(default)]
    pub price: Option<i64>,
    /// Its contacts; the first one is the main one.
    #[serde(default)]
    pub contact_ids: Vec<u64>,
    /// When it was made, Unix seconds.
    pub created_at: i64,
}
