//! The two letters i of Turkish and Azerbaijani: `I` is the capital of `ı`, `İ` that of `i`.

use std::borrow::Cow;

/// Names that are written with a dotted i and that exports without Turkish letters spell with `I`:
/// by the letter `ALI` would become `alı`, which is nobody. Common first names, surnames and
/// cities; our own choice.
const DOTTED: &str = include_str!("dotted_names.txt");

/// Whether a country writes in one of the two languages.
pub(super) fn is_spoken_in(country: Option<&str>) -> bool {
    matches!(country, Some("tr" | "az"))
}

/// Whether a text shows letters that only these languages have.
pub(super) fn is_written_in(text: &str) -> bool {
    text.contains(['İ', 'ı', 'ğ', 'Ğ'])
}

/// The lower case of a Turkish text.
pub(super) fn lower(text: &str) -> Cow<'_, str> {
    if !text.contains(['I', 'İ']) {
        return Cow::Owned(text.to_lowercase());
    }
    // Whoever wrote the dotted capital somewhere means the other one where it stands.
    let export = !is_written_in(text);
    let mut lower = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let name = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        if export && name.is_ascii() && is_dotted(name) {
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

fn is_dotted(name: &str) -> bool {
    DOTTED.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(name))
}
