//! The members of attempts, as the row of an attempt has them, and their bytes.

use std::collections::HashMap;

use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use crate::{
    AttemptId, Error,
    seal::Opener,
    sqlite::queue::{BODY, REPLY},
};

/// A place in the queue that an attempt took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct HeldPlace {
    /// 0 for one that had changed and did not leave: its bytes are passed over.
    #[serde(rename = "n")]
    pub(super) number: u64,
    #[serde(rename = "d")]
    pub(super) due_ms: i64,
    #[serde(rename = "t")]
    pub(super) tries: u32,
    /// Of its bytes.
    #[serde(rename = "l")]
    pub(super) length: usize,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(super) unknown_ms: Option<i64>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(super) carried: Option<String>,
}

/// The bytes that left in an attempt, by number.
pub(super) fn left_in(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    attempt: AttemptId,
) -> Result<HashMap<u64, String>, Error> {
    let row: Option<(String, Vec<u8>)> = connection
        .prepare_cached("SELECT members, body FROM activity_sent WHERE workspace = ? AND attempt = ?")?
        .query_row((workspace.0, attempt), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((members, sealed)) = row else { return Ok(HashMap::new()) };
    let held: Vec<HeldPlace> = serde_json::from_str(&members)?;
    let broken = || Error::corrupt(format!("the bytes of attempt {attempt}"));
    let bytes = String::from_utf8(opener.open(BODY, &sealed)?).map_err(|_| broken())?;
    let mut rest = bytes.as_str();
    let mut left = HashMap::with_capacity(held.len());
    for HeldPlace { number, length, .. } in held {
        let (own, behind) = rest.split_at_checked(length).ok_or_else(broken)?;
        rest = behind;
        // Of somebody who was erased nothing is left but its length.
        if number > 0 && !own.trim_ascii().is_empty() {
            left.insert(number, own.to_owned());
        }
    }
    Ok(left)
}

/// What left of an attempt and what Meta said: the bytes of each member, and the reply.
pub(in crate::sqlite) fn sent(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    attempt: AttemptId,
) -> Result<(HashMap<u64, String>, Option<String>), Error> {
    let reply: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT reply FROM activity_attempt WHERE workspace = ? AND attempt = ?")?
        .query_row((workspace.0, attempt), |row| row.get(0))
        .optional()?;
    let reply = reply.flatten().and_then(|sealed| opener.open_text(REPLY, &sealed));
    Ok((left_in(connection, opener, workspace, attempt).unwrap_or_default(), reply))
}
