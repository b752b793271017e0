//! The neighbour: a business that posts a click and a won deal every moment, and watches how long its
//! door and its delivery take.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::service::{
    Failure,
    load::{self, Connection},
    site::{dataset, kommo_key},
    stub::Records,
};

/// The place of the neighbour among the workspaces.
const WORKSPACE: usize = 1;
/// How often it posts.
const EVERY: Duration = Duration::from_millis(50);
/// How long its last events may take to arrive.
const ARRIVED_WITHIN: Duration = Duration::from_mins(1);
/// Numbers of its deals begin here.
const FIRST_DEAL: u64 = 5_000_000;

/// What it saw.
pub struct Seen {
    /// How long its door took, with and without success.
    pub waits: Vec<Duration>,
    /// Posts that were not answered with 200, by answer; 0 is none at all.
    pub refused: BTreeMap<u16, usize>,
    /// From the post of a won deal to the event at Meta.
    pub deliveries: Vec<Duration>,
    /// Won deals that were acknowledged and did not arrive.
    pub missing: usize,
}

/// Lives until told to stop, then waits for what is under way.
pub async fn live(
    door: SocketAddr,
    book: Arc<Records>,
    stop: watch::Receiver<bool>,
) -> Result<Seen, Failure> {
    let mut connection = Connection::to(door);
    let mut seen = Seen { waits: Vec::new(), refused: BTreeMap::new(), deliveries: Vec::new(), missing: 0 };
    let mut won: Vec<(u64, Instant)> = Vec::new();
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut deal = FIRST_DEAL;
    while !*stop.borrow() {
        turns.tick().await;
        deal += 1;
        let click = load::clicks(WORKSPACE, [deal], book.won_s);
        let win = load::wins(&kommo_key(WORKSPACE, 0), [deal], book.won_s);
        let mut is_click_known = false;
        for (request, is_win) in [(click, false), (win, true)] {
            let posted = Instant::now();
            let (status, wait) = connection.send(&request).await;
            seen.waits.push(wait);
            match status {
                Some(200) if !is_win => is_click_known = true,
                Some(200) if is_click_known => won.push((deal, posted)),
                Some(200) => {}
                other => *seen.refused.entry(other.unwrap_or(0)).or_default() += 1,
            }
        }
    }
    let ended = Instant::now();
    let dataset = dataset(WORKSPACE);
    for (deal, posted) in won {
        loop {
            if let Some(arrived) = book.arrival(&dataset, deal) {
                seen.deliveries.push(arrived.saturating_duration_since(posted));
                break;
            }
            if ended.elapsed() > ARRIVED_WITHIN {
                seen.missing += 1;
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(seen)
}
