//! Each activity once.

use kopru_core::{Admitted, Conversion, OnceKey, Reason, State, WorkspaceId};

use super::rows::now;
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
    let is_decided = admitted.state == State::Queued || admitted.reason == Some(Reason::ConsentRefused);
    let (orders, events): (Vec<&OnceKey>, Vec<&OnceKey>) =
        admitted.activity.once.iter().partition(|key| key.is_order);
    // Orders first, without a trace: an order that is known leaves the event's id unknown.
    for order in &orders {
        if is_known(txn, workspace, &order.key, now_s, is_decided)? {
            return Ok(false);
        }
    }
    for key in events {
        if !put(txn, workspace, number, key, now_s, is_decided)? {
            return Ok(false);
        }
    }
    for order in orders {
        let former = txn.once(workspace, &order.key)?;
        if !put(txn, workspace, number, order, now_s, is_decided)? {
            return Ok(false);
        }
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
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    key: &OnceHash,
    now_s: i64,
    is_decided: bool,
) -> Result<bool, Error> {
    match txn.once(workspace, key)?.filter(|held| held.until_s >= now_s) {
        Some(held) => Ok(!gives_way(txn, workspace, held.number, is_decided)?),
        None => Ok(false),
    }
}

/// Whether an activity lets another one take its place: Meta has refused it, and whoever sends it has mended it; or it
/// was never told for want of a permission ([`kopru_core::Reason::may_be_permitted`]), and the other one has that, or
/// says no for good.
fn gives_way(txn: &Txn<'_>, workspace: WorkspaceId, number: u64, is_decided: bool) -> Result<bool, Error> {
    txn.one(
        "SELECT EXISTS (SELECT 1 FROM activity
            WHERE workspace = ?1 AND number = ?2
              AND (state = 'failed' OR (?3 AND state = 'suppressed' AND unknown_ms IS NULL AND reason IN
                ('no_consent', 'no_dataset', 'dataset_off', 'shadow', 'test_over'))) LIMIT 1)",
        (workspace.0, number, is_decided),
    )
}

/// Keeps a key, in the place of one that does not hold any more; `false` if it holds.
fn put(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    key: &OnceKey,
    now_s: i64,
    is_decided: bool,
) -> Result<bool, Error> {
    let is_new = !is_known(txn, workspace, &key.key, now_s, is_decided)?;
    if is_new {
        txn.put_once(workspace, key.key, KeyHolder { number, until_s: key.until_s })?;
    }
    Ok(is_new)
}
