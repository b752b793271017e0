//! E-mail addresses within a text.

use super::reading::plain_form;

/// Endings of the names of pictures.
const PICTURES: &[&str] = &["png", "jpg", "jpeg", "gif", "webp", "svg", "avif"];

/// Longest last part of a domain that is believed of a word behind a blank and a sign (`ada @example.com`): longer ones
/// are names of people's pages (`@ada.lovelace`).
const ENDING_OF_A_HANDLE: usize = 3;

/// Words in brackets that stand for a sign, in small letters.
const SPELT_OUT: &[(&str, char)] =
    &[("at", '@'), ("@", '@'), ("arroba", '@'), ("dot", '.'), ("nokta", '.'), ("punto", '.'), (".", '.')];

/// Most characters within such brackets.
const SPELT_OUT_MAX: usize = 16;

/// Last parts of domains that are believed behind a dot with a blank beside it (`ada@example .com`): others begin the
/// next sentence.
const ENDINGS_APART: &[&str] = &[
    "com", "net", "org", "info", "biz", "edu", "gov", "io", "co", "me", "tr", "de", "fr", "es", "it", "nl",
    "uk", "ru", "br", "at", "ch", "us",
];

/// Whether a text holds an e-mail address: something, the sign `@` in whatever writing, and a domain with a dot. What
/// stands around it does not matter, nor blanks around the sign and the dot.
pub fn holds_email(text: &str) -> bool {
    is_in(&plain_form(text))
}

/// The same of a text that is in its plain form already.
pub(super) fn is_in(plain: &str) -> bool {
    let has_sign = |text: &str| {
        memchr::memchr_iter(b'@', text.as_bytes())
            .any(|at| is_around(&text[..at], text.get(at + 1..).unwrap_or_default()))
    };
    has_sign(plain) || (may_be_spelt_out(plain) && has_sign(&with_signs(plain))) || is_in_words(plain)
}

/// `ada at example dot com`: only where both signs are words, since one alone is one in a sentence.
fn is_in_words(text: &str) -> bool {
    let is = |word: &str, known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(word));
    let words = || text.split([' ', '_']).filter(|word| !word.is_empty());
    let follow = || words().skip(1).zip(words().skip(2)).zip(words().skip(3)).zip(words().skip(4));
    memchr::memchr2_iter(b' ', b'_', text.as_bytes()).nth(3).is_some()
        && follow().any(|(((at, domain), dot), ending)| {
            let ending = ending.trim_end_matches(|sign: char| !sign.is_alphanumeric());
            is(at, &["at", "arroba"])
                && !is(domain, &["the"])
                && is(dot, &["dot", "nokta", "punto"])
                && is(ending, ENDINGS_APART)
        })
}

/// Whether a text has brackets in which a sign can be spelt out.
pub(super) fn may_be_spelt_out(text: &str) -> bool {
    memchr::memchr3(b'(', b'[', b'{', text.as_bytes()).is_some()
}

/// `ada (at) example [dot] com` with its signs, and without blanks beside them.
fn with_signs(text: &str) -> String {
    let mut signs = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = memchr::memchr3(b'(', b'[', b'{', rest.as_bytes()) {
        let inner = &rest[open + 1..];
        // Not far away, so that rows of brackets cost no more than they are long.
        let mut near = inner.char_indices().take(SPELT_OUT_MAX);
        let spelt = near.find(|(_, sign)| matches!(sign, ')' | ']' | '}')).and_then(|(end, _)| {
            let word = inner[..end].trim();
            let (_, sign) = SPELT_OUT.iter().find(|(known, _)| known.eq_ignore_ascii_case(word))?;
            Some((end, *sign))
        });
        if let Some((end, sign)) = spelt {
            // A dot in brackets ends no sentence, whatever blanks are beside it.
            let before = &rest[..open];
            signs.push_str(if sign == '.' { before.trim_end() } else { before });
            signs.push(sign);
            rest = &inner[end + 1..];
            rest = if sign == '.' { rest.trim_start() } else { rest };
        } else {
            signs.push_str(&rest[..=open]);
            rest = inner;
        }
    }
    signs.push_str(rest);
    signs
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
        || is_ended_apart(after.trim_start())
}

/// `example .com`, `example. com`
fn is_ended_apart(domain: &str) -> bool {
    let is_part = |sign: char| sign.is_alphanumeric() || matches!(sign, '-' | '_' | '.');
    let (first, rest) = domain.split_at(domain.find(|sign| !is_part(sign)).unwrap_or(domain.len()));
    let rest = match (first.strip_suffix('.'), rest.trim_start()) {
        (Some(_), rest) => rest,
        (None, rest) => match rest.strip_prefix('.') {
            Some(rest) => rest.trim_start(),
            None => return false,
        },
    };
    let ending = &rest[..rest.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(rest.len())];
    ENDINGS_APART.iter().any(|known| known.eq_ignore_ascii_case(ending))
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
            "ada{at}example.com",
            "ada at example dot com",
            "write ada AT example DOT com.",
            "ada_at_example_dot_com",
            "ada ( at ) example.com",
            "ada(at)example(dot)com",
            "ada [at] example [dot] com",
            "ada(at)example (nokta) com",
            "ada(@)example.com",
            "ada@example[.]com",
            "ada@example .com",
            "ada@example. com",
            "ada@example . com",
            "ada @ example . com.tr",
            "ada(at)example .com",
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
            "Meet (at) noon. Coming?",
            "see ada@home. Thanks",
            "5 (at) 10 .50 TL",
            "meet at the dot com shop",
            "at example dot com",
            "buy at shop.example.com",
            "(at",
            "a (dot) com",
            "[at]",
        ] {
            assert!(!holds_email(text), "{text}");
        }
    }
}
