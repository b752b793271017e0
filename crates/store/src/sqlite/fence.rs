//! The fence: whoever holds an older lease changes nothing.

use super::writer::Txn;
use crate::{Error, Lease};

/// Refuses whoever no longer holds the lease.
pub(super) fn check_fence(txn: &Txn<'_>, lease: Lease) -> Result<(), Error> {
    let fence: u64 = txn.one("SELECT fence FROM workspace WHERE id = ?", [lease.workspace.0])?;
    if fence == lease.fence { Ok(()) } else { Err(Error::Fenced(lease.workspace.0)) }
}
