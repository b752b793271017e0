//! The newest conversions.

use std::collections::BTreeSet;

use kopru_core::{Cause, Conversion, ConversionFilter, Reason, Sent, State, WorkspaceId, Worth};
use rusqlite::{Connection, Row, fallible_streaming_iterator::FallibleStreamingIterator as _};

use super::super::{
    activities::{self, SentOfPage, read_activity},
    once::OnceKeys,
    queue::{REPLY, sent_body},
    rows::{read_conversion, select_conversions},
};
use crate::{
    Error,
    bounds::LAG_MAX_MS,
    keyring::WorkspaceKeys,
    seal::Opener,
    views::{ConversionPage, EXAMINED_MAX, Listed, StoppedAt},
};

/// Columns beside the record, for what cannot be read.
macro_rules! select_listed {
    ($which:literal) => {
        select_conversions!(
            ", c.number, c.reply, c.may_count_twice, c.settled_ms, c.event_id, c.cause, c.event, c.event_s,
            c.dataset, c.route, c.value, c.currency, c.created_ms",
            "",
            $which
        )
    };
}

/// Looks for what is meant below a number.
pub(super) fn newest(
    connection: &Connection,
    keys: &WorkspaceKeys,
    once: &OnceKeys,
    workspace: WorkspaceId,
    filter: &ConversionFilter,
    below: Option<u64>,
    limit: usize,
) -> Result<ConversionPage, Error> {
    const BELOW: &str =
        select_listed!("WHERE c.workspace = ?1 AND c.number < ?2 ORDER BY c.number DESC LIMIT ?3");
    let below = below.map_or(i64::MAX, |below| i64::try_from(below).unwrap_or(i64::MAX));
    if !filter.event_ids.is_empty() {
        return of_these_ids(connection, keys, once, workspace, filter, below, limit);
    }
    let opener = keys.opener();
    // What was made before the time from which on something is meant has not happened after it, by a clock
    // that is not too wrong.
    let oldest_ms = filter.since_s.map(|since_s| since_s.saturating_mul(1000).saturating_sub(LAG_MAX_MS));
    let mut statements = (connection.prepare_cached(BELOW)?, connection.prepare_cached(activities::BELOW)?);
    // One more says whether there are others.
    let parameters = (workspace.0, below, EXAMINED_MAX + 1);
    let mut made = statements.0.query(parameters)?;
    let mut told = statements.1.query(parameters)?;
    made.advance()?;
    told.advance()?;
    let mut page = ConversionPage::default();
    let (mut examined, mut last, mut sent) = (0, None, SentOfPage::default());
    while page.listed.len() < limit {
        // They share their numbers: whichever is the newer one is next.
        let number = |row: Option<&Row<'_>>| row.map(|row| row.get::<_, u64>("number")).transpose();
        let (of_made, of_told) = (number(made.get())?, number(told.get())?);
        let (rows, is_told) = if of_told > of_made { (&mut told, true) } else { (&mut made, false) };
        let Some(row) = rows.get() else { break };
        let created_ms: i64 = row.get(if is_told { "received_ms" } else { "created_ms" })?;
        if oldest_ms.is_some_and(|oldest_ms| created_ms < oldest_ms) {
            break;
        }
        if examined == EXAMINED_MAX {
            page.stopped_at = last;
            break;
        }
        examined += 1;
        if is_told {
            if filter.takes(&read_activity(row)?) {
                page.listed.push(activities::listed(connection, opener, workspace, row, &mut sent)?);
            }
        } else if let Some(conversion) = meant(opener, filter, row)? {
            page.listed.push(read(connection, opener, workspace, conversion, row)?);
        }
        if examined == EXAMINED_MAX {
            last = Some(StoppedAt { event_id: row.get("event_id")?, created_ms });
        }
        rows.advance()?;
    }
    Ok(page)
}

/// Those of which the ids are given: found at once, however old they are.
fn of_these_ids(
    connection: &Connection,
    keys: &WorkspaceKeys,
    once: &OnceKeys,
    workspace: WorkspaceId,
    filter: &ConversionFilter,
    below: i64,
    limit: usize,
) -> Result<ConversionPage, Error> {
    const BY_ID: &str = select_listed!("WHERE c.workspace = ?1 AND c.event_id = ?2");
    let opener = keys.opener();
    let mut statement = connection.prepare_cached(BY_ID)?;
    let mut of_activity = connection.prepare_cached(activities::BY_NUMBER)?;
    let (mut listed, mut sent) = (Vec::new(), SentOfPage::default());
    for event_id in filter.event_ids.iter().collect::<BTreeSet<_>>() {
        let mut rows = statement.query((workspace.0, event_id))?;
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>("number")? < below
                && let Some(conversion) = meant(opener, filter, row)?
            {
                listed.push(read(connection, opener, workspace, conversion, row)?);
            }
        }
        for number in once.numbers(connection, workspace, keys.join.once_id(event_id))? {
            let mut rows = of_activity.query((workspace.0, number))?;
            if let Some(row) = rows.next()?
                && row.get::<_, i64>("number")? < below
                && filter.takes(&read_activity(row)?)
            {
                listed.push(activities::listed(connection, opener, workspace, row, &mut sent)?);
            }
        }
    }
    listed.sort_by_key(|one| std::cmp::Reverse(one.number));
    listed.truncate(limit);
    Ok(ConversionPage { listed, stopped_at: None })
}

/// The conversion of a row, if it is meant.
fn meant(opener: &Opener, filter: &ConversionFilter, row: &Row<'_>) -> Result<Option<Conversion>, Error> {
    let conversion = match read_conversion(row, opener) {
        Ok(conversion) => conversion,
        Err(_) => from_columns(row)?,
    };
    Ok(Some(conversion).filter(|one| filter.takes(one)))
}

fn read(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    conversion: Conversion,
    row: &Row<'_>,
) -> Result<Listed, Error> {
    let number = row.get("number")?;
    let reply: Option<Vec<u8>> = row.get("reply")?;
    Ok(Listed {
        appends: None,
        added: Vec::new(),
        number,
        conversion,
        reply: reply.and_then(|sealed| opener.open_text(REPLY, &sealed)),
        attempts: row.get("attempts")?,
        may_count_twice: row.get("may_count_twice")?,
        body: sent_body(connection, opener, workspace, number)?,
        settled_ms: row.get("settled_ms")?,
    })
}

/// What is known of a conversion whose record cannot be read.
fn from_columns(row: &Row<'_>) -> Result<Conversion, Error> {
    let event: String = row.get("event")?;
    let (state, route, cause): (String, String, String) =
        (row.get("state")?, row.get("route")?, row.get("cause")?);
    let (reason, value): (Option<String>, Option<String>) = (row.get("reason")?, row.get("value")?);
    let value = value.and_then(|value| value.parse().ok());
    Ok(Conversion {
        event_id: row.get("event_id")?,
        name: event.clone(),
        event,
        rule: String::new(),
        cause: Cause::from_key(&cause).ok_or_else(|| Error::corrupt("the cause of a conversion"))?,
        route: route.parse().map_err(|_| Error::corrupt("the route of a conversion"))?,
        event_s: row.get("event_s")?,
        received_ms: 0,
        worth: value.map(|_| Worth::price()),
        value,
        currency: row.get("currency")?,
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: row.get("dataset")?,
        ad_id: None,
        consent: None,
        state: State::from_code(&state).unwrap_or(State::Failed),
        reason: reason.as_deref().and_then(Reason::from_code),
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        released: false,
        identity: None,
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    })
}
