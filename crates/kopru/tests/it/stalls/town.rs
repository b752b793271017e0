//! Several businesses on one service: the folder, the configuration and the process.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use sandbox::{Running, Sandbox};
use serde_json::Value;
use testkit::PATIENCE;

use super::{
    crm::{Crm, WON},
    shop::{APP_SECRET, Shop, moves_at, now_s, wins},
};
use crate::service::{Serving, Site};

/// What businesses have in common, and their service once it runs.
pub struct Town {
    pub site: Site,
    pub meta: Sandbox,
    pub shops: Vec<Shop>,
    /// The running service. Killed when the story ends, however it ends.
    child: Option<Serving>,
    _meta: Running,
}

/// A town before its service starts.
pub struct Plan<'a> {
    shops: usize,
    crm: &'a Crm,
}

impl<'a> Plan<'a> {
    /// So many businesses that use this CRM.
    pub fn of(shops: usize, crm: &'a Crm) -> Self {
        Self { shops, crm }
    }

    /// Writes the configuration.
    pub async fn build(self) -> Town {
        let meta = Sandbox::new(sandbox::Options { any_id: true, ..sandbox::Options::default() });
        let running = meta.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let shops: Vec<Shop> = (0..self.shops).map(Shop).collect();
        let mut workspaces = String::new();
        for shop in &shops {
            meta.add_dataset(sandbox::SimulatedDataset {
                id: shop.dataset(),
                token: shop.meta_token(),
                waba_id: Some(shop.waba()),
                ..sandbox::SimulatedDataset::default()
            });
            workspaces += &workspace(*shop, &running.url(), &self.crm.url);
        }
        let site = Site::with(&workspaces);
        Town { site, meta, shops, child: None, _meta: running }
    }

    /// Writes the configuration, starts the service and waits until it is ready.
    pub async fn start(self) -> Town {
        let mut town = self.build().await;
        town.start(|_| {}).await;
        town
    }
}

fn workspace(shop: Shop, meta: &str, crm: &str) -> String {
    format!(
        r#"
[[workspace]]
name = "{}"
country = "TR"
currency = "TRY"
consent = "elsewhere"
basis = "the people of the tests are invented"
[[workspace.dataset]]
id = "{}"
token = "{}"
whatsapp_business_account_id = "{}"
graph_url = "{meta}"
routes = ["messaging"]
[[workspace.source]]
kind = "whatsapp"
key = "{}"
app_secret = "{APP_SECRET}"
[[workspace.source]]
kind = "kommo"
key = "{}"
account = "{crm}"
token = "{}"
[[workspace.rule]]
id = "sale"
stage = "won"
send = "Purchase"
"#,
        shop.name(),
        shop.dataset(),
        shop.meta_token(),
        shop.waba(),
        shop.whatsapp_key(),
        shop.kommo_key(),
        shop.kommo_token(),
    )
}

impl Town {
    /// Starts the service, after a story has changed the command, and waits until it is ready.
    pub async fn start(&mut self, change: impl FnOnce(&mut Command)) {
        let mut command = self.site.command();
        command.env("KOPRU_LOG", "info");
        change(&mut command);
        self.run(command).await;
    }

    /// Runs a command that starts the service, and waits until it is ready.
    pub async fn run(&mut self, mut command: Command) {
        self.child = Some(Serving(command.spawn().unwrap()));
        self.site.ready().await;
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// Asks it to end, and waits; its exit code and how long it took.
    pub async fn terminate(&mut self) -> (Option<i32>, Duration) {
        let mut child = self.child.take().unwrap();
        let asked = Instant::now();
        signal("-TERM", child.id());
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return (status.code(), asked.elapsed());
            }
            assert!(asked.elapsed() < PATIENCE, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks the running service to read its configuration again.
    pub fn hang_up(&self) {
        signal("-HUP", self.child.as_ref().unwrap().id());
    }

    /// The exit code of a service that has ended by itself.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.take().unwrap().wait().unwrap().code()
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.as_mut().unwrap().try_wait(), Ok(None))
    }

    /// Posts what customers of a shop write, and that their deals are won.
    pub async fn sell(&self, shop: Shop, customers: impl IntoIterator<Item = u64> + Clone) {
        self.click(shop, customers.clone()).await;
        self.win(shop, customers).await;
    }

    pub async fn click(&self, shop: Shop, customers: impl IntoIterator<Item = u64>) {
        let (body, signature) = shop.clicks(customers);
        self.site.deliver(&shop.whatsapp_key(), &body, Some(&signature)).await;
    }

    pub async fn win(&self, shop: Shop, deals: impl IntoIterator<Item = u64>) {
        self.site.deliver(&shop.kommo_key(), &wins(deals), None).await;
    }

    /// The same, for deals that are won later than everything that has happened so far.
    pub async fn sell_anew(&self, crm: &Crm, shop: Shop, customers: impl IntoIterator<Item = u64> + Clone) {
        let before_s = now_s();
        self.site.until("the next second begins", async || now_s() > before_s).await;
        let at_s = now_s();
        crm.changed_at(at_s);
        self.click(shop, customers.clone()).await;
        let won = customers.into_iter().map(|deal| (deal, WON));
        self.site.deliver(&shop.kommo_key(), &moves_at(won, at_s), None).await;
    }

    /// Numbers of the deals of which Meta took the Purchase, sorted, as often as it took them.
    pub fn bought(&self, shop: Shop) -> Vec<u64> {
        let mut bought: Vec<u64> = self
            .meta
            .graph_events()
            .iter()
            .filter(|accepted| accepted.dataset == shop.dataset())
            .map(|accepted| {
                let value = accepted.event.pointer("/custom_data/value").unwrap();
                value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap() as u64
            })
            .collect();
        bought.sort_unstable();
        bought
    }

    /// Waits until Meta has taken the Purchase of each of these deals, and says if it does not.
    pub async fn arrives(&self, shop: Shop, deals: impl IntoIterator<Item = u64>) {
        let wanted: Vec<u64> = deals.into_iter().collect();
        let started = Instant::now();
        loop {
            let bought = self.bought(shop);
            let missing: Vec<u64> =
                wanted.iter().copied().filter(|deal| bought.binary_search(deal).is_err()).collect();
            if missing.is_empty() {
                return;
            }
            if started.elapsed() > PATIENCE {
                let (ledger, log) = (self.ledger(shop).await, self.site.log());
                panic!(
                    "{} of {} have not arrived: {missing:?}\n{ledger}\n{log}",
                    missing.len(),
                    wanted.len()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn ledger(&self, shop: Shop) -> Value {
        self.site.get(&format!("/api/v1/ledger?workspace={}", shop.name())).await
    }

    pub async fn conversions(&self, shop: Shop) -> Vec<Value> {
        let listed =
            self.site.get(&format!("/api/v1/conversions?workspace={}&limit=1000", shop.name())).await;
        listed.as_array().unwrap().clone()
    }

    /// Waits until a shop's ledger is as wanted, and returns it.
    pub async fn until(&self, shop: Shop, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let ledger = self.ledger(shop).await;
            assert_eq!(ledger["balanced"], true, "{ledger}");
            if is_so(&ledger) {
                return ledger;
            }
            assert!(started.elapsed() < PATIENCE, "{what}: {ledger}\n{}", self.site.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until nothing of a shop is under way and so many conversions exist; none may have failed
    /// or been given up.
    pub async fn all_accepted(&self, shop: Shop, conversions: u64) {
        let ledger = self
            .until(shop, "not all accepted", |ledger| {
                ledger["conversions"]["created"] == conversions
                    && ledger["conversions"]["accepted"] == conversions
                    && ledger["facts"]["pending"] == 0
                    && ledger["facts"]["waiting"] == 0
            })
            .await;
        for end in ["failed", "suppressed", "duplicate"] {
            assert_eq!(ledger["conversions"][end], 0, "{ledger}");
        }
    }

    /// The body of `/metrics`.
    pub async fn metrics(&self) -> String {
        let request = self.site.client.get(format!("{}/metrics", self.site.admin));
        let answer = request.bearer_auth(crate::service::ADMIN_TOKEN).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// The store's database, to be looked at or damaged while no service runs.
    pub fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.site.folder.path().join("data/kopru.db")).unwrap()
    }
}

/// Plays stories of one kind at the same time: each has a service of its own, and mostly waits.
pub async fn together<S>(stories: impl IntoIterator<Item = (&'static str, S)>)
where
    S: Future<Output = ()> + Send + 'static,
{
    let playing: Vec<_> = stories.into_iter().map(|(name, story)| (name, tokio::spawn(story))).collect();
    let mut failed = Vec::new();
    for (name, story) in playing {
        if story.await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "failed, as said above: {failed:?}");
}

/// Sends a signal to a process.
pub fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}
