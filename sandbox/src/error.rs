//! What can go wrong with a sandbox.

/// One of the two sides cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Meta's side.
    #[error(transparent)]
    Meta(#[from] sandbox_meta::Error),
    /// Kommo's side.
    #[error(transparent)]
    Kommo(#[from] sandbox_kommo::Error),
}
