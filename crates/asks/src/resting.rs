//! Who is not asked for a while, for whoever looks.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// An account that is not asked for a while, because it was refused or nobody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resting {
    /// Since when there was no answer, Unix milliseconds.
    pub since_ms: i64,
    /// Until when it is not asked, Unix milliseconds. It may be over while the answer is still to come.
    pub until_ms: i64,
    /// Why.
    pub why: &'static str,
    /// Whose accounts all rest, where several of them were refused.
    pub provider: Option<String>,
}

/// Since when, until when and why an account rests.
pub(crate) type RestSpan = (Instant, Instant, &'static str);

/// Hears that an account rests, or with nothing that it is asked again.
type OnRest = dyn Fn(Option<Resting>) + Send + Sync;

/// Says who rests, each time that it has changed.
#[derive(Clone)]
pub struct RestNotices {
    on_rest: Arc<OnRest>,
    said: Arc<Mutex<Option<RestSpan>>>,
}

impl RestNotices {
    /// Notices that are heard by this.
    pub fn new(on_rest: impl Fn(Option<Resting>) + Send + Sync + 'static) -> Self {
        Self { on_rest: Arc::new(on_rest), said: Arc::default() }
    }

    /// Says it, if it is not what was said last.
    pub(crate) fn say(&self, span: Option<RestSpan>, provider: Option<&str>, now_ms: i64) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if *said == span {
            return;
        }
        *said = span;
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let now = Instant::now();
        let at_ms = |at: Instant| match at.checked_duration_since(now) {
            Some(later) => now_ms.saturating_add(ms(later)),
            None => now_ms.saturating_sub(ms(now.duration_since(at))),
        };
        (self.on_rest)(span.map(|(since, until, why)| Resting {
            since_ms: at_ms(since),
            until_ms: at_ms(until),
            why,
            provider: provider.map(str::to_owned),
        }));
    }
}

impl fmt::Debug for RestNotices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RestNotices(..)")
    }
}
