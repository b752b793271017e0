//! What all sides of one sandbox have in common.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::Error;
use crate::clock::Clock;
use crate::fault::{Fault, FaultRule, Faults, Side};
use crate::quota::{ByteQuota, weight};

/// Says what a side holds of what was put in, in bytes.
type Scale = Box<dyn Fn() -> usize + Send + Sync>;

struct State {
    clock: Clock,
    faults: Mutex<Faults>,
    quota: Mutex<ByteQuota>,
    scales: Mutex<Vec<Scale>>,
    most_bytes: usize,
}

/// The clock, the faults and the byte quota of a sandbox. Clones share them.
#[derive(Clone)]
pub struct Shared {
    state: Arc<State>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// The random numbers of faults begin at `seed`; what is put in over HTTP may take `most_bytes`.
    pub fn new(seed: u64, most_bytes: usize) -> Self {
        let state = State {
            clock: Clock::default(),
            faults: Mutex::new(Faults::seeded(seed)),
            quota: Mutex::new(ByteQuota::new(most_bytes)),
            scales: Mutex::default(),
            most_bytes,
        };
        Self { state: Arc::new(state) }
    }

    /// The clock that everything asks.
    pub fn clock(&self) -> &Clock {
        &self.state.clock
    }

    /// Adds a fault. Says whether there was room for it: there can be a thousand.
    pub fn add_fault(&self, rule: FaultRule) -> bool {
        lock(&self.state.faults).add(rule, Instant::now())
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        lock(&self.state.faults).clear();
    }

    /// The faults that can still happen.
    pub fn faults(&self) -> Vec<FaultRule> {
        lock(&self.state.faults).list()
    }

    /// What happens to a request of `side` to `object`. One without events cannot be cut short.
    pub fn take_fault(&self, side: Side, object: &str, brings_events: bool) -> Option<Fault> {
        lock(&self.state.faults).take(side, object, brings_events, Instant::now())
    }

    /// A further side holds what was put in; `scale` says how many bytes of it.
    pub fn weigh_with(&self, scale: impl Fn() -> usize + Send + Sync + 'static) {
        lock(&self.state.scales).push(Box::new(scale));
    }

    /// Says why if what came over HTTP has no room for so many bytes more.
    pub fn take_quota(&self, bytes: usize) -> Result<(), Error> {
        let weigh = || {
            let of_sides: usize = lock(&self.state.scales).iter().map(|scale| scale()).sum();
            of_sides + weight(&self.faults())
        };
        if lock(&self.state.quota).take(bytes, Instant::now(), weigh) {
            Ok(())
        } else {
            Err(Error::Full { most_bytes: self.state.most_bytes })
        }
    }
}

/// A panic in another thread leaves plain data behind, which stays readable.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
