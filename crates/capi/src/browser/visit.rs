//! One request of a browser, and what a server answers it with.

use std::{borrow::Cow, fmt};

use super::{Cookie, Domains, Site, address};
use crate::plain::opaque_debug;

/// For how long the cookies live, seconds (90 days). Meta's documentation.
const COOKIE_AGE_S: u64 = 90 * 24 * 60 * 60;
/// `_fbp`'s random number lies below this in the Parameter Builder.
pub const FBP_NUMBER_LIMIT: u32 = 2_147_483_647;

/// What of a browser's request matters for its click.
#[derive(Clone, Default)]
pub struct Visit<'a> {
    /// The `Host`; a scheme before it and a port behind it do not matter.
    pub host: Cow<'a, str>,
    /// `fbclid` of the request's query, decoded.
    pub fbclid: Option<Cow<'a, str>>,
    /// Further parameters that the click id is to carry, each with its value if it was there:
    /// appended as `_{prefix}_{value}`. Meta's own tests use one; a shop has none.
    pub more: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The cookie `_fbc`, decoded.
    pub fbc: Option<Cow<'a, str>>,
    /// The cookie `_fbp`, decoded.
    pub fbp: Option<Cow<'a, str>>,
    /// The cookie `_fbi`, in which Meta's browser library keeps the browser's address.
    pub fbi: Option<Cow<'a, str>>,
    /// The `Referer`, whose query may hold the click id, too.
    pub referer: Option<Cow<'a, str>>,
    /// `X-Forwarded-For`, if a trusted proxy set it.
    pub forwarded_for: Option<Cow<'a, str>>,
    /// The address of the connection.
    pub remote: Option<Cow<'a, str>>,
}

/// A cookie to be set.
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie {
    /// `_fbc` or `_fbp`.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// For how long, seconds.
    pub max_age_s: u64,
    /// On which domain; `None` where no host is known.
    pub domain: Option<String>,
}

/// What is known of the browser afterwards.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserIds {
    /// `user_data.fbc`; `None` if the browser never clicked.
    pub fbc: Option<String>,
    /// `user_data.fbp`; a new one may be sent only if its cookie is really set.
    pub fbp: String,
    /// `user_data.client_ip_address`, if one is known that the Parameter Builder takes for public; see
    /// [`super::address::is_public`] for a stricter view.
    pub client_ip_address: Option<String>,
    /// The cookies to set, each at most once.
    pub cookies: Vec<SetCookie>,
}

opaque_debug!(Visit);

impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for BrowserIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserIds").field("cookies", &self.cookies).finish_non_exhaustive()
    }
}

impl Visit<'_> {
    /// Keeps, makes and replaces. `now_ms` is Unix milliseconds, `number` a
    /// random one below [`FBP_NUMBER_LIMIT`] for a new `_fbp`.
    ///
    /// A valid cookie without a mark is set again, which prolongs it; one that a Parameter Builder
    /// has marked is left to it. An unreadable cookie counts as absent.
    pub fn answer(&self, domains: &Domains, now_ms: i64, number: u32) -> BrowserIds {
        let site = Site::of(&self.host, domains);
        let mut cookies = Vec::with_capacity(2);
        let known_fbc = kept("_fbc", self.fbc.as_deref(), &mut cookies);
        let known_fbp = kept("_fbp", self.fbp.as_deref(), &mut cookies);
        let fbp =
            known_fbp.unwrap_or_else(|| fresh("_fbp", &number.to_string(), &site, now_ms, &mut cookies));
        let fbc = match (known_fbc, self.click_id()) {
            (known, None) => known,
            (Some(known), Some(click)) if known.split('.').nth(3) == Some(&click) => Some(known),
            (_, Some(click)) => Some(fresh("_fbc", &click, &site, now_ms, &mut cookies)),
        };
        for cookie in &mut cookies {
            cookie.domain.clone_from(&site.domain);
        }
        BrowserIds {
            fbc,
            fbp,
            client_ip_address: address::best(
                self.fbi.as_deref().filter(|value| !value.is_empty()),
                self.forwarded_for.as_deref(),
                self.remote.as_deref().filter(|value| !value.is_empty()),
            ),
            cookies,
        }
    }

    /// The click id of the query, else of the referer's query.
    fn click_id(&self) -> Option<String> {
        let direct = self.fbclid.as_deref().filter(|id| !id.is_empty()).map(str::to_owned);
        let mut id = direct.or_else(|| self.referer.as_deref().and_then(fbclid_of_url)).unwrap_or_default();
        for (prefix, value) in &self.more {
            if id.contains(&format!("_{prefix}_")) {
                continue;
            }
            if !id.is_empty() {
                id.push('_');
            }
            id.push_str(prefix);
            id.push('_');
            id.push_str(value);
        }
        (!id.is_empty()).then_some(id)
    }
}

/// The `fbclid` in the query of an address, decoded; the address may lack its scheme.
fn fbclid_of_url(url: &str) -> Option<String> {
    // What a parser of URLs takes away before it looks (WHATWG URL, basic parser).
    let url: String =
        url.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let before_fragment = url.split('#').next()?;
    let (_, query) = before_fragment.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "fbclid")
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty())
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

fn fresh(
    name: &'static str,
    payload: &str,
    site: &Site,
    now_ms: i64,
    cookies: &mut Vec<SetCookie>,
) -> String {
    let value = Cookie::new(site.index, now_ms, payload).bare();
    set(name, &value, cookies);
    value
}

fn set(name: &'static str, value: &str, cookies: &mut Vec<SetCookie>) {
    match cookies.iter_mut().find(|cookie| cookie.name == name) {
        Some(cookie) => value.clone_into(&mut cookie.value),
        None => {
            cookies.push(SetCookie { name, value: value.to_owned(), max_age_s: COOKIE_AGE_S, domain: None });
        }
    }
}
