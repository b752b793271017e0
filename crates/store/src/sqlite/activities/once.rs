//! Each activity once: a constraint of the store says so.

use super::rows::now;
use crate::{
    Error,
    sqlite::{
        once::{Held, Key},
        writer::Txn,
    },
};
use kopru_core::{Admitted, Conversion, OnceKey, WorkspaceId};

/// Takes note of what an activity is recognised by; `false` if it has come before. What Meta has refused may come
/// again: whoever sends it has mended it.
pub(super) fn take(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    admitted: &Admitted,
    now_s: i64,
) -> Result<bool, Error> {
    let (orders, events): (Vec<&OnceKey>, Vec<&OnceKey>) =
        admitted.activity.once.iter().partition(|key| key.is_order);
    // Orders first, without a trace: an order that is known leaves the event's id unknown.
    for order in &orders {
        if is_known(txn, workspace, &order.key, now_s)? {
            return Ok(false);
        }
    }
    for key in events {
        if !put(txn, workspace, number, key, now_s)? {
            return Ok(false);
        }
    }
    for order in orders {
        let former = holder(txn, workspace, &order.key)?;
        if !put(txn, workspace, number, order, now_s)? {
            return Ok(false);
        }
        if let Some(former) = former.filter(|former| *former != number) {
            hand_over(txn, workspace, former, number, order.until_s)?;
        }
    }
    Ok(true)
}

/// Whether another activity has what one is recognised by: nobody retries what has been told anew.
pub(super) fn is_told_anew(txn: &Txn<'_>, workspace: WorkspaceId, one: &Conversion) -> Result<bool, Error> {
    for key in keys_of_id(txn, workspace, one)? {
        if holder(txn, workspace, &key)?.is_some_and(|number| number != one.made_by) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An order that was refused has come under another id: its first event does not go again, whatever its id.
fn hand_over(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    former: u64,
    number: u64,
    until_s: i64,
) -> Result<(), Error> {
    let former = match now(txn, workspace, former) {
        // What cannot be read stays away by itself.
        Err(Error::Corrupt(_)) => return Ok(()),
        former => former?,
    };
    let Some(former) = former else { return Ok(()) };
    for key in keys_of_id(txn, workspace, &former)? {
        let held = txn.once(workspace, &key)?;
        if held.is_none_or(|held| held.number == former.made_by) {
            let until_s = held.map_or(until_s, |held| held.until_s.max(until_s));
            txn.put_once(workspace, key, Held { number, until_s })?;
        }
    }
    Ok(())
}

/// The key of an activity's id. Where the id would show a person, the key itself is kept in its place, and nobody can
/// tell it from an id of 32 digits: then there are two.
fn keys_of_id(txn: &Txn<'_>, workspace: WorkspaceId, one: &Conversion) -> Result<Vec<[u8; 16]>, Error> {
    let dataset = one.dataset.as_deref().unwrap_or_default();
    let of_id = txn.keys(workspace)?.join.once_event(dataset, &one.name, &one.event_id);
    let kept = u128::from_str_radix(&one.event_id, 16).ok().filter(|_| one.event_id.len() == 32);
    Ok([of_id].into_iter().chain(kept.map(u128::to_be_bytes)).collect())
}

fn holder(txn: &Txn<'_>, workspace: WorkspaceId, key: &Key) -> Result<Option<u64>, Error> {
    Ok(txn.once(workspace, key)?.map(|held| held.number))
}

/// Whether a key holds: its time is not over, and Meta has not refused whatever has it.
fn is_known(txn: &Txn<'_>, workspace: WorkspaceId, key: &Key, now_s: i64) -> Result<bool, Error> {
    let held = txn.once(workspace, key)?.filter(|held| held.until_s >= now_s);
    let Some(Held { number, .. }) = held else { return Ok(false) };
    let has_failed: bool = txn.one(
        "SELECT EXISTS (SELECT 1 FROM activity WHERE workspace = ? AND number = ? AND state = 'failed' LIMIT 1)",
        (workspace.0, number),
    )?;
    Ok(!has_failed)
}

/// Keeps a key, in the place of one that does not hold any more; `false` if it holds.
fn put(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    key: &OnceKey,
    now_s: i64,
) -> Result<bool, Error> {
    let is_new = !is_known(txn, workspace, &key.key, now_s)?;
    if is_new {
        txn.put_once(workspace, key.key, Held { number, until_s: key.until_s })?;
    }
    Ok(is_new)
}
