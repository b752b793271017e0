//! What a CRM says it does not have. It may lag behind itself, and after an outage it may say so of everything for a
//! while: only what it keeps saying counts.

use serde::{Deserialize, Serialize};

use crate::{Now, Seq};

/// How long a CRM may go on saying that it does not have something that it has, milliseconds.
const SURE_AFTER_MS: i64 = 2 * 60 * 1000;
/// How far apart two such answers are at most, milliseconds: between others the CRM gave none, or another one.
const APART_MAX_MS: i64 = 60 * 1000;

/// Since when a CRM answers that it does not have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// When it said so first, Unix milliseconds.
    since_ms: i64,
    /// When it said so last, Unix milliseconds.
    last_ms: i64,
    /// Whether it is believed.
    #[serde(default)]
    is_sure: bool,
    /// The fact that said so last.
    by: Seq,
}

impl Missing {
    /// What such an answer makes of those before it: what has ended begins anew, unless the answer itself goes on.
    pub(crate) fn answered(before: Option<Self>, by: Seq, now: Now) -> Self {
        let goes_on = |before: &Self| !before.is_sure && now.age_ms(before.last_ms) <= APART_MAX_MS;
        let since_ms = before.filter(goes_on).map_or(now.ms, |before| before.since_ms);
        let is_sure = now.age_ms(since_ms) >= SURE_AFTER_MS;
        before.filter(|before| before.by == by).unwrap_or(Self { since_ms, last_ms: now.ms, is_sure, by })
    }

    /// The same where a report says why it is not there.
    pub(crate) fn reported(by: Seq, now: Now) -> Self {
        Self { since_ms: now.ms, last_ms: now.ms, is_sure: true, by }
    }

    /// Whether it is believed.
    pub(crate) fn is_sure(self) -> bool {
        self.is_sure
    }

    /// Since when, Unix milliseconds.
    pub(crate) fn since_ms(self) -> i64 {
        self.since_ms
    }
}
