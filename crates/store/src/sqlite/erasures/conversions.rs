//! The conversions of an erased person: what Meta was not told ends, and of all only the counts are left.

use kopru_core::{Cause, Conversion, DealKey, Node, Reason, State, Stop, WorkspaceId};

use super::{DEALS_PER_STEP, Erasing, ErasurePlace};
use crate::{
    Error,
    sqlite::{
        conversions,
        rows::{SealedConversion, by_number},
        writer::Txn,
    },
};

/// Goes through some deals of a contact, and first through what came of the contact itself; returns whether
/// those were all.
pub(super) fn step(
    txn: &mut Txn<'_>,
    erasing: &Erasing,
    node: &Node,
    place: &mut ErasurePlace,
) -> Result<bool, Error> {
    let Some(contact) = node.contact_key() else { return Ok(true) };
    if place.after_deal.is_none() {
        of_cause(txn, erasing, &Cause::Contact(contact), place)?;
    }
    let (origin, id) = place.after_deal.as_ref().map_or(("", ""), |deal| (&deal.origin, &deal.id));
    let deals: Vec<DealKey> = txn
        .connection()
        .prepare_cached(
            "SELECT origin, id FROM deal_contact
             WHERE workspace = ? AND contact = ? AND (origin, id) > (?, ?) ORDER BY origin, id LIMIT ?",
        )?
        .query_map((erasing.workspace.0, node.as_str(), origin, id, DEALS_PER_STEP), |row| {
            Ok(DealKey { origin: row.get(0)?, id: row.get(1)? })
        })?
        .collect::<Result<_, _>>()?;
    for deal in &deals {
        if !is_of_an_earlier(txn, erasing, place.node, deal)? {
            of_cause(txn, erasing, &Cause::Deal(deal.clone()), place)?;
        }
    }
    let is_whole = deals.len() < DEALS_PER_STEP;
    place.after_deal = if is_whole { None } else { deals.last().cloned() };
    Ok(is_whole)
}

/// Whether a deal is one of a contact that was gone through before.
fn is_of_an_earlier(txn: &Txn<'_>, erasing: &Erasing, node: usize, deal: &DealKey) -> Result<bool, Error> {
    for contact in erasing.nodes.iter().take(node).filter(|node| node.is_contact()) {
        let has_it: bool = txn.one(
            "SELECT EXISTS (SELECT 1 FROM deal_contact
                WHERE workspace = ? AND contact = ? AND origin = ? AND id = ? LIMIT 1)",
            (erasing.workspace.0, contact.as_str(), &deal.origin, &deal.id),
        )?;
        if has_it {
            return Ok(true);
        }
    }
    Ok(false)
}

fn of_cause(
    txn: &mut Txn<'_>,
    erasing: &Erasing,
    cause: &Cause,
    place: &mut ErasurePlace,
) -> Result<(), Error> {
    let workspace = erasing.workspace;
    let numbers: Vec<u64> = txn
        .connection()
        .prepare_cached(
            "SELECT number FROM conversion c INDEXED BY conversion_cause WHERE c.workspace = ? AND c.cause = ?",
        )?
        .query_map((workspace.0, cause.key()), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    numbers.into_iter().try_for_each(|number| one(txn, erasing, number, place))
}

/// Ends a conversion, as far as it has not, and forgets whom it is about.
pub(super) fn one(
    txn: &mut Txn<'_>,
    erasing: &Erasing,
    number: u64,
    place: &mut ErasurePlace,
) -> Result<(), Error> {
    let workspace = erasing.workspace;
    let before = match by_number(txn, workspace, number) {
        // What cannot be read is not sent, and keeps nothing either.
        Err(Error::Corrupt(_)) => None,
        before => before?,
    };
    place.removed.conversions += 1;
    match before {
        Some(one) if matches!(one.state, State::Waiting | State::Queued) => {
            let ends = ended(txn, workspace, number, &one, erasing.at_ms)?;
            place.removed.not_sent += u64::from(ends && !one.sent.is_unknown());
            Ok(())
        }
        _ => conversions::wipe(txn, workspace, number),
    }
}

/// Ends a conversion that Meta was not told. One that an attempt holds ends with the attempt, and keeps its
/// bytes until then; returns whether it has ended.
fn ended(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    before: &Conversion,
    at_ms: i64,
) -> Result<bool, Error> {
    let stop = Stop::suppressed(Reason::Erased);
    if before.sent.is_under_way() {
        let held = Conversion { stop: Some(stop), ..before.clone() };
        conversions::write_record(txn, workspace, number, before, &held)?;
        crate::sqlite::queue::move_lane(txn, workspace, number, before)?;
        return Ok(false);
    }
    let stopped = before.clone().stopped(stop);
    let written = SealedConversion::with_its_identity(&stopped)?;
    conversions::replace(txn, workspace, number, before, &stopped, &written, at_ms)?;
    Ok(true)
}
