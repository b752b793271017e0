//! What has been kept long enough goes, a few rows at a time, so that nobody waits for it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kopru_core::WorkspaceId;
use store::{Bear, Clock, Expiring, Failing, RetentionStore};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// How many rows one step looks at.
const ROWS_PER_STEP: usize = 25;
/// How long the store has for others between two steps: so many times as long as the last one took, so that
/// fewer than one in a hundred of whoever comes meets one.
const SHARE_FOR_OTHERS: u32 = 100;
const BETWEEN_STEPS: std::ops::RangeInclusive<Duration> = Duration::from_millis(15)..=Duration::from_mins(1);
/// A way that lasts longer than this hurries: more comes in than goes.
const HURRIES_AFTER: Duration = Duration::from_hours(6);
const SHARE_IN_A_HURRY: u32 = 10;
/// How long nothing is looked for once nothing is left.
const BETWEEN_WAYS: Duration = Duration::from_hours(1);
const DAY_MS: i64 = 24 * 3600 * 1000;

/// How long what says itself how long it is needed is kept beyond that, days: a clock that is set back finds it.
const ONCE_KEYS_DAYS: u32 = 1;

/// How long a sale of a file is kept beyond its day, days: Meta takes no deal of that day any more.
const IMPORTED_SALES_DAYS: u32 = 8;

/// How long each kind is kept, days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Facts that are decided.
    pub facts_days: u32,
    /// Clicks. Their ad and their time stay as long as conversions do.
    pub clicks_days: u32,
    /// Links and contacts that nobody has told again.
    pub links_days: u32,
    /// Events byte for byte as they left, and activities as they came.
    pub bodies_days: u32,
    /// Conversions. Their ids and how they ended stay. Of activities only the counts stay.
    pub conversions_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { facts_days: 30, clicks_days: 30, links_days: 400, bodies_days: 30, conversions_days: 400 }
    }
}

impl Retention {
    /// For how many days a kind is kept.
    pub fn days(&self, kind: Expiring) -> u32 {
        match kind {
            Expiring::Facts => self.facts_days,
            Expiring::Clicks => self.clicks_days,
            Expiring::Links | Expiring::Chats | Expiring::Contacts | Expiring::SeenTogether => {
                self.links_days
            }
            Expiring::Bodies | Expiring::ActivityBodies | Expiring::ActivityAttempts => self.bodies_days,
            Expiring::Conversions | Expiring::ClickRemains | Expiring::Activities => self.conversions_days,
            Expiring::OnceKeys => ONCE_KEYS_DAYS,
            Expiring::ImportedSales => IMPORTED_SALES_DAYS,
        }
    }
}

/// Deletes what has expired of a workspace.
pub struct Expiry {
    /// Where it is.
    pub store: Arc<dyn RetentionStore>,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// How long what is kept.
    pub retention: Retention,
    /// What time it is. Nothing expires by a clock with which nobody agrees.
    pub clock: Clock,
}

impl Expiry {
    /// Deletes until asked to stop.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut failing = Failing::default();
        loop {
            let wait = match self.way(&mut stop).await {
                Ok(()) => {
                    failing.works();
                    BETWEEN_WAYS
                }
                Err(error) => match failing.fails(&error) {
                    Bear::End => return,
                    Bear::Say => {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            workspace = self.workspace.0,
                            "what has expired cannot be deleted"
                        );
                        Failing::LEFT_ALONE
                    }
                    Bear::Wait => Failing::LEFT_ALONE,
                },
            };
            tokio::select! {
                () = sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Goes through all kinds once.
    async fn way(&self, stop: &mut watch::Receiver<bool>) -> Result<(), store::Error> {
        let mut gone = BTreeMap::new();
        let began = Instant::now();
        for kind in Expiring::ALL {
            while self.clock.is_confirmed() && !*stop.borrow() {
                let before_ms = self.clock.now_ms() - i64::from(self.retention.days(kind)) * DAY_MS;
                let asked = Instant::now();
                let step = self.store.expire(self.workspace, kind, before_ms, ROWS_PER_STEP).await?;
                *gone.entry(kind).or_insert(0) += step.gone;
                if step.done {
                    break;
                }
                let share = if began.elapsed() > HURRIES_AFTER { SHARE_IN_A_HURRY } else { SHARE_FOR_OTHERS };
                let rest = (asked.elapsed() * share).clamp(*BETWEEN_STEPS.start(), *BETWEEN_STEPS.end());
                tokio::select! {
                    () = sleep(rest) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
        }
        for (kind, gone) in gone.into_iter().filter(|(_, gone)| *gone > 0) {
            tracing::info!(kind = kind.code(), gone, workspace = self.workspace.0, "expired and deleted");
        }
        Ok(())
    }
}
