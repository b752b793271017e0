//! A Meta and a Kommo that answer everything at once, and remember what arrived when.
//!
//! Every deal exists and is won; its number is its price, its contact and, in digits, its contact's
//! phone. Each Kommo account has a port of its own, because Kopru asks one host only so often.
//!
//! It reads and writes for itself, where tests have `testkit::http::Host`: that one takes each header
//! apart and sends head and body one after the other. Here the time of each request is measured, and what
//! the stub costs is taken from the cores on which Kopru runs.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::names::{PIPELINE, WON, phone};

/// Longest head of a request, bytes: a list of 100 deals stays far below.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The running stubs.
pub struct Stub {
    /// Where Meta is.
    pub meta: SocketAddr,
    /// Where each Kommo account is.
    pub accounts: Vec<SocketAddr>,
    /// What they know together.
    pub book: Arc<Records>,
}

/// What Meta and Kommo know.
#[derive(Default)]
pub struct Records {
    /// When deals were won and last changed, Unix seconds.
    pub won_s: i64,
    /// Events that arrived at Meta.
    arrived: AtomicU64,
    /// Questions about names of stages and currency that Kommo has answered.
    names_asked: AtomicU64,
    /// When the event of a deal first arrived, by dataset and number of the deal.
    arrivals: Mutex<HashMap<(String, u64), Instant>>,
    /// How often each event arrived, by its id.
    ids: Mutex<HashMap<String, u32>>,
    /// When the newest request with events arrived.
    newest: Mutex<Option<Instant>>,
    /// Whether the first account answers 503.
    pub is_first_ailing: AtomicBool,
}

impl Records {
    pub fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    pub fn names_asked(&self) -> u64 {
        self.names_asked.load(Ordering::Relaxed)
    }

    /// How many ids of events arrived, and how many of these more than once.
    pub fn ids(&self) -> (usize, usize) {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        (ids.len(), ids.values().filter(|times| **times > 1).count())
    }

    /// When the newest request with events arrived.
    pub fn newest_arrival(&self) -> Option<Instant> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn arrival(&self, dataset: &str, deal: u64) -> Option<Instant> {
        self.arrivals().get(&(dataset.to_owned(), deal)).copied()
    }

    fn arrivals(&self) -> MutexGuard<'_, HashMap<(String, u64), Instant>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which of the two is asked.
#[derive(Clone, Copy)]
enum Side {
    Meta,
    /// The account with this place in [`Stub::accounts`].
    Kommo(usize),
    /// Neither: a server that reads a request and says that all is well.
    Nobody,
}

impl Stub {
    pub async fn start(accounts: usize) -> std::io::Result<Self> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let book = Arc::new(Records { won_s: now_s - 60, ..Records::default() });
        let meta = listen(Side::Meta, Arc::clone(&book)).await?;
        let mut addresses = Vec::with_capacity(accounts);
        for account in 0..accounts {
            addresses.push(listen(Side::Kommo(account), Arc::clone(&book)).await?);
        }
        Ok(Self { meta, accounts: addresses, book })
    }
}

/// A server that reads requests, looks at nothing in them and answers with 200.
pub async fn mere_server() -> std::io::Result<SocketAddr> {
    listen(Side::Nobody, Arc::default()).await
}

async fn listen(side: Side, book: Arc<Records>) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, side, Arc::clone(&book)));
        }
    });
    Ok(address)
}

/// Answers one connection for as long as it sends whole requests.
async fn serve(mut stream: TcpStream, side: Side, book: Arc<Records>) {
    let mut read = Vec::new();
    loop {
        let head_length = loop {
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if read.len() > HEAD_BYTES_MAX || !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
                return;
            }
        };
        let head = String::from_utf8_lossy(&read[..head_length]).into_owned();
        let whole = head_length + super::load::content_length(&head).unwrap_or(0);
        while read.len() < whole {
            if !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
                return;
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default();
        let (status, body) = match side {
            Side::Meta => book.take_events(path, &read[head_length..whole]),
            Side::Kommo(account) => book.tell(account, path),
            Side::Nobody => (200, String::new()),
        };
        read.drain(..whole);
        let answer = format!(
            "HTTP/1.1 {status} Stub\r\ncontent-type: application/json\r\ncontent-length: {}\r\ndate: {}\r\n\r\n{body}",
            body.len(),
            httpdate::fmt_http_date(SystemTime::now()),
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Records {
    fn take_events(&self, path: &str, body: &[u8]) -> (u16, String) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let events = body["data"].as_array().map_or(&[][..], Vec::as_slice);
        let dataset = path.split('/').nth(2).unwrap_or_default();
        let now = Instant::now();
        let mut arrivals = self.arrivals();
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            *ids.entry(event["event_id"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            let value = &event["custom_data"]["value"];
            if let Some(deal) = value.as_f64().or_else(|| value.as_str()?.parse().ok()) {
                arrivals.entry((dataset.to_owned(), deal as u64)).or_insert(now);
            }
        }
        drop((arrivals, ids));
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        self.arrived.fetch_add(events.len() as u64, Ordering::Relaxed);
        (200, json!({ "events_received": events.len(), "messages": [], "fbtrace_id": "stub" }).to_string())
    }

    fn tell(&self, account: usize, path: &str) -> (u16, String) {
        if account == 0 && self.is_first_ailing.load(Ordering::Relaxed) {
            return (503, "ailing".to_owned());
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let ids = || {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .filter(|(key, _)| key.starts_with("filter%5Bid%5D") || key.starts_with("filter[id]"))
                .filter_map(|(_, id)| id.parse::<u64>().ok())
        };
        let list = |name: &str, rows: Vec<Value>| {
            if rows.is_empty() {
                (204, String::new())
            } else {
                (200, json!({ "_embedded": { name: rows } }).to_string())
            }
        };
        match path {
            "/api/v4/account" => {
                self.names_asked.fetch_add(1, Ordering::Relaxed);
                (200, json!({ "id": account + 1, "subdomain": "stub", "currency": "TRY" }).to_string())
            }
            "/api/v4/leads/pipelines" => list("pipelines", vec![pipeline()]),
            "/api/v4/leads" => list("leads", ids().map(|id| self.deal(id)).collect()),
            "/api/v4/contacts" => list("contacts", ids().map(|id| self.contact(id)).collect()),
            _ => (204, String::new()),
        }
    }

    fn deal(&self, id: u64) -> Value {
        json!({
            "id": id, "name": "Deal", "price": id, "pipeline_id": PIPELINE, "status_id": WON,
            "created_at": self.won_s - 3600, "updated_at": self.won_s, "closed_at": self.won_s,
            "is_deleted": false, "_embedded": { "contacts": [{ "id": id, "is_main": true }] },
        })
    }

    fn contact(&self, id: u64) -> Value {
        let phone = json!({ "value": format!("+{}", phone(id)), "enum_code": "WORK" });
        json!({
            "id": id, "name": "Contact", "updated_at": self.won_s,
            "custom_fields_values": [{ "field_id": 1, "field_code": "PHONE", "values": [phone] }],
        })
    }
}

fn pipeline() -> Value {
    let status = |id: u64, name: &str| json!({ "id": id, "name": name, "pipeline_id": PIPELINE, "type": 0 });
    let statuses = [status(880_001, "New"), status(WON, "Closed - won"), status(143, "Closed - lost")];
    json!({ "id": PIPELINE, "name": "Sales", "_embedded": { "statuses": statuses } })
}
