//! Objects that stand in the place of a list.

use super::RawFields;

/// What an object is that stands in the place of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectShape {
    /// Its keys are places of the list, as PHP leaves them where it took something out.
    Places,
    /// It holds the list once more, under `data` or `events`.
    Around,
    /// It is one of the things of which there should be a list.
    One,
}

/// Keys by which an event is told from what else may stand in its place.
pub(crate) const OF_AN_EVENT: [&str; 5] =
    ["event_name", "event_time", "user_data", "action_source", "custom_data"];

/// Digits of a place in a list are fewer.
const PLACE_DIGITS_MAX: usize = 8;

/// Whether a key is a place in a list.
pub(crate) fn is_place(key: &str) -> bool {
    (1..=PLACE_DIGITS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit())
}

impl ObjectShape {
    /// The shape of an object with these keys.
    pub(super) fn of<'k>(keys: impl Iterator<Item = &'k str>) -> Option<Self> {
        let (mut are_places, mut holds_a_list, mut is_one, mut count) = (true, false, false, 0);
        for key in keys {
            count += 1;
            are_places &= is_place(key);
            holds_a_list |= matches!(key, "data" | "events");
            is_one |= OF_AN_EVENT.contains(&key);
        }
        match count {
            0 => None,
            _ if are_places => Some(Self::Places),
            _ if holds_a_list && !is_one => Some(Self::Around),
            _ => Some(Self::One),
        }
    }

    /// The same of JSON that is an object.
    pub(crate) fn of_json(json: &str) -> Option<Self> {
        let fields: RawFields<'_> = serde_json::from_str(json).ok()?;
        Self::of(fields.0.iter().map(|(name, _)| &**name))
    }
}
