//! What can go wrong with a webhook that is to be sent.

use crate::Door;

/// A webhook is none that could be made or sent, or a door does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The JSON that asks for a webhook is none. It is told to who wrote it, as it is.
    #[error(transparent)]
    NotAnOrder(serde_json::Error),
    /// A name that no door has.
    #[error("no door is called {name:?}; known are {known}")]
    UnknownDoor {
        /// The name.
        name: String,
        /// All that there are.
        known: String,
    },
    /// A name that no shape of this door has.
    #[error("{door} has no shape called {name:?}; known are {known}")]
    UnknownShape {
        /// The door.
        door: Door,
        /// The name.
        name: String,
        /// All that the door has.
        known: String,
    },
    /// A signature for a door that knows none.
    #[error("{0} does not sign its webhooks; leave the secret and the signature out")]
    DoesNotSign(Door),
    /// Two wishes that exclude each other.
    #[error("a signature cannot be both wrong and absent; choose one")]
    WrongAndAbsent,
    /// Nothing to sign with.
    #[error("{0}'s webhooks are signed; give the app's secret, or ask for no signature or a wrong one")]
    NoSecret(Door),
    /// A text that is no address.
    #[error("{address:?} is no address of a door: {cause}; it looks like http://127.0.0.1:8480/hooks/KEY")]
    NotAnAddress {
        /// The text.
        address: String,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An address that is not one of HTTP.
    #[error(
        "{address:?} is no address of a door: its scheme is {scheme:?}; it looks like \
         http://127.0.0.1:8480/hooks/KEY"
    )]
    Scheme {
        /// The address.
        address: String,
        /// Its scheme.
        scheme: String,
    },
    /// The client could not be made: the system has no usable TLS.
    #[error("no HTTP client could be made: {}", said(.0))]
    NoClient(#[source] reqwest::Error),
    /// The answer was not complete in time.
    #[error("no answer within {} s", within.as_secs())]
    TooSlow {
        /// The time that there was.
        within: std::time::Duration,
        /// What ran out.
        #[source]
        cause: reqwest::Error,
    },
    /// There is no answer.
    #[error("{}", said(.0))]
    NoAnswer(#[source] reqwest::Error),
}

/// The error with what caused it: "error sending request" alone helps nobody at a terminal.
fn said(error: &reqwest::Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        said = format!("{said}: {deeper}");
        cause = deeper.source();
    }
    said
}
