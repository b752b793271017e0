//! How fast a life passes: how far apart things are that happen in it, all in milliseconds, and how long the
//! service may take at that.

use super::life::Patience;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// At least and at most.
type Span = (u64, u64);

/// How fast a life passes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// When deals begin.
    pub begins: Span,
    /// How long before a deal somebody clicks.
    pub clicked_before: Span,
    /// How long before a deal its contact is made, and how long after a contact it is linked.
    pub beside: Span,
    /// Until the next thing happens to a deal, from the shortest to the longest; shorter ones are the same at
    /// every pace, as the times that everybody tells are seconds.
    pub pauses: [Span; 3],
    /// How late a report is that is late.
    pub late: Span,
    /// How long the API lags.
    pub lag: Span,
    /// For so long after a deal was made, nobody may know of it yet.
    pub unknown_for: u64,
    /// When something fails, and for how long, from the shortest to the longest.
    pub fails: Span,
    pub fails_for: [Span; 3],
    pub patience: Patience,
}

impl Pace {
    /// As people work: a life of some thirty hours, on virtual time.
    pub const USUAL: Self = Self {
        begins: (HOUR, 21 * HOUR),
        clicked_before: (SECOND, HOUR),
        beside: (0, MINUTE),
        pauses: [(2 * SECOND, 40 * SECOND), (3 * MINUTE, 40 * MINUTE), (HOUR, 6 * HOUR)],
        late: (0, 10 * MINUTE),
        lag: (0, 30 * SECOND),
        unknown_for: MINUTE,
        fails: (HOUR, 30 * HOUR),
        fails_for: [(SECOND, 20 * SECOND), (20 * SECOND, 5 * MINUTE), (5 * MINUTE, HOUR)],
        patience: Patience { base_ms: 60_000, tries_again_ms: 10 * 60_000 },
    };
    /// A life of about a minute, in real time. Who was not answered for a few seconds tries again within as many.
    pub const HURRIED: Self = Self {
        begins: (5 * SECOND, 30 * SECOND),
        clicked_before: (SECOND, 3 * SECOND),
        beside: (0, SECOND),
        pauses: [(2 * SECOND, 3 * SECOND), (2 * SECOND, 6 * SECOND), (5 * SECOND, 12 * SECOND)],
        late: (0, 6 * SECOND),
        lag: (0, 3 * SECOND),
        unknown_for: 10 * SECOND,
        fails: (4 * SECOND, 50 * SECOND),
        fails_for: [(200, SECOND), (SECOND, 3 * SECOND), (3 * SECOND, 8 * SECOND)],
        patience: Patience { base_ms: 15_000, tries_again_ms: 20_000 },
    };
}
