//! What a change of the configuration means for what happened before it.
//!
//! What was mended counts for everything that Meta has not been told. What was switched (a mode, a policy
//! of consent, a rule that is new or means something else) counts from then on.

use std::collections::{BTreeMap, BTreeSet};

use capi::limits::EVENT_AGE_MAX_S;
use serde::{Deserialize, Serialize};

use crate::{
    Action, CatchUp, Consent, ConversionFilter, Mode, Policy, Reason, Repeat, Restored, Revisit, Rule, State,
    Trigger, Wanted, Worth,
};

/// How many datasets are remembered that are gone.
const DATASETS_REMEMBERED: usize = 1000;

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
    mode_before: Option<(Mode, i64)>,
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
        let known = before.datasets.get(&dataset.id).or_else(|| before.former.get(&dataset.id));
        // An account that moves takes the modes along under which its chats were.
        let moved = known.is_none_or(|known| known.account != dataset.waba_id);
        let had_account =
            |known: &&AdoptedDataset| moved && known.account.is_some() && known.account == dataset.waba_id;
        let earlier = before.datasets.values().chain(before.former.values());
        let earlier = earlier.filter(had_account).chain(known);
        let cut = |known: &AdoptedDataset| {
            if known.mode == dataset.mode { known.mode_before } else { Some((known.mode, now_s)) }
        };
        // The longest cut holds, and of equal ones that of a mode that sends nothing.
        dataset.mode_before =
            earlier.filter_map(cut).max_by_key(|(mode, until_s)| (*until_s, *mode != Mode::Live));
        let Some(known) = known else { continue };
        // Where nothing is sent, Meta was never asked.
        let tried = known.account.as_ref().filter(|_| known.mode == Mode::Live);
        let accounts: BTreeSet<&String> = known.mistaken_accounts.iter().chain(tried).collect();
        dataset.mistaken_accounts = accounts
            .into_iter()
            .filter(|account| dataset.waba_id.as_ref() != Some(*account))
            .filter(|account| !taken.contains(&(dataset.id.clone(), (*account).clone())))
            .cloned()
            .collect();
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

/// A dataset that is gone may come back, and what happened meanwhile stays unsent.
fn remember_datasets(before: &Adopted, adopted: &mut Adopted) {
    let gone = before.datasets.iter().chain(&before.former);
    let gone = gone.filter(|(id, _)| !adopted.datasets.contains_key(*id));
    adopted.former = gone.take(DATASETS_REMEMBERED).map(|(id, known)| (id.clone(), known.clone())).collect();
}

fn adopted(policy: &Policy, reading: CrmReading) -> Adopted {
    let dataset = |dataset: &crate::Dataset| AdoptedDataset {
        account: dataset.waba_id.clone(),
        mistaken_accounts: dataset.mistaken_accounts.clone(),
        mode: dataset.mode,
        mode_before: dataset.mode_before,
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
mod tests {
    use super::*;
    use crate::{Dataset, RouteKind, WorkspaceId};

    const NOW_S: i64 = 1_780_000_000;
    const BEFORE_S: i64 = NOW_S - 1000;

    fn rule(id: &str, stage: &str) -> Rule {
        Rule {
            id: id.into(),
            pipeline: None,
            trigger: Trigger::Named(stage.into()),
            send: "Lead".into(),
            worth: None,
            repeat: Repeat::Once,
            since_s: None,
        }
    }

    fn policy() -> Policy {
        Policy {
            workspace: WorkspaceId(1),
            currency: None,
            consent: Consent::Required,
            consent_since_s: None,
            restored: None,
            rules: vec![rule("qualified", "Qualifed")],
            datasets: vec![Dataset {
                id: "1".into(),
                waba_id: Some("999".into()),
                mistaken_accounts: Vec::new(),
                routes: vec![RouteKind::Messaging],
                mode: Mode::Shadow,
                mode_before: None,
                rules: capi::Rules::Both,
            }],
        }
    }

    /// The history after a first configuration.
    fn history(mut first: Policy) -> History {
        let (adopted, revisit) =
            adopt(&History::default(), &mut first, CrmReading::default(), None, BEFORE_S);
        assert_eq!((revisit, first), (None, policy()), "at the very first start nothing is cut");
        History { before: Some(adopted), ..History::default() }
    }

    /// Adopts a changed configuration.
    fn changed(history: &History, change: impl FnOnce(&mut Policy)) -> (Policy, Option<Revisit>) {
        let mut policy = policy();
        change(&mut policy);
        let (_, revisit) = adopt(history, &mut policy, CrmReading::default(), None, NOW_S);
        (policy, revisit)
    }

    #[test]
    fn without_a_change_nothing_is_looked_at_again() {
        assert_eq!(changed(&history(policy()), |_| {}), (policy(), None));
    }

    #[test]
    fn after_a_restore_everything_is_looked_at_again_once() {
        let history = history(policy());
        let restored = Some(Restored { backup_s: BEFORE_S, restored_s: NOW_S });
        let (mut policy, revisit) = changed(&history, |policy| policy.restored = restored);
        let revisit = revisit.unwrap();
        assert!(revisit.any_age_of_queued && revisit.filter.unwrap().states.contains(&State::Queued));
        let (adopted, _) = adopt(&history, &mut policy, CrmReading::default(), None, NOW_S);
        let history = History { before: Some(adopted), ..history };
        assert_eq!(adopt(&history, &mut policy, CrmReading::default(), None, NOW_S + 1).1, None);
    }

    #[test]
    fn what_can_be_mended_is_looked_at_again_once_and_within_the_age_that_meta_accepts() {
        let history = history(policy());
        let (_, revisit) = changed(&history, |policy| policy.datasets[0].id = "2".into());
        let filter = revisit.unwrap().filter.unwrap();
        assert_eq!(filter.since_s, Some(NOW_S - EVENT_AGE_MAX_S));
        let mut policy = policy();
        policy.datasets[0].id = "2".into();
        let (adopted, _) = adopt(&history, &mut policy, CrmReading::default(), None, NOW_S);
        let history = History { before: Some(adopted), ..history };
        assert_eq!(adopt(&history, &mut policy, CrmReading::default(), None, NOW_S + 1).1, None);
    }

    #[test]
    fn the_crm_is_asked_anew_where_its_answers_are_read_otherwise() {
        let history = history(policy());
        let field = |name: &str| [("kommo:1".to_owned(), name.to_owned())].into();
        for (reading, ask_for) in [
            (CrmReading { country: Some("TR".into()), ..CrmReading::default() }, Reason::CLICKLESS.to_vec()),
            (
                CrmReading { consent_fields: field("Consent"), ..CrmReading::default() },
                vec![Reason::NoConsent],
            ),
        ] {
            let (_, revisit) = adopt(&history, &mut policy(), reading, None, NOW_S);
            assert_eq!(revisit.unwrap().ask_for, ask_for);
        }
    }

    #[test]
    fn an_account_of_which_meta_never_took_anything_was_a_mistake() {
        let mended = |policy: &mut Policy| policy.datasets[0].waba_id = Some("222".into());
        let watched = history(policy());
        assert!(changed(&watched, mended).0.datasets[0].mistaken_accounts.is_empty(), "Meta was never asked");
        let mut history = watched;
        let known = history.before.as_mut().unwrap().datasets.get_mut("1").unwrap();
        known.mode = Mode::Live;
        assert_eq!(changed(&history, mended).0.datasets[0].mistaken_accounts, ["999"]);
        history.taken.insert(("1".into(), "999".into()));
        assert!(changed(&history, mended).0.datasets[0].mistaken_accounts.is_empty(), "it was the account");
    }

    #[test]
    fn no_switch_sends_what_happened_before_it() {
        let history = history(policy());
        let (policy, _) = changed(&history, |policy| {
            policy.datasets[0].mode = Mode::Live;
            policy.consent = Consent::Elsewhere;
        });
        assert_eq!(policy.datasets[0].mode_at(NOW_S - 1), Mode::Shadow);
        assert_eq!(policy.datasets[0].mode_at(NOW_S), Mode::Live);
        assert_eq!(policy.agrees(None, NOW_S - 1), Err(Reason::NoConsent));
        assert_eq!(policy.agrees(None, NOW_S), Ok(()));
        assert_eq!(policy.agrees(Some(true), NOW_S - 1), Ok(()), "a yes counts");
    }

    #[test]
    fn what_was_only_watched_stays_so_when_its_dataset_leaves_or_its_account_moves() {
        let watched = history(policy());
        let live = |policy: &mut Policy| policy.datasets[0].mode = Mode::Live;
        let cut = Some((Mode::Shadow, NOW_S));
        // Another id for the same account.
        let renamed = changed(&watched, |policy| {
            live(policy);
            policy.datasets[0].id = "2".into();
        });
        assert_eq!(renamed.0.datasets[0].mode_before, cut);
        // Taken out of the file, and put back.
        let mut without = policy();
        without.datasets.clear();
        let (adopted, _) = adopt(&watched, &mut without, CrmReading::default(), None, NOW_S - 500);
        let gone = History { before: Some(adopted), ..watched };
        assert_eq!(changed(&gone, live).0.datasets[0].mode_before, cut);
        // A dataset that is gone cuts nothing off twice.
        let mut two = renamed.0.clone();
        let (adopted, _) = adopt(&gone, &mut two, CrmReading::default(), None, NOW_S);
        let later = History { before: Some(adopted), ..gone };
        adopt(&later, &mut two, CrmReading::default(), None, NOW_S + 9);
        assert_eq!(two.datasets[0].mode_before, cut);
    }

    #[test]
    fn a_cut_stays_when_something_else_changes() {
        let history = history(policy());
        let mut live = policy();
        (live.datasets[0].mode, live.consent) = (Mode::Live, Consent::Elsewhere);
        let (adopted, _) = adopt(&history, &mut live, CrmReading::default(), None, NOW_S);
        let history = History { before: Some(adopted), ..history };
        let mut later = live.clone();
        later.datasets[0].mode_before = None;
        later.consent_since_s = None;
        later.currency = Some("TRY".into());
        adopt(&history, &mut later, CrmReading::default(), None, NOW_S + 50);
        assert_eq!(later.datasets[0].mode_before, live.datasets[0].mode_before);
        assert_eq!(later.consent_since_s, Some(NOW_S));
    }

    #[test]
    fn a_mistyped_rule_is_caught_up_and_any_other_counts_from_now() {
        let mut history = history(policy());
        let mend = |policy: &mut Policy| {
            policy.rules = vec![rule("qualified", "Qualified"), rule("new", "Talks")];
        };
        let oldest_s = NOW_S - EVENT_AGE_MAX_S;
        let (mended, revisit) = changed(&history, mend);
        assert_eq!(mended.rules.iter().map(|rule| rule.since_s).collect::<Vec<_>>(), [None, Some(NOW_S)]);
        assert_eq!(revisit.unwrap().rules, [CatchUp { rule: "qualified".into(), since_s: oldest_s }]);

        history.matched.insert("qualified".into());
        let (mended, revisit) = changed(&history, mend);
        assert!(mended.rules.iter().all(|rule| rule.since_s == Some(NOW_S)));
        assert!(revisit.unwrap().rules.is_empty());
    }

    #[test]
    fn rules_that_count_from_now_are_caught_up_when_somebody_says_since_when() {
        let mut history = history(policy());
        history.matched.insert("qualified".into());
        let mut policy = policy();
        policy.rules = vec![rule("qualified", "Talks"), rule("new", "Talks")];
        let (adopted, _) = adopt(&history, &mut policy, CrmReading::default(), None, NOW_S);
        let history = History { before: Some(adopted), ..history };
        let since_s = NOW_S - 500;
        let (_, revisit) = adopt(&history, &mut policy, CrmReading::default(), Some(since_s), NOW_S + 9);
        let rules = revisit.unwrap().rules;
        assert_eq!(rules.len(), 2);
        assert!(rules.iter().all(|rule| rule.since_s == since_s));
        assert!(policy.rules.iter().all(|rule| rule.since_s == Some(since_s)));
    }
}
