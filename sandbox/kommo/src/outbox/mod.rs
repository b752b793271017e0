//! Subscriptions to webhooks, the requests that wait to be sent to them, and what came of those sent.
//!
//! Kommo's rules, as documented: an answer of 100 to 299 within two seconds is good. Anything else is tried
//! again after 5 minutes and after 15; an answer of 499 or 500 to 599 further after 15 minutes and after an
//! hour, five attempts in all. More than 100 bad answers within two hours disable the webhook. The
//! documentation does not say from when the minutes count: here each wait begins with the attempt before.

mod delivery;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use sandbox_http::Kept;
use tokio::sync::Notify;

use self::delivery::{wait_after, without_secrets};
use crate::Error;

pub use self::delivery::KommoDelivery;

/// Letters that can wait; the oldest leaves for a new one and is counted.
const MOST_WAITING: usize = 10_000;
/// Bytes of the requests that can wait, and of the list of attempts; here too the oldest leaves.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// More bad answers than this within [`COUNTED_MS`] disable a webhook.
const MOST_BAD: usize = 100;
const COUNTED_MS: i64 = 2 * 60 * 60_000;

/// A webhook as `GET /webhooks` shows it.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) id: u64,
    pub(crate) destination: String,
    pub(crate) settings: Vec<String>,
    pub(crate) sort: u64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) created_by: u64,
    pub(crate) disabled: bool,
    bad_at_ms: VecDeque<i64>,
}

/// A request that waits for its attempt.
#[derive(Debug, Clone)]
pub(crate) struct PendingRequest {
    n: u64,
    webhook: u64,
    pub(crate) destination: String,
    event: &'static str,
    pub(crate) body: Arc<str>,
    attempt: u32,
    due_ms: i64,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    subscriptions: BTreeMap<u64, Subscription>,
    waiting: VecDeque<PendingRequest>,
    waiting_bytes: usize,
    /// Requests that are being sent.
    under_way: usize,
    unsent: u64,
    sent: u64,
    last_id: u64,
    pub(crate) deliveries: Kept<KommoDelivery>,
    pub(crate) news: Arc<Notify>,
}

impl Outbox {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            subscriptions: BTreeMap::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            under_way: 0,
            unsent: 0,
            sent: 0,
            last_id: 9_000,
            deliveries: Kept::within(keep, MOST_BYTES),
            news: Arc::default(),
        }
    }

    pub(crate) fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.values()
    }

    /// Makes a subscription, or changes the one to this destination: it counts its bad answers anew.
    pub(crate) fn subscribe(
        &mut self,
        destination: &str,
        settings: Vec<String>,
        sort: u64,
        (at, by): (i64, u64),
    ) -> &Subscription {
        let known = self.subscriptions.values().find(|known| known.destination == destination);
        let (id, created_at, created_by) = match known {
            Some(known) => (known.id, known.created_at, known.created_by),
            None => (self.last_id + 1, at, by),
        };
        self.last_id = self.last_id.max(id);
        let subscription = Subscription {
            id,
            destination: destination.to_owned(),
            settings,
            sort,
            created_at,
            updated_at: at,
            created_by,
            disabled: false,
            bad_at_ms: VecDeque::new(),
        };
        self.subscriptions.entry(id).insert_entry(subscription).into_mut()
    }

    /// Says whether there was a subscription to it. What waits for it is not sent.
    pub(crate) fn unsubscribe(&mut self, destination: &str) -> bool {
        let known = self.subscriptions.values().find(|known| known.destination == destination);
        let Some(id) = known.map(|known| known.id) else { return false };
        self.subscriptions.remove(&id);
        self.forget_letters_to(id);
        true
    }

    /// Switches the webhook to this address off, as many bad answers do. Says whether there is one.
    pub(crate) fn disable(&mut self, destination: &str) -> bool {
        let Some(known) = self.subscriptions.values_mut().find(|known| known.destination == destination)
        else {
            return false;
        };
        known.disabled = true;
        let id = known.id;
        self.forget_letters_to(id);
        true
    }

    pub(crate) fn is_asked_for(&self, code: &str) -> bool {
        self.subscriptions.values().any(|known| wants(known, code))
    }

    /// Puts a request in for everybody who asked for `code`.
    pub(crate) fn send(&mut self, code: &'static str, body: &str) {
        let body: Arc<str> = Arc::from(body);
        let asked: Vec<(u64, String)> = self
            .subscriptions
            .values()
            .filter(|known| wants(known, code))
            .map(|known| (known.id, known.destination.clone()))
            .collect();
        for (webhook, destination) in asked {
            self.sent += 1;
            let (n, body) = (self.sent, Arc::clone(&body));
            self.put_in(PendingRequest {
                n,
                webhook,
                destination,
                event: code,
                body,
                attempt: 1,
                due_ms: i64::MIN,
            });
        }
        self.news.notify_one();
    }

    fn put_in(&mut self, request: PendingRequest) {
        self.waiting_bytes += request.body.len();
        self.waiting.push_back(request);
        while self.waiting.len() > MOST_WAITING || self.waiting_bytes > MOST_BYTES {
            let Some(oldest) = self.waiting.pop_front() else { return };
            self.waiting_bytes -= oldest.body.len();
            self.unsent += 1;
        }
    }

    fn forget_letters_to(&mut self, webhook: u64) {
        self.waiting.retain(|request| request.webhook != webhook);
        self.waiting_bytes = self.waiting.iter().map(|request| request.body.len()).sum();
    }

    /// Letters that were put in so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Letters that left unsent because too many waited.
    pub(crate) fn unsent(&self) -> u64 {
        self.unsent
    }

    pub(crate) fn take_due(&mut self, now_ms: i64) -> Option<PendingRequest> {
        let place = self.waiting.iter().position(|request| request.due_ms <= now_ms)?;
        let request = self.waiting.remove(place)?;
        self.waiting_bytes -= request.body.len();
        self.under_way += 1;
        Some(request)
    }

    /// Whether nothing waits to be sent or is being sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.under_way == 0
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.waiting.iter().map(|request| request.due_ms).min()
    }

    /// Writes down what came of an attempt, and puts the request in again if Kommo would.
    pub(crate) fn settle(
        &mut self,
        request: PendingRequest,
        answer: Result<u16, Error>,
        sent_at_ms: i64,
        now_ms: i64,
    ) {
        self.under_way = self.under_way.saturating_sub(1);
        let status = answer.as_ref().ok().copied();
        let good = status.is_some_and(|status| (100..300).contains(&status));
        let wait_ms = if good { None } else { wait_after(request.attempt, status) };
        let stays = good || self.count_bad(request.webhook, now_ms);
        let next_attempt_at_ms = wait_ms.filter(|_| stays).map(|wait_ms| sent_at_ms.saturating_add(wait_ms));
        let destination = without_secrets(&request.destination);
        let bytes = 256 + destination.len();
        let delivery = KommoDelivery {
            n: request.n,
            webhook: request.webhook,
            destination,
            event: request.event,
            attempt: request.attempt,
            status,
            error: answer.err().map(|error| error.to_string()),
            sent_at_ms,
            next_attempt_at_ms,
        };
        self.deliveries.push_sized(delivery, bytes);
        if let Some(due_ms) = next_attempt_at_ms {
            self.put_in(PendingRequest { attempt: request.attempt + 1, due_ms, ..request });
        }
    }

    /// Says whether the webhook still takes requests.
    fn count_bad(&mut self, webhook: u64, now_ms: i64) -> bool {
        let Some(known) = self.subscriptions.get_mut(&webhook) else { return false };
        known.bad_at_ms.push_back(now_ms);
        while known.bad_at_ms.front().is_some_and(|at_ms| now_ms.saturating_sub(*at_ms) > COUNTED_MS) {
            known.bad_at_ms.pop_front();
        }
        if known.bad_at_ms.len() > MOST_BAD {
            known.disabled = true;
            known.bad_at_ms.clear();
        }
        let stays = !known.disabled;
        if !stays {
            self.forget_letters_to(webhook);
        }
        stays
    }
}

fn wants(subscription: &Subscription, code: &str) -> bool {
    !subscription.disabled && subscription.settings.iter().any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_letters_leave_a_full_outbox() {
        let mut outbox = Outbox::new(10);
        outbox.subscribe("https://example.com/", vec!["add_lead".to_owned()], 10, (0, 0));
        for _ in 0..MOST_WAITING + 3 {
            outbox.send("add_lead", "");
        }
        assert_eq!((outbox.unsent(), outbox.waiting.len()), (3, MOST_WAITING));
        assert_eq!(outbox.take_due(0).map(|request| request.n), Some(4));
        outbox.send("update_lead", "");
        assert_eq!(outbox.waiting.len(), MOST_WAITING - 1, "nobody asked for it");
        let heavy = "x".repeat(MOST_BYTES / 3);
        for _ in 0..5 {
            outbox.send("add_lead", &heavy);
        }
        assert_eq!((outbox.waiting.len(), outbox.waiting_bytes), (3, 3 * heavy.len()));
        outbox.unsubscribe("https://example.com/");
        assert_eq!((outbox.waiting.len(), outbox.waiting_bytes), (0, 0));
    }
}
