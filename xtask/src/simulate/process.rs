//! A life of the release binary: in real time, with webhooks over HTTP, a Kommo and a Meta that answer over HTTP, a
//! store on the disk, and SIGKILL.
//!
//! Kommo and Meta try a webhook again until it was acknowledged. So a report counts from its acknowledgement, and
//! the oracle hears when that was. All else is judged as in a life on virtual time, with what the service may take
//! at this pace.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::http::free_address;
use tokio::{
    task::JoinSet,
    time::{sleep_until, timeout_at},
};

use super::{
    crm::CONSENT_FIELD,
    hooks::{self, APP_SECRET, WABA},
    hosts::Hosts,
    life::Life,
    moments::Moment,
    truth::Report,
    wire,
    world::{Came, DATASET},
};
use crate::service::{
    Failure, now_ms,
    victim::{ADMIN_TOKEN, Addresses, Victim},
    webhook::Webhook,
};

const WHATSAPP_KEY: &str = "whatsapp-hook-key-of-a-life";
const KOMMO_KEY: &str = "kommo-hook-key-of-a-life";
/// How long before a life begins the service is started: it reads the names of stages, and begins to read the
/// history.
const STARTED_BEFORE_MS: i64 = 8_000;
/// How long a webhook may take until it is acknowledged, after all has happened.
const HEARD_WITHIN: Duration = Duration::from_mins(2);

/// A life that has passed.
pub struct Passed {
    /// The life, with the time when it began.
    pub life: Life,
    pub came: Came,
    /// The service, with its folder.
    pub victim: Victim,
}

/// Lets a life pass from now on.
pub async fn live(binary: &Path, life: Life) -> Result<Passed, Failure> {
    let begun_ms = (now_ms() + STARTED_BEFORE_MS).div_euclid(1000) * 1000 + 1000;
    let life = Life { begun_ms, ..life };
    let clock = Begun { at: Instant::now() + ms(begun_ms - now_ms()) };
    let hosts = Arc::new(Hosts::of(&life));
    let (crm, meta) = (free_address(), free_address());
    // They end with the life.
    let mut listening = JoinSet::new();
    listening.spawn(wire::serve_at(crm, clock.spans(&hosts.windows.crm_away()), {
        let hosts = Arc::clone(&hosts);
        move |request| hosts.crm(&request, clock.now_ms())
    }));
    listening.spawn(wire::serve_at(meta, clock.spans(&hosts.windows.meta_away()), {
        let hosts = Arc::clone(&hosts);
        move |request| hosts.meta(&request, clock.now_ms())
    }));
    let configuration = |service: Addresses, folder: &Path| {
        configuration(service, folder, &format!("http://{crm}"), &format!("http://{meta}"))
    };
    let mut victim = Victim::start(binary, "lives-", configuration).await?;
    match pass(&life, &hosts, clock, &mut victim).await {
        Ok(came) => {
            if let Some(ended) = listening.try_join_next() {
                ended??;
            }
            Ok(Passed { life, came, victim })
        }
        Err(error) => Err(format!("{error}; store and log: {}", victim.keep().display()).into()),
    }
}

async fn pass(life: &Life, hosts: &Hosts, clock: Begun, victim: &mut Victim) -> Result<Came, Failure> {
    if clock.now_ms() > 0 {
        return Err("the service was not ready when its life began".into());
    }
    let service = victim.addresses;
    let mut sending = JoinSet::new();
    for (at_ms, moment) in hosts.windows.moments(&hosts.truth) {
        sleep_until(clock.at(at_ms).into()).await;
        match moment {
            Moment::Report(place) => {
                let report = &hosts.truth.reports[place];
                let (webhook, number) = (webhook(hosts, report), report.number);
                sending.spawn(async move {
                    webhook.send(service.doors).await;
                    (number, clock.now_ms())
                });
            }
            // Their addresses know when.
            Moment::CrmAway(_) | Moment::MetaAway(_) => {}
            Moment::Dies => victim.dies()?,
            Moment::Starts => victim.starts().await?,
        }
    }
    let mut acknowledged = vec![0; hosts.truth.reports.len()];
    let until = (Instant::now() + HEARD_WITHIN).into();
    while let Some(sent) = timeout_at(until, sending.join_next()).await? {
        let (number, at_ms) = sent?;
        acknowledged[number] = at_ms;
    }
    let not_before = Instant::now() + ms(life.patience.base_ms + life.patience.tries_again_ms);
    let taken = || std::future::ready(Ok(json!(hosts.taken().len())));
    let ledger = service.rest(not_before, taken).await?;
    came(hosts, acknowledged, &ledger, &service.conversions().await?)
}

fn ms(time_ms: i64) -> Duration {
    Duration::from_millis(time_ms.max(0) as u64)
}

/// When a life began or will begin.
#[derive(Clone, Copy)]
struct Begun {
    at: Instant,
}

impl Begun {
    /// Milliseconds since the life began.
    fn now_ms(self) -> i64 {
        let now = Instant::now();
        match now.checked_duration_since(self.at) {
            Some(since) => since.as_millis() as i64,
            None => -(self.at.duration_since(now).as_millis() as i64),
        }
    }

    fn at(self, at_ms: i64) -> Instant {
        self.at + ms(at_ms)
    }

    fn spans(self, spans: &[(i64, i64)]) -> Vec<(tokio::time::Instant, tokio::time::Instant)> {
        spans.iter().map(|(from, until)| (self.at(*from).into(), self.at(*until).into())).collect()
    }
}

fn webhook(hosts: &Hosts, report: &Report) -> Webhook {
    let made = hooks::body(&hosts.truth, report);
    match made.signature {
        Some(signature) => Webhook::of_meta(WHATSAPP_KEY, &signature, made.body),
        None => Webhook::of_kommo(KOMMO_KEY, made.body),
    }
}

fn came(hosts: &Hosts, acknowledged: Vec<i64>, ledger: &Value, listed: &[Value]) -> Result<Came, Failure> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let mut came = Came { taken: hosts.taken(), requests: hosts.requests(), acknowledged, ..Came::default() };
    for one in listed {
        let deal = text(one, "deal");
        let deal = deal.rsplit('/').next().unwrap_or_default().parse()?;
        let state = format!("{} {}", text(one, "state"), text(one, "reason"));
        came.says.push((deal, text(one, "event_name"), state));
        came.deals.insert(text(one, "event_id"), deal);
    }
    let open = ["/facts/pending", "/facts/waiting", "/conversions/queued"];
    let is_done = open.iter().all(|place| ledger.pointer(place).and_then(Value::as_u64) == Some(0));
    came.is_balanced = ledger["balanced"] == true && is_done;
    came.ledger = ledger.to_string();
    Ok(came)
}

/// The shop of a life on virtual time.
fn configuration(service: Addresses, folder: &Path, crm: &str, meta: &str) -> String {
    format!(
        "[server]\nlisten = \"{}\"\nadmin_listen = \"{}\"\nadmin_token = \"{ADMIN_TOKEN}\"\n\
         [store]\npath = \"{}\"\n\
         [[workspace]]\nname = \"acme\"\ncountry = \"TR\"\ncurrency = \"TRY\"\nconsent = \"elsewhere\"\n\
         basis = \"drawn lives\"\n\
         [[workspace.dataset]]\nid = \"{DATASET}\"\ntoken = \"a-token-of-meta\"\ngraph_url = \"{meta}\"\n\
         whatsapp_business_account_id = \"{WABA}\"\nroutes = [\"messaging\"]\n\
         [[workspace.source]]\nkind = \"whatsapp\"\nkey = \"{WHATSAPP_KEY}\"\napp_secret = \"{APP_SECRET}\"\n\
         [[workspace.source]]\nkind = \"kommo\"\nkey = \"{KOMMO_KEY}\"\naccount = \"{crm}\"\n\
         token = \"a-token-of-kommo\"\nconsent_field = \"{CONSENT_FIELD}\"\n\
         [[workspace.rule]]\nid = \"qualified\"\nstage = \"Qualified\"\nsend = \"Lead\"\n\
         [[workspace.rule]]\nid = \"won\"\nstage = \"won\"\nsend = \"Purchase\"\nvalue = \"price\"\n\
         repeat = \"once\"\n",
        service.doors,
        service.admin,
        folder.join("data").display(),
    )
}
