//! Addresses of pages without what gives away a person.

use std::borrow::Cow;

use super::{
    email::{holds_email, may_be_spelt_out},
    names::{is_named_like_a_thing, is_personal_name},
    phone::{self, PHONE_DIGITS},
    reading::plain_form,
};

/// An address of a page without the parts that give away a person: parameters with a personal name
/// or value, and a fragment or path that holds an e-mail address.
pub fn clean_url(url: &str) -> Cow<'_, str> {
    let bytes = url.as_bytes();
    let may_hold_email =
        !url.is_ascii() || memchr::memchr3(b'@', b'%', b'&', bytes).is_some() || may_be_spelt_out(url);
    if !may_hold_email && memchr::memchr(b'?', bytes).is_none() {
        return Cow::Borrowed(url);
    }
    let may_hold_email = may_hold_email && holds_email(url);
    // `?u=ada&#64;example.com` would stand in two parts.
    if may_hold_email && let Cow::Owned(plain) = html_escape::decode_html_entities(url) {
        return Cow::Owned(clean_url(&plain).into_owned());
    }
    let (rest, fragment) = cut(url, b'#');
    let (path, query) = cut(rest, b'?');
    let dirty_query = query.is_some_and(|query| parameters(query).any(is_personal_parameter));
    // Shops of one page keep their query there.
    let dirty_fragment = fragment.is_some_and(|fragment| {
        (may_hold_email && holds_email(fragment))
            || cut(fragment, b'?').1.is_some_and(|query| parameters(query).any(is_personal_parameter))
    });
    let dirty_path = may_hold_email && holds_email(path);
    if !(dirty_query || dirty_fragment || dirty_path || may_hold_email) {
        return Cow::Borrowed(url);
    }
    let mut clean = String::with_capacity(url.len());
    if dirty_path {
        clean.push_str(&clean_path(path));
    } else {
        clean.push_str(path);
    }
    let mut mark = '?';
    for parameter in query.into_iter().flat_map(parameters) {
        if !is_personal_parameter(parameter) {
            clean.push(mark);
            clean.push_str(parameter);
            mark = '&';
        }
    }
    if let Some(fragment) = fragment.filter(|_| !dirty_fragment) {
        clean.push('#');
        clean.push_str(fragment);
    }
    if may_hold_email && holds_email(&clean) {
        clean.clear();
    }
    Cow::Owned(clean)
}

fn clean_path(path: &str) -> String {
    let names_host = path.find("://").is_some_and(|place| !path[..place].contains('/'));
    let parts = path.split('/').enumerate().filter_map(|(place, part)| {
        // The user and password before a host are no business of anybody's, either; the host stays.
        let part = if names_host && place == 2 { after_last(after_last(part, "@"), "%40") } else { part };
        (!holds_email(part)).then_some(part)
    });
    parts.collect::<Vec<_>>().join("/")
}

fn after_last<'a>(text: &'a str, mark: &str) -> &'a str {
    text.rsplit_once(mark).map_or(text, |(_, rest)| rest)
}

/// What stands before and behind the first such mark.
pub(super) fn cut(text: &str, mark: u8) -> (&str, Option<&str>) {
    match memchr::memchr(mark, text.as_bytes()) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    }
}

pub(super) fn parameters(query: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(query);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(b'&', text.as_bytes());
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

fn is_personal_parameter(parameter: &str) -> bool {
    let Some(equals) = memchr::memchr(b'=', parameter.as_bytes()) else { return holds_email(parameter) };
    let (name, value) = (&parameter[..equals], &parameter[equals + 1..]);
    if holds_email(parameter) || (value.contains('+') && holds_email(&blanks_for_plus(value))) {
        return true;
    }
    if value.is_empty() || name.starts_with("utm_") {
        return false;
    }
    if is_personal_name(&plain_form(name)) && can_be_personal(name, value) {
        return true;
    }
    // A click id is long and has no blanks.
    let is_readable = value.len() <= 40 || value.contains('+') || value.contains("%20");
    if !is_readable || value.bytes().filter(u8::is_ascii_digit).count() < *PHONE_DIGITS.start() {
        return false;
    }
    let value = blanks_for_plus(value);
    let plain = plain_form(&value);
    if is_named_like_a_thing(&plain_form(name)) { phone::is_in_id(&plain) } else { phone::is_in(&plain) }
}

/// In parameters `+` is a blank and `%2B` a plus sign.
fn blanks_for_plus(value: &str) -> String {
    value.replace('+', " ")
}

/// What programs write into parameters of every name.
const OF_PROGRAMS: [&str; 20] = [
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "null",
    "undefined",
    "none",
    "main",
    "index",
    "home",
    "default",
    "all",
    "any",
    "new",
    "old",
    "auto",
    "test",
    "list",
];

/// Whether a value can be of a person where its parameter has a short name that means other things as well: a
/// language in `ln`, a state of the page in `st`, a function in `fn`, a site for small screens in `mobile`.
fn can_be_personal(name: &str, value: &str) -> bool {
    let is = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_hash = value.len() >= 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash || !is(&["fn", "ln", "ct", "st", "ge", "db", "mobile", "address", "addr"]) {
        return true;
    }
    if OF_PROGRAMS.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        return false;
    }
    if is(&["mobile"]) {
        return digits >= 7;
    }
    if is(&["db"]) {
        return digits >= 6;
    }
    if is(&["ge"]) {
        return ["f", "m", "female", "male"].iter().any(|word| word.eq_ignore_ascii_case(value));
    }
    // `de`, `en-US`
    let is_language = value.len() == 5
        && value
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 2 { matches!(byte, b'-' | b'_') } else { byte.is_ascii_alphabetic() });
    value.len() > 2 && digits < value.len() && !is_language
}
