//! Purchases that come again and are worth something else by now: what is appended to them, and how it waits.
//!
//! What is appended is an activity of its own, made in the transaction that finds the repetition. It leaves once Meta
//! has the purchase, and ends with it where Meta does not get it.

use kopru_core::{
    Admitted, Conversion, Identifier, Reason, Repetition, ReportedPurchase, State, StatedWorth, Stop,
    StoredEvent, Trust, WorkspaceId, append_value, is_appendable, may_append, says_nothing_new,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    body,
    ends::Ends,
    holders::{holders, known_as},
    places::enter,
    rows::{activity_columns, now, read_standing, select_standing},
};
use crate::{Error, sqlite::writer::Txn, views::AppendedTo};

/// A purchase with what is needed of it beside its event.
struct RepeatedPurchase {
    one: Conversion,
    action_source: String,
    settled_ms: Option<i64>,
}

const PURCHASE: &str = select_standing!(
    ", a.action_source, a.settled_ms",
    "FROM activity a WHERE a.workspace = ?1 AND a.number = ?2"
);

/// What a repetition leads to: what is appended with the purchase's number, if it is worth something else by now.
pub(super) fn of_repetition(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    again: &Admitted,
    now_s: i64,
) -> Result<(Repetition, u64), Error> {
    const NOTHING: (Repetition, u64) = (Repetition::Known, 0);
    if !may_append(again) {
        return Ok(NOTHING);
    }
    let Some(number) = known_as(txn, workspace, again, now_s)?.into_iter().next() else { return Ok(NOTHING) };
    let found = match purchase(txn, workspace, number) {
        // To what cannot be read nothing is appended.
        Err(Error::Corrupt(_)) => None,
        found => found?,
    };
    let Some(RepeatedPurchase { one, action_source, settled_ms }) = found else { return Ok(NOTHING) };
    let appended = appended_to(txn.connection(), workspace, number)?;
    if !is_appendable(&one, &action_source) || says_nothing_new(&one, &appended, again) {
        return Ok(NOTHING);
    }
    let body: Option<Vec<u8>> = txn
        .connection()
        .prepare_cached("SELECT body FROM activity_body WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, number), |row| row.get(0))
        .optional()?;
    let Some(body) = body else { return Ok(NOTHING) };
    let keys = txn.keys(workspace)?;
    let Ok((event, who)) = body::read(keys.opener(), &body) else { return Ok(NOTHING) };
    let taken_ms = settled_ms.filter(|_| is_taken(&one));
    let purchase = ReportedPurchase { one: &one, event: &event, taken_ms, appended: &appended };
    let mut repetition = append_value(&purchase, again, &keys.join, now_s);
    if let Repetition::Appends(admitted, _) = &mut repetition {
        // The purchase's person, so that whoever erases them erases this.
        let identifier = |node| Identifier { node, trust: Trust::Other, match_key: None };
        admitted.activity.who = who.into_iter().map(identifier).collect();
    }
    Ok((repetition, number))
}

fn purchase(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<Option<RepeatedPurchase>, Error> {
    let mut statement = txn.connection().prepare_cached(PURCHASE)?;
    let mut rows = statement.query((workspace.0, number))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(RepeatedPurchase {
        one: read_standing(row)?,
        action_source: row.get("action_source")?,
        settled_ms: row.get("settled_ms")?,
    }))
}

fn is_taken(purchase: &Conversion) -> bool {
    matches!(purchase.state, State::Accepted | State::Duplicate)
}

/// What was appended to a purchase so far.
fn appended_to(
    connection: &Connection,
    workspace: WorkspaceId,
    purchase: u64,
) -> Result<Vec<(StatedWorth, i64)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT value, net_revenue, predicted_ltv, event_s FROM appended_value
         WHERE workspace = ? AND purchase = ? AND by_sender = 0 ORDER BY number LIMIT 32",
    )?;
    let rows = statement.query_map((workspace.0, purchase), |row| Ok((worth(row)?, row.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn worth(row: &Row<'_>) -> rusqlite::Result<StatedWorth> {
    let amount = |place: usize| -> rusqlite::Result<_> {
        let text: Option<String> = row.get(place)?;
        Ok(text.and_then(|text| text.parse().ok()))
    };
    Ok(StatedWorth { value: amount(0)?, net_revenue: amount(1)?, predicted_ltv: amount(2)? })
}

/// How many of a purchase are noted that senders have added themselves. Our own choice: more of them do not wait.
const BY_SENDERS_MAX: i64 = 16;

/// The purchase to which a sender itself adds, if that came here.
pub(super) fn sale_of(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    one: &Admitted,
    now_s: i64,
) -> Result<Option<Conversion>, Error> {
    let found = holders(txn, workspace, &one.activity.adds_to, now_s)?;
    let Some(number) = found.into_iter().next() else { return Ok(None) };
    let noted: i64 = txn.one(
        "SELECT count(*) FROM (SELECT 1 FROM appended_value
            WHERE workspace = ? AND purchase = ? AND by_sender = 1 LIMIT 32)",
        (workspace.0, number),
    )?;
    match now(txn, workspace, number) {
        Err(Error::Corrupt(_)) => Ok(None),
        sale => Ok(sale?.filter(|_| noted < BY_SENDERS_MAX)),
    }
}

/// Notes to which purchase something was appended, and what that is worth by it; `None` of what a sender has added
/// itself.
pub(super) fn note(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    [purchase, number]: [u64; 2],
    appended: &Admitted,
    worth: Option<&StatedWorth>,
) -> Result<(), Error> {
    let by_sender = worth.is_none();
    let worth = worth.copied().unwrap_or_default();
    let amount = |amount: Option<capi::Money>| amount.map(|amount| amount.to_string());
    let waits = appended.state == State::Waiting;
    txn.run(
        "INSERT INTO appended_value (workspace, purchase, number, event_s, value, net_revenue, predicted_ltv, waits,
            by_sender)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            workspace.0,
            purchase,
            number,
            appended.activity.event_s,
            amount(worth.value),
            amount(worth.net_revenue),
            amount(worth.predicted_ltv),
            waits,
            by_sender,
        ),
    )?;
    if let Some(now) = now(txn, workspace, number)?.filter(|_| waits) {
        let event = StoredEvent { json: String::new(), ..appended.activity.event.clone() };
        let identity = Some(kopru_core::Identity::Activity(Box::new(event)));
        let deadline_ms = Conversion { identity, ..now }.last_call_ms();
        txn.run(
            "UPDATE activity SET deadline_ms = ? WHERE workspace = ? AND number = ?",
            (deadline_ms, workspace.0, number),
        )?;
    }
    Ok(())
}

/// Tells those who follow how activities came to stand elsewhere, with what waited for them.
pub(super) fn conclude(txn: &mut Txn<'_>, mut ends: Ends) -> Result<(), Error> {
    let moved = ends.take_moved();
    follow(txn, &mut ends, &moved)?;
    ends.log(txn);
    Ok(())
}

/// Lets go, or ends, what waits for purchases that have come to stand elsewhere.
fn follow(txn: &Txn<'_>, ends: &mut Ends, purchases: &[u64]) -> Result<(), Error> {
    let workspace = ends.workspace;
    // Hardly ever anything waits.
    let some_wait: bool = txn.one(
        "SELECT EXISTS (SELECT 1 FROM appended_value INDEXED BY appended_value_waits
            WHERE workspace = ? AND waits = 1 LIMIT 1)",
        [workspace.0],
    )?;
    if !some_wait {
        return Ok(());
    }
    for purchase in purchases {
        let waiting: Vec<(u64, bool)> = txn
            .connection()
            .prepare_cached(
                "SELECT number, by_sender FROM appended_value INDEXED BY appended_value_waits
                 WHERE workspace = ? AND purchase = ? AND waits = 1 LIMIT 32",
            )?
            .query_map((workspace.0, purchase), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        if waiting.is_empty() {
            continue;
        }
        let sale = match now(txn, workspace, *purchase) {
            Err(Error::Corrupt(_)) => None,
            sale => sale?,
        };
        if sale.as_ref().is_some_and(|sale| matches!(sale.state, State::Queued | State::Waiting)) {
            continue;
        }
        for (number, by_sender) in waiting {
            waits_no_more(txn, workspace, number)?;
            // Whoever is erased is erased from both, where both are of the same person.
            if by_sender || sale.as_ref().is_none_or(|sale| sale.reason != Some(Reason::Erased)) {
                lets_go(txn, ends, number, sale.as_ref().is_some_and(is_taken))?;
            }
        }
    }
    Ok(())
}

fn waits_no_more(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<(), Error> {
    txn.run(
        "UPDATE appended_value SET waits = 0 WHERE workspace = ?1 AND number = ?2 AND purchase = (
            SELECT purchase FROM appended_value INDEXED BY appended_value_number
            WHERE workspace = ?1 AND number = ?2 LIMIT 1)",
        (workspace.0, number),
    )?;
    Ok(())
}

fn lets_go(txn: &Txn<'_>, ends: &mut Ends, number: u64, is_taken: bool) -> Result<(), Error> {
    let workspace = ends.workspace;
    let before = match now(txn, workspace, number) {
        Err(Error::Corrupt(_)) => None,
        before => before?,
    };
    // Somebody may have dropped or erased it meanwhile.
    let waits = |one: &Conversion| (one.state, one.reason) == (State::Waiting, Some(Reason::WaitingSale));
    let Some(before) = before.filter(waits) else { return Ok(()) };
    if !is_taken {
        let stop = Stop::suppressed(Reason::SaleNotTaken);
        return ends.change_to(txn, &before, &before.clone().stopped(stop));
    }
    let due_ms = before.event_s.saturating_mul(1000);
    let (state, reason, deadline_ms) = (State::Queued, None, None);
    let queued = Conversion { state, reason, deadline_ms, due_ms: Some(due_ms), ..before.clone() };
    ends.change_to(txn, &before, &queued)?;
    enter(txn, workspace, &queued, due_ms)
}

const TO_WHAT: &str =
    "SELECT a.value, a.net_revenue, a.predicted_ltv, a.purchase, p.event_id, p.value, p.currency
    FROM appended_value a INDEXED BY appended_value_number
    LEFT JOIN activity p ON p.workspace = a.workspace AND p.number = a.purchase
    WHERE a.workspace = ? AND a.number = ?";

/// To what something is appended; `None` if it is nothing of the kind, or that is not known any more.
pub(super) fn to_what(
    connection: &Connection,
    workspace: WorkspaceId,
    number: u64,
) -> Result<Option<AppendedTo>, Error> {
    let mut statement = connection.prepare_cached(TO_WHAT)?;
    let found = statement.query_row((workspace.0, number), |row| {
        let value: Option<String> = row.get(5)?;
        Ok(AppendedTo {
            number: row.get(3)?,
            event_id: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            was: value.and_then(|value| value.parse().ok()),
            worth: worth(row)?,
            currency: row.get(6)?,
        })
    });
    Ok(found.optional()?)
}

/// Whether something that has left the queue may leave after all: not before Meta has the purchase to which it adds.
pub(super) fn may_leave(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<bool, Error> {
    let state: Option<String> = txn
        .connection()
        .prepare_cached(
            "SELECT p.state FROM appended_value a INDEXED BY appended_value_number
             JOIN activity p ON p.workspace = a.workspace AND p.number = a.purchase
             WHERE a.workspace = ? AND a.number = ?",
        )?
        .query_row((workspace.0, number), |row| row.get(0))
        .optional()?;
    let state = state.as_deref().and_then(State::from_code);
    Ok(state.is_none_or(|state| matches!(state, State::Accepted | State::Duplicate)))
}

/// The numbers of what was appended to something.
pub(super) fn numbers_of(
    connection: &Connection,
    workspace: WorkspaceId,
    purchase: u64,
) -> Result<Vec<u64>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT number FROM appended_value WHERE workspace = ? AND purchase = ? ORDER BY number LIMIT 32",
        )?
        .query_map((workspace.0, purchase), |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Forgets what was appended to a purchase, or to what something was, once either of them is gone.
pub(in crate::sqlite) fn forget_appended(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
) -> Result<(), Error> {
    for appended in numbers_of(txn.connection(), workspace, number)? {
        txn.run(
            "DELETE FROM appended_value WHERE workspace = ? AND purchase = ? AND number = ?",
            (workspace.0, number, appended),
        )?;
    }
    txn.run(
        "DELETE FROM appended_value WHERE workspace = ?1 AND number = ?2 AND purchase = (
            SELECT purchase FROM appended_value INDEXED BY appended_value_number
            WHERE workspace = ?1 AND number = ?2 LIMIT 1)",
        (workspace.0, number),
    )?;
    Ok(())
}
