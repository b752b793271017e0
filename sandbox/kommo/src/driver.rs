//! Sends webhooks while the sandbox serves: a few at a time, each with two seconds for its answer.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;
use tokio::task::JoinSet;

use super::outbox::PendingRequest;
use crate::{Error, Kommo};

/// The answer has to be there within this much real time, whatever the sandbox's clock does.
const BUDGET: Duration = Duration::from_secs(2);
const MOST_AT_A_TIME: usize = 8;
/// As captured.
const AGENT: &str = "amoCRM-WebHook-client/2.0";

struct Attempt {
    request: PendingRequest,
    answer: Result<u16, Error>,
    sent_at_ms: i64,
}

impl Kommo {
    /// Sends the webhooks while the future is polled; attempts under way are dropped with it.
    pub fn send_webhooks(&self) -> io::Result<Pin<Box<dyn Future<Output = ()> + Send>>> {
        let client = client().map_err(io::Error::other)?;
        Ok(Box::pin(drive(self.clone(), client)))
    }
}

/// It goes straight to the destination and follows no redirect.
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .timeout(BUDGET)
        .build()
}

async fn drive(kommo: Kommo, client: reqwest::Client) {
    let mut under_way = JoinSet::new();
    let news = kommo.crm().outbox.news.clone();
    loop {
        while under_way.len() < MOST_AT_A_TIME {
            let now_ms = kommo.shared().clock().now_ms();
            let Some(request) = kommo.crm().outbox.take_due(now_ms) else { break };
            under_way.spawn(attempt(client.clone(), request, now_ms));
        }
        let next_due_ms = kommo.crm().outbox.next_due_ms().filter(|_| under_way.len() < MOST_AT_A_TIME);
        tokio::select! {
            () = news.notified() => {}
            () = kommo.shared().clock().until(next_due_ms.unwrap_or(i64::MAX)), if next_due_ms.is_some() => {}
            Some(Ok(done)) = under_way.join_next() => {
                let now_ms = kommo.shared().clock().now_ms();
                kommo.crm().outbox.settle(done.request, done.answer, done.sent_at_ms, now_ms);
            }
        }
    }
}

async fn attempt(client: reqwest::Client, request: PendingRequest, sent_at_ms: i64) -> Attempt {
    let sending = client
        .post(&request.destination)
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(request.body.to_string());
    let answer = match sending.send().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) if error.is_timeout() => Err(Error::TooSlow(BUDGET)),
        Err(error) if error.is_connect() => Err(Error::NoConnection),
        Err(error) => Err(Error::NoAnswer(error.without_url())),
    };
    Attempt { request, answer, sent_at_ms }
}
