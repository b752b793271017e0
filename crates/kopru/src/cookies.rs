//! `kopru cookies`: what a server answers a browser with.

use std::{borrow::Cow, collections::BTreeMap, process::ExitCode};

use capi::browser::{Domains, FBP_NUMBER_LIMIT, Visit};
use serde::Deserialize;
use serde_json::{Value, json};

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
    x_forwarded_for: Option<String>,
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
    let domains = domains(line.domains, line.resolver.as_deref())?;
    let mut parameters = line.parameters;
    if parameters.is_empty() && line.clock_pinned.is_some() {
        parameters.insert("query".to_owned(), "test".to_owned());
    }
    let visit = Visit {
        host: line.host.unwrap_or_default().into(),
        fbclid: text(&line.query, "fbclid"),
        more: parameters
            .iter()
            .filter_map(|(name, prefix)| Some((prefix.as_str().into(), text(&line.query, name)?)))
            .collect(),
        fbc: text(&line.cookies, "_fbc"),
        fbp: text(&line.cookies, "_fbp"),
        fbi: text(&line.cookies, "_fbi"),
        referer: line.referer.map(Cow::from),
        forwarded_for: line.x_forwarded_for.map(Cow::from),
        remote: line.remote_address.map(Cow::from),
    };
    let number = match line.random {
        // As `Math.random` gives it, or the number itself.
        Some(fraction) if fraction < 1.0 => (fraction.max(0.0) * f64::from(FBP_NUMBER_LIMIT)) as u32,
        Some(number) => number as u32,
        None => draw()? % FBP_NUMBER_LIMIT,
    };
    let answer = visit.answer(&domains, line.now_ms.unwrap_or(now_ms), number);
    let cookies: Vec<Value> = answer
        .cookies
        .iter()
        .map(|cookie| {
            json!({
                "name": cookie.name,
                "value": cookie.value,
                "maxAge": cookie.max_age_s,
                "domain": cookie.domain,
            })
        })
        .collect();
    Ok(json!({
        "fbc": answer.fbc,
        "fbp": answer.fbp,
        "client_ip_address": answer.client_ip_address,
        "cookies": cookies,
    }))
}

/// Without domains the answer is that of the Parameter Builder, which drops the first label.
fn domains(given: Option<Vec<String>>, resolver: Option<&str>) -> Result<Domains, Error> {
    match (given, resolver) {
        (Some(given), _) => Ok(Domains::Given(given)),
        (None, None) => Ok(Domains::FirstLabelCut),
        (None, Some("public-suffix-list")) => Ok(Domains::PublicSuffixList),
        // The name under which the Parameter Builder's own tests have it.
        (None, Some("host" | "DummyLocalHostTestResolver")) => Ok(Domains::Host),
        (None, Some(other)) => Err(Error::UnknownResolver(other.to_owned())),
    }
}

/// A parameter or cookie; one that came several times reads as JavaScript writes a list.
fn text(fields: &Value, name: &str) -> Option<Cow<'static, str>> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    let value = fields.get(name)?;
    let text = match value {
        Value::Array(items) => items.iter().filter_map(scalar).collect::<Vec<_>>().join(","),
        value => scalar(value)?,
    };
    (!text.is_empty()).then(|| text.into())
}
