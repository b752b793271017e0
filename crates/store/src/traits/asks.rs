//! What asking upstreams needs: questions that are due, answers, and tokens.

use async_trait::async_trait;
use kopru_core::{Fact, Question, WorkspaceId};

use super::Wakes;
use crate::{Answered, AskDue, AuditRead, Error};

/// Open questions to upstreams. All changes of one call are one transaction, and durable when it returns.
#[async_trait]
pub trait AskStore: Wakes {
    /// Questions to an origin that are due, oldest first: at most `limit` of each kind, so that none hides
    /// another. One that is put off for more than an hour is due as well: a wrong clock has said so.
    async fn asks_due(
        &self,
        origin: &str,
        workspaces: &[WorkspaceId],
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<AskDue>, Error>;

    /// Keeps answers as facts and closes their questions, unless they were asked again meanwhile: those start
    /// over as new ones.
    async fn answer(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        answers: Vec<Answered>,
    ) -> Result<(), Error>;

    /// When the next question to an origin is due, Unix milliseconds.
    async fn next_ask_due(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<i64>, Error>;

    /// Puts questions off after a failed try, each until its own time.
    async fn postpone(
        &self,
        workspace: WorkspaceId,
        questions: Vec<(Question, i64)>,
        error: &str,
    ) -> Result<(), Error>;

    /// Ends questions that nobody has answered for as long as an answer could still be of use. The
    /// facts that wait for them are ignored as [`kopru_core::Reason::Unanswered`].
    async fn abandon(&self, workspace: WorkspaceId, questions: Vec<Question>) -> Result<(), Error>;

    /// Asks a question that no fact asked for, such as the names of stages at the start. One that is open
    /// already stays as it is.
    async fn ask(&self, workspace: WorkspaceId, question: Question, due_ms: i64) -> Result<(), Error>;

    /// From when on the audit log of an upstream is to be read, Unix seconds; `None` before the first reading.
    async fn audit_since(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<i64>, Error>;

    /// Keeps what an audit log said as facts, oldest first, and how far it was read.
    async fn keep_audit(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
        read: AuditRead,
    ) -> Result<(), Error>;

    /// Has the audit log of an upstream read once more from a time on, Unix seconds.
    async fn read_audit_again(&self, workspace: WorkspaceId, origin: &str, since_s: i64)
    -> Result<(), Error>;

    /// The access token of an upstream whose tokens change with use, as it was kept last; `None` if
    /// none was or it cannot be opened.
    async fn token(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<String>, Error>;

    /// Keeps an access token, sealed. Durable when this returns: the one before it may be of no use any
    /// more.
    async fn keep_token(&self, workspace: WorkspaceId, origin: &str, token: &str) -> Result<(), Error>;
}
