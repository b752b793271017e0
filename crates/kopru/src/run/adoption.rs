//! A configuration meets what is stored: what it changes counts from now on, or for what happened before.

use capi::limits::EVENT_AGE_MAX_S;
use kopru_core::{Adopted, CrmReading, Policy, Revisit, WorkspaceId, adopt};
use server::{AppliedWorkspace, GivenTime, LogsRead};
use store::{Clock, Lease, PauseScope, Store};

use crate::{
    Error,
    config::{Workspace, as_known},
};

/// Looks whether a workspace is to go on that the store does not know, before anything is changed: it would begin
/// with nothing, and what it was is left alone.
///
/// # Errors
/// The store has others, so that the name is most likely a mistake; or it cannot be read.
pub async fn check_former_names(store: &dyn Store, workspaces: &[Workspace]) -> Result<(), Error> {
    if workspaces.iter().all(|workspace| workspace.formerly.is_none()) {
        return Ok(());
    }
    let known = store.workspace_names().await?;
    for workspace in workspaces {
        match workspace.unknown_former_name(&known) {
            None => {}
            Some(former) if known.is_empty() => tracing::warn!(
                workspace = workspace.name,
                formerly = former.name,
                "the store has no workspace yet: this one begins with nothing, whatever its former name"
            ),
            Some(former) => return Err(former.is_unknown(&workspace.name, &known)),
        }
    }
    Ok(())
}

/// The number of a configured workspace; makes it on first sight. What the store has under its former name is
/// its own.
///
/// # Errors
/// The store has a workspace of either name, or cannot be written.
pub async fn number_of(store: &dyn Store, workspace: &Workspace) -> Result<WorkspaceId, store::Error> {
    if let Some(formerly) = &workspace.formerly
        && store.rename_workspace(&formerly.name, &workspace.name).await?
    {
        tracing::info!(
            workspace = workspace.name,
            formerly = formerly.name,
            "a workspace goes on under another name"
        );
    }
    store.workspace(&workspace.name).await
}

/// A configuration of a workspace, with since when its parts hold.
pub struct Adoption {
    /// What decisions go by.
    pub policy: Policy,
    adopted: Adopted,
    /// What is to be looked at again.
    pub revisit: Option<Revisit>,
    /// From when the audit logs of these systems of record are read once more, Unix seconds.
    read_again: Option<(i64, Vec<String>)>,
}

impl Adoption {
    /// Compares a configuration with the one before. With `since`, rules that count from a later time count
    /// from this one. Changes nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn of(
        store: &dyn Store,
        id: WorkspaceId,
        workspace: &Workspace,
        since: Option<&GivenTime>,
        clock: &Clock,
    ) -> Result<Self, store::Error> {
        let history = store.history(id).await?;
        let restored = store.restored().await?;
        let mut policy = Policy { workspace: id, restored, ..workspace.policy.clone() };
        let known = store.catalogues(id).await?;
        let reading = CrmReading {
            country: workspace.country.clone(),
            consent_fields: workspace.consent_fields(&known).collect(),
            wanted: policy.wanted(),
        };
        let since_s = since.map(|since| since.seconds(&workspace.time_zone));
        let now_s = clock.now_ms() / 1000;
        let (adopted, revisit) = adopt(&history, &mut policy, reading, since_s, now_s);
        let sources = workspace.sources.iter().map(|source| as_known(&source.source, &known));
        let upstreams = sources.filter_map(|source| source.upstream());
        let with_log = upstreams.filter(|upstream| upstream.audit_log(now_s, None).is_some());
        let origins = with_log.map(|upstream| upstream.origin().to_owned()).collect();
        // What is older than Meta takes is of no use.
        let read_again = since_s.map(|since_s| (since_s.clamp(now_s - EVENT_AGE_MAX_S, now_s), origins));
        Ok(Self { policy, adopted, revisit, read_again })
    }

    /// What is to be looked at again, for whoever asked; `None` if nothing is.
    pub fn looks_again(&self, name: &str) -> Option<AppliedWorkspace> {
        let logs = self.read_again.as_ref().filter(|(_, origins)| !origins.is_empty());
        if self.revisit.is_none() && logs.is_none() {
            return None;
        }
        let rules = self.revisit.as_ref().map(|revisit| revisit.rules.clone()).unwrap_or_default();
        let logs = logs.map(|(since_s, origins)| LogsRead {
            since_s: *since_s,
            origins: origins.clone(),
            would: None,
        });
        Some(AppliedWorkspace { name: name.to_owned(), rules, run: None, logs })
    }

    /// Keeps it, and begins to look again at what it changes. `scopes` are those of its lanes.
    ///
    /// # Errors
    /// The store cannot be written, or another process has taken over.
    pub async fn keep(
        &self,
        store: &dyn Store,
        lease: Lease,
        scopes: Vec<PauseScope>,
    ) -> Result<(), store::Error> {
        store.adopt(lease, self.adopted.clone(), self.revisit.clone(), scopes).await?;
        let Some((since_s, origins)) = &self.read_again else { return Ok(()) };
        for origin in origins {
            store.read_audit_again(lease.workspace, origin, *since_s).await?;
        }
        Ok(())
    }
}
