//! Meta's limits, each with its unit in its name and its origin beside it.

/// Most events that one request may carry. Meta's documentation.
pub const EVENTS_PER_REQUEST_MAX: usize = 1000;

/// How old an event may be when it is sent, seconds (7 days). Meta's documentation; recorded live
/// answers refuse the whole request.
pub const EVENT_AGE_MAX_S: i64 = 7 * 24 * 60 * 60;

/// How far ahead of Meta's clock an event's time may be, seconds (1 hour). Third parties: Meta
/// documents only that a future time is refused.
pub const FUTURE_TOLERANCE_S: i64 = 60 * 60;

/// How long before [`EVENT_AGE_MAX_S`] an event is better not sent any more, seconds: the request
/// has to arrive, too. Our own choice.
pub const EVENT_AGE_MARGIN_S: i64 = 60 * 60;

/// How long Meta remembers an `event_id` to recognise a repetition, seconds (48 hours). Meta's
/// documentation; messaging events have no such memory.
pub const DEDUPLICATION_WINDOW_S: i64 = 48 * 60 * 60;

/// For how long a click counts, milliseconds (90 days), which is how long its cookie lives. Meta's
/// documentation of `fbc`.
pub const CLICK_AGE_MAX_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// How old an event in a shop may be when it is sent, seconds (62 days). Meta's documentation of
/// offline events.
pub const STORE_EVENT_AGE_MAX_S: i64 = 62 * 24 * 60 * 60;

/// Most things in `contents` that are kept of one event. Meta documents no limit; our own choice, so
/// that a small body cannot take much memory.
pub const CONTENTS_MAX: usize = 1000;
