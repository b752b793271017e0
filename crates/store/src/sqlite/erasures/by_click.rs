//! Events that name a click of an erased person, whoever their deal belongs to by now: the CRM may have given it
//! to another contact since. By which click an event is told is sealed, so all events are looked at.

use std::collections::HashSet;

use kopru_core::{Conversion, Identity, Node, Reason, WorkspaceId};
use rusqlite::Connection;

use super::{Erasing, ErasurePlace, ROWS_PER_STEP, conversions};
use crate::{
    Error,
    seal::Opener,
    sqlite::{
        clicks,
        rows::{IDENTITY, json_column},
        writer::Txn,
    },
};

/// Some events that were looked at.
pub(in crate::sqlite) struct EventsSeen {
    /// Number and id of those that name one of the clicks.
    pub(in crate::sqlite) found: Vec<(u64, String)>,
    /// The last that was looked at, if there may be more behind it.
    pub(in crate::sqlite) more_after: Option<u64>,
}

/// Looks at the next events; returns whether those were the last.
pub(super) fn step(txn: &mut Txn<'_>, erasing: &Erasing, place: &mut ErasurePlace) -> Result<bool, Error> {
    let (workspace, keys) = (erasing.workspace, txn.keys(erasing.workspace)?);
    let clicks = if let Some(clicks) = erasing.clicks.get() {
        clicks
    } else {
        let found = clicks_of(txn.connection(), keys.opener(), workspace, &erasing.nodes)?;
        erasing.clicks.get_or_init(|| found)
    };
    if clicks.is_empty() {
        return Ok(true);
    }
    let after = place.after_event;
    let seen = events(txn.connection(), keys.opener(), workspace, clicks, after, ROWS_PER_STEP)?;
    for (number, _) in seen.found {
        conversions::one(txn, erasing, number, place)?;
    }
    place.after_event = seen.more_after.unwrap_or(after);
    Ok(seen.more_after.is_none())
}

/// The clicks of these that have not expired, as events name them.
fn clicks_of(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    nodes: &[Node],
) -> Result<HashSet<Identity>, Error> {
    let mut named = HashSet::new();
    for node in nodes.iter().filter(|node| !node.is_contact()) {
        let kept = clicks::kept(connection, opener, workspace, node)?;
        named.extend(kept.into_iter().filter_map(|kept| kept.click?.identity()));
    }
    Ok(named)
}

/// Looks at some events behind a number, for those that name one of these clicks. One that an attempt holds
/// and that ends as erased with it is done with.
pub(in crate::sqlite) fn events(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    clicks: &HashSet<Identity>,
    after: u64,
    limit: usize,
) -> Result<EventsSeen, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT number, event_id, identity, record FROM conversion
         WHERE workspace = ? AND number > ? ORDER BY number LIMIT ?",
    )?;
    let mut rows = statement.query((workspace.0, after, limit))?;
    let (mut found, mut looked_at, mut last) = (Vec::new(), 0, after);
    while let Some(row) = rows.next()? {
        looked_at += 1;
        last = row.get(0)?;
        let Some(sealed) = row.get_ref(2)?.as_blob_or_null().map_err(Error::corrupt)? else { continue };
        // What cannot be opened says nothing to anybody.
        let Ok(opened) = opener.open(IDENTITY, sealed) else { continue };
        let identity = serde_json::from_slice::<Identity>(&opened);
        if !identity.is_ok_and(|identity| clicks.contains(&identity)) {
            continue;
        }
        let record: Option<Conversion> = json_column(row, 3).ok();
        let stop = record.and_then(|record| record.stop);
        if stop.is_none_or(|stop| stop.reason != Reason::Erased) {
            found.push((last, row.get(1)?));
        }
    }
    Ok(EventsSeen { found, more_after: (looked_at == limit).then_some(last) })
}
