//! Cities.

use super::{letters, text};
use crate::{catalogue, normalize::Dropped};

/// The states of Brazil as everybody there writes them behind a city; ISO 3166-2:BR.
const BRAZILIAN_STATES: [&str; 27] = [
    "AC", "AL", "AP", "AM", "BA", "CE", "DF", "ES", "GO", "MA", "MT", "MS", "MG", "PA", "PB", "PR", "PE",
    "PI", "RJ", "RN", "RS", "RO", "RR", "SC", "SP", "SE", "TO",
];

/// Parts of the Emirates that are called by the country's name elsewhere.
const EMIRATES: [&str; 8] =
    ["dubai", "abudhabi", "sharjah", "ajman", "fujairah", "alfujairah", "ummalquwain", "rasalkhaimah"];

/// Fewest digits of a postcode that stands beside a city.
const POSTCODE_DIGITS_MIN: usize = 4;

pub(super) fn write(value: &str, country: Option<&str>, out: &mut String) -> Result<(), Dropped> {
    if value.bytes().any(|byte| byte.is_ascii_digit()) {
        let bare = text::bare(value);
        let city = without_postcode(without_tails(&bare, country));
        letters::write(without_tails(&city, country), country, out)?;
    } else if value.contains([',', '،', '/', '(', '-', '‑', '–', '—', '&']) {
        let cleaned = text::bare(value);
        letters::write(without_tails(&cleaned, country), country, out)?;
    } else {
        letters::write(value, country, out)?;
    }
    // A number alone is a postcode in the wrong field.
    if out.bytes().all(|byte| byte.is_ascii_digit()) { Err(Dropped::Unreadable) } else { Ok(()) }
}

/// `10115 Berlin` begins with a postcode; a number as short as that of `6th of October` is none.
fn without_postcode(text: &str) -> String {
    let is_postcode = |word: &str| {
        // `D-10115`, `01310-100`
        let word = word.trim_matches(',');
        let prefixed = word.split_once('-').filter(|(prefix, _)| (1..=2).contains(&prefix.len()));
        let bare = prefixed.map_or(word, |(_, rest)| rest);
        bare.bytes().filter(u8::is_ascii_digit).count() >= POSTCODE_DIGITS_MIN
            && bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    let words: Vec<&str> = text.split_whitespace().filter(|word| !is_postcode(word)).collect();
    // A number alone is told apart later.
    if words.is_empty() { text.to_owned() } else { words.join(" ") }
}

/// `Austin, TX, USA` and `São Paulo - SP` name region and country, too; the city is what stands
/// before them.
fn without_tails<'a>(text: &'a str, country: Option<&str>) -> &'a str {
    let mut city = text.trim_end_matches([',', '-', ' ']);
    while let Some(shorter) = without_tail(city, country) {
        city = shorter;
    }
    city
}

fn without_tail<'a>(text: &'a str, country: Option<&str>) -> Option<&'a str> {
    let country = country?;
    let (mark, (city, tail)) = [",", "،", " - ", "/", "("]
        .into_iter()
        .filter_map(|mark| Some((mark, text.rsplit_once(mark)?)))
        .min_by_key(|(_, (_, tail))| tail.len())?;
    let tail = tail.trim_matches(|c: char| c == ')' || c == '.' || c.is_whitespace());
    let is_region = match country {
        // The district is part of the capital's name.
        "us" => catalogue::us_state(tail).is_some_and(|state| state != "dc"),
        "br" => BRAZILIAN_STATES.iter().any(|state| state.eq_ignore_ascii_case(tail)),
        "ca" => catalogue::ca_province(tail).is_some(),
        _ => false,
    };
    let is_country = catalogue::country_code(tail) == Some(country)
        && !EMIRATES.contains(&catalogue::fold(tail).as_str())
        // A code of two letters could be anything but behind a comma or in brackets.
        && (tail.chars().count() > 2 || matches!(mark, "," | "،" | "("));
    ((is_region || is_country) && city.chars().any(char::is_alphabetic)).then_some(city)
}
