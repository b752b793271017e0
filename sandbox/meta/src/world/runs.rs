//! Reports of insights that were asked for with `POST`: they are ready a little later.

use std::collections::VecDeque;

use serde_json::{Map, Value};

/// Most reports; the oldest leave first.
const MOST_RUNS: usize = 1000;
/// Meta keeps a report for 30 days.
const KEPT_S: i64 = 30 * 86_400;
/// The id of the first report.
const FIRST_ID: u64 = 6_035_747_473_000_269;

/// One report.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: String,
    /// The account, campaign, ad set or ad that was asked for.
    pub(crate) object: String,
    pub(crate) params: Map<String, Value>,
    /// Unix seconds.
    pub(crate) asked_at: i64,
}

/// All reports.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    runs: VecDeque<Run>,
    asked: u64,
}

impl Runs {
    /// Takes a report on; returns its id.
    pub(crate) fn add(&mut self, object: &str, params: Map<String, Value>, now_s: i64) -> String {
        self.asked += 1;
        let id = (FIRST_ID + self.asked).to_string();
        self.runs.push_back(Run { id: id.clone(), object: object.to_owned(), params, asked_at: now_s });
        if self.runs.len() > MOST_RUNS {
            self.runs.pop_front();
        }
        id
    }

    pub(crate) fn get(&self, id: &str, now_s: i64) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id && now_s.saturating_sub(run.asked_at) < KEPT_S)
    }
}
