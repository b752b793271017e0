//! The two letters i of Turkish and Azerbaijani: `I` is the capital of `ı`, `İ` that of `i`.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

/// Names and places as they are spelt, for exports that know only one capital I: by the letter `ALI`
/// would become `alı`, which is nobody. Common first names, surnames and cities; our own choice.
const SPELLINGS: &str = include_str!("spellings.txt");

/// Whether a country writes in one of the two languages.
pub(super) fn is_spoken_in(country: Option<&str>) -> bool {
    matches!(country, Some("tr" | "az"))
}

/// Whether a text shows letters that only these languages have.
pub(super) fn is_written_in(text: &str) -> bool {
    text.contains(['İ', 'ı', 'ğ', 'Ğ'])
}

/// A text without the dots that a lower case which knows no Turkish leaves behind a letter i.
pub(super) fn without_second_dots(lower: &str) -> Cow<'_, str> {
    const DOT: char = '\u{307}';
    if !lower.contains(DOT) {
        return Cow::Borrowed(lower);
    }
    let mut kept = String::with_capacity(lower.len());
    for c in lower.chars() {
        if c != DOT || !kept.ends_with('i') {
            kept.push(c);
        }
    }
    Cow::Owned(kept)
}

/// The lower case of a Turkish text.
pub(super) fn lower(text: &str) -> Cow<'_, str> {
    if !text.contains(['I', 'İ']) {
        return Cow::Owned(text.to_lowercase());
    }
    // Whoever wrote one of the two letters somewhere means the other one where it stands.
    let is_export = !text.contains(['İ', 'ı']);
    let mut lower = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let name = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        if let Some(known) = known_spelling(name) {
            lower.push_str(known);
            lower.push_str(&word[name.len()..]);
        } else if is_export && is_dotted(name) {
            lower.push_str(&word.to_lowercase());
        } else {
            let dotless: String = word
                .chars()
                .map(|c| match c {
                    'I' => 'ı',
                    'İ' => 'i',
                    c => c,
                })
                .collect();
            lower.push_str(&dotless.to_lowercase());
        }
    }
    Cow::Owned(lower)
}

/// The spelling of a name that is known, whatever became of its letters i.
fn known_spelling(name: &str) -> Option<&'static str> {
    static KNOWN: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
        let known = SPELLINGS.split_ascii_whitespace();
        // Of two that differ in their letters i alone the first counts.
        known.rev().map(|known| (known.replace('ı', "i"), known)).collect()
    });
    KNOWN.get(&name.replace(['İ', 'I'], "i").to_lowercase()).copied()
}

/// Whether the capital of a word is meant as the dotted letter: it is no Turkish word (`Irina`), or
/// its other vowels are of the front, with which the dotless letter does not go (vowel harmony).
fn is_dotted(word: &str) -> bool {
    let plain = word.to_lowercase();
    let has = |vowels: &[char]| plain.contains(vowels);
    word.contains('i') || (has(&['e', 'ö', 'ü']) && !has(&['a', 'o', 'u']))
}
