//! Leads and contacts, and what can be changed about them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::price::LeadPrice;

/// The three kinds of cards that the sandbox keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) enum Kind {
    Lead,
    Contact,
    Company,
}

impl Kind {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "leads" | "lead" => Some(Self::Lead),
            "contacts" | "contact" => Some(Self::Contact),
            "companies" | "company" => Some(Self::Company),
            _ => None,
        }
    }

    /// The kind whose list has this name.
    pub(crate) fn of_list(name: &str) -> Option<Self> {
        Self::named(name).filter(|kind| kind.many() == name)
    }

    pub(crate) fn one(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Contact => "contact",
            Self::Company => "company",
        }
    }

    pub(crate) fn many(self) -> &'static str {
        match self {
            Self::Lead => "leads",
            Self::Contact => "contacts",
            Self::Company => "companies",
        }
    }
}

/// Values of custom fields by the field's id. No values is a field that is not filled.
pub(crate) type Values = BTreeMap<u64, Vec<Value>>;

/// What leads, contacts and companies have in common.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Card {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) responsible_user_id: u64,
    pub(crate) created_by: u64,
    pub(crate) updated_by: u64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) is_deleted: bool,
    pub(crate) tags: Vec<(u64, String)>,
    pub(crate) values: Values,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Lead {
    pub(crate) card: Card,
    pub(crate) price: Option<LeadPrice>,
    pub(crate) pipeline_id: u64,
    pub(crate) status_id: u64,
    pub(crate) loss_reason_id: Option<u64>,
    pub(crate) closed_at: Option<i64>,
    /// The first one is the main one.
    pub(crate) contact_ids: Vec<u64>,
    pub(crate) company_id: Option<u64>,
}

impl Lead {
    /// Pipeline and stage.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.pipeline_id, self.status_id)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Person {
    pub(crate) card: Card,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) company_id: Option<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Company {
    pub(crate) card: Card,
}

/// Whether something is to be changed: `null` in JSON takes a value away, no word about it keeps it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes this.
    Set(T),
}

impl<T> Change<T> {
    pub(crate) fn apply(self, to: &mut T) {
        if let Self::Set(value) = self {
            *to = value;
        }
    }
}

impl<T> From<Option<T>> for Change<T> {
    fn from(said: Option<T>) -> Self {
        said.map_or(Self::Keep, Self::Set)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::deserialize(from).map(Self::Set)
    }
}

/// Changes of what leads, contacts and companies have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct CardPatch {
    pub(crate) name: Change<String>,
    pub(crate) responsible_user_id: Change<u64>,
    pub(crate) tags: Change<Vec<(u64, String)>>,
    /// Fields that are not named stay.
    pub(crate) values: Values,
    pub(crate) is_deleted: Change<bool>,
}

impl CardPatch {
    pub(crate) fn apply(self, card: &mut Card, stamp: Stamp) {
        self.name.apply(&mut card.name);
        self.responsible_user_id.apply(&mut card.responsible_user_id);
        self.tags.apply(&mut card.tags);
        self.is_deleted.apply(&mut card.is_deleted);
        for (field, values) in self.values {
            if values.is_empty() {
                card.values.remove(&field);
            } else {
                card.values.insert(field, values);
            }
        }
        card.updated_at = stamp.at;
        card.updated_by = stamp.by;
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct LeadPatch {
    pub(crate) card: CardPatch,
    pub(crate) price: Change<Option<LeadPrice>>,
    /// Pipeline and stage.
    pub(crate) place: Change<(u64, u64)>,
    pub(crate) loss_reason_id: Change<Option<u64>>,
    pub(crate) contact_ids: Change<Vec<u64>>,
    pub(crate) company_id: Change<Option<u64>>,
    /// Says nothing about a lead that is not closed.
    pub(crate) closed_at: Option<i64>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct PersonPatch {
    pub(crate) card: CardPatch,
    pub(crate) first_name: Change<String>,
    pub(crate) last_name: Change<String>,
    pub(crate) company_id: Change<Option<u64>>,
}

/// When something happened, and by which user.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Stamp {
    /// Unix seconds.
    pub(crate) at: i64,
    /// 0 is a robot.
    pub(crate) by: u64,
}
