//! The Marketing API's limit: code 17, and when calls are taken again.

use super::errors::Refusal;
use crate::state::Sandbox;
use crate::world::Token;

/// Counts a call of this token, if there is a limit.
pub(super) fn charge(sandbox: &Sandbox, token: &Token, write: bool) -> Result<(), Refusal> {
    let blocked = |remaining: std::time::Duration| {
        Refusal::of_code(17, Some(2_446_079)).regained_in(remaining.as_secs().div_ceil(60))
    };
    sandbox.charge(token, write).map_err(blocked)
}
