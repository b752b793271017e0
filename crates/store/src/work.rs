//! What is handed over between the store and those who decide and ask.

use kopru_core::{
    Conversion, DealKey, Decision, Effect, Fact, Incoming, Node, Question, RevisitStep, Seq, WorkingSet,
    WorkspaceId,
};

/// How many conversions or deals one step of a revisit reads at most. More ids than this cannot be meant in
/// one.
pub const REVISIT_ROWS: usize = 256;

/// What became of activities that came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeptActivities {
    /// How many of them had come before.
    pub doubles: usize,
    /// How many activities were made of those, which append to purchases.
    pub appended: usize,
    /// How many of those repeat a purchase in another currency than it had.
    pub other_currency: usize,
    /// How many of those say a change of a purchase of which no more changes are told.
    pub too_many_changes: usize,
    /// How many of those came under the id of another event, and are none of its repetitions by what they say.
    pub under_shared_ids: usize,
    /// How many of those are rather other sales, which have the number of an earlier one.
    pub other_sales: usize,
}

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
    /// The number of the last erasure that the state knows of.
    pub erasures: u64,
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
    /// That of the [`Work`]: what was decided before somebody was erased is decided anew.
    pub erasures: u64,
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

/// How far an audit log was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRead {
    /// The system of record.
    pub origin: String,
    /// From when on, Unix seconds.
    pub since_s: i64,
    /// Up to when, Unix seconds.
    pub upto_s: i64,
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

/// How long a body that was not understood or not taken is kept, milliseconds (7 days).
pub const UNREADABLE_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// A body that was authentic but not understood, or an event that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Under which it is counted among what did not come in: short, in snake case.
    pub counted_as: &'static str,
    /// The source that received it.
    pub source: String,
    /// Its structure without values, or what is wrong with it.
    pub skeleton: String,
    /// The body itself; kept sealed, for seven days.
    pub body: Vec<u8>,
}
