//! The types of an event's fields that hold several values.

use std::{borrow::Cow, fmt};

use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::{
    fields::{Text, whole},
    object::{Field, FieldPath, Fit, PersonalIn, Write},
};
use crate::{Key, json_writer::JsonWriter, limits::CONTENTS_MAX, plain::opaque_debug, privacy};

opaque_debug!(Texts, Options);

/// A list of texts; one text alone is a list of one, unless it holds a JSON list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts<'a>(
    /// The texts.
    pub Vec<Cow<'a, str>>,
    /// Whether they came as one text or number, and not as a list.
    pub(crate) bool,
);

impl<'a> From<Vec<Cow<'a, str>>> for Texts<'a> {
    fn from(texts: Vec<Cow<'a, str>>) -> Self {
        Self(texts, false)
    }
}

impl<'de> Field<'de> for Texts<'de> {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        if text.trim_start().starts_with('[')
            && let Ok(texts) = serde_json::from_str::<Vec<String>>(&text)
        {
            return Ok(Self(texts.into_iter().map(Cow::Owned).collect(), true));
        }
        Ok(Self(vec![text], true))
    }
    fn from_integer(number: i128) -> Option<Self> {
        Some(Self(vec![Cow::Owned(number.to_string())], true))
    }
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Fit<Self>, A::Error> {
        texts(list, Some("")).map(|texts| Fit::Is(Self(texts, false)))
    }
}

impl Write for Texts<'_> {
    fn is_nothing(&self) -> bool {
        self.0.iter().all(|text| text.is_empty())
    }
    fn write(&self, name: &'static str, _: Option<Key>, writer: &mut JsonWriter<'_>) {
        // In `extinfo` the place says what a text is, so that an empty one is written for what is not.
        let keeps_places = name == "extinfo";
        let is_left_out = |text: &Cow<'_, str>| privacy::is_personal_in(name, text);
        let says_nothing = self.0.iter().all(|text| text.is_empty() || is_left_out(text));
        writer.list(name, self.0.iter(), |text, writer| {
            if is_left_out(text) {
                writer.leave_out(name);
            } else if !text.is_empty() {
                writer.text(text);
                return;
            }
            if keeps_places && !says_nothing {
                writer.text("");
            }
        });
    }

    fn find_personal(
        &self,
        name: &'static str,
        path: &FieldPath<'_>,
        found: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
        if self.0.iter().any(|text| privacy::is_personal_in(name, text)) {
            found(path, PersonalIn::Known);
        }
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
    fn write(&self, name: &'static str, _: Option<Key>, writer: &mut JsonWriter<'_>) {
        writer.list("", self.0.iter(), |text, writer| {
            if privacy::is_personal_in(name, text) { writer.leave_out(name) } else { writer.text(text) }
        });
    }

    fn find_personal(
        &self,
        name: &'static str,
        path: &FieldPath<'_>,
        found: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
        if self.0.iter().any(|text| privacy::is_personal_in(name, text)) {
            found(path, PersonalIn::Known);
        }
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
    fn write(&self, name: &'static str, key: Option<Key>, writer: &mut JsonWriter<'_>) {
        writer.hashes(name, key, self.as_slice());
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
        // Most lists hold one; room for four, which is the default, costs more than reading it.
        let mut objects = Self { list: Vec::with_capacity(1), surplus: 0 };
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
    fn write(&self, name: &'static str, key: Option<Key>, writer: &mut JsonWriter<'_>) {
        writer.list(name, self.list.iter(), |object, writer| match object {
            // Without its name, which belongs to the list.
            Ok(object) => object.write("", key, writer),
            // Meta refuses the event for it, and it could be anything.
            Err(_) => writer.leave_out(name),
        });
    }

    fn find_personal(
        &self,
        name: &'static str,
        path: &FieldPath<'_>,
        found: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
        for (place, object) in self.list.iter().enumerate() {
            let Ok(object) = object else { continue };
            let mut is_found = false;
            let place = place.to_string();
            object.find_personal(name, &path.then(&place), &mut |path: &FieldPath<'_>, personal| {
                // What is wrong with one thing is wrong with most.
                if !std::mem::replace(&mut is_found, true) {
                    found(path, personal);
                }
            });
            if is_found {
                return;
            }
        }
    }
}
