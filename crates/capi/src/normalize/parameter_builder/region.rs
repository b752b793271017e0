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

fn two_letters(value: &str, names: &[(&str, &str)], out: &mut String) {
    if value.is_ascii() {
        out.extend(
            value.bytes().filter(u8::is_ascii_alphabetic).map(|byte| char::from(byte.to_ascii_lowercase())),
        );
    } else {
        out.extend(value.to_lowercase().chars().filter(char::is_ascii_lowercase));
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
    let code = names
        .iter()
        .find(|(name, _)| *name == out.as_str())
        .or_else(|| names.iter().find(|(name, _)| out.contains(name)))
        .map(|(_, code)| *code);
    match code {
        Some(code) => {
            out.clear();
            out.push_str(code);
        }
        None => out.truncate(2),
    }
}
