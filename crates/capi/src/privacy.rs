//! Personal data where none belongs: an e-mail address in a page's address, a phone in a property
//! of one's own. Whatever looks like it is not written, and [`crate::check`] says so.

use std::borrow::Cow;

use serde_json::{Value, value::RawValue};

/// Fewest and most digits of what may be a phone number.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 9..=15;

/// Names of properties that hold what identifies a person, without case and separators. Our own
/// collection.
const PERSONAL_NAMES: &[&str] = &[
    "email", "emailaddress", "mail", "customeremail", "useremail", "eposta", "phone", "phonenumber", "telephone", "tel",
    "mobile", "mobilephone", "cellphone", "gsm", "telefon", "telefone", "whatsapp", "msisdn", "firstname", "lastname",
    "fullname", "givenname", "familyname", "surname", "customername", "contactname", "address", "streetaddress",
    "street", "address1", "address2", "billingaddress", "shippingaddress", "birthday", "birthdate", "dateofbirth",
    "dob", "ssn", "cpf", "tckn", "nationalid", "passport", "iban", "creditcard", "cardnumber",
];

/// Whether a text holds an e-mail address, also one that is written for a URL (`%40`).
pub fn holds_email(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'@', bytes).any(|at| is_address_around(bytes, at, at + 1))
        || (memchr::memchr(b'%', bytes).is_some()
            && memchr::memmem::find_iter(bytes, "%40").any(|at| is_address_around(bytes, at, at + 3)))
}

fn is_address_around(text: &[u8], before: usize, after: usize) -> bool {
    let local_ends_well = text[..before].last().is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    let domain = text[after..]
        .split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || !byte.is_ascii()))
        .next()
        .unwrap_or_default();
    let top_level = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    local_ends_well
        && domain.len() > top_level.len() + 1
        && top_level.len() >= 2
        && top_level.iter().all(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
}

/// Whether a text as a whole reads like a phone number. Digits alone are more often an order or a
/// product, so a plus sign, an exit code or the grouping of a number must be there.
pub fn is_phone(text: &str) -> bool {
    let text = text.trim();
    let dialled = |byte: u8| byte.is_ascii_digit() || b" ()-./+".contains(&byte);
    if !(9..=24).contains(&text.len()) || !text.bytes().all(dialled) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let grouped = text.contains('(') || text.bytes().filter(|byte| matches!(byte, b' ' | b'-')).count() >= 2;
    let is_date = text.split(['-', '/', '.', ' ']).next().is_some_and(|first| {
        first.len() == 4 && (first.starts_with("19") || first.starts_with("20"))
    });
    PHONE_DIGITS.contains(&digits) && (text.starts_with('+') || text.starts_with("00") || (grouped && !is_date))
}

/// Whether a property of one's own gives away a person, by its name or by what it holds.
pub fn is_personal(name: &str, json: &RawValue) -> bool {
    let json = json.get();
    let scalar = matches!(json.as_bytes().first(), Some(b'"' | b'0'..=b'9' | b'-'));
    if scalar && is_personal_name(name) {
        return json.len() > 2;
    }
    match json.as_bytes().first() {
        Some(b'"') => {
            if json.contains('\\') {
                serde_json::from_str(json).is_ok_and(|text: String| is_personal_text(&text))
            } else {
                json.get(1..json.len() - 1).is_some_and(is_personal_text)
            }
        }
        Some(b'{' | b'[') => serde_json::from_str(json).is_ok_and(|value: Value| holds_personal(&value)),
        _ => false,
    }
}

/// Whether a text is personal whatever it is called.
pub fn is_personal_text(text: &str) -> bool {
    holds_email(text) || is_phone(text)
}

fn holds_personal(value: &Value) -> bool {
    match value {
        Value::String(text) => is_personal_text(text),
        Value::Array(items) => items.iter().any(holds_personal),
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let says_something = match value {
                Value::String(text) => !text.is_empty(),
                Value::Number(_) => true,
                _ => false,
            };
            (says_something && is_personal_name(name)) || holds_personal(value)
        }),
        _ => false,
    }
}

fn is_personal_name(name: &str) -> bool {
    let mut bare = [0; 32];
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        let Some(place) = bare.get_mut(length) else { return false };
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    PERSONAL_NAMES.iter().any(|personal| personal.as_bytes() == &bare[..length])
}

/// An address of a page without the parts that give away a person: parameters with a personal name
/// or value, and a fragment or path that holds an e-mail address.
pub fn clean_url(url: &str) -> Cow<'_, str> {
    let (rest, fragment) = url.split_once('#').map_or((url, None), |(rest, fragment)| (rest, Some(fragment)));
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let dirty_query = query.is_some_and(|query| query.split('&').any(is_personal_parameter));
    let dirty_fragment = fragment.is_some_and(holds_email);
    // The user and password before a host are no business of anybody's, either.
    let dirty_path = holds_email(path);
    if !(dirty_query || dirty_fragment || dirty_path) {
        return Cow::Borrowed(url);
    }
    let mut clean = String::with_capacity(url.len());
    if dirty_path {
        let kept: Vec<&str> = path.split('/').filter(|part| !holds_email(part)).collect();
        clean.push_str(&kept.join("/"));
    } else {
        clean.push_str(path);
    }
    let mut mark = '?';
    for parameter in query.into_iter().flat_map(|query| query.split('&')) {
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

fn is_personal_parameter(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    if value.is_empty() {
        return holds_email(name);
    }
    if holds_email(value) || (value.len() <= 32 && is_personal_name(name)) {
        return true;
    }
    // `%2B` is a plus sign and `+` a blank.
    value.len() <= 40
        && value.bytes().filter(u8::is_ascii_digit).count() >= *PHONE_DIGITS.start()
        && is_phone(&value.replace('+', " ").replace("%2B", "+").replace("%2b", "+").replace("%20", " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_personal() {
        for text in ["a@b.com", "mail ayse@example.com.tr now", "x=a%40b.co", "+90 532 123 45 67", "(650) 555-1212", "0090 532 1234567"] {
            assert!(is_personal_text(text), "{text}");
        }
        for text in ["", "@", "a@b", "@media screen", "2x@1.5", "1234567890", "2026-11-24 10:00", "SKU-1234-5678", "12345", "1 234 567,00", "2026-11-24 1000"] {
            assert!(!is_personal_text(text), "{text}");
        }
    }

    #[test]
    fn properties_of_ones_own() {
        let personal = |name, json: &str| is_personal(name, &RawValue::from_string(json.to_owned()).unwrap());
        assert!(personal("note", r#""write to a@b.com""#));
        assert!(personal("note", r#""a@b.com""#));
        assert!(personal("Customer-Email", r#""somebody""#));
        assert!(personal("phone", "905321234567"));
        assert!(personal("customer", r#"{"first_name":"Ada"}"#));
        assert!(personal("list", r#"[1,{"x":["+90 532 123 45 67"]}]"#));
        assert!(!personal("colour", r#""red""#));
        assert!(!personal("phone", "null"));
        assert!(!personal("sku", "905321234567"));
        assert!(!personal("name", r#""Red shoes""#));
    }

    #[test]
    fn addresses_of_pages() {
        for (url, clean) in [
            ("https://shop.example.com/thanks?order=1&utm_source=fb", "https://shop.example.com/thanks?order=1&utm_source=fb"),
            ("https://shop.example.com/?email=a%40b.com&fbclid=X", "https://shop.example.com/?fbclid=X"),
            ("https://shop.example.com/?fbclid=X&phone=5321234567", "https://shop.example.com/?fbclid=X"),
            ("https://shop.example.com/?tel=%2B90+532+123+45+67", "https://shop.example.com/"),
            ("https://shop.example.com/u/a@b.com/cart#a@b.com", "https://shop.example.com/u/cart"),
            ("https://shop.example.com/?q=%2B905321234567&x=1#top", "https://shop.example.com/?x=1#top"),
        ] {
            assert_eq!(clean_url(url), clean);
            assert_eq!(clean_url(clean), clean);
        }
    }
}
