//! Looking again: what is queued, what waits or has ended, and the deals of rules that are caught up, step
//! by step beside the facts.

use std::cmp::Reverse;

use kopru_core::{
    Action, Cause, Conversion, ConversionFilter, DealKey, Revisit, RevisitPlace, RevisitStep, State,
    WorkspaceId,
};
use rusqlite::OptionalExtension;

use super::{
    activities,
    once::OnceKeys,
    rows::{self, read_conversion, select_conversions},
    state::Loader,
    writer::Txn,
};
use crate::{Error, REVISIT_ROWS as ROWS_PER_STEP};

/// The next step of what was asked for first, with the state around it.
pub(super) fn next(loader: &mut Loader<'_>, once: &OnceKeys) -> Result<Option<RevisitStep>, Error> {
    let row: Option<(u64, String, String)> = loader
        .connection
        .prepare_cached(
            "SELECT number, plan, place FROM revisit WHERE workspace = ? ORDER BY number LIMIT 1",
        )?
        .query_row([loader.workspace.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((number, plan, place)) = row else { return Ok(None) };
    let (revisit, place) = (serde_json::from_str(&plan)?, serde_json::from_str(&place)?);
    step(loader, once, number, revisit, &place).map(Some)
}

/// The step that follows a place.
pub(super) fn step(
    loader: &mut Loader<'_>,
    once: &OnceKeys,
    number: u64,
    revisit: Revisit,
    place: &RevisitPlace,
) -> Result<RevisitStep, Error> {
    let mut next = place.clone();
    let mut conversions = Vec::new();
    let mut deals = Vec::new();
    if let Some(filter) = revisit.filter.as_ref().filter(|filter| !filter.event_ids.is_empty())
        && !place.conversions_done
    {
        conversions = of_these_ids(loader, once, filter)?;
        (next.queue_done, next.conversions_done) = (true, true);
    } else if !place.queue_done {
        conversions = queued(loader, &revisit, &mut next)?;
    } else if !place.conversions_done {
        conversions = newest(loader, &revisit, &mut next)?;
    } else if !revisit.rules.is_empty() {
        deals = some_deals(loader, &mut next)?;
    }
    for conversion in conversions.iter().filter(|one| !is_told(one)) {
        is_loaded(&loader.cause(&conversion.cause));
    }
    deals.retain(|deal| is_loaded(&loader.deal(deal)));
    for deal in &deals {
        is_loaded(&loader.catalogue(&deal.origin));
    }
    // As the working set has them: a cause may have several.
    let known = |one: &Conversion| {
        // Of an activity there is nothing more to know.
        if is_told(one) {
            return Some(one.clone());
        }
        let all = loader.state.conversions.get(&one.cause).into_iter().flatten();
        all.into_iter().find(|known| known.event_id == one.event_id).cloned()
    };
    let mut conversions: Vec<Conversion> = conversions.iter().filter_map(known).collect();
    let ended = |one: &&mut Conversion| matches!(one.state, State::Suppressed | State::Failed);
    for one in conversions.iter_mut().filter(|one| is_told(one)).filter(ended) {
        let holder = |key: &_| once.find(loader.connection, loader.workspace, key);
        one.came_anew = activities::came_anew(loader.keys, one, holder)?;
    }
    let done = next.queue_done && next.conversions_done && (next.deals_done || revisit.rules.is_empty());
    Ok(RevisitStep { number, revisit, conversions, deals, next: (!done).then_some(next) })
}

/// Those of which the ids are given: found at once, however old they are.
fn of_these_ids(
    loader: &Loader<'_>,
    once: &OnceKeys,
    filter: &ConversionFilter,
) -> Result<Vec<Conversion>, Error> {
    let mut conversions = Vec::new();
    for event_id in filter.event_ids.iter().take(ROWS_PER_STEP) {
        let found = loader.rows(rows::BY_EVENT_ID, (loader.workspace.0, event_id), |row| {
            Ok(read_conversion(row, loader.opener).ok())
        })?;
        conversions.extend(found.into_iter().flatten().filter(|one| filter.takes(one)));
        let told = activities::named(loader.connection, loader.keys, once, loader.workspace, event_id)?;
        conversions.extend(told.into_iter().filter(|one| filter.takes(one)));
    }
    Ok(conversions)
}

/// Whether somebody has told it, and no decision made it.
fn is_told(one: &Conversion) -> bool {
    matches!(one.cause, Cause::Activity(_))
}

/// Everything in the queue that decisions made, in whatever lane, by number.
fn queued(loader: &Loader<'_>, revisit: &Revisit, next: &mut RevisitPlace) -> Result<Vec<Conversion>, Error> {
    let Some(filter) = &revisit.filter else {
        next.queue_done = true;
        return Ok(Vec::new());
    };
    let numbers = loader.rows(
        "SELECT number FROM due WHERE workspace = ? AND number > ? ORDER BY number LIMIT ?",
        (loader.workspace.0, next.queue_after, ROWS_PER_STEP),
        |row| Ok(row.get::<_, u64>(0)?),
    )?;
    next.queue_done = numbers.len() < ROWS_PER_STEP;
    next.queue_after = numbers.last().copied().unwrap_or(next.queue_after);
    // The queue is looked at whatever its age: what is too old for Meta ends.
    let any_age = ConversionFilter { since_s: None, ..filter.clone() };
    let filter = if revisit.any_age_of_queued { &any_age } else { filter };
    let mut conversions = Vec::new();
    for number in numbers {
        let found = loader.rows(rows::BY_NUMBER, (loader.workspace.0, number), |row| {
            Ok(read_conversion(row, loader.opener).ok())
        })?;
        conversions.extend(found.into_iter().flatten().filter(|one| filter.takes(one)));
    }
    Ok(conversions)
}

/// What is not in the queue, and activities that are, newest first: what was made before the time from which on
/// something is meant cannot have happened after it.
fn newest(loader: &Loader<'_>, revisit: &Revisit, next: &mut RevisitPlace) -> Result<Vec<Conversion>, Error> {
    const BELOW: &str = select_conversions!(
        ", c.number, c.created_ms",
        "",
        "WHERE c.workspace = ? AND c.number < ? ORDER BY c.number DESC LIMIT ?"
    );
    let Some(filter) = &revisit.filter else {
        next.conversions_done = true;
        return Ok(Vec::new());
    };
    let below = next.below.and_then(|below| i64::try_from(below).ok()).unwrap_or(i64::MAX);
    let mut read = loader.rows(BELOW, (loader.workspace.0, below, ROWS_PER_STEP), |row| {
        let (number, created_ms): (u64, i64) = (row.get("number")?, row.get("created_ms")?);
        Ok((number, created_ms, read_conversion(row, loader.opener).ok()))
    })?;
    let told = (loader.connection, loader.opener, loader.workspace);
    read.extend(activities::some_below(told.0, told.1, told.2, below, ROWS_PER_STEP)?);
    // They share their numbers.
    read.sort_by_key(|(number, ..)| Reverse(*number));
    read.truncate(ROWS_PER_STEP);
    let oldest_ms = filter.since_s.map(|since_s| since_s.saturating_mul(1000));
    let is_old = |created_ms: i64| oldest_ms.is_some_and(|oldest_ms| created_ms < oldest_ms);
    next.conversions_done =
        read.len() < ROWS_PER_STEP || read.last().is_some_and(|(_, created_ms, _)| is_old(*created_ms));
    next.below = read.last().map(|(number, ..)| *number).or(next.below);
    let all = read.into_iter().filter_map(|(.., conversion)| conversion);
    let any_age = ConversionFilter { since_s: None, ..filter.clone() };
    let is_meant = |one: &Conversion| match one.state {
        State::Queued if revisit.any_age_of_queued => is_told(one) && any_age.takes(one),
        State::Queued => is_told(one) && filter.takes(one),
        _ => filter.takes(one),
    };
    Ok(all.filter(is_meant).collect())
}

fn some_deals(loader: &Loader<'_>, next: &mut RevisitPlace) -> Result<Vec<DealKey>, Error> {
    let (origin, id) = next.after_deal.as_ref().map_or(("", ""), |deal| (&deal.origin, &deal.id));
    let deals = loader.rows(
        "SELECT origin, id FROM deal WHERE workspace = ? AND (origin, id) > (?, ?) ORDER BY origin, id LIMIT ?",
        (loader.workspace.0, origin, id, ROWS_PER_STEP),
        |row| Ok(DealKey { origin: row.get(0)?, id: row.get(1)? }),
    )?;
    next.deals_done = deals.len() < ROWS_PER_STEP;
    next.after_deal = deals.last().cloned().or(next.after_deal.take());
    Ok(deals)
}

/// Whether something could be loaded. What cannot is left out: no step stands still for it.
fn is_loaded(loaded: &Result<(), Error>) -> bool {
    if let Err(error) = loaded {
        tracing::warn!(error = error as &dyn std::error::Error, "something cannot be looked at again");
    }
    loaded.is_ok()
}

/// Keeps what is to be looked at again.
pub(super) fn put(txn: &mut Txn<'_>, workspace: WorkspaceId, revisit: &Revisit) -> Result<(), Error> {
    // Whoever tries again may have mended what caused a pause: one event finds out at once.
    if revisit.action == Action::Retry {
        txn.run("UPDATE pause SET until_ms = 0 WHERE workspace = ? AND needs_you", [workspace.0])?;
    }
    let number = txn.next("revisit", "number", workspace)?;
    let (plan, place) = (serde_json::to_string(revisit)?, serde_json::to_string(&RevisitPlace::default())?);
    txn.run(
        "INSERT INTO revisit (workspace, number, plan, place) VALUES (?, ?, ?, ?)",
        (workspace.0, number, plan, place),
    )?;
    Ok(())
}

/// Goes on behind a step.
pub(super) fn done(txn: &Txn<'_>, workspace: WorkspaceId, step: &RevisitStep) -> Result<(), Error> {
    let key = (workspace.0, step.number);
    match &step.next {
        Some(place) => txn.run(
            "UPDATE revisit SET place = ?3 WHERE workspace = ?1 AND number = ?2",
            (key.0, key.1, serde_json::to_string(place)?),
        )?,
        None => txn.run("DELETE FROM revisit WHERE workspace = ? AND number = ?", key)?,
    };
    Ok(())
}
