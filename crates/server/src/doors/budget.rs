//! The budget for bodies in memory.
//!
//! Small bodies have budget of their own, which large ones never take. Of both kinds of budget one hook has
//! at most a share, so whoever floods one hook shuts no other. A hook whose share is taken waits a moment:
//! what is not read yet stays with the sender.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// A body of at most so many bytes is small.
pub(super) const SMALL_BYTES_MAX: usize = 64 * 1024;
/// How many bytes of large bodies are in memory at once, over all requests.
const LARGE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// The same of small ones.
const SMALL_ROOM_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The part of each budget that one hook may take: one in so many.
const SHARE_OF_A_HOOK: usize = 8;
/// The part of the budget that there is besides for bodies of strangers: one in so many.
const PART_OF_STRANGERS: usize = 2;
/// The units in which budget is taken.
const LARGE_UNIT_BYTES: usize = 16 * 1024;
const SMALL_UNIT_BYTES: usize = 4 * 1024;
/// How long a body waits for budget.
const ROOM_WITHIN: Duration = Duration::from_secs(5);

/// The budget that all hooks have together, or the share of one of them.
pub(super) struct Budget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// There was no budget in time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// Budget that a body takes; given back when it is dropped.
#[derive(Default)]
pub(super) struct Reservation {
    small: Vec<Pair>,
    large: Option<Pair>,
}

/// A part of the hook's share and the same part of the whole budget.
type Pair = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Budget {
    /// The budget for all hooks.
    pub(super) fn whole() -> Self {
        Self::part(1)
    }

    /// The budget of all bodies together of which nobody knows yet from whom they are. It is one of its own: whoever
    /// is known is not held up by whoever is not.
    pub(super) fn of_strangers() -> Self {
        Self::part(PART_OF_STRANGERS)
    }

    /// The share of one hook.
    pub(super) fn share() -> Self {
        Self::part(SHARE_OF_A_HOOK)
    }

    fn part(one_in: usize) -> Self {
        Self {
            small: Arc::new(Semaphore::new(SMALL_ROOM_BYTES_MAX / SMALL_UNIT_BYTES / one_in)),
            large: Arc::new(Semaphore::new(LARGE_BYTES_MAX / LARGE_UNIT_BYTES / one_in)),
        }
    }
}

impl Reservation {
    /// Takes as much of the small budget as a body of so many bytes needs.
    pub(super) async fn grow(
        &mut self,
        bytes: usize,
        whole: &Budget,
        share: &Budget,
    ) -> Result<(), Exhausted> {
        while self.small.len() * SMALL_UNIT_BYTES < bytes {
            self.small.push(both(&share.small, &whole.small, 1).await?);
        }
        Ok(())
    }

    /// Takes all that a large body will need, at once: bodies that took it bit by bit could wait for
    /// each other.
    pub(super) async fn become_large(
        &mut self,
        bytes: usize,
        whole: &Budget,
        share: &Budget,
    ) -> Result<(), Exhausted> {
        let units = u32::try_from(bytes.div_ceil(LARGE_UNIT_BYTES)).map_err(|_| Exhausted)?;
        self.large = Some(both(&share.large, &whole.large, units).await?);
        self.small.clear();
        Ok(())
    }

    pub(super) fn is_large(&self) -> bool {
        self.large.is_some()
    }
}

async fn both(share: &Arc<Semaphore>, whole: &Arc<Semaphore>, units: u32) -> Result<Pair, Exhausted> {
    // Most find budget at once.
    if let Ok(of_share) = Arc::clone(share).try_acquire_many_owned(units)
        && let Ok(of_whole) = Arc::clone(whole).try_acquire_many_owned(units)
    {
        return Ok((of_share, of_whole));
    }
    let taking = async {
        // First the share: a hook that waits for its own holds nothing that others need.
        let of_share = Arc::clone(share).acquire_many_owned(units).await.map_err(|_| Exhausted)?;
        let of_whole = Arc::clone(whole).acquire_many_owned(units).await.map_err(|_| Exhausted)?;
        Ok((of_share, of_whole))
    };
    timeout(ROOM_WITHIN, taking).await.map_err(|_| Exhausted)?
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = 4 * 1024 * 1024;

    async fn large(whole: &Budget, share: &Budget) -> Result<Reservation, Exhausted> {
        let mut taken = Reservation::default();
        taken.grow(SMALL_BYTES_MAX, whole, share).await?;
        taken.become_large(LARGE, whole, share).await?;
        Ok(taken)
    }

    #[tokio::test(start_paused = true)]
    async fn one_hook_takes_its_share_and_leaves_the_rest() {
        let (whole, flooded, other) = (Budget::whole(), Budget::share(), Budget::share());
        let mut held = Vec::new();
        for _ in 0..LARGE_BYTES_MAX / SHARE_OF_A_HOOK / LARGE {
            held.push(large(&whole, &flooded).await.ok().unwrap());
        }
        assert_eq!(large(&whole, &flooded).await.err(), Some(Exhausted));
        assert!(
            Reservation::default().grow(SMALL_BYTES_MAX, &whole, &flooded).await.is_ok(),
            "small ones fit"
        );
        assert!(large(&whole, &other).await.is_ok());
        held.pop();
        assert!(large(&whole, &flooded).await.is_ok(), "what is dropped is free again");
    }

    #[tokio::test(start_paused = true)]
    async fn all_hooks_together_never_take_the_room_of_small_bodies() {
        let whole = Budget::whole();
        let shares: Vec<Budget> = (0..=SHARE_OF_A_HOOK).map(|_| Budget::share()).collect();
        let mut held = Vec::new();
        for share in &shares[..SHARE_OF_A_HOOK] {
            while let Ok(taken) = large(&whole, share).await {
                held.push(taken);
            }
        }
        assert_eq!(held.len(), LARGE_BYTES_MAX / LARGE);
        assert_eq!(large(&whole, &shares[SHARE_OF_A_HOOK]).await.err(), Some(Exhausted));
        assert!(Reservation::default().grow(SMALL_BYTES_MAX, &whole, &shares[SHARE_OF_A_HOOK]).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn small_bodies_of_one_hook_leave_room_for_those_of_another() {
        let (whole, flooded, other) = (Budget::whole(), Budget::share(), Budget::share());
        let mut held = Vec::new();
        loop {
            let mut taken = Reservation::default();
            if taken.grow(SMALL_BYTES_MAX, &whole, &flooded).await.is_err() {
                break;
            }
            held.push(taken);
        }
        assert_eq!(held.len(), SMALL_ROOM_BYTES_MAX / SHARE_OF_A_HOOK / SMALL_BYTES_MAX);
        assert!(Reservation::default().grow(SMALL_BYTES_MAX, &whole, &other).await.is_ok());
    }
}
