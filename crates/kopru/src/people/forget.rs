//! `kopru forget`.

use clap::{Args, builder::NonEmptyStringValueParser};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    certificate::{Certificate, KnownCounts},
    whom::Whom,
};
use crate::{
    Error,
    ask::{Of, call},
    logging::out,
};

/// The arguments.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    whom: Whom,
    /// Do it; without this it is only counted.
    #[arg(long)]
    yes: bool,
    /// Let somebody who was erased be learnt again, at once: there is nothing to confirm with --yes. What was
    /// removed stays removed.
    #[arg(long, conflicts_with = "yes")]
    lift: bool,
    /// Erase the whole workspace that --workspace names: its keys first, so that nothing of it can be read any
    /// more, then its rows. It must be out of the configuration.
    #[arg(long, conflicts_with_all = ["phone", "email", "external_id", "contact", "deal", "stdin", "lift", "yes"])]
    everything: bool,
    /// The name of the workspace again, to erase everything of it.
    #[arg(long, value_name = "NAME", requires = "everything", value_parser = NonEmptyStringValueParser::new())]
    yes_erase: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Lifted {
    lifted: u64,
}

/// Counts, and erases if that was said; returns whether there was anything.
pub async fn forget(arguments: &Arguments) -> Result<bool, Error> {
    if arguments.everything {
        return everything(arguments).await;
    }
    let Arguments { of, whom, yes, lift, json, .. } = arguments;
    if whom.is_nobody() {
        return Err(Error::Whom);
    }
    let mut object = whom.object()?;
    object.insert("dry_run".to_owned(), (!yes && !lift).into());
    object.insert("lift".to_owned(), (*lift).into());
    let asking = of.read()?;
    let answer =
        asking.post("/api/v1/forget", &Value::Object(object)).await.map_err(|error| whom.said(error))?;
    if *json {
        out!("{}", server::indented(&answer.text));
    }
    if *lift {
        let Lifted { lifted } = answer.json()?;
        match lifted {
            _ if *json => {}
            0 => out!("they were not erased, and nothing has changed"),
            _ => out!("they are learnt again from now on; what was removed stays removed"),
        }
        return Ok(lifted > 0);
    }
    if *yes {
        let certificate: Certificate = answer.json()?;
        if !json {
            certificate.lines(&asking.zone).iter().for_each(|line| out!("{line}"));
        }
        return Ok(true);
    }
    let counted: KnownCounts = answer.json()?;
    if !json {
        counted.lines().iter().for_each(|line| out!("{line}"));
    }
    // Somebody of whom nothing is known can be erased as well, so that nothing is learnt.
    Err(Error::SayYes)
}

async fn everything(arguments: &Arguments) -> Result<bool, Error> {
    let Arguments { of, yes_erase, json, .. } = arguments;
    let (config, workspace) = of.read_any()?;
    let Some(workspace) = workspace else { return Err(Error::WhichToErase) };
    if let Some(again) = yes_erase.clone().filter(|again| *again != workspace) {
        return Err(Error::OtherName { workspace, again });
    }
    let asked = json!({
        "workspace": workspace,
        "name_again": yes_erase.as_deref().unwrap_or_default(),
        "dry_run": yes_erase.is_none(),
    });
    let answer = call(&config, Method::POST, "/api/v1/forget-workspace", Some(&asked)).await?;
    if *json {
        out!("{}", server::indented(&answer.text));
    }
    if yes_erase.is_none() {
        let said: Value = answer.json()?;
        if !json {
            let count = |path: &str| said.pointer(path).and_then(Value::as_i64).unwrap_or_default();
            let (facts, events) = (count("/ledger/facts/received"), count("/ledger/conversions/created"));
            out!("{workspace}: {facts} records and {events} events were kept of it");
        }
        return Err(Error::SayYesErase(workspace));
    }
    let certificate: Certificate = answer.json()?;
    if !json {
        certificate.lines(&jiff::tz::TimeZone::UTC).iter().for_each(|line| out!("{line}"));
    }
    Ok(true)
}
