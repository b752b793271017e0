//! `kopru sandbox`: a Meta and a Kommo on this machine.

use std::{net::SocketAddr, process::ExitCode};

use ::sandbox::{Dataset, Options, Sandbox};

use crate::{NEGATIVE, fail, serve::told_to_stop};

const KOMMO_TOKEN: &str = "sandbox-kommo-token";
const META_TOKEN: &str = "sandbox-meta-token";
const DATASET: &str = "1234567890";
const WABA: &str = "222";

pub async fn command(listen: SocketAddr) -> ExitCode {
    let sandbox =
        Sandbox::new(Options { kommo_token: KOMMO_TOKEN.into(), any_clid: true, ..Options::default() });
    sandbox.add_dataset(Dataset {
        id: DATASET.into(),
        token: META_TOKEN.into(),
        waba_id: Some(WABA.into()),
        ..Dataset::default()
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
    println!("Records: {}/sandbox/events and /sandbox/requests", running.url());
    told_to_stop().await;
    running.shutdown().await;
    ExitCode::SUCCESS
}
