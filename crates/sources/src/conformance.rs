//! What every source holds to. Each runs [`check`] with a body that it understands.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kopru_core::{Consent, Fact, JoinKey, Wanted, WorkspaceId};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::{Directory, Kind, Received, Request, Settings, Source, Tenant, ValueForm, find};

/// Longest answer of a source, bytes.
const REPLY_BYTES_MAX: usize = 64 * 1024;
/// When requests of the suite come, Unix milliseconds.
pub(crate) const NOW_MS: i64 = 1_780_000_600_000;

/// A source with what its suite needs.
pub(crate) struct Sample {
    pub kind: &'static Kind,
    pub source: Arc<dyn Source>,
    /// Makes the request with which this body comes from the upstream; `None` if anybody's would do.
    pub sign: Option<fn(&[u8]) -> Sent>,
    /// A body with facts.
    pub good: String,
    /// The same with something that cannot be used beside it.
    pub with_an_unusable_neighbour: String,
    /// What `good` holds of people, in the form in which it does.
    pub personal: &'static [&'static str],
    /// What nobody may read in a log.
    pub secrets: &'static [&'static str],
}

/// A request on its way.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    method: Method,
    uri: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sent {
    /// The address to which the suite sends.
    pub const URI: &'static str = "https://convert.example.com/hooks/0123456789abcdef";

    fn new(method: Method, query: &str, body: &[u8]) -> Self {
        let question = if query.is_empty() { "" } else { "?" };
        Self {
            method,
            uri: format!("{}{question}{query}", Self::URI),
            headers: HeaderMap::new(),
            body: body.to_vec(),
        }
    }

    pub fn post(body: &[u8]) -> Self {
        Self::new(Method::POST, "", body)
    }

    pub fn get(query: &str) -> Self {
        Self::new(Method::GET, query, b"")
    }

    /// With this query, for sources whose token stands there.
    pub fn query(self, query: &str) -> Self {
        Self { uri: format!("{}?{query}", Self::URI), ..self }
    }

    /// With a header, if it can be one.
    pub fn header(mut self, name: &'static str, value: &[u8]) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            self.headers.append(HeaderName::from_static(name), value);
        }
        self
    }

    pub fn to(&self, source: &dyn Source, directory: &Directory) -> Received {
        let query = self.uri.split_once('?').map_or("", |(_, query)| query);
        let request = Request {
            method: &self.method,
            uri: &self.uri,
            rest: "",
            query,
            headers: &self.headers,
            peer: [192, 0, 2, 1].into(),
            body: &self.body,
            received_ms: NOW_MS,
        };
        source.receive(&request, directory)
    }
}

impl Sample {
    fn send(&self, body: &[u8]) -> Sent {
        self.sign.map_or_else(|| Sent::post(body), |sign| sign(body))
    }

    fn receive(&self, sent: &Sent) -> Received {
        let received = sent.to(&*self.source, &one_business());
        if let Received::Unreadable(unreadable) = &received {
            assert!(unreadable.skeleton.len() <= 200, "{}", unreadable.skeleton);
        }
        if let Received::Taken { reply, .. } | Received::Refused { reply, .. } = &received {
            assert!(reply.body().len() <= REPLY_BYTES_MAX);
        }
        received
    }

    fn facts(&self, body: &str) -> Vec<Fact> {
        match self.receive(&self.send(body.as_bytes())) {
            Received::Taken { facts, reply } => {
                assert!(reply.status().is_success());
                assert!(facts.iter().all(|(workspace, _)| workspace.0 == 1), "{facts:?}");
                facts.into_iter().map(|(_, fact)| fact).collect()
            }
            other => panic!("not taken: {other:?}"),
        }
    }
}

pub(crate) fn one_business() -> Directory {
    Directory::Workspace(Tenant {
        workspace: WorkspaceId(1),
        join: JoinKey::new(&[7; 32]),
        country: Some("TR".into()),
        consent: Consent::Elsewhere,
        wanted: Wanted::default(),
    })
}

/// Runs the suite.
pub(crate) fn check(sample: &Sample) {
    is_registered(sample.kind);
    is_understood_alike_each_time(sample);
    is_unharmed_by_another_fact(sample);
    shows_nothing_personal_and_no_secret(sample);
    refuses_what_is_forged(sample);
    refuses_other_methods(sample);
    survives_anything(sample);
    keeps_bounds(sample);
}

fn is_registered(kind: &'static Kind) {
    assert!(std::ptr::eq(find(kind.name).expect("it stands in the registry"), kind));
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    assert!(is_word(kind.name) && !kind.about.is_empty());
    let mut settings = Settings::default();
    for (place, key) in kind.keys.iter().enumerate() {
        assert!(is_word(key.name) && !matches!(key.name, "kind" | "key"), "{}", key.name);
        assert!(kind.keys.iter().skip(place + 1).all(|other| other.name != key.name), "{} twice", key.name);
        assert!(key.form == ValueForm::Flag || !key.example.is_empty(), "{}", key.name);
        match key.form {
            ValueForm::Flag => settings.set_flag(key.name, true),
            ValueForm::Hosts => settings.set_list(key.name, vec![key.example.to_owned()]),
            _ => settings.set(key.name, key.example.to_owned()),
        }
    }
    (kind.build)(&settings);
    let asks = (kind.build)(&settings).upstream();
    assert!(asks.is_none_or(|upstream| upstream.kind() == kind.name));
}

fn is_understood_alike_each_time(sample: &Sample) {
    let facts = sample.facts(&sample.good);
    assert!(!facts.is_empty());
    assert_eq!(facts, sample.facts(&sample.good));
}

fn is_unharmed_by_another_fact(sample: &Sample) {
    assert_eq!(sample.facts(&sample.with_an_unusable_neighbour), sample.facts(&sample.good));
}

fn shows_nothing_personal_and_no_secret(sample: &Sample) {
    let stored = serde_json::to_string(&sample.facts(&sample.good)).unwrap();
    let shown = format!("{:?}", sample.receive(&sample.send(sample.good.as_bytes())));
    // Cut anywhere, a body may become one that is not understood.
    let cut = (0..sample.good.len()).filter(|at| sample.good.is_char_boundary(*at));
    let said: Vec<Received> =
        cut.map(|at| sample.receive(&sample.send(&sample.good.as_bytes()[..at]))).collect();
    let said = format!("{said:?}");
    for personal in sample.personal {
        assert!(sample.good.contains(personal), "{personal} is not in the body");
        for text in [&stored, &shown, &said] {
            assert!(!text.contains(personal), "{personal} in {text}");
        }
    }
    let debug = format!("{:?} {:?}", sample.source, sample.source.upstream());
    for secret in sample.secrets {
        assert!(!debug.contains(secret) && !shown.contains(secret) && !said.contains(secret), "{secret}");
    }
}

fn refuses_what_is_forged(sample: &Sample) {
    let Some(sign) = sample.sign else { return };
    let good = sample.good.as_bytes();
    let is_forged = |sent: &Sent| matches!(sample.receive(sent), Received::Forged);
    assert!(is_forged(&Sent::post(good)), "without anything");
    let signed = sign(good);
    for name in signed.headers.keys() {
        let mut without = signed.clone();
        without.headers.remove(name);
        assert!(is_forged(&without), "without {name}");
        let mut other = signed.clone();
        other.headers.insert(name, HeaderValue::from_static("0"));
        assert!(is_forged(&other), "with another {name}");
    }
}

fn refuses_other_methods(sample: &Sample) {
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let sent = Sent { method, ..sample.send(sample.good.as_bytes()) };
        match sample.receive(&sent) {
            Received::Refused { reply, .. } => {
                assert_eq!(reply.status(), 405);
                assert!(reply.headers().contains_key(http::header::ALLOW));
            }
            Received::Forged => {}
            other => panic!("{other:?}"),
        }
    }
}

fn survives_anything(sample: &Sample) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let good = sample.good.clone().into_bytes();
    let damage = (any::<prop::sample::Index>(), 0..40_usize, prop::collection::vec(any::<u8>(), 0..12));
    let body = prop_oneof![
        any::<Vec<u8>>(),
        damage.prop_map(move |(at, cut, with)| {
            let mut body = good.clone();
            let start = at.index(body.len());
            let end = (start + cut).min(body.len());
            body.splice(start..end, with);
            body
        }),
    ];
    let strangers = (body, "[ -~]{0,60}", any::<Vec<u8>>());
    let survived = runner.run(&strangers, |(body, query, value)| {
        let signed = sample.send(&body);
        sample.receive(&signed);
        let stranger =
            Sent::post(&body).query(&query).header("authorization", &value).header("cookie", &value);
        let taken = matches!(sample.receive(&stranger), Received::Taken { facts, .. } if !facts.is_empty());
        prop_assert!(sample.sign.is_none() || !taken);
        Ok(())
    });
    survived.unwrap();
}

/// What is long, deep or many is read to its end or refused, and never shown at length.
fn keeps_bounds(sample: &Sample) {
    const LONG: usize = 1024 * 1024;
    for piece in ["[", "{\"a\":", "a=1&", "leads[0]", "\0", "é", "\"", "%00"] {
        let body = piece.repeat(LONG / piece.len());
        sample.receive(&sample.send(body.as_bytes()));
    }
    let many = sample.good.repeat(1 + LONG / sample.good.len());
    sample.receive(&sample.send(many.as_bytes()));
}
