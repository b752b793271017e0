//! The Kommo and the Meta of a life, wherever they are asked.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    crm,
    life::Life,
    meta::{self, Taken},
    moments::Windows,
    truth::Truth,
    wire::{Reply, Request},
};

/// Both hosts.
pub struct Hosts {
    pub truth: Truth,
    pub windows: Windows,
    taken: Mutex<Vec<Taken>>,
    requests: AtomicUsize,
}

impl Hosts {
    pub fn of(life: &Life) -> Self {
        Self {
            truth: Truth::of(life),
            windows: Windows::of(life),
            taken: Mutex::default(),
            requests: AtomicUsize::new(0),
        }
    }

    /// What Kommo answers at a moment, milliseconds since the life began.
    pub fn crm(&self, request: &Request, now_ms: i64) -> Reply {
        self.requests.fetch_add(1, Ordering::Relaxed);
        crm::answer(&self.truth, self.windows.crm(now_ms), &request.path, now_ms)
    }

    /// What Meta answers at a moment, and takes.
    pub fn meta(&self, request: &Request, now_ms: i64) -> Reply {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        meta::answer(&mut taken, self.windows.meta(now_ms), &request.body, now_ms)
    }

    /// What Meta has taken, in the order in which it came.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests Kommo got.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}
