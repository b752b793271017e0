//! Whether the person can be recognised at all.

use std::borrow::Cow;

use super::{Findings, alias::KeyHome, broad::is_too_broad, click};
use crate::{Event, event::NumericId, privacy, subcodes};

/// Digits of the id of an instant form's lead; Meta's pages vary between 15 to 16 and 15 to 17.
const LEAD_ID_DIGITS: std::ops::RangeInclusive<usize> = 15..=17;

/// Of so many keys under other names it is said what they are called.
const NAMES_MAX: usize = 8;

pub(super) fn check(event: &Event<'_>, findings: &mut Findings) {
    let Some(user) = &event.user_data else { return };
    let lead_is_odd = user.extra.iter().any(|(name, _)| name == "lead_id");
    let lead_is_wrong = |id: &NumericId<'_>| !id.0.is_empty() && !id.has_digits(LEAD_ID_DIGITS);
    if lead_is_odd || user.lead_id.as_ref().is_some_and(lead_is_wrong) {
        let has_mark =
            user.lead_id.as_ref().is_some_and(|id| id.0.trim_start().to_ascii_lowercase().starts_with("l:"));
        let was_a_float =
            |text: &str| text.contains(['.', 'e', 'E']) && text.trim_matches('"').parse::<f64>().is_ok();
        let odd = user.extra.iter().find(|(name, _)| name == "lead_id").map(|(_, json)| json.get());
        let written = odd.or_else(|| user.lead_id.as_ref().map(|id| &*id.0)).unwrap_or_default();
        let mend = if was_a_float(written) {
            "the id of a lead must not have an exponent or a decimal point: a float or a spreadsheet has changed it; keep ids as texts from the first byte"
        } else if has_mark {
            "the id of a lead is 15 to 17 digits; take the l: before them away"
        } else {
            "the id of a lead has 15 to 17 digits; in JavaScript keep it as a text"
        };
        findings.refuse(subcodes::LEAD_ID, "user_data.lead_id", mend);
    }
    click::refusal(user, findings);
    // Who gave a lead's id, if a wrong one, is not helped by being asked for another.
    if !lead_is_odd && is_too_broad(user) {
        let misnamed = user.extra.iter().filter_map(|(name, _)| {
            let key = KeyHome::UserData.key_of(name)?;
            Some(format!("{} to {key}", privacy::shown(name)))
        });
        let misnamed: Vec<String> = misnamed.take(NAMES_MAX).collect();
        let mend: Cow<'static, str> = if misnamed.is_empty() {
            "Meta cannot recognise a person by this alone; add an e-mail address, a phone number, a click or browser id, or your own id of the person".into()
        } else {
            let names = misnamed.join(", ");
            format!("under Meta's names of keys nothing is there by which it could recognise a person; rename {names}").into()
        };
        findings.refuse(subcodes::TOO_BROAD, "user_data", mend);
    }
}
