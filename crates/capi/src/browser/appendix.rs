//! The mark that Meta's Parameter Builder puts behind a value: a dot and 2 or 8 characters.
//!
//! Eight characters are six bytes in URL-safe base64: a format byte (1), the language of the
//! library (1 PHP, 2 Python, 3 Java, 4 Node, 5 Ruby, 6 browser), how the value came about, and the
//! library's version. Two characters are the language alone, of older releases. Kopru is none of
//! these libraries, so it reads and keeps marks but makes none.

/// The older marks, one a language.
const LEGACY: [&str; 6] = ["AQ", "Ag", "Aw", "BA", "BQ", "Bg"];
const FORMAT: u8 = 1;
/// The number of the browser's library among the languages.
const BROWSER: u8 = 6;
/// The value was made where there was none before.
const NET_NEW: u8 = 2;

/// Whether a text is such a mark.
pub(crate) fn is_valid(mark: &str) -> bool {
    match mark.len() {
        2 => LEGACY.contains(&mark),
        8 => first_bytes(mark.as_bytes())
            .is_some_and(|(format, language, _)| format == FORMAT && (1..=BROWSER).contains(&language)),
        _ => false,
    }
}

/// A value without the mark behind it, if it carries one.
pub(crate) fn split(value: &str) -> (&str, Option<&str>) {
    // A mark has one of two lengths, so no other dot is looked for.
    for length in [8, 2] {
        if let Some(dot) = value.len().checked_sub(length + 1)
            && value.as_bytes()[dot] == b'.'
            && is_valid(&value[dot + 1..])
        {
            return (&value[..dot], Some(&value[dot + 1..]));
        }
    }
    (value, None)
}

/// Whether it says that a server's library made the value, and made it anew.
pub(crate) fn is_new_of_a_server(mark: &str) -> bool {
    is_valid(mark)
        && first_bytes(mark.as_bytes())
            .is_some_and(|(_, language, origin)| language != BROWSER && origin == NET_NEW)
}

/// Format, language and how the value came about.
fn first_bytes(mark: &[u8]) -> Option<(u8, u8, u8)> {
    let mut bits = [0; 8];
    for (bits, character) in bits.iter_mut().zip(mark) {
        *bits = sextet(*character)?;
    }
    Some(((bits[0] << 2) | (bits[1] >> 4), (bits[1] << 4) | (bits[2] >> 2), (bits[2] << 6) | bits[3]))
}

fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_metas_libraries_are_known() {
        for mark in ["AQ", "Bg", "AQQAAQMC", "AQQDAQMC", "AQIAAQMC", "AQEAAQMC", "AQYCAQMA", "AQQAAQAA"] {
            assert!(is_valid(mark), "{mark}");
        }
        for other in ["", "aq", "AA", "invalid", "INVALID", "AQQAAQM=", "BQQAAQMC", "AQAAAQMC", "AQcAAQMC"] {
            assert!(!is_valid(other), "{other}");
        }
    }

    #[test]
    fn a_mark_tells_what_a_server_made_anew() {
        for (mark, is_new) in [
            ("AQICAQMC", true),
            ("AQQCAQMC", true),
            ("AQEBAQMC", false),
            ("AQIAAQMC", false),
            ("AQYCAQMA", false),
            ("Ag", false),
            ("invalid", false),
        ] {
            assert_eq!(is_new_of_a_server(mark), is_new, "{mark}");
        }
    }

    #[test]
    fn a_mark_is_split_off_and_nothing_else() {
        assert_eq!(split("8.8.8.8.BA"), ("8.8.8.8", Some("BA")));
        assert_eq!(split("8.8.8.8"), ("8.8.8.8", None));
        assert_eq!(split("fb.1.123.abc.AQQCAQMC"), ("fb.1.123.abc", Some("AQQCAQMC")));
    }
}
