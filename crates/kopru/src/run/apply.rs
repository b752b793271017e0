//! What a configuration would have looked at again.

use kopru_core::Now;
use processor::dry_run;
use server::{AppliedWorkspace, GivenTime};
use store::{Clock, Store};

use super::{Adoption, adoption::check_former_names};
use crate::{Error, config::Config};

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
        workspaces.push(AppliedWorkspace { run, ..looked_at });
    }
    Ok(workspaces)
}
