//! `kopru cookies`: what a server answers a browser with.

use std::{borrow::Cow, collections::BTreeMap, process::ExitCode};

use capi::browser::{
    Domains, FBP_NUMBER_LIMIT, Network, SetCookie, Visit,
    builder::{self, BuilderDomains},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Error, lines};

/// A request of a browser, in JSON.
#[derive(Deserialize)]
struct VisitLine {
    #[serde(default)]
    domains: Option<Vec<String>>,
    #[serde(default)]
    resolver: Option<String>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    query: Value,
    #[serde(default)]
    cookies: Value,
    #[serde(default)]
    referer: Option<String>,
    #[serde(default)]
    x_forwarded_for: Value,
    /// Addresses and networks of the proxies that are believed.
    #[serde(default)]
    trusted_proxies: Vec<String>,
    #[serde(default)]
    remote_address: Option<String>,
    /// Parameters that the click id carries besides `fbclid`: name in the query → prefix.
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    /// Marks a line that was recorded from the Parameter Builder's own tests. Their builder carries one
    /// parameter more, which the recorded lines do not repeat.
    #[serde(default)]
    clock_pinned: Option<bool>,
    #[serde(default)]
    now_ms: Option<i64>,
    #[serde(default)]
    random: Option<f64>,
}

/// Reads JSON lines from stdin and answers each. `now_ms` and `draw` are used where a line pins
/// neither the time nor the random number.
pub fn command(now_ms: i64, draw: impl Fn() -> Result<u32, Error>) -> ExitCode {
    lines::answer(|line| answer(line, now_ms, &draw))
}

fn answer(line: &[u8], now_ms: i64, draw: &impl Fn() -> Result<u32, Error>) -> Result<Value, Error> {
    let line: VisitLine = serde_json::from_slice(line).map_err(Error::NoRequest)?;
    let answerer = answerer(line.domains, line.resolver.as_deref())?;
    let query = fields("query", line.query, |text| {
        let text = text.trim_start_matches('?');
        form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into(), value.into())).collect()
    })?;
    let cookies = fields("cookies", line.cookies, |text| {
        let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.trim().into(), value.trim().into())).collect()
    })?;
    let mut parameters = line.parameters;
    if parameters.is_empty() && line.clock_pinned.is_some() {
        parameters.insert("query".to_owned(), "test".to_owned());
    }
    let proxies = line
        .trusted_proxies
        .into_iter()
        .map(|text| text.parse::<Network>().map_err(|_| Error::NoTrustedProxy(text)));
    let visit = Visit {
        host: line.host.unwrap_or_default().into(),
        fbclid: text(&query, "fbclid"),
        more: parameters
            .iter()
            .filter_map(|(name, prefix)| Some((prefix.as_str().into(), text(&query, name)?)))
            .collect(),
        fbc: text(&cookies, "_fbc"),
        fbp: text(&cookies, "_fbp"),
        fbi: text(&cookies, "_fbi"),
        referer: line.referer.map(Cow::from),
        forwarded_for: joined(&line.x_forwarded_for),
        proxies: proxies.collect::<Result<Vec<_>, Error>>()?.into(),
        remote: line.remote_address.map(Cow::from),
    };
    let number = match line.random {
        // As `Math.random` gives it, or the number itself.
        Some(fraction) if fraction < 1.0 => (fraction.max(0.0) * f64::from(FBP_NUMBER_LIMIT)) as u32,
        Some(number) => number as u32,
        None => draw()? % FBP_NUMBER_LIMIT,
    };
    let now_ms = line.now_ms.unwrap_or(now_ms);
    Ok(match answerer {
        Answerer::Kopru(domains) => sound(&visit, &domains, now_ms, number),
        Answerer::ParameterBuilder(domains) => {
            let answer = builder::answer(&visit, &domains, now_ms, number);
            json!({
                "fbc": answer.fbc,
                "fbp": answer.fbp,
                "client_ip_address": answer.client_ip_address,
                "cookies": set(&answer.cookies),
            })
        }
    })
}

/// What works, and for each null why it is one.
fn sound(visit: &Visit<'_>, domains: &Domains, now_ms: i64, number: u32) -> Value {
    let answer = visit.answer(domains, now_ms, number);
    let mut reasons = Map::new();
    if let Err(why) = &answer.fbc {
        reasons.insert("fbc".to_owned(), why.to_string().into());
    }
    if let Err(why) = &answer.client_ip_address {
        reasons.insert("client_ip_address".to_owned(), why.to_string().into());
    }
    if answer.cookies.iter().any(|cookie| cookie.domain.is_none()) {
        let why = "no host is given, or what stands there can be none; the browser keeps the cookie for its host alone";
        reasons.insert("domain".to_owned(), why.into());
    }
    let mut told = json!({
        "fbc": answer.fbc.ok(),
        "fbp": answer.fbp,
        "client_ip_address": answer.client_ip_address.ok(),
        "cookies": set(&answer.cookies),
    });
    if !reasons.is_empty() {
        told["reasons"] = reasons.into();
    }
    told
}

fn set(cookies: &[SetCookie]) -> Vec<Value> {
    let told = |cookie: &SetCookie| {
        json!({
            "name": cookie.name,
            "value": cookie.value,
            "maxAge": cookie.max_age_s,
            "domain": cookie.domain,
        })
    };
    cookies.iter().map(told).collect()
}

/// Whose answer a line wants.
enum Answerer {
    Kopru(Domains),
    ParameterBuilder(BuilderDomains),
}

fn answerer(given: Option<Vec<String>>, resolver: Option<&str>) -> Result<Answerer, Error> {
    Ok(match (given, resolver) {
        (Some(given), Some("parameter-builder")) => Answerer::ParameterBuilder(BuilderDomains::Given(given)),
        (None, Some("parameter-builder")) => Answerer::ParameterBuilder(BuilderDomains::FirstLabelCut),
        // The name under which the Parameter Builder's own tests have it.
        (None, Some("DummyLocalHostTestResolver")) => Answerer::ParameterBuilder(BuilderDomains::Host),
        (Some(given), _) => Answerer::Kopru(Domains::Given(given)),
        (None, None | Some("public-suffix-list")) => Answerer::Kopru(Domains::PublicSuffixList),
        (None, Some("host")) => Answerer::Kopru(Domains::Host),
        (None, Some(other)) => return Err(Error::UnknownResolver(other.to_owned())),
    })
}

/// Parameters or cookies: an object, or the text as it stands in the request, or several of them.
fn fields(
    what: &'static str,
    given: Value,
    read: impl Fn(&str) -> Vec<(String, String)>,
) -> Result<Map<String, Value>, Error> {
    match given {
        Value::Object(fields) => Ok(fields),
        Value::Null => Ok(Map::new()),
        Value::String(_) | Value::Array(_) => {
            let mut fields = Map::new();
            let texts = if let Value::Array(texts) = &given {
                texts.as_slice()
            } else {
                std::slice::from_ref(&given)
            };
            let texts = texts.iter().map(|text| text.as_str().ok_or(Error::NoFields(what)));
            let texts = texts.collect::<Result<Vec<_>, Error>>()?;
            for (name, value) in texts.into_iter().flat_map(read) {
                if let Value::Array(values) = fields.entry(name).or_insert_with(|| json!([])) {
                    values.push(value.into());
                }
            }
            Ok(fields)
        }
        _ => Err(Error::NoFields(what)),
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<Cow<'static, str>> {
    joined(fields.get(name)?)
}

/// A value; one that came several times reads as JavaScript writes a list.
fn joined(value: &Value) -> Option<Cow<'static, str>> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    let text = match value {
        Value::Array(items) => items.iter().filter_map(scalar).collect::<Vec<_>>().join(","),
        value => scalar(value)?,
    };
    (!text.is_empty()).then(|| text.into())
}
