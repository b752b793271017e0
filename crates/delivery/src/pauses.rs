//! The pauses that hold up a lane: its app's, its token's, its dataset's and its own.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use capi::{Scope, Usage};
use store::{LaneKey, Pause, PauseScope};

use crate::{
    graph::Graph,
    queue::Queue,
    scopes::{ScopeLimits, Scopes},
    verdict::{is_over, prolonged},
};

/// Pauses with what they hold up.
pub(crate) type Paused = Vec<(PauseScope, Pause)>;

/// What holds up a lane.
pub(crate) struct Pauses {
    /// App, token, dataset, lane.
    scopes: [PauseScope; 4],
    process: Scopes,
    /// Codes of the pauses that were said, and whether they needed a person.
    said: Mutex<Vec<(String, bool)>>,
}

impl Pauses {
    pub(crate) fn new(lane: &LaneKey, graph: &Graph, process: Scopes) -> Self {
        Self { scopes: graph.scopes(lane), process, said: Mutex::default() }
    }

    /// What all lanes of the process have to heed.
    pub(crate) fn limits(&self) -> ScopeLimits {
        self.process.limits(&self.scopes)
    }

    /// The lane's pauses, also those that are over.
    pub(crate) async fn read(&self, queue: &Queue) -> Result<Paused, store::Error> {
        let paused = queue.store.paused(queue.lease, &self.scopes).await?;
        // Whoever found them has said so, perhaps before this process began.
        *self.said() = paused.iter().map(|(_, pause)| (pause.code.clone(), pause.needs_you)).collect();
        Ok(paused)
    }

    /// Pauses what a scope holds up; says so once, not each time that one event finds it unchanged.
    pub(crate) async fn pause(
        &self,
        queue: &Queue,
        scope: Scope,
        pause: Pause,
        now_ms: i64,
    ) -> Result<(), store::Error> {
        let [app, token, dataset, lane] = &self.scopes;
        let scope = match scope {
            Scope::App => app,
            Scope::Token => token,
            Scope::Dataset => dataset,
            Scope::DatasetChannel => lane,
        };
        if !pause.needs_you {
            let rest_ms = u64::try_from(pause.until_ms.saturating_sub(now_ms)).unwrap_or(0);
            self.process.throttled(scope, Duration::from_millis(rest_ms));
        }
        if self.is_news(&pause) {
            let Pause { needs_you, code, .. } = &pause;
            let (lane, meaning) = (&queue.lane, meaning(code));
            tracing::warn!(%lane, %scope, needs_you, code, meaning, "delivery paused");
        }
        queue.pause(scope, Some(pause)).await
    }

    /// Meta has taken events: nothing holds the lane up.
    pub(crate) async fn taken(&self, queue: &Queue, paused: Paused) -> Result<(), store::Error> {
        self.process.taken(&self.scopes);
        self.end(queue, paused).await
    }

    /// Ends these pauses.
    pub(crate) async fn end(&self, queue: &Queue, paused: Paused) -> Result<(), store::Error> {
        if paused.is_empty() {
            return Ok(());
        }
        for (scope, _) in &paused {
            queue.pause(scope, None).await?;
        }
        self.said().clear();
        tracing::info!(lane = %queue.lane, "delivery goes on");
        Ok(())
    }

    /// What needed a person needs them still.
    pub(crate) async fn prolong(
        &self,
        queue: &Queue,
        paused: &Paused,
        now_ms: i64,
    ) -> Result<(), store::Error> {
        for (scope, pause) in paused.iter().filter(|(_, pause)| pause.needs_you) {
            queue.pause(scope, Some(prolonged(pause, now_ms))).await?;
        }
        Ok(())
    }

    /// Takes note of how much of the limits is used. What is not the app's is taken for the dataset's.
    pub(crate) fn used(&self, queue: &Queue, usage: Usage) {
        let [app, _, dataset, _] = &self.scopes;
        for (scope, kind, percent) in
            [(app, "app", usage.app_percent), (dataset, "dataset", usage.object_percent)]
        {
            let Some(percent) = percent else { continue };
            self.process.used(scope, percent);
            let dataset = queue.lane.dataset.clone();
            metrics::gauge!("kopru_graph_usage_percent", "dataset" => dataset, "of" => kind).set(percent);
        }
    }

    /// Whether nobody has said so yet.
    fn is_news(&self, pause: &Pause) -> bool {
        let mut said = self.said();
        let is_news = !said.iter().any(|(code, you)| *code == pause.code && *you == pause.needs_you);
        if is_news {
            said.push((pause.code.clone(), pause.needs_you));
        }
        is_news
    }

    fn said(&self) -> MutexGuard<'_, Vec<(String, bool)>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until when the pauses hold, Unix milliseconds; `None` if all are over.
pub(crate) fn hold_until(paused: &Paused, now_ms: i64) -> Option<i64> {
    paused.iter().filter(|(_, pause)| !is_over(pause, now_ms)).map(|(_, pause)| pause.until_ms).max()
}

/// Whether a person had to mend something.
pub(crate) fn need_somebody(paused: &Paused) -> bool {
    paused.iter().any(|(_, pause)| pause.needs_you)
}

/// What a pause's code means, in our own words: Meta's may hold names.
fn meaning(code: &str) -> &'static str {
    let mut numbers = code.split('/').map(|number| number.parse().ok());
    let Some(code) = numbers.next().flatten() else { return "somebody else than Meta answers" };
    let subcode = numbers.next().flatten().and_then(capi::subcodes::find).map(|found| found.title);
    subcode.or_else(|| capi::code_meaning(code)).unwrap_or("nobody knows this code")
}
