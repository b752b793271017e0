//! What Meta's Parameter Builder does with a browser's request, to the letter: the npm package
//! `capi-param-builder-nodejs` 1.3.2, with which `cargo xtask conformance` compares it.
//!
//! For comparing alone. It sets cookies that no browser keeps (`com.tr`), takes whatever stands as a
//! click id, prolongs a click for ever and reports private addresses; [`Visit::answer`] does not.

mod address;
mod domain;

pub use domain::BuilderDomains;

use domain::BuilderSite;

use super::{Cookie, SetCookie, Visit, visit};

/// What the Parameter Builder knows of a browser afterwards, without its marks.
#[derive(Clone, PartialEq, Eq)]
pub struct BuilderIds {
    /// Its `fbc`.
    pub fbc: Option<String>,
    /// Its `fbp`.
    pub fbp: String,
    /// Its `client_ip_address`.
    pub client_ip_address: Option<String>,
    /// The cookies that it sets.
    pub cookies: Vec<SetCookie>,
}

/// Keeps, makes and replaces as the Parameter Builder does. `now_ms` is Unix milliseconds, `number`
/// a random one below [`super::FBP_NUMBER_LIMIT`] for a new `_fbp`.
///
/// A valid cookie without a mark is set again, which prolongs it; one that has a mark is left. An
/// unreadable cookie counts as absent.
pub fn answer(visit: &Visit<'_>, domains: &BuilderDomains, now_ms: i64, number: u32) -> BuilderIds {
    let site = BuilderSite::of(&visit.host, domains);
    let mut cookies = Vec::with_capacity(2);
    let known_fbc = kept("_fbc", visit.fbc.as_deref(), &mut cookies);
    let known_fbp = kept("_fbp", visit.fbp.as_deref(), &mut cookies);
    let mut fresh = |name, payload: &str| {
        let value = Cookie::new(site.index, now_ms, payload).bare();
        set(name, &value, &mut cookies);
        value
    };
    let fbp = known_fbp.unwrap_or_else(|| fresh("_fbp", &number.to_string()));
    let fbc = match (known_fbc, click_id(visit)) {
        (known, None) => known,
        (Some(known), Some(click)) if known.split('.').nth(3) == Some(&click) => Some(known),
        (_, Some(click)) => Some(fresh("_fbc", &click)),
    };
    for cookie in &mut cookies {
        cookie.domain.clone_from(&site.domain);
    }
    BuilderIds {
        fbc,
        fbp,
        client_ip_address: address::best(
            visit.fbi.as_deref().filter(|value| !value.is_empty()),
            visit.forwarded_for.as_deref(),
            visit.remote.as_deref().filter(|value| !value.is_empty()),
        ),
        cookies,
    }
}

/// The click id of the query, else of the referer's query.
fn click_id(visit: &Visit<'_>) -> Option<String> {
    let direct = visit.fbclid.as_deref().filter(|id| !id.is_empty()).map(str::to_owned);
    let of_referer = || {
        visit.referer.as_deref().and_then(|url| visit::click_ids_of(url).next()).filter(|id| !id.is_empty())
    };
    let mut id = direct.or_else(of_referer).unwrap_or_default();
    for (prefix, value) in &visit.more {
        visit::append(&mut id, prefix, value);
    }
    (!id.is_empty()).then_some(id)
}

/// A valid cookie's value without its mark; one that had none is set again.
fn kept(name: &'static str, value: Option<&str>, cookies: &mut Vec<SetCookie>) -> Option<String> {
    let cookie = Cookie::read(value?).ok()?;
    let bare = cookie.bare();
    if cookie.appendix.is_none() {
        set(name, &bare, cookies);
    }
    Some(bare)
}

fn set(name: &'static str, value: &str, cookies: &mut Vec<SetCookie>) {
    match cookies.iter_mut().find(|cookie| cookie.name == name) {
        Some(cookie) => value.clone_into(&mut cookie.value),
        None => cookies.push(SetCookie::new(name, value.to_owned())),
    }
}

#[cfg(test)]
mod tests;
