//! A Kommo whose every answer a story can script.
//!
//! Without a script every deal exists, is won and has a contact of its own with a phone (see `shop`).

use std::{
    collections::BTreeSet,
    future::ready,
    sync::{Arc, Mutex, MutexGuard},
    time::{Instant, SystemTime},
};

use serde_json::{Value, json};
use testkit::http::{Answer, Host, Request};

use super::shop::{now_s, phone};

pub const PIPELINE: u64 = 770_001;
pub const WON: u64 = 142;
/// How long ago its records were changed, whenever they are read, seconds.
pub const CHANGED_AGO_S: i64 = 60;

/// A question that came in.
#[derive(Clone)]
pub struct Asked {
    pub at: Instant,
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The records that it asks for.
    pub ids: Vec<u64>,
    pub token: String,
}

/// The page of a proxy.
pub fn proxy(status: u16) -> Answer {
    Answer::new(status, "<html><h1>A proxy</h1></html>").header("content-type", "text/html")
}

type Script = Box<dyn Fn(&Asked) -> Option<Answer> + Send>;

/// A running CRM. Ends with the runtime of the test.
#[derive(Clone)]
pub struct Crm {
    pub url: String,
    book: Arc<Mutex<Records>>,
}

#[derive(Default)]
struct Records {
    script: Option<Script>,
    asked: Vec<Asked>,
    /// The one contact of all deals, if they share one.
    contact: Option<u64>,
    /// When everything changed last; otherwise a minute ago.
    changed_s: Option<i64>,
}

impl Crm {
    pub async fn start() -> Self {
        let book = Arc::new(Mutex::new(Records::default()));
        let shared = Arc::clone(&book);
        let host = Host::new(move |request| {
            let answer = shared.lock().unwrap().answer(Asked::of(&request));
            ready(answer.header("date", &httpdate::fmt_http_date(SystemTime::now())))
        });
        Self { url: host.await.url, book }
    }

    /// From now on this decides about answers; `None` is the ordinary one.
    pub fn script(&self, script: impl Fn(&Asked) -> Option<Answer> + Send + 'static) {
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

    /// Everything changed at this time.
    pub fn changed_at(&self, at_s: i64) {
        self.book().changed_s = Some(at_s);
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

    fn book(&self) -> MutexGuard<'_, Records> {
        self.book.lock().unwrap()
    }
}

impl Asked {
    pub fn is_for(&self, kind: &str) -> bool {
        self.path == format!("/api/v4/{kind}")
    }

    fn of(request: &Request) -> Self {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let ids: BTreeSet<u64> = form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key.starts_with("filter[id]"))
            .filter_map(|(_, id)| id.parse().ok())
            .collect();
        Self {
            at: Instant::now(),
            method: request.method.clone(),
            path: path.to_owned(),
            ids: ids.into_iter().collect(),
            token: request.bearer().to_owned(),
        }
    }
}

impl Records {
    fn answer(&mut self, asked: Asked) -> Answer {
        let scripted = self.script.as_ref().and_then(|script| script(&asked));
        let answer = scripted.unwrap_or_else(|| self.ordinary(&asked));
        self.asked.push(asked);
        answer
    }

    fn ordinary(&self, asked: &Asked) -> Answer {
        let changed_s = self.changed_s.unwrap_or_else(|| now_s() - CHANGED_AGO_S);
        let list = |name: &str, rows: Vec<Value>| {
            if rows.is_empty() {
                Answer::of(204)
            } else {
                Answer::new(200, json!({ "_embedded": { name: rows } }).to_string())
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
            "/api/v4/account" => Answer::new(200, r#"{"id":330001,"subdomain":"acme","currency":"TRY"}"#),
            "/api/v4/leads/pipelines" => list("pipelines", vec![pipeline()]),
            "/api/v4/leads" => list("leads", asked.ids.iter().map(deal).collect()),
            "/api/v4/contacts" => list("contacts", asked.ids.iter().map(contact).collect()),
            _ => Answer::of(204),
        }
    }
}

fn pipeline() -> Value {
    let status = |id: u64, name: &str| json!({ "id": id, "name": name, "pipeline_id": PIPELINE, "type": 0 });
    let statuses = [status(880_001, "New"), status(WON, "Closed - won"), status(143, "Closed - lost")];
    json!({ "id": PIPELINE, "name": "Sales", "_embedded": { "statuses": statuses } })
}
