//! `kopru send-test`: one made-up event, sent to see what Meta answers. Nothing of it is stored.

mod event;
mod words;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, builder::NonEmptyStringValueParser};
use delivery::{Graph, Target};
use kopru_core::{Dataset, RouteKind};
use outgoing::Clients;
use serde_json::json;

use self::words::{TestResult, TestRoute};
use crate::{
    Error, NEGATIVE, WRONG_USE,
    config::{Config, is_test_code, read_config},
    fail,
    logging::out,
};

/// The arguments.
#[derive(Args)]
pub struct Arguments {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "kopru.toml")]
    config: PathBuf,
    /// The workspace, if the dataset is in more than one.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    workspace: Option<String>,
    /// The dataset, if the configuration has more than one.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    dataset: Option<String>,
    /// The test code from Events Manager, Test events. [default: the dataset's test_event_code]
    #[arg(long, value_name = "CODE", value_parser = test_code)]
    code: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

fn test_code(text: &str) -> Result<String, &'static str> {
    if is_test_code(text) {
        Ok(text.to_owned())
    } else {
        Err("write it as in Events Manager, for example TEST12345")
    }
}

/// Sends, and says what came back. Exits with 1 unless all is right.
pub async fn command(arguments: &Arguments) -> ExitCode {
    match send(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NEGATIVE),
        Err(error) => fail(WRONG_USE, &error),
    }
}

async fn send(arguments: &Arguments) -> Result<bool, Error> {
    let config = read_config(&arguments.config)?;
    let (dataset, target) = chosen(&config, arguments)?;
    let code = arguments.code.clone().or_else(|| target.test_event_code.clone());
    let all = sent_as(dataset);
    if all.is_empty() {
        return Err(Error::NothingToTest(dataset.id.clone()));
    }
    if all.contains(&TestRoute::Website) && code.is_none() {
        return Err(Error::NoTestCode(dataset.id.clone()));
    }
    let target = Target { test_event_code: code.clone(), ..target.clone() };
    let cause = |cause| Error::Dataset { dataset: dataset.id.clone(), cause };
    let graph = Graph::new(&target, &Clients::new()?).map_err(cause)?;
    let mut told = Vec::new();
    for sent in all {
        let event = event::made_up(sent, dataset)?;
        told.push(TestResult::of(sent, &graph.send_test(&event).await, code.as_deref()));
    }
    let ok = told.iter().all(|one| one.ok);
    if arguments.json {
        let answer = json!({ "dataset": dataset.id, "ok": ok, "code": code, "tests": told });
        out!("{}", serde_json::to_string_pretty(&answer).map_err(Error::Summary)?);
        return Ok(ok);
    }
    for one in &told {
        out!("{}", one.line(&dataset.id));
    }
    Ok(ok)
}

/// The one dataset that is meant.
fn chosen<'a>(config: &'a Config, arguments: &Arguments) -> Result<(&'a Dataset, &'a Target), Error> {
    let workspaces = config.workspaces.iter();
    let named = workspaces
        .filter(|workspace| arguments.workspace.as_ref().is_none_or(|wanted| *wanted == workspace.name));
    let all: Vec<_> = named
        .flat_map(|workspace| workspace.policy.datasets.iter().zip(&workspace.targets))
        .filter(|(dataset, _)| arguments.dataset.as_ref().is_none_or(|wanted| *wanted == dataset.id))
        .collect();
    match all.as_slice() {
        [only] => Ok(*only),
        [] => Err(Error::NoSuchDataset),
        several => {
            let ids = several.iter().map(|(dataset, _)| dataset.id.as_str());
            Err(Error::WhichDataset(ids.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// What can be sent to a dataset to try it.
fn sent_as(dataset: &Dataset) -> Vec<TestRoute> {
    let has = |route| dataset.routes.contains(&route);
    let chats = has(RouteKind::Messaging) && dataset.waba_id.is_some();
    [(has(RouteKind::Website), TestRoute::Website), (chats, TestRoute::Chat)]
        .into_iter()
        .filter_map(|(is_on, sent)| is_on.then_some(sent))
        .collect()
}
