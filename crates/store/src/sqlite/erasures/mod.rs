//! Erasing a person: marks first, then everything that names them, in steps of one short transaction each.
//!
//! How far it is stands in the same transactions, so that an erasure that was interrupted goes on from there.
//! Who it is about stands in the journal.

mod activities;
mod by_click;
mod conversions;
mod known;
mod log;
mod missing;
mod replay;
mod workspace;

use std::{
    collections::{BTreeSet, HashSet},
    sync::OnceLock,
};

use kopru_core::{DealKey, Identity, Node, Question, Reason, Seq, WorkspaceId};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::{chats, clicks, former, marks, writer::Txn};
use crate::{Error, Removed};

pub(super) use by_click::events as events_by_click;
pub(super) use known::{FoundPerson, contacts_of, nodes_of, person};
pub(super) use log::blank;
pub(super) use replay::replay;
pub(super) use workspace::{begin as begin_workspace, step as workspace_step};

/// How many rows one step removes or looks at.
pub(super) const ROWS_PER_STEP: usize = 256;
/// How many deals one step goes through: each has a few conversions.
const DEALS_PER_STEP: usize = 32;

/// What is removed next. All but the log, the events by click and the activities is gone through node by node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ErasurePart {
    #[default]
    Questions,
    Conversions,
    /// Before the clicks themselves, which say whose they are.
    EventsByClick,
    Activities,
    /// The bytes of those activities, in whatever attempt they left.
    ActivityAttempts,
    Links,
    Contacts,
    Clicks,
    /// What was added to activities that do not name the person themselves.
    Enriched,
    Log,
}

/// How far an erasure is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ErasurePlace {
    part: ErasurePart,
    /// Which of the nodes is next.
    node: usize,
    /// The last deal of that node.
    after_deal: Option<DealKey>,
    /// The last event whose click was looked at.
    after_event: u64,
    /// The last activity that was looked at.
    after_activity: u64,
    /// The last attempt that was looked at for what was added.
    after_enriched: u64,
    /// Those of the activities that have left, whose bytes are to be blanked; the last attempt that was looked at for
    /// that, and what comes afterwards.
    left: BTreeSet<u64>,
    after_attempt: u64,
    blanked: ErasurePart,
    /// The last fact that was looked at, and the last there was when it began: of later ones nothing is learnt.
    seq: Seq,
    upto: Seq,
    removed: Removed,
}

/// An erasure under way.
#[derive(Debug, Clone)]
pub(super) struct Erasing {
    pub(super) workspace: WorkspaceId,
    pub(super) number: u64,
    pub(super) at_ms: i64,
    pub(super) nodes: Vec<Node>,
    /// Their clicks, as events name them, once they have been looked up.
    pub(super) clicks: OnceLock<HashSet<Identity>>,
}

/// Writes the marks; from now on nothing is learnt of them.
pub(super) fn begin(txn: &Txn<'_>, erasing: &Erasing, marked: &[marks::Mark]) -> Result<(), Error> {
    let Erasing { workspace, number, at_ms, .. } = erasing;
    for mark in marked {
        txn.run(
            "INSERT OR REPLACE INTO erased (workspace, mark, erasure) VALUES (?, ?, ?)",
            (workspace.0, mark, number),
        )?;
    }
    let upto: Option<Seq> = txn
        .connection()
        .prepare_cached("SELECT seq FROM fact WHERE workspace = ? ORDER BY seq DESC LIMIT 1")?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?;
    let place = ErasurePlace { upto: upto.unwrap_or(0), ..ErasurePlace::default() };
    txn.run(
        "INSERT OR REPLACE INTO erasure (workspace, number, at_ms, place) VALUES (?, ?, ?, ?)",
        (workspace.0, number, at_ms, serde_json::to_string(&place)?),
    )?;
    Ok(())
}

/// How far an erasure is; `None` if it is done.
pub(super) fn place(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
) -> Result<Option<ErasurePlace>, Error> {
    let place: Option<Option<String>> = txn
        .connection()
        .prepare_cached("SELECT place FROM erasure WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, number), |row| row.get(0))
        .optional()?;
    // What cannot be read begins anew: what is removed already is not found again.
    Ok(place.flatten().map(|place| serde_json::from_str(&place).unwrap_or_default()))
}

/// Does a step; returns what was removed in all once there is nothing left.
pub(super) fn step(txn: &mut Txn<'_>, erasing: &Erasing) -> Result<Option<Removed>, Error> {
    let Some(mut place) = place(txn, erasing.workspace, erasing.number)? else {
        return Ok(Some(Removed::default()));
    };
    let is_done = remove(txn, erasing, &mut place)?;
    let kept = (!is_done).then(|| serde_json::to_string(&place)).transpose()?;
    txn.run(
        "UPDATE erasure SET place = ?3 WHERE workspace = ?1 AND number = ?2",
        (erasing.workspace.0, erasing.number, kept),
    )?;
    Ok(is_done.then_some(place.removed))
}

/// Removes some rows and moves the place on; returns whether that was all.
fn remove(txn: &mut Txn<'_>, erasing: &Erasing, place: &mut ErasurePlace) -> Result<bool, Error> {
    let workspace = erasing.workspace;
    match place.part {
        ErasurePart::Log => return log::step(txn, erasing, place),
        ErasurePart::EventsByClick => {
            if by_click::step(txn, erasing, place)? {
                place.part = ErasurePart::Activities;
            }
            return Ok(false);
        }
        ErasurePart::Activities => return activities::step(txn, erasing, place).map(|()| false),
        ErasurePart::Enriched => return activities::enriched(txn, erasing, place).map(|()| false),
        ErasurePart::ActivityAttempts => {
            return activities::blank(txn, erasing, place).map(|()| false);
        }
        _ => {}
    }
    let Some(node) = erasing.nodes.get(place.node) else {
        place.node = 0;
        place.part = match place.part {
            ErasurePart::Questions => ErasurePart::Conversions,
            ErasurePart::Conversions => ErasurePart::EventsByClick,
            ErasurePart::EventsByClick => ErasurePart::Activities,
            ErasurePart::Activities | ErasurePart::ActivityAttempts => ErasurePart::Links,
            ErasurePart::Links => ErasurePart::Contacts,
            ErasurePart::Contacts => ErasurePart::Clicks,
            ErasurePart::Clicks => ErasurePart::Enriched,
            ErasurePart::Enriched | ErasurePart::Log => ErasurePart::Log,
        };
        return Ok(false);
    };
    let is_whole = match place.part {
        ErasurePart::Questions => questions(txn, workspace, node, &mut place.removed)?,
        ErasurePart::Conversions => conversions::step(txn, erasing, node, place)?,
        ErasurePart::Links => links(txn, workspace, node, &mut place.removed)?,
        ErasurePart::Contacts => contact(txn, workspace, node, &mut place.removed)?,
        ErasurePart::Clicks
        | ErasurePart::EventsByClick
        | ErasurePart::Activities
        | ErasurePart::ActivityAttempts
        | ErasurePart::Enriched
        | ErasurePart::Log => {
            chats::remove(txn, workspace, node)?;
            let removed = clicks::remove(txn, workspace, node, ROWS_PER_STEP)?;
            place.removed.clicks += removed as u64;
            removed < ROWS_PER_STEP
        }
    };
    if is_whole {
        place.node += 1;
    }
    Ok(false)
}

/// Ends the question about a contact, and the facts that wait for its answer.
fn questions(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    node: &Node,
    removed: &mut Removed,
) -> Result<bool, Error> {
    let Some((origin, id)) = node.contact_parts() else { return Ok(true) };
    let question = Question::Contact { origin: origin.to_owned(), id: id.to_owned() }.key();
    let asked = txn.run("DELETE FROM ask WHERE workspace = ? AND question = ?", (workspace.0, &question))?;
    removed.questions += asked as u64;
    let waiting: Vec<Seq> = txn
        .connection()
        .prepare_cached(
            "SELECT seq FROM fact_end INDEXED BY fact_waiting WHERE workspace = ? AND waits_on = ? LIMIT ?",
        )?
        .query_map((workspace.0, &question, ROWS_PER_STEP), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for seq in &waiting {
        log::end(txn, workspace, *seq)?;
        removed.facts += u64::from(blank(txn, workspace, *seq)?);
    }
    Ok(waiting.len() < ROWS_PER_STEP)
}

fn links(txn: &Txn<'_>, workspace: WorkspaceId, node: &Node, removed: &mut Removed) -> Result<bool, Error> {
    let others: Vec<String> = txn
        .connection()
        .prepare_cached("SELECT b FROM link WHERE workspace = ? AND a = ? LIMIT ?")?
        .query_map((workspace.0, node.as_str(), ROWS_PER_STEP), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for other in &others {
        for (a, b) in [(node.as_str(), other.as_str()), (other, node.as_str())] {
            txn.run("DELETE FROM link WHERE workspace = ? AND a = ? AND b = ?", (workspace.0, a, b))?;
        }
    }
    removed.links += others.len() as u64;
    let had_once = former::forget(txn, workspace, node, ROWS_PER_STEP)?;
    let seen_together = super::activities::forget_edges(txn, workspace, node, ROWS_PER_STEP)?;
    removed.links += seen_together as u64;
    let imported = super::imported::forget(txn, workspace, node, ROWS_PER_STEP)?;
    Ok(others.len().max(had_once).max(seen_together).max(imported) < ROWS_PER_STEP)
}

fn contact(txn: &Txn<'_>, workspace: WorkspaceId, node: &Node, removed: &mut Removed) -> Result<bool, Error> {
    let key = (workspace.0, node.as_str());
    removed.contacts += txn.run("DELETE FROM contact WHERE workspace = ? AND node = ?", key)? as u64;
    txn.run("DELETE FROM sweep WHERE workspace = ? AND contact = ?", key)?;
    Ok(true)
}

/// Ends an erasure of which nobody can say any more who it was about: the marks are all there is.
fn give_up(txn: &Txn<'_>, erasing: &Erasing) -> Result<(), Error> {
    txn.run(
        "UPDATE erasure SET place = NULL WHERE workspace = ? AND number = ?",
        (erasing.workspace.0, erasing.number),
    )?;
    Ok(())
}

/// Takes marks away that were made up to an erasure.
pub(super) fn lift(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    marked: &[Vec<u8>],
    upto: u64,
) -> Result<usize, Error> {
    let mut lifted = 0;
    for mark in marked {
        lifted += txn.run(
            "DELETE FROM erased WHERE workspace = ? AND mark = ? AND erasure <= ?",
            (workspace.0, mark, upto),
        )?;
    }
    Ok(lifted)
}

/// Counts facts that end because their person was erased, and no more where they were.
fn count_end(txn: &mut Txn<'_>, workspace: WorkspaceId, was: &'static str) {
    txn.count(workspace, was, -1);
    txn.count(workspace, "fact.ignored", 1);
    txn.count(workspace, format!("ignored.{}", Reason::Erased.code()), 1);
}
