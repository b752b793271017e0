//! Values as people, forms and programs write them, for each identifier; then what may go wrong
//! with them.

use capi::Key;
use testkit::Random;

use super::letters;

const NAMES: &str = include_str!("words/names.txt");
const CITIES: &str = include_str!("words/cities.txt");
const STATES: &str = include_str!("words/states.txt");
// With the slips of spelling that the package's own list has, so that they are reached.
const COUNTRIES: &str = include_str!("words/countries.txt");
const GENDERS: &str = include_str!("words/genders.txt");

const HOSTS: &[&str] = &[
    "example.com",
    "gmail.com",
    "mail.example.co.uk",
    "bücher.example",
    "xn--bcher-kva.example",
    "localhost",
    "[127.0.0.1]",
    "127.0.0.1",
    "a-b.de",
    "-a.de",
    "a-.de",
    "a..de",
    "EXAMPLE.ORG",
    "x.y",
    "1.2",
    "example.com.",
    ".example.com",
    "exam_ple.com",
    "пример.рф",
    "a.b.c.d.e.f",
    "e\u{212a}.com",
    "t-online.de",
    "a",
    "",
];
const LOCAL_SIGNS: &str = "abcxyzABCXYZ0189_!#$%&'*+/=?^`{|}~-.:\"(), <>@";
const POSTCODES: &[&str] = &[
    "94025",
    "94025-1234",
    "SW1A 1AA",
    "sw1a1aa",
    "K1A 0B6",
    "01310-100",
    "01310100",
    "10115",
    "D-10115",
    "1234 AB",
    "100-0001",
    "〒100-0001",
    "00-950",
    "110 00",
    "LV-1010",
    "ABC",
    "1",
    "12",
    "-",
    "--",
    "-12345",
    "1-2345",
    "é1",
    "12345 - 6789",
    "12345–6789",
    "AD100",
    "１２３４５",
    "𝟏𝟐",
    "😀",
    "😀1",
    "EC1A\u{a0}1BB",
    "BFPO 801",
    "٣٤٥٦٧",
    "",
];
const MONTHS: &[&str] =
    &["Jan", "February", "März", "abr", "Mayıs", "июня", "July", "août", "9月", "Oct.", "XI", "Dic"];

/// Draws a value for a key.
pub fn draw(key: Key, random: &mut Random) -> String {
    let mut value = match random.below(20) {
        0..=11 => realistic(key, random),
        12 | 13 => realistic(random.pick(&Key::ALL), random),
        14 => {
            let joiner = random.pick(&["", " ", ".", ",", "-", "\u{feff}", "\n", "/", "\u{301}", "Σ", "@"]);
            format!("{}{joiner}{}", realistic(key, random), realistic(random.pick(&Key::ALL), random))
        }
        15 | 16 => hash(random),
        17 | 18 => letters::random(random, 24),
        _ => {
            let piece = letters::random(random, 6);
            let times = random.below(60);
            format!("{}{}", piece.repeat(times), realistic(key, random))
        }
    };
    let changes = match random.below(10) {
        0..=3 => 0,
        4..=6 => 1,
        7 | 8 => 2,
        _ => random.below(7),
    };
    for _ in 0..changes {
        letters::mutate(&mut value, random);
    }
    value
}

fn realistic(key: Key, random: &mut Random) -> String {
    match key {
        Key::Email => email(random),
        Key::Phone => phone(random),
        Key::FirstName | Key::LastName => name(random),
        Key::Gender => word(GENDERS, random).to_owned(),
        Key::BirthDate => date(random),
        Key::City => word(CITIES, random).to_owned(),
        Key::State => place(STATES, COUNTRIES, random),
        Key::Postcode => postcode(random),
        Key::Country => place(COUNTRIES, STATES, random),
        Key::ExternalId => external_id(random),
    }
}

fn word(of: &'static str, random: &mut Random) -> &'static str {
    let words: Vec<&str> = of.lines().collect();
    random.pick(&words)
}

fn name(random: &mut Random) -> String {
    let one = word(NAMES, random);
    match random.below(4) {
        0 => format!("{one} {}", word(NAMES, random)),
        1 => format!("{one}-{}", word(NAMES, random)),
        _ => one.to_owned(),
    }
}

/// A name of a place, alone, in two letters, or with something around it.
fn place(of: &'static str, others: &'static str, random: &mut Random) -> String {
    let one = word(of, random);
    match random.below(12) {
        0 => random.ascii("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 2),
        1 => {
            let length = random.below(9);
            random.ascii("abdegilmnorstuvy", length)
        }
        2 => format!("{one} {}", word(of, random)),
        3 => format!("{one}, {}", word(others, random)),
        4 => format!("{}{one}", word(NAMES, random)),
        5 => format!("{one} ({})", random.below(100)),
        6 => word(others, random).to_owned(),
        _ => one.to_owned(),
    }
}

fn email(random: &mut Random) -> String {
    let length = random.below(12);
    let local = match random.below(5) {
        0 => random.ascii(LOCAL_SIGNS, length),
        1 => format!("{}.{}", word(NAMES, random), word(NAMES, random)),
        2 => format!(
            "{}{}{}",
            random.ascii("abcXYZ019", 3),
            random.pick(&[".", ":.", "::.", "..", ":", "+", "_"]),
            random.ascii("abc", 2)
        ),
        _ => random.ascii("abcdefghijklmnopqrstuvwxyz.", length + 1),
    };
    let length = random.below(9);
    let host = match random.below(4) {
        0 => format!("{}.{}", random.ascii("abcXYZ019-", length), random.ascii("comdeKk-", 3)),
        _ => random.pick(HOSTS).to_owned(),
    };
    let at = random.pick(&["@", "@", "@", "@", "@", "@", "@", " @ ", "@@", "", "＠", "(at)"]);
    let full = format!("{local}{at}{host}");
    match random.below(12) {
        0 => format!("mailto:{full}"),
        1 => format!("{} <{full}>", word(NAMES, random)),
        2 => format!("{full}, {full}"),
        _ => full,
    }
}

fn phone(random: &mut Random) -> String {
    let start =
        random.pick(&["+", "00", "0", "", "(", "+(", "tel:+", "000", "wa.me/", "(+", "٠", "＋", "0(0)"]);
    let mut phone = start.to_owned();
    for _ in 0..random.below(18) {
        phone.push(char::from(random.between(u64::from(b'0'), u64::from(b'9')) as u8));
        if random.chance(20) {
            phone.push(
                random.pick(&[' ', '-', '(', ')', '.', '/', '\u{a0}', '\u{2011}', '\u{202c}', '٥', '５']),
            );
        }
    }
    phone.push_str(random.pick(&[
        "",
        "",
        "",
        "",
        "",
        " ext. 12",
        "x3",
        "#4",
        ";ext=5",
        "@s.whatsapp.net",
        "\0",
    ]));
    phone
}

fn date(random: &mut Random) -> String {
    let year = match random.below(8) {
        0 => random.between(0, 99),
        1 => random.between(1795, 1805),
        2 => random.between(2018, 2043),
        3 => random.between(0, 99_999),
        _ => random.between(1900, 2015),
    };
    let month = random.between(1, 12) + if random.chance(10) { random.between(0, 30) } else { 0 };
    let day = random.between(1, 31) + if random.chance(10) { random.between(0, 10) } else { 0 };
    let (month, day) = if random.chance(3) { (0, day) } else { (month, day) };
    let one =
        random.pick(&["-", "/", ".", " ", ". ", "年", "\u{200f}/", ", ", "--", "T", "", "\u{feff}", "٫"]);
    let other = if random.chance(80) { one } else { random.pick(&["-", "/", ".", " ", "th ", "月"]) };
    let written = match random.below(12) {
        0 => format!("{year:04}{month:02}{day:02}"),
        1 => format!("{day:02}{month:02}{year:04}"),
        2 | 3 => format!("{year:04}{one}{month:02}{other}{day:02}"),
        4 | 5 => format!("{day}{one}{month}{other}{year}"),
        6 | 7 => format!("{month}{one}{day}{other}{year}"),
        8 => format!("{month}{one}{year}{other}{day}"),
        9 => format!("{day} {} {year}", random.pick(MONTHS)),
        10 => format!("{} {day}, {year} {month}", random.pick(MONTHS)),
        _ => {
            let digits = [1, 8, 9, 16, 19, 20, 25, 310][random.below(8)];
            format!("{}{one}{month}{other}{day}", random.ascii("0123456789", digits))
        }
    };
    let before = random.pick(&["", "", "", "", "", "", "*", "-", "born ", "00", "０", "n° "]);
    let after = random.pick(&["", "", "", "", "", "", "", "T00:00:00.000Z", " 00:00", "年", " AD", "a", "٣"]);
    format!("{before}{written}{after}")
}

fn postcode(random: &mut Random) -> String {
    let length = random.below(9);
    match random.below(4) {
        0 => random.ascii("0123456789ABZabz -", length),
        1 => {
            let digits = random.ascii("0123456789", length);
            format!("{digits}-{}", random.ascii("0123456789", 4))
        }
        _ => random.pick(POSTCODES).to_owned(),
    }
}

fn external_id(random: &mut Random) -> String {
    let length = random.below(40);
    match random.below(5) {
        0 => random.ascii("0123456789", length),
        1 => format!(
            "{}-{}-{}",
            random.ascii("0123456789abcdef", 8),
            random.ascii("0123456789ABCDEF", 4),
            random.ascii("0123456789abcdef", 12)
        ),
        2 => format!("CRM_{} {}", word(NAMES, random), random.below(1000)),
        3 => random.ascii("0123456789ABCDEFabcdef-_ .", length),
        _ => email(random),
    }
}

/// A hash, or what looks like one at first sight, alone or with a mark behind it.
fn hash(random: &mut Random) -> String {
    let length = match random.below(12) {
        0..=4 => 64,
        5..=8 => 32,
        9 => 63,
        10 => 40,
        _ => random.below(70),
    };
    let digits =
        random.pick(&["0123456789abcdef", "0123456789ABCDEF", "0123456789abcdefABCDEF", "0123456789"]);
    let mut value = random.ascii(digits, length);
    if random.chance(5) {
        value = capi::sha256_hex(b"");
    }
    match random.below(8) {
        0 | 1 => {}
        2 => {
            value.push('.');
            value.push_str(random.pick(&["AQ", "Ag", "Aw", "BA", "BQ", "Bg", "aq", "AA", "A", "", "ÄQ"]));
        }
        3 => {
            value.push('.');
            value.push_str(
                random.pick(&[
                    "AQQAAQMC", "AQQCAQMC", "AQEAAQMC", "AQYCAQMA", "BQQAAQMC", "invalid!", "12345678",
                ]),
            );
        }
        4 => {
            value.push('.');
            let length = 6 + random.below(4);
            value.push_str(&random.ascii("ABCabc019-_.!", length));
        }
        5 => {
            // Eight units of UTF-16, now and then of fewer characters.
            value.push('.');
            value.push_str(random.pick(&[
                "ääääääää",
                "😀😀😀😀",
                "a😀b中c1",
                "ﬁﬁﬁﬁﬁﬁﬁﬁ",
                "1234567\u{301}",
                "        ",
                "1234567 ",
                "😀😀😀1",
            ]));
        }
        6 => {
            let length = random.between(7, 9) as usize;
            let mark: String = letters::random(random, 12).chars().take(length).collect();
            value.push('.');
            value.push_str(&mark);
        }
        _ => value = format!("{}{value}{}", letters::blanks(random), letters::blanks(random)),
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_drawn_in_many_ways() {
        for key in Key::ALL {
            let mut random = Random::for_topic(1, key.name());
            let drawn: std::collections::BTreeSet<String> =
                (0..1000).map(|_| draw(key, &mut random)).collect();
            assert!(drawn.len() > 700, "{key}: {}", drawn.len());
            assert!(
                drawn.iter().any(|value| value.is_ascii()) && drawn.iter().any(|value| !value.is_ascii())
            );
        }
    }

    #[test]
    fn lists_of_words_have_no_empty_line() {
        for list in [NAMES, CITIES, STATES, COUNTRIES, GENDERS] {
            assert!(list.lines().all(|line| !line.is_empty()));
        }
    }
}
