//! What is known of a person, and what is left of it when that is erased.

use std::collections::BTreeMap;

use capi::Money;
use kopru_core::{Chat, DealKey, Node, StageId};
use serde::{Deserialize, Serialize};

use crate::views::Listed;

/// How many deals of a contact, and how many conversions, are shown of a person.
pub const KNOWN_MAX: usize = 1_000;

/// What is known of a person. Identifiers are counted by their kind and never shown.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct KnownPerson {
    /// Contacts of a CRM.
    pub contacts: Vec<Node>,
    /// How many identifiers of each kind.
    pub identifiers: BTreeMap<String, usize>,
    /// Clicks, newest first.
    pub clicks: Vec<KnownClick>,
    /// How their chats began, the oldest first.
    pub chats: Vec<Chat>,
    /// Deals of the contacts.
    pub deals: Vec<KnownDeal>,
    /// What came of these deals and contacts, what was told by these clicks, and what sites, apps and shops told of
    /// them as long as their events are kept; newest first, with what Meta was told and has said.
    pub conversions: Vec<Listed>,
    /// Whether all deals and conversions are here.
    pub is_whole: bool,
    /// Whether they were erased: then nothing is learnt of them.
    pub is_erased: bool,
}

impl KnownPerson {
    /// Whether nothing is known of them.
    pub fn is_unknown(&self) -> bool {
        let clicked = !self.clicks.is_empty();
        let told = !self.conversions.is_empty();
        self.contacts.is_empty() && !clicked && !told && self.chats.is_empty() && self.deals.is_empty()
    }
}

/// A click of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownClick {
    /// When the message was written, Unix seconds.
    pub at_s: i64,
    /// The ad.
    pub ad_id: Option<String>,
    /// The business account that received it; unknown once the click has expired.
    pub account: Option<String>,
}

/// A deal of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownDeal {
    /// Which one.
    pub key: DealKey,
    /// Where it stands.
    pub stage: Option<StageId>,
    /// Its price.
    pub price: Option<Money>,
}

/// A person was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its number in the workspace.
    pub number: u64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// How many identifiers and contacts are marked, so that they are not learnt anew.
    pub marks: usize,
    /// What was removed.
    pub removed: Removed,
}

/// How much was removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Removed {
    /// Contacts with their identifiers.
    pub contacts: u64,
    /// Links between identifiers.
    pub links: u64,
    /// Clicks.
    pub clicks: u64,
    /// Records of the log.
    pub facts: u64,
    /// Questions to the CRM that were open.
    pub questions: u64,
    /// Conversions of which only the number, the id and the counts are left.
    pub conversions: u64,
    /// Those of them that Meta was not told and is not told any more.
    pub not_sent: u64,
}
