//! Which fields of the person and of what an event was worth there are: one bit each.

use serde::{Serialize, Serializer};

use crate::{CustomData, UserData, key::same};

/// A set of fields of `user_data` and `custom_data`, under their names at Meta.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldSet(u64);

/// The bit of a field.
#[derive(Clone, Copy)]
pub(crate) struct FieldBit(u64);

const _: () = assert!(UserData::FIELDS.len() + CustomData::FIELDS.len() <= 64, "one bit each");

impl FieldBit {
    /// The bit of a field of an object, by their names in this library and at Meta.
    pub(crate) const fn of(object: &str, name: &str) -> Option<Self> {
        let (fields, before) = match object.as_bytes() {
            b"UserData" => (UserData::FIELDS, 0),
            b"CustomData" => (CustomData::FIELDS, UserData::FIELDS.len()),
            _ => return None,
        };
        let mut place = 0;
        while place < fields.len() {
            if same(fields[place].as_bytes(), name.as_bytes()) {
                return Some(Self(1 << (before + place)));
            }
            place += 1;
        }
        None
    }

    /// The same for the name that the object has at Meta.
    pub(crate) fn within(object: &str, name: &str) -> Option<Self> {
        match object {
            "user_data" => Self::of("UserData", name),
            "custom_data" => Self::of("CustomData", name),
            _ => None,
        }
    }
}

impl FieldSet {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a field is there.
    pub fn has(self, name: &str) -> bool {
        !self.is_empty() && self.names().any(|known| known == name)
    }

    /// The names of the fields, in the order in which they are written.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = UserData::FIELDS.iter().chain(CustomData::FIELDS).copied();
        all.enumerate().filter(move |(place, _)| self.0 & (1 << place) != 0).map(|(_, name)| name)
    }

    /// Adds a field that may not be one of these.
    pub(crate) fn extend(&mut self, field: Option<FieldBit>) {
        if let Some(field) = field {
            self.insert(field);
        }
    }

    #[inline]
    pub(crate) fn insert(&mut self, field: FieldBit) {
        self.0 |= field.0;
    }
}

/// As a list of names.
impl Serialize for FieldSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl std::fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_bit_and_a_name_of_its_own() {
        let mut all = FieldSet::default();
        for (object, fields) in [("user_data", UserData::FIELDS), ("custom_data", CustomData::FIELDS)] {
            for name in fields {
                assert!(!all.has(name), "{name}");
                all.insert(FieldBit::within(object, name).unwrap());
                assert!(all.has(name), "{name}");
            }
        }
        assert_eq!(all.names().count(), UserData::FIELDS.len() + CustomData::FIELDS.len());
        assert!(FieldBit::within("user_data", "value").is_none());
        assert!(FieldBit::within("app_data", "em").is_none());
    }
}
