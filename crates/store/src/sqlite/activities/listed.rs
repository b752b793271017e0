//! Activities as people see them, beside conversions that decisions made.

use std::collections::{HashMap, hash_map::Entry};

use kopru_core::{APPEND_VALUE, Carried, Identity, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    appended, body,
    members::sent,
    rows::{activity_columns, read_standing, select_standing},
};
use crate::{AttemptId, Error, seal::Opener, views::Listed};

/// Newest first, below a number.
pub(in crate::sqlite) const BELOW: &str = select_standing!(
    ", a.attempt, a.may_count_twice, a.settled_ms, a.carried",
    "FROM activity a WHERE a.workspace = ?1 AND a.number < ?2 ORDER BY a.number DESC LIMIT ?3"
);

/// One of them.
pub(in crate::sqlite) const BY_NUMBER: &str = select_standing!(
    ", a.attempt, a.may_count_twice, a.settled_ms, a.carried",
    "FROM activity a WHERE a.workspace = ?1 AND a.number = ?2"
);

/// What left in attempts and what Meta said, each read once for a page.
#[derive(Default)]
pub(in crate::sqlite) struct SentOfPage(HashMap<AttemptId, (HashMap<u64, String>, Option<String>)>);

/// A row as people see it.
pub(in crate::sqlite) fn listed(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    row: &Row<'_>,
    page: &mut SentOfPage,
) -> Result<Listed, Error> {
    let number = row.get("number")?;
    let mut conversion = read_standing(row)?;
    let is_under_way = conversion.sent.is_under_way();
    let kept: Option<Vec<u8>> = connection
        .prepare_cached("SELECT body FROM activity_body WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, number), |row| row.get(0))
        .optional()?;
    // What cannot be opened is shown without it.
    let event = kept.and_then(|sealed| body::read(opener, &sealed).ok());
    conversion.identity = event.map(|(event, _)| Identity::Activity(Box::new(event)));
    let attempt: Option<AttemptId> = row.get("attempt")?;
    let (body, reply) = match attempt {
        None => (None, None),
        Some(attempt) => {
            if let Entry::Vacant(place) = page.0.entry(attempt) {
                place.insert(sent(connection, opener, workspace, attempt)?);
            }
            let (bodies, reply) = page
                .0
                .get(&attempt)
                .map_or((None, None), |(bodies, reply)| (bodies.get(&number).cloned(), reply.clone()));
            // What it said of somebody who was erased went with them.
            (bodies.clone(), reply.filter(|_| bodies.is_some()))
        }
    };
    let carried: String = row.get("carried")?;
    let is_appended = conversion.name == APPEND_VALUE;
    let appends = if is_appended { appended::to_what(connection, workspace, number)? } else { None };
    let appends = appends.map(Box::new);
    Ok(Listed {
        added: Carried::added_of_stored(&carried),
        appends,
        number,
        conversion,
        reply,
        attempts: row.get::<_, u32>("attempts")? + u32::from(is_under_way),
        may_count_twice: row.get("may_count_twice")?,
        body,
        settled_ms: row.get("settled_ms")?,
    })
}

/// Those of these numbers that are there, as people see them.
pub(in crate::sqlite) fn of_numbers(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    numbers: &[u64],
) -> Result<Vec<Listed>, Error> {
    let mut statement = connection.prepare_cached(BY_NUMBER)?;
    let (mut all, mut page) = (Vec::with_capacity(numbers.len()), SentOfPage::default());
    for number in numbers {
        let mut rows = statement.query((workspace.0, number))?;
        if let Some(row) = rows.next()? {
            all.push(listed(connection, opener, workspace, row, &mut page)?);
        }
    }
    Ok(all)
}
