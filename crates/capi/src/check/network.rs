//! From where and with what the browser called: `client_ip_address` and `client_user_agent`.

use std::net::IpAddr;

use super::Findings;
use crate::{
    browser::{address, appendix},
    event::UserData,
    normalize::{self, hashed::Hashed},
};

const ADDRESS: &str = "user_data.client_ip_address";
const AGENT: &str = "user_data.client_user_agent";

/// How programs that are no browser call themselves, in small letters. Our own collection, from public
/// reports of purchases that a webhook or a timer sent.
const SERVERS: [&str; 72] = [
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

pub(super) fn check(user: &UserData<'_>, findings: &mut Findings) {
    if let Some(text) = user.client_ip_address.as_deref().filter(|text| !text.is_empty()) {
        ip(text, findings);
    }
    if let Some(agent) = user.client_user_agent.as_deref().filter(|agent| !agent.is_empty()) {
        user_agent(agent, findings);
    }
}

fn user_agent(agent: &str, findings: &mut Findings) {
    // Browsers all begin like this.
    if agent.starts_with("Mozilla/") {
        return;
    }
    if Hashed::read(agent).is_some() {
        findings.advise("hashed_plain_key", AGENT, "the user agent must not be hashed");
    } else if normalize::stands_for_nothing(agent) {
        findings.advise("placeholder", AGENT, "this is a placeholder and no user agent; leave it out");
    } else if is_of_a_server(agent) {
        findings.advise(
            "server_user_agent",
            AGENT,
            "this is the user agent of a program on a server; keep the browser's at checkout and send that",
        );
    }
}

fn is_of_a_server(agent: &str) -> bool {
    let product = agent.trim_start().split(['/', ' ', ';', '(']).next().unwrap_or_default();
    SERVERS.iter().any(|known| known.eq_ignore_ascii_case(product))
}

fn ip(text: &str, findings: &mut Findings) {
    let Some(address) = address::alone(without_marks(text)) else {
        let message = if Hashed::read(text).is_some() {
            "the browser's address must not be hashed"
        } else if normalize::stands_for_nothing(text) {
            "this is a placeholder and no address; leave it out"
        } else {
            "this is no IP address; give one address without blanks or port"
        };
        findings.advise("ip_format", ADDRESS, message);
        return;
    };
    if !address::is_public(address) {
        findings.advise(
            "ip_private",
            ADDRESS,
            if address::is_reserved(address) {
                "this address is of a reserved range, for examples or for many at once, and no browser has it; give the browser's"
            } else {
                "this address belongs to a private network; give the browser's, not that of a proxy or server"
            },
        );
    } else if matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some()) {
        findings.advise(
            "ip_mapped",
            ADDRESS,
            "write the four numbers alone, without ::ffff: before them, as the browser's event has them",
        );
    }
}

/// Meta's browser library marks an address once for each part of the domain that it tries.
pub(crate) fn without_marks(text: &str) -> &str {
    let mut bare = text;
    while let (shorter, Some(_)) = appendix::split(bare) {
        bare = shorter;
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_browsers() {
        for agent in [
            "python-requests/2.32",
            "GuzzleHttp/7",
            "WordPress/6.5; https://shop.example.com",
            "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "curl/8.5.0",
            "node",
            "PHP/8.2",
            "Go-http-client/2.0",
        ] {
            assert!(is_of_a_server(agent), "{agent}");
        }
        for agent in ["Mozilla/5.0 (X11)", "Opera/9.80", "nodding", "Dalvik/2.1.0", "", "Makefile"] {
            assert!(!is_of_a_server(agent), "{agent}");
        }
    }
}
