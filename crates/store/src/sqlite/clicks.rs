//! Clicks: kept in the order in which they came, and found by whoever clicked.

use kopru_core::{Click, ExpiredClick, Node, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::writer::Txn;
use crate::{
    Error,
    bounds::CLICKS_MAX,
    seal::{Opener, Seal},
};

/// Bytes by which an identifier is found.
pub(super) const WHO_BYTES: usize = 16;

/// A click, ready to be written.
pub(super) struct SealedClick {
    who: Vec<[u8; WHO_BYTES]>,
    message: i64,
    at_s: i64,
    ad: Option<String>,
    body: Vec<u8>,
}

impl SealedClick {
    pub(super) fn of(click: &Click, seal: &Seal) -> Result<Self, Error> {
        Ok(Self {
            who: click.who.iter().map(who).collect(),
            message: i64::from_be_bytes(first(click.message.as_bytes())),
            at_s: click.at_s,
            ad: click.ad_id.clone(),
            body: seal.seal("click", &serde_json::to_vec(click)?)?,
        })
    }
}

/// By what an identifier is found.
pub(super) fn who(node: &Node) -> [u8; WHO_BYTES] {
    first(node.as_str().as_bytes())
}

fn first<const N: usize>(text: &[u8]) -> [u8; N] {
    let hash = Sha256::digest(text);
    std::array::from_fn(|at| hash[at])
}

/// Keeps a click. The same message under the same identifier is the same click.
pub(super) fn save(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    click: &SealedClick,
    received_ms: i64,
) -> Result<(), Error> {
    let SealedClick { who, message, at_s, ad, body } = click;
    let number = txn.next("click", "number", workspace)?;
    let mut kept = 0;
    for who in who {
        kept += txn.run(
            "INSERT OR IGNORE INTO click_of (workspace, who, at_s, message, number) VALUES (?, ?, ?, ?, ?)",
            (workspace.0, who, at_s, message, number),
        )?;
    }
    if kept > 0 {
        txn.run(
            "INSERT INTO click (workspace, number, received_ms, ad, who, body) VALUES (?, ?, ?, ?, ?, ?)",
            (workspace.0, number, received_ms, ad, who.concat(), body),
        )?;
        txn.count(workspace, "click.kept", 1);
    }
    Ok(())
}

/// Removes some clicks of an identifier, for all whom they name; returns how many. Their rows stay, empty:
/// no number is given out twice.
pub(super) fn remove(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    node: &Node,
    limit: usize,
) -> Result<usize, Error> {
    let numbers: Vec<u64> = txn
        .connection()
        .prepare_cached("SELECT number FROM click_of WHERE workspace = ? AND who = ? LIMIT ?")?
        .query_map((workspace.0, who(node), limit), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for number in &numbers {
        let named: Option<Vec<u8>> = txn
            .connection()
            .prepare_cached("SELECT who FROM click WHERE workspace = ? AND number = ?")?
            .query_row((workspace.0, number), |row| row.get(0))
            .optional()?;
        let named = named.unwrap_or_default();
        for who in named.chunks(WHO_BYTES).chain([who(node).as_slice()]) {
            txn.run(
                "DELETE FROM click_of WHERE workspace = ? AND who = ? AND number = ?",
                (workspace.0, who, number),
            )?;
        }
        txn.run(
            "UPDATE click SET ad = NULL, who = x'', body = NULL WHERE workspace = ? AND number = ?",
            (workspace.0, number),
        )?;
    }
    Ok(numbers.len())
}

/// A click as it is kept.
pub(super) struct KeptClick {
    pub(super) number: u64,
    pub(super) at_s: i64,
    pub(super) ad: Option<String>,
    /// `None` once it has expired, or where it cannot be read.
    pub(super) click: Option<Click>,
}

/// All clicks of an identifier, expired or not, in no order.
pub(super) fn kept(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    node: &Node,
) -> Result<Vec<KeptClick>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT click.number, click_of.at_s, click.ad, click.body FROM click_of
         JOIN click ON click.workspace = click_of.workspace AND click.number = click_of.number
         WHERE click_of.workspace = ? AND click_of.who = ?",
    )?;
    let kept = statement.query_map((workspace.0, who(node)), |row| {
        let body = row.get_ref(3)?.as_blob_or_null()?;
        let opened = body.and_then(|body| opener.open("click", body).ok());
        let click = opened.and_then(|click| serde_json::from_slice(&click).ok());
        Ok(KeptClick { number: row.get(0)?, at_s: row.get(1)?, ad: row.get(2)?, click })
    })?;
    Ok(kept.collect::<Result<_, _>>()?)
}

/// The clicks of an identifier, newest first, and what is left of those that have expired.
pub(super) fn of(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    node: &Node,
) -> Result<(Vec<Click>, Vec<ExpiredClick>), Error> {
    let mut statement = connection.prepare_cached(
        "SELECT click.body, click.ad, click_of.at_s FROM click_of
         JOIN click ON click.workspace = click_of.workspace AND click.number = click_of.number
         WHERE click_of.workspace = ? AND click_of.who = ?
         ORDER BY click_of.at_s DESC, click_of.message LIMIT ?",
    )?;
    let mut rows = statement.query((workspace.0, who(node), CLICKS_MAX))?;
    let (mut clicks, mut expired) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        match row.get_ref(0)?.as_blob_or_null().map_err(Error::corrupt)? {
            Some(body) => clicks.push(serde_json::from_slice(&opener.open("click", body)?)?),
            None => expired.push(ExpiredClick { ad_id: row.get(1)?, at_s: row.get(2)? }),
        }
    }
    Ok((clicks, expired))
}
