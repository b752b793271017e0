//! The loop that follows the outcomes of a workspace.

use std::{sync::Arc, time::Duration};

use kopru_core::WorkspaceId;
use store::{
    Bear, Clock, Error, Failing, OutcomeStore,
    outcomes::{Grain, RollUpStep},
};
use tokio::sync::watch;

use crate::{
    Zone,
    buckets::DAY_S,
    sums::{Changes, Upkeep},
};

/// Its name in the store.
const NAME: &str = "roll_ups";
/// How many outcomes share one transaction.
const OUTCOMES_PER_STEP: usize = 1_000;
/// How many rows of quarters one step adds to the days of a zone that is new, beyond the ones of the last.
const BUILT_PER_STEP: usize = 2_000;
/// How long outcomes gather once there is one. With the write it stays well below a second.
const GATHER: Duration = Duration::from_millis(300);
/// How long quarters of an hour are kept, seconds.
const QUARTERS_KEPT_S: i64 = 35 * DAY_S;

/// Keeps up the sums of one workspace.
pub struct Follower {
    store: Arc<dyn OutcomeStore>,
    workspace: WorkspaceId,
    /// By whose days events are counted, beside those by which they were before.
    zones: Vec<Zone>,
    clock: Clock,
    failing: Failing,
    /// As far as it is known.
    state: Option<FollowerState>,
    pub(crate) outcomes_per_step: usize,
    pub(crate) built_per_step: usize,
}

/// How far a follower is.
#[derive(Debug, Clone)]
struct FollowerState {
    upto: u64,
    upkeep: Vec<Upkeep>,
    /// Whether quarters are left that are not kept any more.
    deletes: bool,
    /// Whether the days were looked at that may have been counted by other rules of their zone.
    is_aligned: bool,
}

/// When the next step is worth taking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextFollow {
    /// There is more to do.
    AtOnce,
    /// When there are outcomes.
    WhenWoken,
}

/// Adds up what is there, for whoever has the store to himself and reads sums.
///
/// # Errors
/// The store cannot be read or written.
pub async fn catch_up(
    store: Arc<dyn OutcomeStore>,
    workspace: WorkspaceId,
    zones: Vec<Zone>,
    clock: Clock,
) -> Result<(), Error> {
    let mut follower = Follower::new(store, workspace, zones, clock);
    while follower.step().await? == NextFollow::AtOnce {}
    Ok(())
}

impl Follower {
    /// A follower that counts by the days of these zones.
    pub fn new(store: Arc<dyn OutcomeStore>, workspace: WorkspaceId, zones: Vec<Zone>, clock: Clock) -> Self {
        Self {
            store,
            workspace,
            zones,
            clock,
            failing: Failing::default(),
            state: None,
            outcomes_per_step: OUTCOMES_PER_STEP,
            built_per_step: BUILT_PER_STEP,
        }
    }

    /// Follows until asked to stop. Nothing wakes it while nothing happens.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let notify = self.store.wakeups().outcomes(self.workspace);
        loop {
            let wait = match self.step().await {
                Ok(next) => {
                    self.works();
                    if next == NextFollow::AtOnce && !*stop.borrow() {
                        continue;
                    }
                    None
                }
                Err(error) => match self.failing.fails(&error) {
                    Bear::End => return,
                    borne => {
                        self.say(borne, &error);
                        Some(Failing::LEFT_ALONE)
                    }
                },
            };
            if *stop.borrow() {
                return;
            }
            let worth_a_step = async {
                if wait.is_none() {
                    notify.notified().await;
                }
                tokio::time::sleep(wait.unwrap_or(GATHER)).await;
            };
            tokio::select! {
                () = worth_a_step => {}
                // What has come until now is counted still.
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    fn works(&mut self) {
        if self.failing.works() {
            tracing::info!(workspace = self.workspace.0, "outcomes are added up again");
        }
    }

    fn say(&self, borne: Bear, error: &Error) {
        if borne == Bear::Say {
            let workspace = self.workspace.0;
            tracing::error!(
                error = error as &dyn std::error::Error,
                workspace,
                "outcomes cannot be added up; the reports stay behind"
            );
        }
    }

    /// Adds up what there is, up to a bound.
    pub(crate) async fn step(&mut self) -> Result<NextFollow, Error> {
        // After a failure nobody knows how far it came.
        let before = match self.state.take() {
            Some(known) => known,
            None => self.load().await?,
        };
        let mut after = before.clone();
        self.begin_new(&mut after.upkeep);
        let mut sums = Changes::default();
        if !after.is_aligned {
            self.align(&mut after.upkeep, &mut sums).await?;
            after.is_aligned = true;
        }
        // First what the quarters hold, then what changes in them: days are built of what was.
        let builds = self.build(&mut after.upkeep, &mut sums).await?;
        self.let_quarters_go(&mut after.upkeep);
        let outcomes = self.store.outcomes(self.workspace, before.upto, self.outcomes_per_step).await?;
        after.upto = outcomes.upto;
        for outcome in &outcomes.rows {
            sums.follow(outcome, &after.upkeep);
        }
        let changed = after.upkeep.iter().filter(|one| !before.upkeep.contains(one));
        let kept: Vec<_> = changed.map(|one| one.kept.clone()).collect();
        if after.upto != before.upto || before.deletes || !kept.is_empty() {
            let step = RollUpStep { upto: after.upto, changes: sums.into_roll_ups(), kept };
            after.deletes = self.store.roll_up(self.workspace, NAME, before.upto, step).await?;
        }
        let is_more = builds || outcomes.more || after.deletes;
        self.state = Some(after);
        Ok(if is_more { NextFollow::AtOnce } else { NextFollow::WhenWoken })
    }

    async fn load(&self) -> Result<FollowerState, Error> {
        let followed = self.store.followed(self.workspace, NAME).await?;
        let mut upkeep = Vec::with_capacity(followed.kept.len());
        for kept in followed.kept {
            let grain = kept.grain.clone();
            if let Some(one) = Upkeep::read(kept) {
                upkeep.push(one);
                continue;
            }
            tracing::error!(
                zone = %grain,
                workspace = self.workspace.0,
                "this time zone is not known any more; its days are not counted on"
            );
        }
        Ok(FollowerState { upto: followed.upto, upkeep, deletes: false, is_aligned: false })
    }

    /// Begins what is not kept up yet: at first everything, from the first outcome on; later the days of
    /// zones that are new, from the first whole day of which all quarters are there.
    fn begin_new(&self, upkeep: &mut Vec<Upkeep>) {
        let quarters = upkeep.iter().find(|one| one.kept.grain == Grain::Quarter);
        let quarters_since_s = quarters.map(|quarters| quarters.kept.since_s);
        for zone in &self.zones {
            if upkeep.iter().any(|one| one.kept.grain == zone.grain()) {
                continue;
            }
            upkeep.push(match quarters_since_s {
                None => Upkeep::of_days(zone, i64::MIN, i64::MAX),
                Some(i64::MIN) => Upkeep::of_days(zone, i64::MIN, i64::MIN),
                Some(since_s) => {
                    let since_s = zone.first_day_from(since_s);
                    Upkeep::of_days(zone, since_s, since_s)
                }
            });
        }
        if quarters_since_s.is_none() {
            upkeep.push(Upkeep::of_quarters(i64::MIN));
        }
    }

    /// Takes away the days that were counted by other rules of their zone, so that they are built anew of
    /// the quarters: from the last day on that begins by both, or the first that begins by the old ones alone.
    /// Days from before the quarters stay as they are.
    async fn align(&self, upkeep: &mut [Upkeep], sums: &mut Changes) -> Result<(), Error> {
        let quarters = upkeep.iter().find(|one| one.kept.grain == Grain::Quarter);
        let Some(from_s) = quarters.map(|quarters| quarters.kept.since_s) else { return Ok(()) };
        for one in upkeep.iter_mut().filter(|one| one.kept.grain != Grain::Quarter) {
            let mut days = self.store.days(self.workspace, one.kept.grain.clone(), from_s).await?;
            let misplaced =
                days.iter().map(|day| day.start_s).filter(|start_s| !one.begins_at(*start_s)).min();
            let Some(misplaced_s) = misplaced else { continue };
            let before = days.iter().map(|day| day.start_s).filter(|start_s| *start_s < misplaced_s).max();
            let anew_s = before.unwrap_or(misplaced_s);
            days.retain(|day| day.start_s >= anew_s);
            sums.clear(one, &days);
            one.kept.built_upto_s = anew_s;
            tracing::info!(
                zone = %one.kept.grain,
                workspace = self.workspace.0,
                "the rules of this time zone have changed; its days are built anew as far back as quarters of an hour are kept"
            );
        }
        Ok(())
    }

    /// Adds some quarters to the days of a zone that is not built yet; returns whether there may be more.
    async fn build(&self, upkeep: &mut [Upkeep], sums: &mut Changes) -> Result<bool, Error> {
        let Some(building) = upkeep.iter_mut().find(|one| one.kept.built_upto_s != i64::MAX) else {
            return Ok(false);
        };
        let from_s = building.kept.built_upto_s;
        let quarters = self.store.quarters(self.workspace, from_s, self.built_per_step).await?;
        sums.build(building, &quarters.rows);
        building.kept.built_upto_s = quarters.next_s.unwrap_or(i64::MAX);
        Ok(true)
    }

    /// Lets quarters go that are too old and that no zone is built of any more, a day's at a time. A clock
    /// that nobody has confirmed says nothing about age.
    fn let_quarters_go(&self, upkeep: &mut [Upkeep]) {
        if !self.clock.is_confirmed() {
            return;
        }
        let built_upto_s = upkeep.iter().map(|one| one.kept.built_upto_s).min().unwrap_or(i64::MAX);
        let too_old_s = self.clock.now_ms().div_euclid(1_000) - QUARTERS_KEPT_S;
        let until_s = (too_old_s - too_old_s.rem_euclid(DAY_S)).min(built_upto_s);
        for quarters in upkeep.iter_mut().filter(|one| one.kept.grain == Grain::Quarter) {
            quarters.kept.since_s = quarters.kept.since_s.max(until_s);
        }
    }
}
