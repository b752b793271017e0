//! One business: the service, the sandbox in this process, and the deals that are won.

use std::{
    collections::HashMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Child,
    time::{Duration, Instant},
};

use sandbox::{
    Account, Change, Click, Contact, LeadChange, LeadPrice, Options, Pipeline, Running, Sandbox,
    SimulatedDataset, Status, WebhookStyle,
};
use serde_json::{Value, json};
use testkit::http::free_address;

use super::{
    Case, Load,
    measured::{Measured, Win},
    relay::Relay,
};
use crate::service::{
    Failure,
    figures::progress,
    http,
    load::{self, Connection},
    names::{APP_SECRET, PIPELINE, WON, phone, waba, whatsapp_key},
    now_ms,
    site::{self, ADMIN_TOKEN},
};

const DATASET: &str = "1234567890";
const META_TOKEN: &str = "meta-token-of-the-moves";
const KOMMO_TOKEN: &str = "kommo-token-of-the-moves";
const KOMMO_KEY: &str = "kommo-hook-key-of-the-moves";
const AD: &str = "120200000000000001";
const NEW: u64 = 880_001;
/// Contacts have other numbers than deals.
const CONTACTS: u64 = 50_000_000;
/// The price of a deal is its number and this.
const CHEAPEST: i64 = 100;
/// What is subscribed to, as the README asks for it.
const HOOKS: [&str; 8] = [
    "add_lead",
    "update_lead",
    "delete_lead",
    "restore_lead",
    "status_lead",
    "add_contact",
    "update_contact",
    "delete_contact",
];
/// How long ago deals were made, seconds: each reading of the audit log goes back two minutes, and they are
/// not part of what is measured.
const MADE_BEFORE_S: i64 = 3600;
/// Messages in a webhook, and deals that are made together.
const AT_ONCE: usize = 100;
/// Who works in the CRM has another address than the service: Kommo counts requests by address.
const USER: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);
const START_WITHIN: Duration = Duration::from_mins(1);
/// How long the last Purchase may take after the last move.
const ACCEPTED_WITHIN: Duration = Duration::from_mins(3);
/// Before: Kommo is left alone when nobody asked it for so long.
const QUIET_BEFORE: Duration = Duration::from_secs(12);
/// After: the same, as readings of a long log are up to a minute apart.
const QUIET_AFTER: Duration = Duration::from_secs(65);
const QUIET_WITHIN: Duration = Duration::from_mins(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub struct Business {
    load: Load,
    sandbox: Sandbox,
    /// Listens while it is held.
    _upstream: Running,
    relay: Relay,
    doors: SocketAddr,
    admin: SocketAddr,
    folder: tempfile::TempDir,
    child: Child,
}

impl Business {
    /// Starts both, lets people write and deals be made, and waits until nothing is left to do.
    pub async fn start(binary: &Path, load: Load) -> Result<Self, Failure> {
        let sandbox = Sandbox::new(Options {
            kommo_token: KOMMO_TOKEN.to_owned(),
            kommo_account: Account { currency: "TRY".to_owned(), ..Account::default() },
            ..Options::default()
        });
        sandbox.add_dataset(SimulatedDataset {
            id: DATASET.to_owned(),
            token: META_TOKEN.to_owned(),
            waba_id: Some(waba(0).to_string()),
            ..SimulatedDataset::default()
        });
        let status = Status { id: NEW, name: "New".to_owned(), incoming: false };
        sandbox.put_pipeline(Pipeline { id: PIPELINE, name: "Sales".to_owned(), statuses: vec![status] });
        let upstream = sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        fs::create_dir_all("target")?;
        let folder = tempfile::Builder::new().prefix("moves-").tempdir_in("target")?;
        let (doors, admin) = (free_address(), free_address());
        site::write_understood(binary, folder.path(), |consent| {
            configuration(&upstream.url(), (doors, admin), folder.path(), consent)
        })?;
        let child = site::serve(binary, folder.path())?;
        let relay = Relay::to(doors, KOMMO_KEY).await;
        let address = upstream.addr();
        let mut business = Self { load, sandbox, _upstream: upstream, relay, doors, admin, folder, child };
        business.is_ready().await?;
        business.subscribe(address).await?;
        business.prepare().await?;
        business.is_quiet(QUIET_BEFORE).await?;
        Ok(business)
    }

    async fn is_ready(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        let ready = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let mut door = Connection::to(self.doors);
        while door.send(ready).await.0 != Some(200) {
            let ended = self.child.try_wait()?.is_some();
            if ended || started.elapsed() > START_WITHIN {
                return Err(
                    format!("the service did not start: {}", site::last_lines(self.folder.path())).into()
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Where Kommo's webhooks go: to the door, or to the relay that spreads them.
    async fn subscribe(&self, kommo: SocketAddr) -> Result<(), Failure> {
        let destination = match self.load.case {
            Case::Bulk => self.relay.url.clone(),
            Case::OneASecond | Case::NoAds => format!("http://{}/hooks/{KOMMO_KEY}", self.doors),
        };
        let wanted = json!({ "destination": destination, "settings": HOOKS });
        let head = format!("authorization: Bearer {KOMMO_TOKEN}\r\n");
        http::json_from(USER, kommo, "POST", "/api/v4/webhooks", &head, &wanted).await.map(drop)
    }

    /// People write, those from an ad with its click, and become contacts and deals.
    async fn prepare(&self) -> Result<(), Failure> {
        let made_s = now_ms() / 1000 - MADE_BEFORE_S;
        let deals: Vec<u64> = (1..=self.load.deals).collect();
        let mut door = Connection::to(self.doors);
        for deals in deals.chunks(AT_ONCE) {
            let from_ads: Vec<u64> =
                deals.iter().copied().filter(|deal| self.load.is_from_an_ad(*deal)).collect();
            for deal in &from_ads {
                self.sandbox.add_click(Click {
                    ctwa_clid: click_id(*deal),
                    waba_id: waba(0).to_string(),
                    ad_id: AD.to_owned(),
                    ..Click::default()
                });
            }
            if !from_ads.is_empty() {
                door.must_send(&load::clicks(0, from_ads, made_s)).await?;
            }
            for deal in deals {
                let phones = vec![format!("+{}", phone(*deal))];
                let contact = Contact {
                    id: CONTACTS + deal,
                    name: "Customer".to_owned(),
                    phones,
                    ..Contact::default()
                };
                self.sandbox.put_contact(contact);
            }
            let made = |deal: &u64| LeadChange {
                id: *deal,
                name: Some("Deal".to_owned()),
                pipeline_id: Some(PIPELINE),
                status_id: Some(NEW),
                contact_ids: Some(vec![CONTACTS + deal]),
                at: Some(made_s),
                ..LeadChange::default()
            };
            let made: Vec<LeadChange> = deals.iter().map(made).collect();
            self.sandbox.change_leads(&made, WebhookStyle { together: true, ..WebhookStyle::default() })?;
        }
        Ok(())
    }

    /// Waits until everything is decided and Kommo was not asked for a while.
    async fn is_quiet(&self, lasting: Duration) -> Result<(), Failure> {
        let mut admin = Connection::to(self.admin);
        let began = Instant::now();
        let (mut asked, mut since) = (self.sandbox.kommo_requests().len(), Instant::now());
        loop {
            let ledger = admin.get("/api/v1/ledger?workspace=moves", ADMIN_TOKEN).await?;
            let ledger: Value = serde_json::from_slice(&ledger)?;
            let open = ["/facts/pending", "/facts/waiting", "/conversions/queued"];
            let is_idle = open.iter().all(|place| ledger.pointer(place).and_then(Value::as_u64) == Some(0));
            let asks = self.sandbox.kommo_requests().len();
            if asks != asked || !is_idle || !self.relay.is_empty() {
                (asked, since) = (asks, Instant::now());
            }
            if since.elapsed() >= lasting {
                return Ok(());
            }
            if began.elapsed() > QUIET_WITHIN {
                progress(&format!("  it does not come to rest: {ledger}"));
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY * 4).await;
        }
    }

    /// Wins the deals, and waits until all that this means is done.
    pub async fn measure(&self) -> Result<Measured, Failure> {
        let asked = self.sandbox.kommo_requests().len();
        let Load { case, deals, spread } = self.load;
        let apart = spread / u32::try_from(deals)?;
        let mut wins = HashMap::new();
        if case == Case::Bulk {
            // Each change has a webhook for its stage and one for its price.
            self.relay.spread(apart / 2);
            for deal in 1..=deals {
                self.win(deal, &mut wins)?;
            }
        } else {
            let mut turns = tokio::time::interval(apart);
            for deal in 1..=deals {
                turns.tick().await;
                self.win(deal, &mut wins)?;
            }
        }
        let due = wins.values().filter(|win| win.is_due).count();
        let last = Instant::now();
        while self.sandbox.graph_events().len() < due && last.elapsed() < ACCEPTED_WITHIN + spread {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.is_quiet(QUIET_AFTER).await?;
        let requests = self.sandbox.kommo_requests();
        Ok(Measured::of(&wins, &self.sandbox.graph_events(), &requests[asked..]))
    }

    fn win(&self, deal: u64, wins: &mut HashMap<String, Win>) -> Result<(), Failure> {
        let price = CHEAPEST + i64::try_from(deal)?;
        let (at_ms, is_due) = (now_ms(), self.load.is_from_an_ad(deal));
        wins.insert(click_id(deal), Win { price, at_ms, is_due });
        let won = LeadChange {
            id: deal,
            status_id: Some(WON),
            price: Change::Set(Some(LeadPrice::from(price))),
            ..LeadChange::default()
        };
        Ok(self.sandbox.change_leads(&[won], WebhookStyle::default())?)
    }
}

impl Drop for Business {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// As [`load::clicks`] names it.
fn click_id(deal: u64) -> String {
    format!("ARAclick{deal}")
}

fn configuration(
    upstream: &str,
    (doors, admin): (SocketAddr, SocketAddr),
    folder: &Path,
    consent: &str,
) -> String {
    format!(
        "[server]\nlisten = \"{doors}\"\nadmin_listen = \"{admin}\"\nadmin_token = \"{ADMIN_TOKEN}\"\n\
         [store]\npath = \"{}\"\n\
         [[workspace]]\nname = \"moves\"\ncountry = \"TR\"\ncurrency = \"TRY\"\n{consent}\n\
         [[workspace.dataset]]\nid = \"{DATASET}\"\ntoken = \"{META_TOKEN}\"\ngraph_url = \"{upstream}\"\n\
         whatsapp_business_account_id = \"{}\"\nroutes = [\"messaging\"]\n\
         [[workspace.source]]\nkind = \"whatsapp\"\nkey = \"{}\"\napp_secret = \"{APP_SECRET}\"\n\
         [[workspace.source]]\nkind = \"kommo\"\nkey = \"{KOMMO_KEY}\"\naccount = \"{upstream}\"\n\
         token = \"{KOMMO_TOKEN}\"\n\
         [[workspace.rule]]\nid = \"sale\"\nstage = \"won\"\nsend = \"Purchase\"\nvalue = \"price\"\n",
        folder.join("data").display(),
        waba(0),
        whatsapp_key(0),
    )
}
