//! A Kommo whose every answer a story can script.
//!
//! Without a script every deal exists, is won and has a contact of its own with a phone (see `shop`).

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::{Instant, SystemTime},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::shop::{now_s, phone};

pub const PIPELINE: u64 = 770_001;
pub const WON: u64 = 142;

/// A question that came in.
#[derive(Clone)]
pub struct Asked {
    pub at: Instant,
    /// Without the query.
    pub path: String,
    /// The records that it asks for.
    pub ids: Vec<u64>,
    pub token: String,
}

/// What a script lets happen.
pub enum Reply {
    /// Status, further header lines, body.
    Answer(u16, &'static str, String),
    /// The connection is closed in the middle of the answer.
    BreakOff,
}

impl Reply {
    pub fn of(status: u16, body: &str) -> Self {
        Self::Answer(status, "", body.to_owned())
    }

    /// The page of a proxy.
    pub fn html(status: u16) -> Self {
        Self::Answer(status, "content-type: text/html\r\n", "<html><h1>A proxy</h1></html>".to_owned())
    }
}

type Script = Box<dyn Fn(&Asked) -> Option<Reply> + Send>;

/// A running CRM. Ends with the runtime of the test.
#[derive(Clone)]
pub struct Crm {
    pub url: String,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    script: Option<Script>,
    asked: Vec<Asked>,
    /// The one contact of all deals, if they share one.
    contact: Option<u64>,
}

impl Crm {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let book = Arc::new(Mutex::new(Book::default()));
        let shared = Arc::clone(&book);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, book }
    }

    /// From now on this decides about answers; `None` is the ordinary one.
    pub fn script(&self, script: impl Fn(&Asked) -> Option<Reply> + Send + 'static) {
        self.book().script = Some(Box::new(script));
    }

    /// Answers well again.
    pub fn mend(&self) {
        self.book().script = None;
    }

    /// All deals belong to this contact.
    pub fn share_contact(&self, contact: u64) {
        self.book().contact = Some(contact);
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.book().asked.clone()
    }

    /// How many questions for records of a kind (`leads`, `contacts`) came in.
    pub fn count(&self, kind: &str) -> usize {
        let path = format!("/api/v4/{kind}");
        self.book().asked.iter().filter(|asked| asked.path == path).count()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }
}

impl Asked {
    pub fn is_for(&self, kind: &str) -> bool {
        self.path == format!("/api/v4/{kind}")
    }

    fn of(head: &str) -> Self {
        let target = head.split(' ').nth(1).unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let ids: BTreeSet<u64> = form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key.starts_with("filter[id]"))
            .filter_map(|(_, id)| id.parse().ok())
            .collect();
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let token = fields
            .clone()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .map_or("", |(_, value)| value.trim_start_matches("Bearer "));
        Self {
            at: Instant::now(),
            path: path.to_owned(),
            ids: ids.into_iter().collect(),
            token: token.to_owned(),
        }
    }
}

async fn serve(mut stream: TcpStream, book: Arc<Mutex<Book>>) {
    let mut read = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
                return;
            }
        };
        let asked = Asked::of(&String::from_utf8_lossy(&read[..end]));
        read.drain(..end);
        let reply = {
            let mut book = book.lock().unwrap();
            book.asked.push(asked.clone());
            let scripted = book.script.as_ref().and_then(|script| script(&asked));
            scripted.unwrap_or_else(|| book.ordinary(&asked))
        };
        let Reply::Answer(status, more, body) = reply else {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"_emb").await;
            return;
        };
        // An answer of 204 has no body and says no length.
        let length =
            if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let date = httpdate::fmt_http_date(SystemTime::now());
        let answer = format!("HTTP/1.1 {status} Scripted\r\n{more}{length}date: {date}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Book {
    fn ordinary(&self, asked: &Asked) -> Reply {
        let changed_s = now_s() - 60;
        let list = |name: &str, rows: Vec<Value>| {
            if rows.is_empty() {
                Reply::of(204, "")
            } else {
                Reply::of(200, &json!({ "_embedded": { name: rows } }).to_string())
            }
        };
        let deal = |id: &u64| {
            let contact = json!({ "id": self.contact.unwrap_or(*id), "is_main": true });
            json!({
                "id": id, "name": "Deal", "price": id, "pipeline_id": PIPELINE, "status_id": WON,
                "created_at": changed_s - 600, "updated_at": changed_s, "closed_at": changed_s,
                "is_deleted": false, "_embedded": { "contacts": [contact] },
            })
        };
        let contact = |id: &u64| {
            let phone = json!({ "value": format!("+{}", phone(*id)), "enum_code": "WORK" });
            let field = json!({ "field_id": 1, "field_code": "PHONE", "values": [phone] });
            json!({ "id": id, "name": "Gizem", "updated_at": changed_s, "custom_fields_values": [field] })
        };
        match asked.path.as_str() {
            "/api/v4/account" => Reply::of(200, r#"{"id":1,"subdomain":"acme","currency":"TRY"}"#),
            "/api/v4/leads/pipelines" => list("pipelines", vec![pipeline()]),
            "/api/v4/leads" => list("leads", asked.ids.iter().map(deal).collect()),
            "/api/v4/contacts" => list("contacts", asked.ids.iter().map(contact).collect()),
            _ => Reply::of(204, ""),
        }
    }
}

fn pipeline() -> Value {
    let status = |id: u64, name: &str| json!({ "id": id, "name": name, "pipeline_id": PIPELINE, "type": 0 });
    let statuses = [status(880_001, "New"), status(WON, "Closed - won"), status(143, "Closed - lost")];
    json!({ "id": PIPELINE, "name": "Sales", "_embedded": { "statuses": statuses } })
}
