//! The hot path: everything between an acknowledged webhook and Meta's answer, behind one trait.

use std::future::Future;

use kopru_core::{
    Adopted, Conversion, DealKey, Decision, Effect, Fact, History, Incoming, Node, Question, Revisit,
    RevisitPlace, RevisitStep, Seq, WorkingSet, WorkspaceId,
};

use crate::{
    Error, Wakeups,
    queued::{AttemptId, Claimed, LaneKey, Member, OpenAttempt, OutcomeOf, Pause, PauseScope},
};

/// How many conversions or deals one step of a revisit reads at most. More ids than this cannot be meant in
/// one.
pub const REVISIT_ROWS: usize = 256;

/// The right to decide and deliver a workspace. A store refuses whoever holds an older fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Rises with every lease of this workspace.
    pub fence: u64,
}

/// What is to be decided next, with the state that it touches.
#[derive(Debug, Default)]
pub struct Work {
    /// Facts, oldest first.
    pub facts: Vec<Incoming>,
    /// Conversions that have waited as long as they could.
    pub expired: Vec<Conversion>,
    /// A step of a sweep, if there is one to do.
    pub sweep: Option<Sweep>,
    /// A step of a revisit, if there is one to do.
    pub revisit: Option<RevisitStep>,
    /// The state around the facts, around the step, and around what has expired only for want of a
    /// clock.
    pub state: WorkingSet,
    /// What was taken but cannot be read back: it is not among the facts.
    pub unreadable: Vec<SetAside>,
    /// When the next conversion will have waited as long as it can, Unix milliseconds.
    pub next_deadline_ms: Option<i64>,
}

/// A fact that cannot be opened, read or applied. It keeps its place in the log and can be tried
/// again; the facts beside it go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its place in the log.
    pub seq: Seq,
    /// What went wrong, for a person. Holds nothing of the fact.
    pub why: String,
}

/// A step on the way through the deals of a contact that has more of them than one turn can hold. The
/// way begins with [`Effect::Sweep`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// Whose deals.
    pub contact: Node,
    /// The deals of this step.
    pub deals: Vec<DealKey>,
    /// Where the next step begins: behind this deal. `None` when this is the last one.
    pub after: Option<DealKey>,
}

/// What was decided about a [`Work`].
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Decided {
    /// One decision for each fact.
    pub decisions: Vec<Decision>,
    /// Facts that could not be decided.
    pub set_aside: Vec<SetAside>,
    /// The expired conversions as they ended.
    pub expired: Vec<Conversion>,
    /// The step that was done, with what it changes.
    pub swept: Option<(Sweep, Vec<Effect>)>,
    /// The step of a revisit that was done, with what it changes.
    pub revisited: Option<(RevisitStep, Vec<Effect>)>,
    /// When it was decided, Unix milliseconds.
    pub now_ms: i64,
}

/// A question that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskDue {
    /// Whose question it is.
    pub workspace: WorkspaceId,
    /// What is asked.
    pub question: Question,
    /// The newest fact that wants the answer.
    pub upto: Seq,
    /// Tries so far.
    pub tries: u32,
    /// When it was first asked, Unix milliseconds.
    pub since_ms: i64,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The question.
    pub question: Question,
    /// The `upto` with which it was asked: if a newer fact has asked since, it stays open.
    pub upto: Seq,
    /// The answer.
    pub fact: Fact,
}

/// A body that was authentic but not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The source that received it.
    pub source: String,
    /// Its structure without values.
    pub skeleton: String,
    /// The body itself; kept sealed, for seven days.
    pub body: Vec<u8>,
}

/// The hot path. All changes of one call are one transaction, and durable when it returns.
pub trait HotPath: Send + Sync + 'static {
    /// Keeps facts. When this returns, they may be acknowledged.
    fn append(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Keeps a body that was not understood.
    fn append_unreadable(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        unreadable: Unreadable,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Takes over a workspace: everybody with an older lease is refused from now on. Attempts
    /// that were open are of unknown outcome; their members go again and are marked. A pause that
    /// needed somebody is over by time: they may have mended it.
    fn lease(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Lease, Error>> + Send;

    /// Ends the attempts of a lane that were open when whoever made them ended: they are of unknown
    /// outcome; their members go again and are marked.
    fn interrupted(&self, lease: Lease, lane: &LaneKey) -> impl Future<Output = Result<(), Error>> + Send;

    /// The next facts to decide, in order, and the state that they touch.
    fn take(
        &self,
        lease: Lease,
        limit: usize,
        now_ms: i64,
    ) -> impl Future<Output = Result<Work, Error>> + Send;

    /// Applies decisions together with the cursor. A turn that leaves out a fact before the newest one
    /// that it decides is refused as [`Error::Incomplete`].
    fn apply(&self, lease: Lease, decided: Decided) -> impl Future<Output = Result<(), Error>> + Send;

    /// Sets the next undecided fact aside, even if nothing of it can be read; returns which it was. For
    /// whoever cannot [`HotPath::take`] or [`HotPath::apply`] even that one alone.
    fn set_aside_next(
        &self,
        lease: Lease,
        why: &str,
    ) -> impl Future<Output = Result<Option<Seq>, Error>> + Send;

    /// Conversions of a lane that are due, oldest first. One that is to wait for more than five minutes
    /// though its event has happened is due as well: a wrong clock has said so. Left out are those that an
    /// attempt holds, and those whose cause has an earlier one that an attempt holds or that was put off
    /// less than a minute ago.
    fn claim(
        &self,
        lease: Lease,
        lane: &LaneKey,
        limit: usize,
        now_ms: i64,
    ) -> impl Future<Output = Result<Claimed, Error>> + Send;

    /// When the next conversion of a lane is due that no attempt holds, Unix milliseconds, after a claim
    /// that found none.
    fn next_due(
        &self,
        lease: Lease,
        lane: &LaneKey,
    ) -> impl Future<Output = Result<Option<i64>, Error>> + Send;

    /// Makes the membership of an attempt and the bytes of its members durable, before anything leaves.
    /// Members that have changed since they were claimed are refused, and the attempt is without them.
    fn open(
        &self,
        lease: Lease,
        lane: &LaneKey,
        members: Vec<Member>,
        now_ms: i64,
    ) -> impl Future<Output = Result<OpenAttempt, Error>> + Send;

    /// Ends an attempt: outcomes, ledger and queue in one transaction. `None` ends conversions that were
    /// not sent; those that an attempt holds are left alone then.
    fn settle(
        &self,
        lease: Lease,
        lane: &LaneKey,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Pauses what a scope holds up, or ends the pause.
    fn pause(
        &self,
        lease: Lease,
        scope: &PauseScope,
        pause: Option<Pause>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// The pauses of these scopes.
    fn paused(
        &self,
        lease: Lease,
        scopes: &[PauseScope],
    ) -> impl Future<Output = Result<Vec<(PauseScope, Pause)>, Error>> + Send;

    /// Notes that Meta has taken events of an account's chats at a dataset.
    fn note_taken(
        &self,
        lease: Lease,
        dataset: &str,
        account: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// What has come of the configuration that was adopted last.
    fn history(&self, workspace: WorkspaceId) -> impl Future<Output = Result<History, Error>> + Send;

    /// Keeps what the configuration says now, and begins to look again at what that changes. Pauses that
    /// hold up none of these scopes end: nobody is there any more whom they could hold up.
    fn adopt(
        &self,
        lease: Lease,
        adopted: Adopted,
        revisit: Option<Revisit>,
        scopes: Vec<PauseScope>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Begins to look again at conversions or deals, as steps of the turns that follow.
    fn revisit(
        &self,
        workspace: WorkspaceId,
        revisit: Revisit,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// The step of a revisit that follows a place, with the state around it. Changes nothing: for whoever
    /// wants to know what would come of it.
    fn revisit_step(
        &self,
        workspace: WorkspaceId,
        revisit: Revisit,
        place: RevisitPlace,
    ) -> impl Future<Output = Result<(RevisitStep, WorkingSet), Error>> + Send;

    /// Questions to an origin that are due, oldest first: at most `limit` of each kind, so that none hides
    /// another. One that is put off for more than an hour is
    /// due as well: a wrong clock has said so.
    fn asks_due(
        &self,
        origin: &str,
        workspaces: &[WorkspaceId],
        limit: usize,
        now_ms: i64,
    ) -> impl Future<Output = Result<Vec<AskDue>, Error>> + Send;

    /// Keeps answers as facts and closes their questions, unless they were asked again meanwhile.
    fn answer(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        answers: Vec<Answered>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// When the next question to an origin is due, Unix milliseconds.
    fn next_ask_due(
        &self,
        workspace: WorkspaceId,
        origin: &str,
    ) -> impl Future<Output = Result<Option<i64>, Error>> + Send;

    /// Puts questions off after a failed try, each until its own time.
    fn postpone(
        &self,
        workspace: WorkspaceId,
        questions: Vec<(Question, i64)>,
        error: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Ends questions that nobody has answered for as long as an answer could still be of use. The
    /// facts that wait for them are ignored as [`kopru_core::Reason::Unanswered`].
    fn abandon(
        &self,
        workspace: WorkspaceId,
        questions: Vec<Question>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Asks a question that no fact asked for, such as the names of stages at the start.
    fn ask(
        &self,
        workspace: WorkspaceId,
        question: Question,
        due_ms: i64,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Adds to a counter of the workspace's ledger.
    fn count(
        &self,
        workspace: WorkspaceId,
        name: &str,
        by: i64,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// The wakeups of this store.
    fn wakeups(&self) -> &Wakeups;
}
