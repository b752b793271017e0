//! What the queue holds, and what becomes of it.

use std::fmt;

use kopru_core::{Conversion, Reason, Route, State, Stop};

/// Whose queue: a dataset's, by one route. Events of different routes never share a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneKey {
    /// The dataset's id.
    pub dataset: String,
    /// How its events tell of whom they are.
    pub route: Route,
}

/// As it is stored and shown: `1234567890/messaging/whatsapp`.
impl fmt::Display for LaneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.dataset, self.route)
    }
}

impl LaneKey {
    /// The lane of a conversion that is in a queue.
    pub(crate) fn of(one: &Conversion) -> Option<Self> {
        let dataset = one.dataset.clone().filter(|_| one.state == State::Queued)?;
        Some(Self { dataset, route: one.route })
    }

    /// Reads back what is stored.
    pub fn from_stored(text: &str) -> Option<Self> {
        let (dataset, route) = text.split_once('/')?;
        Some(Self { dataset: dataset.to_owned(), route: route.parse().ok()? })
    }
}

/// A conversion that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// Its number in the workspace.
    pub number: u64,
    /// Rises with each change that decisions make of it.
    pub revision: u64,
    /// What is known of it, with its identity.
    pub conversion: Conversion,
    /// Attempts so far that count against the bound on tries.
    pub tries: u32,
    /// The bytes that Meta may have already, and since when, Unix milliseconds. These bytes go again.
    pub unknown: Option<(String, i64)>,
}

/// What is due in a lane.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claimed {
    /// Conversions that can be sent, oldest first.
    pub ready: Vec<Queued>,
    /// Numbers of conversions that cannot be read back; they end as [`Settled::Failed`] with
    /// [`Reason::Unreadable`].
    pub unreadable: Vec<u64>,
}

/// A member of an attempt that is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The conversion's number.
    pub number: u64,
    /// The revision from which its body was made.
    pub revision: u64,
    /// The event as JSON, byte for byte as it leaves.
    pub body: String,
    /// What it carries, a [`kopru_core::Carried`] as JSON; empty where its bytes are those of an earlier
    /// attempt, which has said it.
    pub carried: String,
    /// Meta may have it already, and would not recognise it.
    pub may_count_twice: bool,
}

/// Number of an attempt within a workspace.
pub type AttemptId = u64;

/// An attempt that may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Its number.
    pub attempt: AttemptId,
    /// Numbers of those that are not members of it: decisions have changed them since they were claimed,
    /// and they are to be claimed again.
    pub moved: Vec<u64>,
}

/// How one member of an attempt goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeOf {
    /// The conversion's number.
    pub number: u64,
    /// How.
    pub settled: Settled,
}

/// How an attempt ended for one conversion, or why there was none.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// Meta took it.
    Accepted {
        /// Meta's trace id.
        reply: String,
    },
    /// It will not be sent again.
    Failed {
        /// Why.
        reason: Reason,
        /// Meta's reply, if there was one.
        reply: Option<String>,
    },
    /// It does not leave under the present configuration. Counts only while nothing has changed since it
    /// was claimed.
    Stopped {
        /// Why, and how far it is instead.
        stop: Stop,
        /// The revision that says so.
        revision: u64,
    },
    /// Meta has not taken it. It is sent again, with a body that is made then.
    Again {
        /// Not before, Unix milliseconds; `None` if it keeps its place in the queue. Later ones of its
        /// cause wait for it a while.
        due_ms: Option<i64>,
        /// What the attempt ended with.
        reply: Option<String>,
        /// Whether the attempt counts against the bound on tries.
        counts: bool,
    },
    /// Meta may have had these bytes, and has refused them now: it has not taken them. It is sent again at
    /// once, with a body that is made then.
    BytesRefused {
        /// What the attempt ended with.
        reply: Option<String>,
    },
    /// Meta may have it. The same bytes are sent again.
    Unknown {
        /// Not before, Unix milliseconds; `None` if it keeps its place in the queue.
        due_ms: Option<i64>,
        /// What the attempt ended with.
        reply: Option<String>,
        /// Meta does not recognise doubles on this route at all.
        may_count_twice: bool,
    },
}

impl Settled {
    /// What Meta said, or what the attempt ended with.
    pub fn reply(&self) -> Option<&str> {
        match self {
            Self::Accepted { reply } => Some(reply),
            Self::Failed { reply, .. }
            | Self::Again { reply, .. }
            | Self::BytesRefused { reply }
            | Self::Unknown { reply, .. } => reply.as_deref(),
            Self::Stopped { .. } => None,
        }
    }
}

/// What a pause holds up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PauseScope {
    /// Everything sent by one app, told apart by a name that is no secret.
    App(String),
    /// Everything sent with one token, told apart by a name that is no secret.
    Token(String),
    /// Everything sent to one dataset.
    Dataset(String),
    /// One lane.
    Lane(LaneKey),
}

/// As it is stored: `token:…`, `dataset:1234567890`.
impl fmt::Display for PauseScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(name) => write!(f, "app:{name}"),
            Self::Token(name) => write!(f, "token:{name}"),
            Self::Dataset(id) => write!(f, "dataset:{id}"),
            Self::Lane(lane) => write!(f, "lane:{lane}"),
        }
    }
}

impl PauseScope {
    /// Reads back what is stored.
    pub fn from_stored(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        match kind {
            "app" => Some(Self::App(name.to_owned())),
            "token" => Some(Self::Token(name.to_owned())),
            "dataset" => Some(Self::Dataset(name.to_owned())),
            "lane" => LaneKey::from_stored(name).map(Self::Lane),
            _ => None,
        }
    }
}

/// A pause of delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// When one event is sent to find out whether it is over, Unix milliseconds.
    pub until_ms: i64,
    /// Whether a person has to mend something; otherwise Meta only asked to wait.
    pub needs_you: bool,
    /// What Meta said, for a person. May hold a name that Meta repeats: it is kept sealed, and never
    /// logged.
    pub cause: String,
    /// Meta's code and subcode, or the HTTP status of whoever else answered, for the log.
    pub code: String,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
    /// The dataset at which it was found, for a person.
    pub dataset: String,
}
