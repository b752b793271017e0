//! Which datasets are tested, and since when: a test ends a day after its code was first used, whether or not a
//! service runs.

use jiff::Timestamp;
use kopru_core::TestRun;
use store::last_known_adopted;

use crate::{
    config::{Config, Workspace},
    logging::out,
    now_s,
};

/// Says which tests run and which are over. A test that no service has begun is said with the configuration.
pub(super) fn say_what_is_tested(config: &Config) {
    let now_s = now_s();
    for workspace in &config.workspaces {
        for (dataset, test) in begun_tests(config, workspace) {
            out!("note  {}: dataset {dataset}: {}", workspace.name, said(&test, now_s));
        }
    }
}

/// The datasets in test mode whose code has been used, each with its test as the store knows it.
fn begun_tests<'a>(config: &Config, workspace: &'a Workspace) -> Vec<(&'a str, TestRun)> {
    let former = workspace.formerly.as_ref().map(|former| &former.name);
    let mut names = [Some(&workspace.name), former].into_iter().flatten();
    let Some(known) = names.find_map(|name| last_known_adopted(&config.store_path, name)) else {
        return Vec::new();
    };
    let datasets = workspace.policy.datasets.iter();
    let begun = datasets.filter_map(|dataset| {
        let begun = known.test(&dataset.id, &dataset.testing()?.code)?;
        Some((dataset.id.as_str(), begun.clone()))
    });
    begun.collect()
}

fn said(test: &TestRun, now_s: i64) -> String {
    let until = test.until_s().and_then(|until_s| Timestamp::from_second(until_s).ok());
    let until = until.map(|until| until.to_string()).unwrap_or_default();
    let code = &test.code;
    if test.runs_at(now_s) {
        format!(
            "events are sent with the test code {code} until {until}, and recorded and not sent from then on"
        )
    } else {
        format!(
            "the test with the code {code} is over since {until}: events are recorded and not sent; write mode = \
             \"live\", or another test_event_code"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_over_says_what_to_write() {
        let test = TestRun { code: "TEST1".into(), since_s: Some(1_780_000_000) };
        let end_s = 1_780_000_000 + TestRun::LASTS_S;
        let runs = said(&test, end_s - 1);
        assert!(runs.contains("with the test code TEST1 until 2026-05-29T20:26:40Z"), "{runs}");
        let over = said(&test, end_s);
        assert!(
            over.contains("TEST1 is over since 2026-05-29T20:26:40Z") && over.contains("\"live\""),
            "{over}"
        );
    }
}
