//! What can go wrong between a dataset and Meta.

use capi::GraphError;

/// Meta cannot be asked, or would not take the events of this dataset.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the dataset may not be used, or there is no client.
    #[error(transparent)]
    Outgoing(#[from] outgoing::Error),
    /// Meta says no. What it says is free of secrets.
    #[error(transparent)]
    Refused(Box<GraphError>),
    /// Somebody answers who is not Meta.
    #[error(
        "HTTP {status}: somebody else than Meta answers. One event tries again each minute, and the rest follows once Meta answers; if it stays, look at graph_url, and at a proxy or firewall on the way"
    )]
    Foreign {
        /// The HTTP status.
        status: u16,
    },
    /// A success that proves nothing.
    #[error(
        "HTTP {status} without Meta's proof: {why}. One event tries again each minute; if it stays, look at graph_url, and at a proxy or firewall on the way"
    )]
    Unproven {
        /// The HTTP status.
        status: u16,
        /// What was missing.
        why: String,
    },
    /// Nobody answered, for this reason.
    #[error("{0}")]
    NoAnswer(&'static str),
}
