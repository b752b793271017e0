//! What a browser brings: `fbc`, `fbp`, its address and its name.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;

use super::hashes::is_appendix;
use super::{Object, is_placeholder, text_of};

/// The Parameter Builder's way of saying that a server made the value anew: language and origin are the
/// second and the third byte behind the format.
const NEW_OF_SERVERS: [&str; 5] = ["AQEC", "AQIC", "AQMC", "AQQC", "AQUC"];

/// What an event of a website can be recognised by besides its `fbp`.
const STRONG: [&str; 16] = [
    "em",
    "ph",
    "external_id",
    "fbc",
    "lead_id",
    "madid",
    "anon_id",
    "subscription_id",
    "fb_login_id",
    "f5first",
    "f5last",
    "fi",
    "dobd",
    "dobm",
    "doby",
    "app_user_id",
];

const PROGRAMS: [&str; 72] = [
    "aiohttp",
    "amazon",
    "amocrm-webhooks-client",
    "apache-httpclient",
    "axios",
    "bigcommerce",
    "bingbot",
    "bun",
    "colly",
    "curl",
    "deno",
    "dispatch",
    "facebookexternalhit",
    "faraday",
    "go-http-client",
    "google-apps-script",
    "googlebot",
    "got",
    "grequests",
    "guzzlehttp",
    "hackney",
    "http.rb",
    "httparty",
    "httpclient",
    "httpie",
    "hubspot",
    "insomnia",
    "jakarta",
    "java",
    "kommo",
    "ktor-client",
    "libwww-perl",
    "magento",
    "make",
    "microsoft-cryptoapi",
    "n8n",
    "node",
    "node-fetch",
    "node.js",
    "php",
    "pipedream",
    "postmanruntime",
    "prestashop",
    "python",
    "python-httpx",
    "python-requests",
    "python-urllib",
    "python-urllib3",
    "reqwest",
    "rest-client",
    "restsharp",
    "ruby",
    "ruby-httparty",
    "rudderstack",
    "scrapy",
    "segment",
    "shopify",
    "shopify-captain-hook",
    "stape",
    "stripe",
    "superagent",
    "symfony",
    "typhoeus",
    "undici",
    "unirest-java",
    "uptimerobot",
    "urlgrabber",
    "wget",
    "winhttp",
    "woocommerce",
    "wordpress",
    "zapier",
];

pub(super) fn remarks(event: &Object, user_data: &Object, found: &mut Vec<String>) {
    let text = |key| user_data.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(fbc) = text("fbc") {
        match browser_id(fbc) {
            None => found.push("user_data.fbc has not the form fb.<n>.<milliseconds>.<id>".to_owned()),
            Some(click) if !is_click_id(click) => {
                found.push("user_data.fbc holds what is no click id".to_owned());
            }
            Some(click) => {
                if is_modified(click, event.get("event_source_url").and_then(Value::as_str)) {
                    found.push("user_data.fbc has a modified fbclid".to_owned());
                }
            }
        }
    }
    if let Some(fbp) = text("fbp") {
        let number = browser_id(fbp).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        if number.is_none() {
            found.push("user_data.fbp has not the form fb.<n>.<milliseconds>.<number>".to_owned());
        } else if is_made_anew(fbp) && is_alone(event, user_data) {
            found.push(
                "user_data.fbp was made by a server and is the only key: each event looks new".to_owned(),
            );
        }
    }
    if let Some(address) = text("client_ip_address") {
        match address_of(address) {
            None => found.push("user_data.client_ip_address is not a public IP address".to_owned()),
            Some(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some() => {
                found.push("user_data.client_ip_address is IPv4 written as IPv6".to_owned());
            }
            Some(_) => {}
        }
    }
    let agent = text_of(user_data, "client_user_agent").unwrap_or_default();
    let product = agent.split(['/', ' ', '(', ';']).next().unwrap_or_default().to_ascii_lowercase();
    if PROGRAMS.contains(&product.as_str()) || is_placeholder(&Value::from(agent)) {
        found.push("user_data.client_user_agent is that of a program, not of a browser".to_owned());
    }
}

/// The fourth part of `fb.<n>.<milliseconds>.<id>`.
fn browser_id(text: &str) -> Option<&str> {
    let parts: Vec<&str> = text.split('.').collect();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let ["fb", index, millis, id, rest @ ..] = parts.as_slice() else { return None };
    let ends_well = match rest {
        [] => true,
        [appendix] => is_appendix(appendix),
        _ => false,
    };
    (digits(index) && digits(millis) && !id.is_empty() && ends_well).then_some(id)
}

fn is_click_id(id: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    id.bytes().all(is_sign) && !is_placeholder(&Value::from(id))
}

/// Another one than in the page's address; or, where that has none, one in which every letter is of one
/// case although it is long, or begins like all click ids in the wrong case.
fn is_modified(click: &str, page: Option<&str>) -> bool {
    let query = page.and_then(|page| page.split_once('?')).map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let in_page: Vec<String> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| name == "fbclid" && !value.is_empty())
        // Meta's builder marks the address at its end, where the click id may stand.
        .map(|(_, value)| value.split('.').next().unwrap_or_default().to_owned())
        .collect();
    if !in_page.is_empty() {
        return !in_page.iter().any(|one| one == click);
    }
    let letters: Vec<char> = click.chars().filter(char::is_ascii_alphabetic).collect();
    let one_case =
        letters.iter().all(char::is_ascii_lowercase) || letters.iter().all(char::is_ascii_uppercase);
    let lower = click.to_ascii_lowercase();
    one_case && (letters.len() >= 20 || ["iwar", "iwy2", "iwzx"].iter().any(|begin| lower.starts_with(begin)))
}

fn is_made_anew(fbp: &str) -> bool {
    let appendix = fbp.split('.').nth(4).unwrap_or_default();
    appendix.len() == 8 && NEW_OF_SERVERS.iter().any(|begin| appendix.starts_with(begin))
}

/// Whether a website event has no other key, besides names that many people share.
fn is_alone(event: &Object, user_data: &Object) -> bool {
    let given =
        |key: &&str| text_of(user_data, key).is_some() || user_data.get(*key).is_some_and(Value::is_array);
    let shared = |sets: &[&[&str]]| sets.iter().all(|set| set.iter().any(given));
    // A first name with a last name, and a few more pairs, are enough.
    let named = shared(&[&["fn"], &["ln"]])
        || shared(&[&["fn", "ln"], &["ct", "st", "zp", "country", "db"]])
        || shared(&[&["db"], &["ct", "st", "zp", "country", "ge"]]);
    event.get("action_source").is_some_and(|source| source == "website")
        && !STRONG.iter().any(given)
        && !named
}

/// The address without the marks of Meta's browser library, which sets one for each part of the domain
/// that it tries; none if it cannot be the one of a browser on the Internet. The sandbox's own people live
/// at addresses that are kept for documentation, so these are taken for real ones.
pub(crate) fn address_of(text: &str) -> Option<IpAddr> {
    let mut bare = text;
    while bare.parse::<IpAddr>().is_err() {
        let (head, tail) = bare.rsplit_once('.')?;
        if !is_appendix(tail) || tail.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        bare = head;
    }
    let address: IpAddr = bare.parse().ok()?;
    let public = match address {
        IpAddr::V4(v4) => is_public(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(v4),
            None => {
                !(v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.is_unique_local()
                    || v6.is_unicast_link_local()
                    || v6.is_multicast())
            }
        },
    };
    public.then_some(address)
}

fn is_public(v4: Ipv4Addr) -> bool {
    let [first, second, ..] = v4.octets();
    !(v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || first == 0
        || first >= 240
        || (first == 100 && second & 0xc0 == 64)
        || (first == 198 && second & 0xfe == 18))
}
