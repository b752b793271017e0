//! The identifiers of a person that Meta wants hashed.

use std::fmt;

/// A match key of `user_data` whose values are normalised and hashed.
///
/// Names and meanings are those of Meta's documentation of customer information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `em`, an e-mail address.
    Email,
    /// `ph`, a phone number with its country code.
    Phone,
    /// `fn`, the first name.
    FirstName,
    /// `ln`, the last name.
    LastName,
    /// `ge`, the gender, `f` or `m`.
    Gender,
    /// `db`, the date of birth, `YYYYMMDD`.
    BirthDate,
    /// `ct`, the city.
    City,
    /// `st`, the state, province or region.
    State,
    /// `zp`, the postcode.
    Postcode,
    /// `country`, ISO 3166-1 alpha-2.
    Country,
    /// `external_id`, the business's own id of the person.
    ExternalId,
}

impl Key {
    /// All keys, in the order in which they are written.
    pub const ALL: [Self; 11] = [
        Self::Email,
        Self::Phone,
        Self::FirstName,
        Self::LastName,
        Self::Gender,
        Self::BirthDate,
        Self::City,
        Self::State,
        Self::Postcode,
        Self::Country,
        Self::ExternalId,
    ];

    /// Meta's name of the key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "em",
            Self::Phone => "ph",
            Self::FirstName => "fn",
            Self::LastName => "ln",
            Self::Gender => "ge",
            Self::BirthDate => "db",
            Self::City => "ct",
            Self::State => "st",
            Self::Postcode => "zp",
            Self::Country => "country",
            Self::ExternalId => "external_id",
        }
    }

    /// The key of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// The key of a name, for names that are known when the library is compiled.
    pub(crate) const fn of(name: &str) -> Option<Self> {
        let mut place = 0;
        while place < Self::ALL.len() {
            if same(Self::ALL[place].name().as_bytes(), name.as_bytes()) {
                return Some(Self::ALL[place]);
            }
            place += 1;
        }
        None
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

pub(crate) const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut place = 0;
    while place < one.len() && place < other.len() && one[place] == other[place] {
        place += 1;
    }
    place == one.len() && place == other.len()
}
