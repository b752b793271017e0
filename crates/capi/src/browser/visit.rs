//! One request of a browser, and what a server answers it with.

use std::{borrow::Cow, fmt};

use super::{Cookie, Domains, Network, NoClick, Site, address, address::NoAddress, click_id};
use crate::{Error, plain::opaque_debug};

/// For how long the cookies live, seconds (90 days). Meta's documentation.
const COOKIE_AGE_S: u64 = 90 * 24 * 60 * 60;
/// `_fbp`'s random number lies below this in the Parameter Builder.
pub const FBP_NUMBER_LIMIT: u32 = 2_147_483_647;

/// What of a browser's request matters for its click.
#[derive(Clone, Default)]
pub struct Visit<'a> {
    /// The `Host`; a scheme before it and a port behind it do not matter.
    pub host: Cow<'a, str>,
    /// `fbclid` of the request's query, decoded; several joined by commas, as frameworks join them.
    pub fbclid: Option<Cow<'a, str>>,
    /// Further parameters that the click id is to carry, each with its value if it was there:
    /// appended as `_{prefix}_{value}`. Meta's own tests use one; a shop has none.
    pub more: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The cookie `_fbc`, decoded; several joined by commas. Browsers send one for each domain and path for
    /// which it was set, the closest first, and the first that is good counts.
    pub fbc: Option<Cow<'a, str>>,
    /// The cookie `_fbp`, in the same way.
    pub fbp: Option<Cow<'a, str>>,
    /// The cookie `_fbi`, in which Meta's browser library keeps the browser's address.
    pub fbi: Option<Cow<'a, str>>,
    /// The `Referer`, whose query may hold the click id, too.
    pub referer: Option<Cow<'a, str>>,
    /// `X-Forwarded-For`, if a proxy of one's own set it.
    pub forwarded_for: Option<Cow<'a, str>>,
    /// The proxies that are believed. Where none is named, the first public address of
    /// `X-Forwarded-For` counts, which a browser can make up.
    pub proxies: Cow<'a, [Network]>,
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
    /// `user_data.fbc`, or why there is none.
    pub fbc: Result<String, NoClick>,
    /// `user_data.fbp`; a new one may be sent only if its cookie is really set.
    pub fbp: String,
    /// `user_data.client_ip_address`, of the open Internet, or why there is none.
    pub client_ip_address: Result<String, NoAddress>,
    /// The cookies to set, each at most once.
    pub cookies: Vec<SetCookie>,
}

opaque_debug!(Visit);

impl SetCookie {
    pub(super) fn new(name: &'static str, value: String) -> Self {
        Self { name, value, max_age_s: COOKIE_AGE_S, domain: None }
    }
}

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
    /// A good cookie without a mark is set again, which prolongs it; one that a Parameter Builder
    /// has marked is left to it. A click that is too old is neither told nor prolonged. A cookie that
    /// browsers' libraries cannot have made counts as absent.
    pub fn answer(&self, domains: &Domains, now_ms: i64, number: u32) -> BrowserIds {
        let Site { domain, index } = Site::of(&self.host, domains);
        let mut cookies = Vec::with_capacity(2);
        let mut told = |name, cookie: &Cookie<'_>| {
            let value = cookie.bare();
            if cookie.appendix.is_none() {
                cookies.push(SetCookie { domain: domain.clone(), ..SetCookie::new(name, value.clone()) });
            }
            value
        };
        let fbp =
            told("_fbp", &self.browser().unwrap_or_else(|| Cookie::new(index, now_ms, number.to_string())));
        let fbc = self.click(index, now_ms).map(|click| told("_fbc", &click));
        let marked = self.fbi.as_deref().unwrap_or_default();
        let is_good = |text: &&str| address::best(Some(*text), None, None, &[]).is_ok();
        let client_ip_address = address::best(
            each(marked).find(is_good).or_else(|| each(marked).next()),
            self.forwarded_for.as_deref(),
            self.remote.as_deref(),
            &self.proxies,
        );
        BrowserIds { fbc, fbp, client_ip_address, cookies }
    }

    /// The browser's `_fbp` as it came, without a mark; nothing where it has none that is good.
    pub fn known_browser(&self) -> Option<String> {
        self.browser().map(|cookie| cookie.bare())
    }

    /// The cookie `_fbp`, if it holds a number.
    fn browser(&self) -> Option<Cookie<'_>> {
        each(self.fbp.as_deref()?).find_map(|text| {
            let cookie = Cookie::read(text).ok()?;
            let is_number = cookie.payload.bytes().all(|byte| byte.is_ascii_digit());
            (is_number && is_short(&cookie)).then_some(cookie)
        })
    }

    /// The click of the request, else that of the cookie; the same one keeps its first time.
    fn click(&self, index: usize, now_ms: i64) -> Result<Cookie<'_>, NoClick> {
        let known = self.known_click(now_ms);
        match (self.new_click(), known) {
            (Ok(new), Ok(known)) if known.payload == new => current(known, now_ms),
            (Ok(new), _) => Ok(Cookie::new(index, now_ms, new)),
            (Err(NoClick::Unknown), Err(why)) | (Err(why), Err(_)) => Err(why),
            (Err(_), Ok(known)) => current(known, now_ms),
        }
    }

    /// The click id of the query, else of the referer's query, with what it is to carry.
    fn new_click(&self) -> Result<String, NoClick> {
        let of_query = click_id::newest(self.fbclid.as_deref().unwrap_or_default()).map(str::to_owned);
        let mut id = of_query.or_else(|why| {
            let url = self.referer.as_deref().unwrap_or_default();
            let ids: Vec<String> = click_ids_of(url).collect();
            click_id::newest(&ids.join(",")).map(str::to_owned).map_err(|of_referer| match why {
                NoClick::Unknown => of_referer,
                why => why,
            })
        })?;
        for (prefix, value) in &self.more {
            if click_id::odd_sign(prefix).or_else(|| click_id::odd_sign(value)).is_none() {
                append(&mut id, prefix, value);
            }
        }
        click_id::possible(&id).map(str::to_owned)
    }

    /// The first cookie `_fbc` that still counts, else the first that can be read, else why the first cannot.
    fn known_click(&self, now_ms: i64) -> Result<Cookie<'_>, NoClick> {
        let mut first = Err(NoClick::Unknown);
        for text in each(self.fbc.as_deref().unwrap_or_default()) {
            let found = readable_click(text);
            if found.as_ref().is_ok_and(|click| click.is_current(now_ms)) {
                return found;
            }
            if first == Err(NoClick::Unknown) || (first.is_err() && found.is_ok()) {
                first = found;
            }
        }
        first
    }
}

fn readable_click(text: &str) -> Result<Cookie<'_>, NoClick> {
    let cookie = Cookie::read(text).map_err(NoClick::Cookie)?;
    click_id::possible(&cookie.payload)?;
    if is_short(&cookie) { Ok(cookie) } else { Err(NoClick::Cookie(Error::CookieDigits)) }
}

/// The values of a cookie that came several times; none of them holds a comma.
fn each(joined: &str) -> impl Iterator<Item = &str> {
    joined.split(',').map(str::trim).filter(|text| !text.is_empty())
}

/// Whether index and time are as long as any library writes them.
fn is_short(cookie: &Cookie<'_>) -> bool {
    cookie.index.len() <= 2 && cookie.time.len() <= 13
}

fn current(click: Cookie<'_>, now_ms: i64) -> Result<Cookie<'_>, NoClick> {
    if click.is_current(now_ms) {
        Ok(click)
    } else if click.made_ms().is_some_and(|made_ms| made_ms <= now_ms) {
        Err(NoClick::Old)
    } else {
        Err(NoClick::Future)
    }
}

/// Appends `_{prefix}_{value}` to a click id that does not carry it yet.
pub(super) fn append(id: &mut String, prefix: &str, value: &str) {
    if id.contains(&format!("_{prefix}_")) {
        return;
    }
    if !id.is_empty() {
        id.push('_');
    }
    id.extend([prefix, "_", value]);
}

/// Each `fbclid` in the query of an address, decoded; the address may lack its scheme.
pub(super) fn click_ids_of(url: &str) -> impl Iterator<Item = String> {
    // What a parser of URLs takes away before it looks (WHATWG URL, basic parser).
    let url: String =
        url.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map(|(_, query)| query);
    let ids: Vec<String> = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(|(name, _)| name == "fbclid")
        .map(|(_, id)| id.into_owned())
        .collect();
    ids.into_iter()
}
