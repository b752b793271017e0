//! Tags that a deal got, and which events that means.

use super::{Deciding, happened::Happened, making, rules};
use crate::{Catalogue, Cause, DealKey, Reason, StageId};

/// Fires the rules of tags that a reading shows anew. Where nobody knows since when the deal has one, there is no
/// event: its time would be made up.
pub(super) fn got(
    deciding: &mut Deciding,
    key: &DealKey,
    within: &StageId,
    tags: &[(String, Option<i64>)],
    catalogue: &Catalogue,
    received_ms: i64,
) {
    for (tag, at_s) in tags {
        if let Some(at_s) = *at_s {
            let happened = Happened::Tagged { tag, within, at_s };
            rules::fire(deciding, &Cause::Deal(key.clone()), happened, catalogue, received_ms);
            continue;
        }
        let policy = deciding.policy;
        for rule in policy.rules.iter().filter(|rule| rule.matches_tag(tag, within, catalogue)) {
            making::not_made(deciding, rule, key, Reason::TagOfUnknownTime);
        }
    }
}
