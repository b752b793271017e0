//! What a configuration would have looked at again.

use std::time::Duration;

use asks::{Hosts, moves_since};
use kopru_core::{AuditLog, Now, Policy};
use outgoing::Clients;
use processor::{dry_run, new_by_log};
use server::{AppliedWorkspace, GivenTime, LogsCount, LogsRead};
use sources::Access;
use store::{Clock, Store};
use tokio::time::{Instant, timeout_at};

use super::{Adoption, adoption::check_former_names};
use crate::{
    Error,
    config::{Config, Workspace, as_known},
};

/// How long the audit logs of all workspaces are read for a count: whoever asked waits, and so does a reload.
const LOGS_READ_WITHIN: Duration = Duration::from_secs(30);

/// What a configuration would have looked at again, with what would come of it. Changes nothing.
///
/// # Errors
/// The store cannot be read, or does not know the former name of a workspace.
pub async fn would_apply(
    store: &dyn Store,
    config: &Config,
    since: Option<&GivenTime>,
    clock: &Clock,
) -> Result<Vec<AppliedWorkspace>, Error> {
    check_former_names(store, &config.workspaces).await?;
    let now = Now { ms: clock.now_ms(), confirmed: clock.is_confirmed() };
    let mut workspaces = Vec::new();
    let logs_until = Instant::now() + LOGS_READ_WITHIN;
    for workspace in &config.workspaces {
        // Of one that is new, nothing is stored.
        let mut known = store.known_workspace(&workspace.name).await?;
        if let (None, Some(formerly)) = (known, &workspace.formerly) {
            known = store.known_workspace(&formerly.name).await?;
        }
        let Some(id) = known else { continue };
        let adoption = Adoption::of(store, id, workspace, since, clock).await?;
        let Some(looked_at) = adoption.looks_again(&workspace.name) else { continue };
        let run = match adoption.revisit.clone() {
            Some(revisit) => Some(dry_run(store, id, &adoption.policy, revisit, now).await?),
            None => None,
        };
        let logs = match looked_at.logs {
            Some(logs) => {
                let would =
                    logs_would_bring(store, workspace, &adoption.policy, logs.since_s, clock, logs_until)
                        .await?;
                Some(LogsRead { would, ..logs })
            }
            None => None,
        };
        workspaces.push(AppliedWorkspace { run, logs, ..looked_at });
    }
    Ok(workspaces)
}

/// What the audit logs of a workspace would bring from a time on, Unix seconds; `None` where one of them could not
/// be read.
async fn logs_would_bring(
    store: &dyn Store,
    workspace: &Workspace,
    policy: &Policy,
    since_s: i64,
    clock: &Clock,
    until: Instant,
) -> Result<Option<LogsCount>, Error> {
    let reading = timeout_at(until, read_logs(store, workspace, policy, since_s, clock));
    let Some((parts, has_more)) = reading.await.ok().transpose()?.flatten() else { return Ok(None) };
    let now = Now { ms: clock.now_ms(), confirmed: clock.is_confirmed() };
    let new = new_by_log(store, policy.workspace, policy, parts, now).await?;
    Ok(Some(LogsCount { new, has_more }))
}

/// The moves in the audit logs of a workspace, and whether there are more of them.
async fn read_logs(
    store: &dyn Store,
    workspace: &Workspace,
    policy: &Policy,
    since_s: i64,
    clock: &Clock,
) -> Result<Option<(Vec<AuditLog>, bool)>, Error> {
    let known = store.catalogues(policy.workspace).await?;
    let hosts = Hosts::new(Clients::new()?);
    let (mut parts, mut has_more) = (Vec::new(), false);
    for source in &workspace.sources {
        let source = as_known(&source.source, &known);
        let Some(upstream) = source.upstream() else { continue };
        let Access::Token(token) = upstream.access() else { return Ok(None) };
        // Without the names of stages nobody can tell which of them rules mean.
        if known.iter().all(|catalogue| catalogue.origin != upstream.origin()) {
            return Ok(None);
        }
        match moves_since(&*hosts.of(&*upstream)?, &*upstream, token, since_s, clock).await {
            Ok(Some(read)) => {
                parts.extend(read.parts);
                has_more |= read.has_more;
            }
            Ok(None) => {}
            Err(_) => return Ok(None),
        }
    }
    Ok(Some((parts, has_more)))
}
