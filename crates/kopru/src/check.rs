//! `kopru check`: would it work? One line a finding, each with its mend.

mod accounts;
mod crm;
mod events;
mod paused;
mod tested;

use std::{path::Path, process::ExitCode};

use delivery::Graph;
use jiff::Timestamp;
use kopru_core::{Catalogue, RuleProblem};
use outgoing::Clients;
use reqwest::Method;
use serde::Deserialize;
use store::{LostRecords, last_known_held, last_known_loss, last_known_names, last_known_stages};

use self::{
    accounts::check_accounts, crm::check_crm, events::say_where_events_come_in, paused::say_what_is_paused,
    tested::say_what_is_tested,
};
use crate::{
    NEGATIVE, WRONG_USE,
    config::{Config, Workspace, read_config},
    control::{call, service_runs},
    fail,
    logging::out,
};

/// What mends a rule that can never fire. Its new words count from when they are taken.
const MEND_OF_RULE: &str = "write its present name or id into the rule, then run kopru apply --since DATE for the \
                            deals that entered meanwhile";
/// The same where the name in it is another's now.
const MEND_BY_ID: &str = "write the id of what is meant into the rule, then run kopru apply --since DATE for the \
                          deals that entered meanwhile";

pub async fn command(file: &Path, offline: bool, fix: bool) -> ExitCode {
    let config = match read_config(file) {
        Ok(config) => config,
        Err(error) => return fail(WRONG_USE, &error),
    };
    for notice in &config.notices {
        out!("note  {notice}");
    }
    out!("ok    {} is understood", file.display());
    out!("ok    rules of time zones: {}", insight::zone_rules());
    for (workspace, kind, address) in config.hook_addresses() {
        out!("ok    {workspace}: {kind} comes in at {address}");
    }
    for workspace in &config.workspaces {
        say_where_events_come_in(&config, workspace);
    }
    for workspace in &config.workspaces {
        if let Some(basis) = &workspace.basis {
            out!("ok    {}: consent is kept elsewhere; basis: {basis}", workspace.name);
        }
    }
    say_what_is_missing(&config);
    say_what_is_tested(&config);
    say_who_is_not_asked(&config).await;
    say_what_is_paused(&config).await;
    let mut findings = check_former_names(&config);
    findings += config.workspaces.iter().map(|workspace| check_accounts(&config, workspace)).sum::<usize>();
    if offline {
        for workspace in &config.workspaces {
            let former = workspace.formerly.as_ref().map(|former| &former.name);
            let names = [Some(&workspace.name), former].into_iter().flatten();
            for catalogue in names.flat_map(|name| last_known_stages(&config.store_path, name)) {
                findings += check_rules(workspace, &catalogue);
            }
        }
        return exit_code(findings);
    }
    for workspace in &config.workspaces {
        findings += check_meta(workspace).await + check_crm(&config, workspace, fix).await;
    }
    exit_code(findings)
}

/// Says what the store has lost, and what waits for somebody's word since. Nothing in the file mends it.
fn say_what_is_missing(config: &Config) {
    let folder = &std::path::absolute(&config.store_path).unwrap_or_else(|_| config.store_path.clone());
    if let Some(LostRecords { records, found_ms }) = last_known_loss(folder) {
        let found = Timestamp::from_millisecond(found_ms).map(|time| time.to_string()).unwrap_or_default();
        out!(
            "note  {}: {records} records that had been acknowledged are not in the store, as was found at {found}; \
             save the deals of that time in the CRM once more",
            folder.display()
        );
    }
    for workspace in &config.workspaces {
        let held = last_known_held(folder, &workspace.name);
        if held > 0 {
            out!(
                "note  {}: {held} events that Meta may have already wait for your word: kopru events list --reason \
                 held_after_restore",
                workspace.name
            );
        }
    }
}

/// Says of former names what the next start makes of them; returns how many it would refuse. One that has been
/// taken up already is of no use any more, and of no harm.
fn check_former_names(config: &Config) -> usize {
    let known = last_known_names(&config.store_path);
    let mut findings = 0;
    for workspace in &config.workspaces {
        let Some(former) = &workspace.formerly else { continue };
        let (name, place, formerly) = (&workspace.name, &former.place, &former.name);
        match known.as_deref() {
            None | Some([]) => out!(
                "note  {place}: {name} begins with nothing, whatever its former name: there is no store with \
                 workspaces at {} yet",
                config.store_path.display()
            ),
            Some(known) if workspace.unknown_former_name(known).is_some() => {
                findings += 1;
                out!("wrong {}", former.is_unknown(name, known));
            }
            Some(known) if !known.contains(formerly) => {}
            Some(known) if known.contains(name) => {
                findings += 1;
                let (from, to) = (formerly.clone(), name.clone());
                out!("wrong {place}: {}", store::Error::BothNames { from, to });
            }
            Some(_) => out!("ok    {name}: goes on with what the store has under its former name {formerly}"),
        }
    }
    findings
}

#[derive(Deserialize)]
struct HealthAnswer {
    #[serde(default)]
    not_asked: Vec<NotAsked>,
    #[serde(default)]
    shared_ids: Vec<SharingDataset>,
}

#[derive(Deserialize)]
struct SharingDataset {
    workspace: String,
    dataset: String,
    events: usize,
}

#[derive(Deserialize)]
struct NotAsked {
    workspace: String,
    account: String,
    since: Option<String>,
    until: Option<String>,
    why: String,
}

/// Says which accounts the running service does not ask for a while, and whose events share ids. Both end by themselves.
async fn say_who_is_not_asked(config: &Config) {
    if !service_runs(config) {
        return;
    }
    let answer = call(config, Method::GET, "/api/v1/health", None).await;
    let Ok(HealthAnswer { not_asked, shared_ids }) = answer.and_then(|answer| answer.json()) else {
        out!("note  the running service does not say how it is; look at its log");
        return;
    };
    for NotAsked { workspace, account, since, until, why } in not_asked {
        let (since, until) = (since.unwrap_or_default(), until.unwrap_or_default());
        out!(
            "note  {workspace}: the running service does not ask {account}, since {since}, until {until}: {why}"
        );
    }
    for SharingDataset { workspace, dataset, events } in shared_ids {
        out!(
            "note  {workspace}: dataset {dataset}: {events} events came under ids that other events have, and counted as \
             repetitions: let the shop's server give each event an id of its own, such as the order's number"
        );
    }
}

fn exit_code(findings: usize) -> ExitCode {
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::from(NEGATIVE) }
}

/// Says which rules do not fire as they were meant with these stages; returns how many.
fn check_rules(workspace: &Workspace, catalogue: &Catalogue) -> usize {
    let rules = workspace.policy.rules.iter().zip(&workspace.rule_places);
    let problems = rules.filter_map(|(rule, place)| Some((place, rule.problem(catalogue)?)));
    let name = &workspace.name;
    let say = |(place, problem): &(&String, RuleProblem)| {
        let mend = if problem.became.needs_id() { MEND_BY_ID } else { MEND_OF_RULE };
        out!("wrong {name}: {place}: {problem}; {mend}");
    };
    problems.inspect(say).count()
}

/// What mends that Meta would not take the events of a dataset, behind what is wrong.
fn mend_of(why: &delivery::Error) -> &'static str {
    match why {
        delivery::Error::Refused(_) => "; make a new token in Events Manager, or mend id and graph_url",
        delivery::Error::Outgoing(_) => "; mend graph_url",
        delivery::Error::NoAnswer(_) => {
            "; nothing is said of token and dataset: look at the network, at DNS, graph_url, and a proxy or firewall on the way"
        }
        // They say it themselves.
        delivery::Error::Foreign { .. } | delivery::Error::Unproven { .. } => "",
    }
}

/// Asks Meta about each dataset; returns how many would not work.
async fn check_meta(workspace: &Workspace) -> usize {
    let mut findings = 0;
    for target in &workspace.targets {
        let (name, dataset) = (&workspace.name, &target.dataset);
        let clients = Clients::new().map_err(delivery::Error::from);
        let graph = clients.and_then(|clients| Graph::new(target, &clients));
        let answer = match graph {
            Ok(graph) => graph.probe().await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(()) => out!("ok    {name}: Meta takes the token for dataset {dataset}"),
            Err(why) => {
                findings += 1;
                out!("wrong {name}: dataset {dataset}: {why}{}", mend_of(&why));
            }
        }
    }
    findings
}
