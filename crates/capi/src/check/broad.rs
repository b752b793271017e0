//! Identifiers that fit too many people.

use crate::{FieldSet, event::UserData};

/// Combinations that fit too many people: Meta refuses an event whose identifiers are all in one
/// of them. Meta's documentation of best practices.
const TOO_BROAD: [&[&str]; 4] = [
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

/// Whether no identifier is left but those of one combination.
pub(crate) fn is_too_broad(user: &UserData<'_>) -> bool {
    // The usual event has one of these.
    if user.em.is_some() || user.ph.is_some() {
        let usual = [&user.em, &user.ph];
        if usual.into_iter().flatten().any(|values| values.iter().any(|value| !value.is_empty())) {
            return false;
        }
    }
    is_too_broad_without(user, FieldSet::default())
}

/// The same if some fields were taken away.
pub(crate) fn is_too_broad_without(user: &UserData<'_>, gone: FieldSet) -> bool {
    TOO_BROAD.iter().any(|combination| {
        UserData::FIELDS
            .iter()
            .filter(|name| !combination.contains(name) && !gone.has(name))
            .all(|name| !user.has(name))
    })
}
