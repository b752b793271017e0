//! Meta's error object, cut to a bounded length and freed of whatever looks personal the moment
//! it is read, so that it can be stored and shown.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest message or user message that is kept, characters.
const TEXT_MAX: usize = 300;
/// Longest title that is kept, characters.
const TITLE_MAX: usize = 120;
/// Longest trace id that is kept, characters; seen are 23.
const TRACE_ID_MAX: usize = 64;
/// From how many digits on a run of them may be a phone number.
const PHONE_DIGITS_MIN: usize = 7;
/// From how many characters on an unbroken word may be a hash, a token or a click id.
const SECRET_WORD_MIN: usize = 32;

/// An error of the Graph API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphError {
    /// Meta's `code`.
    pub code: u32,
    /// Meta's `error_subcode`.
    pub subcode: Option<u32>,
    /// Meta's technical text, in English.
    pub message: Option<String>,
    /// Meta's title, in the language of the token's owner.
    pub title: Option<String>,
    /// Meta's explanation, in the language of the token's owner.
    pub user_message: Option<String>,
    /// Meta's id of the answer, for its support.
    pub fbtrace_id: Option<String>,
}

impl GraphError {
    /// Reads an `error` object; `None` when it has no code.
    pub(super) fn read(part: &Value) -> Option<Self> {
        let code = |key| part.get(key).and_then(number).and_then(|code| u32::try_from(code).ok());
        let text = |key, max| part.get(key).and_then(Value::as_str).and_then(|text| fit_to_show(text, max));
        Some(Self {
            code: code("code")?,
            subcode: code("error_subcode"),
            message: text("message", TEXT_MAX),
            title: text("error_user_title", TITLE_MAX),
            user_message: text("error_user_msg", TEXT_MAX),
            fbtrace_id: trace_id(part),
        })
    }

    /// One short line for a screen or a log: the codes and Meta's most telling text.
    pub fn summary(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(subcode) = self.subcode {
            write!(f, "/{subcode}")?;
        }
        if let Some(text) = self.title.as_ref().or(self.message.as_ref()).or(self.user_message.as_ref()) {
            write!(f, ": {text}")?;
        }
        Ok(())
    }
}

impl std::error::Error for GraphError {}

/// A whole number, also when it is written as a string.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// `fbtrace_id`, if it looks like one.
pub(super) fn trace_id(part: &Value) -> Option<String> {
    let id = part.get("fbtrace_id")?.as_str()?;
    let plausible = (1..=TRACE_ID_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    plausible.then(|| id.to_owned())
}

/// Cuts a text of Meta's and blots out what may be an address, a phone, a hash or a token: Meta
/// repeats values that it refuses.
fn fit_to_show(text: &str, chars_max: usize) -> Option<String> {
    // Enough input that the cut falls after blotting, and bounded work however long the text is.
    let head: String = text.chars().take(chars_max * 4).collect();
    let words: Vec<&str> =
        head.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let kept: Vec<&str> = words.into_iter().map(|word| if is_secret(word) { "…" } else { word }).collect();
    let shown: String = without_phones(&kept.join(" ")).chars().take(chars_max).collect();
    (!shown.is_empty()).then_some(shown)
}

fn is_secret(word: &str) -> bool {
    let unbroken = word
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
        .any(|run| run.len() >= SECRET_WORD_MIN);
    word.contains('@') || unbroken
}

fn without_phones(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().map(Some).chain([None]) {
        let dialled = |c: &char| c.is_numeric() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.');
        if let Some(c) = c.filter(dialled) {
            run.push(c);
            continue;
        }
        let digits = run.chars().filter(|c| c.is_numeric()).count();
        if digits >= PHONE_DIGITS_MIN {
            let ends_with_space = if run.ends_with(' ') { " " } else { "" };
            let begins_with_space = if run.starts_with(' ') { " " } else { "" };
            shown.extend([begins_with_space, "…", ends_with_space]);
        } else {
            shown.push_str(&run);
        }
        run.clear();
        shown.extend(c);
    }
    shown
}
