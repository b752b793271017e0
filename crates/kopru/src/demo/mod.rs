//! `kopru demo`: Kopru and the sandbox in one process, and a shop's week over real HTTP.

mod comparison;
mod play;
mod shop;
mod site;

use std::{io::Write as _, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use ::sandbox::{Account, App, Options, Sandbox, SimulatedDataset};
use asks::{HookKey, Hosts, Patience, Setup};
use indicatif::{ProgressBar, ProgressStyle};
use kopru_core::{KeyConsent, Wanted, WorkspaceId};
use outgoing::Clients;
use sha2::{Digest, Sha256};
use sources::Upstream;
use store::{Clock, DataKey, KeyScope, NewApiKey, Store};
use tokio::sync::mpsc;

use crate::{Error, NEGATIVE, config::Config, fail, logging::out, run::Running, stop::stop_requested};
use comparison::{Comparison, compare};
use play::Player;
use shop::Person;
use site::{ShopServer, SiteReport, Visitor, WebStep, visitors};

const DASHBOARD: &str = "127.0.0.1:8481";
const APP: &str = "555000111";
const ADMIN_TOKEN: &str = "demo";
const WORKSPACE: &str = "demo";
/// How long what is under way may take to come to rest.
const SETTLE_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Names and secrets of the demo; none of them exists elsewhere.
struct Keys {
    dataset: &'static str,
    waba: &'static str,
    meta_token: &'static str,
    app_secret: &'static str,
    kommo_token: &'static str,
    whatsapp_hook: &'static str,
    kommo_hook: &'static str,
    /// The API key of the shop's server.
    shop_key: &'static str,
}

const KEYS: Keys = Keys {
    dataset: "1234567890",
    waba: "100200300400500",
    meta_token: "demo-meta-token",
    app_secret: "demo-app-secret",
    kommo_token: "demo-kommo-token",
    whatsapp_hook: "demo-whatsapp-hook-key",
    kommo_hook: "demo-kommo-hook-key",
    shop_key: "kopru_demo-shop-server",
};

/// The shop's part of the store.
struct Shop {
    store: Arc<dyn Store>,
    workspace: WorkspaceId,
}

pub async fn command(exit: bool, json: bool, listen: Option<SocketAddr>) -> ExitCode {
    match demo(exit, json, listen).await {
        Ok(verdict) if verdict.ok || !exit => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(NEGATIVE),
        Err(trouble) => fail(NEGATIVE, &trouble),
    }
}

async fn demo(exit: bool, json: bool, listen: Option<SocketAddr>) -> Result<Comparison, Error> {
    let sandbox = Sandbox::new(Options {
        kommo_token: KEYS.kommo_token.into(),
        kommo_account: Account { currency: "TRY".into(), ..Account::default() },
        ..Options::default()
    });
    sandbox.add_app(App { id: APP.into(), secret: KEYS.app_secret.into(), ..App::default() });
    sandbox.add_dataset(SimulatedDataset {
        id: KEYS.dataset.into(),
        token: KEYS.meta_token.into(),
        app_id: Some(APP.into()),
        waba_id: Some(KEYS.waba.into()),
        ..SimulatedDataset::default()
    });
    let upstream = sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(Error::DemoSandbox)?;

    let folder = tempfile::tempdir().map_err(Error::NoFolder)?;
    let key = DataKey::generate().map_err(Error::DemoKey)?;
    let store = store::open(folder.path(), &key)?;
    let dashboard = match (listen, exit) {
        (Some(address), _) => address.to_string(),
        (None, true) => "127.0.0.1:0".to_owned(),
        (None, false) => DASHBOARD.to_owned(),
    };
    let config = configuration(&upstream.url(), &dashboard)?;
    let workspace = store.workspace(WORKSPACE).await?;
    store.make_key(workspace, shop_key(), Clock::system().now_ms()).await?;
    let mut sources = config.workspaces.iter().flat_map(|workspace| &workspace.sources);
    let kommo = sources.find_map(|source| source.source.upstream()).ok_or(Error::DemoCrm)?;
    let token: [u8; 32] = Sha256::digest(ADMIN_TOKEN.as_bytes()).into();
    // The demo has no file that could change.
    let (apply, _) = mpsc::channel(1);
    let running =
        Running::start(config, Arc::clone(&store), token, Clock::system(), apply).await.map_err(|error| {
            match error {
                Error::Listen { address, cause, .. } => Error::DemoListen { address, cause },
                other => other,
            }
        })?;
    let shop = Shop { store, workspace };
    if !exit {
        out!("Dashboard: http://{}/ (admin token: {ADMIN_TOKEN})", running.admin);
        out!("Meta's and Kommo's side: {}/sandbox/events", upstream.url());
    }

    let doors = format!("http://{}", running.public);
    tell_us(&*kommo, &doors).await?;
    let now_s = Clock::system().now_ms() / 1000;
    let people = shop::week(now_s);
    let player = Player {
        sandbox: &sandbox,
        client: reqwest::Client::builder().no_proxy().build().map_err(Error::DemoClient)?,
        keys: &KEYS,
        doors,
    };
    let visitors = visitors(&people, now_s);
    let posted = play(&player, &people, &visitors, &shop).await?;
    let verdict = verdict(&people, (&visitors, &posted), &sandbox, &shop).await?;
    print(&verdict, json)?;
    if !exit {
        out!("The dashboard stays up; stop with Ctrl-C.");
        stop_requested().await;
    }
    running.stop().await;
    upstream.shutdown().await;
    Ok(verdict)
}

/// The key with which the shop's server reports events.
fn shop_key() -> NewApiKey {
    NewApiKey {
        name: "shop-server".to_owned(),
        hash: Sha256::digest(KEYS.shop_key.as_bytes()).into(),
        scopes: [KeyScope::Events].into(),
        consent: Some(KeyConsent::Sender),
        strict: false,
    }
}

/// Has the CRM send its webhooks to Kopru, as `kopru check --fix` does.
async fn tell_us(kommo: &dyn Upstream, doors: &str) -> Result<(), Error> {
    let host = Hosts::new(Clients::new()?).of(kommo)?;
    let setup = Setup {
        host: &host,
        upstream: kommo,
        token: KEYS.kommo_token,
        hook_key: &HookKey(KEYS.kommo_hook.to_owned()),
        wanted: &Wanted::default(),
        patience: Patience::LIST,
        clock: &Clock::system(),
    };
    let address = format!("{doors}/hooks/{}", KEYS.kommo_hook);
    setup.mend_hooks(&address).await.map_err(|_| Error::DemoCrm)
}

/// Plays the week. Between the days everything comes to rest, so that a sale without a price is
/// seen waiting before the price comes.
async fn play(
    player: &Player<'_>,
    people: &[Person],
    visitors: &[Visitor],
    shop: &Shop,
) -> Result<SiteReport, Error> {
    let progress = progress(people.len() as u64 * 5 + 3);
    player.set_the_stage(people);
    progress.say("People write, and the CRM makes deals");
    for person in people {
        if person.deal_first {
            player.gets_a_deal(person).await?;
            player.writes(person).await?;
        } else {
            player.writes(person).await?;
            player.gets_a_deal(person).await?;
        }
        progress.step(2);
    }
    settle(player.sandbox, shop).await?;
    progress.say("Deals are qualified");
    for person in people {
        player.is_qualified(person).await?;
        progress.step(1);
    }
    settle(player.sandbox, shop).await?;
    progress.say("Deals are won");
    for person in people {
        player.is_won(person).await?;
        progress.step(1);
    }
    settle(player.sandbox, shop).await?;
    progress.say("Forgotten prices are typed in");
    for person in people {
        player.gets_its_price(person).await?;
        progress.step(1);
    }
    progress.say("The shop's server reports what visitors of its site do");
    let server = ShopServer { client: &player.client, keys: player.keys, doors: &player.doors };
    let mut posted = SiteReport::default();
    for visit in [WebStep::Looks, WebStep::Asks, WebStep::Buys] {
        server.post(visitors, visit, &mut posted).await?;
        progress.step(1);
    }
    settle(player.sandbox, shop).await?;
    progress.finish();
    Ok(posted)
}

/// Waits until nothing is under way.
async fn settle(sandbox: &Sandbox, shop: &Shop) -> Result<(), Error> {
    let settled = async {
        while !sandbox.kommo_has_delivered() || !shop.store.is_settled(shop.workspace).await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    };
    tokio::time::timeout(SETTLE_WITHIN, settled)
        .await
        .unwrap_or_else(|_| Err(Error::StillUnderWay(SETTLE_WITHIN.as_secs())))
}

async fn verdict(
    people: &[Person],
    site: (&[Visitor], &SiteReport),
    sandbox: &Sandbox,
    shop: &Shop,
) -> Result<Comparison, Error> {
    let ledger = shop.store.ledger(shop.workspace).await?;
    let funnel = shop.store.funnel(shop.workspace).await?;
    Ok(compare(people, site, sandbox, ledger, &funnel))
}

fn configuration(upstream: &str, dashboard: &str) -> Result<Config, Error> {
    let Keys { dataset, waba, meta_token, app_secret, kommo_token, whatsapp_hook, kommo_hook, .. } = KEYS;
    let text = format!(
        r#"
        [server]
        listen = "127.0.0.1:0"
        admin_listen = "{dashboard}"

        [[workspace]]
        name = "{WORKSPACE}"
        country = "TR"
        currency = "TRY"
        time_zone = "Europe/Istanbul"
        consent = "elsewhere"
        basis = "the people of the demo are invented"

        [[workspace.dataset]]
        id = "{dataset}"
        token = "{meta_token}"
        app_secret = "{app_secret}"
        whatsapp_business_account_id = "{waba}"
        graph_url = "{upstream}"
        routes = ["messaging", "website"]

        [[workspace.source]]
        kind = "whatsapp"
        key = "{whatsapp_hook}"
        app_secret = "{app_secret}"

        [[workspace.source]]
        kind = "kommo"
        key = "{kommo_hook}"
        account = "{upstream}"
        token = "{kommo_token}"

        [[workspace.rule]]
        id = "qualified"
        pipeline = "Sales"
        stage = "Qualified"
        send = "Lead"

        [[workspace.rule]]
        id = "sale"
        stage = "won"
        send = "Purchase"
        value = "price"
        "#
    );
    Config::read("demo", &text, &|_| None).map_err(Error::Config)
}

fn print(verdict: &Comparison, json: bool) -> Result<(), Error> {
    if json {
        out!("{}", serde_json::to_string_pretty(verdict).map_err(Error::Summary)?);
        return Ok(());
    }
    let revenue: Vec<String> =
        verdict.revenue.iter().map(|(currency, sum)| format!("{sum} {currency}")).collect();
    let facts = &verdict.ledger.facts;
    let events = &verdict.ledger.conversions;
    out!("{} people wrote; {} conversations began on an ad", verdict.people, verdict.conversations);
    out!("{} leads, {} purchases, {} received by Meta", verdict.leads, verdict.purchases, revenue.join(", "));
    out!(
        "Events: {} in = {} accepted + {} not sent on purpose + {} refused",
        events.created,
        events.accepted,
        events.suppressed,
        events.failed
    );
    out!(
        "Records: {} in = {} used + {} nothing to do + {} came before",
        facts.received,
        facts.used,
        facts.ignored,
        facts.duplicate
    );
    out!("{} requests to Meta, {} to the CRM", verdict.meta_requests, verdict.crm_requests);
    let web = &verdict.web;
    out!(
        "The shop's server: {} events posted = {} received + {} received before + {} refused; {} purchases got their \
         e-mail address from the CRM",
        web.posted,
        web.expected,
        web.doubles,
        web.refused_at_door,
        web.enriched
    );
    for (what, list) in [
        ("missing", &verdict.missing),
        ("unexpected", &verdict.unexpected),
        ("under two event_ids", &verdict.two_event_ids),
        ("missing", &web.missing),
        ("unexpected", &web.unexpected),
        ("without the CRM's e-mail address", &web.not_enriched),
    ] {
        for event in list {
            out!("WRONG: {what}: {event}");
        }
    }
    if !verdict.ledger.balanced {
        out!("WRONG: the ledger does not balance");
    }
    let (expected, arrived) = (verdict.expected + web.expected, verdict.arrived + web.arrived);
    if verdict.ok {
        out!("OK: Meta has all {expected} expected events, each once; the ledger balances");
    } else {
        let copies = verdict.copies + web.copies;
        out!("NOT OK: {arrived} of {expected} expected events arrived, {copies} copies");
    }
    Ok(())
}

/// A bar on a terminal, plain lines elsewhere.
struct Progress(ProgressBar);

fn progress(steps: u64) -> Progress {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    let bar = ProgressBar::new(steps);
    Progress(match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    })
}

impl Progress {
    fn say(&self, what: &'static str) {
        if self.0.is_hidden() {
            let _ = writeln!(std::io::stderr(), "{what} …");
        }
        self.0.set_message(what);
    }

    fn step(&self, by: u64) {
        self.0.inc(by);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
