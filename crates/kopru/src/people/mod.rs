//! `kopru forget` and `kopru export-person`: what a person who asks is owed.

mod certificate;
mod export;
mod forget;
mod whom;

use std::process::ExitCode;

use crate::{Error, NEGATIVE, ask::exit_code, fail};
pub use {export::Arguments as ExportArguments, forget::Arguments as ForgetArguments};

/// Erases a person or a workspace, or lets a person be learnt again.
pub async fn forget(arguments: &ForgetArguments) -> ExitCode {
    ends(forget::forget(arguments).await)
}

/// Prints what is known of a person.
pub async fn export(arguments: &ExportArguments) -> ExitCode {
    ends(export::export(arguments).await)
}

fn ends(done: Result<bool, Error>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NEGATIVE),
        Err(error) => fail(exit_code(&error), &error),
    }
}
