//! Rows of conversions: how they are written out and read back.

use kopru_core::{Cause, Conversion, Reason, Sent, State, WorkspaceId};
use rusqlite::Row;

use super::writer::Txn;
use crate::{
    Error,
    outcomes::{Dimensions, Standing},
    seal::{Opener, Seal},
};

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
    pub(super) identity: SealedIdentity,
    pub(super) cause: String,
    pub(super) route: String,
}

/// What becomes of a stored identity.
pub(super) enum SealedIdentity {
    /// It is this one, or none.
    Is(Option<Vec<u8>>),
    /// It stays as it is.
    Stays,
}

impl SealedIdentity {
    /// What is written, unless it stays.
    pub(super) fn is(&self) -> Option<&[u8]> {
        match self {
            Self::Is(sealed) => sealed.as_deref(),
            Self::Stays => None,
        }
    }
}

impl SealedConversion {
    pub(super) fn of(conversion: &Conversion, seal: &Seal) -> Result<Self, Error> {
        let sealed = conversion
            .identity
            .as_ref()
            .map(|identity| -> Result<_, Error> { seal.seal(IDENTITY, &serde_json::to_vec(identity)?) });
        Self::written(conversion, SealedIdentity::Is(sealed.transpose()?))
    }

    /// What has changed in all but its identity.
    pub(super) fn with_its_identity(conversion: &Conversion) -> Result<Self, Error> {
        Self::written(conversion, SealedIdentity::Stays)
    }

    fn written(conversion: &Conversion, identity: SealedIdentity) -> Result<Self, Error> {
        Ok(Self {
            record: serde_json::to_string(conversion)?,
            identity,
            cause: conversion.cause.key(),
            route: conversion.route.to_string(),
        })
    }
}

/// Reads a conversion from its record and the columns that say how far it is.
pub(crate) fn read_conversion(row: &Row<'_>, opener: &Opener) -> Result<Conversion, Error> {
    let mut conversion: Conversion = json_column(row, 0)?;
    let state: String = row.get(1)?;
    conversion.state =
        State::from_code(&state).ok_or_else(|| Error::corrupt(format!("conversion state {state}")))?;
    conversion.stored = Some(conversion.state);
    let reason: Option<String> = row.get(2)?;
    conversion.reason = reason.as_deref().and_then(Reason::from_code);
    if let Some(sealed) = row.get_ref(3)?.as_blob_or_null().map_err(Error::corrupt)? {
        conversion.identity = Some(serde_json::from_slice(&opener.open(IDENTITY, sealed)?)?);
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
    let keys = txn.keys(workspace)?;
    rows.next()?.map(|row| read_conversion(row, keys.opener())).transpose()
}

/// Where a conversion stands, by the columns that say so.
pub(super) fn standing(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<Standing, Error> {
    let mut statement = txn.connection().prepare_cached(
        "SELECT event, name, rule, event_s, cause, state, reason, dataset, route, ad, value, currency FROM conversion
         WHERE workspace = ? AND number = ?",
    )?;
    let mut rows = statement.query((workspace.0, number))?;
    let row = rows.next()?.ok_or_else(|| Error::corrupt(format!("conversion {number} is not there")))?;
    let (cause, state): (String, String) = (row.get("cause")?, row.get("state")?);
    let text = |column| row.get::<_, Option<String>>(column);
    let amount = text("value")?.and_then(|value| value.parse().ok());
    let place = Dimensions {
        dataset: text("dataset")?.unwrap_or_default(),
        name: row.get("name")?,
        route: row.get("route")?,
        source: Cause::from_key(&cause).map(|cause| cause.origin().to_owned()).unwrap_or_default(),
        ad: text("ad")?.unwrap_or_default(),
        state: State::from_code(&state)
            .ok_or_else(|| Error::corrupt(format!("the state of conversion {number}")))?,
        reason: text("reason")?.as_deref().and_then(Reason::from_code),
        currency: text("currency")?.filter(|_| amount.is_some()).unwrap_or_default(),
    };
    let (event, rule, event_s) = (row.get("event")?, row.get("rule")?, row.get("event_s")?);
    Ok(Standing { event, rule, place, event_s, amount })
}

/// Reads a column that holds JSON.
pub(crate) fn json_column<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Error> {
    let text: String = row.get(column)?;
    Ok(serde_json::from_str(&text)?)
}
