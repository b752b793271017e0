//! How often browsers may send: token buckets, one for each address and one for each key.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::client::Client;

/// How many requests of one address are taken at once. Everybody in an office or behind a carrier has the same one.
const ADDRESS_AT_ONCE: f64 = 240.0;
/// How many more a second.
const ADDRESS_A_SECOND: f64 = 8.0;
/// How many requests with one key are taken at once.
const KEY_AT_ONCE: f64 = 20_000.0;
/// How many more a second.
const KEY_A_SECOND: f64 = 5_000.0;
/// How many addresses are told apart; those that come when all places are taken share one bucket.
const ADDRESSES_MAX: usize = 65_536;
/// How often places are looked for when all are taken.
const SWEPT_EVERY: Duration = Duration::from_secs(1);

/// A token bucket: what is left, and when that was so.
#[derive(Clone, Copy)]
struct Rate {
    left: f64,
    at: Instant,
}

impl Rate {
    fn full(at_once: f64, now: Instant) -> Self {
        Self { left: at_once, at: now }
    }

    fn takes(&mut self, at_once: f64, a_second: f64, now: Instant) -> bool {
        self.left = self.left_at(at_once, a_second, now);
        self.at = now;
        let taken = self.left >= 1.0;
        self.left -= f64::from(u8::from(taken));
        taken
    }

    fn left_at(&self, at_once: f64, a_second: f64, now: Instant) -> f64 {
        (self.left + (now - self.at).as_secs_f64() * a_second).min(at_once)
    }
}

/// The bounds of one key.
pub(super) struct RequestRates(Mutex<Rates>);

struct Rates {
    key: Rate,
    addresses: HashMap<Client, Rate>,
    others: Rate,
    /// When places were last made free.
    swept: Instant,
}

impl RequestRates {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self(Mutex::new(Rates {
            key: Rate::full(KEY_AT_ONCE, now),
            addresses: HashMap::new(),
            others: Rate::full(ADDRESS_AT_ONCE, now),
            swept: now,
        }))
    }

    /// Whether a request of this client may be taken. One that its address may not have takes nothing of the key's.
    pub(super) fn takes(&self, client: Client) -> bool {
        let now = Instant::now();
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.addresses.len() >= ADDRESSES_MAX && now - rates.swept >= SWEPT_EVERY {
            rates.swept = now;
            // Whoever has rested is as good as new.
            let is_full =
                |rate: &Rate| rate.left_at(ADDRESS_AT_ONCE, ADDRESS_A_SECOND, now) >= ADDRESS_AT_ONCE;
            rates.addresses.retain(|_, rate| !is_full(rate));
        }
        let has_place = rates.addresses.len() < ADDRESSES_MAX || rates.addresses.contains_key(&client);
        let address = if has_place {
            rates.addresses.entry(client).or_insert_with(|| Rate::full(ADDRESS_AT_ONCE, now))
        } else {
            &mut rates.others
        };
        address.takes(ADDRESS_AT_ONCE, ADDRESS_A_SECOND, now)
            && rates.key.takes(KEY_AT_ONCE, KEY_A_SECOND, now)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn client(number: u32) -> Client {
        Client::of(IpAddr::from(number.to_be_bytes()))
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_its_rate_and_takes_nothing_of_another() {
        let rates = RequestRates::new();
        let taken = |number: u32, times: usize| (0..times).filter(|_| rates.takes(client(number))).count();
        assert_eq!(taken(1, 1000), 240);
        assert_eq!(taken(2, 10), 10);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(taken(1, 1000), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_has_its_rate_however_many_addresses_there_are() {
        let rates = RequestRates::new();
        assert_eq!((0..30_000).filter(|number| rates.takes(client(*number))).count(), 20_000);
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_beyond_all_places_share_one_rate_until_others_have_rested() {
        let rates = RequestRates::new();
        for number in 0..ADDRESSES_MAX as u32 {
            rates.takes(client(number));
            if number % 10_000 == 0 {
                tokio::time::advance(Duration::from_millis(1)).await;
            }
        }
        let more = |from: u32| (from..from + 1000).filter(|number| rates.takes(client(*number))).count();
        assert!(more(1_000_000) <= 240);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(more(2_000_000), 1000);
    }
}
