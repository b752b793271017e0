//! The parts of how the account is set up, read in turn.

use std::{collections::HashMap, time::Duration};

use kopru_core::QuestionKind;
use sources::{Concerns, Drift, Failure};
use tokio::time::Instant;

use crate::{
    batcher::{List, chance, spread},
    error::Error,
    host::Patience,
    inquirer::Inquirer,
    rest,
    setup::Setup,
    state::State,
};

/// How often it is read, at the latest.
const EVERY: Duration = Duration::from_hours(1);
/// The same while something has to be mended: whoever mends it wants to see that.
const WHILE_DRIFTED: Duration = Duration::from_mins(5);

impl Inquirer {
    /// Reads the next part. Says why it cannot be read.
    pub(crate) async fn read_setup(&self, state: &mut State) -> Result<(), Error> {
        let Some(part) = state.setup.next_part() else { return Ok(()) };
        let token = match self.account().token(None).await {
            Ok(token) => token,
            Err(error) => {
                state.setup.left.push(part);
                state.setup.rest.begin(rest::REFUSED, None);
                return Err(error);
            }
        };
        let setup = Setup {
            host: &self.host,
            upstream: &*self.upstream,
            token: &token,
            hook_key: &self.hook_key,
            wanted: &self.tenant.wanted,
            // Questions wait meanwhile, and this is in no hurry.
            patience: Patience::PART,
            clock: &self.clock,
        };
        let found = setup.drifts(part).await;
        let reader = &mut state.setup;
        match found {
            Ok(found) => {
                self.drifts.say(self.origin(), Some(part), &found);
                reader.rest.end();
                if reader.left.is_empty() {
                    let every = if self.drifts.is_silent() { EVERY } else { WHILE_DRIFTED };
                    reader.due = Instant::now() + spread(every, chance());
                }
                Ok(())
            }
            Err(failure) => {
                reader.left.push(part);
                reader.rest.begin(rest::REFUSED, failure.wait);
                Err(failure.into())
            }
        }
    }

    /// What keeps the account's audit log from being read, if something does.
    pub(crate) fn history_is(&self, drift: Option<Drift>) {
        self.drifts.say(self.origin(), None, &drift.into_iter().collect::<Vec<_>>());
    }

    /// What could not be read of how the account is set up: only what concerns all of it counts.
    pub(crate) async fn setup_failed(
        &self,
        state: &mut State,
        failure: &Failure,
    ) -> Result<(), store::Error> {
        if !matches!(failure.concerns, Concerns::TooOften | Concerns::Unreachable) {
            return Ok(());
        }
        let none = List { asks: Vec::new(), is_part: false };
        self.failed(state, QuestionKind::Catalogue, none, failure, &mut HashMap::new()).await
    }
}
