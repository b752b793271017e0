//! What was not sent lately, and why.

use std::collections::BTreeMap;

use kopru_core::{Reason, WorkspaceId};
use store::{Error, Views};

use crate::Zone;

/// How many events were not sent, or wait, for each reason, of those that happened on the days of a zone from that on
/// in which a time lies, Unix seconds.
///
/// # Errors
/// The store cannot be read.
pub async fn unsent(
    store: &(impl Views + ?Sized),
    workspace: WorkspaceId,
    zone: &Zone,
    since_s: i64,
) -> Result<BTreeMap<Reason, i64>, Error> {
    let page = store.roll_ups(workspace, zone.grain(), zone.day_of(since_s), i64::MAX).await?;
    let mut unsent = BTreeMap::new();
    for row in page.rows {
        if let Some(reason) = row.place.reason {
            *unsent.entry(reason).or_default() += row.n;
        }
    }
    Ok(unsent)
}
