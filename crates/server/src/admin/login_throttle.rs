//! The brake on guessing the admin token.
//!
//! After some wrong tries a client has to come again later, and later still with each further one
//! that is looked at.
//! Until then a right token is answered like a wrong one. Tries of other clients, and
//! those of a program on the same machine, are counted apart, and whoever is signed in is not asked.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::client::Client;

/// How many wrong tries are free within [`FREE_WITHIN`].
const FREE_TRIES: u32 = 5;
const FREE_WITHIN: Duration = Duration::from_mins(1);
/// The first pause; each further wrong try doubles it.
const PAUSE_FIRST: Duration = Duration::from_secs(10);
const PAUSE_MAX: Duration = Duration::from_mins(5);
/// After so long without a wrong try nothing is held against a client any more.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);
/// How many clients are counted apart; further ones share one brake.
const CLIENTS_MAX: usize = 1024;

/// How the token is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// By a person, in the form.
    Form,
    /// By a program, in a header.
    Header,
}

/// What becomes of a try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tried {
    Right,
    Wrong,
    /// Not looked at; to come again after so long.
    Later(Duration),
}

#[derive(Default)]
pub(super) struct Brake(Mutex<HashMap<(Way, Option<Client>), Wrong>>);

/// The wrong tries of a client.
struct Wrong {
    times: u32,
    since: Instant,
    last: Instant,
    pause: Duration,
    until: Instant,
}

impl Brake {
    /// Takes a try into account.
    pub(super) fn tried(&self, way: Way, client: Client, is_right: bool) -> Tried {
        let now = Instant::now();
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (way, Some(client));
        if !clients.contains_key(&key) {
            if is_right && clients.len() < CLIENTS_MAX {
                return Tried::Right;
            }
            clients.retain(|_, wrong| now - wrong.last < FORGOTTEN_AFTER);
            if clients.len() >= CLIENTS_MAX {
                key = (way, None);
            }
        }
        let wrong = clients.entry(key).or_insert_with(|| Wrong::none(now));
        if now - wrong.last >= FORGOTTEN_AFTER {
            *wrong = Wrong::none(now);
        }
        let tried = wrong.tried(now, is_right);
        if tried == Tried::Right {
            clients.remove(&key);
        }
        tried
    }
}

impl Wrong {
    fn none(now: Instant) -> Self {
        Self { times: 0, since: now, last: now, pause: Duration::ZERO, until: now }
    }

    fn tried(&mut self, now: Instant, is_right: bool) -> Tried {
        if now < self.until {
            // What comes during a pause does not prolong it, or whoever guesses on would keep a right
            // token out for ever.
            return Tried::Later(self.until - now);
        }
        if !is_right {
            self.last = now;
            if self.pause.is_zero() && now - self.since >= FREE_WITHIN {
                *self = Self::none(now);
            }
            self.times += 1;
            if self.times >= FREE_TRIES {
                self.pause = (self.pause * 2).clamp(PAUSE_FIRST, PAUSE_MAX);
                self.until = now + self.pause;
            }
        }
        if is_right { Tried::Right } else { Tried::Wrong }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> Client {
        Client::of(std::net::IpAddr::from(number.to_be_bytes()))
    }

    #[tokio::test(start_paused = true)]
    async fn each_wrong_try_makes_the_next_one_later() {
        let brake = Brake::default();
        let tried = |is_right| brake.tried(Way::Form, client(1), is_right);
        assert_eq!([(); 5].map(|()| tried(false)), [(); 5].map(|()| Tried::Wrong));
        assert_eq!(tried(true), Tried::Later(PAUSE_FIRST), "a right one is not told apart");
        let mut pause = PAUSE_FIRST;
        for next in [20, 40, 80, 160, 300, 300] {
            assert_eq!(tried(false), Tried::Later(pause), "one that comes too early prolongs nothing");
            tokio::time::advance(pause).await;
            assert_eq!(tried(false), Tried::Wrong);
            pause = Duration::from_secs(next);
            assert_eq!(tried(true), Tried::Later(pause), "one more is enough");
        }
        tokio::time::advance(PAUSE_MAX).await;
        assert_eq!((tried(true), tried(false)), (Tried::Right, Tried::Wrong), "a right one mends it");
    }

    #[tokio::test(start_paused = true)]
    async fn slow_mistakes_and_those_of_others_are_free() {
        let brake = Brake::default();
        for _ in 0..20 {
            assert_eq!(brake.tried(Way::Form, client(1), false), Tried::Wrong);
            tokio::time::advance(FREE_WITHIN / 4).await;
        }
        for _ in 0..10 {
            brake.tried(Way::Form, client(2), false);
        }
        assert_eq!(brake.tried(Way::Form, client(3), true), Tried::Right);
        assert_eq!(brake.tried(Way::Header, client(2), true), Tried::Right);
        assert_eq!(brake.tried(Way::Header, client(2), false), Tried::Wrong);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_bounded_and_forgotten() {
        let brake = Brake::default();
        let crowd = CLIENTS_MAX as u32 + 10;
        let braked = (0..crowd)
            .filter(|number| matches!(brake.tried(Way::Header, client(*number), false), Tried::Later(_)));
        assert_eq!(braked.count(), 5, "those beyond the bound share their five tries");
        assert_eq!(brake.0.lock().unwrap().len(), CLIENTS_MAX + 1);
        tokio::time::advance(FORGOTTEN_AFTER).await;
        assert_eq!(brake.tried(Way::Header, client(crowd), false), Tried::Wrong);
        assert_eq!(brake.0.lock().unwrap().len(), 1);
    }
}
