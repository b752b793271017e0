//! An account that could not say at the start who it is. It alone waits: its webhooks are to come again, nothing of
//! it is asked, and it is tried again until it says so.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kopru_core::WorkspaceId;
use server::{Health, RestingAccount};
use sources::{Source, Upstream};
use store::{Clock, Store};
use tokio::{sync::watch, time::sleep};

use super::{
    accounts::{Identified, identify},
    late_source::LateSource,
};
use crate::Error;

/// How long until it is asked again, at first and at most.
const TRY_AGAIN_AFTER: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));
/// What finds out later who an account is.
pub(super) struct Recognition {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Clock,
    pub(super) health: Arc<Health>,
    pub(super) id: WorkspaceId,
    pub(super) workspace: String,
    pub(super) kind: &'static str,
    pub(super) late: Arc<LateSource>,
    /// Where it is, for people.
    pub(super) address: String,
    /// Why it could not be recognised at first.
    pub(super) why: String,
    /// Under what the records of the workspace's accounts are kept.
    pub(super) origins: Arc<Mutex<HashSet<String>>>,
}

impl Recognition {
    /// Asks until the account says who it is; `None` if told to stop.
    pub(super) async fn upstream(&self, mut stop: watch::Receiver<bool>) -> Option<Arc<dyn Upstream>> {
        if let Some(upstream) = self.late.upstream() {
            return Some(upstream);
        }
        let since_ms = self.clock.now_ms();
        let mut why = self.why.clone();
        let (workspace, account) = (self.workspace.as_str(), self.address.as_str());
        tracing::warn!(workspace, account, error = why, "this account waits, and it is tried again");
        let mut wait = TRY_AGAIN_AFTER.0;
        loop {
            let until_ms =
                self.clock.now_ms().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
            let (workspace, origin) = (self.workspace.clone(), self.address.clone());
            self.health.rests(RestingAccount { workspace, origin, since_ms, until_ms, why: why.clone() });
            tokio::select! {
                () = sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
            wait = TRY_AGAIN_AFTER.1.min(wait * 2);
            let tried = tokio::select! {
                tried = self.recognise() => tried,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match tried {
                Ok(()) => {
                    tracing::info!(
                        account,
                        "the account has said who it is, and is heard and asked from now on"
                    );
                    break;
                }
                Err(error) if error.to_string() == why => {}
                Err(error) => {
                    why = error.to_string();
                    tracing::warn!(account, error = why, "this account waits still");
                }
            }
        }
        // Whoever goes on says anew what rests.
        self.health.is_asked(&self.workspace, &self.address);
        self.late.upstream()
    }

    async fn recognise(&self) -> Result<(), Error> {
        let known = self.store.catalogues(self.id).await?;
        let Identified { origin, source, first } = identify(&self.late.configured, &known, 1).await?;
        let is_new = self.origins.lock().unwrap_or_else(PoisonError::into_inner).insert(origin);
        if !is_new {
            let (workspace, account) = (self.workspace.clone(), self.address.clone());
            return Err(Error::SameAccount { workspace, account });
        }
        if let Some(first) = first {
            self.store.append(self.id, self.kind, self.clock.now_ms(), vec![first]).await?;
        }
        self.late.is(source);
        Ok(())
    }
}
