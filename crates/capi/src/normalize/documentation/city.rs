//! Cities.

use super::letters;
use crate::{catalogue, normalize::Dropped};

/// The states of Brazil as everybody there writes them behind a city; ISO 3166-2:BR.
const BRAZILIAN_STATES: [&str; 27] = [
    "AC", "AL", "AP", "AM", "BA", "CE", "DF", "ES", "GO", "MA", "MT", "MS", "MG", "PA", "PB", "PR", "PE",
    "PI", "RJ", "RN", "RS", "RO", "RR", "SC", "SP", "SE", "TO",
];

pub(super) fn write(value: &str, country: Option<&str>, out: &mut String) -> Result<(), Dropped> {
    letters::write(without_region(value, country), country, out)?;
    // A number alone is a postcode in the wrong field.
    if out.bytes().all(|byte| byte.is_ascii_digit()) { Err(Dropped::Unreadable) } else { Ok(()) }
}

/// `Austin, TX` and `São Paulo - SP` name the region, too; the city is what stands before it.
fn without_region<'a>(value: &'a str, country: Option<&str>) -> &'a str {
    let at = |marks: &[&str]| marks.iter().find_map(|mark| value.rsplit_once(mark));
    let Some((city, region)) = at(&[", ", ",", " - ", " – ", "/", "("]) else { return value };
    let region = region.trim_end_matches(|c: char| c == ')' || c.is_whitespace());
    let is_region = match country {
        Some("us") => catalogue::us_state(region).is_some(),
        Some("br") => BRAZILIAN_STATES.contains(&region),
        Some("ca") => catalogue::ca_province(region).is_some(),
        _ => false,
    };
    // Places are named after countries and their parts; only a comma or a bracket says that it is one.
    let is_country = at(&[",", "("]).is_some()
        && region.len() > 2
        && country.is_some()
        && catalogue::country_code(region) == country;
    if (is_region || is_country) && city.chars().any(char::is_alphabetic) { city } else { value }
}
