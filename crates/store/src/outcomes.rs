//! The outcome log: how each conversion came to stand where it stands, for whoever adds up.

use std::{collections::HashMap, fmt};

use capi::Money;
use kopru_core::{Conversion, Reason, State};
use serde::{Deserialize, Serialize};

/// What conversions are counted by. A text is empty where there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dimensions {
    /// The dataset's id.
    pub dataset: String,
    /// The event's name on its route.
    pub name: String,
    /// The route.
    pub route: String,
    /// The system of record, or whoever reported it.
    pub source: String,
    /// The ad that it is credited to.
    pub ad: String,
    /// How far it is.
    pub state: State,
    /// Why.
    pub reason: Option<Reason>,
    /// The currency of its value.
    pub currency: String,
}

/// Where a conversion stands, when its event happened, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredStanding", into = "StoredStanding")]
pub struct Standing {
    /// The event under its general name, for example `Lead`.
    pub event: String,
    /// The rule that asked for it.
    pub rule: String,
    /// By what it is counted.
    pub place: Dimensions,
    /// The event's time, Unix seconds.
    pub event_s: i64,
    /// Its value, if it has one that is no estimate.
    pub amount: Option<Money>,
}

impl Standing {
    /// Where a conversion stands.
    pub fn of(conversion: &Conversion) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        // An estimate is never added up with what was paid.
        let value = conversion.value.filter(|_| !conversion.is_estimate());
        Self {
            event: conversion.event.clone(),
            rule: conversion.rule.clone(),
            place: Dimensions {
                dataset: text(&conversion.dataset),
                name: conversion.name.clone(),
                route: conversion.route.to_string(),
                source: conversion.cause.origin().to_owned(),
                ad: text(&conversion.ad_id),
                state: conversion.state,
                reason: conversion.reason,
                currency: value.map(|_| text(&conversion.currency)).unwrap_or_default(),
            },
            event_s: conversion.event_s,
            amount: value,
        }
    }

    /// The same, further on.
    #[must_use]
    pub fn moved_to(&self, state: State, reason: Option<Reason>) -> Self {
        Self { place: Dimensions { state, reason, ..self.place.clone() }, ..self.clone() }
    }
}

/// A conversion was made, or came to stand elsewhere. Whoever adds up takes away what was and adds what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// Rises with each row of a workspace, given out together with what it tells.
    pub number: u64,
    /// Where it stood; `None` when it was made.
    pub was: Option<Standing>,
    /// Where it stands.
    pub now: Standing,
    /// How many have come to stand there in the same way, all in one quarter of an hour. The amounts are those of
    /// all of them together.
    pub n: i64,
}

/// Conversions that come to stand elsewhere in one commit: those that do so alike are counted together.
#[derive(Debug, Default)]
pub(crate) struct Together {
    groups: HashMap<Alike, (i64, Option<Money>)>,
    /// Each by itself: its amount is none that is added up without being looked at.
    alone: Vec<Moved>,
}

/// Where they stood, where they stand, and how many they are.
pub(crate) type Moved = (Option<Standing>, Standing, i64);

/// What those share that are counted together: how far they were, where they stand, and the quarter of an hour.
type Alike = (Option<(State, Option<Reason>)>, Dimensions, String, String, i64);

/// A quarter of an hour, seconds: whatever lies within one is added up together in the end.
const QUARTER_S: i64 = 900;
/// The largest amount that is added to others here, in whole units of its currency.
const SUMMED_MAX: i64 = 1_000_000_000;

impl Together {
    /// One has come to stand there, from that state if it was there before.
    pub(crate) fn add(&mut self, was: Option<(State, Option<Reason>)>, now: Standing) {
        let largest = Money::from_minor_units(SUMMED_MAX, 0);
        let is_usual =
            |amount: Money| amount.is_positive() && largest.is_some_and(|largest| amount <= largest);
        if now.amount.is_some_and(|amount| !is_usual(amount)) {
            let was = was.map(|(state, reason)| now.moved_to(state, reason));
            self.alone.push((was, now, 1));
            return;
        }
        let Standing { event, rule, place, event_s, amount } = now;
        let quarter_s = event_s.div_euclid(QUARTER_S) * QUARTER_S;
        let (n, sum) = self.groups.entry((was, place, event, rule, quarter_s)).or_default();
        *n += 1;
        if let Some(amount) = amount {
            *sum = Some(sum.unwrap_or(Money::ZERO).checked_add(amount).unwrap_or(Money::ZERO));
        }
    }

    /// Adds those of another change.
    pub(crate) fn extend(&mut self, other: Self) {
        if self.groups.is_empty() {
            self.groups = other.groups;
        } else {
            for (alike, (n, amount)) in other.groups {
                let (all, sum) = self.groups.entry(alike).or_default();
                *all += n;
                if let Some(amount) = amount {
                    *sum = Some(sum.unwrap_or(Money::ZERO).checked_add(amount).unwrap_or(Money::ZERO));
                }
            }
        }
        self.alone.extend(other.alone);
    }

    /// What there is to tell those who follow: what was made, and then how it went on.
    pub(crate) fn into_moved(self) -> Vec<Moved> {
        let groups = self.groups.into_iter().map(|((was, place, event, rule, event_s), (n, amount))| {
            let now = Standing { event, rule, place, event_s, amount };
            (was.map(|(state, reason)| now.moved_to(state, reason)), now, n)
        });
        let mut all: Vec<Moved> = groups.chain(self.alone).collect();
        all.sort_by_key(|(was, _, _)| was.is_some());
        all
    }
}

/// As it is stored: a list, in the order of the fields.
#[derive(Serialize, Deserialize)]
struct StoredStanding(
    String,
    String,
    String,
    String,
    String,
    String,
    State,
    Option<Reason>,
    String,
    i64,
    Option<Money>,
    String,
);

impl From<StoredStanding> for Standing {
    fn from(row: StoredStanding) -> Self {
        let StoredStanding(
            event,
            dataset,
            name,
            route,
            source,
            ad,
            state,
            reason,
            currency,
            event_s,
            amount,
            rule,
        ) = row;
        let place = Dimensions { dataset, name, route, source, ad, state, reason, currency };
        Self { event, rule, place, event_s, amount }
    }
}

impl From<Standing> for StoredStanding {
    fn from(Standing { event, rule, place, event_s, amount }: Standing) -> Self {
        let Dimensions { dataset, name, route, source, ad, state, reason, currency } = place;
        Self(event, dataset, name, route, source, ad, state, reason, currency, event_s, amount, rule)
    }
}

/// The length of what a roll-up adds up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grain {
    /// A quarter of an hour.
    Quarter,
    /// A day of a time zone, by the zone's name.
    Day(String),
}

impl Grain {
    /// From what is stored.
    pub(crate) fn from_stored(zone: String) -> Self {
        if zone.is_empty() { Self::Quarter } else { Self::Day(zone) }
    }
}

/// As it is stored: the zone, or nothing for quarters.
impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quarter => Ok(()),
            Self::Day(zone) => f.write_str(zone),
        }
    }
}

/// Conversions of one place within a quarter of an hour or a day; or by how much these numbers change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollUp {
    /// How long.
    pub grain: Grain,
    /// Its beginning, Unix seconds.
    pub start_s: i64,
    /// By what they are counted.
    pub place: Dimensions,
    /// How many.
    pub n: i64,
    /// What they are worth, in the smallest unit of the currency.
    pub amount: i64,
}

/// Which roll-ups of a length are kept up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRollUps {
    /// How long.
    pub grain: Grain,
    /// Those that begin before are not: they are deleted, or were never built. Unix seconds.
    pub since_s: i64,
    /// Events of this time or later are not in it yet: they are added when their quarters are. Unix seconds.
    pub built_upto_s: i64,
}

/// How far a follower is, and what is kept up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    /// The number of the last outcome that was added.
    pub upto: u64,
    /// What is kept up.
    pub kept: Vec<KeptRollUps>,
}

/// Outcomes in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Those that can be read.
    pub rows: Vec<OutcomeRow>,
    /// The number of the last one that was looked at.
    pub upto: u64,
    /// Whether as many were looked at as were asked for.
    pub more: bool,
}

/// What a follower has added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RollUpStep {
    /// Up to which outcome.
    pub upto: u64,
    /// By how much numbers change, each place once.
    pub changes: Vec<RollUp>,
    /// What is kept up from now on, as far as that changes.
    pub kept: Vec<KeptRollUps>,
}

/// Whole quarters of an hour, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quarters {
    /// What is in them.
    pub rows: Vec<RollUp>,
    /// Behind the last one, where others follow. Unix seconds.
    pub next_s: Option<i64>,
}

/// How many rows of roll-ups one read for people looks at, beyond the ones of the last quarter or day.
pub const ROLL_UPS_MAX: usize = 20_000;

/// Whole quarters or days, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RollUpPage {
    /// What is in them.
    pub rows: Vec<RollUp>,
    /// The beginning of the oldest one that was read, where older ones were asked for and left out: so many
    /// rows had been read. Unix seconds.
    pub stopped_at_s: Option<i64>,
    /// What is kept up of them, if anything is.
    pub kept: Option<KeptRollUps>,
}
