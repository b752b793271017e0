//! What can go wrong with what the sides share.

/// A fault is none that could be meant, or something has no room.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The JSON of a rule is none. It is told to who wrote it, as it is.
    #[error(transparent)]
    NotARule(serde_json::Error),
    /// A key that no rule of this fault has.
    #[error("a fault of this kind has no {0:?}")]
    NoSuchKey(String),
    /// A name that no fault has.
    #[error(
        "there is no fault {0:?}; known are latency:MS, html:STATUS, outage:SECONDS, error:CODE[/SUBCODE], \
         short:EVENTS, slow-read:BYTES_A_SECOND, close-before, close-after, timeout-before, timeout-after, \
         reset"
    )]
    UnknownFault(String),
    /// A part of a rule's text without a value.
    #[error("{0:?} is not of the form key=value")]
    NoValue(String),
    /// A part of a rule's text with a key that is not known, or a side that is not.
    #[error("{0:?} is not known; known are dataset=, times=, rate=, seconds=, side=graph|kommo")]
    UnknownPart(String),
    /// A fault whose number is missing.
    #[error("{0} needs a number, as in {0}:5")]
    NoNumber(String),
    /// Something else than a number, or one that is too large.
    #[error("{name}: {text:?} is not a number that fits")]
    NotANumber {
        /// The fault, or the key.
        name: String,
        /// What is there.
        text: String,
    },
    /// A probability that is none.
    #[error("rate is a probability, from 0 to 1")]
    Rate,
    /// A time that is negative, or out of all proportion.
    #[error("seconds is a number from 0 to 1000000000")]
    Seconds,
    /// Kommo does not take events.
    #[error("short is about the events of a Graph request; Kommo has none")]
    ShortOfKommo,
    /// What was put in over HTTP takes all the room that there is.
    #[error("the sandbox holds {most_bytes} bytes of what was put in; no more fits")]
    Full {
        /// The room.
        most_bytes: usize,
    },
}
