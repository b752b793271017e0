//! What can go wrong with a question.

use sources::Failure;

/// There is no answer. Nobody outside has to know: what the store says is borne, what the upstream says is
/// kept with the question.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The upstream gave none that can be used.
    #[error("{}", .0.why)]
    Failure(Failure),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}
