//! The ad click and the browser: `fbc` and `fbp`.

use super::{Checks, Findings};
use crate::{
    Error, Event, FieldSet,
    browser::{Cookie, appendix, click_id},
    event::{ActionSource, UserData},
    field_set::FieldBit,
    normalize::{self, hashed::Hashed},
    subcodes,
};

const FBC: &str = "user_data.fbc";
const FBP: &str = "user_data.fbp";
/// Digits of a time in milliseconds from 2001 to 2286.
const MILLISECOND_DIGITS: usize = 13;
/// A click id of so many letters has some of either case: one in a million has not.
const MIXED_CASE_FROM: usize = 20;
/// How click ids begin. From public reports.
const BEGINNINGS: [&str; 4] = ["IwAR", "IwY2", "IwZX", "IwZXh0"];

/// What Meta was seen to refuse: an empty part, as 2804001 "Click ID Incorrectly Formatted"
/// (recorded 2023, of the fourth part). Of other forms nothing was recorded.
pub(super) fn refusal(user: &UserData<'_>, findings: &mut Findings) {
    if user.fbc.as_deref().is_some_and(|fbc| Cookie::read(fbc).is_err() && has_empty_part(fbc)) {
        findings.refuse(
            subcodes::FBC,
            FBC,
            "a part of fbc is empty; write fb.1.<milliseconds of the click>.<fbclid>, or leave fbc out where there was no click",
        );
    }
}

fn has_empty_part(fbc: &str) -> bool {
    let mut parts = fbc.split('.');
    parts.next() == Some("fb") && parts.clone().any(str::is_empty) && matches!(parts.count(), 3 | 4)
}

/// What Meta takes and may make nothing of. Meta's documentation of `fbp` and `fbc`.
pub(super) fn check(event: &Event<'_>, user: &UserData<'_>, checks: Checks, findings: &mut Findings) {
    if let Some(text) = user.fbc.as_deref().filter(|text| !text.is_empty()) {
        match Cookie::read(text) {
            Err(_) if has_empty_part(text) => {}
            Err(_) if normalize::is_no_value(text) => {
                findings.advise("fbc_format", FBC, "this is a placeholder and no fbc; leave it out");
            }
            Err(Error::CookieParts) if Hashed::read(text).is_some() => {
                findings.advise("hashed_plain_key", FBC, "fbc must not be hashed");
            }
            Err(_) if text.trim() != text && Cookie::read(text.trim()).is_ok() => {
                findings.advise("fbc_format", FBC, "take the blanks around this fbc off");
            }
            Err(why) => findings.advise(
                "fbc_format",
                FBC,
                format!(
                    "this is no fbc: {why}; write fb.1.<milliseconds of the click>.<fbclid>, or leave it out"
                ),
            ),
            Ok(cookie) => fbc(&cookie, event.event_source_url.as_deref(), checks, findings),
        }
    }
    if let Some(text) = user.fbp.as_deref().filter(|text| !text.is_empty()) {
        match Cookie::read(text) {
            Err(_) if normalize::is_no_value(text) => {
                findings.advise("fbp_format", FBP, "this is a placeholder and no fbp; leave it out");
            }
            Err(_) if text.trim() != text && Cookie::read(text.trim()).is_ok() => {
                findings.advise("fbp_format", FBP, "take the blanks around this fbp off");
            }
            Err(why) => findings.advise("fbp_format", FBP, format!("this is no fbp: {why}")),
            Ok(cookie) if !cookie.payload.bytes().all(|byte| byte.is_ascii_digit()) => {
                findings.advise("fbp_format", FBP, "the last part of fbp must be a number");
            }
            Ok(cookie) if cookie.time.len() != MILLISECOND_DIGITS => {
                findings.advise("fbp_time", FBP, "the time in fbp must be in milliseconds");
            }
            Ok(cookie) if is_not_yet(&cookie, checks) => {
                findings.advise(
                    "fbp_time",
                    FBP,
                    "the time in fbp lies in the future; send the cookie _fbp as it is",
                );
            }
            Ok(cookie) => made_anew(&cookie, event, user, findings),
        }
    }
}

/// Whether the time is one that no clock shows yet.
fn is_not_yet(cookie: &Cookie<'_>, checks: Checks) -> bool {
    let latest_ms = checks.now_s.saturating_add(crate::limits::FUTURE_TOLERANCE_S).saturating_mul(1000);
    cookie.made_ms().is_some_and(|made_ms| made_ms > latest_ms)
}

fn fbc(cookie: &Cookie<'_>, page: Option<&str>, checks: Checks, findings: &mut Findings) {
    let click = &*cookie.payload;
    if normalize::stands_for_nothing(click) {
        findings.advise("fbc_format", FBC, "a placeholder stands where the click id belongs; leave fbc out");
        return;
    }
    if let Some(message) = impossible(click) {
        findings.advise("fbc_format", FBC, message);
    } else if cookie.time.len() != MILLISECOND_DIGITS {
        findings.advise("fbc_time", FBC, "the time in fbc must be in milliseconds");
    } else if !cookie.is_current(checks.now_s.saturating_mul(1000)) {
        findings.advise(
            "fbc_age",
            FBC,
            "the click is older than 90 days or lies in the future; Meta makes nothing of it",
        );
    }
    if let Some(message) = altered(click, page) {
        findings.advise("fbc_altered", FBC, message);
    }
}

/// Click ids are letters, digits, hyphens and underscores.
fn impossible(click: &str) -> Option<&'static str> {
    let odd = click_id::odd_sign(click)?;
    Some(match odd {
        b',' => "two click ids stand in this fbc, parted by a comma; take one",
        b'&' | b'=' | b'?' | b'#' => {
            "this fbc holds more of the address than the click id; end it before the next parameter"
        }
        b'%' => "the click id is written for an address (%…); decode it first",
        _ => "no click id holds such a sign; it has letters, digits, - and _ alone",
    })
}

/// Whether the click id was changed on its way: Meta tells of it in Events Manager only, days later.
fn altered(click: &str, page: Option<&str>) -> Option<&'static str> {
    let mut in_address = page.into_iter().flat_map(click_ids).peekable();
    if in_address.peek().is_some() {
        let mut worst = None;
        for given in in_address {
            if given == click {
                return None;
            }
            worst = Some(if given.eq_ignore_ascii_case(click) {
                "the click id is not the one of the page's address: its case was changed, and case matters"
            } else if given.len() > click.len() && given.starts_with(click) {
                "the click id is not the one of the page's address: it was cut"
            } else {
                "the click id is not the one of the page's address; the newer click counts"
            });
        }
        return worst;
    }
    let letters = || click.bytes().filter(u8::is_ascii_alphabetic);
    let is_of_one_case =
        letters().all(|byte| byte.is_ascii_lowercase()) || letters().all(|byte| byte.is_ascii_uppercase());
    let begins_so = || {
        BEGINNINGS.iter().any(|known| {
            click.get(..known.len()).is_some_and(|begin| begin != *known && begin.eq_ignore_ascii_case(known))
        })
    };
    let is_changed = is_of_one_case && (letters().count() >= MIXED_CASE_FROM || begins_so());
    is_changed.then_some(
        "the click id was changed to small letters or to capitals; its case matters, send it as it came",
    )
}

/// The click ids of a page's address.
pub(crate) fn click_ids(url: &str) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
    let (url, _) = appendix::split(url);
    // Most addresses have none, and need no parsing.
    let query = memchr::memmem::find(url.as_bytes(), b"fbclid=").and_then(|_| url.split_once('?'));
    let query = query.map(|(_, query)| query.split('#').next().unwrap_or_default());
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(|(name, id)| name == "fbclid" && !id.is_empty())
        .map(|(_, id)| id)
}

/// Meta's SDK 26 for Python makes a new fbp for each event. Where nothing else tells the person, each
/// event looks like another visitor.
fn made_anew(cookie: &Cookie<'_>, event: &Event<'_>, user: &UserData<'_>, findings: &mut Findings) {
    let is_new = cookie.is_new_of_a_server();
    if !is_new || event.action_source != Some(ActionSource::Website) {
        return;
    }
    let mut others = FieldSet::default();
    for name in ["fbp", "client_ip_address"] {
        others.extend(FieldBit::within("user_data", name));
    }
    if super::broad::is_too_broad_without(user, others) {
        findings.advise(
            "fbp_made_anew",
            FBP,
            "a server library made this fbp, and nothing else tells the person: if it makes one for each event, each event looks like a new visitor; send what the browser's cookie _fbp holds",
        );
    }
}
