//! Each activity once: a constraint of the store says so.

use kopru_core::{Admitted, Conversion, OnceKey, State, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::rows::now;
use crate::{Error, keyring::WorkspaceKeys, sqlite::writer::Txn};

/// Whether an activity lets another one take its place: Meta has refused it, and whoever sends it has mended it; or it
/// was never told for want of a permission ([`kopru_core::Reason::may_be_permitted`]), and the other one has that.
macro_rules! gives_way {
    ($number:literal, $is_permitted:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM activity a
             WHERE a.workspace = ?1 AND a.number = ",
            $number,
            " AND (a.state = 'failed' OR (",
            $is_permitted,
            " AND a.state = 'suppressed' AND a.unknown_ms IS NULL AND a.reason IN
                ('no_consent', 'no_dataset', 'dataset_off', 'shadow', 'test_over'))) LIMIT 1)"
        )
    };
}

/// Takes note of what an activity is recognised by; `false` if it has come before.
pub(super) fn take(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    admitted: &Admitted,
    now_s: i64,
) -> Result<bool, Error> {
    let is_permitted = admitted.state == State::Queued;
    let (orders, events): (Vec<&OnceKey>, Vec<&OnceKey>) =
        admitted.activity.once.iter().partition(|key| key.is_order);
    // Orders first, without a trace: an order that is known leaves the event's id unknown.
    for order in &orders {
        if is_known(txn, workspace, order, now_s, is_permitted)? {
            return Ok(false);
        }
    }
    for key in events {
        if !put(txn, workspace, number, key, now_s, is_permitted)? {
            return Ok(false);
        }
    }
    for order in orders {
        let former = holder(txn.connection(), workspace, &order.key)?;
        if !put(txn, workspace, number, order, now_s, is_permitted)? {
            return Ok(false);
        }
        if let Some(former) = former.filter(|former| *former != number) {
            hand_over(txn, workspace, former, number, order.until_s)?;
        }
    }
    Ok(true)
}

/// Whether another activity has what one is recognised by: nobody retries what has come anew.
pub(in crate::sqlite) fn came_anew(
    connection: &Connection,
    keys: &WorkspaceKeys,
    workspace: WorkspaceId,
    one: &Conversion,
) -> Result<bool, Error> {
    for key in keys_of_id(keys, one) {
        if holder(connection, workspace, &key)?.is_some_and(|number| number != one.made_by) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An order that was refused has come under another id: its first event does not go again, whatever its id.
fn hand_over(
    txn: &Txn<'_>,
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
        txn.run(
            "INSERT INTO once_key (workspace, key, until_s, number) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (workspace, key) DO UPDATE SET until_s = max(until_s, ?3), number = ?4
             WHERE number = ?5",
            (workspace.0, key, until_s, number, former.made_by),
        )?;
    }
    Ok(())
}

/// The key of an activity's id. Where the id would show a person, the key itself is kept in its place, and nobody can
/// tell it from an id of 32 digits: then there are two.
fn keys_of_id(keys: &WorkspaceKeys, one: &Conversion) -> Vec<[u8; 16]> {
    let dataset = one.dataset.as_deref().unwrap_or_default();
    let of_id = keys.join.once_event(dataset, &one.name, &one.event_id);
    let kept = u128::from_str_radix(&one.event_id, 16).ok().filter(|_| one.event_id.len() == 32);
    [of_id].into_iter().chain(kept.map(u128::to_be_bytes)).collect()
}

fn holder(connection: &Connection, workspace: WorkspaceId, key: &[u8; 16]) -> Result<Option<u64>, Error> {
    Ok(connection
        .prepare_cached("SELECT number FROM once_key WHERE workspace = ? AND key = ?")?
        .query_row((workspace.0, key), |row| row.get(0))
        .optional()?)
}

fn is_known(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    key: &OnceKey,
    now_s: i64,
    is_permitted: bool,
) -> Result<bool, Error> {
    let known = txn
        .connection()
        .prepare_cached(concat!(
            "SELECT 1 FROM once_key k WHERE k.workspace = ?1 AND k.key = ?2 AND k.until_s >= ?3 AND NOT ",
            gives_way!("k.number", "?4")
        ))?
        .query_row((workspace.0, key.key, now_s, is_permitted), |_| Ok(()))
        .optional()?;
    Ok(known.is_some())
}

/// Keeps a key, in the place of one whose time is over; `false` if it holds.
fn put(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    key: &OnceKey,
    now_s: i64,
    is_permitted: bool,
) -> Result<bool, Error> {
    let put = txn.run(
        concat!(
            "INSERT INTO once_key (workspace, key, until_s, number) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (workspace, key) DO UPDATE SET until_s = ?3, number = ?4
             WHERE until_s < ?5 OR ",
            gives_way!("once_key.number", "?6")
        ),
        (workspace.0, key.key, key.until_s, number, now_s, is_permitted),
    )?;
    Ok(put == 1)
}

/// The numbers of the activities that have an id: one for each dataset and name that it came with.
pub(in crate::sqlite) fn numbers(
    connection: &Connection,
    workspace: WorkspaceId,
    of_id: [u8; 8],
) -> Result<Vec<u64>, Error> {
    let end = |fill| -> [u8; 16] { std::array::from_fn(|at| of_id.get(at).copied().unwrap_or(fill)) };
    let mut statement = connection.prepare_cached(
        "SELECT number FROM once_key WHERE workspace = ? AND key BETWEEN ? AND ? ORDER BY key LIMIT 100",
    )?;
    let numbers = statement.query_map((workspace.0, end(0), end(u8::MAX)), |row| row.get(0))?;
    Ok(numbers.collect::<Result<_, _>>()?)
}
