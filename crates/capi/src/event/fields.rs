//! The types of an event's fields.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize as _, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess},
};
use serde_json::value::RawValue;

use super::object::{Field, Fit, Write, says_nothing};
use crate::{Key, Money, limits::CONTENTS_MAX, pen::Pen, plain::opaque_debug, privacy};

opaque_debug!(NumericId, Texts, Options);

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
    fn write(&self, name: &'static str, _: Option<Key>, pen: &mut Pen<'_>) {
        pen.field_text(name, self);
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
    fn write(&self, name: &'static str, _: Option<Key>, pen: &mut Pen<'_>) {
        if self.has_digits(1..=18) && !self.0.starts_with('0') {
            pen.raw(&self.0);
        } else {
            pen.field_text(name, &self.0);
        }
    }
}

/// A whole number; a string with digits is one, too.
impl<'de> Field<'de> for i64 {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        text.trim().parse().map_err(|_| text)
    }
    fn from_integer(number: i128) -> Option<Self> {
        number.try_into().ok()
    }
    fn from_float(number: f64) -> Option<Self> {
        whole(number)
    }
}

fn whole(number: f64) -> Option<i64> {
    // Up to 2^53 a float holds every whole number.
    (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i64)
}

impl Write for i64 {
    fn is_nothing(&self) -> bool {
        false
    }
    fn write(&self, _: &'static str, _: Option<Key>, pen: &mut Pen<'_>) {
        pen.integer(*self);
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
    fn write(&self, _: &'static str, _: Option<Key>, pen: &mut Pen<'_>) {
        pen.raw(if *self { "true" } else { "false" });
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
                if inner.contains('\\') { None } else { Self::read(Cow::Borrowed(inner)) }
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
    fn write(&self, _: &'static str, _: Option<Key>, pen: &mut Pen<'_>) {
        pen.raw(&self.0);
    }
}

/// A list of texts; one text alone is a list of one, unless it holds a JSON list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts<'a>(pub Vec<Cow<'a, str>>);

impl<'de> Field<'de> for Texts<'de> {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        if text.trim_start().starts_with('[')
            && let Ok(texts) = serde_json::from_str::<Vec<String>>(&text)
        {
            return Ok(Self(texts.into_iter().map(Cow::Owned).collect()));
        }
        Ok(Self(vec![text]))
    }
    fn from_integer(number: i128) -> Option<Self> {
        Some(Self(vec![Cow::Owned(number.to_string())]))
    }
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Fit<Self>, A::Error> {
        texts(list, Some("")).map(|texts| Fit::Is(Self(texts)))
    }
}

impl Write for Texts<'_> {
    fn is_nothing(&self) -> bool {
        self.0.iter().all(|text| text.is_empty())
    }
    fn write(&self, name: &'static str, _: Option<Key>, pen: &mut Pen<'_>) {
        // In `extinfo` the place says what a text is, so that empty ones are written, too.
        let written = self.0.iter().filter(|text| name == "extinfo" || !text.is_empty());
        pen.list(written, |text, pen| {
            if privacy::is_personal_in(name, text) { pen.leave_out(name) } else { pen.text(text) }
        });
    }
}

/// Options, of which an empty list says that explicitly none is chosen.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Options<'a>(pub Vec<Cow<'a, str>>);

impl<'de> Field<'de> for Options<'de> {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        Texts::from_text(text).map(|texts| Self(texts.0))
    }
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Fit<Self>, A::Error> {
        texts(list, None).map(|texts| Fit::Is(Self(texts)))
    }
}

impl Write for Options<'_> {
    fn is_nothing(&self) -> bool {
        false
    }
    fn write(&self, _: &'static str, _: Option<Key>, pen: &mut Pen<'_>) {
        pen.list(self.0.iter(), |text, pen| pen.text(text));
    }
}

/// The values of a match key as they came, plain or hashed. Printing them shows only how many
/// there are, and they are written as hashes only.
#[derive(Clone, PartialEq, Eq)]
pub enum Values<'a> {
    /// One value.
    One(Cow<'a, str>),
    /// A list.
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Values<'a> {
    /// The values. What is no text is an empty one here: kept as it came it could leave unhashed.
    pub fn iter(&self) -> std::slice::Iter<'_, Cow<'a, str>> {
        self.as_slice().iter()
    }

    /// The values as a slice.
    pub fn as_slice(&self) -> &[Cow<'a, str>] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }

    fn nothing() -> Self {
        Self::One(Cow::Borrowed(""))
    }
}

impl<'v, 'a> IntoIterator for &'v Values<'a> {
    type Item = &'v Cow<'a, str>;
    type IntoIter = std::slice::Iter<'v, Cow<'a, str>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({})", self.iter().count())
    }
}

impl<'de> Field<'de> for Values<'de> {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        Ok(Self::One(text))
    }
    fn from_integer(number: i128) -> Option<Self> {
        Some(Self::One(Cow::Owned(number.to_string())))
    }
    fn from_float(number: f64) -> Option<Self> {
        Some(whole(number).map_or_else(Self::nothing, |number| Self::One(Cow::Owned(number.to_string()))))
    }
    fn from_bool(_: bool) -> Option<Self> {
        Some(Self::nothing())
    }
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Fit<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Fit::Is(Self::nothing()))
    }
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Fit<Self>, A::Error> {
        texts(list, None).map(|mut values| {
            Fit::Is(if values.len() == 1 { Self::One(values.remove(0)) } else { Self::Many(values) })
        })
    }
}

impl Write for Values<'_> {
    fn is_nothing(&self) -> bool {
        self.iter().all(|value| value.is_empty())
    }
    fn write(&self, name: &'static str, key: Option<Key>, pen: &mut Pen<'_>) {
        pen.hashes(name, key, self.as_slice());
    }
}

/// Most texts of a list that are kept; a person has a few, a catalogue's list some thousands.
const LIST_MAX: usize = 100_000;

/// The texts of a list. `null` stands for what is given; anything else that is no text is empty.
fn texts<'de, A: SeqAccess<'de>>(
    mut list: A,
    null: Option<&'static str>,
) -> Result<Vec<Cow<'de, str>>, A::Error> {
    let mut texts = Vec::new();
    while let Some(element) = list.next_element::<Fit<Text<'de>>>()? {
        // The rest is looked at, so that the JSON is read to its end, and not kept.
        if texts.len() == LIST_MAX {
            continue;
        }
        match element {
            Fit::Is(text) => texts.push(text),
            Fit::Null => texts.extend(null.map(Cow::Borrowed)),
            Fit::Odd(_) => texts.push(Cow::Borrowed("")),
        }
    }
    Ok(texts)
}

/// A list of objects; an element that is none is kept as it came.
#[derive(Clone)]
pub struct Objects<T> {
    /// The elements, at most [`CONTENTS_MAX`].
    pub list: Vec<Result<T, Box<RawValue>>>,
    /// How many more there were; the check refuses such a list.
    pub surplus: usize,
}

impl<T> fmt::Debug for Objects<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({})", self.list.len())
    }
}

impl<T> From<Vec<T>> for Objects<T> {
    fn from(objects: Vec<T>) -> Self {
        Self { list: objects.into_iter().map(Ok).collect(), surplus: 0 }
    }
}

impl<'de, T: Field<'de>> Field<'de> for Objects<T> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Fit<Self>, A::Error> {
        let mut objects = Self { list: Vec::new(), surplus: 0 };
        loop {
            if objects.list.len() == CONTENTS_MAX {
                while list.next_element::<IgnoredAny>()?.is_some() {
                    objects.surplus += 1;
                }
                break;
            }
            let Some(element) = list.next_element::<Fit<T>>()? else { break };
            objects.list.push(match element {
                Fit::Is(object) => Ok(object),
                Fit::Odd(raw) => Err(raw),
                Fit::Null => Err(RawValue::from_string("null".to_owned()).map_err(A::Error::custom)?),
            });
        }
        Ok(Fit::Is(objects))
    }
}

impl<T: Write> Write for Objects<T> {
    fn is_nothing(&self) -> bool {
        self.list.is_empty()
    }
    fn write(&self, name: &'static str, key: Option<Key>, pen: &mut Pen<'_>) {
        pen.list(self.list.iter(), |object, pen| match object {
            // Without its name, which belongs to the list.
            Ok(object) => object.write("", key, pen),
            // Meta refuses the event for it, and it could be anything.
            Err(_) => pen.leave_out(name),
        });
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
    fn write(&self, name: &'static str, key: Option<Key>, pen: &mut Pen<'_>) {
        (**self).write(name, key, pen);
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
            fn write(&self, _: &'static str, _: Option<$crate::Key>, pen: &mut $crate::pen::Pen<'_>) {
                pen.text(self.as_str());
            }
        }
    };
}

pub(crate) use words;
