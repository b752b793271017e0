//! The audit log of an account, read for whoever wants to know what it holds, and kept nowhere.

use kopru_core::{AuditLog, AuditRow, RecordChange};
use sources::{AnswerMax, Failure, Page, Upstream};
use store::Clock;

use crate::{
    fetch::Fetching,
    host::{Host, Patience},
};

/// Most pages that are read, and most bytes of them.
const MAX: AnswerMax = AnswerMax { pages: 50, bytes: 64 * 1024 * 1024 };
/// Rows of a part.
const PART_ROWS: usize = 100;

/// How deals moved.
pub struct MovesRead {
    /// What happened first stands first.
    pub parts: Vec<AuditLog>,
    /// Whether the log holds more than was read: only the newest is here.
    pub has_more: bool,
}

/// How deals of an account moved since a time, Unix seconds. `None` if it keeps no log of that.
///
/// # Errors
/// There is no answer that can be read; it says whom that concerns.
pub async fn moves_since(
    host: &Host,
    upstream: &dyn Upstream,
    token: &str,
    since_s: i64,
    clock: &Clock,
) -> Result<Option<MovesRead>, Failure> {
    let Some(first) = upstream.audit_log(since_s, None) else { return Ok(None) };
    let fetching = Fetching { host, upstream, token, patience: Patience::PART, clock };
    let mut next = Some(first);
    let (mut rows, mut bytes_left): (Vec<AuditRow>, usize) = (Vec::new(), MAX.bytes);
    for _ in 0..MAX.pages {
        let Some(call) = next.take() else { break };
        let (status, body) = fetching.page(&call, bytes_left).await?;
        bytes_left = bytes_left.saturating_sub(body.len());
        let page = Page { status, body: &body };
        let entries = upstream.audit_entries(&page).map_err(|_| Failure::NOT_UNDERSTOOD)?;
        rows.extend(entries.into_iter().map(|entry| entry.row));
        next = upstream.next(&call, &body).map_err(|_| Failure::NOT_UNDERSTOOD)?;
        next = next.filter(|next| *next != call);
    }
    // Newest first, as they came; within a second the later one stands first as well.
    rows.reverse();
    rows.sort_by_key(|row| row.at_s);
    rows.retain(|row| matches!(row.change, RecordChange::Moved { .. }));
    let origin = upstream.origin().to_owned();
    let part = |rows: &[AuditRow]| AuditLog { origin: origin.clone(), rows: rows.to_vec() };
    Ok(Some(MovesRead { parts: rows.chunks(PART_ROWS).map(part).collect(), has_more: next.is_some() }))
}
