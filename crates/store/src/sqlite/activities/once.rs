//! Each activity once.

use kopru_core::{Admitted, Conversion, OnceKey, WorkspaceId, gives_way, outranks};

use super::{public, rows::now};
use crate::{
    Error,
    keyring::WorkspaceKeys,
    sqlite::{
        once::{KeyHolder, OnceHash},
        writer::Txn,
    },
};

/// Takes note of what an activity is recognised by; `false` if it has come before.
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
        if is_known(txn, workspace, order, admitted, now_s)? {
            return Ok(false);
        }
    }
    for key in events {
        if is_known(txn, workspace, key, admitted, now_s)? {
            return Ok(false);
        }
        put(txn, workspace, number, key)?;
    }
    for order in orders {
        let former = txn.once(workspace, &order.key)?;
        put(txn, workspace, number, order)?;
        if let Some(former) = former.filter(|former| former.number != number) {
            hand_over(txn, workspace, former.number, number, order.until_s)?;
        }
    }
    Ok(true)
}

/// Whether another activity has what one is recognised by: nobody retries what has come anew. `holder` finds what a
/// key is kept with.
pub(in crate::sqlite) fn came_anew(
    keys: &WorkspaceKeys,
    one: &Conversion,
    holder: impl Fn(&OnceHash) -> Result<Option<KeyHolder>, Error>,
) -> Result<bool, Error> {
    for key in keys_of_id(keys, one) {
        if holder(&key)?.is_some_and(|held| held.number != one.made_by) {
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
    let keys = txn.keys(workspace)?;
    for key in keys_of_id(&keys, &former) {
        let held = txn.once(workspace, &key)?;
        if held.is_none_or(|held| held.number == former.made_by) {
            let until_s = held.map_or(until_s, |held| held.until_s.max(until_s));
            txn.put_once(workspace, key, KeyHolder { number, until_s })?;
        }
    }
    Ok(())
}

/// The key of an activity's id. Where the id would show a person, the key itself is kept in its place, and nobody can
/// tell it from an id of 32 digits: then there are two.
fn keys_of_id(keys: &WorkspaceKeys, one: &Conversion) -> Vec<OnceHash> {
    let dataset = one.dataset.as_deref().unwrap_or_default();
    let of_id = keys.join.once_event(dataset, &one.name, &one.event_id);
    let kept = u128::from_str_radix(&one.event_id, 16).ok().filter(|_| one.event_id.len() == 32);
    [of_id].into_iter().chain(kept.map(u128::to_be_bytes)).collect()
}

/// Whether a key holds: its time is not over, and whatever has it does not give way.
fn is_known(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    key: &OnceKey,
    to: &Admitted,
    now_s: i64,
) -> Result<bool, Error> {
    let Some(held) = txn.once(workspace, &key.key)?.filter(|held| held.until_s >= now_s) else {
        return Ok(false);
    };
    let first = match now(txn, workspace, held.number) {
        // What cannot be read stays known.
        Err(Error::Corrupt(_)) => None,
        first => first?,
    };
    let Some(first) = first else { return Ok(true) };
    if outranks(to, &first) {
        public::withdraw(txn, workspace, &first, now_s)?;
        return Ok(false);
    }
    let is_same_id = !key.is_order || has_same_id(txn, workspace, to, held.number)?;
    Ok(!gives_way(&first, to, is_same_id, now_s))
}

/// Whether an activity is recognised by its id as another one.
fn has_same_id(txn: &Txn<'_>, workspace: WorkspaceId, one: &Admitted, other: u64) -> Result<bool, Error> {
    for key in one.activity.once.iter().filter(|key| !key.is_order) {
        if txn.once(workspace, &key.key)?.is_some_and(|held| held.number == other) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Keeps a key, in the place of one that does not hold any more.
fn put(txn: &mut Txn<'_>, workspace: WorkspaceId, number: u64, key: &OnceKey) -> Result<(), Error> {
    txn.put_once(workspace, key.key, KeyHolder { number, until_s: key.until_s })
}
