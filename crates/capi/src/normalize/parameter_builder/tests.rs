use super::*;

const THIS_YEAR: i16 = 2026;

/// Vectors written from the rules, oddities first.
#[test]
fn what_the_parameter_builder_makes_of_values() {
    for (key, value, expected) in [
        (Key::Email, " John_Smith@Gmail.COM\n", Some("john_smith@gmail.com")),
        (Key::Email, "a:.b@c.de", Some("a:.b@c.de")),
        (Key::Email, "a::.b@c.de", None),
        (Key::Email, "a..b@c.de", None),
        (Key::Email, "a@b", None),
        (Key::Email, "a@-b.de", None),
        (Key::Email, "a@b.de.", None),
        (Key::Email, "müller@web.de", None),
        (Key::Email, "\u{212a}en@web.de", Some("ken@web.de")),
        (Key::Phone, "0016505551212", Some("16505551212")),
        (Key::Phone, "+90 (0532) 123", Some("900532123")),
        (Key::Phone, "٠٥٣٢", None),
        (Key::Phone, "000", None),
        (Key::FirstName, "O'Brien-Smith Jr.", Some("obriensmithjr")),
        (Key::FirstName, "İpek", Some("i\u{307}pek")),
        (Key::FirstName, "ΟΔΥΣΣΕΥΣ", Some("οδυσσευς")),
        (Key::FirstName, "O’Brien", Some("o’brien")),
        (Key::LastName, "\u{feff}a\u{85}b", Some("a\u{85}b")),
        (Key::LastName, " . ", None),
        (Key::Gender, " Ma'am ", Some("f")),
        (Key::Gender, "HIMSELF", Some("m")),
        (Key::Gender, "Mrs.", None),
        (Key::BirthDate, "2/16/1997", Some("19970216")),
        (Key::BirthDate, "16/2/1997", Some("19970216")),
        (Key::BirthDate, "1997-16-02", Some("19970216")),
        (Key::BirthDate, "2025-02-30", Some("20250230")),
        (Key::BirthDate, "5 1997 13", Some("19970513")),
        (Key::BirthDate, "99999999", Some("99999999")),
        (Key::BirthDate, "12-31-1799", None),
        (Key::BirthDate, "1.1.2027", Some("20270101")),
        (Key::BirthDate, "1.1.2028", None),
        (Key::BirthDate, "02-16-97", None),
        (Key::BirthDate, "May 1 1990", None),
        (Key::BirthDate, "1 1 99999999999999999999999", None),
        (Key::City, "São Paulo", Some("sopaulo")),
        (Key::City, "St. Louis", Some("stlouis")),
        (Key::City, "北京", None),
        (Key::City, "1st City", None),
        (Key::State, "New York", Some("ny")),
        (Key::State, "Upstate New York!", Some("ny")),
        (Key::State, "Ontario", Some("on")),
        (Key::State, "Bayern", Some("ba")),
        (Key::State, "x", Some("x")),
        (Key::State, "constructor", Some("fu")),
        (Key::State, "1", None),
        (Key::Postcode, " SW1A 1AA ", Some("sw1a 1aa")),
        (Key::Postcode, "01310-100", Some("01310")),
        (Key::Postcode, "1", None),
        (Key::Postcode, "\u{1f600}", Some("\u{1f600}")),
        (Key::Postcode, "-12345", None),
        (Key::Country, "U.S.A.", Some("us")),
        (Key::Country, "Deutschland", Some("de")),
        (Key::Country, "UK", Some("uk")),
        (Key::Country, "Papua New Guinea", Some("pg")),
        (Key::Country, "the Guinea Republic", Some("gn")),
        (Key::Country, "Türkiye", Some("tr")),
        (Key::ExternalId, " User 123 ", Some("user123")),
        (Key::ExternalId, "a\u{2003}B", Some("ab")),
    ] {
        let mut out = "left over".to_owned();
        let built = build(key, value, THIS_YEAR, &mut out);
        assert_eq!(built.map(|_| out.as_str()), expected, "{key} {value:?}");
    }
}

#[test]
fn hashes_pass_and_any_eight_characters_count_as_its_mark() {
    let hash = "5D17A594497DD1F6A19FED37D6BF596DE6371FD6975657662BF45D7C19728531";
    for (value, expected) in [
        (hash.to_owned(), hash.to_lowercase()),
        (format!(" {hash} "), hash.to_lowercase()),
        (hash[..32].to_owned(), hash[..32].to_lowercase()),
        (format!("{hash}.AQQCAQMC"), format!("{hash}.AQQCAQMC")),
        (format!(" {hash}.Bg "), format!("{hash}.Bg")),
        (format!("{hash}.ÄÄÄÄÄÄÄÄ"), format!("{hash}.ÄÄÄÄÄÄÄÄ")),
    ] {
        let mut out = String::new();
        assert_eq!(build(Key::Email, &value, THIS_YEAR, &mut out), Some(Built::Hash), "{value}");
        assert_eq!(out, expected);
    }
    let mut out = String::new();
    assert_eq!(build(Key::ExternalId, &hash[1..], THIS_YEAR, &mut out), Some(Built::Text));
}
