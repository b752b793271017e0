//! What was not sent lately and waits for somebody, for the top of the dashboard and for the ledger.

use insight::Zone;
use kopru_core::{Reason, State};
use serde::Serialize;
use store::views::{NUMBERS_SEEN_FOR_MS, Problem};

use super::{Admin, Language, WorkspaceView};
use crate::health::rfc3339;

/// What somebody can still have sent, with the text that says so.
const MENDABLE: [(Reason, &str); 2] =
    [(Reason::NoDataset, "problem.no_dataset"), (Reason::ImportedAlready, "problem.imported_already")];
/// Of how many days that is said, seconds: what is older Meta takes no more.
const SAID_S: i64 = 7 * 24 * 60 * 60;

/// How many events of the last days could be sent if somebody set something up or said so.
pub(super) async fn sentences(
    admin: &Admin,
    workspace: &WorkspaceView,
    breakdown: &[(String, State, Option<Reason>, i64)],
    t: Language,
) -> Result<Vec<String>, store::Error> {
    let has = |reason| breakdown.iter().any(|(_, _, why, count)| *why == Some(reason) && *count > 0);
    // What was ever counted says whether it is worth looking by days.
    if !MENDABLE.iter().any(|(reason, _)| has(*reason)) {
        return Ok(Vec::new());
    }
    let (zone, since_s) = (Zone::of(&workspace.time_zone), admin.clock.best_ms() / 1000 - SAID_S);
    let unsent = insight::unsent(&*admin.store, workspace.id, &zone, since_s).await?;
    let said = MENDABLE.iter().filter_map(|(reason, key)| {
        let count = unsent.get(reason).filter(|count| **count > 0)?;
        Some(t.filled(key, &[("count", &count.to_string())]))
    });
    Ok(said.collect())
}

/// Whether a sale that had the number of another one came lately.
pub(super) fn is_recent(last_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(last_ms) < NUMBERS_SEEN_FOR_MS
}

/// Sales of a dataset that were taken for repetitions, since they had the number of an earlier one.
#[derive(Serialize)]
pub(super) struct RepeatedNumbers {
    dataset: String,
    sales: i64,
    since: Option<String>,
}

impl RepeatedNumbers {
    /// Those of the last days.
    pub(super) async fn read(admin: &Admin, workspace: &WorkspaceView) -> Result<Vec<Self>, store::Error> {
        let now_ms = admin.clock.best_ms();
        let problems = admin.store.problems(workspace.id).await?.into_iter();
        let lately = problems.filter_map(|problem| match problem {
            Problem::NumbersAgain { dataset, sales, since_ms, last_ms } if is_recent(last_ms, now_ms) => {
                Some(Self { dataset, sales, since: rfc3339(since_ms) })
            }
            _ => None,
        });
        Ok(lately.collect())
    }
}
