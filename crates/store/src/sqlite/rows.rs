//! Rows of conversions: how they are written out and read back.

use kopru_core::{Conversion, Sent, WorkspaceId};
use rusqlite::Row;

use super::writer::Txn;
use crate::{Error, seal::Seal};

/// A statement whose rows [`read_conversion`] reads: further columns, the index, and which rows.
macro_rules! select_conversions {
    ($further:literal, $index:literal, $which:literal) => {
        concat!(
            "SELECT c.record, c.state, c.reason, c.identity, c.unknown_ms,
                c.attempts + coalesce(d.attempts, 0) AS attempts, d.attempt, d.due_ms",
            $further,
            " FROM conversion c ",
            $index,
            " LEFT JOIN due d ON d.workspace = c.workspace AND d.number = c.number ",
            $which
        )
    };
}
pub(crate) use select_conversions;

/// The context of a sealed identity.
pub(crate) const IDENTITY: &str = "identity";

/// One conversion.
pub(super) const BY_NUMBER: &str = select_conversions!("", "", "WHERE c.workspace = ? AND c.number = ?");

/// One conversion by its id.
pub(super) const BY_EVENT_ID: &str = select_conversions!("", "", "WHERE c.workspace = ? AND c.event_id = ?");

/// A conversion as it is stored.
pub(super) struct SealedConversion {
    /// As JSON, without its identity.
    pub(super) record: String,
    /// Sealed.
    pub(super) identity: Option<Vec<u8>>,
    pub(super) cause: String,
    pub(super) route: String,
}

impl SealedConversion {
    pub(super) fn of(conversion: &Conversion, seal: &Seal) -> Result<Self, Error> {
        let sealed = conversion
            .identity
            .as_ref()
            .map(|identity| -> Result<_, Error> { seal.seal(IDENTITY, &serde_json::to_vec(identity)?) });
        Ok(Self {
            record: serde_json::to_string(conversion)?,
            identity: sealed.transpose()?,
            cause: conversion.cause.key(),
            route: conversion.route.to_string(),
        })
    }
}

/// Reads a conversion from its record and the columns that say how far it is.
pub(crate) fn read_conversion(row: &Row<'_>, seal: &Seal) -> Result<Conversion, Error> {
    let mut conversion: Conversion = json_column(row, 0)?;
    let state: String = row.get(1)?;
    conversion.state = kopru_core::State::from_code(&state)
        .ok_or_else(|| Error::corrupt(format!("conversion state {state}")))?;
    conversion.stored = Some(conversion.state);
    let reason: Option<String> = row.get(2)?;
    conversion.reason = reason.as_deref().and_then(kopru_core::Reason::from_code);
    if let Some(sealed) = row.get_ref(3)?.as_blob_or_null().map_err(Error::corrupt)? {
        conversion.identity = Some(serde_json::from_slice(&seal.open(IDENTITY, sealed)?)?);
    }
    let unknown_ms: Option<i64> = row.get(4)?;
    let held: Option<u64> = row.get(6)?;
    conversion.sent = sent(unknown_ms.is_some(), held.is_some(), row.get(5)?);
    if let Some(due_ms) = row.get(7)? {
        conversion.due_ms = Some(due_ms);
    }
    Ok(conversion)
}

/// What the columns say has left of a conversion.
fn sent(unknown: bool, held: bool, attempts: u32) -> Sent {
    match (unknown, held) {
        (true, true) => Sent::UnknownUnderWay,
        (true, false) => Sent::Unknown,
        (false, true) => Sent::UnderWay,
        (false, false) if attempts > 0 => Sent::NotTaken,
        (false, false) => Sent::Never,
    }
}

/// A conversion as it is now.
pub(super) fn by_number(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
) -> Result<Option<Conversion>, Error> {
    let mut statement = txn.connection().prepare_cached(BY_NUMBER)?;
    let mut rows = statement.query((workspace.0, number))?;
    rows.next()?.map(|row| read_conversion(row, txn.seal)).transpose()
}

/// Reads a column that holds JSON.
pub(crate) fn json_column<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Error> {
    let text: String = row.get(column)?;
    Ok(serde_json::from_str(&text)?)
}
