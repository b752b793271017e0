//! A source that exists only in tests: it signs method, address, body and time, as HubSpot does.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use kopru_core::{Fact, Link};
use serde::Deserialize;
use sha2::Sha256;

use crate::{
    ConfigKey, Directory, Kind, NotUnderstood, Received, Request, Settings, Source, ValueForm,
    conformance::{NOW_MS, Sample, Sent, check},
    request::wrong_method,
};

pub static KIND: Kind = Kind {
    name: "test_signed",
    about: "signed requests of nobody",
    key: crate::SECRET_KEY,
    keys: &[ConfigKey {
        name: "secret",
        form: ValueForm::Secret,
        needed: "",
        example: "env:SECRET",
        meaning: "signs each request",
    }],
    build: |settings: &Settings| Arc::new(Signed { secret: settings.required("secret") }),
};

/// How old a request may be.
const AGE_MAX_MS: i64 = 5 * 60 * 1000;

struct Signed {
    secret: String,
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signed(..)")
    }
}

#[derive(Deserialize)]
struct Row {
    phone: String,
    at_s: i64,
}

impl Signed {
    fn mac(&self, method: &Method, uri: &str, body: &[u8], at_ms: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        for part in [method.as_str().as_bytes(), uri.as_bytes(), body, at_ms] {
            mac.update(part);
        }
        mac
    }

    fn is_signed(&self, request: &Request<'_>) -> Option<bool> {
        let at_ms = request.header("x-timestamp")?;
        let signature = const_hex::decode(request.header("x-signature")?).ok()?;
        let age_ms = request.received_ms - std::str::from_utf8(at_ms).ok()?.parse::<i64>().ok()?;
        let mac = self.mac(request.method, request.uri, request.body, at_ms);
        Some((0..=AGE_MAX_MS).contains(&age_ms) && mac.verify_slice(&signature).is_ok())
    }
}

impl Source for Signed {
    fn receive(&self, request: &Request<'_>, directory: &Directory) -> Received {
        if self.is_signed(request) != Some(true) {
            return Received::Forged;
        }
        if *request.method != Method::POST {
            return wrong_method("POST");
        }
        let (Some(tenant), Ok(rows)) =
            (directory.only(), serde_json::from_slice::<Vec<serde_json::Value>>(request.body))
        else {
            return Received::Unreadable(NotUnderstood::because("not a JSON list"));
        };
        let rows = rows.into_iter().filter_map(|row| serde_json::from_value::<Row>(row).ok());
        let fact = |row: Row| {
            Fact::Link(Link { who: vec![tenant.join.phone(&row.phone)], at_s: row.at_s, ..Link::default() })
        };
        Received::of(tenant, rows.map(fact).collect())
    }
}

fn source() -> Signed {
    Signed { secret: "a secret of the suite".into() }
}

fn sign_at(body: &[u8], at_ms: i64) -> Sent {
    let at_ms = at_ms.to_string();
    let mac = source().mac(&Method::POST, Sent::URI, body, at_ms.as_bytes());
    let signature = const_hex::encode(mac.finalize().into_bytes());
    Sent::post(body).header("x-timestamp", at_ms.as_bytes()).header("x-signature", signature.as_bytes())
}

#[test]
fn it_conforms() {
    check(&Sample {
        kind: &KIND,
        source: Arc::new(source()),
        sign: Some(|body| sign_at(body, NOW_MS - 1_000)),
        good: r#"[{"phone":"905320000001","at_s":1780000000}]"#.into(),
        with_an_unusable_neighbour: r#"[{"phone":5},{"phone":"905320000001","at_s":1780000000},7]"#.into(),
        personal: &["905320000001"],
        secrets: &["a secret of the suite"],
    });
}

#[test]
fn what_is_old_or_was_meant_for_another_address_is_forged() {
    let directory = crate::conformance::one_business();
    let is_forged = |sent: Sent| matches!(sent.to(&source(), &directory), Received::Forged);
    assert!(!is_forged(sign_at(b"[]", NOW_MS)));
    assert!(is_forged(sign_at(b"[]", NOW_MS - AGE_MAX_MS - 1)));
    assert!(is_forged(sign_at(b"[]", NOW_MS).query("x=1")));
}
