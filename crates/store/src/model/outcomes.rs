//! How conversions came to stand where they stand, and what followers make of it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kopru_core::WorkspaceId;

use super::{Model, Rows};
use crate::{
    Error, OutcomeStore,
    bounds::QUARTERS_DELETED_PER_STEP,
    outcomes::{
        Dimensions, Followed, Grain, KeptRollUps, OutcomeRow, Outcomes, Quarters, ROLL_UPS_MAX, RollUp,
        RollUpPage, RollUpStep, Standing,
    },
};

/// The outcome log, its followers and what they have added up.
#[derive(Debug, Clone, Default)]
pub(super) struct OutcomeLog {
    rows: Vec<OutcomeRow>,
    last: u64,
    followers: BTreeMap<&'static str, u64>,
    kept: BTreeMap<Grain, KeptRollUps>,
    /// How many, and what they are worth.
    sums: BTreeMap<(Grain, i64, Dimensions), (i64, i64)>,
}

impl OutcomeLog {
    /// Whether all have followed.
    pub(super) fn is_followed(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns whether others are to be deleted, or nothing where somebody has passed.
    fn roll_up(&mut self, follower: &'static str, from: u64, step: RollUpStep) -> Option<bool> {
        let upto = self.followers.entry(follower).or_default();
        if *upto != from || step.upto < from {
            return None;
        }
        *upto = step.upto;
        let passed = self.followers.values().min().copied().unwrap_or(0);
        self.rows.retain(|row| row.number > passed);
        for RollUp { grain, start_s, place, n, amount } in step.changes {
            let sum = self.sums.entry((grain, start_s, place)).or_default();
            *sum = (sum.0 + n, sum.1.saturating_add(amount));
        }
        self.kept.extend(step.kept.into_iter().map(|kept| (kept.grain.clone(), kept)));
        self.sums.retain(|_, sum| *sum != (0, 0));
        let first_s = self.kept.get(&Grain::Quarter).map_or(i64::MIN, |kept| kept.since_s);
        let mut deleted = 0;
        for (start_s, rows) in self.between(&Grain::Quarter, i64::MIN, first_s) {
            if deleted >= QUARTERS_DELETED_PER_STEP {
                return Some(true);
            }
            deleted += rows.len();
            self.sums.retain(|(grain, of, _), _| *grain != Grain::Quarter || *of != start_s);
        }
        Some(false)
    }

    /// Whole ones that begin in a span, in their order, by their beginning.
    fn between(&self, grain: &Grain, from_s: i64, to_s: i64) -> BTreeMap<i64, Vec<RollUp>> {
        let mut found: BTreeMap<i64, Vec<RollUp>> = BTreeMap::new();
        for ((of, start_s, place), (n, amount)) in &self.sums {
            if of == grain && (from_s..to_s).contains(start_s) {
                let (grain, place) = (grain.clone(), place.clone());
                let one = RollUp { grain, start_s: *start_s, place, n: *n, amount: *amount };
                found.entry(*start_s).or_default().push(one);
            }
        }
        found
    }

    pub(super) fn page(&self, grain: &Grain, from_s: i64, to_s: i64) -> RollUpPage {
        let mut page = RollUpPage { kept: self.kept.get(grain).cloned(), ..RollUpPage::default() };
        let mut last_s = to_s;
        for (start_s, rows) in self.between(grain, from_s, to_s).into_iter().rev() {
            if page.rows.len() >= ROLL_UPS_MAX {
                page.stopped_at_s = Some(last_s);
                break;
            }
            page.rows.extend(rows);
            last_s = start_s;
        }
        page
    }
}

impl Rows {
    /// Where each conversion stands.
    pub(super) fn standings(&self) -> BTreeMap<u64, Standing> {
        self.conversions.iter().map(|(number, row)| (*number, Standing::of(&row.decided))).collect()
    }

    /// Notes for followers what stands elsewhere than before; returns whether anything does.
    pub(super) fn note_outcomes(&mut self, mut before: BTreeMap<u64, Standing>) -> bool {
        let told = self.outcomes.last;
        for (number, now) in self.standings() {
            let was = before.remove(&number);
            if was.as_ref() != Some(&now) {
                self.outcomes.last += 1;
                self.outcomes.rows.push(OutcomeRow { number: self.outcomes.last, was, now, n: 1 });
            }
        }
        self.outcomes.last > told
    }
}

#[async_trait]
impl OutcomeStore for Model {
    async fn followed(&self, workspace: WorkspaceId, follower: &'static str) -> Result<Followed, Error> {
        self.look(workspace, |rows| Followed {
            upto: rows.outcomes.followers.get(follower).copied().unwrap_or(0),
            kept: rows.outcomes.kept.values().cloned().collect(),
        })
    }

    async fn outcomes(&self, workspace: WorkspaceId, after: u64, limit: usize) -> Result<Outcomes, Error> {
        self.look(workspace, |rows| {
            let behind = rows.outcomes.rows.iter().filter(|row| row.number > after).take(limit);
            let rows: Vec<OutcomeRow> = behind.cloned().collect();
            let upto = rows.last().map_or(after, |row| row.number);
            Outcomes { more: rows.len() == limit, rows, upto }
        })
    }

    async fn roll_up(
        &self,
        workspace: WorkspaceId,
        follower: &'static str,
        from: u64,
        step: RollUpStep,
    ) -> Result<bool, Error> {
        let added = self.change(workspace, |rows| rows.outcomes.roll_up(follower, from, step))?;
        added.ok_or(Error::Passed(workspace.0))
    }

    async fn quarters(
        &self,
        workspace: WorkspaceId,
        from_s: i64,
        rows_max: usize,
    ) -> Result<Quarters, Error> {
        self.look(workspace, |rows| {
            let mut quarters = Quarters::default();
            for (start_s, found) in rows.outcomes.between(&Grain::Quarter, from_s, i64::MAX) {
                if quarters.rows.len() >= rows_max {
                    quarters.next_s = Some(start_s);
                    break;
                }
                quarters.rows.extend(found);
            }
            quarters
        })
    }

    async fn days(&self, workspace: WorkspaceId, grain: Grain, from_s: i64) -> Result<Vec<RollUp>, Error> {
        self.look(workspace, |rows| {
            rows.outcomes.between(&grain, from_s, i64::MAX).into_values().flatten().collect()
        })
    }
}
