//! Personal data where none belongs: an e-mail address in a page's address, a phone in a property
//! of one's own. Whatever looks like it is not written, and [`crate::check`] says so.

use std::borrow::Cow;

use serde_json::{Value, value::RawValue};

use crate::Key;

mod allow_list;

pub use allow_list::only_allowed;

/// Fewest and most digits of what may be a phone number.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 9..=15;

/// Names of properties that hold what identifies a person, without case and separators, sorted. Our
/// own collection.
const PERSONAL_NAMES: &[&str] = &[
    "address",
    "address1",
    "address2",
    "billingaddress",
    "birthdate",
    "birthday",
    "cardnumber",
    "cellphone",
    "contactname",
    "cpf",
    "creditcard",
    "customeremail",
    "customername",
    "dateofbirth",
    "dob",
    "em",
    "email",
    "emailaddress",
    "eposta",
    "familyname",
    "firstname",
    "fn",
    "fname",
    "fullname",
    "givenname",
    "gsm",
    "iban",
    "lastname",
    "ln",
    "lname",
    "mail",
    "mobile",
    "mobilephone",
    "msisdn",
    "nationalid",
    "passport",
    "ph",
    "phone",
    "phonenumber",
    "shippingaddress",
    "ssn",
    "street",
    "streetaddress",
    "surname",
    "tckn",
    "tel",
    "telefon",
    "telefone",
    "telephone",
    "useremail",
    "whatsapp",
];

/// Whether a text holds an e-mail address, also one that is written for a URL (`%40`).
pub fn holds_email(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'@', b'%', bytes).any(|at| match &bytes[at..] {
        [b'@', ..] => is_address_around(bytes, at, at + 1),
        [b'%', b'4', b'0', ..] => is_address_around(bytes, at, at + 3),
        _ => false,
    })
}

/// Endings of the names of pictures.
const PICTURES: [&str; 7] = ["png", "jpg", "jpeg", "gif", "webp", "svg", "avif"];

fn is_address_around(text: &[u8], before: usize, after: usize) -> bool {
    let local_ends_well =
        text[..before].last().is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    let domain = text[after..]
        .split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || !byte.is_ascii()))
        .next()
        .unwrap_or_default();
    let top_level = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    // `logo@2x.png`, a picture for screens of twice the pixels.
    let is_picture = domain.first().is_some_and(u8::is_ascii_digit)
        && domain.get(1..3).is_some_and(|behind| behind.eq_ignore_ascii_case(b"x."))
        && PICTURES.iter().any(|ending| ending.as_bytes().eq_ignore_ascii_case(top_level));
    local_ends_well
        && !is_picture
        && domain.len() > top_level.len() + 1
        && top_level.len() >= 2
        && top_level.iter().all(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
}

/// Whether a text as a whole reads like a phone number. Digits alone, and digits that hyphens part,
/// are more often an order or a product: a plus sign, brackets or the usual grouping must be there.
pub fn is_phone(text: &str) -> bool {
    let text = text.trim();
    let dialled = |byte: u8| byte.is_ascii_digit() || b" ()-./+".contains(&byte);
    if !(9..=24).contains(&text.len()) || !text.bytes().all(dialled) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if !PHONE_DIGITS.contains(&digits) {
        return false;
    }
    let groups = || text.split([' ', '-', '.', '/', '(', ')']).filter(|group| !group.is_empty());
    let is_date = groups()
        .next()
        .is_some_and(|first| first.len() == 4 && (first.starts_with("19") || first.starts_with("20")));
    let is_american = groups().map(str::len).eq([3, 3, 4]);
    let is_spaced = text.bytes().filter(|byte| *byte == b' ').count() >= 2;
    let has_trunk_zero = text.starts_with('0') && !text.starts_with("000") && groups().count() >= 3;
    // Sizes, draws of a lottery: no country writes its numbers so without a zero before them.
    let is_row_of_pairs = !text.starts_with('0') && groups().all(|group| group.len() == 2);
    text.starts_with('+')
        || text.contains('(')
        || is_american
        || has_trunk_zero
        || (is_spaced && !is_date && !is_row_of_pairs)
}

/// Longest name that is shown, characters.
const NAME_SHOWN_MAX: usize = 50;

/// A name from outside as it can be shown: on one line, not too long, and not if it is itself an
/// address or a number. Digits alone that may be a phone number are not shown either: nothing is lost
/// with them, for no key of Meta's is a number.
pub fn shown(name: &str) -> String {
    if is_personal_text(name) || may_be_a_phone(name) {
        return "…".to_owned();
    }
    name.chars().filter(|c| !c.is_control()).take(NAME_SHOWN_MAX).collect()
}

/// Whether a text is so many digits and nothing else that they can be a phone number.
fn may_be_a_phone(text: &str) -> bool {
    let text = text.trim();
    PHONE_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The same within the path of a finding, whose parts are joined by dots.
pub(crate) fn shown_in_path(name: &str) -> String {
    shown(name).replace('.', "\u{2024}")
}

/// Whether a property of one's own gives away a person, by its name or by what it holds. What cannot
/// be looked into (half a character, a number beyond all bounds, very deep nesting) counts as if it
/// did.
pub fn is_personal(name: &str, json: &RawValue) -> bool {
    let json = json.get();
    match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        // The usual property needs no parsing.
        Some(text) if !text.contains('\\') => is_personal_string(name, text),
        _ => serde_json::from_str(json).ok().is_none_or(|value: Value| is_personal_field(name, &value)),
    }
}

fn is_personal_field(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => is_personal_string(name, text),
        Value::Number(number) => is_personal_string(name, &number.to_string()),
        Value::Array(items) => items.iter().any(|item| is_personal_field(name, item)),
        Value::Object(fields) => {
            (!fields.is_empty() && gives_away(name))
                || fields.iter().any(|(name, value)| is_personal_field(name, value))
        }
        Value::Null | Value::Bool(_) => gives_away_itself(name),
    }
}

fn is_personal_string(name: &str, text: &str) -> bool {
    gives_away_itself(name)
        || is_personal_text(text)
        || (!text.is_empty() && gives_away(name))
        || (is_named_like_a_phone(name) && is_dialled(text))
}

/// Whether whatever has this name is personal.
fn gives_away(name: &str) -> bool {
    is_personal_name(name) || is_user_data(name)
}

/// Whether the name itself is an address or a number.
fn gives_away_itself(name: &str) -> bool {
    is_personal_text(name)
}

/// Whether a text must not leave in a known field. In prose a phone number is out of place as well
/// as an e-mail address; in ids and numbers of all kinds only the latter can be told, and a number that
/// begins with a plus sign. A browser's own words are left alone, and so is what has to stay byte for byte.
pub(crate) fn is_personal_in(field: &str, text: &str) -> bool {
    match field {
        "content_name" | "content_category" | "search_string" | "status" | "title" | "description" => {
            is_personal_text(text)
        }
        "event_id" | "event_name" => false,
        // Programs name whom to write to in the midst of theirs.
        "client_user_agent" => is_phone(text) || (holds_email(text) && !text.contains(' ')),
        // Groups of digits may be a product's; no product begins with a plus sign.
        _ => holds_email(text) || (text.trim_start().starts_with('+') && is_phone(text)),
    }
}

/// `customer_phone`, `Mobil Telefon`; but also `headphone`, so the value has a say.
fn is_named_like_a_phone(name: &str) -> bool {
    const ENDINGS: [&str; 6] = ["phone", "telefon", "telefone", "mobile", "gsm", "whatsapp"];
    let bare = name.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
    ENDINGS.iter().any(|ending| bare.ends_with(ending))
}

fn is_dialled(text: &str) -> bool {
    PHONE_DIGITS.contains(&text.bytes().filter(u8::is_ascii_digit).count())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b" ()-./+".contains(&byte))
}

/// Whether a text is personal whatever it is called.
pub fn is_personal_text(text: &str) -> bool {
    holds_email(text) || is_phone(text)
}

/// First letters of the personal names of each length: tells nearly all others apart at once.
const INITIALS: [u32; 33] = {
    let mut initials = [0; 33];
    let mut place = 0;
    while place < PERSONAL_NAMES.len() {
        let name = PERSONAL_NAMES[place].as_bytes();
        initials[name.len()] |= 1 << (name[0] - b'a');
        place += 1;
    }
    initials
};

/// Whether it is Meta's object of identifiers, which belongs in one place and is hashed there.
fn is_user_data(name: &str) -> bool {
    name.eq_ignore_ascii_case("user_data") || name.eq_ignore_ascii_case("userData")
}

fn is_personal_name(name: &str) -> bool {
    // A match key of Meta's in the wrong place; a country or an id of one's own may stand elsewhere.
    if matches!(Key::from_name(name), Some(key) if key != Key::Country && key != Key::ExternalId) {
        return true;
    }
    // `checkout[first_name]`
    let name = name.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).map_or(name, |(_, inner)| inner);
    let mut bare = [0; 32];
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        let Some(place) = bare.get_mut(length) else { return false };
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    let is_possible = bare[0].is_ascii_lowercase() && INITIALS[length] & (1 << (bare[0] - b'a')) != 0;
    is_possible
        && PERSONAL_NAMES.binary_search_by(|personal| personal.as_bytes().cmp(&bare[..length])).is_ok()
}

/// An address of a page without the parts that give away a person: parameters with a personal name
/// or value, and a fragment or path that holds an e-mail address.
pub fn clean_url(url: &str) -> Cow<'_, str> {
    let bytes = url.as_bytes();
    let may_hold_email = memchr::memchr2(b'@', b'%', bytes).is_some();
    if !may_hold_email && memchr::memchr(b'?', bytes).is_none() {
        return Cow::Borrowed(url);
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
    if !(dirty_query || dirty_fragment || dirty_path) {
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
fn cut(text: &str, mark: u8) -> (&str, Option<&str>) {
    match memchr::memchr(mark, text.as_bytes()) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    }
}

fn parameters(query: &str) -> impl Iterator<Item = &str> {
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
    if value.is_empty() || name.starts_with("utm_") {
        return holds_email(parameter);
    }
    if holds_email(parameter) || (is_personal_name(name) && can_be_personal(name, value)) {
        return true;
    }
    // `%2B` is a plus sign and `+` a blank.
    value.len() <= 40
        && value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '%' | '(' | ' '))
        && value.bytes().filter(u8::is_ascii_digit).count() >= *PHONE_DIGITS.start()
        && is_phone(&value.replace('+', " ").replace("%2B", "+").replace("%2b", "+").replace("%20", " "))
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
    if is_hash || !is(&["fn", "ln", "ct", "st", "ge", "db", "mobile", "address"]) {
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

#[cfg(test)]
mod tests;
