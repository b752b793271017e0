//! Conversions as decisions make and change them.

use kopru_core::{Cause, Conversion, Reason, Sent, State, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{
    activities, queue,
    rows::{SealedConversion, SealedIdentity, by_number},
    writer::Txn,
};
use crate::{Error, outcomes::Standing};

/// The number of the next conversion or activity.
pub(super) fn next_number(txn: &mut Txn<'_>, workspace: WorkspaceId) -> Result<u64, Error> {
    txn.next_after("conversion", workspace, || {
        "SELECT max(
            coalesce((SELECT number FROM conversion WHERE workspace = ?1 ORDER BY number DESC LIMIT 1), 0),
            coalesce((SELECT number FROM activity WHERE workspace = ?1 ORDER BY number DESC LIMIT 1), 0))"
    })
}

/// Makes a conversion, unless there is one of this id.
pub(super) fn create(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    conversion: &Conversion,
    written: &SealedConversion,
    now_ms: i64,
) -> Result<(), Error> {
    let is_told: bool = txn.one(
        "SELECT EXISTS (SELECT 1 FROM told WHERE workspace = ? AND event_id = ? LIMIT 1)",
        (workspace.0, &conversion.event_id),
    )?;
    if is_told {
        return Ok(());
    }
    let number = next_number(txn, workspace)?;
    let ended = matches!(conversion.state, State::Suppressed | State::Failed);
    let standing = Standing::of(conversion);
    let created = txn.run(
        "INSERT OR IGNORE INTO conversion
            (workspace, number, event_id, cause, event, event_s, created_ms, state, reason, dataset, route, value,
             currency, deadline_ms, record, identity, settled_ms, name, ad, rule)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        rusqlite::params![
            workspace.0,
            number,
            &conversion.event_id,
            &written.cause,
            &conversion.event,
            conversion.event_s,
            now_ms,
            conversion.state.code(),
            conversion.reason.map(Reason::code),
            &conversion.dataset,
            &written.route,
            standing.amount.map(|amount| amount.to_string()),
            &conversion.currency,
            conversion.deadline_ms,
            &written.record,
            written.identity.is(),
            ended.then_some(now_ms),
            &conversion.name,
            &conversion.ad_id,
            &conversion.rule,
        ],
    )?;
    if created == 0 {
        return Ok(());
    }
    txn.count(workspace, "conversion.created", 1);
    txn.stands(workspace, None, &standing)?;
    txn.run(
        "INSERT OR IGNORE INTO rule_matched (workspace, rule) VALUES (?, ?)",
        (workspace.0, &conversion.rule),
    )?;
    queue::enter(txn, workspace, number, conversion, now_ms)
}

/// Changes a conversion, as far as it may be changed still: what has ended since it was loaded stays
/// ended, and what has left is frozen.
pub(super) fn change(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    decided: &Conversion,
    written: &SealedConversion,
    now_ms: i64,
) -> Result<(), Error> {
    if let Cause::Activity(_) = decided.cause {
        return activities::change(txn, workspace, decided, now_ms);
    }
    let number: Option<u64> = txn
        .connection()
        .prepare_cached("SELECT number FROM conversion WHERE workspace = ? AND event_id = ?")?
        .query_row((workspace.0, &decided.event_id), |row| row.get(0))
        .optional()?;
    let Some(number) = number else { return Ok(()) };
    let before = match by_number(txn, workspace, number) {
        // What cannot be read is left as it is, and does not stand in the way of its neighbours.
        Err(Error::Corrupt(_)) => return Ok(()),
        before => before?,
    };
    let Some(before) = before else { return Ok(()) };
    if decided.stored.is_some_and(|stored| stored != before.state) {
        return Ok(());
    }
    let is_frozen = matches!(before.sent, Sent::UnderWay | Sent::Unknown | Sent::UnknownUnderWay);
    match (before.state, decided.state) {
        // Decided before it left, or decided in the knowledge that it has.
        (State::Queued, _) if is_frozen && decided.sent != before.sent => {
            write_record(txn, workspace, number, &before, &before.frozen(decided))?;
            queue::move_lane(txn, workspace, number, &before)
        }
        (State::Queued, State::Queued) if is_frozen => {
            write_record(txn, workspace, number, &before, decided)?;
            queue::move_lane(txn, workspace, number, decided)
        }
        (State::Accepted, State::Accepted) | (State::Duplicate, State::Duplicate) => {
            write_record(txn, workspace, number, &before, decided)
        }
        (State::Accepted | State::Duplicate, _) => Ok(()),
        // Only whoever knows how it ended takes it up again.
        (State::Failed, _) if decided.stored.is_none() => Ok(()),
        _ => replace(txn, workspace, number, &before, decided, written, now_ms),
    }
}

/// Replaces what is known of a conversion, and moves it into or out of the queue.
pub(super) fn replace(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    before: &Conversion,
    decided: &Conversion,
    written: &SealedConversion,
    now_ms: i64,
) -> Result<(), Error> {
    let standing = Standing::of(decided);
    txn.stands(workspace, Some(&Standing::of(before)), &standing)?;
    let ended = matches!(decided.state, State::Suppressed | State::Failed);
    txn.run(
        "UPDATE conversion SET state = ?3, reason = ?4, deadline_ms = ?5, record = ?6,
            identity = iif(?15, identity, ?7), settled_ms = ?8, dataset = ?9, route = ?10, value = ?11,
            currency = ?12, event = ?13, event_s = ?14, name = ?16, ad = ?17, rule = ?18
         WHERE workspace = ?1 AND number = ?2",
        rusqlite::params![
            workspace.0,
            number,
            decided.state.code(),
            decided.reason.map(Reason::code),
            decided.deadline_ms,
            &written.record,
            written.identity.is(),
            ended.then_some(now_ms),
            &decided.dataset,
            &written.route,
            standing.amount.map(|amount| amount.to_string()),
            &decided.currency,
            &decided.event,
            decided.event_s,
            matches!(written.identity, SealedIdentity::Stays),
            &decided.name,
            &decided.ad_id,
            &decided.rule,
        ],
    )?;
    if decided.reason == Some(Reason::Erased) {
        wipe(txn, workspace, number)?;
    }
    match (before.state, decided.state) {
        (State::Queued, State::Queued) => {
            queue::move_lane(txn, workspace, number, decided)?;
            // Somebody wants it sooner.
            if decided.due_ms != before.due_ms {
                txn.run(
                    "UPDATE due SET due_ms = ?3, put_off_ms = NULL WHERE workspace = ?1 AND number = ?2",
                    (workspace.0, number, decided.due_ms.unwrap_or(now_ms)),
                )?;
            }
            Ok(())
        }
        (State::Queued, _) => queue::leave(txn, workspace, number),
        _ => queue::enter(txn, workspace, number, decided, now_ms),
    }
}

/// What is known of it beside how far it is, and whether it was undone.
pub(super) fn write_record(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    before: &Conversion,
    one: &Conversion,
) -> Result<(), Error> {
    let was = Standing::of(before);
    let mut now = was.clone();
    now.place.dataset = one.dataset.clone().unwrap_or_default();
    now.place.reason = one.reason;
    txn.stands(workspace, Some(&was), &now)?;
    txn.run(
        "UPDATE conversion SET record = ?3, dataset = ?4, reason = ?5 WHERE workspace = ?1 AND number = ?2",
        (workspace.0, number, serde_json::to_string(one)?, &one.dataset, one.reason.map(Reason::code)),
    )?;
    Ok(())
}

/// Forgets by what Meta was to recognise the person, what left and what Meta said.
pub(super) fn wipe(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<(), Error> {
    let key = (workspace.0, number);
    txn.run("UPDATE conversion SET identity = NULL, reply = NULL WHERE workspace = ? AND number = ?", key)?;
    txn.run("UPDATE sent_body SET body = NULL WHERE workspace = ? AND number = ?", key)?;
    Ok(())
}
