//! What can go wrong with what the listeners are told.

/// What was given cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A text is not a network.
    #[error("not an address or network; write for example \"10.0.0.7\" or \"10.0.0.0/8\"")]
    NotANetwork,
}
