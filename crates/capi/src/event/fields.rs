//! The types of an event's fields that hold one value.

use std::{borrow::Cow, ops::Deref};

use serde::{Deserialize as _, Deserializer};
use serde_json::value::RawValue;

use super::object::{Field, FieldPath, Fit, PersonalIn, Write, says_nothing};
use crate::{Key, Money, json_writer::JsonWriter, plain::opaque_debug, privacy};

opaque_debug!(NumericId, OrderId);

/// Up to 2^53 a float holds every whole number.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A text. Numbers are taken as their digits, as the Graph API does.
pub type Text<'a> = Cow<'a, str>;

impl<'de> Field<'de> for Cow<'de, str> {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        Ok(text)
    }
    fn from_integer(number: i128) -> Option<Self> {
        Some(Cow::Owned(number.to_string()))
    }
    fn from_float(number: f64) -> Option<Self> {
        // A longer number has lost digits by now; better none than a wrong one.
        (number.abs() <= EXACT_MAX).then(|| Cow::Owned(number.to_string()))
    }
}

impl Write for Cow<'_, str> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
    fn write(&self, name: &'static str, _: Option<Key>, writer: &mut JsonWriter<'_>) {
        writer.field_text(name, self);
    }

    fn find_personal(
        &self,
        name: &'static str,
        path: &FieldPath<'_>,
        found: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
        if privacy::is_personal_in(name, self) {
            found(path, PersonalIn::Known);
        }
    }
}

/// An id that Meta documents as an integer and that is too long for a JavaScript number: kept as
/// its digits, written as a JSON number.
#[derive(Clone, PartialEq, Eq)]
pub struct NumericId<'a>(pub Cow<'a, str>);

impl NumericId<'_> {
    /// Whether it is made of digits, at least and at most as many as given.
    pub fn has_digits(&self, count: std::ops::RangeInclusive<usize>) -> bool {
        count.contains(&self.0.len()) && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl<'de> Field<'de> for NumericId<'de> {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        Ok(Self(text))
    }
    fn from_integer(number: i128) -> Option<Self> {
        Some(Self(Cow::Owned(number.to_string())))
    }
}

impl Write for NumericId<'_> {
    fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }
    fn write(&self, name: &'static str, _: Option<Key>, writer: &mut JsonWriter<'_>) {
        if self.has_digits(1..=18) && !self.0.starts_with('0') {
            writer.raw(&self.0);
        } else {
            writer.field_text(name, &self.0);
        }
    }

    fn find_personal(
        &self,
        name: &'static str,
        path: &FieldPath<'_>,
        found: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
        if privacy::is_personal_in(name, &self.0) {
            found(path, PersonalIn::Known);
        }
    }
}

/// The id of an order: a text, from the first byte that wrote it down. One that went through a float or a
/// spreadsheet is another order's by now, or nobody's, and does not fit.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderId<'a>(pub Cow<'a, str>);

impl Deref for OrderId<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Field<'de> for OrderId<'de> {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        if was_a_float(&text) { Err(text) } else { Ok(Self(text)) }
    }
    fn from_integer(number: i128) -> Option<Self> {
        Some(Self(Cow::Owned(number.to_string())))
    }
}

impl Write for OrderId<'_> {
    fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }
    fn write(&self, name: &'static str, _: Option<Key>, writer: &mut JsonWriter<'_>) {
        writer.field_text(name, &self.0);
    }

    fn find_personal(
        &self,
        name: &'static str,
        path: &FieldPath<'_>,
        found: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
        if privacy::is_personal_in(name, &self.0) {
            found(path, PersonalIn::Known);
        }
    }
}

/// Whether an id is what is left of a number that went through a float: `1001.0`, `1.23457E+17`, `1e+21`.
/// Somebody's own id may hold points and letters, as `2026.114` and `12e5` do.
pub(crate) fn was_a_float(id: &str) -> bool {
    let id = id.trim();
    if !id.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match id.split_once(['e', 'E']) {
        None => id.split_once('.').is_some_and(|(whole, rest)| {
            is_number(whole) && !rest.is_empty() && rest.bytes().all(|byte| byte == b'0')
        }),
        Some((mantissa, exponent)) => {
            let is_mantissa = match mantissa.split_once('.') {
                Some((whole, rest)) => whole.len() == 1 && is_number(whole) && is_number(rest),
                None => mantissa.len() == 1 && exponent.starts_with('+'),
            };
            is_mantissa && is_number(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        }
    }
}

/// A whole number; a string with digits is one, too. A plus sign stands before phone numbers.
impl<'de> Field<'de> for i64 {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        let number =
            Some(text.trim()).filter(|text| !text.starts_with('+')).and_then(|text| text.parse().ok());
        number.ok_or(text)
    }
    fn from_integer(number: i128) -> Option<Self> {
        number.try_into().ok()
    }
    fn from_float(number: f64) -> Option<Self> {
        whole(number)
    }
}

pub(super) fn whole(number: f64) -> Option<i64> {
    // Up to 2^53 a float holds every whole number.
    (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i64)
}

impl Write for i64 {
    fn is_nothing(&self) -> bool {
        false
    }
    fn write(&self, name: &'static str, _: Option<Key>, writer: &mut JsonWriter<'_>) {
        writer.integer(name, *self);
    }

    fn find_personal(
        &self,
        name: &'static str,
        path: &FieldPath<'_>,
        found: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
        if privacy::is_personal_number(name, *self) {
            found(path, PersonalIn::Known);
        }
    }
}

/// A yes or no; `0`, `1`, `"true"` and the like are taken, too.
impl<'de> Field<'de> for bool {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        match &*text {
            "true" | "TRUE" | "True" | "1" => Ok(true),
            "false" | "FALSE" | "False" | "0" => Ok(false),
            _ => Err(text),
        }
    }
    fn from_integer(number: i128) -> Option<Self> {
        matches!(number, 0 | 1).then_some(number == 1)
    }
    fn from_bool(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

impl Write for bool {
    fn is_nothing(&self) -> bool {
        false
    }
    fn write(&self, _: &'static str, _: Option<Key>, writer: &mut JsonWriter<'_>) {
        writer.raw(if *self { "true" } else { "false" });
    }
}

/// An amount, kept as the decimal that was written: it never passes through a binary float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount<'a>(Cow<'a, str>);

impl<'a> Amount<'a> {
    /// Reads a decimal number such as `1500.50`; JSON's grammar of numbers, with blanks around it.
    pub fn read(text: Cow<'a, str>) -> Option<Self> {
        let bare = text.trim_ascii();
        if !is_json_number(bare.as_bytes()) || is_infinite(bare) {
            return None;
        }
        Some(Self(if bare.len() == text.len() { text } else { Cow::Owned(bare.to_owned()) }))
    }

    /// The digits as they were written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The amount as money; `None` if it has more digits than money can have.
    pub fn money(&self) -> Option<Money> {
        self.0.parse().ok()
    }

    /// How many digits behind the point it needs.
    pub fn decimals(&self) -> usize {
        if self.0.contains(['e', 'E']) {
            return self
                .money()
                .map_or(0, |money| money.to_string().split_once('.').map_or(0, |(_, cents)| cents.len()));
        }
        self.0.split_once('.').map_or(0, |(_, cents)| cents.trim_end_matches('0').len())
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.0.starts_with('-') && self.0.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
    }
}

impl From<Money> for Amount<'_> {
    fn from(money: Money) -> Self {
        Self(Cow::Owned(money.to_string()))
    }
}

/// Whether a text can mean two amounts: `12.500` is twelve and a half where a point stands before the
/// decimals, and twelve thousand five hundred where it stands between thousands. A number of JSON has one
/// meaning.
pub(crate) fn is_ambiguous(text: &str) -> bool {
    let text = text.trim();
    let Some((whole, rest)) = text.strip_prefix('-').unwrap_or(text).split_once('.') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&whole.len())
        && !whole.starts_with('0')
        && rest.len() == 3
        && digits(whole)
        && digits(rest)
}

fn is_json_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(unsigned);
    if whole == 0 || (whole > 1 && unsigned.first() == Some(&b'0')) {
        return false;
    }
    let mut rest = &unsigned[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent =
            exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

/// Whether a number is beyond every float, such as `1e999`: many readers of JSON refuse it.
fn is_infinite(number: &str) -> bool {
    let may_be_large = number.len() > 300 || number.contains(['e', 'E']);
    may_be_large && number.parse().is_ok_and(f64::is_infinite)
}

impl<'de> Field<'de> for Amount<'de> {
    /// From the text of the JSON, so that every digit is kept.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Fit<Self>, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        if says_nothing(raw) {
            return Ok(Fit::Null);
        }
        let text = raw.get();
        let amount = match text.as_bytes().first() {
            Some(b'"') => {
                let inner = &text[1..text.len() - 1];
                if inner.contains('\\') || is_ambiguous(inner) {
                    None
                } else {
                    Self::read(Cow::Borrowed(inner))
                }
            }
            _ => Self::read(Cow::Borrowed(text)),
        };
        Ok(amount.map_or_else(|| Fit::Odd(raw.to_owned()), Fit::Is))
    }
}

impl Write for Amount<'_> {
    fn is_nothing(&self) -> bool {
        false
    }
    fn write(&self, _: &'static str, _: Option<Key>, writer: &mut JsonWriter<'_>) {
        writer.raw(&self.0);
    }
}

/// A rare object, kept apart so that the event stays small.
impl<'de, T: Field<'de>> Field<'de> for Box<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Fit<Self>, D::Error> {
        T::read(deserializer).map(|fit| match fit {
            Fit::Is(value) => Fit::Is(Self::new(value)),
            Fit::Null => Fit::Null,
            Fit::Odd(raw) => Fit::Odd(raw),
        })
    }
}

impl<T: Write> Write for Box<T> {
    fn is_nothing(&self) -> bool {
        (**self).is_nothing()
    }
    fn write(&self, name: &'static str, key: Option<Key>, writer: &mut JsonWriter<'_>) {
        (**self).write(name, key, writer);
    }

    fn find_personal(
        &self,
        name: &'static str,
        path: &FieldPath<'_>,
        found: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
        (**self).find_personal(name, path, found);
    }
}

/// Declares a closed list of words of Meta's; any other word is kept.
macro_rules! words {
    ($(#[$about:meta])* pub enum $enum:ident { $( $(#[$doc:meta])* $variant:ident = $word:literal, )* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $enum<'a> {
            $( $(#[$doc])* $variant, )*
            /// A word that Meta does not document.
            Other(std::borrow::Cow<'a, str>),
        }

        impl $enum<'_> {
            /// The documented words.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word as Meta writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(word) => word,
                }
            }
        }

        impl<'a> From<std::borrow::Cow<'a, str>> for $enum<'a> {
            fn from(word: std::borrow::Cow<'a, str>) -> Self {
                match &*word {
                    $( $word => Self::$variant, )*
                    _ => Self::Other(word),
                }
            }
        }

        impl<'de> $crate::event::object::Field<'de> for $enum<'de> {
            fn from_text(
                text: std::borrow::Cow<'de, str>,
            ) -> Result<Self, std::borrow::Cow<'de, str>> {
                Ok(text.into())
            }
        }

        impl $crate::event::object::Write for $enum<'_> {
            fn is_nothing(&self) -> bool {
                self.as_str().is_empty()
            }
            fn write(&self, name: &'static str, _: Option<$crate::Key>, writer: &mut $crate::json_writer::JsonWriter<'_>) {
                writer.field_text(name, self.as_str());
            }

            fn find_personal(
                &self,
                name: &'static str,
                path: &$crate::event::object::FieldPath<'_>,
                found: &mut impl FnMut(&$crate::event::object::FieldPath<'_>, $crate::event::object::PersonalIn),
            ) {
                if $crate::privacy::is_personal_in(name, self.as_str()) {
                    found(path, $crate::event::object::PersonalIn::Known);
                }
            }
        }
    };
}

pub(crate) use words;
