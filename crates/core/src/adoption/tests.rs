use super::*;
use crate::{RouteKind, WorkspaceId};

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
            earlier_modes: Vec::new(),
            test: None,
            rules: capi::Rules::Both,
            appending: crate::Appending::default(),
        }],
    }
}

/// The history after a first configuration.
fn history(mut first: Policy) -> History {
    let (adopted, revisit) = adopt(&History::default(), &mut first, CrmReading::default(), None, BEFORE_S);
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
        (CrmReading { consent_fields: field("Consent"), ..CrmReading::default() }, vec![Reason::NoConsent]),
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
    let unclear = Some(crate::ConsentAnswer::Unclear);
    assert_eq!(policy.agrees(unclear, NOW_S), Err(Reason::NoConsent), "what cannot be read is no yes");
    assert_eq!(policy.agrees(Some(crate::ConsentAnswer::Yes), NOW_S - 1), Ok(()), "a yes counts");
}

#[test]
fn what_was_only_watched_stays_so_when_its_dataset_leaves_or_its_account_moves() {
    let watched = history(policy());
    let live = |policy: &mut Policy| policy.datasets[0].mode = Mode::Live;
    let cut = [(Mode::Shadow, NOW_S)];
    // Another id for the same account.
    let renamed = changed(&watched, |policy| {
        live(policy);
        policy.datasets[0].id = "2".into();
    });
    assert_eq!(renamed.0.datasets[0].earlier_modes, cut);
    // Taken out of the file, and put back.
    let mut without = policy();
    without.datasets.clear();
    let (adopted, _) = adopt(&watched, &mut without, CrmReading::default(), None, NOW_S - 500);
    let gone = History { before: Some(adopted), ..watched };
    assert_eq!(changed(&gone, live).0.datasets[0].earlier_modes, cut);
    // A dataset that is gone cuts nothing off twice.
    let mut two = renamed.0.clone();
    let (adopted, _) = adopt(&gone, &mut two, CrmReading::default(), None, NOW_S);
    let later = History { before: Some(adopted), ..gone };
    adopt(&later, &mut two, CrmReading::default(), None, NOW_S + 9);
    assert_eq!(two.datasets[0].earlier_modes, cut);
}

#[test]
fn a_test_is_over_a_day_after_its_code_was_first_adopted_and_a_new_code_begins_anew() {
    const DAY_S: i64 = TestRun::LASTS_S;
    // Mode and code, when they are adopted, then since when the code counts and what is left out from before.
    type Step = (Mode, &'static str, i64, Option<i64>, Option<(Mode, i64)>);
    let steps: &[Step] = &[
        (Mode::Test, "TEST1", 0, Some(0), Some((Mode::Shadow, 0))),
        (Mode::Test, "TEST1", 500, Some(0), Some((Mode::Shadow, 0))),
        // A code that comes back has not begun anew, also when the dataset was live or gone meanwhile.
        (Mode::Test, "TEST2", 600, Some(600), Some((Mode::Shadow, 0))),
        (Mode::Live, "", 700, None, Some((Mode::Test, 700))),
        (Mode::Test, "TEST1", 800, Some(0), Some((Mode::Live, 800))),
        (Mode::Test, "TEST2", DAY_S + 599, Some(600), Some((Mode::Test, DAY_S + 599))),
        // The former was over: what happened since then stays unsent.
        (Mode::Test, "TEST3", DAY_S + 700, Some(DAY_S + 700), Some((Mode::Test, DAY_S + 700))),
        (Mode::Test, "TEST3", 9 * DAY_S, Some(DAY_S + 700), Some((Mode::Test, DAY_S + 700))),
    ];
    let mut history = history(policy());
    for (mode, code, at_s, since_s, cut) in steps {
        let now_s = NOW_S + at_s;
        let mut policy = policy();
        policy.datasets[0].mode = *mode;
        policy.datasets[0].test =
            (!code.is_empty()).then(|| TestRun { code: (*code).to_owned(), since_s: None });
        let (adopted, _) = adopt(&history, &mut policy, CrmReading::default(), None, now_s);
        history.before = Some(adopted);
        let dataset = &policy.datasets[0];
        let since = dataset.test.as_ref().and_then(|test| test.since_s);
        let cut = cut.map(|(mode, until_s)| (mode, NOW_S + until_s));
        assert_eq!(
            (since, dataset.earlier_modes.last().copied()),
            (since_s.map(|at| NOW_S + at), cut),
            "{code} {at_s}"
        );
        // While the dataset is gone, nothing is forgotten.
        let mut without = policy.clone();
        without.datasets.clear();
        let (adopted, _) = adopt(&history, &mut without, CrmReading::default(), None, now_s);
        history.before = Some(adopted);
    }
    assert_eq!(history.before.unwrap().former["1"].tests.len(), 3);
    let mut first = policy();
    let test = || Some(TestRun { code: "TEST1".into(), since_s: None });
    (first.datasets[0].mode, first.datasets[0].test) = (Mode::Test, test());
    adopt(&History::default(), &mut first, CrmReading::default(), None, NOW_S);
    assert_eq!(first.datasets[0].test.as_ref().unwrap().since_s, Some(NOW_S), "the very first start");
}

/// The modes of a dataset that was put into each of these in turn, a second apart.
fn put_into(modes: &[Mode]) -> Dataset {
    let mut history = History::default();
    let mut last = policy();
    for (mode, at_s) in modes.iter().zip(NOW_S..) {
        last = policy();
        last.datasets[0].mode = *mode;
        let (adopted, _) = adopt(&history, &mut last, CrmReading::default(), None, at_s);
        // As it comes back from a store.
        let stored = serde_json::to_string(&adopted).unwrap();
        history.before = Some(serde_json::from_str(&stored).unwrap());
    }
    last.datasets.remove(0)
}

#[test]
fn an_event_of_before_stays_what_it_was_however_often_the_mode_was_switched() {
    let dataset = put_into(&[Mode::Shadow, Mode::Live, Mode::Off, Mode::Live, Mode::Shadow, Mode::Live]);
    for (at_s, mode) in [
        (-9, Mode::Shadow),
        (0, Mode::Shadow),
        (1, Mode::Live),
        (2, Mode::Off),
        (3, Mode::Live),
        (4, Mode::Shadow),
        (5, Mode::Live),
    ] {
        assert_eq!(dataset.mode_at(NOW_S + at_s), mode, "{at_s}");
    }
    assert_eq!(dataset.permits(NOW_S + 1, NOW_S + 9), Ok(()), "it came while the dataset was live");
    assert_eq!(dataset.permits(NOW_S + 2, NOW_S + 9), Err(Reason::DatasetOff));
    // What is remembered has a bound, and sends nothing that was kept back.
    let often: Vec<Mode> = [Mode::Live, Mode::Off].into_iter().cycle().take(301).collect();
    let dataset = put_into(&often);
    assert!(dataset.earlier_modes.len() <= MODES_REMEMBERED, "{:?}", dataset.earlier_modes);
    assert_eq!(dataset.mode_at(NOW_S), Mode::Off);
    assert_eq!(dataset.mode_at(NOW_S + 296), Mode::Live);
}

#[test]
fn modes_are_read_as_they_were_kept_when_only_the_last_was() {
    let dataset = |modes: &str| {
        let text = format!(r#"{{"account":null,"mistaken_accounts":[],"mode":"live",{modes}}}"#);
        serde_json::from_str::<AdoptedDataset>(&text).unwrap().earlier_modes
    };
    assert_eq!(dataset(r#""mode_before":["off",7]"#), [(Mode::Off, 7)]);
    assert_eq!(dataset(r#""mode_before":null"#), []);
    assert_eq!(dataset(r#""earlier_modes":[["live",5],["off",7]]"#), [(Mode::Live, 5), (Mode::Off, 7)]);
}

#[test]
fn datasets_that_become_one_send_nothing_that_either_kept_back() {
    use Mode::{Live, Off, Shadow, Test};
    let all = [vec![(Off, 10)], vec![(Live, 5), (Shadow, 20)], vec![]];
    assert_eq!(together(&all), [(Off, 10), (Shadow, 20)]);
    assert_eq!(together(&[vec![(Live, 5), (Test, 8)]]), [(Live, 5), (Test, 8)]);
    assert_eq!(together(&[]), []);
}

#[test]
fn a_cut_stays_when_something_else_changes() {
    let history = history(policy());
    let mut live = policy();
    (live.datasets[0].mode, live.consent) = (Mode::Live, Consent::Elsewhere);
    let (adopted, _) = adopt(&history, &mut live, CrmReading::default(), None, NOW_S);
    let history = History { before: Some(adopted), ..history };
    let mut later = live.clone();
    later.datasets[0].earlier_modes = Vec::new();
    later.consent_since_s = None;
    later.currency = Some("TRY".into());
    adopt(&history, &mut later, CrmReading::default(), None, NOW_S + 50);
    assert_eq!(later.datasets[0].earlier_modes, live.datasets[0].earlier_modes);
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
