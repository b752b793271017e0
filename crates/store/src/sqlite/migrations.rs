//! The layout of the file: numbered migrations, each applied once and checked by its checksum from then on.

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::{DataKey, Error};

/// Says that a database is a store of Kopru: `KPRU`.
pub(super) const APPLICATION: i64 = 0x4B50_5255;

/// One step from a layout to the next. Never changed once it was released.
struct Migration {
    name: &'static str,
    sql: &'static str,
}

/// All of them; the place in the list is the number, from 1 on.
const ALL: &[Migration] = &[Migration { name: "first", sql: include_str!("migrations/0001-first.sql") }];

impl Migration {
    fn checksum(&self) -> String {
        capi::hex(&Sha256::digest(self.sql))
    }
}

/// The number of the newest layout.
pub(super) fn newest() -> i64 {
    ALL.len() as i64
}

/// Looks at the layout of a store, changing nothing.
///
/// # Errors
/// A store that this version cannot read, by name.
pub(super) fn inspect(connection: &Connection, key: &DataKey) -> Result<(), Error> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, layout) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, layout) {
        (0, 0) if tables == 0 => return Ok(()),
        (0, 1..) => return Err(Error::Older(layout)),
        // What has no number of a layout is no store, whatever stands in it.
        (APPLICATION, 1..) => {}
        _ => return Err(Error::NotAStore),
    }
    if layout > newest() {
        return Err(Error::Newer { found: layout, known: newest() });
    }
    let mut applied =
        connection.prepare("SELECT number, checksum FROM migration ORDER BY number").map_err(not_there)?;
    let mut rows = applied.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (number, checksum): (usize, String) = (row.get(0)?, row.get(1)?);
        let known = number.checked_sub(1).and_then(|place| ALL.get(place));
        if known.is_none_or(|known| known.checksum() != checksum) {
            return Err(Error::OtherLayout(number));
        }
        count += 1;
    }
    if count != layout {
        return Err(Error::NotAStore);
    }
    let wrapped_by: String = connection
        .query_row("SELECT value FROM meta WHERE key = 'data_key'", [], |row| row.get(0))
        .map_err(not_there)?;
    let given = key.fingerprint();
    if wrapped_by == given { Ok(()) } else { Err(Error::WrongKey { sealed_with: wrapped_by, given }) }
}

/// A file without the tables and rows that every store has is none.
fn not_there(error: rusqlite::Error) -> Error {
    use rusqlite::{Error as Failed, ErrorCode};
    match error {
        Failed::SqlInputError { .. } | Failed::QueryReturnedNoRows => Error::NotAStore,
        error if error.sqlite_error_code() == Some(ErrorCode::Unknown) => Error::NotAStore,
        other => other.into(),
    }
}

/// Applies what is missing, each step in a transaction of its own.
pub(super) fn apply(connection: &Connection, key: &DataKey) -> Result<(), Error> {
    let layout: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for (place, migration) in ALL.iter().enumerate().skip(usize::try_from(layout).unwrap_or(0)) {
        let number = place as i64 + 1;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        if number == 1 {
            connection.execute_batch(
                "CREATE TABLE migration (
                     number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
                 ) STRICT;",
            )?;
        }
        connection.execute_batch(migration.sql)?;
        connection.execute(
            "INSERT INTO migration (number, name, checksum) VALUES (?, ?, ?)",
            params![number, migration.name, migration.checksum()],
        )?;
        if number == 1 {
            connection
                .execute("INSERT INTO meta (key, value) VALUES ('data_key', ?)", [key.fingerprint()])?;
            connection.pragma_update(None, "application_id", APPLICATION)?;
        }
        connection.pragma_update(None, "user_version", number)?;
        connection.execute_batch("COMMIT")?;
    }
    Ok(())
}
