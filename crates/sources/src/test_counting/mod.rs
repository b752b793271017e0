//! A source that exists only in tests: its caller has a token, names accounts of many businesses, hears
//! how much was taken, and is given a cookie.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header};
use kopru_core::{Fact, Link, WorkspaceId};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::{
    ConfigKey, Directory, HttpReply, Kind, Received, Request, Settings, Source, ValueForm,
    conformance::{Sample, Sent, check, one_business},
    reply,
    request::wrong_method,
};

pub static KIND: Kind = Kind {
    name: "test_counting",
    about: "lists of nobody, with an answer that counts",
    key: crate::SECRET_KEY,
    keys: &[ConfigKey {
        name: "token",
        form: ValueForm::Secret,
        needed: "",
        example: "env:TOKEN",
        meaning: "presented by who calls",
    }],
    build: |settings: &Settings| Arc::new(Counting { token: settings.required("token") }),
};

struct Counting {
    token: String,
}

impl std::fmt::Debug for Counting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counting(..)")
    }
}

impl Counting {
    /// The token stands in a header or in the query.
    fn is_let_in(&self, request: &Request<'_>) -> bool {
        let bearer = request.header("authorization").and_then(|header| header.strip_prefix(b"Bearer "));
        let given = bearer.map(<[u8]>::to_vec).or_else(|| request.parameter("token").map(String::into_bytes));
        given.is_some_and(|given| given.ct_eq(self.token.as_bytes()).into())
    }
}

impl Source for Counting {
    fn receive(&self, request: &Request<'_>, directory: &Directory) -> Received {
        if !self.is_let_in(request) {
            return Received::Forged;
        }
        if *request.method != Method::POST {
            return wrong_method("POST");
        }
        let Ok(Value::Array(rows)) = serde_json::from_slice(request.body) else {
            let error = json!({"error": "the body is not a JSON list"}).to_string();
            let reply = answer(StatusCode::BAD_REQUEST, error, request);
            return Received::Refused { reason: "not_a_list", reply };
        };
        let facts: Vec<_> = rows.iter().filter_map(|row| read(row, directory)).collect();
        let counts = json!({"received": facts.len(), "refused": rows.len() - facts.len()}).to_string();
        Received::Taken { reply: answer(StatusCode::OK, counts, request), facts }
    }
}

fn read(row: &Value, directory: &Directory) -> Option<(WorkspaceId, Fact)> {
    let tenant = directory.find(row.get("account")?.as_str()?)?;
    let who = vec![tenant.join.email(row.get("email")?.as_str()?)];
    Some((tenant.workspace, Fact::Link(Link { who, at_s: row.get("at_s")?.as_i64()?, ..Link::default() })))
}

/// JSON, and a cookie for who has none yet.
fn answer(status: StatusCode, body: String, request: &Request<'_>) -> HttpReply {
    let mut reply = reply(status, "application/json", body);
    if request.cookie("visitor").is_none() {
        let cookie = HeaderValue::from_static("visitor=1; Max-Age=7776000; Secure; SameSite=Lax");
        reply.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    reply
}

const TOKEN: &str = "a token of the suite";

fn source() -> Counting {
    Counting { token: TOKEN.into() }
}

#[test]
fn it_conforms() {
    let good = r#"{"account":"1","email":"ayse@example.com","at_s":1780000000}"#;
    check(&Sample {
        kind: &KIND,
        source: Arc::new(source()),
        sign: Some(|body| Sent::post(body).header("authorization", format!("Bearer {TOKEN}").as_bytes())),
        good: format!("[{good}]"),
        with_an_unusable_neighbour: format!("[5,{good},{{\"account\":7}}]"),
        personal: &["ayse@example.com"],
        secrets: &[TOKEN],
    });
}

#[test]
fn it_counts_in_its_answer_and_gives_a_cookie_once() {
    let Directory::Workspace(tenant) = one_business() else { panic!("it is one") };
    let directory = Directory::Accounts([("7".to_owned(), tenant)].into());
    let body = br#"[{"account":"7","email":"a@b.co","at_s":1},{"account":"8","email":"a@b.co","at_s":1}]"#;
    let sent = Sent::post(body).query("token=a+token+of+the+suite");
    let Received::Taken { facts, reply } = sent.to(&source(), &directory) else { panic!("not taken") };
    assert_eq!(facts.len(), 1, "the other account is nobody's here");
    assert_eq!(reply.body(), br#"{"received":1,"refused":1}"#);
    assert!(reply.headers().contains_key(header::SET_COOKIE));
    let again = sent.header("cookie", b"theme=dark; visitor=1");
    let Received::Taken { reply, .. } = again.to(&source(), &directory) else { panic!("not taken") };
    assert!(!reply.headers().contains_key(header::SET_COOKIE));
    let Received::Refused { reply, .. } =
        Sent::post(b"{}").query("token=a+token+of+the+suite").to(&source(), &directory)
    else {
        panic!("not refused")
    };
    assert_eq!((reply.status().as_u16(), &reply.body()[..9]), (400, &br#"{"error":"#[..]));
}
