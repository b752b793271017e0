//! How much is loaded, and how long stored times bind: part of what every provider promises.

/// How many nodes are loaded around one fact. More than a person can have, so that the decision's
/// own bounds are the ones that count.
pub(crate) const NODES_MAX: usize = 512;

/// How many of an identifier's clicks are loaded, newest first.
pub(crate) const CLICKS_MAX: usize = 256;

/// How many deals of one contact are loaded. The deals of one who has more are swept.
pub(crate) const DEALS_MAX: usize = 256;

/// How many deals one turn loads because a contact has them; the deals of further contacts are swept.
pub(crate) const DEALS_PER_TURN_MAX: usize = 4096;

/// A question waits this long so that others like it can share its request, milliseconds.
pub(crate) const ASK_LINGER_MS: i64 = 300;

/// No question is put off for longer, milliseconds: a later time was written by a clock that was wrong.
pub(crate) const ASK_PUT_OFF_MAX_MS: i64 = 3_600_000;

/// No event that has happened is held for longer, milliseconds: a later time was written by a clock that was
/// wrong.
pub(crate) const HELD_MAX_MS: i64 = 5 * 60 * 1000;

/// No activity that has happened is held for longer, milliseconds: an event of the future waits for its own time,
/// which the door takes if it is no more than an hour ahead.
pub(crate) const ACTIVITY_HELD_MAX_MS: i64 = HELD_MAX_MS + capi::limits::FUTURE_TOLERANCE_S * 1000;

/// How long later events of a cause wait for an earlier one that was put off, milliseconds. Then they
/// overtake it: order is worth something to Meta, but less than an event's age.
pub(crate) const ORDER_KEPT_MS: i64 = 60 * 1000;

/// How far this machine's clock may have been behind when something was made, milliseconds.
pub(crate) const LAG_MAX_MS: i64 = 24 * 3600 * 1000;

/// How many rows of quarters that are not kept any more one step deletes, beyond the ones of the last quarter.
pub(crate) const QUARTERS_DELETED_PER_STEP: usize = 2_000;
