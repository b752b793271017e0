//! What a page told gives way to what whoever has a key reports under the same id: anybody can guess an id.

use kopru_core::{Conversion, Reason, Stop, WorkspaceId};

use super::{appended, ends::Ends, places::leave};
use crate::{Error, sqlite::writer::Txn};

/// Ends what a page told and has not left, since it has come with a key. What may be at Meta is recognised there by its
/// id.
pub(super) fn withdraw(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    first: &Conversion,
    now_s: i64,
) -> Result<(), Error> {
    if !first.may_be_withdrawn() {
        return Ok(());
    }
    let mut ends = Ends::new(workspace, now_s.saturating_mul(1000));
    leave(txn, workspace, first)?;
    let stop = Stop::suppressed(Reason::ReportedWithKey);
    ends.change_to(txn, first, &first.clone().stopped(stop))?;
    appended::conclude(txn, ends)
}
