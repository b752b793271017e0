//! What the requests of a lane that are under way have taken for themselves.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use kopru_core::Cause;
use store::Queued;

/// A conversion and its cause, both as numbers. Two causes that share one only wait for each other.
pub(crate) type Holding = (u64, u64);

/// Conversions that were claimed and are not settled for good, and their causes: nobody else claims them,
/// and later events of their causes wait.
#[derive(Default)]
pub(crate) struct Owned {
    numbers: HashSet<u64>,
    causes: HashSet<u64>,
    hash: RandomState,
}

impl Owned {
    /// How many conversions there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether somebody else has the conversion.
    pub(crate) fn has(&self, number: u64) -> bool {
        self.numbers.contains(&number)
    }

    /// Whether somebody else has the conversion or another one of its cause.
    pub(crate) fn keeps(&self, one: &Queued) -> bool {
        !self.numbers.is_empty()
            && (self.has(one.number) || self.causes.contains(&self.cause(&one.conversion.cause)))
    }

    /// Takes these.
    pub(crate) fn take(&mut self, batch: &[Queued]) -> Vec<Holding> {
        let holding: Vec<Holding> =
            batch.iter().map(|one| (one.number, self.cause(&one.conversion.cause))).collect();
        self.numbers.extend(holding.iter().map(|(number, _)| number));
        self.causes.extend(holding.iter().map(|(_, cause)| cause));
        holding
    }

    /// Gives back what was taken together. Causes are never taken twice, so none is lost to another.
    pub(crate) fn give_back(&mut self, holding: &[Holding]) {
        for (number, cause) in holding {
            self.numbers.remove(number);
            self.causes.remove(cause);
        }
    }

    fn cause(&self, cause: &Cause) -> u64 {
        self.hash.hash_one(cause)
    }
}
