//! The identifiers that Meta wants hashed.

use std::borrow::Cow;

use super::{Checks, Findings};
use crate::{
    Dropped, FieldSet, Key, Normalizer, Rules,
    event::{UserData, Values},
    field_set::FieldBit,
    known_hashes::{self, Fault},
    normalize::{self, hashed::Hashed},
    privacy, subcodes,
};

/// More values of one key than one person has.
const VALUES_MAX: usize = 10;

/// Hexadecimal digits of the digests that people send in place of SHA-256.
const OTHER_DIGESTS: [(usize, &str); 4] = [
    (40, "this is a SHA-1; Meta wants SHA-256, so hash the value anew"),
    (56, "this is a SHA-224; Meta wants SHA-256, so hash the value anew"),
    (96, "this is a SHA-384; Meta wants SHA-256, so hash the value anew"),
    (128, "this is a SHA-512; Meta wants SHA-256, so hash the value anew"),
];

/// Says the keys of which no value is usable.
pub(super) fn check(user: &UserData<'_>, checks: Checks, findings: &mut Findings) -> FieldSet {
    let mut empty = FieldSet::default();
    for key in Key::ALL {
        let Some(values) = user.values(key) else { continue };
        if of_key(key, values, checks, findings) {
            empty.extend(FieldBit::within("user_data", key.name()));
        }
    }
    empty
}

/// Says whether each of the values is one of nothing.
fn of_key(key: Key, values: &Values<'_>, checks: Checks, findings: &mut Findings) -> bool {
    let path = || format!("user_data.{key}");
    let count = values.iter().len();
    if count > VALUES_MAX {
        findings.advise(
            "many_values",
            path(),
            "these are more values than one person has; Meta asks for those of one",
        );
    }
    let mut advised: Vec<&'static str> = Vec::new();
    let mut all_of_nothing = true;
    // What is wrong with one of very many values is wrong with most.
    for value in values.iter().take(100) {
        let Some((code, message)) = fault(key, value, checks) else {
            all_of_nothing = false;
            continue;
        };
        all_of_nothing &= matches!(
            code,
            "hash_of_nothing"
                | "hash_of_placeholder"
                | "empty_value"
                | "placeholder"
                | "other_digest"
                | "unreadable"
                | "masked"
        );
        if !advised.contains(&code) {
            advised.push(code);
            // Meta's documentation requires the hash; what it does without is not known.
            let is_required = checks.strict
                && (matches!(
                    code,
                    "not_hashed" | "other_digest" | "unreadable" | "masked" | "hash_case" | "md5"
                ) || (code == "placeholder" && key != Key::ExternalId));
            findings.must(is_required.then_some(subcodes::PARAMETER), code, path(), message);
        }
    }
    if count > 1 && count <= 100 {
        siblings(key, values, findings);
    }
    all_of_nothing && count > 0
}

/// What is to be done with a value.
pub(crate) enum Mending {
    /// Nothing, or nothing that is sure.
    Right,
    /// It holds nothing and goes.
    Nothing,
    /// The hash, as it is sent.
    Hash(String),
    /// It has to be normalised and hashed.
    Plain,
}

/// What mends a value, where that is sure.
pub(crate) fn mend(key: Key, value: &str) -> Mending {
    let checks = Checks { now_s: 0, strict: false, as_sent: true };
    match fault(key, value, checks).map(|(code, _)| code) {
        Some("empty_value" | "placeholder" | "hash_of_nothing" | "hash_of_placeholder") => Mending::Nothing,
        Some("not_hashed" | "masked" | "unreadable") => Mending::Plain,
        Some("hash_case") => {
            Hashed::read(value).map_or(Mending::Right, |hash| Mending::Hash(hash.to_string()))
        }
        _ => Mending::Right,
    }
}

fn fault(key: Key, value: &str, checks: Checks) -> Option<(&'static str, Cow<'static, str>)> {
    let (code, message) = match Hashed::read(value) {
        Some(hashed) => fault_of_hash(key, &hashed)?,
        None => return fault_of_text(key, value, checks),
    };
    Some((code, message.into()))
}

fn fault_of_text(key: Key, value: &str, checks: Checks) -> Option<(&'static str, Cow<'static, str>)> {
    let found = |code, message: &'static str| Some((code, Cow::Borrowed(message)));
    if value.chars().all(char::is_whitespace) {
        return found(
            "empty_value",
            "a value is empty or no text; write texts, or a list of them, or leave it out",
        );
    }
    if key == Key::ExternalId {
        return if normalize::is_placeholder(key, value) || normalize::is_no_id(value) {
            found(
                "placeholder",
                "this is a placeholder and no id: all who have it, such as the guests of a shop, become one person; leave it out",
            )
        } else if privacy::is_personal_text(value) {
            found(
                "personal_id",
                "this is an e-mail address or a phone number in the clear; send it hashed in em or ph, and here your own number of the customer",
            )
        } else {
            None
        };
    }
    if normalize::is_placeholder(key, value) {
        return found("placeholder", "this is a placeholder and no value; leave it out");
    }
    if key == Key::Email && value.contains('@') && value.contains(normalize::MASKS) {
        return found(
            "masked",
            "a part of this address was made unreadable, so that its hash would be nobody's; give the whole address, or leave it out",
        );
    }
    if let Some(message) = other_digest(value) {
        return found("other_digest", message);
    }
    // Writing hashes what is plain now, and says itself what it could not read.
    if checks.as_sent && is_unreadable(key, value, checks) {
        return Some(("unreadable", Dropped::Unreadable.to_string().into()));
    }
    let message = "a value is not hashed; Meta wants SHA-256 in lowercase hex and cannot match anything else";
    checks.as_sent.then_some(("not_hashed", message.into()))
}

/// Whether a plain value is none of its kind, so that its hash would be nobody's. Of a phone number that can be a
/// country's own the country decides, which nobody has said.
fn is_unreadable(key: Key, value: &str, checks: Checks) -> bool {
    let may_be_national = key == Key::Phone && value.chars().filter(char::is_ascii_digit).count() >= 7;
    let mut normalizer = Normalizer::new(Rules::Documentation, checks.now_s);
    !may_be_national && normalizer.forms(key, value).dropped() == Some(Dropped::Unreadable)
}

/// What was made in place of 64 hexadecimal digits, if that can be seen.
fn other_digest(value: &str) -> Option<&'static str> {
    const BETWEEN: [char; 5] = [',', ';', '|', ' ', '\n'];
    let value = value.trim();
    let value = crate::browser::appendix::split(value).0;
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if value.contains(BETWEEN) && value.len() > 2 * 64 {
        let mut parts = value.split(BETWEEN).filter(|part| !part.is_empty());
        return parts
            .all(|part| Hashed::read(part).is_some())
            .then_some("several hashes stand in one text; write them as a list, [\"…\", \"…\"]");
    }
    let inner = ["0x", "\\x", "sha256:", "sha256=", "sha256-", "sha-256:"].into_iter().find_map(|prefix| {
        let begin = value.get(..prefix.len())?;
        begin.eq_ignore_ascii_case(prefix).then(|| &value[prefix.len()..])
    });
    if inner.is_some_and(|inner| Hashed::read(inner).is_some() || is_base64_digest(inner)) {
        return Some("the 64 hexadecimal digits must stand alone, without a word or sign before them");
    }
    if is_wrapped(value) {
        return Some("the 64 hexadecimal digits must stand alone, without a word or sign around them");
    }
    if let Some((_, message)) =
        OTHER_DIGESTS.iter().find(|(digits, _)| *digits == value.len()).filter(|_| is_hex(value))
    {
        return Some(message);
    }
    match value.len() {
        60..=63 if is_hex(value) => {
            Some("this hash has fewer than 64 digits: leading zeros were lost, or it was cut")
        }
        65..=68 if is_hex(value) => Some("this hash has more than 64 digits"),
        _ if is_base64_digest(value) => {
            Some("this is a SHA-256 in base64; Meta wants it as 64 hexadecimal digits")
        }
        _ if value.len() == 60 && value.starts_with("$2") => {
            Some("this is a hash for passwords; Meta wants SHA-256")
        }
        _ => None,
    }
}

/// 64 hexadecimal digits in quotes or brackets, or with signs between them.
fn is_wrapped(value: &str) -> bool {
    const AROUND: [char; 12] = ['"', '\'', '`', '[', ']', '(', ')', '{', '}', '<', '>', '\\'];
    let inner = value.trim_start_matches(['b', 'B']).trim_matches(AROUND);
    let is_wrapped = inner.len() != value.len() && inner.len() == 64;
    let bare: String = value.chars().filter(|sign| !": -".contains(*sign)).collect();
    let is_parted = bare.len() == 64 && value.len() > 64;
    [(is_wrapped, inner), (is_parted, &bare)]
        .into_iter()
        .any(|(is_so, digits)| is_so && Hashed::read(digits).is_some())
}

/// 32 bytes in base64, of either alphabet.
fn is_base64_digest(value: &str) -> bool {
    let bare = value.trim_end_matches('=');
    bare.len() == 43
        && value.len() <= 44
        && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte))
}

fn fault_of_hash(key: Key, hashed: &Hashed<'_>) -> Option<(&'static str, &'static str)> {
    if hashed.is_of_nothing() {
        return Some(("hash_of_nothing", "this is the hash of an empty text; leave the field out"));
    }
    if hashed.is_md5() {
        return Some(("md5", "this is an MD5; Meta documents SHA-256"));
    }
    match known_hashes::fault(key, hashed.digits) {
        Some(Fault::Twice) => Some(("hashed_twice", "this is the hash of a hash; hash the value once")),
        Some(Fault::NotNormalised) => {
            Some(("hashed_unnormalised", "this was hashed without being normalised; Meta cannot match it"))
        }
        Some(Fault::Placeholder) => Some((
            "hash_of_placeholder",
            "this is the hash of a placeholder such as null, undefined or n/a; leave the field out where nothing is known",
        )),
        None => hashed
            .digits
            .bytes()
            .any(|byte| byte.is_ascii_uppercase())
            .then_some(("hash_case", "write hashes in lowercase hex")),
    }
}

/// A list shows what a single hash hides: the same value twice, or a hash and the hash of it.
fn siblings(key: Key, values: &Values<'_>, findings: &mut Findings) {
    let all: Vec<String> = values.iter().map(|value| value.trim().to_ascii_lowercase()).collect();
    let repeated = all.iter().enumerate().any(|(place, value)| all[..place].contains(value));
    if repeated {
        findings.advise("repeated_value", format!("user_data.{key}"), "a value is there more than once");
    }
    let is_hash_of_another =
        |value: &String| Hashed::read(value).is_some() && all.contains(&crate::sha256_hex(value.as_bytes()));
    if all.iter().any(is_hash_of_another) {
        findings.advise(
            "hashed_twice",
            format!("user_data.{key}"),
            "a value is the hash of another one in the list; hash each once",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_that_are_not_metas_are_named() {
        let hash = crate::sha256_hex(b"a@b.co");
        for (value, said) in [
            (&hash[..40], "SHA-1"),
            (&hash.repeat(2), "SHA-512"),
            (&hash[..63], "fewer"),
            (&format!("{hash}0"), "more"),
            (&format!("{hash},{hash}"), "several"),
            (&format!("{hash} {hash}"), "several"),
            (&format!("{hash}, {hash}"), "several"),
            (&format!("\"{hash}\""), "stand alone"),
            (&format!("b'{hash}'"), "stand alone"),
            (&format!("[{hash}]"), "stand alone"),
            (
                &hash
                    .as_bytes()
                    .chunks(2)
                    .map(|pair| std::str::from_utf8(pair).unwrap())
                    .collect::<Vec<_>>()
                    .join(":"),
                "stand alone",
            ),
            (&format!("0x{hash}"), "stand alone"),
            (&format!("sha256:{hash}"), "stand alone"),
            ("oS6Fc3GTdPBR0E6eN2tHBe0w+L6BCxGVqcVg5mVIRlM=", "base64"),
        ] {
            let message = other_digest(value).unwrap_or_default();
            assert!(message.contains(said), "{value}: {message}");
        }
        for value in ["ada@example.com", "905321234567", "", "a,b", &hash] {
            assert_eq!(other_digest(value).filter(|_| value != hash), None, "{value}");
        }
    }
}
