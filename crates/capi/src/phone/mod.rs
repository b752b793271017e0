//! Numbers under which one person can appear: which are dialled today, which were before, which can exist
//! at all, and one form of them for joining.
//!
//! The form for joining is never sent: Meta gets the numbers themselves, see [`crate::normalize`].

pub(crate) mod plans;
#[expect(clippy::unreadable_literal, reason = "telephone numbers have no thousands")]
mod ranges;

use std::borrow::Cow;

use plans::{InForce, JoinedBy};

/// A number, and another one by which the same person may be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers<'a> {
    /// As it is dialled today, with its country code.
    pub today: Cow<'a, str>,
    /// From before its country changed its plan, or since; absent where there is none.
    pub twin: Option<Cow<'a, str>>,
}

/// The number that is dialled today of one given as digits with the country code. One that reaches nobody
/// any more becomes that of today; where both are dialled, each stays.
pub(crate) fn numbers(digits: &str) -> Numbers<'_> {
    match dialled(digits) {
        None => Numbers { today: digits.into(), twin: None },
        Some((InForce::New, today)) => Numbers { today: today.into(), twin: Some(digits.into()) },
        Some((InForce::Both, twin)) => Numbers { today: digits.into(), twin: Some(twin.into()) },
    }
}

fn dialled(digits: &str) -> Option<(InForce, String)> {
    let (code, change, national) = plans::change_of(digits)?;
    let twin = change.renew(national).or_else(|| match change.dialled {
        InForce::New => None,
        InForce::Both => change.undo(national),
    })?;
    Some((change.dialled, format!("{code}{twin}")))
}

/// Whether this is a number from before a change after which it reached nobody any more.
pub(crate) fn is_given_up(digits: &str) -> bool {
    dialled(digits).is_some_and(|(dialled, _)| dialled == InForce::New)
}

/// Whether the plan of some country describes such a number: by its country code, its length and its first
/// digits. It says nothing of whether the number is given to anybody.
///
/// From libphonenumber's metadata, see `ranges.rs`.
pub fn can_exist(digits: &str) -> bool {
    let ranges = ranges::RANGES.get(digits.len()).copied().unwrap_or_default();
    let Some(number) = digits.parse::<u64>().ok().filter(|_| !digits.starts_with('+')) else { return false };
    let at = ranges.partition_point(|(_, last)| *last < number);
    ranges.get(at).is_some_and(|(first, _)| *first <= number)
}

/// The canonical form of a number given as digits with the country code.
///
/// WhatsApp and people write some countries' numbers in two ways: Argentina's mobiles with and without a
/// `9` after `54`, and what a change of plan renewed as it was and as it is (`plans.rs`): Mexico with and
/// without a `1` after `52`, Brazil with and without the ninth digit, Benin with and without `01`.
/// Anything else comes back as it is.
///
/// This is the second version of the form; see [`former_join_forms`].
pub fn join_form(digits: &str) -> String {
    if !is_number(digits) {
        return digits.to_owned();
    }
    if let Some(national) = without_argentinian_nine(digits) {
        return national;
    }
    // Brazilian radio numbers of eight digits were joined with those of nine, so they still are.
    if let ([b'5', b'5', _, _, b'9', ..], 13) = (digits.as_bytes(), digits.len()) {
        return without(digits, 4);
    }
    let Some((code, change, national)) = plans::change_of(digits) else { return digits.to_owned() };
    let other = match change.joined_by {
        JoinedBy::New => change.renew(national),
        JoinedBy::Old => change.undo(national),
    };
    other.map_or_else(|| digits.to_owned(), |other| format!("{code}{other}"))
}

/// What earlier versions of [`join_form`] made of the numbers under which one person can appear, as far as
/// it differs. Links that were made with them are found by these for as long as they are kept.
///
/// The first version knew Mexico, Brazil and Argentina only.
pub fn former_join_forms(digits: &str) -> Vec<String> {
    let Some((code, change, national)) = plans::change_of(digits).filter(|_| is_number(digits)) else {
        return Vec::new();
    };
    let today = join_form(digits);
    let others = [change.renew(national), change.undo(national)];
    let others = others.into_iter().flatten().map(|other| format!("{code}{other}"));
    let mut former: Vec<String> = Vec::new();
    for form in others.chain([digits.to_owned()]).map(|number| first_join_form(&number)) {
        if form != today && !former.contains(&form) {
            former.push(form);
        }
    }
    former
}

fn first_join_form(digits: &str) -> String {
    match (digits.as_bytes(), digits.len()) {
        ([b'5', b'2', b'1', ..] | [b'5', b'4', b'9', ..], 13) => without(digits, 2),
        ([b'5', b'5', _, _, b'9', ..], 13) => without(digits, 4),
        _ => digits.to_owned(),
    }
}

fn without_argentinian_nine(digits: &str) -> Option<String> {
    (digits.starts_with("549") && digits.len() == 13).then(|| without(digits, 2))
}

/// ASCII digits without the one at a place.
fn without(digits: &str, at: usize) -> String {
    digits.char_indices().filter(|(place, _)| *place != at).map(|(_, digit)| digit).collect()
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
