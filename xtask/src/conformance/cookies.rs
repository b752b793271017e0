//! A browser's request: the cookies `_fbc` and `_fbp`, and the address.

use capi::browser::{
    FBP_NUMBER_LIMIT, Visit,
    builder::{self, BuilderDomains, BuilderIds},
};
use serde_json::{Map, Value, json};
use testkit::Random;

use super::{
    Subject,
    requests::{self, Request},
};

/// Requests, as one type.
pub struct Cookies;

impl Subject for Cookies {
    type Input = Request;

    fn name(&self) -> &'static str {
        super::COOKIES
    }

    fn draw(&self, random: &mut Random) -> Request {
        requests::draw(random)
    }

    fn question(&self, request: &Request) -> Value {
        let mut queries = Map::new();
        match request.fbclid.as_slice() {
            [] => {}
            [one] => drop(queries.insert("fbclid".to_owned(), json!(one))),
            // A parameter that came twice is a list to the frameworks of JavaScript.
            several => drop(queries.insert("fbclid".to_owned(), json!(several))),
        }
        for (query, _, value) in &request.more {
            queries.insert(query.clone(), json!(value));
        }
        let mut cookies = Map::new();
        for (name, value) in [("_fbc", &request.fbc), ("_fbp", &request.fbp), ("_fbi", &request.fbi)] {
            if let Some(value) = value {
                cookies.insert(name.to_owned(), json!(value));
            }
        }
        let more: Vec<_> = request.more.iter().map(|(query, prefix, _)| (query, prefix)).collect();
        json!({
            "now_ms": request.now_ms,
            "random": request.random,
            "visit": {
                "host": request.host,
                "domains": request.domains,
                "more": more,
                "queries": queries,
                "cookies": cookies,
                "referer": request.referer,
                "forwarded_for": request.forwarded_for,
                "remote": request.remote,
            },
        })
    }

    fn compare(&self, request: &Request, answer: &Value) -> (Value, Value) {
        let domains = request.domains.clone().map_or(BuilderDomains::FirstLabelCut, BuilderDomains::Given);
        let visit = Visit {
            host: request.host.as_deref().unwrap_or_default().into(),
            // JavaScript writes a list with commas between its items.
            fbclid: (!request.fbclid.is_empty()).then(|| request.fbclid.join(",").into()),
            more: request
                .more
                .iter()
                .map(|(_, prefix, value)| (prefix.as_str().into(), value.as_str().into()))
                .collect(),
            fbc: request.fbc.as_deref().map(Into::into),
            fbp: request.fbp.as_deref().map(Into::into),
            fbi: request.fbi.as_deref().map(Into::into),
            referer: request.referer.as_deref().map(Into::into),
            forwarded_for: request.forwarded_for.as_deref().map(Into::into),
            remote: request.remote.as_deref().map(Into::into),
            ..Visit::default()
        };
        // As the original makes a number of what `Math.random` gives.
        let number = (request.random * f64::from(FBP_NUMBER_LIMIT)) as u32;
        only_what_differs(theirs(answer), ours(&builder::answer(&visit, &domains, request.now_ms, number)))
    }
}

/// The package's answer in the form of `capi`'s, without the mark behind each value.
fn theirs(answer: &Value) -> Value {
    let cookies: Vec<Value> = answer["cookies"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|cookie| {
            json!({
                "name": cookie["name"],
                "value": without_mark(&cookie["value"]),
                "max_age_s": cookie["maxAge"],
                "domain": cookie["domain"],
            })
        })
        .collect();
    json!({
        "fbc": without_mark(&answer["fbc"]),
        "fbp": without_mark(&answer["fbp"]),
        "ip": without_mark(&answer["ip"]),
        "cookies": cookies,
    })
}

fn ours(answer: &BuilderIds) -> Value {
    let cookies: Vec<Value> = answer
        .cookies
        .iter()
        .map(|cookie| {
            json!({
                "name": cookie.name,
                "value": cookie.value,
                "max_age_s": cookie.max_age_s,
                "domain": cookie.domain,
            })
        })
        .collect();
    json!({ "fbc": answer.fbc, "fbp": answer.fbp, "ip": answer.client_ip_address, "cookies": cookies })
}

/// The package marks whatever it answers, so exactly one mark goes; `null` stays.
fn without_mark(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    match text.rsplit_once('.') {
        Some((bare, mark)) if matches!(mark.len(), 2 | 8) => json!(bare),
        _ => json!({ "without mark": text }),
    }
}

/// Leaves of two answers the fields that are not equal, so that a difference is seen.
fn only_what_differs(mut theirs: Value, mut ours: Value) -> (Value, Value) {
    if let (Some(one), Some(other)) = (theirs.as_object_mut(), ours.as_object_mut()) {
        for name in ["fbc", "fbp", "ip", "cookies"] {
            if one.get(name) == other.get(name) {
                one.remove(name);
                other.remove(name);
            }
        }
    }
    (theirs, ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mark_goes_and_a_missing_one_shows() {
        assert_eq!(without_mark(&json!("fb.1.2.a.AQ.AQQCAQMC")), json!("fb.1.2.a.AQ"));
        assert_eq!(without_mark(&json!("fb.1.2.abc")), json!({ "without mark": "fb.1.2.abc" }));
        assert_eq!(without_mark(&Value::Null), Value::Null);
    }
}
