//! What the lanes of a process tell each other of Meta's limits. In memory only: it saves calls, and what is
//! not known is found out by a call.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use store::PauseScope;
use tokio::time::Instant;

/// Most scopes of which something is known; of more, nothing is remembered until there is room.
const SCOPES_MAX: usize = 10_000;
/// From how much of a limit on, percent, lanes go slower.
const SLOW_FROM_PERCENT: f64 = 80.0;
/// The longest time between two requests of a lane, at 100 %.
const GAP_MAX: Duration = Duration::from_secs(30);
/// How long a figure is believed when no newer one comes: the windows of Meta's limits move on by minutes.
const USAGE_BELIEVED: Duration = Duration::from_mins(5);

/// What is known of Meta's limits, shared by all lanes of a process whatever their workspace: a limit of an
/// app or a token holds for everybody who uses it. Holds are not shared: they are kept in the store of each
/// workspace.
#[derive(Debug, Clone, Default)]
pub struct Scopes(Arc<Mutex<HashMap<PauseScope, ScopeUsage>>>);

#[derive(Debug, Clone, Copy, Default)]
struct ScopeUsage {
    /// Meta asked for fewer calls until then; nothing was taken since.
    throttled_until: Option<Instant>,
    /// How much of the limit is used, percent, and when Meta said so.
    used: Option<(f64, Instant)>,
}

/// What a lane has to heed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ScopeLimits {
    /// For how long nothing is sent.
    pub rest: Duration,
    /// How long after its last request a lane sends the next one.
    pub gap: Duration,
    /// Whether only one request at a time is sent.
    pub alone: bool,
}

impl Scopes {
    /// No limit is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// What holds for whoever belongs to these scopes.
    pub(crate) fn limits(&self, scopes: &[PauseScope]) -> ScopeLimits {
        let mut limits = ScopeLimits::default();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return limits;
        }
        let now = Instant::now();
        for one in scopes.iter().filter_map(|scope| known.get(scope)) {
            if let Some(until) = one.throttled_until {
                limits.rest = limits.rest.max(until.saturating_duration_since(now));
                limits.alone = true;
            }
            if let Some(percent) = one.percent(now) {
                limits.gap = limits.gap.max(gap(percent));
                limits.alone = true;
            }
        }
        limits
    }

    /// Meta asked for fewer calls.
    pub(crate) fn throttled(&self, scope: &PauseScope, rest: Duration) {
        let until = Instant::now() + rest;
        self.change(scope, |known| known.throttled_until = known.throttled_until.max(Some(until)));
    }

    /// Meta said how much of a limit is used.
    pub(crate) fn used(&self, scope: &PauseScope, percent: f64) {
        let used = (percent >= SLOW_FROM_PERCENT).then(|| (percent, Instant::now()));
        self.change(scope, |known| known.used = used);
    }

    /// Meta took events. An answer to what had left before a throttle does not end it.
    pub(crate) fn taken(&self, scopes: &[PauseScope]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            return;
        }
        let now = Instant::now();
        for scope in scopes {
            if let Some(known) = all.get_mut(scope) {
                known.throttled_until = known.throttled_until.filter(|until| *until > now);
                if known.says_nothing(now) {
                    all.remove(scope);
                }
            }
        }
    }

    fn change(&self, scope: &PauseScope, change: impl FnOnce(&mut ScopeUsage)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(scope).copied();
        let mut known = before.unwrap_or_default();
        change(&mut known);
        let now = Instant::now();
        if known.says_nothing(now) {
            if before.is_some() {
                all.remove(scope);
            }
            return;
        }
        if before.is_none() && all.len() >= SCOPES_MAX {
            all.retain(|_, known| known.percent(now).is_some() || known.throttled_until > Some(now));
        }
        if before.is_some() || all.len() < SCOPES_MAX {
            all.insert(scope.clone(), known);
        }
    }
}

impl ScopeUsage {
    fn percent(&self, now: Instant) -> Option<f64> {
        self.used.filter(|(_, said)| now < *said + USAGE_BELIEVED).map(|(percent, _)| percent)
    }

    fn says_nothing(&self, now: Instant) -> bool {
        self.throttled_until.is_none() && self.percent(now).is_none()
    }
}

/// The nearer to the limit, the longer between two requests.
fn gap(percent: f64) -> Duration {
    let share = (percent - SLOW_FROM_PERCENT) / (100.0 - SLOW_FROM_PERCENT);
    GAP_MAX.mul_f64(share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn token(name: &str) -> PauseScope {
        PauseScope::Token(name.to_owned())
    }

    #[test]
    fn the_nearer_to_the_limit_the_longer_between_requests() {
        for (percent, seconds) in
            [(0.0, 0.0), (79.9, 0.0), (80.0, 0.0), (90.0, 15.0), (95.0, 22.5), (100.0, 30.0), (250.0, 30.0)]
        {
            let found = gap(percent).as_secs_f64();
            assert!((found - seconds).abs() < 0.001, "{percent} % {found}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_binds_whoever_shares_its_scope_until_something_is_taken() {
        let scopes = Scopes::new();
        let (mine, other) = ([token("a"), PauseScope::Dataset("1".into())], [token("b")]);
        scopes.throttled(&token("a"), Duration::from_mins(1));
        scopes.throttled(&token("a"), Duration::from_secs(5));
        let limits = scopes.limits(&mine);
        assert_eq!((limits.rest, limits.alone), (Duration::from_mins(1), true));
        assert_eq!(scopes.limits(&other), ScopeLimits::default());

        // What had left before was taken.
        scopes.taken(&mine);
        assert_eq!(scopes.limits(&mine).rest, Duration::from_mins(1));
        advance(Duration::from_mins(1)).await;
        let limits = scopes.limits(&mine);
        assert_eq!((limits.rest, limits.alone), (Duration::ZERO, true), "one at a time finds out");
        scopes.taken(&mine);
        assert_eq!(scopes.limits(&mine), ScopeLimits::default());
        assert!(scopes.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_figure_is_believed_for_five_minutes_or_until_a_lower_one() {
        let scopes = Scopes::new();
        let app = [PauseScope::App("a".into())];
        let [scope] = &app;
        scopes.used(scope, 95.0);
        assert_eq!(scopes.limits(&app).gap, Duration::from_millis(22_500));
        assert!(scopes.limits(&app).alone);
        scopes.used(scope, 20.0);
        assert_eq!(scopes.limits(&app), ScopeLimits::default());
        scopes.used(scope, 100.0);
        advance(USAGE_BELIEVED).await;
        assert_eq!(scopes.limits(&app), ScopeLimits::default());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_has_a_bound() {
        let scopes = Scopes::new();
        for number in 0..SCOPES_MAX + 10 {
            scopes.throttled(&token(&number.to_string()), Duration::from_mins(1));
        }
        assert_eq!(scopes.0.lock().unwrap().len(), SCOPES_MAX);
        advance(Duration::from_mins(1)).await;
        scopes.throttled(&token("new"), Duration::from_mins(1));
        assert_eq!(scopes.0.lock().unwrap().len(), 1);
    }
}
