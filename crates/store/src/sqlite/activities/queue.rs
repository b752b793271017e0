//! What of a lane is due.

use std::collections::{HashMap, hash_map::Entry};

use kopru_core::{Conversion, Identity, Node, Sent, enrich, starting_points};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    attempts::left_in,
    identity, kept,
    rows::{read_activity, select_activities},
};
use crate::{AttemptId, Claimed, Error, LaneKey, Lease, Queued, seal::Opener, sqlite::clicks};

const DUE: &str = select_activities!(
    ", d.due_ms, d.tries, d.unknown_ms, d.unknown_attempt, b.body",
    "FROM activity_due d
     JOIN activity a ON a.workspace = d.workspace AND a.number = d.number
     LEFT JOIN activity_body b ON b.workspace = d.workspace AND b.number = d.number
     WHERE d.workspace = ?1 AND d.lane = ?2 AND d.due_ms <= ?3 ORDER BY d.due_ms, d.number LIMIT ?4"
);

/// The bytes that left in attempts of unknown outcome, by number: an attempt is read once.
type LeftBytes = HashMap<AttemptId, HashMap<u64, String>>;

pub(in crate::sqlite) fn claim(
    connection: &Connection,
    opener: &Opener,
    lease: Lease,
    lane: &LaneKey,
    limit: usize,
    now_ms: i64,
) -> Result<Claimed, Error> {
    let mut statement = connection.prepare_cached(DUE)?;
    let mut rows = statement.query((lease.workspace.0, lane.to_string(), now_ms, limit))?;
    let (mut claimed, mut left) = (Claimed::default(), LeftBytes::new());
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        match queued(connection, opener, lease, row, &mut left) {
            Ok(Some(queued)) => claimed.ready.push(queued),
            Ok(None) | Err(Error::Corrupt(_) | Error::Database(_)) => claimed.unreadable.push(number),
            Err(error) => return Err(error),
        }
    }
    Ok(claimed)
}

/// A row of the queue; `None` if its bytes cannot be read back.
fn queued(
    connection: &Connection,
    opener: &Opener,
    lease: Lease,
    row: &Row<'_>,
    left: &mut LeftBytes,
) -> Result<Option<Queued>, Error> {
    let number = row.get("number")?;
    let due_ms: i64 = row.get("due_ms")?;
    let unknown = match (row.get("unknown_ms")?, row.get("unknown_attempt")?) {
        (Some(unknown_ms), Some(attempt)) => {
            if let Entry::Vacant(place) = left.entry(attempt) {
                place.insert(left_in(connection, opener, lease.workspace, attempt)?);
            }
            let Some(bytes) = left.get_mut(&attempt).and_then(|left| left.remove(&number)) else {
                return Ok(None);
            };
            Some((bytes, unknown_ms))
        }
        _ => None,
    };
    let sealed = row.get_ref("body")?.as_blob().map_err(Error::corrupt)?;
    let (mut event, who) = kept::read(opener, sealed)?;
    let own: Vec<_> = starting_points(&who).into_iter().map(clicks::who).collect();
    let has: Vec<&str> = who.iter().filter_map(Node::match_key).collect();
    let found = enrich(&own, &has, |node| identity::near(connection, opener, lease.workspace, node))?;
    event.added = found.added;
    let mut conversion = Conversion {
        due_ms: Some(due_ms),
        identity: Some(Identity::Activity(Box::new(event))),
        sent: if unknown.is_some() { Sent::Unknown } else { Sent::Never },
        ..read_activity(row)?
    };
    if found.is_refused {
        conversion.consent = Some(false);
    }
    let revision = u64::try_from(due_ms).map_err(Error::corrupt)?;
    Ok(Some(Queued { number, revision, conversion, tries: row.get("tries")?, unknown }))
}

/// When the next one is due.
pub(in crate::sqlite) fn next_due(
    connection: &Connection,
    lease: Lease,
    lane: &LaneKey,
) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT due_ms FROM activity_due WHERE workspace = ? AND lane = ? ORDER BY due_ms, number LIMIT 1",
        )?
        .query_row((lease.workspace.0, lane.to_string()), |row| row.get(0))
        .optional()?)
}
