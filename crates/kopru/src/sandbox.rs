//! `kopru sandbox`: a Meta and a Kommo on this machine.

use std::{net::SocketAddr, process::ExitCode};

use ::sandbox::{
    App, Asset, AssetKind, FaultRule, KommoIntegration, Options, Pipeline, Sandbox, Seeded, SimulatedDataset,
    Status, Tier,
};
use serde_json::{Value, json};

use crate::{Error, NEGATIVE, WRONG_USE, fail, logging::out, stop::stop_requested};

const KOMMO_TOKEN: &str = "sandbox-kommo-token";
const KOMMO_REDIRECT: &str = "http://127.0.0.1:8480/kommo";
const META_TOKEN: &str = "sandbox-meta-token";
const APP: &str = "555000111";
const APP_SECRET: &str = "sandbox-app-secret";
const DATASET: &str = "1234567890";
// The ids that `kopru sandbox hook` fills in.
const WABA: &str = "222";
const PAGE: &str = "111222333";
const INSTAGRAM: &str = "17841400000000000";
const PAGE_SCOPED_ID: &str = "444555666";

#[derive(clap::Args)]
pub struct Arguments {
    /// Where it listens; a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8490")]
    listen: SocketAddr,
    /// Refuse also what Meta's documentation requires but Meta was seen to take.
    #[arg(long)]
    strict_docs: bool,
    /// What goes wrong, and when; can be given several times.
    ///
    /// latency:MS, html:STATUS, outage:SECONDS, error:CODE[/SUBCODE], short:EVENTS,
    /// slow-read:BYTES_A_SECOND, close-before, close-after, timeout-before, timeout-after, reset;
    /// each with ,dataset=ID ,times=N ,rate=0..1 ,seconds=N ,side=kommo.
    /// Example: --fault error:4,rate=0.1 --fault latency:800,dataset=1234567890
    #[arg(long, value_name = "FAULT")]
    fault: Vec<FaultRule>,
    /// The seed of the random numbers of faults and of the seeded business.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many people can be matched; a business with ads, clicks and leads comes with them.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    people: usize,
    /// Take click ids and page-scoped ids that nobody made.
    #[arg(long)]
    any_id: bool,
    /// Keep only counts and event ids of what is accepted: for load tests.
    #[arg(long)]
    discard: bool,
    /// The Marketing API's limit: limited or full. [default: none]
    #[arg(long, value_name = "TIER")]
    tier: Option<Tier>,
    /// Most records kept in each list; the oldest leave first.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    keep: usize,
    /// How fast the sandbox's clock runs, 1 to 100000.
    #[arg(long, value_name = "TIMES", default_value_t = 1.0)]
    speed: f64,
    /// Print what there is as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub async fn command(arguments: Arguments) -> ExitCode {
    let sandbox = Sandbox::new(Options {
        kommo_token: KOMMO_TOKEN.into(),
        kommo_integration: Some(KommoIntegration {
            client_id: "sandbox-kommo-client".into(),
            client_secret: "sandbox-kommo-secret".into(),
            redirect_uri: KOMMO_REDIRECT.into(),
        }),
        any_id: arguments.any_id,
        strict_docs: arguments.strict_docs,
        discard: arguments.discard,
        tier: arguments.tier,
        seed: arguments.seed,
        keep: arguments.keep,
        ..Options::default()
    });
    add_defaults(&sandbox);
    let seeded = match sandbox.seed(arguments.seed, arguments.people) {
        Ok(seeded) => seeded,
        Err(cause) => return fail(WRONG_USE, &Error::People { people: arguments.people, cause }),
    };
    for fault in arguments.fault {
        if !sandbox.add_fault(fault) {
            return fail(WRONG_USE, &Error::TooManyFaults);
        }
    }
    sandbox.run_clock_at(arguments.speed);
    let running = match sandbox.serve(arguments.listen).await {
        Ok(running) => running,
        Err(cause) => {
            return fail(NEGATIVE, &Error::SandboxListen { address: arguments.listen, cause });
        }
    };
    if arguments.json {
        out!("{}", as_json(&running.url(), &seeded, sandbox.kommo_long_lived_token()));
    } else {
        print_summary(&running.url(), &seeded);
    }
    stop_requested().await;
    running.shutdown().await;
    ExitCode::SUCCESS
}

/// A dataset that is linked to everything, and a pipeline.
fn add_defaults(sandbox: &Sandbox) {
    sandbox.add_app(App {
        id: APP.into(),
        secret: APP_SECRET.into(),
        name: "Sandbox".into(),
        ..App::default()
    });
    for (id, kind, name) in [
        (PAGE, AssetKind::Page, "Page"),
        (WABA, AssetKind::Waba, "WhatsApp account"),
        (INSTAGRAM, AssetKind::Instagram, "Instagram account"),
    ] {
        sandbox.add_asset(Asset { id: id.into(), kind, name: name.into(), ..Asset::default() });
    }
    sandbox.add_dataset(SimulatedDataset {
        id: DATASET.into(),
        token: META_TOKEN.into(),
        name: "Linked to everything".into(),
        app_id: Some(APP.into()),
        page_id: Some(PAGE.into()),
        waba_id: Some(WABA.into()),
        ig_account_id: Some(INSTAGRAM.into()),
        ..SimulatedDataset::default()
    });
    sandbox.add_scoped_id(PAGE_SCOPED_ID, PAGE);
    let status = |id, name: &str| Status { id, name: name.to_owned(), incoming: false };
    sandbox.put_pipeline(Pipeline {
        id: 770_001,
        name: "Sales".to_owned(),
        statuses: vec![status(880_001, "New"), status(880_002, "Qualified")],
    });
}

fn as_json(url: &str, seeded: &Seeded, long_lived_token: &str) -> Value {
    json!({
        "url": url,
        "page": format!("{url}/sandbox"),
        "app": { "id": APP, "secret": APP_SECRET },
        "dataset": {
            "id": DATASET, "token": META_TOKEN, "page_id": PAGE, "waba_id": WABA,
            "ig_account_id": INSTAGRAM, "page_scoped_user_id": PAGE_SCOPED_ID,
        },
        "seeded": seeded,
        "kommo": {
            "account": url, "token": KOMMO_TOKEN, "long_lived_token": long_lived_token,
            "pipeline": 770_001, "redirect_uri": KOMMO_REDIRECT,
            "client_id": "sandbox-kommo-client", "client_secret": "sandbox-kommo-secret",
        },
    })
}

fn print_summary(url: &str, seeded: &Seeded) {
    out!("Look:    {url}/sandbox");
    out!("Meta:    graph_url = \"{url}\", dataset {DATASET}, token {META_TOKEN}");
    out!("         linked to Page {PAGE}, WABA {WABA}, Instagram {INSTAGRAM}");
    out!("         app {APP}, secret {APP_SECRET}");
    out!(
        "Seeded:  {} people, {} ad clicks, {} leads; ad account act_{} ({}), token {}",
        seeded.people,
        seeded.clicks,
        seeded.leads,
        seeded.account_id,
        seeded.currency,
        seeded.token
    );
    for dataset in &seeded.datasets {
        out!("         dataset {} {}, token {}", dataset.id, dataset.name, dataset.token);
    }
    out!("Kommo:   account = \"{url}\", token {KOMMO_TOKEN}");
    out!("         pipeline 770001 \"Sales\": 880001 New, 880002 Qualified, 142 won, 143 lost");
    out!("Doors:   kopru sandbox hook --list");
    out!("Records: GET {url}/sandbox/events or /sandbox/requests; the page at {url} shows and fills them");
}
