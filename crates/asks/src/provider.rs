//! A provider of accounts: it counts the requests of all of them together.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

/// The least distance between two departures is that of an even pace, and by this much longer, percent:
/// a request that is slow to arrive (the first one makes a connection) must not end up in one second with
/// those behind it.
const LONGER_PERCENT: u32 = 19;
/// How long nothing leaves after the start: the time over which the limit is counted.
const AFTER_START: Duration = Duration::from_secs(1);
/// Two accounts that are refused within this time speak for the provider.
const REFUSED_TOGETHER: Duration = Duration::from_secs(10);
/// How many accounts ask at the same time for what is in no hurry.
const QUIET_PLACES: usize = 2;

/// Who asks where: two tokens at one address are two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AccountId(pub u64);

/// One provider.
pub(crate) struct Provider {
    /// The least distance between two departures.
    between: Duration,
    /// Who holds it is the next to leave; in order of asking. An account has one request at a time,
    /// so they take turns, however many questions one of them has.
    place: tokio::sync::Mutex<()>,
    /// When the next request may leave.
    next: Mutex<Instant>,
    /// Accounts that were refused lately, since when and for how long.
    refused: Mutex<HashMap<AccountId, (Instant, Duration)>>,
    /// Since when and until when all of them rest.
    rest: Mutex<Option<(Instant, Instant)>>,
    quiet: Semaphore,
}

/// Who counts the requests to an address: the last two labels of a name (`kommo.com`), or the whole
/// host with its port where that is a number. Too wide a name only makes requests slower.
pub(crate) fn provider_of(base_url: &str) -> String {
    let address = base_url.to_ascii_lowercase();
    let after_scheme = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    if host.is_empty() || host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return authority.to_owned();
    }
    let from = host.rmatch_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1);
    host.get(from..).unwrap_or(host).to_owned()
}

/// The least distance between two requests where so many a second are allowed.
pub(crate) fn between_requests(per_s: u32) -> Duration {
    Duration::from_millis(10) * (100 + LONGER_PERCENT) / per_s.max(1)
}

impl Provider {
    /// A provider of which nothing is asked for a second: before a restart others may have left, and
    /// who asks too often is sent away for minutes.
    pub fn after_start(per_s: u32) -> Self {
        Self::from(Instant::now() + AFTER_START, per_s)
    }

    fn from(next: Instant, per_s: u32) -> Self {
        Self {
            between: between_requests(per_s),
            place: tokio::sync::Mutex::new(()),
            next: Mutex::new(next),
            refused: Mutex::default(),
            rest: Mutex::default(),
            quiet: Semaphore::new(QUIET_PLACES),
        }
    }

    /// Waits for this request's turn, in order of asking. The distance counts from when the one before
    /// really left: a process that was held up does not catch up in a burst.
    pub async fn turn(&self) {
        let _place = self.place.lock().await;
        loop {
            let wait_until = {
                let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
                let now = Instant::now();
                if *next <= now {
                    *next = now + self.between;
                    return;
                }
                *next
            };
            sleep_until(wait_until).await;
        }
    }

    /// Waits until few others ask for what is in no hurry. With hundreds of accounts that all want
    /// their names at the start, a real question finds at most so many of these before it.
    pub async fn quiet_place(&self) -> Option<SemaphorePermit<'_>> {
        self.quiet.acquire().await.ok()
    }

    /// An account was told to wait or refused, and it was not so before. If another one was as well,
    /// and nobody was answered since, everybody rests for the shorter of their times, which it returns.
    pub fn refuses(&self, account: AccountId, wait: Duration) -> Option<Duration> {
        let now = Instant::now();
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|_, (since, _)| now.duration_since(*since) <= REFUSED_TOGETHER);
        let others = refused.iter().filter(|(other, _)| **other != account).map(|(_, (_, wait))| *wait);
        let shortest = others.min().map(|others| others.min(wait));
        if let Some(shortest) = shortest {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next = (*next).max(now + shortest);
            let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
            let goes_on = rest.filter(|(_, until)| *until + REFUSED_TOGETHER > now);
            *rest = Some((goes_on.map_or(now, |(since, _)| since), *next));
        }
        refused.insert(account, (now, wait));
        shortest
    }

    /// An account was answered: what the others are told concerns only them.
    pub fn answers(&self) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Since when and until when all accounts rest, if they do.
    pub fn rest(&self) -> Option<(Instant, Instant)> {
        let rest = *self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.filter(|(_, until)| *until > Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn accounts_of_one_provider_share_its_limit() {
        for (address, provider) in [
            ("https://acme.kommo.com", "kommo.com"),
            ("https://Beta.KOMMO.com/", "kommo.com"),
            ("https://kommo.com:443", "kommo.com"),
            ("http://127.0.0.1:8480", "127.0.0.1:8480"),
            ("http://[::1]:8480/x", "[::1]:8480"),
            ("http://localhost:1", "localhost"),
            ("nonsense", "nonsense"),
            ("", ""),
        ] {
            assert_eq!(provider_of(address), provider, "{address}");
        }
    }

    #[test]
    fn requests_are_a_little_further_apart_than_the_limit() {
        for (per_s, ms) in [(7, 170), (1, 1_190), (100, 11), (0, 1_190)] {
            assert_eq!(between_requests(per_s).as_millis(), ms, "{per_s}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_was_held_up_does_not_catch_up_in_a_burst() {
        let provider = Arc::new(Provider::from(Instant::now(), 7));
        provider.turn().await;
        let mut waiting: Vec<_> = (0..5)
            .map(|_| {
                let provider = Arc::clone(&provider);
                tokio::spawn(async move {
                    provider.turn().await;
                    Instant::now()
                })
            })
            .collect();
        // Everything stands still for five seconds, and all timers are late.
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(5)).await;
        let mut before: Option<Instant> = None;
        for task in waiting.drain(..) {
            let Ok(left) = task.await else { panic!("a turn never came") };
            assert!(before.is_none_or(|before| left - before >= between_requests(7)));
            before = Some(left);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_is_started_again_and_again_keeps_the_limit() {
        assert!(waits(&Provider::after_start(7)).await >= Duration::from_secs(1));
    }

    /// How long the next request has to wait.
    async fn waits(provider: &Provider) -> Duration {
        let begun = Instant::now();
        provider.turn().await;
        begun.elapsed()
    }

    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test(start_paused = true)]
    async fn one_refused_account_concerns_no_other() {
        let provider = Provider::from(Instant::now(), 7);
        provider.refuses(AccountId(1), MINUTE);
        provider.refuses(AccountId(1), MINUTE);
        assert!(waits(&provider).await < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn two_accounts_speak_for_the_provider() {
        let provider = Provider::from(Instant::now(), 7);
        provider.refuses(AccountId(1), HOUR);
        assert_eq!(provider.rest(), None);
        provider.refuses(AccountId(2), MINUTE);
        let rest = provider.rest().map(|(since, until)| until.duration_since(since));
        assert_eq!(rest, Some(MINUTE));
        let waited = waits(&provider).await;
        assert!(waited >= MINUTE && waited < HOUR, "{waited:?}: the shorter of both");
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_that_are_refused_apart_speak_for_themselves() {
        let provider = Provider::from(Instant::now(), 7);
        provider.refuses(AccountId(1), MINUTE);
        tokio::time::advance(REFUSED_TOGETHER * 2).await;
        provider.refuses(AccountId(2), MINUTE);
        provider.answers();
        provider.refuses(AccountId(3), MINUTE);
        assert!(waits(&provider).await < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_holds_for_those_who_wait_already() {
        let provider = Arc::new(Provider::from(Instant::now(), 7));
        provider.turn().await;
        let begun = Instant::now();
        let waiting = tokio::spawn({
            let provider = Arc::clone(&provider);
            async move { provider.turn().await }
        });
        tokio::task::yield_now().await;
        provider.refuses(AccountId(1), MINUTE);
        provider.refuses(AccountId(2), MINUTE);
        assert!(waiting.await.is_ok());
        assert!(begun.elapsed() >= MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_with_many_questions_takes_turns_with_one_that_has_one() {
        let provider = Arc::new(Provider::from(Instant::now(), 7));
        tokio::spawn({
            let provider = Arc::clone(&provider);
            async move {
                for _ in 0..1_000 {
                    provider.turn().await;
                }
            }
        });
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(waits(&provider).await <= between_requests(7) * 3);
    }
}
