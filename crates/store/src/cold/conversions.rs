//! The newest conversions.

use kopru_core::{Conversion, DealKey, Reason, State, WorkspaceId};
use rusqlite::{Connection, Row};

use super::Listed;
use crate::{
    Error,
    seal::Seal,
    sqlite::{queue::REPLY, state::json_column},
};

pub(super) fn newest(
    connection: &Connection,
    seal: &Seal,
    workspace: WorkspaceId,
    below: Option<u64>,
    limit: usize,
) -> Result<Vec<Listed>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT record, state, number, reason, body, reply, attempts, may_count_twice, settled_ms,
                event_id, origin, deal, event, event_s, dataset, value, currency
         FROM conversion WHERE workspace = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3",
    )?;
    let below = below.map_or(i64::MAX, |below| i64::try_from(below).unwrap_or(i64::MAX));
    let mut rows = statement.query((workspace.0, below, limit))?;
    let mut listed = Vec::new();
    while let Some(row) = rows.next()? {
        let state: String = row.get(1)?;
        let reason: Option<String> = row.get(3)?;
        let sealed = |column, context| -> Result<Option<String>, Error> {
            let sealed: Option<Vec<u8>> = row.get(column)?;
            Ok(sealed.and_then(|sealed| seal.open_text(context, &sealed)))
        };
        let mut conversion = match json_column(row, 0) {
            Ok(conversion) => conversion,
            Err(_) => from_columns(row)?,
        };
        conversion.state = State::from_code(&state).unwrap_or(State::Failed);
        conversion.reason = reason.as_deref().and_then(Reason::from_code);
        conversion.body = sealed(4, "conversion")?;
        listed.push(Listed {
            number: row.get(2)?,
            conversion,
            reply: sealed(5, REPLY)?,
            attempts: row.get(6)?,
            may_count_twice: row.get(7)?,
            settled_ms: row.get(8)?,
        });
    }
    Ok(listed)
}

/// What is known of a conversion whose record cannot be read.
fn from_columns(row: &Row<'_>) -> Result<Conversion, Error> {
    let event: String = row.get(12)?;
    let value: Option<String> = row.get(15)?;
    let value = value.and_then(|value| value.parse().ok());
    Ok(Conversion {
        event_id: row.get(9)?,
        name: event.clone(),
        event,
        rule: String::new(),
        deal: DealKey { origin: row.get(10)?, id: row.get(11)? },
        event_s: row.get(13)?,
        received_ms: 0,
        with_value: value.is_some(),
        value,
        currency: row.get(16)?,
        dataset: row.get(14)?,
        ad_id: None,
        state: State::Failed,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        body: None,
        detail: None,
    })
}
