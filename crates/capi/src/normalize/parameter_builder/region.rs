//! States and countries: two letters always. A name of its own table gives its code, also when a
//! longer text merely contains it; of anything else the first two letters are left (`bayern` →
//! `ba`, `uk` → `uk`).

mod names;

use names::{COUNTRIES, STATES};

pub(super) fn state(value: &str, out: &mut String) {
    two_letters(value, STATES, out);
}

pub(super) fn country(value: &str, out: &mut String) {
    two_letters(value, COUNTRIES, out);
}

fn two_letters(value: &str, names: &[Row], out: &mut String) {
    if value.is_ascii() {
        out.extend(
            value.bytes().filter(u8::is_ascii_alphabetic).map(|byte| char::from(byte.to_ascii_lowercase())),
        );
    } else {
        out.extend(value.chars().flat_map(char::to_lowercase).filter(char::is_ascii_lowercase));
    }
    if out.len() <= 2 {
        return;
    }
    if out == "constructor" {
        // JavaScript finds a function of that name in every object, and the first letters of the
        // function's text are what is sent.
        out.clear();
        out.push_str("fu");
        return;
    }
    // A name can only be in a text that has all its letters.
    let letters = letters_of(out.as_bytes());
    let possible = || names.iter().filter(|row| row.letters & !letters == 0);
    let code = possible()
        .find(|row| row.name == out.as_str())
        .or_else(|| possible().find(|row| out.contains(row.name)))
        .map(|row| row.code);
    match code {
        Some(code) => {
            out.clear();
            out.push_str(code);
        }
        None => out.truncate(2),
    }
}

/// A name with its code.
struct Row {
    name: &'static str,
    code: &'static str,
    letters: u32,
}

const fn row(name: &'static str, code: &'static str) -> Row {
    Row { name, code, letters: letters_of(name.as_bytes()) }
}

/// The letters of a text as bits.
const fn letters_of(text: &[u8]) -> u32 {
    let mut letters = 0;
    let mut place = 0;
    while place < text.len() {
        letters |= 1 << (text[place] - b'a');
        place += 1;
    }
    letters
}
