//! Values as people, forms and programs write them, for each identifier; then what may go wrong
//! with them.

use capi::Key;

use super::{dice::Dice, letters};

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
pub fn draw(key: Key, dice: &mut Dice) -> String {
    let mut value = match dice.below(20) {
        0..=11 => realistic(key, dice),
        12 | 13 => realistic(dice.pick(&Key::ALL), dice),
        14 => {
            let joiner = dice.pick(&["", " ", ".", ",", "-", "\u{feff}", "\n", "/", "\u{301}", "Σ", "@"]);
            format!("{}{joiner}{}", realistic(key, dice), realistic(dice.pick(&Key::ALL), dice))
        }
        15 | 16 => hash(dice),
        17 | 18 => letters::random(dice, 24),
        _ => {
            let piece = letters::random(dice, 6);
            let times = dice.below(60);
            format!("{}{}", piece.repeat(times), realistic(key, dice))
        }
    };
    let changes = match dice.below(10) {
        0..=3 => 0,
        4..=6 => 1,
        7 | 8 => 2,
        _ => dice.below(7),
    };
    for _ in 0..changes {
        letters::mutate(&mut value, dice);
    }
    value
}

fn realistic(key: Key, dice: &mut Dice) -> String {
    match key {
        Key::Email => email(dice),
        Key::Phone => phone(dice),
        Key::FirstName | Key::LastName => name(dice),
        Key::Gender => word(GENDERS, dice).to_owned(),
        Key::BirthDate => date(dice),
        Key::City => word(CITIES, dice).to_owned(),
        Key::State => place(STATES, COUNTRIES, dice),
        Key::Postcode => postcode(dice),
        Key::Country => place(COUNTRIES, STATES, dice),
        Key::ExternalId => external_id(dice),
    }
}

fn word(of: &'static str, dice: &mut Dice) -> &'static str {
    let words: Vec<&str> = of.lines().collect();
    dice.pick(&words)
}

fn name(dice: &mut Dice) -> String {
    let one = word(NAMES, dice);
    match dice.below(4) {
        0 => format!("{one} {}", word(NAMES, dice)),
        1 => format!("{one}-{}", word(NAMES, dice)),
        _ => one.to_owned(),
    }
}

/// A name of a place, alone, in two letters, or with something around it.
fn place(of: &'static str, others: &'static str, dice: &mut Dice) -> String {
    let one = word(of, dice);
    match dice.below(12) {
        0 => dice.ascii("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 2),
        1 => {
            let length = dice.below(9);
            dice.ascii("abdegilmnorstuvy", length)
        }
        2 => format!("{one} {}", word(of, dice)),
        3 => format!("{one}, {}", word(others, dice)),
        4 => format!("{}{one}", word(NAMES, dice)),
        5 => format!("{one} ({})", dice.below(100)),
        6 => word(others, dice).to_owned(),
        _ => one.to_owned(),
    }
}

fn email(dice: &mut Dice) -> String {
    let length = dice.below(12);
    let local = match dice.below(5) {
        0 => dice.ascii(LOCAL_SIGNS, length),
        1 => format!("{}.{}", word(NAMES, dice), word(NAMES, dice)),
        2 => format!(
            "{}{}{}",
            dice.ascii("abcXYZ019", 3),
            dice.pick(&[".", ":.", "::.", "..", ":", "+", "_"]),
            dice.ascii("abc", 2)
        ),
        _ => dice.ascii("abcdefghijklmnopqrstuvwxyz.", length + 1),
    };
    let length = dice.below(9);
    let host = match dice.below(4) {
        0 => format!("{}.{}", dice.ascii("abcXYZ019-", length), dice.ascii("comdeKk-", 3)),
        _ => dice.pick(HOSTS).to_owned(),
    };
    let at = dice.pick(&["@", "@", "@", "@", "@", "@", "@", " @ ", "@@", "", "＠", "(at)"]);
    let full = format!("{local}{at}{host}");
    match dice.below(12) {
        0 => format!("mailto:{full}"),
        1 => format!("{} <{full}>", word(NAMES, dice)),
        2 => format!("{full}, {full}"),
        _ => full,
    }
}

fn phone(dice: &mut Dice) -> String {
    let start =
        dice.pick(&["+", "00", "0", "", "(", "+(", "tel:+", "000", "wa.me/", "(+", "٠", "＋", "0(0)"]);
    let mut phone = start.to_owned();
    for _ in 0..dice.below(18) {
        phone.push(char::from(dice.between(u64::from(b'0'), u64::from(b'9')) as u8));
        if dice.chance(20) {
            phone.push(
                dice.pick(&[' ', '-', '(', ')', '.', '/', '\u{a0}', '\u{2011}', '\u{202c}', '٥', '５']),
            );
        }
    }
    phone.push_str(dice.pick(&[
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

fn date(dice: &mut Dice) -> String {
    let year = match dice.below(8) {
        0 => dice.between(0, 99),
        1 => dice.between(1795, 1805),
        2 => dice.between(2018, 2043),
        3 => dice.between(0, 99_999),
        _ => dice.between(1900, 2015),
    };
    let month = dice.between(1, 12) + if dice.chance(10) { dice.between(0, 30) } else { 0 };
    let day = dice.between(1, 31) + if dice.chance(10) { dice.between(0, 10) } else { 0 };
    let (month, day) = if dice.chance(3) { (0, day) } else { (month, day) };
    let one = dice.pick(&["-", "/", ".", " ", ". ", "年", "\u{200f}/", ", ", "--", "T", "", "\u{feff}", "٫"]);
    let other = if dice.chance(80) { one } else { dice.pick(&["-", "/", ".", " ", "th ", "月"]) };
    let written = match dice.below(12) {
        0 => format!("{year:04}{month:02}{day:02}"),
        1 => format!("{day:02}{month:02}{year:04}"),
        2 | 3 => format!("{year:04}{one}{month:02}{other}{day:02}"),
        4 | 5 => format!("{day}{one}{month}{other}{year}"),
        6 | 7 => format!("{month}{one}{day}{other}{year}"),
        8 => format!("{month}{one}{year}{other}{day}"),
        9 => format!("{day} {} {year}", dice.pick(MONTHS)),
        10 => format!("{} {day}, {year} {month}", dice.pick(MONTHS)),
        _ => {
            let digits = [1, 8, 9, 16, 19, 20, 25, 310][dice.below(8)];
            format!("{}{one}{month}{other}{day}", dice.ascii("0123456789", digits))
        }
    };
    let before = dice.pick(&["", "", "", "", "", "", "*", "-", "born ", "00", "０", "n° "]);
    let after = dice.pick(&["", "", "", "", "", "", "", "T00:00:00.000Z", " 00:00", "年", " AD", "a", "٣"]);
    format!("{before}{written}{after}")
}

fn postcode(dice: &mut Dice) -> String {
    let length = dice.below(9);
    match dice.below(4) {
        0 => dice.ascii("0123456789ABZabz -", length),
        1 => {
            let digits = dice.ascii("0123456789", length);
            format!("{digits}-{}", dice.ascii("0123456789", 4))
        }
        _ => dice.pick(POSTCODES).to_owned(),
    }
}

fn external_id(dice: &mut Dice) -> String {
    let length = dice.below(40);
    match dice.below(5) {
        0 => dice.ascii("0123456789", length),
        1 => format!(
            "{}-{}-{}",
            dice.ascii("0123456789abcdef", 8),
            dice.ascii("0123456789ABCDEF", 4),
            dice.ascii("0123456789abcdef", 12)
        ),
        2 => format!("CRM_{} {}", word(NAMES, dice), dice.below(1000)),
        3 => dice.ascii("0123456789ABCDEFabcdef-_ .", length),
        _ => email(dice),
    }
}

/// A hash, or what looks like one at first sight, alone or with a mark behind it.
fn hash(dice: &mut Dice) -> String {
    let length = match dice.below(12) {
        0..=4 => 64,
        5..=8 => 32,
        9 => 63,
        10 => 40,
        _ => dice.below(70),
    };
    let digits = dice.pick(&["0123456789abcdef", "0123456789ABCDEF", "0123456789abcdefABCDEF", "0123456789"]);
    let mut value = dice.ascii(digits, length);
    if dice.chance(5) {
        value = capi::sha256_hex(b"");
    }
    match dice.below(8) {
        0 | 1 => {}
        2 => {
            value.push('.');
            value.push_str(dice.pick(&["AQ", "Ag", "Aw", "BA", "BQ", "Bg", "aq", "AA", "A", "", "ÄQ"]));
        }
        3 => {
            value.push('.');
            value.push_str(
                dice.pick(&[
                    "AQQAAQMC", "AQQCAQMC", "AQEAAQMC", "AQYCAQMA", "BQQAAQMC", "invalid!", "12345678",
                ]),
            );
        }
        4 => {
            value.push('.');
            let length = 6 + dice.below(4);
            value.push_str(&dice.ascii("ABCabc019-_.!", length));
        }
        5 => {
            // Eight units of UTF-16, now and then of fewer characters.
            value.push('.');
            value.push_str(dice.pick(&[
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
            let length = dice.between(7, 9) as usize;
            let mark: String = letters::random(dice, 12).chars().take(length).collect();
            value.push('.');
            value.push_str(&mark);
        }
        _ => value = format!("{}{value}{}", letters::blanks(dice), letters::blanks(dice)),
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_drawn_in_many_ways() {
        for key in Key::ALL {
            let mut dice = Dice::new(1, key.name());
            let drawn: std::collections::BTreeSet<String> = (0..1000).map(|_| draw(key, &mut dice)).collect();
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
