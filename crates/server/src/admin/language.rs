//! The languages of the screen. A language is one file; a test holds them against each other.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::http::{HeaderMap, HeaderName, header};

const LANGUAGE_COOKIE: &str = "kopru_language";

type MessageCatalog = BTreeMap<String, String>;
/// Names in the braces of a text, and what stands there.
type BraceParts<'a> = Vec<(&'static str, &'a str)>;

static ENGLISH: LazyLock<MessageCatalog> = LazyLock::new(|| read(include_str!("../../lang/en.json")));
static TURKISH: LazyLock<MessageCatalog> = LazyLock::new(|| read(include_str!("../../lang/tr.json")));

/// A language of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Turkish.
    Turkish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Turkish];

    /// Its code, as in `lang="tr"`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Turkish => "tr",
        }
    }

    /// The language of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language that was chosen in this browser, or else the first that it asks for and that
    /// there is; English otherwise.
    pub fn of(headers: &HeaderMap) -> Self {
        let chosen = super::gate::cookies(headers, LANGUAGE_COOKIE).find_map(Self::from_code);
        chosen.unwrap_or_else(|| Self::asked_for(headers))
    }

    /// The header by which a browser remembers the choice for a year.
    pub(super) fn remembered(self) -> (HeaderName, String) {
        let cookie = format!("{LANGUAGE_COOKIE}={}; Path=/; SameSite=Strict; Max-Age=31536000", self.code());
        (header::SET_COOKIE, cookie)
    }

    fn asked_for(headers: &HeaderMap) -> Self {
        headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .split(',')
            .find_map(|wish| Self::from_code(wish.trim().get(..2)?))
            .unwrap_or(Self::English)
    }

    /// A decimal number with its thousands apart: `95,889.50` in English, `95.889,50` in Turkish.
    pub fn grouped(self, number: &str) -> String {
        let (apart, point) = match self {
            Self::English => (',', '.'),
            Self::Turkish => ('.', ','),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let digits = whole.trim_start_matches('-').len();
        let mut text = String::with_capacity(number.len() + digits / 3);
        for (place, digit) in whole.chars().enumerate() {
            let left = whole.len() - place;
            if place > whole.len() - digits && left.is_multiple_of(3) {
                text.push(apart);
            }
            text.push(digit);
        }
        if !part.is_empty() {
            text.push(point);
            text.push_str(part);
        }
        text
    }

    /// An amount of a currency as people of the language write it, without the currency: `95889.5` of TRY is
    /// `95,889.50` in English.
    pub fn amount(self, number: &str, currency: &str) -> String {
        let digits = capi::catalogue::minor_units(currency).map_or(0, usize::from);
        let missing = number.split_once('.').map_or(0, |(_, part)| digits.saturating_sub(part.len()));
        self.grouped(&format!("{number}{}", "0".repeat(missing)))
    }

    /// A text whose braces hold names of these parts.
    pub(super) fn filled(self, key: &str, parts: &[(&str, &str)]) -> String {
        filled(self.text(key), parts)
    }

    /// The key of a text among those that begin so, and what stands in its braces.
    pub(super) fn key_of<'a>(self, beginning: &str, text: &'a str) -> Option<(&'static str, BraceParts<'a>)> {
        let mut words = self.words().iter().filter(|(key, _)| key.starts_with(beginning));
        words.find_map(|(key, known)| Some((key.as_str(), parts_of(known, text)?)))
    }

    fn words(self) -> &'static MessageCatalog {
        match self {
            Self::English => &ENGLISH,
            Self::Turkish => &TURKISH,
        }
    }

    /// The text under a key; the key itself if there is none, which a test makes impossible.
    pub fn text(self, key: &str) -> &'static str {
        self.words().get(key).map_or_else(|| ENGLISH.get(key).map_or("", String::as_str), String::as_str)
    }
}

/// A text with what stands in its braces put in; a name that nobody gave stays empty.
fn filled(text: &str, parts: &[(&str, &str)]) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        let part = parts.iter().find(|(known, _)| *known == name);
        whole.extend([before, part.map_or("", |(_, part)| part)]);
        rest = after;
    }
    whole + rest
}

/// What stands in the braces of a text, if it is this one filled in: up to the last place where it goes on as
/// the text does.
fn parts_of<'a>(template: &'static str, text: &'a str) -> Option<BraceParts<'a>> {
    let Some((before, (name, after))) =
        template.split_once('{').and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    else {
        return (template == text).then(BraceParts::new);
    };
    let text = text.strip_prefix(before)?;
    let literal = after.split('{').next().unwrap_or_default();
    let end = if literal.is_empty() { text.len() } else { text.rfind(literal)? };
    let (part, rest) = text.split_at_checked(end)?;
    let mut parts = parts_of(after, rest)?;
    parts.insert(0, (name, part));
    Some(parts)
}

fn read(text: &str) -> MessageCatalog {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kopru_core::{Reason, State};

    use super::{ENGLISH, Language, TURKISH};

    #[test]
    fn thousands_stand_apart() {
        for (number, english, turkish) in [
            ("0", "0", "0"),
            ("999", "999", "999"),
            ("1000", "1,000", "1.000"),
            ("95889.5", "95,889.5", "95.889,5"),
            ("-1234567.89", "-1,234,567.89", "-1.234.567,89"),
        ] {
            assert_eq!(Language::English.grouped(number), english);
            assert_eq!(Language::Turkish.grouped(number), turkish);
        }
    }

    #[test]
    fn a_part_of_a_currency_has_all_of_its_digits() {
        for (number, currency, english, turkish) in [
            ("32060.5", "TRY", "32,060.50", "32.060,50"),
            ("12500", "TRY", "12,500", "12.500"),
            ("0.055", "EUR", "0.055", "0,055"),
            ("1.5", "KWD", "1.500", "1,500"),
            ("1.5", "JPY", "1.5", "1,5"),
            ("-1234.5", "TL", "-1,234.5", "-1.234,5"),
            ("-1234.5", "", "-1,234.5", "-1.234,5"),
        ] {
            assert_eq!(Language::English.amount(number, currency), english);
            assert_eq!(Language::Turkish.amount(number, currency), turkish);
        }
    }

    #[test]
    fn braces_are_filled_once_and_stray_ones_stay() {
        let parts = [("a", "{b}"), ("b", "two")];
        for (text, whole) in
            [("", ""), ("{a} and {b}", "{b} and two"), ("{c}!", "!"), ("{b} {a", "two {a"), ("}{", "}{")]
        {
            assert_eq!(super::filled(text, &parts), whole, "{text}");
        }
    }

    /// A translation that forgets a part says less.
    #[test]
    fn every_language_names_the_same_parts() {
        let parts = |text: &str| {
            let mut parts: Vec<_> =
                text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect();
            parts.sort();
            parts
        };
        for (key, text) in ENGLISH.iter() {
            assert_eq!(parts(text), parts(&TURKISH[key]), "{key}");
        }
    }

    #[test]
    fn every_language_has_every_text() {
        let english: Vec<_> = ENGLISH.keys().collect();
        let turkish: Vec<_> = TURKISH.keys().collect();
        assert!(!english.is_empty());
        assert_eq!(english, turkish);
    }

    #[test]
    fn every_state_and_reason_can_be_said() {
        for language in Language::ALL {
            for state in State::ALL {
                assert!(!language.text(&format!("state.{}", state.code())).is_empty(), "{state:?}");
            }
            for reason in Reason::ALL {
                assert!(!language.text(&format!("reason.{}", reason.code())).is_empty(), "{reason:?}");
            }
        }
    }

    /// Words of the code, which mean nothing to a shop owner.
    #[test]
    fn the_screen_does_not_speak_code() {
        for (key, text) in ENGLISH.iter() {
            let words: Vec<String> =
                text.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
            for word in ["fact", "facts", "outcome", "outcomes", "ledger", "route", "link", "suppressed"] {
                assert!(!words.iter().any(|said| said == word), "{key} says {word:?}: {text}");
            }
            assert!(!text.to_lowercase().contains("queue hold"), "{key}: {text}");
        }
    }
}
