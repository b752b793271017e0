//! Activities of an erased person: found by what is kept of each, as long as its event is kept.

use std::collections::HashSet;

use kopru_core::Node;

use super::{Erasing, ErasurePart, ErasurePlace, ROWS_PER_STEP};
use crate::{
    Error,
    sqlite::{activities, writer::Txn},
};

/// Once so many activities have left, their bytes are blanked before others are looked for.
const LEFT_MAX: usize = 1_000;

/// Looks at the next activities.
pub(super) fn step(txn: &mut Txn<'_>, erasing: &Erasing, place: &mut ErasurePlace) -> Result<(), Error> {
    let (workspace, keys) = (erasing.workspace, txn.keys(erasing.workspace)?);
    let nodes: HashSet<&str> = erasing.nodes.iter().map(Node::as_str).collect();
    let (connection, after) = (txn.connection(), place.after_activity);
    let seen = activities::of_people(connection, keys.opener(), workspace, &nodes, after, ROWS_PER_STEP)?;
    for number in seen.found {
        if activities::erase(txn, workspace, number, erasing.at_ms, &mut place.removed)? {
            place.left.insert(number);
        }
    }
    place.activities_done = seen.more_after.is_none();
    place.after_activity = seen.more_after.unwrap_or(after);
    if place.activities_done || place.left.len() >= LEFT_MAX {
        place.part = ErasurePart::ActivityAttempts;
    }
    Ok(())
}

/// Blanks what has left in the next attempts. One that is under way is blanked when it ends.
pub(super) fn blank(txn: &mut Txn<'_>, erasing: &Erasing, place: &mut ErasurePlace) -> Result<(), Error> {
    let more_after = if place.left.is_empty() {
        None
    } else {
        activities::blank_some(txn, erasing.workspace, &place.left, place.after_attempt)?
    };
    place.after_attempt = more_after.unwrap_or(0);
    if more_after.is_none() {
        place.left.clear();
        place.part = if place.activities_done { ErasurePart::Links } else { ErasurePart::Activities };
    }
    Ok(())
}
