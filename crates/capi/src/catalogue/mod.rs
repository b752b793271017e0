//! What Meta's parameters are made of, as data: countries, currencies, regions, postcodes and the
//! standard events with what belongs to them.
//!
//! Long tables are `.tsv` files that are part of the program; what they hold and where it is from
//! stands in their first lines. They are read once, at first use. What is unknown gives `None`, and
//! so does what means two things, unless one of them is by far the usual one.

pub mod country;
pub mod currency;
pub mod events;
mod fold;
pub mod postcode;
pub mod region;
mod withdrawn;

pub use country::{calling_code, codes as country_codes, country_code};
pub use currency::{currency_hint, currency_name, is_currency, minor_units};
pub use events::{
    ACTION_SOURCES, APP_EVENT_NAMES, ATTRIBUTION_METHODS, ATTRIBUTION_MODELS, ActionSourceDetail,
    CONTENT_TYPES, CUSTOMER_SEGMENTATIONS, DECLINE_REASONS, DELIVERY_CATEGORIES, Origin, STANDARD_EVENTS,
    StandardEvent, meta_name_of_ga4, standard_event,
};
pub use fold::fold;
pub use postcode::{Shape, postcode_shape};
pub use region::{LDU_COUNTRIES, LDU_STATES, ca_province, us_state, us_states};
pub use withdrawn::{WithdrawnCurrency, withdrawn_currency};

/// Longest name that is looked at, bytes: the longest that is known has 99. Our own choice.
const NAME_BYTES_MAX: usize = 100;

/// The lines of a table, without the notes at its beginning.
fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The parts of a name that says a thing twice or adds to it, as in `Turkey (TR)`, `US-CA` or
/// `California, USA`. What has no letter, such as a calling code, is no part.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    wide_parts(name).flat_map(|part| part.split('-')).map(bare).filter(|part| has_letter(part))
}

/// The same, but with words that a hyphen joins kept together, as in `New-Mexico`.
fn wide_parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(" -")
        .flat_map(|part| part.split("- "))
        .flat_map(|part| part.split(|c: char| "()[]/\\–—,،;|:+（）".contains(c)))
        .map(bare)
        .filter(|part| has_letter(part))
}

fn has_letter(text: &str) -> bool {
    text.contains(char::is_alphabetic)
}

/// The text without what is neither letter nor digit at its ends.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// What several parts of a name say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agreement {
    Silent,
    One(&'static str),
    Several,
}

impl Agreement {
    fn add(&mut self, code: &'static str) {
        *self = match *self {
            Self::Silent => Self::One(code),
            Self::One(other) if other == code => return,
            _ => Self::Several,
        };
    }

    fn agreed(self) -> Option<&'static str> {
        match self {
            Self::One(code) => Some(code),
            Self::Silent | Self::Several => None,
        }
    }
}
