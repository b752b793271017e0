//! A Meta that answers when it is told to, and remembers what it was sent.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use delivery::Target;
use serde_json::Value;
use testkit::http::{Answer, Host, Request};
use tokio::sync::Semaphore;

use crate::world::World;

/// Takes everything, as often as it was let.
#[derive(Clone)]
pub struct Meta {
    url: String,
    seen: Arc<Seen>,
}

struct Seen {
    /// How many requests may be answered.
    lets: Semaphore,
    /// How the next ones are answered, instead of being taken.
    scripted: Mutex<Vec<Answer>>,
    /// Events of each request.
    requests: Mutex<Vec<Vec<Value>>>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    /// Headers of an answer that takes events.
    headers: Mutex<Vec<(&'static str, String)>>,
}

impl Meta {
    /// Answers at once.
    pub async fn quick() -> Self {
        let meta = Self::slow().await;
        meta.go_on();
        meta
    }

    /// Answers nothing yet.
    pub async fn slow() -> Self {
        let seen = Arc::new(Seen {
            lets: Semaphore::new(0),
            scripted: Mutex::default(),
            requests: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            headers: Mutex::default(),
        });
        let of_host = Arc::clone(&seen);
        let host = Host::new(move |request| {
            let seen = Arc::clone(&of_host);
            async move { seen.answer(&request).await }
        })
        .await;
        Self { url: host.url, seen }
    }

    /// Answers so many more requests.
    pub fn answer(&self, requests: usize) {
        self.seen.lets.add_permits(requests);
    }

    /// Answers whatever comes.
    pub fn go_on(&self) {
        self.answer(100_000);
    }

    /// The next request is not taken but answered like this.
    pub fn script(&self, answer: Answer) {
        self.seen.scripted.lock().unwrap().push(answer);
    }

    /// The next request is refused with this error.
    pub fn refuse(&self, code: u32, subcode: Option<u32>) {
        let mut error = serde_json::json!({ "code": code, "message": "scripted", "fbtrace_id": "A1" });
        if let Some(subcode) = subcode {
            error["error_subcode"] = subcode.into();
        }
        self.script(Answer::new(400, serde_json::json!({ "error": error }).to_string()));
    }

    /// A header of every answer that takes events from now on.
    pub fn says(&self, name: &'static str, value: &str) {
        *self.seen.headers.lock().unwrap() = vec![(name, value.to_owned())];
    }

    pub fn target(&self, world: &World, dataset: &str) -> Target {
        Target { graph_url: self.url.clone(), ..world.target(dataset) }
    }

    /// The events of each request so far.
    pub fn requests(&self) -> Vec<Vec<Value>> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The ids of the events of each request so far.
    pub fn ids(&self) -> Vec<Vec<String>> {
        let id = |event: &Value| event["event_id"].as_str().unwrap().to_owned();
        self.requests().iter().map(|events| events.iter().map(id).collect()).collect()
    }

    /// How many requests were under way at most.
    pub fn most(&self) -> usize {
        self.seen.most.load(Ordering::SeqCst)
    }
}

impl Seen {
    async fn answer(&self, request: &Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let events = body["data"].as_array().unwrap().clone();
        let count = events.len();
        self.requests.lock().unwrap().push(events);
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        self.lets.acquire().await.unwrap().forget();
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        let scripted = {
            let mut scripted = self.scripted.lock().unwrap();
            (!scripted.is_empty()).then(|| scripted.remove(0))
        };
        let taken = || Answer::new(200, format!(r#"{{"events_received":{count},"fbtrace_id":"A1"}}"#));
        let answer = scripted.unwrap_or_else(taken);
        self.headers.lock().unwrap().iter().fold(answer, |answer, (name, value)| answer.header(name, value))
    }
}
