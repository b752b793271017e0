//! By which ad somebody came, of the address on which they landed.

use std::collections::BTreeMap;

use capi::privacy::is_personal_text;

use crate::graph::is_passed_on;

/// Most parameters that are kept.
const PARAMETERS_MAX: usize = 32;
/// Longest value that is kept, bytes: click ids of today have up to 200.
const VALUE_BYTES_MAX: usize = 512;

/// What of the parameters is kept: those of campaigns and ads, and the click ids of other platforms.
pub(super) fn kept(parameters: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_kept = |(name, value): &(String, String)| {
        is_passed_on(name)
            && name != "fbclid"
            && !value.is_empty()
            && value.len() <= VALUE_BYTES_MAX
            && !is_personal_text(value)
    };
    parameters.into_iter().filter(is_kept).take(PARAMETERS_MAX).collect()
}
