//! Meta's documentation of customer information, done properly.
//!
//! Where the page leaves a thing to the reader, the country of the customer decides: which code a
//! phone lacks, which number of a date is the month, how long a postcode is, and what the lower
//! case of `I` is. Placeholders are dropped; nothing is guessed that the value does not say.

mod birth_date;
mod city;
mod constants;
mod email;
mod gender;
mod letters;
mod nonsense;
mod phone;
mod postcode;
mod state;
mod text;
mod turkish;

use jiff::civil::Date;

use super::Dropped;
use crate::{Key, catalogue};

pub use constants::{is_no_event_id, is_no_order};
pub(crate) use email::MASKS;
pub use email::email;
pub use nonsense::is_no_id;
pub(crate) use nonsense::{
    is_no_value, is_of_programs, is_placeholder, of_visitors, placeholders, stands_for_nothing,
    test_addresses,
};
pub use phone::{phone, phones};
pub use text::decimal_digit;

/// What is known besides the value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    /// The customer's country, a lower-case code.
    pub(super) country: Option<&'static str>,
    /// Nobody is born later.
    pub(super) today: Date,
}

/// Longest value that is looked at, bytes. No name of a person or place is longer; a whole text in
/// the wrong field is none.
const VALUE_BYTES_MAX: usize = 1024;

/// Writes the documented form of a value into `out`, and into `twin` another one by which Meta may know the
/// person, if there is one: phones have two where a country changed its numbers.
pub(super) fn normalize(
    key: Key,
    value: &str,
    context: Context,
    out: &mut String,
    twin: &mut String,
) -> Result<(), Dropped> {
    out.clear();
    twin.clear();
    if value.len() > VALUE_BYTES_MAX {
        return Err(Dropped::Unreadable);
    }
    nonsense::check(key, value)?;
    match key {
        Key::Email => email::write(value, out),
        Key::Phone => phone::write(value, context.country, out, twin),
        Key::FirstName | Key::LastName => letters::write(value, context.country, out),
        Key::Gender => gender::write(value, context.country, out),
        Key::BirthDate => birth_date::write(value, context, out),
        Key::City => city::write(value, context.country, out),
        Key::State => state::write(value, context.country, out),
        Key::Postcode => postcode::write(value, context.country, out),
        Key::Country => {
            out.push_str(catalogue::country_code(&text::clean(value)).ok_or(Dropped::Unreadable)?);
            Ok(())
        }
        Key::ExternalId => {
            // Any stable text will do, in the form in which the pixel sends it.
            out.push_str(value.trim());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
