//! The JSON objects of an event: their fields as a list, from which reading and writing follow.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeSeed, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer,
        value::SeqAccessDeserializer,
    },
};
use serde_json::{Value, value::RawValue};

use crate::{json_writer::JsonWriter, key::Key};

/// Fields that this library does not know, and known ones whose value has a shape that they cannot
/// have, as they came.
pub type Extra<'a> = Vec<(Cow<'a, str>, Box<RawValue>)>;

/// What came for a known field.
pub(crate) enum Fit<T> {
    /// A value that fits.
    Is(T),
    /// `null`, which says as much as no field.
    Null,
    /// A value of another shape.
    Odd(Box<RawValue>),
}

/// A field's type: how it is read from JSON the way Meta's Graph API reads it (numbers as strings
/// and strings as numbers), and how it is written.
pub(crate) trait Field<'de>: Sized {
    /// Reads a value of any shape; fails only where the JSON itself is broken.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Fit<Self>, D::Error> {
        deserializer.deserialize_any(FieldVisitor(PhantomData))
    }

    /// Reads into its place; what does not fit is given back. Objects fill their fields where they
    /// stand instead of being moved there.
    fn read_into<D: Deserializer<'de>>(
        place: &mut Option<Self>,
        deserializer: D,
    ) -> Result<Option<Box<RawValue>>, D::Error> {
        Ok(match Self::read(deserializer)? {
            Fit::Is(value) => {
                *place = Some(value);
                None
            }
            Fit::Null => None,
            Fit::Odd(raw) => Some(raw),
        })
    }

    /// From a string; gives it back if it does not fit.
    fn from_text(text: Cow<'de, str>) -> Result<Self, Cow<'de, str>> {
        Err(text)
    }

    /// From an integer.
    fn from_integer(_: i128) -> Option<Self> {
        None
    }

    /// From a number with a fraction or an exponent.
    fn from_float(_: f64) -> Option<Self> {
        None
    }

    /// From `true` or `false`.
    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    /// From a list.
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Fit<Self>, A::Error> {
        odd(Value::deserialize(SeqAccessDeserializer::new(list))?)
    }

    /// From an object.
    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Fit<Self>, A::Error> {
        odd(Value::deserialize(MapAccessDeserializer::new(object))?)
    }
}

/// How a field is written.
pub(crate) trait Write {
    /// Whether there is nothing to write: an empty text, list or object never leaves.
    fn is_nothing(&self) -> bool;

    /// Writes the value. `key` is set where it is a match key that has to be hashed.
    fn write(&self, name: &'static str, key: Option<Key>, writer: &mut JsonWriter<'_>);

    /// Names what of it is not written, because it looks like what identifies a person.
    fn find_personal(
        &self,
        _: &'static str,
        _: &FieldPath<'_>,
        _: &mut impl FnMut(&FieldPath<'_>, PersonalIn),
    ) {
    }
}

/// Where something stands that looks like what identifies a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PersonalIn {
    /// In a field that Meta knows.
    Known,
    /// In another one.
    Extra,
}

/// Where a field stands within an event.
pub(crate) struct FieldPath<'p> {
    within: Option<&'p FieldPath<'p>>,
    name: &'p str,
}

impl<'p> FieldPath<'p> {
    /// The event itself.
    pub(crate) const EVENT: FieldPath<'static> = FieldPath { within: None, name: "" };

    /// A field of what stands here; a name from outside as it can be shown.
    pub(crate) fn then<'c>(&'c self, name: &'c str) -> FieldPath<'c>
    where
        'p: 'c,
    {
        FieldPath { within: Some(self), name }
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(within) = self.within else { return Ok(()) };
        if within.within.is_some() {
            write!(f, "{within}.")?;
        }
        f.write_str(self.name)
    }
}

/// A value of a shape that its field cannot have.
pub(crate) fn odd<T, E: de::Error>(value: impl serde::Serialize) -> Result<Fit<T>, E> {
    kept(value).map(|kept| kept.map_or(Fit::Null, Fit::Odd))
}

/// A value as it came. An empty one says as much as `null`: PHP writes `[]` for an empty object, and
/// templates write `""` for a number that they do not have.
fn kept<E: de::Error>(value: impl serde::Serialize) -> Result<Option<Box<RawValue>>, E> {
    let raw = serde_json::value::to_raw_value(&value).map_err(E::custom)?;
    Ok((!says_nothing(&raw)).then_some(raw))
}

/// Whether a value says as much as no value.
pub(crate) fn says_nothing(raw: &RawValue) -> bool {
    matches!(raw.get(), "null" | "\"\"" | "[]" | "{}")
}

struct FieldVisitor<T>(PhantomData<T>);

impl<'de, T: Field<'de>> Visitor<'de> for FieldVisitor<T> {
    type Value = Fit<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Fit<T>, E> {
        T::from_text(Cow::Borrowed(text)).map_or_else(odd, |value| Ok(Fit::Is(value)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Fit<T>, E> {
        T::from_text(Cow::Owned(text.to_owned())).map_or_else(odd, |value| Ok(Fit::Is(value)))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Fit<T>, E> {
        T::from_integer(number.into()).map_or_else(|| odd(number), |value| Ok(Fit::Is(value)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Fit<T>, E> {
        T::from_integer(number.into()).map_or_else(|| odd(number), |value| Ok(Fit::Is(value)))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Fit<T>, E> {
        T::from_float(number).map_or_else(|| odd(number), |value| Ok(Fit::Is(value)))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Fit<T>, E> {
        T::from_bool(flag).map_or_else(|| odd(flag), |value| Ok(Fit::Is(value)))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Fit<T>, E> {
        Ok(Fit::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Fit<T>, A::Error> {
        T::from_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Fit<T>, A::Error> {
        T::from_object(object)
    }
}

impl<'de, T: Field<'de>> Deserialize<'de> for Fit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer)
    }
}

/// Where a field is to be read to.
pub(crate) struct Place<'p, T>(pub(crate) &'p mut Option<T>);

impl<'de, T: Field<'de>> DeserializeSeed<'de> for Place<'_, T> {
    type Value = Option<Box<RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::read_into(self.0, deserializer)
    }
}

/// An object whose fields are filled one by one.
pub(crate) trait Object<'de>: Default {
    /// Reads all fields of an object.
    fn fill<A: MapAccess<'de>>(&mut self, object: A) -> Result<(), A::Error>;
}

/// Reads an object into its place; gives back what is none.
pub(crate) fn read_object<'de, T: Object<'de>, D: Deserializer<'de>>(
    place: &mut Option<T>,
    deserializer: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    deserializer.deserialize_any(ObjectVisitor(place))
}

struct ObjectVisitor<'p, T>(&'p mut Option<T>);

impl<'de, T: Object<'de>> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = Option<Box<RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        self.0.insert(T::default()).fill(object)?;
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        kept(text)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        kept(number)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        kept(number)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        kept(number)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        kept(flag)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        kept(Value::deserialize(SeqAccessDeserializer::new(list))?)
    }
}

/// A field's name, borrowed where it has no escapes.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Declares a JSON object: each field with the name it has at Meta, its Rust name and its type.
/// All fields are optional; `extra` takes the rest. Printing one for debugging shows the names of
/// the fields that are there and none of their values.
macro_rules! object {
    (
        $(#[$about:meta])*
        pub struct $object:ident {
            $( $(#[$doc:meta])* $name:literal => $field:ident: $type:ty, )*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Default)]
        pub struct $object<'a> {
            $( $(#[$doc])* pub $field: Option<$type>, )*
            /// What this library does not know, or what has a shape that it cannot have.
            pub extra: $crate::event::Extra<'a>,
        }

        impl<'a> $object<'a> {
            /// The names of the fields at Meta, in the order in which they are written.
            pub const FIELDS: &'static [&'static str] = &[$($name),*];

            /// Whether it holds nothing at all.
            pub fn is_empty(&self) -> bool {
                use $crate::event::object::Write as _;
                $( self.$field.as_ref().is_none_or(|value| value.is_nothing()) && )* self.extra.is_empty()
            }

            /// Whether the field of a name is there; unknown ones count, too.
            pub fn has(&self, name: &str) -> bool {
                use $crate::event::object::Write as _;
                match name {
                    $( $name => self.$field.as_ref().is_some_and(|value| !value.is_nothing()), )*
                    _ => self.extra.iter().any(|(extra, _)| extra == name),
                }
            }
        }

        impl<'a> $crate::event::object::Object<'a> for $object<'a> {
            fn fill<A: serde::de::MapAccess<'a>>(&mut self, mut object: A) -> Result<(), A::Error> {
                use $crate::event::object::{Name, Place, says_nothing};
                while let Some(Name(name)) = object.next_key::<Name<'a>>()? {
                    let odd = match &*name {
                        $( $name => {
                            let odd = object.next_value_seed(Place(&mut self.$field))?;
                            if odd.is_some() {
                                self.$field = None;
                            }
                            odd
                        } )*
                        _ => Some(object.next_value::<Box<serde_json::value::RawValue>>()?)
                            .filter(|raw| !says_nothing(raw)),
                    };
                    if let Some(raw) = odd {
                        self.extra.push((name, raw));
                    }
                }
                // Of a field that comes twice the last one counts.
                if !self.extra.is_empty() {
                    let mut extra = std::mem::take(&mut self.extra);
                    extra.retain(|(name, _)| match &**name {
                        $( $name => self.$field.is_none(), )*
                        _ => true,
                    });
                    self.extra = extra;
                }
                Ok(())
            }
        }

        impl<'a> $crate::event::object::Field<'a> for $object<'a> {
            fn read<D: serde::Deserializer<'a>>(
                deserializer: D,
            ) -> Result<$crate::event::object::Fit<Self>, D::Error> {
                use $crate::event::object::Fit;
                let mut place = None;
                let odd = Self::read_into(&mut place, deserializer)?;
                Ok(match (place, odd) {
                    (Some(value), _) => Fit::Is(value),
                    (None, Some(raw)) => Fit::Odd(raw),
                    (None, None) => Fit::Null,
                })
            }

            fn read_into<D: serde::Deserializer<'a>>(
                place: &mut Option<Self>,
                deserializer: D,
            ) -> Result<Option<Box<serde_json::value::RawValue>>, D::Error> {
                $crate::event::object::read_object(place, deserializer)
            }
        }

        impl $crate::event::object::Write for $object<'_> {
            fn is_nothing(&self) -> bool {
                self.is_empty()
            }

            fn write(&self, name: &'static str, _: Option<$crate::Key>, writer: &mut $crate::json_writer::JsonWriter<'_>) {
                let opened = writer.open();
                $(
                    if let Some(value) = &self.$field && !value.is_nothing() {
                        let start = writer.name(concat!("\"", $name, "\":"));
                        value.write($name, const { $crate::Key::of($name) }, writer);
                        writer.note(const { $crate::field_set::FieldBit::of(stringify!($object), $name) }, start);
                    }
                )*
                writer.extra(name, Self::FIELDS, &self.extra);
                writer.close(opened, name);
            }

            fn find_personal(
                &self,
                _: &'static str,
                path: &$crate::event::object::FieldPath<'_>,
                found: &mut impl FnMut(&$crate::event::object::FieldPath<'_>, $crate::event::object::PersonalIn),
            ) {
                $(
                    if let Some(value) = &self.$field {
                        value.find_personal($name, &path.then($name), found);
                    }
                )*
                for (name, json) in &self.extra {
                    if $crate::privacy::is_personal(name, json) {
                        let name = $crate::privacy::shown_in_path(name);
                        found(&path.then(&name), $crate::event::object::PersonalIn::Extra);
                    }
                }
            }
        }

        impl std::fmt::Debug for $object<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut names = f.debug_list();
                $( if self.$field.is_some() { names.entry(&$name); } )*
                names.entries(self.extra.iter().map(|(name, _)| if Self::FIELDS.contains(&&**name) { name } else { ".." })).finish()
            }
        }
    };
}

pub(crate) use object;
