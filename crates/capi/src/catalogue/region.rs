//! States of the United States and provinces of Canada, which Meta wants as codes, and the states
//! of Limited Data Use.

use std::{collections::HashMap, sync::LazyLock};

use super::{Agreement, NAME_BYTES_MAX, bare, fold, lines, parts};

type RegionCodes = HashMap<&'static str, &'static str>;

static US_STATES: LazyLock<RegionCodes> = LazyLock::new(|| of_country("us"));
static CA_PROVINCES: LazyLock<RegionCodes> = LazyLock::new(|| of_country("ca"));

/// How the country itself is written beside its state; the longest first, for the end of a text.
const US_NAMES: [&str; 5] = ["unitedstatesofamerica", "unitedstates", "america", "usa", "us"];
const CA_NAMES: [&str; 3] = ["canada", "can", "ca"];

/// Words around a name, folded.
const BEFORE: [&str; 5] = ["stateof", "commonwealthof", "territoryof", "provinceof", "estadode"];
const BEHIND: [&str; 2] = ["state", "province"];

/// Limited Data Use: the values of `data_processing_options_state` with the state of each; 0 lets
/// Meta work the place out. Meta's documentation of data processing options; its page of server
/// events still lists only 0 and 1000.
pub const LDU_STATES: [(u16, &str); 14] = [
    (1000, "California"),
    (1001, "Colorado"),
    (1002, "Connecticut"),
    (1003, "Florida"),
    (1004, "Oregon"),
    (1005, "Texas"),
    (1006, "Montana"),
    (1007, "Delaware"),
    (1008, "Nebraska"),
    (1009, "New Hampshire"),
    (1010, "New Jersey"),
    (1011, "Minnesota"),
    (1012, "Maryland"),
    (1013, "Rhode Island"),
];

/// Limited Data Use: the values of `data_processing_options_country`. 0 lets Meta work the place
/// out, 1 is the United States. A country without a state counts as if neither were given. Meta's
/// documentation of data processing options.
pub const LDU_COUNTRIES: [u16; 2] = [0, 1];

/// The state, district, territory or military "state" of the United States that a text means: the
/// code of USPS in lower case, which is how Meta's documentation wants it hashed.
///
/// Takes codes, names and the usual abbreviations without regard to case and punctuation, with the
/// country or a ZIP code beside them. All parts of a text have to say the same, so a city beside
/// the state gives `None`, as does a text of more than 100 bytes.
///
/// USPS, and our own list of what people write; see `regions.tsv`.
///
/// ```
/// use capi::catalogue::us_state;
///
/// assert_eq!(us_state("Calif."), Some("ca"));
/// assert_eq!(us_state("US-NY"), Some("ny"));
/// assert_eq!(us_state("Bavaria"), None);
/// ```
pub fn us_state(text: &str) -> Option<&'static str> {
    region(text, &US_STATES, &US_NAMES)
}

/// The province or territory of Canada that a text means: the code of Canada Post in lower case.
/// Texts are taken as by [`us_state`], in English and French.
///
/// Canada Post, and our own list of what people write; see `regions.tsv`.
pub fn ca_province(text: &str) -> Option<&'static str> {
    region(text, &CA_PROVINCES, &CA_NAMES)
}

/// The states of the United States: code and usual English name, both in lower case and the name
/// without blanks.
pub fn us_states() -> impl Iterator<Item = (&'static str, &'static str)> {
    lines(include_str!("regions.tsv")).filter_map(|line| {
        let mut columns = line.split('\t');
        let (country, code, names) = (columns.next()?, columns.next()?, columns.next()?);
        (country == "us").then_some((code, names.split('|').next()?))
    })
}

fn of_country(country: &str) -> RegionCodes {
    let mut codes = RegionCodes::new();
    for line in lines(include_str!("regions.tsv")) {
        let mut columns = line.split('\t');
        if columns.next() == Some(country)
            && let (Some(code), Some(names)) = (columns.next(), columns.next())
        {
            codes.extend(names.split('|').chain([code]).map(|name| (name, code)));
        }
    }
    codes
}

fn region(text: &str, codes: &RegionCodes, country: &[&str]) -> Option<&'static str> {
    if text.len() > NAME_BYTES_MAX {
        return None;
    }
    let text = bare(text);
    if let Some(code) = named(&fold(text), codes, country) {
        return Some(code);
    }
    let mut agreement = Agreement::Silent;
    for part in parts(text).map(fold).filter(|part| !country.contains(&part.as_str())) {
        agreement.add(named(&part, codes, country)?);
    }
    agreement.agreed()
}

/// The region that a folded text names, alone or with usual words around it.
fn named(folded: &str, codes: &RegionCodes, country: &[&str]) -> Option<&'static str> {
    let known = |name: &str| codes.get(name).copied();
    let folded = folded.trim_end_matches(|c: char| c.is_ascii_digit());
    if let Some(code) = known(folded) {
        return Some(code);
    }
    // Only names are taken apart: a code of two letters with letters around it is another word.
    let without_country = country.iter().find_map(|name| folded.strip_suffix(name)).unwrap_or(folded);
    let inner = BEFORE.into_iter().find_map(|word| without_country.strip_prefix(word));
    let inner = inner.unwrap_or(without_country);
    let inner = BEHIND.into_iter().find_map(|word| inner.strip_suffix(word)).unwrap_or(inner);
    (inner.len() > 2).then(|| known(inner)).flatten()
}

#[cfg(test)]
mod tests;
