//! Which activities are recognised by a key.

use kopru_core::{Admitted, OnceKey, WorkspaceId};

use crate::{
    Error,
    sqlite::{once::OnceHash, writer::Txn},
};

/// The numbers of those that have come before and are recognised in an activity, rather the order's first.
pub(super) fn known_as(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    one: &Admitted,
    now_s: i64,
) -> Result<Vec<u64>, Error> {
    let mut keys: Vec<&OnceKey> = one.activity.once.iter().collect();
    keys.sort_by_key(|key| !key.is_order);
    let keys = keys.into_iter().map(|key| &key.key);
    holders(txn, workspace, keys, now_s)
}

/// The numbers of those that have one of these keys.
pub(super) fn holders<'k>(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    keys: impl IntoIterator<Item = &'k OnceHash>,
    now_s: i64,
) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    for key in keys {
        let held = txn.once(workspace, key)?.filter(|held| held.until_s >= now_s);
        numbers.extend(held.map(|held| held.number).filter(|number| !numbers.contains(number)));
    }
    Ok(numbers)
}
