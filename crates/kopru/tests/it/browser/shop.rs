//! Shops whose pages have the tag, each on a domain of its own, so that no case finds another one's cookies. One host
//! of this machine serves the pages and stands in front of Kopru: it sees every request that a browser makes.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use sandbox::{Running, Sandbox};
use serde_json::Value;
use testkit::http::{Answer, Host, Request};

use super::driver::Browser;
use crate::{
    service::{Serving, Site},
    world::{DATASET, META_TOKEN, upstream},
};

/// The key of the pages of people who need not be asked, and of those who must say yes.
pub const OPEN_KEY: &str = "open-shop";
pub const ASKING_KEY: &str = "asking-shop";
/// The key of pages that hash what tells who somebody is.
pub const HASHING_KEY: &str = "hashing-shop";
/// The address of whoever visits, as the proxy in front says.
pub const VISITOR: &str = "81.2.69.142";

/// A request that the browser made to Kopru.
#[derive(Debug, Clone)]
pub struct Seen {
    pub host: String,
    pub path: String,
    pub body: String,
    pub cookies: Option<String>,
    pub referer: Option<String>,
}

/// Kopru with its Meta, a browser, and the host of all pages.
pub struct Shops {
    pub site: Site,
    pub meta: Sandbox,
    pub browser: Browser,
    port: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    loses: Arc<AtomicBool>,
    _service: Serving,
    _running: Running,
}

impl Shops {
    pub async fn open() -> Self {
        let meta = upstream();
        let running = meta.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let site = Site::with(&workspaces(&running.url()));
        let file = site.folder.path().join("kopru.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        // The host of the pages is a proxy in front.
        std::fs::write(&file, text.replace("[store]", "trusted_proxies = [\"127.0.0.0/8\"]\n[store]"))
            .unwrap();
        let service = site.start();
        site.ready().await;
        let (seen, loses) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let host = Host::new({
            let (seen, loses) = (Arc::clone(&seen), Arc::clone(&loses));
            let (doors, client) = (site.doors.clone(), site.client.clone());
            move |request| {
                answer(request, Arc::clone(&seen), Arc::clone(&loses), doors.clone(), client.clone())
            }
        })
        .await;
        let port = host.url.rsplit(':').next().unwrap().to_owned();
        Self {
            site,
            meta,
            browser: Browser::open().await,
            port,
            seen,
            loses,
            _service: service,
            _running: running,
        }
    }

    /// The address of a page of a shop.
    pub fn page(&self, domain: &str, path: &str) -> String {
        format!("http://shop.{domain}:{}{path}", self.port)
    }

    /// The requests to Kopru from pages of a domain, without those for the tag itself.
    pub fn told(&self, domain: &str) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        let of = |one: &&Seen| one.host.ends_with(domain) && one.path.starts_with("/collect/");
        seen.iter().filter(of).cloned().collect()
    }

    /// What Meta got of pages of a domain.
    pub fn at_meta(&self, domain: &str) -> Vec<Value> {
        let told = self.meta.graph_events().into_iter().map(|one| one.event);
        let is_of =
            |event: &Value| event["event_source_url"].as_str().is_some_and(|url| url.contains(domain));
        told.filter(is_of).collect()
    }

    /// Whether Kopru is out of reach for the pages.
    pub fn lose_requests(&self, loses: bool) {
        self.loses.store(loses, Ordering::SeqCst);
    }

    /// Waits until Meta has so many.
    pub async fn arrived(&self, domain: &str, count: usize) -> Vec<Value> {
        self.site.until("the events are at Meta", async || self.at_meta(domain).len() >= count).await;
        let told = self.at_meta(domain);
        assert_eq!(told.len(), count, "{told:?}");
        told
    }

    /// Waits until something holds in the page.
    pub async fn until(&self, script: &str) {
        let script = format!("return !!({script})");
        self.site.until(&script, async || self.browser.run(&script).await == true).await;
    }
}

/// The businesses of all pages, whose Meta is at an address.
pub fn workspaces(url: &str) -> String {
    let workspace = |name: &str, consent: &str, key: &str, more: &str| {
        format!(
            r#"
[[workspace]]
name = "{name}"
currency = "TRY"
{consent}
[[workspace.dataset]]
id = "{DATASET}"
token = "{META_TOKEN}"
graph_url = "{url}"
routes = ["website"]
[[workspace.source]]
kind = "pixel"
key = "{key}"
sites = ["example", "localhost"]
{more}
"#
        )
    };
    let elsewhere = "consent = \"elsewhere\"\nbasis = \"the people of the tests are invented\"";
    [
        workspace("open", elsewhere, OPEN_KEY, ""),
        workspace("asking", "consent = \"required\"", ASKING_KEY, ""),
        workspace("hashing", elsewhere, HASHING_KEY, "hash_in_page = true"),
    ]
    .concat()
}

/// A page, or what Kopru answers.
async fn answer(
    request: Request,
    seen: Arc<Mutex<Vec<Seen>>>,
    loses: Arc<AtomicBool>,
    doors: String,
    client: reqwest::Client,
) -> Answer {
    let host = request.header("host").unwrap_or_default().to_owned();
    let header = |name: &str| request.header(name).map(str::to_owned);
    if let Some(domain) = host.strip_prefix("shop.") {
        return super::pages::page(&request.path, domain);
    }
    seen.lock().unwrap().push(Seen {
        host: host.split(':').next().unwrap_or_default().to_owned(),
        path: request.path.clone(),
        body: request.text(),
        cookies: header("cookie"),
        referer: header("referer"),
    });
    if loses.load(Ordering::SeqCst) {
        return Answer::of(503);
    }
    let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap();
    let mut forwarded = client.request(method, doors + &request.path).header("x-forwarded-for", VISITOR);
    for (name, value) in &request.headers {
        if !["connection", "content-length", "accept-encoding"].contains(&name.as_str()) {
            forwarded = forwarded.header(name, value);
        }
    }
    let Ok(answered) = forwarded.body(request.body.clone()).send().await else { return Answer::of(502) };
    let (status, headers) = (answered.status().as_u16(), answered.headers().clone());
    let mut answer = Answer::new(status, answered.bytes().await.unwrap_or_default().to_vec());
    for (name, value) in headers.iter().filter(|(name, _)| *name != "content-length") {
        answer = answer.header(name.as_str(), value.to_str().unwrap());
    }
    answer
}
