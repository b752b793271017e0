//! Countries of ISO 3166-1: their codes, what people call them, and their calling codes.

use std::{collections::HashMap, sync::LazyLock};

use super::{Agreement, NAME_BYTES_MAX, bare, fold, lines, parts, region::us_state, wide_parts};

struct Country {
    alpha2: &'static str,
    alpha3: &'static str,
    calling_code: &'static str,
    /// Folded, separated by `|`.
    names: &'static str,
}

pub(super) const LETTERS: usize = 26;

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    lines(include_str!("countries.tsv"))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some(Country {
                alpha2: columns.next()?,
                alpha3: columns.next()?,
                calling_code: columns.next()?,
                names: columns.next()?,
            })
        })
        .collect()
});

/// A place for every pair of letters, so that a code needs neither memory nor a hash.
static BY_ALPHA2: LazyLock<[Option<&'static Country>; LETTERS * LETTERS]> = LazyLock::new(|| {
    let mut table = [None; LETTERS * LETTERS];
    let mut enter = |code: &str, country| {
        if let Some(place) = place(code).and_then(|at| table.get_mut(at)) {
            *place = Some(country);
        }
    };
    for country in COUNTRIES.iter() {
        enter(country.alpha2, country);
        for (alias, alpha2) in ALPHA2_ALIASES {
            if alpha2 == country.alpha2 {
                enter(alias, country);
            }
        }
    }
    table
});

static BY_NAME: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let names = COUNTRIES.iter().flat_map(|country| {
        country.names.split('|').chain([country.alpha3]).map(|name| (name, country.alpha2))
    });
    names.collect()
});

/// Codes that the European Union uses instead of ISO's, which ISO keeps free, and those that ISO keeps for
/// parts of a country.
const ALPHA2_ALIASES: [(&str, &str); 4] = [("uk", "gb"), ("el", "gr"), ("ac", "sh"), ("ta", "sh")];

/// Names of two letters that are written with full stops. Without them `TC` is a code of its own,
/// and with them other codes mean nothing (`R.U.` is Spanish for the United Kingdom, not Russia).
const DOTTED: [(&str, &str); 3] = [("us", "us"), ("uk", "gb"), ("tc", "tr")];

/// Names as short as a code that are so well known that they count beside an unknown word.
const KNOWN_ABBREVIATIONS: [&str; 8] = ["usa", "eua", "abd", "uae", "bae", "vae", "ksa", "brd"];

/// Countries whose name is also, with another word, that of another place: an unknown word beside
/// it could be that word, as in "Atlanta, Georgia" or "Congo (Dem.)".
const SHARED_NAMES: [&str; 5] = ["cg", "ge", "gn", "kr", "ws"];

/// The country that a text means: its ISO 3166-1 alpha-2 code in lower case, which is how Meta's
/// documentation wants it hashed.
///
/// Takes an assigned alpha-2 code in any case (and `uk`, `el`, `xk`), an alpha-3 code or one that
/// sport uses (`GER`, `KSA`), and names in fifty-odd languages without regard to case, marks and
/// punctuation. A part of a country that is called one, such as Scotland or Dubai, gives the
/// country. Of a text with several parts, as `Turkey (TR)`, all have to say the same; beside an
/// unknown word only a name counts, not a short code, which could be a state or an article.
/// Longer texts than 100 bytes give `None`.
///
/// ISO 3166-1, Unicode CLDR and our own list of what people write; see `countries.tsv`.
///
/// ```
/// use capi::catalogue::country_code;
///
/// assert_eq!(country_code("TR"), Some("tr"));
/// assert_eq!(country_code("المملكة العربية السعودية"), Some("sa"));
/// assert_eq!(country_code("Istanbul, Türkiye"), Some("tr"));
/// assert_eq!(country_code("DE - Delaware"), None);
/// ```
pub fn country_code(text: &str) -> Option<&'static str> {
    if text.len() > NAME_BYTES_MAX {
        return None;
    }
    let text = bare(text);
    whole(text).or_else(|| among_parts(text))
}

/// The calling code of a country without plus, for example `90` for `tr`; `1` for all of the
/// North American plan, whose area codes are not told apart. The alpha-2 code may have any case.
///
/// ITU E.164. Uninhabited islands have the code of those who visit them.
pub fn calling_code(alpha2: &str) -> Option<&'static str> {
    by_alpha2(alpha2).map(|country| country.calling_code)
}

/// All alpha-2 codes in lower case, in alphabetical order. ISO 3166-1, and `xk` for Kosovo.
pub fn codes() -> impl Iterator<Item = &'static str> {
    COUNTRIES.iter().map(|country| country.alpha2)
}

fn by_alpha2(code: &str) -> Option<&'static Country> {
    BY_ALPHA2.get(place(code)?).copied().flatten()
}

/// Where a pair of letters of any case stands among all pairs.
pub(super) fn place(code: &str) -> Option<usize> {
    let &[first, second] = code.as_bytes() else { return None };
    let letter = |byte: u8| byte.is_ascii_alphabetic().then(|| usize::from((byte | 0x20) - b'a'));
    Some(letter(first)? * LETTERS + letter(second)?)
}

/// The country that the text as a whole names.
fn whole(text: &str) -> Option<&'static str> {
    if place(text).is_some() {
        return by_alpha2(text).map(|country| country.alpha2);
    }
    let folded = fold(text);
    if place(&folded).is_some() {
        return DOTTED.into_iter().find(|(name, _)| *name == folded).map(|(_, code)| code);
    }
    BY_NAME.get(folded.as_str()).copied()
}

/// The one country that the parts of the text name.
fn among_parts(text: &str) -> Option<&'static str> {
    let mut all = Agreement::Silent;
    if parts(text).all(|part| whole(part).inspect(|code| all.add(code)).is_some()) {
        return all.agreed();
    }
    let (mut named, mut beside_state) = (Agreement::Silent, false);
    for part in wide_parts(text) {
        match whole(part) {
            Some(code) if !is_short_code(part) => named.add(code),
            Some(_) => {}
            // "Lebanon, Ohio" is no country.
            None => beside_state |= us_state(part).is_some(),
        }
    }
    named.agreed().filter(|code| *code == "us" || !(beside_state || SHARED_NAMES.contains(code)))
}

/// Whether the text looks like a code: two or three Latin letters.
fn is_short_code(text: &str) -> bool {
    let folded = fold(text);
    folded.len() <= 3 && folded.is_ascii() && !KNOWN_ABBREVIATIONS.contains(&folded.as_str())
}

#[cfg(test)]
mod tests;
