//! E-mail addresses within a text.

use super::reading::plain_form;

/// Endings of the names of pictures.
const PICTURES: &[&str] = &["png", "jpg", "jpeg", "gif", "webp", "svg", "avif"];

/// Longest last part of a domain that is believed of a word behind a blank and a sign (`ada @example.com`): longer ones
/// are names of people's pages (`@ada.lovelace`).
const ENDING_OF_A_HANDLE: usize = 3;

/// Whether a text holds an e-mail address: something, the sign `@` in whatever writing, and a domain with a dot. What
/// stands around it does not matter, nor blanks around the sign.
pub fn holds_email(text: &str) -> bool {
    is_in(&plain_form(text))
}

/// The same of a text that is in its plain form already.
pub(super) fn is_in(plain: &str) -> bool {
    let has_sign = memchr::memchr_iter(b'@', plain.as_bytes())
        .any(|at| is_around(&plain[..at], plain.get(at + 1..).unwrap_or_default()));
    has_sign || spelt_out(plain).is_some_and(|(before, after)| is_around(before, after))
}

/// `ada (at) example.com`
fn spelt_out(text: &str) -> Option<(&str, &str)> {
    let is_at = |inner: &[u8]| inner.eq_ignore_ascii_case(b"at");
    memchr::memchr2_iter(b'(', b'[', text.as_bytes()).find_map(|open| {
        let word = text.as_bytes().get(open + 1..open + 3)?;
        let is_closed = matches!(text.as_bytes().get(open + 3), Some(b')' | b']'));
        (is_at(word) && is_closed).then(|| Some((text.get(..open)?, text.get(open + 4..)?)))?
    })
}

fn is_around(before: &str, after: &str) -> bool {
    let (local, domain) = (before.trim_end(), after.trim_start());
    let begins_word = local.len() < before.len() && domain.len() == after.len();
    let is_local = local
        .trim_end_matches(|sign: char| ".-_+!'*~^$\"`{}|".contains(sign))
        .ends_with(char::is_alphanumeric);
    let domain = domain.split(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '.' | '-' | '_')));
    let mut labels = domain.take(1).flat_map(|domain| domain.split('.')).peekable();
    if !is_local
        || labels
            .next_if(|first| !first.is_empty())
            .is_none_or(|first| is_of_a_picture(first, labels.clone()))
    {
        return false;
    }
    labels.any(|label| is_top_level(label) && !(begins_word && label.len() > ENDING_OF_A_HANDLE))
}

/// Whether a part of a domain can be its last one; also if more hangs on it.
fn is_top_level(label: &str) -> bool {
    let mut letters = label.chars().map(|sign| (sign.is_alphabetic(), sign.is_ascii()));
    match letters.next() {
        Some((true, false)) => true,
        Some((true, true)) => letters.next().is_some_and(|(is_letter, _)| is_letter),
        _ => false,
    }
}

/// `logo@2x.png`, a picture for screens of twice the pixels.
fn is_of_a_picture<'l>(first: &str, others: impl Iterator<Item = &'l str>) -> bool {
    first.starts_with(|sign: char| sign.is_ascii_digit())
        && others.last().is_some_and(|last| PICTURES.iter().any(|ending| ending.eq_ignore_ascii_case(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_whatever_writing() {
        for text in [
            "ada@example.com",
            "ada@example.com.",
            "mail me: ada@example.com.",
            "ADA@EXAMPLE.COM.",
            "<ada@example.com.>",
            "(ada@example.com),",
            "ada@example.com-x",
            "ada@example.com_x",
            "ada@example..com",
            "ada_@example.com",
            "ada+@example.com",
            "ada-@example.com",
            "ada.@example.com",
            "\"ada\"@example.com",
            "ada@mail.xn--p1ai",
            "ada@xn--e1afmkfd.xn--p1ai",
            "ада@пример.рф",
            "ada\u{FF20}example.com",
            "ada\u{FF20}example\u{FF0E}com",
            "ada\u{FE6B}example.com",
            "ada@example\u{3002}com",
            "ada\u{200B}@\u{AD}example.com",
            "ada&#64;example.com",
            "ada&#x40;example.com",
            "ada&commat;example.com",
            "ada&amp;#64;example&#46;com",
            "ada%40example.com",
            "ada%2540example%252Ecom",
            "ada%252540example.com",
            r"ada\u0040example.com",
            "ada @ example.com",
            "ada@ example.com",
            "ada @example.com",
            "ada(at)example.com",
            "ada [AT] example.com",
            "lead:ada@example.com.",
            "mailto:ada@example.com?subject=x",
        ] {
            assert!(holds_email(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            "@",
            "a@b",
            "@example.com",
            "follow @ada.lovelace",
            "https://maps.example/@41.01,28.97,15z",
            "https://blog.example/@ada.lovelace/a",
            "2x@1.5",
            "5 @ 10.50 TL",
            "logo@2x.png",
            "logo@1.5x.webp",
            "100% cotton & 50%40 wool",
            "Ben & Jerry's, 2 for 1",
            "(at) the shop.",
            "@media screen",
            "Meet [at] noon",
        ] {
            assert!(!holds_email(text), "{text}");
        }
    }
}
