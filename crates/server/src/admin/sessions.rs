//! Who is signed in: a random value for each time that somebody signs in, of which only the hash is kept.
//! They end with the process.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// How many are signed in at once; beyond it the one that was not used for the longest ends.
const SESSIONS_MAX: usize = 64;
/// How long one lasts without being used.
const IDLE_MAX: Duration = Duration::from_hours(12);

/// Hashes of the values, and when each was used last.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Instant>>);

impl Sessions {
    /// Signs somebody in; returns the value by which they are known.
    pub(super) fn begin(&self) -> Result<String, getrandom::Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        let value = capi::hex(&random);
        let mut sessions = self.live();
        if sessions.len() >= SESSIONS_MAX
            && let Some(oldest) = sessions.iter().min_by_key(|(_, used)| **used).map(|(hash, _)| *hash)
        {
            sessions.remove(&oldest);
        }
        sessions.insert(hash(&value), Instant::now());
        Ok(value)
    }

    /// Whether somebody is signed in with this value.
    pub(super) fn knows(&self, value: &str) -> bool {
        self.live().get_mut(&hash(value)).map(|used| *used = Instant::now()).is_some()
    }

    /// Signs out.
    pub(super) fn end(&self, value: &str) {
        self.live().remove(&hash(value));
    }

    fn live(&self) -> MutexGuard<'_, HashMap<[u8; 32], Instant>> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, used| used.elapsed() < IDLE_MAX);
        sessions
    }
}

/// Looking a hash up tells nothing about the value, whatever time it takes.
fn hash(value: &str) -> [u8; 32] {
    Sha256::digest(value.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_when_it_is_not_used_or_signed_out_or_too_many() {
        let sessions = Sessions::default();
        let (one, other) = (sessions.begin().unwrap(), sessions.begin().unwrap());
        assert_ne!(one, other);
        tokio::time::advance(IDLE_MAX / 2).await;
        assert!(sessions.knows(&one));
        tokio::time::advance(IDLE_MAX / 2).await;
        assert!(sessions.knows(&one) && !sessions.knows(&other));
        sessions.end(&one);
        assert!(!sessions.knows(&one));

        let mut all = Vec::new();
        for _ in 0..=SESSIONS_MAX {
            tokio::time::advance(Duration::from_secs(1)).await;
            all.push(sessions.begin().unwrap());
        }
        assert_eq!(all.iter().map(|value| sessions.knows(value)).filter(|known| !known).count(), 1);
        assert!(!sessions.knows(&all[0]));
    }
}
