//! Deals as Kopru knows them, and which stages they entered.

use std::collections::BTreeMap;

use capi::Money;
use serde::{Deserialize, Serialize};

use crate::{DealKey, DealNow, Missing, Named, Node, Seq, StageId, Unmade, policy::is_won};

/// A deal that is no older than this when it is first seen got its tags meanwhile, seconds.
const TAG_AGE_MAX_S: i64 = 3600;
/// How many stage entries of a deal are remembered.
const ENTRIES_MAX: usize = 64;
/// How far apart the times of one move may be, seconds: a report, the deal itself and the audit log each
/// have their own.
const SAME_MOVE_S: u64 = 120;

/// A deal as Kopru knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deal {
    /// Which one.
    pub key: DealKey,
    /// Where it stood when it was last read.
    pub stage: Option<StageId>,
    /// Its price.
    pub price: Option<Money>,
    /// Its contacts, the main one first, and its companies behind them.
    pub contacts: Vec<Node>,
    /// When it was made, Unix seconds.
    #[serde(default)]
    pub created_s: Option<i64>,
    /// When the CRM last changed it, Unix seconds.
    pub updated_s: i64,
    /// The stages that it is known to have entered.
    pub entries: Vec<Entry>,
    /// What it says about consent.
    pub consent: Option<crate::ConsentAnswer>,
    /// The stage in which it is known to have arrived while nothing says when, with the CRM's last
    /// change of the deal, until the audit log has said more.
    pub arrived: Option<Entry>,
    /// Since when the audit log is waited for to say when the deal was closed, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_ms: Option<i64>,
    /// The closing time that it shows, Unix seconds: anybody may type another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_s: Option<i64>,
    /// The fact by which it was last read.
    #[serde(default)]
    pub read_by: Seq,
    /// What it shows of the fields and tags that rules name.
    #[serde(default)]
    pub named: Named,
    /// When it got tags that rules name, Unix seconds, as far as that is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tagged_s: BTreeMap<String, i64>,
    /// How many events of a name it has made, of those that it can make more than once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub made: BTreeMap<String, u32>,
    /// By rule: it did what fires the rule, and no event came of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unmade: BTreeMap<String, Unmade>,
    /// By rule that takes sales back: where the deal stood when it fired the rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken_back: BTreeMap<String, Vec<Entry>>,
    /// Whether the CRM no longer has it.
    #[serde(default)]
    pub gone: bool,
    /// Since when the CRM answers that it does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// Whether the CRM's history, or a report, is ahead of what it shows of the deal, and is asked again.
    #[serde(default)]
    pub lagging: bool,
    /// Since when reports have been ahead of each reading, Unix milliseconds: anybody who knows the address can
    /// post more of them, and they hold up nothing for longer than a CRM lags.
    #[serde(default)]
    pub behind_since_ms: Option<i64>,
    /// When the CRM had last changed it as it was first shown in the stage in which it stands, Unix seconds: it
    /// came there no later.
    #[serde(default)]
    pub shown_s: i64,
    /// The last thing that the audit log told of the deal and that its row must show, Unix seconds.
    #[serde(default)]
    pub told_s: i64,
}

/// A deal entered a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which stage.
    pub stage: StageId,
    /// When, Unix seconds.
    pub at_s: i64,
    /// From which other stage, where that is known: it tells which of two moves of one second came first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<StageId>,
    /// Whether nothing but the deal's own row says when: what the audit log says later takes its place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guessed: bool,
}

impl Entry {
    /// An entry of which nobody knows from where.
    pub fn new(stage: StageId, at_s: i64) -> Self {
        Self { stage, at_s, left: None, guessed: false }
    }

    /// Whether the deal is known to have come from another one's stage.
    pub(crate) fn follows(&self, other: &Self) -> bool {
        self.stage != other.stage && self.left.as_ref() == Some(&other.stage)
    }
}

impl Deal {
    /// A deal of which nothing is known yet.
    pub fn new(key: DealKey) -> Self {
        Self {
            key,
            stage: None,
            price: None,
            contacts: Vec::new(),
            created_s: None,
            updated_s: 0,
            entries: Vec::new(),
            consent: None,
            arrived: None,
            arrived_ms: None,
            closed_s: None,
            read_by: 0,
            named: Named::default(),
            tagged_s: BTreeMap::new(),
            made: BTreeMap::new(),
            unmade: BTreeMap::new(),
            taken_back: BTreeMap::new(),
            gone: false,
            missing: None,
            lagging: false,
            behind_since_ms: None,
            shown_s: 0,
            told_s: 0,
        }
    }

    /// Whether the deal is known to have entered the stage at some time.
    pub fn has_entered(&self, stage: &StageId) -> bool {
        self.entries.iter().any(|entry| entry.stage == *stage)
    }

    /// Whether the deal is known to have arrived in the stage while nothing says when.
    pub fn has_arrived(&self, stage: &StageId) -> bool {
        self.arrived.as_ref().is_some_and(|arrived| arrived.stage == *stage)
    }

    /// Whether an entry is one that is known already, perhaps with a time of another source.
    pub(crate) fn knows(&self, entry: &Entry) -> bool {
        let is_between = |one: &Entry, at_s: i64| {
            let (first_s, last_s) = (at_s.min(entry.at_s), at_s.max(entry.at_s));
            one.stage != entry.stage && first_s < one.at_s && one.at_s < last_s
        };
        let went_there_and_back = |other: &Entry, one: &Entry| {
            other.follows(one) && entry.follows(other) && (one.at_s..=entry.at_s).contains(&other.at_s)
        };
        // Who came from elsewhere has gone another way.
        let is_other_way = |one: &Entry| one.left.is_some() && entry.left.is_some() && one.left != entry.left;
        // What was guessed is not known to whoever says it.
        let is_said = |one: &&Entry| one.stage == entry.stage && (!one.guessed || entry.guessed);
        let mut known = self.entries.iter().filter(is_said);
        known.any(|one| {
            let is_another = |other: &Entry| is_between(other, one.at_s) || went_there_and_back(other, one);
            one.at_s == entry.at_s
                || (one.at_s.abs_diff(entry.at_s) <= SAME_MOVE_S
                    && !is_other_way(one)
                    && !self.entries.iter().any(is_another))
        })
    }

    /// Takes over from where a known entry came, if others are of the same second; says which it was.
    pub(crate) fn learn_left(&mut self, told: &Entry) -> Option<Entry> {
        let left = told.left.as_ref().filter(|left| **left != told.stage)?;
        let mut others = self.entries.iter().filter(|one| one.stage != told.stage);
        let is_alone = !others.any(|one| one.at_s == told.at_s);
        let mut known = self.entries.iter_mut();
        let known = known.find(|one| one.stage == told.stage && one.at_s == told.at_s)?;
        if is_alone || known.left.is_some() {
            return None;
        }
        known.left = Some(left.clone());
        Some(known.clone())
    }

    /// Takes over that a stage was left at a time, Unix seconds: what was entered then came from there.
    pub(crate) fn went_on_from(&mut self, stage: &StageId, left_s: i64) {
        let mut entered = self.entries.iter_mut().filter(|one| one.at_s == left_s && one.stage != *stage);
        if let (Some(entry), None) = (entered.next(), entered.next())
            && entry.left.is_none()
        {
            entry.left = Some(stage.clone());
        }
    }

    /// Whether a deal is known to have left a stage within the second in which it entered it.
    fn is_left_at_once(&self, entry: &Entry) -> bool {
        !self.after_in_second(entry).is_empty()
    }

    /// What is known to have been entered later within the second of an entry.
    pub(crate) fn after_in_second(&self, entry: &Entry) -> Vec<&Entry> {
        let order = self.order_of_second(entry.at_s);
        if let Some(place) = order.iter().position(|one| one.stage == entry.stage) {
            return order[place + 1..].to_vec();
        }
        let of_second = self.entries.iter().filter(|other| other.at_s == entry.at_s);
        of_second.filter(|other| other.follows(entry)).collect()
    }

    /// The entries of a second in their order: from the stage in which the deal was before, each one from where
    /// the one before it went. Empty where that leads through some of them only. Two stages that were entered
    /// from each other (lost, and won again) have no order without it.
    fn order_of_second(&self, at_s: i64) -> Vec<&Entry> {
        let before = self.entries.iter().filter(|one| one.at_s < at_s);
        let before_s = before.map(|one| one.at_s).max();
        let last_before = before_s.and_then(|before_s| {
            let mut of_second = self.entries.iter().filter(|one| one.at_s == before_s);
            let only = of_second.next()?;
            if of_second.next().is_none() {
                Some(only)
            } else {
                self.order_of_second(before_s).last().copied()
            }
        });
        let mut left: Vec<&Entry> = self.entries.iter().filter(|one| one.at_s == at_s).collect();
        let mut order: Vec<&Entry> = Vec::with_capacity(left.len());
        let Some(mut stage) = last_before.map(|before| &before.stage) else { return order };
        while let Some(next) = left.iter().position(|one| one.left.as_ref() == Some(stage)) {
            let entered = left.swap_remove(next);
            stage = &entered.stage;
            order.push(entered);
        }
        if left.is_empty() { order } else { Vec::new() }
    }

    /// The stage that a deal left with its first move is the one in which it was made.
    pub(crate) fn made_in(&self, left: &StageId, first: &Entry) -> Option<Entry> {
        let created_s = self.created_s.filter(|created_s| *created_s <= first.at_s)?;
        let mut earlier = self.entries.iter().filter(|one| one.at_s < first.at_s);
        let is_first = earlier.all(|one| one.stage == first.stage);
        (is_first && !self.has_entered(left)).then(|| Entry::new(left.clone(), created_s))
    }

    /// When the deal is known to have entered the stage last, Unix seconds.
    pub(crate) fn entered_s(&self, stage: &StageId) -> Option<i64> {
        self.entries.iter().rev().find(|entry| entry.stage == *stage).map(|entry| entry.at_s)
    }

    /// The stage in which it arrived, and since when the audit log is waited for to say when, Unix milliseconds.
    pub(crate) fn closing(&self) -> Option<(&Entry, i64)> {
        self.arrived.as_ref().zip(self.arrived_ms)
    }

    /// Nothing is left to be said of when the deal arrived.
    pub(crate) fn has_been_told(&mut self) {
        (self.arrived, self.arrived_ms) = (None, None);
    }

    /// Remembers an entry of which the audit log tells, in the place of what was guessed.
    pub(crate) fn enter_as_told(&mut self, entry: Entry) {
        self.entries.retain(|one| !(one.guessed && one.stage == entry.stage));
        self.enter(entry);
    }

    /// Remembers an entry; the oldest leave first, and what was won stays.
    pub(crate) fn enter(&mut self, entry: Entry) {
        if self.entries.len() >= ENTRIES_MAX {
            let oldest = self.entries.iter().position(|entry| !is_won(&entry.stage)).unwrap_or(0);
            self.entries.remove(oldest);
        }
        self.entries.push(entry);
    }

    /// Takes over what a reading shows of its tags: those that it got meanwhile with the time, and those of
    /// which nobody knows since when it has them.
    pub(crate) fn take_tags(&mut self, now: &DealNow, is_first: bool) -> Vec<(String, Option<i64>)> {
        let age_s = now.created_s.map(|created_s| now.updated_s.saturating_sub(created_s));
        let is_young = is_first && age_s.is_some_and(|age_s| age_s <= TAG_AGE_MAX_S);
        let mut got = Vec::new();
        for (tag, _) in now.named.tags.iter().filter(|(_, is_there)| **is_there) {
            let at_s = match self.named.tags.get(tag) {
                Some(true) => continue,
                // It got it with its last change, or shortly before.
                Some(false) => Some(now.updated_s),
                None => is_young.then_some(now.updated_s),
            };
            if let Some(at_s) = at_s {
                self.tagged_s.insert(tag.clone(), at_s);
            }
            got.push((tag.clone(), at_s));
        }
        self.named.clone_from(&now.named);
        got
    }

    /// The stage in which the deal stands, if it was known there before a move to another one, and when it came
    /// back is not known.
    pub(crate) fn left_and_back(&self) -> Option<&StageId> {
        let shown = self.stage.as_ref().filter(|shown| self.has_entered(shown))?;
        let moved_s = self.entries.iter().map(|entry| entry.at_s).max()?;
        let is_last = self.entries.iter().any(|entry| entry.at_s == moved_s && entry.stage == *shown);
        (self.updated_s > moved_s && !is_last).then_some(shown)
    }

    /// When the deal last moved, if the CRM's history knows of a move that what it shows of the deal does not:
    /// Unix seconds.
    pub(crate) fn unseen_move_s(&self) -> Option<i64> {
        let shown = self.stage.as_ref()?;
        let moved_s = self.entries.iter().map(|entry| entry.at_s).max()?;
        // The last change that the row shows may be an earlier one of the same second.
        let mut last =
            self.entries.iter().filter(|entry| entry.at_s == moved_s && !self.is_left_at_once(entry));
        (moved_s >= self.updated_s && last.all(|entry| entry.stage != *shown)).then_some(moved_s)
    }
}
