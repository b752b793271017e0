//! Addresses of pages of which only what is known to be needed stays.

use std::borrow::Cow;

use super::{
    is_personal_text, phone,
    url::{clean_url, cut, parameters},
};

/// An address of a page with those parameters alone whose names are allowed, without fragment, and without what gives
/// away a person; empty where nothing may stay. Scheme, host and path are kept.
///
/// ```
/// let kept = capi::privacy::only_allowed("https://shop.example/a?fbclid=x&token=y#top", |name| name == "fbclid");
/// assert_eq!(kept, "https://shop.example/a?fbclid=x");
/// ```
pub fn only_allowed(url: &str, is_allowed: impl Fn(&str) -> bool) -> Cow<'_, str> {
    if is_personal_text(url) && !url.contains("://") {
        return Cow::Borrowed("");
    }
    let clean = match clean_url(url) {
        Cow::Borrowed(url) => return kept(url, is_allowed),
        Cow::Owned(clean) => clean,
    };
    Cow::Owned(kept(&clean, is_allowed).into_owned())
}

fn kept(url: &str, is_allowed: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let (rest, _) = cut(url, b'#');
    let (path, query) = cut(rest, b'?');
    let is_kept = |parameter: &&str| {
        form_urlencoded::parse(parameter.as_bytes())
            .next()
            .is_some_and(|(name, value)| is_allowed(&name) && !is_personal_text(&value))
    };
    // `/wa.me/905320000001`
    let is_called = path.bytes().filter(u8::is_ascii_digit).count() >= 9 && phone::has_word(path);
    let is_phone = |part: &str| is_phone_written(part) || (is_called && phone::is_dialled_text(part));
    let has_phone = path.split('/').any(is_phone);
    let is_as_it_was = query.is_none_or(|query| parameters(query).all(|parameter| is_kept(&parameter)));
    if !has_phone && is_as_it_was {
        return Cow::Borrowed(rest);
    }
    let mut out = String::with_capacity(rest.len());
    let parts = path.split('/').filter(|part| !is_phone(part));
    out.push_str(&parts.collect::<Vec<_>>().join("/"));
    let mut mark = '?';
    for parameter in query.into_iter().flat_map(parameters).filter(is_kept) {
        out.push(mark);
        out.push_str(parameter);
        mark = '&';
    }
    Cow::Owned(out)
}

/// Whether a part of a path holds a phone number, also one that is written for a URL.
fn is_phone_written(part: &str) -> bool {
    part.bytes().filter(u8::is_ascii_digit).count() >= 9 && phone::holds_phone(part)
}
