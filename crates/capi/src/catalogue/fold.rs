//! One form for names that people write in many ways.

use std::{collections::HashMap, sync::LazyLock};

/// A name reduced to what tells it apart: lower case, Latin letters without their marks, Arabic
/// and a few other letters in one spelling, and nothing that is neither letter nor digit. The
/// English article in front goes, too.
///
/// The result is for comparing with other folded names only; it is neither shown nor sent.
/// `ı`, `I` and `İ` are one letter, because a text does not say whether it is Turkish.
///
/// Our own choice, after what address forms and CRMs were seen to hold.
///
/// ```
/// use capi::catalogue::fold;
///
/// assert_eq!(fold("TÜRKİYE"), "turkiye");
/// assert_eq!(fold("The U.S. of A."), "usofa");
/// assert_eq!(fold("الإمارات"), fold("الامارات"));
/// ```
pub fn fold(text: &str) -> String {
    let text = without_article(text.trim());
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                folded.push(c.to_ascii_lowercase());
            }
            continue;
        }
        for c in c.to_lowercase() {
            push_folded(&mut folded, c);
        }
    }
    folded
}

/// The text behind a leading "the", which has to be a word of its own with another one behind it.
fn without_article(text: &str) -> &str {
    match text.split_at_checked(3) {
        Some((article, rest))
            if article.eq_ignore_ascii_case("the")
                && rest.starts_with(|c: char| !c.is_alphanumeric())
                && rest.contains(char::is_alphanumeric) =>
        {
            rest
        }
        _ => text,
    }
}

fn push_folded(folded: &mut String, c: char) {
    match c {
        // Marks that stand alone. Unicode counts most of these as letters, so they are named:
        // apostrophe-like letters, Latin and Greek accents, Hebrew points, Arabic vowel signs and
        // the stretching tatweel.
        '\u{02B0}'..='\u{036F}'
        | '\u{0591}'..='\u{05C7}'
        | '\u{0610}'..='\u{061A}'
        | '\u{0640}'
        | '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{06D6}'..='\u{06ED}' => {}
        'ß'..='\u{024F}' | 'ə' | '\u{1E00}'..='\u{1EFF}' => match LATIN_BASES.get(&c) {
            Some(base) => folded.push_str(base),
            None => folded.extend(c.is_alphanumeric().then_some(c)),
        },
        // Forms of full width, as Japanese keyboards write them.
        '\u{FF10}'..='\u{FF19}' | '\u{FF41}'..='\u{FF5A}' => {
            folded.extend(char::from_u32(u32::from(c) - 0xFEE0));
        }
        _ if c.is_alphanumeric() => folded.push(other_scripts(c)),
        _ => {}
    }
}

/// Lower-case Latin letters with marks, behind the base letters that stand for them. Azerbaijani `ə`
/// is written `e` where a keyboard lacks it.
const LATIN: [(&str, &str); 29] = [
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁẚạảấầẩẫậắằẳẵặ"),
    ("ae", "æǣǽ"),
    ("b", "ƀḃḅḇ"),
    ("c", "çćĉċčḉ"),
    ("d", "ðďđḋḍḏḑḓ"),
    ("e", "èéêëēĕėęěǝȅȇȩəḕḗḙḛḝẹẻẽếềểễệ"),
    ("f", "ḟ"),
    ("g", "ĝğġģǧǵḡ"),
    ("h", "ĥħȟḣḥḧḩḫẖ"),
    ("i", "ìíîïĩīĭįıǐȉȋḭḯỉị"),
    ("j", "ĵǰ"),
    ("k", "ķĸǩḱḳḵ"),
    ("l", "ĺļľŀłḷḹḻḽ"),
    ("m", "ḿṁṃ"),
    ("n", "ñńņňŉŋǹṅṇṉṋ"),
    ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ("oe", "œ"),
    ("p", "ṕṗ"),
    ("r", "ŕŗřȑȓṙṛṝṟ"),
    ("s", "śŝşšſșṡṣṥṧṩẛ"),
    ("ss", "ß"),
    ("t", "ţťŧțṫṭṯṱẗ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("v", "ṽṿ"),
    ("w", "ŵẁẃẅẇẉẘ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷȳẏẙỳỵỷỹ"),
    ("z", "źżžƶẑẓẕ"),
];

static LATIN_BASES: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    LATIN.into_iter().flat_map(|(base, letters)| letters.chars().map(move |letter| (letter, base))).collect()
});

/// One spelling for letters that are written in several ways: by keyboards of neighbouring
/// languages, with or without a mark, or as one code point instead of two.
fn other_scripts(c: char) -> char {
    match c {
        'آ' | 'أ' | 'إ' | 'ٱ' => 'ا',
        'ى' | 'ی' | 'ئ' => 'ي',
        'ة' | 'ۀ' | 'ہ' | 'ۂ' | 'ۃ' | 'ھ' | 'ە' => 'ه',
        'ؤ' => 'و',
        'ک' => 'ك',
        'ё' | 'ѐ' => 'е',
        'й' | 'ѝ' => 'и',
        'ї' => 'і',
        'ў' => 'у',
        'ѓ' => 'г',
        'ќ' => 'к',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        // Devanagari and Bengali letters with a dot; the dot alone is no letter and falls away.
        '\u{0958}' => 'क',
        '\u{0959}' => 'ख',
        '\u{095A}' => 'ग',
        '\u{095B}' => 'ज',
        '\u{095C}' => 'ड',
        '\u{095D}' => 'ढ',
        '\u{095E}' => 'फ',
        '\u{095F}' => 'य',
        '\u{09DC}' => 'ড',
        '\u{09DD}' => 'ঢ',
        '\u{09DF}' => 'য',
        _ => c,
    }
}

#[cfg(test)]
mod tests;
