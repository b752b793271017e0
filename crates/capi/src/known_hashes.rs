//! Hashes whose text is known, because there are few such texts: countries, genders, American
//! states, dates of birth, placeholders. They tell what a hash alone cannot: which country it names, and that
//! somebody hashed a value without normalising it, or twice.

use std::{collections::HashMap, sync::LazyLock};

use crate::{Key, catalogue, digest, normalize};

/// What is wrong with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is the hash of a value that was not normalised.
    NotNormalised,
    /// It is the hash of a hash.
    Twice,
    /// It is the hash of what stands for no value.
    Placeholder,
}

/// The country that a hash names.
pub(crate) fn country(hash: &str) -> Option<&'static str> {
    static COUNTRIES: LazyLock<HashMap<[u8; 32], &'static str>> =
        LazyLock::new(|| catalogue::country_codes().map(|code| (sha256(code), code)).collect());
    COUNTRIES.get(&digest::from_hex(hash)?).copied()
}

/// What is wrong with a hash, if that can be seen.
pub(crate) fn fault(key: Key, hash: &str) -> Option<Fault> {
    static FAULTS: LazyLock<HashMap<(Key, [u8; 32]), Fault>> = LazyLock::new(faults);
    static DATES: LazyLock<Vec<(u64, Fault)>> = LazyLock::new(dates);
    let hash = digest::from_hex(hash)?;
    let of_nothing = match key {
        Key::ExternalId => OF_IDS,
        Key::Email => OF_PEOPLE | OF_ADDRESSES,
        Key::Phone => OF_PEOPLE | OF_NUMBERS,
        _ => OF_PEOPLE,
    };
    if placeholder(hash) & of_nothing != 0 {
        return Some(Fault::Placeholder);
    }
    match key {
        Key::BirthDate => {
            let place = DATES.binary_search_by_key(&beginning(hash), |(hash, _)| *hash).ok()?;
            DATES.get(place).map(|(_, fault)| *fault)
        }
        Key::Country | Key::Gender | Key::State => FAULTS.get(&(key, hash)).copied(),
        _ => None,
    }
}

/// Whether a hash, in hex, is that of what programs and people write where they have no value, such as `null` or `n/a`: it
/// is nobody's, although many events carry it.
pub fn is_of_a_placeholder(key: Key, hash: &str) -> bool {
    fault(key, hash) == Some(Fault::Placeholder)
}

/// Whether a hash, in hex, tells nobody from others: that of a placeholder, and in the place of an id that of any word
/// which people write for nothing. One that is no placeholder may be somebody's all the same.
pub fn tells_nobody(key: Key, hash: &str) -> bool {
    let is_a_word = || digest::from_hex(hash).is_some_and(|hash| placeholder(hash) & OF_PEOPLE != 0);
    is_of_a_placeholder(key, hash) || (key == Key::ExternalId && is_a_word())
}

/// In the place of what a placeholder stands for nothing.
const OF_PEOPLE: u8 = 1;
const OF_IDS: u8 = 2;
const OF_ADDRESSES: u8 = 4;
const OF_NUMBERS: u8 = 8;

/// In the place of what the text of a hash stands for nothing: none, or some of the above.
fn placeholder(hash: [u8; 32]) -> u8 {
    static PLACEHOLDERS: LazyLock<HashMap<u64, u8>> = LazyLock::new(placeholders);
    PLACEHOLDERS.get(&beginning(hash)).copied().unwrap_or(0)
}

/// What people and programs write for nothing, as it is written, in capitals, with capital letters at the beginning of
/// the text and of each word: the beginnings of their hashes. Only what programs write, or shops for all visitors, is
/// no id.
fn placeholders() -> HashMap<u64, u8> {
    let mut table = HashMap::new();
    let mut add = |text: &str, of: u8| *table.entry(beginning(sha256(text))).or_default() |= of;
    let title = |text: &str| -> String {
        let mut letters = text.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    };
    let forms = |word: &str| {
        let each: Vec<String> = word.split(' ').map(title).collect();
        // The capital of a Turkish i has its dot.
        let turkish = word.replace('i', "İ").to_uppercase();
        [word.to_owned(), word.to_uppercase(), turkish, title(word), each.join(" ")]
    };
    // JavaScript's words, whose case is their own, and signs in place of a value.
    let signs = ["[object Object]", "NaN", "nil", "Nil", "NIL", "-", "--", ".", "0"];
    let words = normalize::placeholders().flat_map(forms).chain(signs.map(str::to_owned));
    for text in words {
        let is_of_programs = normalize::is_of_programs(&text) || matches!(text.as_str(), "0" | "-");
        add(&text, if is_of_programs { OF_PEOPLE | OF_IDS } else { OF_PEOPLE });
    }
    for text in normalize::of_visitors().flat_map(forms).chain(["-1".to_owned()]) {
        add(&text, OF_IDS);
    }
    for address in normalize::test_addresses() {
        add(&address, OF_ADDRESSES);
    }
    // One digit again and again, as long as a telephone number.
    for digit in '0'..='9' {
        for digits in 7..=15 {
            add(&String::from(digit).repeat(digits), OF_NUMBERS);
        }
    }
    table
}

fn faults() -> HashMap<(Key, [u8; 32]), Fault> {
    let mut table = HashMap::new();
    let mut add = |key, right: &str, wrong: &[&str]| {
        table.insert((key, sha256(&digest::sha256_hex(right.as_bytes()))), Fault::Twice);
        for wrong in wrong.iter().filter(|wrong| **wrong != right) {
            table.insert((key, sha256(wrong)), Fault::NotNormalised);
        }
    };
    for code in catalogue::country_codes() {
        add(Key::Country, code, &[&code.to_uppercase()]);
    }
    // What Meta's Parameter Builder makes of a country (`uk`) is no fault.
    for (code, names) in [
        ("us", &["USA", "usa", "United States", "united states", "unitedstates"][..]),
        ("tr", &["Turkey", "turkey", "Türkiye", "türkiye", "TUR"]),
        ("br", &["Brazil", "brazil", "Brasil", "brasil"]),
        ("de", &["Germany", "germany", "Deutschland", "deutschland"]),
        ("gb", &["UK", "United Kingdom", "united kingdom"]),
        ("sa", &["KSA", "Saudi Arabia", "saudi arabia"]),
        ("ae", &["UAE", "uae", "United Arab Emirates"]),
        ("mx", &["Mexico", "mexico", "México", "méxico"]),
        ("eg", &["Egypt", "egypt"]),
    ] {
        add(Key::Country, code, names);
    }
    add(Key::Gender, "f", &["F", "Female", "female", "FEMALE", "woman", "Woman", "Kadın", "kadın", "Frau"]);
    add(Key::Gender, "m", &["M", "Male", "male", "MALE", "man", "Man", "Erkek", "erkek", "Herr"]);
    for (code, name) in catalogue::us_states() {
        // Names of one word are known with their capital, too.
        let title: String =
            name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect();
        add(Key::State, code, &[&code.to_uppercase(), name, &title, &name.to_uppercase()]);
    }
    table
}

/// Every day of the years in which customers are born, in the usual wrong forms: the beginnings of
/// their hashes, sorted. A run of digits is none of them: which order it has cannot be seen.
fn dates() -> Vec<(u64, Fault)> {
    let mut table = Vec::new();
    for year in 1920_u16..=2020 {
        for month in 1_u8..=12 {
            for day in 1_u8..=31 {
                let right = format!("{year}{month:02}{day:02}");
                table.push((beginning(sha256(&digest::sha256_hex(right.as_bytes()))), Fault::Twice));
                for wrong in [
                    format!("{year}-{month:02}-{day:02}"),
                    format!("{day:02}.{month:02}.{year}"),
                    format!("{day:02}/{month:02}/{year}"),
                ] {
                    table.push((beginning(sha256(&wrong)), Fault::NotNormalised));
                }
            }
        }
    }
    table.sort_unstable_by_key(|(hash, _)| *hash);
    table
}

/// Enough of a hash to tell it from a hundred thousand others.
fn beginning(hash: [u8; 32]) -> u64 {
    hash.iter().take(8).fold(0, |beginning, byte| beginning << 8 | u64::from(*byte))
}

fn sha256(text: &str) -> [u8; 32] {
    digest::sha256(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> String {
        digest::sha256_hex(text.as_bytes())
    }

    #[test]
    fn faults_are_seen_where_they_can_be() {
        for (key, text) in [
            (Key::Country, "TR"),
            (Key::Country, "Turkey"),
            (Key::Country, "DE"),
            (Key::Country, "CA"),
            (Key::Gender, "Female"),
            (Key::State, "California"),
            (Key::State, "CA"),
            (Key::BirthDate, "1997-02-16"),
        ] {
            assert_eq!(fault(key, &hash(text)), Some(Fault::NotNormalised), "{text}");
        }
        for (key, text) in
            [(Key::Country, "tr"), (Key::Gender, "f"), (Key::State, "ca"), (Key::BirthDate, "19970216")]
        {
            assert_eq!(fault(key, &hash(text)), None, "{text}");
            assert_eq!(fault(key, &hash(&hash(text))), Some(Fault::Twice), "{text}");
        }
        for (key, text) in [
            (Key::Email, "null"),
            (Key::Email, "NULL"),
            (Key::Phone, "Undefined"),
            (Key::FirstName, "n/a"),
            (Key::LastName, "[object Object]"),
            (Key::City, "Not Set"),
            (Key::ExternalId, "undefined"),
            (Key::ExternalId, "Guest"),
            (Key::ExternalId, "MİSAFİR"),
            (Key::Email, "test@test.com"),
            (Key::Phone, "1111111111"),
        ] {
            assert_eq!(fault(key, &hash(text)), Some(Fault::Placeholder), "{text}");
        }
        for (key, text) in [
            (Key::ExternalId, "test"),
            (Key::ExternalId, "abc"),
            (Key::Country, "na"),
            (Key::LastName, "guest"),
            (Key::ExternalId, "1111111111"),
            (Key::Email, "ada@test.com"),
        ] {
            assert_eq!(fault(key, &hash(text)), None, "{text}");
        }
        assert!(tells_nobody(Key::ExternalId, &hash("test")) && tells_nobody(Key::Email, &hash("null")));
        assert!(!tells_nobody(Key::ExternalId, &hash("test-7")) && !tells_nobody(Key::Email, &hash("guest")));
        assert_eq!(fault(Key::Email, &hash("TR")), None);
        assert_eq!(country(&hash("tr")), Some("tr"));
        assert_eq!(country(&hash("TR")), None);
        assert_eq!(fault(Key::Country, &hash("uk")), None, "the Parameter Builder makes it");
    }
}
