//! `kopru check`: would it work? One line a finding, each with its mend.

use std::{path::Path, process::ExitCode};

use asks::{Hosts, Patience, fetch};
use delivery::Graph;
use kopru_core::{Catalogue, Consent, Fact, JoinKey, Question, QuestionKind, WorkspaceId};
use outgoing::Clients;
use sources::{Access, AskedQuestion, Concerns, Failure, Tenant, Upstream};
use store::{Clock, last_known_stages};

use crate::{
    Error, NEGATIVE, WRONG_USE,
    config::{Workspace, read_config},
    fail,
    logging::out,
};

pub async fn command(file: &Path, offline: bool) -> ExitCode {
    let config = match read_config(file) {
        Ok(config) => config,
        Err(error) => return fail(WRONG_USE, &error),
    };
    for notice in &config.notices {
        out!("note  {notice}");
    }
    out!("ok    {} is understood", file.display());
    for (workspace, kind, address) in config.hook_addresses() {
        out!("ok    {workspace}: {kind} comes in at {address}");
    }
    for workspace in &config.workspaces {
        if let Some(basis) = &workspace.basis {
            out!("ok    {}: consent is kept elsewhere; basis: {basis}", workspace.name);
        }
        if let Some(formerly) = &workspace.formerly {
            out!(
                "ok    {}: goes on with what the store has under its former name {formerly}",
                workspace.name
            );
        }
    }
    let mut findings = 0;
    if offline {
        for workspace in &config.workspaces {
            let names = [Some(&workspace.name), workspace.formerly.as_ref()].into_iter().flatten();
            for catalogue in names.flat_map(|name| last_known_stages(&config.store_path, name)) {
                findings += check_rules(workspace, &catalogue);
            }
        }
        return exit_code(findings);
    }
    for workspace in &config.workspaces {
        findings += check_meta(workspace).await + check_crm(workspace).await;
    }
    exit_code(findings)
}

fn exit_code(findings: usize) -> ExitCode {
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::from(NEGATIVE) }
}

/// Says which rules can never fire with these stages; returns how many.
fn check_rules(workspace: &Workspace, catalogue: &Catalogue) -> usize {
    let rules = workspace.policy.rules.iter().zip(&workspace.rule_places);
    let problems = rules.filter_map(|(rule, place)| Some((place, rule.problem(catalogue)?)));
    problems.inspect(|(place, problem)| out!("wrong {place}: {problem}")).count()
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
                out!(
                    "wrong {name}: dataset {dataset}: {why}; make a new token in Events Manager, or mend id and graph_url"
                );
            }
        }
    }
    findings
}

/// Asks each CRM for its stages and compares the rules; returns how many findings there are.
async fn check_crm(workspace: &Workspace) -> usize {
    let mut findings = 0;
    for source in &workspace.sources {
        let Some(upstream) = source.source.upstream() else { continue };
        let account = upstream.address().url;
        match stages(&*upstream).await {
            Ok(catalogue) => {
                out!("ok    {}: {account} answers, {} stages", workspace.name, catalogue.stages.len());
                findings += check_rules(workspace, &catalogue);
            }
            Err(why) => {
                findings += 1;
                out!("wrong {}: {account}: {why}", workspace.name);
            }
        }
    }
    findings
}

/// Asks as the running service does.
async fn stages(upstream: &dyn Upstream) -> Result<Catalogue, Error> {
    let clients = Clients::new()?;
    let host = Hosts::new(clients).of(upstream)?;
    let question = Question::Catalogue { origin: upstream.origin().to_owned() };
    let asked = [AskedQuestion { question: &question, upto: 0 }];
    // Stage names are not personal: the key joins nothing here.
    let Access::Token(token) = upstream.access() else {
        return Err(Error::TokenChanges);
    };
    let nobody = Tenant {
        workspace: WorkspaceId(0),
        join: JoinKey::new(&[0; 32]),
        country: None,
        consent: Consent::Required,
    };
    let (kind, clock) = (QuestionKind::Catalogue, Clock::system());
    match fetch(&host, upstream, token, kind, &asked, &nobody, Patience::LIST, &clock).await {
        Ok(facts) => match facts.into_iter().flatten().next() {
            Some(Fact::Catalogue(catalogue)) => Ok(catalogue),
            _ => Err(Error::NotUnderstood),
        },
        Err(Failure { why, concerns, .. }) => {
            let mend = match concerns {
                Concerns::TooOften => "try again in a few minutes".to_owned(),
                Concerns::Unreachable => "mend its address, or look at the network".to_owned(),
                _ => format!("mend address and token of the {} source", upstream.kind()),
            };
            Err(Error::NoAnswer { why, mend })
        }
    }
}
