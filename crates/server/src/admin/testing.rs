//! Which datasets are tested, and which of those tests are over.

use kopru_core::{Dataset, TestRun};
use serde_json::{Value, json};

use super::{Language, WorkspaceView, times::local_time};
use crate::health::rfc3339;

fn tested(workspace: &WorkspaceView) -> impl Iterator<Item = (&Dataset, &TestRun)> {
    workspace.policy.datasets.iter().filter_map(|dataset| Some((dataset, dataset.testing()?)))
}

/// What programs are told of the tests of a workspace, at a time in Unix milliseconds.
pub(super) fn listed(workspace: &WorkspaceView, now_ms: i64) -> Vec<Value> {
    let all = tested(workspace).map(|(dataset, test)| {
        let time = |at_s: Option<i64>| at_s.and_then(|at_s| rfc3339(at_s.saturating_mul(1000)));
        json!({
            "workspace": workspace.name, "dataset": dataset.id, "code": test.code, "since": time(test.since_s),
            "until": time(test.until_s()), "over": !test.runs_at(now_ms / 1000),
        })
    });
    all.collect()
}

/// What people are told of them, each in a sentence.
pub(super) fn sentences(workspace: &WorkspaceView, now_ms: i64, t: Language) -> Vec<String> {
    let all = tested(workspace).map(|(dataset, test)| {
        let key = if test.runs_at(now_ms / 1000) { "problem.test" } else { "problem.test_over" };
        let until = test.until_s().unwrap_or(now_ms / 1000 + TestRun::LASTS_S);
        let until = local_time(until.saturating_mul(1000), &workspace.time_zone);
        t.filled(key, &[("dataset", &dataset.id), ("code", &test.code), ("until", &until)])
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kopru_core::{Consent, Mode, Policy, RouteKind, WorkspaceId};

    use super::*;

    const NOW_MS: i64 = 1_780_000_000_000;

    fn view(datasets: Vec<Dataset>) -> WorkspaceView {
        let policy = Policy {
            workspace: WorkspaceId(1),
            currency: None,
            consent: Consent::Elsewhere,
            consent_since_s: None,
            restored: None,
            rules: Vec::new(),
            datasets,
        };
        WorkspaceView {
            id: WorkspaceId(1),
            name: "shop".into(),
            country: None,
            time_zone: jiff::tz::TimeZone::UTC,
            upstreams: Vec::new(),
            policy: Arc::new(policy),
            lanes: Vec::new(),
        }
    }

    fn dataset(mode: Mode, since_s: i64) -> Dataset {
        Dataset {
            id: "700100".into(),
            waba_id: None,
            mistaken_accounts: Vec::new(),
            routes: vec![RouteKind::Website],
            mode,
            earlier_modes: Vec::new(),
            test: Some(TestRun { code: "TEST1".into(), since_s: Some(since_s) }),
            rules: capi::Rules::Both,
            appending: kopru_core::Appending::default(),
        }
    }

    #[test]
    fn a_test_is_said_with_its_end_and_that_it_is_over() {
        let now_s = NOW_MS / 1000;
        for (since_s, is_over, words) in [
            (
                now_s - TestRun::LASTS_S + 1,
                false,
                ["is tested with the code TEST1 until", "TEST1 koduyla test"],
            ),
            (
                now_s - TestRun::LASTS_S,
                true,
                ["since the test with the code TEST1 is over", "testi sona erdi"],
            ),
        ] {
            let view = view(vec![dataset(Mode::Test, since_s), dataset(Mode::Live, since_s)]);
            let listed = listed(&view, NOW_MS);
            assert_eq!(listed.len(), 1, "only what is in test mode");
            let since = rfc3339(since_s * 1000).unwrap();
            assert_eq!((&listed[0]["over"], &listed[0]["since"]), (&json!(is_over), &json!(since)));
            for (language, words) in Language::ALL.into_iter().zip(words) {
                let said = sentences(&view, NOW_MS, language);
                assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
                assert!(said[0].contains("700100") && said[0].contains("2026-05-28 20:26"), "{said:?}");
            }
        }
    }
}
