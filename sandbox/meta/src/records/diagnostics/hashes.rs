//! Keys that must be hashed.
//!
//! A hash may carry the Parameter Builder's appendix: a dot and 2 or 8 characters.

use std::{collections::HashSet, sync::LazyLock};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::is_placeholder;
use crate::values::texts;

const HASHED: [&str; 16] = [
    "em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "f5first", "f5last", "fi", "dobd",
    "dobm", "doby",
];

/// What is hashed although nothing is known, and is written in small letters, in capitals or with capital
/// letters at the beginning.
const NOTHING: [&str; 14] = [
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "unknown",
    "n/a",
    "#n/a",
    "(null)",
    "(not set)",
    "not set",
    "anonymous",
    "test",
    "empty",
];

/// What is of a known case, or no word.
const AS_WRITTEN: [&str; 4] = ["[object Object]", "NaN", "-", "0"];

pub(super) fn remarks(user_data: &Map<String, Value>, found: &mut Vec<String>) {
    found.extend(
        not_hashed(user_data).map(|key| format!("user_data.{key} is not a SHA-256 hash in lowercase hex")),
    );
    let mut of_nothing = 0;
    let mut given = 0;
    for key in HASHED.into_iter().chain(["external_id"]) {
        let Some(value) = user_data.get(key) else { continue };
        let all: Vec<&str> = texts(value).collect();
        let empty = all.iter().filter(|text| is_of_nothing(text) || is_placeholder(&Value::from(**text)));
        match empty.count() {
            0 => {}
            count => {
                found.push(format!("user_data.{key} holds nothing: a placeholder, or the hash of one"));
                of_nothing += usize::from(count == all.len());
            }
        }
        given += 1;
    }
    if of_nothing > 0 && of_nothing == given && !user_data.keys().any(|key| is_another_key(key)) {
        found.push("user_data names nobody: its identifiers hold nothing".to_owned());
    }
    if texts(user_data.get("external_id").unwrap_or(&Value::Null)).any(is_address) {
        found.push("user_data.external_id is an e-mail address in the clear".to_owned());
    }
}

/// A key that can tell the person and is no hash.
fn is_another_key(key: &str) -> bool {
    super::keys::is_of_user(key)
        && !HASHED.contains(&key)
        && !["external_id", "client_user_agent"].contains(&key)
}

/// The keys that must be hashed and are not.
pub(crate) fn not_hashed(user_data: &Map<String, Value>) -> impl Iterator<Item = &'static str> + use<'_> {
    let wrong = |value: &Value| texts(value).any(|text| bare_hash(text).is_none());
    HASHED.into_iter().filter(move |key| user_data.get(*key).is_some_and(wrong))
}

/// A hash without the appendix that Meta's Parameter Builder adds.
pub(crate) fn bare_hash(text: &str) -> Option<&str> {
    let (hash, appendix) = text.split_once('.').map_or((text, None), |(hash, tail)| (hash, Some(tail)));
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let right = hash.len() == 64 && hash.bytes().all(is_hex) && appendix.is_none_or(is_appendix);
    right.then_some(hash)
}

pub(super) fn is_appendix(text: &str) -> bool {
    matches!(text.len(), 2 | 8)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn is_of_nothing(text: &str) -> bool {
    static HASHES: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(hashes_of_nothing);
    let digest = bare_hash(text).and_then(|hash| const_hex::decode(hash).ok());
    digest.is_some_and(|digest| HASHES.contains(&digest))
}

fn hashes_of_nothing() -> HashSet<Vec<u8>> {
    let words = NOTHING.iter().flat_map(|word| [(*word).to_owned(), word.to_uppercase(), title(word)]);
    let all = words.chain(AS_WRITTEN.map(str::to_owned)).chain([String::new()]);
    all.map(|word| Sha256::digest(word.as_bytes()).to_vec()).collect()
}

fn title(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    format!("{}{rest}", first.to_uppercase())
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty() && domain.contains('.') && !text.contains(' ')
}
