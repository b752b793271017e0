//! The quality of what is said of the person.

use super::{
    Checks, Findings,
    unknown::{odd_fields, unknown_fields},
};
use crate::{
    Error, Event, Key,
    browser::{self, Cookie, address},
    event::{UserData, Values},
    known_hashes::{self, Fault},
    normalize::hashed::Hashed,
};

/// More values of one key than one person has.
const VALUES_MAX: usize = 10;
/// Digits of a time in milliseconds from 2001 to 2286.
const MILLISECOND_DIGITS: usize = 13;

pub(super) fn check(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    let Some(user) = &event.user_data else { return };
    for key in Key::ALL {
        if let Some(values) = user.values(key) {
            hashes(key, values, checks, findings);
        }
    }
    click(user, checks, findings);
    if let Some(text) = user.client_ip_address.as_deref().filter(|text| !text.is_empty()) {
        ip(text, findings);
    }
    if user.client_user_agent.as_deref().is_some_and(|agent| Hashed::read(agent).is_some()) {
        findings.advise(
            "hashed_plain_key",
            "user_data.client_user_agent",
            "the user agent must not be hashed",
        );
    }
    let is_refused_for = |name: &str| name == "lead_id";
    odd_fields("user_data.", &user.extra, UserData::FIELDS, is_refused_for, findings);
    unknown_fields("user_data.", &user.extra, UserData::FIELDS, findings);
}

fn hashes(key: Key, values: &Values<'_>, checks: Checks, findings: &mut Findings) {
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
    // What is wrong with one of very many values is wrong with most.
    for value in values.iter().take(100) {
        let Some((code, message)) = fault(key, value, checks) else { continue };
        if !advised.contains(&code) {
            advised.push(code);
            findings.advise(code, path(), message);
        }
    }
    if count > 1 && count <= 100 {
        siblings(key, values, findings);
    }
}

fn fault(key: Key, value: &str, checks: Checks) -> Option<(&'static str, &'static str)> {
    if value.trim().is_empty() {
        return Some(("empty_value", "a value is empty or no text; leave it out"));
    }
    let Some(hashed) = Hashed::read(value) else {
        let must_be_hashed = checks.as_sent && key != Key::ExternalId;
        return must_be_hashed.then_some((
            "not_hashed",
            "a value is not hashed; Meta wants SHA-256 in lowercase hex and cannot match anything else",
        ));
    };
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
        _ if hashed.digits.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Some(("hash_case", "write hashes in lowercase hex"))
        }
        _ => None,
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

fn click(user: &UserData<'_>, checks: Checks, findings: &mut Findings) {
    if let Some(text) = user.fbc.as_deref().filter(|text| !text.is_empty()) {
        match Cookie::read(text) {
            Err(Error::CookieParts) if Hashed::read(text).is_some() => {
                findings.advise("hashed_plain_key", "user_data.fbc", "fbc must not be hashed");
            }
            Err(why) => findings.advise("fbc_format", "user_data.fbc", format!("this is no fbc: {why}")),
            Ok(cookie) => {
                if cookie.time.len() != MILLISECOND_DIGITS {
                    findings.advise("fbc_time", "user_data.fbc", "the time in fbc must be in milliseconds");
                } else if !cookie.is_current(checks.now_s.saturating_mul(1000)) {
                    findings.advise(
                        "fbc_age",
                        "user_data.fbc",
                        "the click is older than 90 days or lies in the future; Meta makes nothing of it",
                    );
                }
            }
        }
    }
    if let Some(text) = user.fbp.as_deref().filter(|text| !text.is_empty()) {
        match Cookie::read(text) {
            Err(why) => findings.advise("fbp_format", "user_data.fbp", format!("this is no fbp: {why}")),
            Ok(cookie) if !cookie.payload.bytes().all(|byte| byte.is_ascii_digit()) => {
                findings.advise("fbp_format", "user_data.fbp", "the last part of fbp must be a number");
            }
            Ok(cookie) if cookie.time.len() != MILLISECOND_DIGITS => {
                findings.advise("fbp_time", "user_data.fbp", "the time in fbp must be in milliseconds");
            }
            Ok(_) => {}
        }
    }
}

fn ip(text: &str, findings: &mut Findings) {
    const PATH: &str = "user_data.client_ip_address";
    let (bare, _) = browser::appendix::split(text);
    let Some(_) = address::kind(bare) else {
        let message = if Hashed::read(text).is_some() {
            "the browser's address must not be hashed"
        } else {
            "this is no IP address; give one address without blanks or port"
        };
        findings.advise("ip_format", PATH, message);
        return;
    };
    let bare = bare.split('%').next().unwrap_or_default();
    if bare.parse().is_ok_and(|address| !address::is_public(address)) {
        findings.advise(
            "ip_private",
            PATH,
            "this address belongs to a private network; give the browser's, not that of a proxy or server",
        );
    }
}
