//! The identity graph of activities: which identifiers were seen together, and what Meta can be told of each.

use kopru_core::{Contact, IDENTIFIER_LINKS_MAX, Identifier, MatchKey, Neighbour, Node, Trust, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use crate::{
    Error,
    seal::{Opener, Seal},
    sqlite::{
        clicks::{WHO_BYTES, who},
        writer::Txn,
    },
};

/// The context of sealed match keys.
const MATCH_KEY: &str = "match_key";
/// More than this many identifiers of one event are not joined: the first of them are.
const JOINED_MAX: usize = 8;
/// In the place of a match key's name: the node is a CRM's card, by its name there.
const CARD: &str = "card";

pub(in crate::sqlite) type NodeHash = [u8; WHO_BYTES];

/// Two identifiers that an activity names, in one direction.
pub(in crate::sqlite) struct Edge {
    a: NodeHash,
    b: NodeHash,
    trust: Trust,
    /// What Meta can be told of the second.
    match_key: Option<MatchKey>,
}

/// The same, ready to be written.
#[derive(Clone)]
pub(super) struct SealedEdge {
    a: NodeHash,
    b: NodeHash,
    trust: u8,
    match_key: Option<Vec<u8>>,
}

/// The identifiers of an activity, each with each other one. Of e-mail addresses and phones it is the hash by which
/// Meta matches that joins: all that comes of it is further keys of that kind.
pub(super) fn edges(identifiers: &[Identifier]) -> Vec<Edge> {
    let joined: Vec<(NodeHash, &Identifier)> = identifiers
        .iter()
        .filter(|identifier| identifier.node.is_matched_by_meta())
        .take(JOINED_MAX)
        .map(|identifier| (who(&identifier.node), identifier))
        .collect();
    let mut edges = Vec::with_capacity(joined.len() * joined.len().saturating_sub(1));
    for (a, from) in &joined {
        for (b, to) in joined.iter().filter(|(b, _)| b != a) {
            let trust = from.trust.min(to.trust);
            edges.push(Edge { a: *a, b: *b, trust, match_key: to.match_key.clone() });
        }
    }
    edges
}

/// Leaves those that are not known yet, or were not seen today. An identifier of too many joins nobody, so nothing
/// more is kept of it.
pub(super) fn unknown(
    connection: &Connection,
    workspace: WorkspaceId,
    edges: Vec<Edge>,
    today: i64,
) -> Result<Vec<Edge>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT b, seen_day FROM identity_edge WHERE workspace = ? AND a = ? ORDER BY b LIMIT ?",
    )?;
    let mut known: Option<(NodeHash, Vec<(NodeHash, i64)>)> = None;
    let mut unknown = Vec::new();
    for edge in edges {
        if known.as_ref().is_none_or(|(a, _)| *a != edge.a) {
            let rows = statement.query_map((workspace.0, edge.a, IDENTIFIER_LINKS_MAX + 1), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            known = Some((edge.a, rows.collect::<Result<_, _>>()?));
        }
        let near = known.as_ref().map_or(&[][..], |(_, near)| near.as_slice());
        let is_known = near.iter().any(|(b, seen_day)| *b == edge.b && *seen_day >= today);
        if !is_known && near.len() <= IDENTIFIER_LINKS_MAX {
            unknown.push(edge);
        }
    }
    Ok(unknown)
}

impl SealedEdge {
    pub(super) fn of(edge: &Edge, seal: &Seal) -> Result<Self, Error> {
        let Edge { a, b, trust, match_key } = edge;
        let sealed = |match_key: &MatchKey| -> Result<Vec<u8>, Error> {
            seal.seal(MATCH_KEY, &serde_json::to_vec(match_key)?)
        };
        Ok(Self { a: *a, b: *b, trust: trust.rank(), match_key: match_key.as_ref().map(sealed).transpose()? })
    }
}

pub(super) fn save(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    edges: &[SealedEdge],
    today: i64,
) -> Result<(), Error> {
    for SealedEdge { a, b, trust, match_key } in edges {
        txn.run(
            "INSERT INTO identity_edge (workspace, a, b, seen_day, trust, match_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (workspace, a, b) DO UPDATE SET
                seen_day = max(seen_day, ?4), trust = max(trust, ?5), match_key = coalesce(?6, match_key)",
            (workspace.0, a, b, today, trust, match_key),
        )?;
    }
    Ok(())
}

/// Most rows of one identifier that are looked at. Of one of too many nothing is added, but the CRM's cards among them
/// may refuse, and only cards come to it still.
const NEAR_MAX: usize = 4 * (IDENTIFIER_LINKS_MAX + 1);

/// What was seen together with an identifier; more than may be, where it is of too many.
pub(super) fn near(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    node: &NodeHash,
) -> Result<Vec<Neighbour<NodeHash>>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT b, trust, match_key FROM identity_edge WHERE workspace = ? AND a = ? ORDER BY b LIMIT ?",
    )?;
    let mut rows = statement.query((workspace.0, node, NEAR_MAX))?;
    let mut near = Vec::new();
    while let Some(row) = rows.next()? {
        let sealed = row.get_ref(2)?.as_blob_or_null().map_err(Error::corrupt)?;
        // What does not open tells nothing.
        let match_key = sealed.and_then(|sealed| opener.open(MATCH_KEY, sealed).ok());
        near.push(Neighbour {
            node: row.get(0)?,
            trust: Trust::from_rank(row.get(1)?).unwrap_or_default(),
            match_key: match_key.and_then(|match_key| serde_json::from_slice(&match_key).ok()),
            consent: None,
        });
        if let Some(Neighbour { match_key, consent, .. }) = near.last_mut()
            && let Some(card) = match_key.take_if(|key| key.key == CARD)
        {
            *consent = consent_of(connection, workspace, card.hashes.first())?;
        }
    }
    Ok(near)
}

/// What a CRM's card says about consent.
fn consent_of(
    connection: &Connection,
    workspace: WorkspaceId,
    card: Option<&String>,
) -> Result<Option<kopru_core::ConsentAnswer>, Error> {
    let state: Option<String> = connection
        .prepare_cached("SELECT state FROM contact WHERE workspace = ? AND node = ?")?
        .query_row((workspace.0, card), |row| row.get(0))
        .optional()?;
    let contact = state.and_then(|state| serde_json::from_str::<Contact>(&state).ok());
    Ok(contact.and_then(|contact| contact.consent))
}

/// What a CRM's card shows, ready to be written.
pub(in crate::sqlite) struct SealedCard {
    card: NodeHash,
    edges: Vec<SealedEdge>,
}

impl SealedCard {
    pub(in crate::sqlite) fn of(card: &Node, identifiers: &[Identifier], seal: &Seal) -> Result<Self, Error> {
        let hash = who(card);
        let named = MatchKey { key: CARD.to_owned(), hashes: vec![card.as_str().to_owned()] };
        let mut edges = Vec::with_capacity(2 * identifiers.len());
        for Identifier { node, trust, match_key } in identifiers.iter().take(JOINED_MAX) {
            let (trust, node) = (*trust, who(node));
            edges.push(Edge { a: hash, b: node, trust, match_key: match_key.clone() });
            edges.push(Edge { a: node, b: hash, trust, match_key: Some(named.clone()) });
        }
        let edges = edges.iter().map(|edge| SealedEdge::of(edge, seal)).collect::<Result<_, _>>()?;
        Ok(Self { card: hash, edges })
    }
}

/// Replaces what a CRM's card shows: what it shows no longer joins nobody any more.
pub(in crate::sqlite) fn save_card(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    card: &SealedCard,
    today: i64,
) -> Result<(), Error> {
    let known: Vec<NodeHash> = txn
        .connection()
        .prepare_cached("SELECT b FROM identity_edge WHERE workspace = ? AND a = ? ORDER BY b LIMIT ?")?
        .query_map((workspace.0, card.card, JOINED_MAX), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for gone in known.iter().filter(|known| card.edges.iter().all(|edge| edge.b != **known)) {
        for (a, b) in [(card.card, *gone), (*gone, card.card)] {
            txn.run(
                "DELETE FROM identity_edge WHERE workspace = ? AND a = ? AND b = ?",
                (workspace.0, a, b),
            )?;
        }
    }
    save(txn, workspace, &card.edges, today)
}

/// Forgets some of what was seen together with an identifier or card; returns how many others there were.
pub(in crate::sqlite) fn forget(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    node: &Node,
    limit: usize,
) -> Result<usize, Error> {
    let node = who(node);
    let others: Vec<NodeHash> = txn
        .connection()
        .prepare_cached("SELECT b FROM identity_edge WHERE workspace = ? AND a = ? LIMIT ?")?
        .query_map((workspace.0, node, limit), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for other in &others {
        remove(txn, workspace, &node, other)?;
    }
    Ok(others.len())
}

/// With its other direction: nobody finds half of it.
pub(in crate::sqlite) fn remove(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    one: &NodeHash,
    other: &NodeHash,
) -> Result<(), Error> {
    for (a, b) in [(other, one), (one, other)] {
        txn.run("DELETE FROM identity_edge WHERE workspace = ? AND a = ? AND b = ?", (workspace.0, a, b))?;
    }
    Ok(())
}

/// Two identifiers, and the day on which they were last seen together.
pub(in crate::sqlite) struct EdgeSeen {
    pub(in crate::sqlite) a: NodeHash,
    pub(in crate::sqlite) b: NodeHash,
    pub(in crate::sqlite) seen_day: i64,
}

/// Some of what was seen together, in its order, behind a place.
pub(in crate::sqlite) fn behind(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    (a, b): &(Vec<u8>, Vec<u8>),
    limit: usize,
) -> Result<Vec<EdgeSeen>, Error> {
    Ok(txn
        .connection()
        .prepare_cached(
            "SELECT a, b, seen_day FROM identity_edge
             WHERE workspace = ? AND (a, b) > (?, ?) ORDER BY a, b LIMIT ?",
        )?
        .query_map((workspace.0, a, b, limit), |row| {
            Ok(EdgeSeen { a: row.get(0)?, b: row.get(1)?, seen_day: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?)
}
