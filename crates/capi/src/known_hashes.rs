//! Hashes whose text is known, because there are few such texts: countries, genders, American
//! states, dates of birth. They tell what a hash alone cannot: which country it names, and that
//! somebody hashed a value without normalising it, or twice.

use std::{collections::HashMap, sync::LazyLock};

use crate::{Key, catalogue, digest};

/// What is known of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// It names a country, as it should.
    Country(&'static str),
    /// It is the hash of a value that was not normalised.
    NotNormalised(Key),
    /// It is the hash of a hash.
    Twice(Key),
}

type Table = HashMap<[u8; 32], Known>;

/// The country that a hash names.
pub(crate) fn country(hash: &str) -> Option<&'static str> {
    static COUNTRIES: LazyLock<Table> = LazyLock::new(|| {
        catalogue::country_codes().map(|code| (sha256(code), Known::Country(code))).collect()
    });
    match COUNTRIES.get(&digest::from_hex(hash)?)? {
        Known::Country(code) => Some(code),
        _ => None,
    }
}

/// What is wrong with a hash, if that can be seen.
pub(crate) fn fault(key: Key, hash: &str) -> Option<Known> {
    static FAULTS: LazyLock<Table> = LazyLock::new(faults);
    static DATES: LazyLock<Table> = LazyLock::new(dates);
    let hash = digest::from_hex(hash)?;
    let table = if key == Key::BirthDate { &DATES } else { &FAULTS };
    let known = *table.get(&hash)?;
    match known {
        Known::NotNormalised(of) | Known::Twice(of) => (of == key).then_some(known),
        Known::Country(_) => None,
    }
}

fn faults() -> Table {
    let mut table = Table::new();
    let mut add = |key, right: &str, wrong: &[&str]| {
        table.insert(sha256(&digest::sha256_hex(right.as_bytes())), Known::Twice(key));
        for wrong in wrong.iter().filter(|wrong| **wrong != right) {
            table.insert(sha256(wrong), Known::NotNormalised(key));
        }
    };
    for code in catalogue::country_codes() {
        add(Key::Country, code, &[&code.to_uppercase()]);
    }
    for (code, names) in [
        ("us", &["USA", "usa", "United States", "united states", "unitedstates"][..]),
        ("tr", &["Turkey", "turkey", "Türkiye", "türkiye", "TUR"]),
        ("br", &["Brazil", "brazil", "Brasil", "brasil"]),
        ("de", &["Germany", "germany", "Deutschland", "deutschland"]),
        ("gb", &["uk", "UK", "United Kingdom", "united kingdom"]),
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

/// Every day of the years in which customers are born, in the usual wrong forms.
fn dates() -> Table {
    let mut table = Table::new();
    for year in 1920_u16..=2020 {
        for month in 1_u8..=12 {
            for day in 1_u8..=31 {
                let right = format!("{year}{month:02}{day:02}");
                table.insert(sha256(&digest::sha256_hex(right.as_bytes())), Known::Twice(Key::BirthDate));
                for wrong in [
                    format!("{year}-{month:02}-{day:02}"),
                    format!("{day:02}.{month:02}.{year}"),
                    format!("{day:02}/{month:02}/{year}"),
                    format!("{day:02}{month:02}{year}"),
                ] {
                    table.insert(sha256(&wrong), Known::NotNormalised(Key::BirthDate));
                }
            }
        }
    }
    // A day-first run of digits can read as a year-first one; the right reading wins.
    for year in 1920_u16..=2020 {
        for month in 1_u8..=12 {
            for day in 1_u8..=31 {
                table.remove(&sha256(&format!("{year}{month:02}{day:02}")));
            }
        }
    }
    table
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
            (Key::Gender, "Female"),
            (Key::State, "California"),
            (Key::State, "CA"),
            (Key::BirthDate, "1997-02-16"),
        ] {
            assert_eq!(fault(key, &hash(text)), Some(Known::NotNormalised(key)), "{text}");
        }
        for (key, text) in
            [(Key::Country, "tr"), (Key::Gender, "f"), (Key::State, "ca"), (Key::BirthDate, "19970216")]
        {
            assert_eq!(fault(key, &hash(text)), None, "{text}");
            assert_eq!(fault(key, &hash(&hash(text))), Some(Known::Twice(key)), "{text}");
        }
        assert_eq!(fault(Key::Email, &hash("TR")), None);
        assert_eq!(country(&hash("tr")), Some("tr"));
        assert_eq!(country(&hash("TR")), None);
    }
}
