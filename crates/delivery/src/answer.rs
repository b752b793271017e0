//! What came of a request.

use std::time::Duration;

use capi::{Reply, Usage};

use crate::Error;

/// What came of a request.
pub(crate) enum Answer {
    /// Somebody answered.
    Read {
        /// The HTTP status.
        status: u16,
        /// What it means, free of the dataset's secrets.
        reply: Reply,
        /// How long the answer asks to wait, at most [`crate::graph::WAIT_MAX`].
        wait: Option<Duration>,
        /// How near the limits are.
        usage: Usage,
        /// The answer's `Date`, Unix milliseconds.
        date_ms: Option<i64>,
    },
    /// It left, and no whole answer came back: Meta may have taken it.
    Lost(&'static str),
    /// No connection was made: Meta cannot have it.
    NeverLeft(&'static str),
}

impl Answer {
    /// Its name in the metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Lost(_) => "lost",
            Self::NeverLeft(_) => "never_left",
            Self::Read { reply, .. } => match reply {
                Reply::Delivered { .. } => "delivered",
                Reply::Unknown { .. } => "unknown",
                Reply::Refused { .. } => "refused",
                Reply::Retry { .. } => "retry",
                Reply::Foreign => "foreign",
                Reply::Throttled { .. } => "throttled",
                Reply::Hold { .. } => "hold",
            },
        }
    }

    /// Whether somebody answered who does not speak as Meta does.
    pub(crate) fn is_strange(&self) -> bool {
        matches!(self, Self::Read { reply: Reply::Foreign | Reply::Unknown { .. }, .. })
    }

    /// When Meta answered, Unix milliseconds. A proxy's clock may be as wrong as this machine's.
    pub(crate) fn metas_date_ms(&self) -> Option<i64> {
        match self {
            Self::Read { date_ms, .. } if !self.is_strange() => *date_ms,
            _ => None,
        }
    }

    /// What Meta said of its limits.
    pub(crate) fn usage(&self) -> Usage {
        match self {
            Self::Read { usage, .. } if !self.is_strange() => *usage,
            _ => Usage::default(),
        }
    }

    /// Whether Meta found token and dataset good.
    pub(crate) fn works(&self) -> Result<(), Error> {
        match self {
            Self::Read { status, reply, .. } => match reply {
                Reply::Delivered { .. } | Reply::Refused { .. } | Reply::Throttled { .. } => Ok(()),
                Reply::Hold { error, .. } | Reply::Retry { error, .. } => {
                    Err(Error::Refused(Box::new(error.clone())))
                }
                Reply::Foreign => Err(Error::Foreign { status: *status }),
                Reply::Unknown { why } => Err(Error::Unproven { status: *status, why: why.clone() }),
            },
            Self::Lost(why) | Self::NeverLeft(why) => Err(Error::NoAnswer(why)),
        }
    }
}
