//! Activities of an erased person: found by what is kept of each, as long as its event is kept, and by what was added
//! to it when it left.

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
    // What adds to a purchase comes after it, and would else end with it for another reason.
    for number in seen.found.into_iter().rev() {
        if activities::erase(txn, workspace, number, erasing.at_ms, &mut place.removed)? {
            place.left.insert(number);
        }
    }
    place.after_activity = seen.more_after.unwrap_or(after);
    let further = if seen.more_after.is_none() { ErasurePart::Links } else { ErasurePart::Activities };
    go_on(place, further);
    Ok(())
}

/// Looks at what was added to events of the next attempts. It is the last to be looked at: what was seen together is
/// forgotten by then, so that nothing is added any more.
pub(super) fn enriched(txn: &mut Txn<'_>, erasing: &Erasing, place: &mut ErasurePlace) -> Result<(), Error> {
    let (workspace, keys) = (erasing.workspace, txn.keys(erasing.workspace)?);
    let nodes: HashSet<&str> = erasing.nodes.iter().map(Node::as_str).collect();
    let seen = activities::enriched_with(txn.connection(), &keys, workspace, &nodes, place.after_enriched)?;
    for number in seen.found {
        if activities::erase(txn, workspace, number, erasing.at_ms, &mut place.removed)? {
            place.left.insert(number);
        }
    }
    place.after_enriched = seen.more_after.unwrap_or(place.after_enriched);
    let further = if seen.more_after.is_none() { ErasurePart::Log } else { ErasurePart::Enriched };
    go_on(place, further);
    Ok(())
}

/// Goes on with a part, once the bytes are blanked of those that have left, if there are many or it is another part.
fn go_on(place: &mut ErasurePlace, further: ErasurePart) {
    if place.part != further || place.left.len() >= LEFT_MAX {
        (place.part, place.blanked) = (ErasurePart::ActivityAttempts, further);
    }
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
        place.part = place.blanked;
    }
    Ok(())
}
