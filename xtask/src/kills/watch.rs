//! Looks at the list of conversions all the time, and remembers when a refusal was first shown.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use crate::service::{now_ms, victim::Addresses};

/// The code of the reason that Kopru gives for a refusal.
pub const REFUSED: &str = "consent_refused";
const EVERY: Duration = Duration::from_millis(250);
/// So many of the refused conversions are looked at: more than those of all people who still change.
const NEWEST: usize = 250;

/// When an event was first shown as refused, Unix milliseconds, by its id.
#[derive(Clone, Default)]
pub struct Refusals(Arc<Mutex<HashMap<String, i64>>>);

impl Refusals {
    pub fn all(&self) -> HashMap<String, i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks until told to stop. While the service is away there is nothing to see.
    pub async fn watch(self, service: Addresses, stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Ok(listed) = service.newest(REFUSED, NEWEST).await {
                // Whatever is in the answer was decided before it came.
                let shown_ms = now_ms();
                let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                for one in &listed {
                    let id = one["event_id"].as_str().unwrap_or_default().to_owned();
                    refusals.entry(id).or_insert(shown_ms);
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}
