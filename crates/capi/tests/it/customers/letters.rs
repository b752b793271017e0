//! Letters as languages have them: case, composition, accents, digits of other scripts.

/// The language a customer's words are cased in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// `I` is the capital of `ı`, `İ` of `i`.
    Turkish,
    /// `ß` has no capital that people agree on; without accents `ü` is `ue`.
    German,
    /// No case; words are drawn out with tatweel.
    Arabic,
    /// Everything else in Latin letters.
    Other,
}

/// Composed letters with their base and combining mark.
const COMPOSED: &str = "\
    áa\u{301} àa\u{300} âa\u{302} ãa\u{303} äa\u{308} ée\u{301} êe\u{302} ëe\u{308} íi\u{301} óo\u{301} \
    ôo\u{302} õo\u{303} öo\u{308} úu\u{301} üu\u{308} çc\u{327} ñn\u{303} şs\u{327} ğg\u{306} \
    ÁA\u{301} ÀA\u{300} ÂA\u{302} ÃA\u{303} ÄA\u{308} ÉE\u{301} ÊE\u{302} ËE\u{308} ÍI\u{301} ÓO\u{301} \
    ÔO\u{302} ÕO\u{303} ÖO\u{308} ÚU\u{301} ÜU\u{308} ÇC\u{327} ÑN\u{303} ŞS\u{327} ĞG\u{306} İI\u{307} \
    أا\u{654} إا\u{655} آا\u{653} ؤو\u{654} ئي\u{654}";

/// Every invisible character that crosses a clipboard and changes no direction.
pub const INVISIBLE: [char; 6] = ['\u{200B}', '\u{200C}', '\u{200D}', '\u{2060}', '\u{FEFF}', '\u{AD}'];

/// Direction marks in pairs, as chat profiles and spreadsheets put them around a text.
pub const DIRECTIONS: [(&str, &str); 5] = [
    ("\u{200E}", ""),
    ("\u{200F}", "\u{200F}"),
    ("\u{202A}", "\u{202C}"),
    ("\u{202B}", "\u{202C}"),
    ("\u{2068}", "\u{2069}"),
];

/// Spaces that do not break or are wider or narrower than a space.
pub const ODD_SPACES: [&str; 4] = ["\u{A0}", "\u{202F}", "\u{2009}", "\u{3000}"];

/// Zeros of scripts whose digits follow each other: Arabic-Indic, Persian.
pub const ARABIC_ZEROS: [char; 2] = ['\u{660}', '\u{6F0}'];

/// The zero of full-width digits.
pub const FULL_WIDTH_ZERO: char = '\u{FF10}';

fn lower_letter(letter: char, tongue: Tongue) -> char {
    match (letter, tongue) {
        ('I', Tongue::Turkish) => 'ı',
        ('İ', _) => 'i',
        _ => letter.to_lowercase().next().unwrap_or(letter),
    }
}

fn upper_letter(letter: char, tongue: Tongue) -> char {
    match (letter, tongue) {
        ('i', Tongue::Turkish) => 'İ',
        ('ß', _) => 'ẞ',
        _ => letter.to_uppercase().next().unwrap_or(letter),
    }
}

/// Lower case in the language.
pub fn lower(text: &str, tongue: Tongue) -> String {
    text.chars().map(|letter| lower_letter(letter, tongue)).collect()
}

/// Upper case in the language, with the capital `ẞ`.
pub fn upper(text: &str, tongue: Tongue) -> String {
    text.chars().map(|letter| upper_letter(letter, tongue)).collect()
}

/// What a caps-lock key left on makes of a text.
pub fn inverted_case(text: &str, tongue: Tongue) -> String {
    let inverted = |letter: char| {
        if letter.is_uppercase() { lower_letter(letter, tongue) } else { upper_letter(letter, tongue) }
    };
    text.chars().map(inverted).collect()
}

/// The truth of a name, a city, a state: lower case, letters only. The text must be composed.
pub fn plain(text: &str, tongue: Tongue) -> String {
    lower(text, tongue).chars().filter(|letter| letter.is_alphabetic()).collect()
}

/// The text with every accent as a mark of its own (NFD), if it has one.
pub fn decomposed(text: &str) -> Option<String> {
    let mut parts = String::new();
    for letter in text.chars() {
        let listed = |entry: &&str| !letter.is_ascii() && entry.starts_with(letter);
        match COMPOSED.split_whitespace().find(listed) {
            Some(entry) => parts.extend(entry.chars().skip(1)),
            None => parts.push(letter),
        }
    }
    (parts != text).then_some(parts)
}

/// The text as a keyboard without accents has it.
pub fn without_accents(text: &str, tongue: Tongue) -> String {
    let german = |letter| match letter {
        'ä' => Some("ae"),
        'ö' => Some("oe"),
        'ü' => Some("ue"),
        'Ä' => Some("Ae"),
        'Ö' => Some("Oe"),
        'Ü' => Some("Ue"),
        _ => None,
    };
    let mut bare = String::new();
    for letter in text.chars() {
        match german(letter) {
            Some(pair) if tongue == Tongue::German => bare.push_str(pair),
            _ => push_bare(&mut bare, letter),
        }
    }
    bare
}

fn push_bare(to: &mut String, letter: char) {
    match letter {
        'ß' => to.push_str("ss"),
        'ı' => to.push('i'),
        _ if letter.is_ascii() => to.push(letter),
        _ => {
            let latin = COMPOSED.split_whitespace().find(|entry| entry.starts_with(letter));
            let base = latin.and_then(|entry| entry.chars().nth(1)).filter(char::is_ascii);
            to.push(base.unwrap_or(letter));
        }
    }
}

/// The text with its digits in another script.
pub fn in_digits(text: &str, zero: char) -> String {
    let other = |c: char| {
        let value = c.to_digit(10)?;
        char::from_u32(zero as u32 + value)
    };
    text.chars().map(|c| other(c).unwrap_or(c)).collect()
}

/// The text with something put before the letter at a place, counted in letters.
pub fn inserted(text: &str, at: usize, what: char) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    letters.insert(at.min(letters.len()), what);
    letters.into_iter().collect()
}
