//! Parts of names and dates, which Meta's SDKs know as keys of their own.

use std::borrow::Cow;

use crate::normalize::{Form, Forms, hashed::Hashed};

/// A part, normalised, or the hash that came.
pub(super) struct Part<'a> {
    text: Cow<'a, str>,
    is_hash: bool,
}

impl Part<'_> {
    pub(super) fn forms(&self) -> Forms<'_> {
        Forms::one(Form::new(&self.text, self.is_hash))
    }
}

/// The first letters of a name in lower case, or the number of a day, month or year. From the
/// sources of Meta's SDKs.
pub(super) fn normalize<'a>(name: &str, value: &'a str) -> Option<Part<'a>> {
    if let Some(hashed) = Hashed::read(value) {
        return Some(Part { text: hashed.to_string().into(), is_hash: true });
    }
    let value = value.trim();
    let first_letters = |count| value.to_lowercase().chars().take(count).collect::<String>();
    let number = |range: std::ops::RangeInclusive<u16>, width: usize| {
        let number: u16 = value.parse().ok().filter(|number| range.contains(number))?;
        Some(format!("{number:0width$}"))
    };
    let text: Cow<'a, str> = match name {
        "f5first" | "f5last" => first_letters(5).into(),
        "fi" => first_letters(1).into(),
        "dobd" => number(1..=31, 2)?.into(),
        "dobm" => number(1..=12, 2)?.into(),
        "doby" => number(1000..=9999, 4)?.into(),
        _ => value.into(),
    };
    (!text.is_empty()).then_some(Part { text, is_hash: false })
}
