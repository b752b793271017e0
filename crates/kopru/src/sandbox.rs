//! `kopru sandbox`: a Meta and a Kommo on this machine.

use std::{net::SocketAddr, process::ExitCode};

use ::sandbox::{Dataset, Options, Pipeline, Sandbox, Status};

use crate::{NEGATIVE, fail, serve::told_to_stop};

const KOMMO_TOKEN: &str = "sandbox-kommo-token";
const META_TOKEN: &str = "sandbox-meta-token";
const DATASET: &str = "1234567890";
const WABA: &str = "222";

pub async fn command(listen: SocketAddr) -> ExitCode {
    let sandbox =
        Sandbox::new(Options { kommo_token: KOMMO_TOKEN.into(), any_id: true, ..Options::default() });
    sandbox.add_dataset(Dataset {
        id: DATASET.into(),
        token: META_TOKEN.into(),
        waba_id: Some(WABA.into()),
        ..Dataset::default()
    });
    let status = |id, name: &str| Status { id, name: name.to_owned(), incoming: false };
    sandbox.put_pipeline(Pipeline {
        id: 770_001,
        name: "Sales".to_owned(),
        statuses: vec![status(880_001, "New"), status(880_002, "Qualified")],
    });
    let running = match sandbox.serve(listen).await {
        Ok(running) => running,
        Err(error) => return fail(NEGATIVE, &format!("cannot listen on {listen}: {error}")),
    };
    println!(
        "Meta:    graph_url = \"{}\", dataset {DATASET} (WABA {WABA}), token {META_TOKEN}",
        running.url()
    );
    println!("Kommo:   account = \"{}\", token {KOMMO_TOKEN}", running.url());
    println!("         pipeline 770001 \"Sales\": 880001 New, 880002 Qualified, 142 won, 143 lost");
    println!("Fill it: POST JSON to {}/sandbox/kommo/contacts, /leads or /pipelines", running.url());
    println!("Records: GET {}/sandbox/events or /sandbox/requests", running.url());
    told_to_stop().await;
    running.shutdown().await;
    ExitCode::SUCCESS
}
