//! Throttles guesses of the admin token.
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
/// How many clients are counted apart; further ones are throttled together.
const CLIENTS_MAX: usize = 1024;

/// How the token is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LoginMethod {
    /// By a person, in the form.
    Form,
    /// By a program, in a header.
    Header,
}

/// What becomes of a try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LoginOutcome {
    Right,
    Wrong,
    /// Not looked at; to come again after so long.
    Later(Duration),
}

#[derive(Default)]
pub(super) struct LoginThrottle(Mutex<HashMap<(LoginMethod, Option<Client>), FailedLogins>>);

/// The wrong tries of a client.
struct FailedLogins {
    times: u32,
    since: Instant,
    last: Instant,
    pause: Duration,
    until: Instant,
}

impl LoginThrottle {
    /// How long a client has still to wait. Changes nothing.
    pub(super) fn paused(&self, way: LoginMethod, client: Client) -> Option<Duration> {
        let now = Instant::now();
        let clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = clients.get(&(way, Some(client)))?;
        (now < wrong.until).then(|| wrong.until - now)
    }

    /// Takes a try into account.
    pub(super) fn tried(&self, way: LoginMethod, client: Client, is_right: bool) -> LoginOutcome {
        let now = Instant::now();
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (way, Some(client));
        if !clients.contains_key(&key) {
            if is_right && clients.len() < CLIENTS_MAX {
                return LoginOutcome::Right;
            }
            clients.retain(|_, wrong| now - wrong.last < FORGOTTEN_AFTER);
            if clients.len() >= CLIENTS_MAX {
                key = (way, None);
            }
        }
        let wrong = clients.entry(key).or_insert_with(|| FailedLogins::none(now));
        if now - wrong.last >= FORGOTTEN_AFTER {
            *wrong = FailedLogins::none(now);
        }
        let tried = wrong.tried(now, is_right);
        if tried == LoginOutcome::Right {
            clients.remove(&key);
        }
        tried
    }
}

impl FailedLogins {
    fn none(now: Instant) -> Self {
        Self { times: 0, since: now, last: now, pause: Duration::ZERO, until: now }
    }

    fn tried(&mut self, now: Instant, is_right: bool) -> LoginOutcome {
        if now < self.until {
            // What comes during a pause does not prolong it, or whoever guesses on would keep a right
            // token out for ever.
            return LoginOutcome::Later(self.until - now);
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
        if is_right { LoginOutcome::Right } else { LoginOutcome::Wrong }
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
        let throttle = LoginThrottle::default();
        let tried = |is_right| throttle.tried(LoginMethod::Form, client(1), is_right);
        assert_eq!([(); 5].map(|()| tried(false)), [(); 5].map(|()| LoginOutcome::Wrong));
        assert_eq!(tried(true), LoginOutcome::Later(PAUSE_FIRST), "a right one is not told apart");
        let mut pause = PAUSE_FIRST;
        for next in [20, 40, 80, 160, 300, 300] {
            assert_eq!(tried(false), LoginOutcome::Later(pause), "one that comes too early prolongs nothing");
            tokio::time::advance(pause).await;
            assert_eq!(tried(false), LoginOutcome::Wrong);
            pause = Duration::from_secs(next);
            assert_eq!(tried(true), LoginOutcome::Later(pause), "one more is enough");
        }
        tokio::time::advance(PAUSE_MAX).await;
        assert_eq!(
            (tried(true), tried(false)),
            (LoginOutcome::Right, LoginOutcome::Wrong),
            "a right one mends it"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn slow_mistakes_and_those_of_others_are_free() {
        let throttle = LoginThrottle::default();
        for _ in 0..20 {
            assert_eq!(throttle.tried(LoginMethod::Form, client(1), false), LoginOutcome::Wrong);
            tokio::time::advance(FREE_WITHIN / 4).await;
        }
        for _ in 0..10 {
            throttle.tried(LoginMethod::Form, client(2), false);
        }
        assert_eq!(throttle.tried(LoginMethod::Form, client(3), true), LoginOutcome::Right);
        assert_eq!(throttle.tried(LoginMethod::Header, client(2), true), LoginOutcome::Right);
        assert_eq!(throttle.tried(LoginMethod::Header, client(2), false), LoginOutcome::Wrong);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_bounded_and_forgotten() {
        let throttle = LoginThrottle::default();
        let crowd = CLIENTS_MAX as u32 + 10;
        let braked = (0..crowd).filter(|number| {
            matches!(throttle.tried(LoginMethod::Header, client(*number), false), LoginOutcome::Later(_))
        });
        assert_eq!(braked.count(), 5, "those beyond the bound share their five tries");
        assert_eq!(throttle.0.lock().unwrap().len(), CLIENTS_MAX + 1);
        tokio::time::advance(FORGOTTEN_AFTER).await;
        assert_eq!(throttle.tried(LoginMethod::Header, client(crowd), false), LoginOutcome::Wrong);
        assert_eq!(throttle.0.lock().unwrap().len(), 1);
    }
}
