//! What of a lane is due.

use std::collections::{HashMap, hash_map::Entry};

use kopru_core::{
    ActivityKey, Conversion, Identity, Node, StoredEvent, WorkspaceId, enrich, starting_points,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    body, identity,
    members::left_in,
    places::move_due,
    rows::{activity_columns, read_activity, select_activities},
};
use crate::{
    AttemptId, Claimed, Error, LaneKey, Lease, Queued,
    bounds::ACTIVITY_HELD_MAX_MS,
    seal::Opener,
    sqlite::{clicks, writer::Txn},
};

const DUE: &str = "SELECT number, due_ms, tries, event_s, action_source, envelope FROM activity_due
    WHERE workspace = ?1 AND lane = ?2 AND due_ms <= ?3 ORDER BY due_ms, number LIMIT ?4";

/// What is to leave later than anything does whose event the door takes, though it has happened: a clock that was
/// wrong has written that time.
const HELD_TOO_LONG: &str = "SELECT number, due_ms, tries, event_s, action_source, envelope FROM activity_due
    WHERE workspace = ?1 AND lane = ?2 AND due_ms > ?3 + 3900000 AND event_s * 1000 <= ?3
    ORDER BY due_ms, number LIMIT ?4";

const _: () = assert!(ACTIVITY_HELD_MAX_MS == 3_900_000, "as the statement says");

/// What is due, with no more than it takes to say which of it leaves together: a lane looks at more than it sends.
pub(in crate::sqlite) fn claim(
    connection: &Connection,
    lease: Lease,
    lane: &LaneKey,
    limit: usize,
    now_ms: i64,
) -> Result<Claimed, Error> {
    let mut claimed = Claimed::default();
    let stored_lane = lane.to_string();
    for sql in [DUE, HELD_TOO_LONG] {
        let taken = claimed.ready.len();
        if taken == limit {
            break;
        }
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((lease.workspace.0, &stored_lane, now_ms, limit - taken))?;
        while let Some(row) = rows.next()? {
            claimed.ready.push(due(row)?);
        }
    }
    Ok(claimed)
}

fn due(row: &Row<'_>) -> Result<Queued, Error> {
    let number: u64 = row.get(0)?;
    let due_ms: i64 = row.get(1)?;
    let revision = u64::try_from(due_ms).map_err(Error::corrupt)?;
    let key = ActivityKey { origin: String::new(), id: number.to_string() };
    let (action_source, envelope) = (row.get(4)?, row.get(5)?);
    let event = StoredEvent {
        action_source,
        envelope,
        json: String::new(),
        added: Vec::new(),
        beside: String::new(),
    };
    let conversion = Conversion {
        made_by: number,
        due_ms: Some(due_ms),
        identity: Some(Identity::Activity(Box::new(event))),
        ..Conversion::of_activity(key, String::new(), row.get(3)?, 0)
    };
    Ok(Queued { number, revision, conversion, tries: row.get(2)?, unknown: None })
}

/// The bytes that left in attempts of unknown outcome, by number: an attempt is read once.
type LeftBytes = HashMap<AttemptId, HashMap<u64, String>>;

/// One with all that is known of it.
const WHOLE: &str = select_activities!(
    ", d.unknown_attempt, b.body",
    "FROM activity_due d
     JOIN activity a ON a.workspace = d.workspace AND a.number = d.number
     LEFT JOIN activity_body b ON b.workspace = d.workspace AND b.number = d.number
     WHERE d.workspace = ? AND d.lane = ? AND d.due_ms = ? AND d.number = ?"
);

/// The place of the first column behind those of an activity.
const BEHIND: usize = 17;

/// All that is known of those that leave and of their people.
pub(in crate::sqlite) fn complete(
    connection: &Connection,
    opener: &Opener,
    lease: Lease,
    lane: &LaneKey,
    claimed: Vec<Queued>,
) -> Result<Claimed, Error> {
    let mut statement = connection.prepare_cached(WHOLE)?;
    let (lane, mut left, mut all) = (lane.to_string(), LeftBytes::new(), Claimed::default());
    for one in claimed {
        let mut rows = statement.query((lease.workspace.0, &lane, one.revision, one.number))?;
        // It has moved since: it is claimed again.
        let Some(row) = rows.next()? else { continue };
        match whole(connection, opener, lease, row, &one, &mut left) {
            Ok(Some(whole)) => all.ready.push(whole),
            Ok(None) | Err(Error::Corrupt(_) | Error::Database(_)) => all.unreadable.push(one.number),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// One with all that is known of it; `None` if its bytes cannot be read back.
fn whole(
    connection: &Connection,
    opener: &Opener,
    lease: Lease,
    row: &Row<'_>,
    claimed: &Queued,
    left: &mut LeftBytes,
) -> Result<Option<Queued>, Error> {
    let mut conversion = read_activity(row)?;
    let unknown_ms: Option<i64> = row.get(14)?;
    let mut unknown = None;
    if let (Some(attempt), Some(unknown_ms)) = (row.get(BEHIND)?, unknown_ms) {
        if let Entry::Vacant(place) = left.entry(attempt) {
            place.insert(left_in(connection, opener, lease.workspace, attempt)?);
        }
        let bytes = left.get_mut(&attempt).and_then(|left| left.remove(&claimed.number));
        let Some(bytes) = bytes else { return Ok(None) };
        unknown = Some((bytes, unknown_ms));
    }
    let sealed = row.get_ref(BEHIND + 1)?.as_blob().map_err(Error::corrupt)?;
    let (mut event, who) = body::read(opener, sealed)?;
    let own: Vec<_> = starting_points(&who).into_iter().map(clicks::who).collect();
    let has: Vec<&str> = who.iter().filter_map(Node::match_key).collect();
    let found = enrich(&own, &has, |node| identity::near(connection, opener, lease.workspace, node))?;
    // Who a page says it is, anybody can have made up: nothing is told of them that the page did not tell.
    if !conversion.is_of_page() {
        event.added = found.added;
    }
    conversion.identity = Some(Identity::Activity(Box::new(event)));
    if found.is_refused {
        conversion.consent = Some(kopru_core::ConsentAnswer::No);
    }
    let Queued { number, revision, tries, .. } = *claimed;
    Ok(Some(Queued { number, revision, conversion, tries, unknown }))
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

/// When the longest due one of any lane was due.
pub(in crate::sqlite) fn oldest_due_ms(
    connection: &Connection,
    workspace: WorkspaceId,
) -> Result<Option<i64>, Error> {
    let mut oldest = connection.prepare_cached(
        "SELECT due_ms FROM activity_due WHERE workspace = ? AND lane = ? ORDER BY due_ms LIMIT 1",
    )?;
    let mut all: Option<i64> = None;
    for lane in lanes(connection, workspace)? {
        let due_ms = oldest.query_row((workspace.0, lane), |row| row.get(0))?;
        all = Some(all.map_or(due_ms, |all| all.min(due_ms)));
    }
    Ok(all)
}

/// The lanes in which something is queued.
fn lanes(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<String>, Error> {
    let mut next = connection.prepare_cached(
        "SELECT lane FROM activity_due WHERE workspace = ? AND lane > ? ORDER BY lane LIMIT 1",
    )?;
    let mut lanes: Vec<String> = Vec::new();
    loop {
        let last = lanes.last().map_or("", String::as_str);
        let found = next.query_row((workspace.0, last), |row| row.get(0)).optional()?;
        let Some(lane) = found else { return Ok(lanes) };
        lanes.push(lane);
    }
}

/// How many of each lane a new lease brings back that were put off: the rest is due by itself, within minutes.
const BROUGHT_BACK_MAX: usize = 10_000;

/// What was put off is due at once, behind what was not tried.
pub(in crate::sqlite) fn bring_back(txn: &Txn<'_>, workspace: WorkspaceId) -> Result<(), Error> {
    let now_ms: i64 = txn.one("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)", [])?;
    for lane in lanes(txn.connection(), workspace)? {
        let later: Vec<(u64, i64, i64)> = txn
            .connection()
            .prepare_cached(
                "SELECT d.number, d.due_ms, a.event_s FROM activity_due d
                 JOIN activity a ON a.workspace = d.workspace AND a.number = d.number
                 WHERE d.workspace = ? AND d.lane = ? AND d.due_ms > ? ORDER BY d.due_ms, d.number LIMIT ?",
            )?
            .query_map((workspace.0, &lane, now_ms, BROUGHT_BACK_MAX), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        for (number, due_ms, event_s) in later {
            let at_once_ms = now_ms.max(event_s.saturating_mul(1000));
            if at_once_ms < due_ms {
                move_due(txn, workspace, &lane, number, due_ms, at_once_ms)?;
            }
        }
    }
    Ok(())
}
