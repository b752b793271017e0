//! What a change of the configuration means for what happened before it.
//!
//! What was mended counts for everything that Meta has not been told. What was switched (a mode, a policy
//! of consent, a rule that is new or means something else) counts from then on.

use std::collections::{BTreeMap, BTreeSet};

use capi::limits::EVENT_AGE_MAX_S;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Action, CatchUp, Consent, ConversionFilter, Dataset, Mode, Policy, Reason, Repeat, Restored, Revisit,
    Rule, State, TestRun, Trigger, Wanted, Worth,
};

/// How many datasets are remembered that are gone.
const DATASETS_REMEMBERED: usize = 1000;
/// Of how many codes of a dataset's tests it is remembered when they began.
const TESTS_REMEMBERED: usize = 20;
/// How many earlier modes of a dataset are remembered.
const MODES_REMEMBERED: usize = 50;

/// What the last configuration said, as a store keeps it. Holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    currency: Option<String>,
    consent: Option<Consent>,
    consent_since_s: Option<i64>,
    reading: CrmReading,
    datasets: BTreeMap<String, AdoptedDataset>,
    /// Datasets that are gone: they may come back.
    #[serde(default)]
    former: BTreeMap<String, AdoptedDataset>,
    rules: BTreeMap<String, AdoptedRule>,
    /// From which backup the store was restored: after another one, what was queued in it is held.
    #[serde(default)]
    restored: Option<Restored>,
}

/// How a CRM's answers are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmReading {
    /// Country of phone numbers that name none.
    pub country: Option<String>,
    /// By system of record, the field that says what somebody has agreed to.
    pub consent_fields: BTreeMap<String, String>,
    /// The fields and tags that rules name.
    #[serde(default)]
    pub wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct AdoptedDataset {
    account: Option<String>,
    mistaken_accounts: Vec<String>,
    mode: Mode,
    #[serde(default, alias = "mode_before", deserialize_with = "modes")]
    earlier_modes: Vec<(Mode, i64)>,
    /// The codes of its tests, the newest last, also while it is in another mode: none begins anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tests: Vec<TestRun>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct AdoptedRule {
    pipeline: Option<String>,
    trigger: Trigger,
    send: String,
    #[serde(default)]
    repeat: Repeat,
    /// Another worth counts for what was not told, and is no other rule.
    #[serde(default)]
    worth: Option<Worth>,
    since_s: Option<i64>,
}

/// What has come of the last configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// What it said; `None` at the very first start.
    pub before: Option<Adopted>,
    /// Rules that have made a conversion.
    pub matched: BTreeSet<String>,
    /// Datasets with accounts of whose chats Meta has taken events.
    pub taken: BTreeSet<(String, String)>,
}

/// Takes a configuration over: fills in since when its parts hold, and says what is to be looked at again.
/// With `since_s`, rules that count from a later time count from this one.
pub fn adopt(
    history: &History,
    policy: &mut Policy,
    reading: CrmReading,
    since_s: Option<i64>,
    now_s: i64,
) -> (Adopted, Option<Revisit>) {
    let oldest_s = now_s - EVENT_AGE_MAX_S;
    let mut rules = Vec::new();
    if let Some(before) = &history.before {
        adopt_consent(before, policy, now_s);
        adopt_datasets(before, policy, &history.taken, now_s);
        rules = adopt_rules(before, policy, &history.matched, oldest_s, now_s);
    }
    for dataset in &mut policy.datasets {
        let known = history.before.as_ref().and_then(|before| before.dataset(&dataset.id));
        begin_test(dataset, known, now_s);
    }
    if let Some(since_s) = since_s {
        catch_up(policy, &mut rules, since_s.max(oldest_s));
    }
    let mut adopted = adopted(policy, reading);
    if let Some(before) = &history.before {
        remember_datasets(before, &mut adopted);
    }
    let Some(before) = &history.before else { return (adopted, None) };
    if *before == adopted {
        return (adopted, None);
    }
    let mut ask_for = Vec::new();
    if before.reading.country != adopted.reading.country {
        ask_for.extend(Reason::CLICKLESS);
    }
    if before.reading.consent_fields != adopted.reading.consent_fields {
        ask_for.push(Reason::NoConsent);
    }
    if before.reading.wanted.fields != adopted.reading.wanted.fields {
        ask_for.push(Reason::WaitingPrice);
    }
    let filter = ConversionFilter {
        states: vec![State::Waiting, State::Queued, State::Suppressed, State::Failed],
        since_s: Some(oldest_s),
        ..ConversionFilter::default()
    };
    let action = Action::Resolve;
    let revisit = Revisit { action, filter: Some(filter), any_age_of_queued: true, ask_for, rules };
    (adopted, Some(revisit))
}

impl Adopted {
    /// When the code of a dataset's test was first used.
    pub fn test(&self, dataset: &str, code: &str) -> Option<&TestRun> {
        self.dataset(dataset)?.tests.iter().find(|test| test.code == code)
    }

    /// A dataset that it said, or one before it.
    fn dataset(&self, id: &str) -> Option<&AdoptedDataset> {
        self.datasets.get(id).or_else(|| self.former.get(id))
    }
}

fn adopt_consent(before: &Adopted, policy: &mut Policy, now_s: i64) {
    policy.consent_since_s = match (before.consent, policy.consent) {
        (Some(Consent::Required), Consent::Elsewhere) => Some(now_s),
        (_, Consent::Elsewhere) => before.consent_since_s,
        (_, Consent::Required) => None,
    };
}

/// An account that a dataset was linked to and of whose chats Meta never took an event was a mistake: what
/// came of it belongs to the account that is there now.
fn adopt_datasets(before: &Adopted, policy: &mut Policy, taken: &BTreeSet<(String, String)>, now_s: i64) {
    for dataset in &mut policy.datasets {
        let known = before.dataset(&dataset.id);
        // An account that moves takes the modes along under which its chats were.
        let moved = known.is_none_or(|known| known.account != dataset.waba_id);
        let had_account =
            |known: &&AdoptedDataset| moved && known.account.is_some() && known.account == dataset.waba_id;
        let earlier = before.datasets.values().chain(before.former.values());
        let earlier = earlier.filter(had_account).chain(known);
        let modes = |known: &AdoptedDataset| {
            let mut modes = known.earlier_modes.clone();
            if known.mode != dataset.mode {
                end_mode(&mut modes, known.mode, now_s);
            }
            modes
        };
        dataset.earlier_modes = together(&earlier.map(modes).collect::<Vec<_>>());
        let Some(known) = known else { continue };
        // Where nothing is sent, Meta was never asked.
        let tried = known.account.as_ref().filter(|_| matches!(known.mode, Mode::Live | Mode::Test));
        let accounts: BTreeSet<&String> = known.mistaken_accounts.iter().chain(tried).collect();
        dataset.mistaken_accounts = accounts
            .into_iter()
            .filter(|account| dataset.waba_id.as_ref() != Some(*account))
            .filter(|account| !taken.contains(&(dataset.id.clone(), (*account).clone())))
            .cloned()
            .collect();
    }
}

/// Notes until when a mode held, Unix seconds. Of more than are remembered, the two oldest count as the one that sends
/// less.
fn end_mode(modes: &mut Vec<(Mode, i64)>, mode: Mode, until_s: i64) {
    match modes.last_mut() {
        Some(last) if last.0 == mode => last.1 = until_s,
        _ => modes.push((mode, until_s)),
    }
    if modes.len() > MODES_REMEMBERED {
        let (oldest, _) = modes.remove(0);
        modes[0].0 = modes[0].0.max(oldest);
    }
}

/// The modes of datasets that are one now: at each time that of them which sent least.
fn together(all: &[Vec<(Mode, i64)>]) -> Vec<(Mode, i64)> {
    let ends: BTreeSet<i64> = all.iter().flatten().map(|(_, until_s)| *until_s).collect();
    let mut modes = Vec::new();
    for until_s in ends {
        let at = all.iter().filter_map(|modes| modes.iter().find(|(_, end_s)| until_s <= *end_s));
        if let Some(mode) = at.map(|(mode, _)| *mode).max() {
            end_mode(&mut modes, mode, until_s);
        }
    }
    modes
}

/// Reads earlier modes, also where only the last of them was kept.
fn modes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(Mode, i64)>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        All(Vec<(Mode, i64)>),
        Last(Option<(Mode, i64)>),
    }
    Ok(match Kept::deserialize(from)? {
        Kept::All(modes) => modes,
        Kept::Last(mode) => mode.into_iter().collect(),
    })
}

/// A code is used for a day since it was first adopted. What happened before it, while no test ran any more, stays
/// unsent.
fn begin_test(dataset: &mut Dataset, known: Option<&AdoptedDataset>, now_s: i64) {
    let mode = dataset.mode;
    let Some(test) = dataset.test.as_mut().filter(|_| mode == Mode::Test) else { return };
    let tests = known.map(|known| known.tests.as_slice()).unwrap_or_default();
    let begun = tests.iter().find(|begun| begun.code == test.code);
    test.since_s = Some(begun.and_then(|begun| begun.since_s).unwrap_or(now_s));
    let last = known.filter(|known| known.mode == Mode::Test).and_then(|known| known.tests.last());
    if last.is_some_and(|last| last.code != test.code && !last.runs_at(now_s)) {
        end_mode(&mut dataset.earlier_modes, Mode::Test, now_s);
    }
}

/// A rule that never made anything was mistaken, and is caught up once it is mended. Any other counts from
/// when it was made or changed.
fn adopt_rules(
    before: &Adopted,
    policy: &mut Policy,
    matched: &BTreeSet<String>,
    oldest_s: i64,
    now_s: i64,
) -> Vec<CatchUp> {
    let mut caught_up = Vec::new();
    for rule in &mut policy.rules {
        let Some(known) = before.rules.get(&rule.id) else {
            rule.since_s = Some(now_s);
            continue;
        };
        let (since_s, worth) = (known.since_s, known.worth.clone());
        let same = *known == adopted_rule(&Rule { worth, since_s, ..rule.clone() });
        let mended = !same && !matched.contains(&rule.id);
        rule.since_s = if same || mended { known.since_s } else { Some(now_s) };
        if mended {
            let since_s = known.since_s.unwrap_or(oldest_s).max(oldest_s);
            caught_up.push(CatchUp { rule: rule.id.clone(), since_s });
        }
    }
    caught_up
}

/// Lets rules that count from a later time count from this one.
fn catch_up(policy: &mut Policy, rules: &mut Vec<CatchUp>, since_s: i64) {
    for rule in policy.rules.iter_mut().filter(|rule| rule.since_s.is_some_and(|from_s| from_s > since_s)) {
        rule.since_s = Some(since_s);
        rules.retain(|other| other.rule != rule.id);
        rules.push(CatchUp { rule: rule.id.clone(), since_s });
    }
}

/// A dataset that is gone may come back, and what happened meanwhile stays unsent. A code that is gone may come back
/// as well.
fn remember_datasets(before: &Adopted, adopted: &mut Adopted) {
    for (id, dataset) in &mut adopted.datasets {
        let known = before.dataset(id).map(|known| known.tests.as_slice()).unwrap_or_default();
        let current = std::mem::take(&mut dataset.tests);
        let earlier = known.iter().filter(|test| current.iter().all(|one| one.code != test.code));
        dataset.tests = earlier.cloned().chain(current.iter().cloned()).collect();
        let surplus = dataset.tests.len().saturating_sub(TESTS_REMEMBERED);
        dataset.tests.drain(..surplus);
    }
    let gone = before.datasets.iter().chain(&before.former);
    let gone = gone.filter(|(id, _)| !adopted.datasets.contains_key(*id));
    adopted.former = gone.take(DATASETS_REMEMBERED).map(|(id, known)| (id.clone(), known.clone())).collect();
}

fn adopted(policy: &Policy, reading: CrmReading) -> Adopted {
    let dataset = |dataset: &Dataset| AdoptedDataset {
        account: dataset.waba_id.clone(),
        mistaken_accounts: dataset.mistaken_accounts.clone(),
        mode: dataset.mode,
        earlier_modes: dataset.earlier_modes.clone(),
        tests: dataset.testing().cloned().into_iter().collect(),
    };
    Adopted {
        currency: policy.currency.clone(),
        consent: Some(policy.consent),
        consent_since_s: policy.consent_since_s,
        reading,
        former: BTreeMap::new(),
        datasets: policy.datasets.iter().map(|one| (one.id.clone(), dataset(one))).collect(),
        rules: policy.rules.iter().map(|rule| (rule.id.clone(), adopted_rule(rule))).collect(),
        restored: policy.restored,
    }
}

fn adopted_rule(rule: &Rule) -> AdoptedRule {
    let Rule { pipeline, trigger, send, worth, repeat, since_s, .. } = rule.clone();
    AdoptedRule { pipeline, trigger, send, repeat, worth, since_s }
}

#[cfg(test)]
mod tests;
