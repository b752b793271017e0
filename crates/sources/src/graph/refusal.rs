//! Refusals in Meta's own form.

use std::borrow::Cow;

use capi::{Error, Finding, subcodes};
use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, RETRY_AFTER},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{HttpReply, reply};

/// Meta's `type` of nearly all errors.
const OAUTH: &str = "OAuthException";
/// The one of an object that does not exist.
const METHOD: &str = "GraphMethodException";
/// What Meta says of a parameter that is wrong; what is wrong with it stands in the text for people.
const INVALID: &str = "Invalid parameter";
/// What is said of what is no event.
const NO_OBJECT: &str = "an event must be a JSON object";
/// Characters of a trace id behind the first.
const TRACE_LENGTH: usize = 22;

/// The id by which a request can be asked about, in Meta's form: 23 characters that begin with `A`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceId(String);

impl TraceId {
    /// The id of a request with these random bytes; nothing can be told of them from it.
    pub fn of(random: &[u8; 16]) -> Self {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let hash = Sha256::new().chain_update(b"trace").chain_update(random).finalize();
        let letters = hash.iter().take(TRACE_LENGTH).map(|byte| char::from(LETTERS[usize::from(byte & 63)]));
        Self(std::iter::once('A').chain(letters).collect())
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An event that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedEvent {
    /// Its place in the request.
    pub index: usize,
    /// Meta's code.
    pub code: u32,
    /// Meta's subcode, if it gives one.
    pub subcode: Option<u32>,
    /// What it is about.
    pub title: Cow<'static, str>,
    /// What is wrong, where, and how to mend it. Holds no value of the event.
    pub message: String,
    /// Where alone: the field within the event, empty for all of it.
    pub path: Cow<'static, str>,
    /// Who reported it.
    pub origin: String,
    /// Its name, as far as it can be shown; empty where it has none.
    pub name: String,
    /// Its id, likewise; a keyed hash where it holds an e-mail address or a phone number.
    pub event_id: String,
    /// Where in `message` it begins to say what is wrong.
    wrong_at: u32,
    /// What can be kept of it: its JSON, identifiers hashed. Empty where it was no event.
    pub json: String,
}

impl RefusedEvent {
    /// An event that Meta would refuse.
    pub(super) fn of(index: usize, refusal: Option<&Finding>, json: String) -> Self {
        let subcode = refusal.and_then(Finding::subcode);
        let title = subcode.and_then(subcodes::find).map_or(INVALID, |known| known.title);
        let path = refusal.map_or_else(Cow::default, |refusal| refusal.path.clone());
        let mut message = refusal.map(|refusal| refusal.json_path(index) + ": ").unwrap_or_default();
        let wrong_at = u32::try_from(message.len()).unwrap_or(0);
        message.push_str(refusal.map_or(NO_OBJECT, |refusal| &refusal.message));
        let (origin, name, event_id) = Default::default();
        Self {
            index,
            code: 100,
            subcode,
            title: title.into(),
            message,
            path,
            origin,
            name,
            event_id,
            wrong_at,
            json,
        }
    }

    /// Whether it is refused for when it happened, so that another clock could take it.
    pub fn is_of_its_time(&self) -> bool {
        matches!(self.subcode, Some(subcodes::TOO_OLD | subcodes::FUTURE))
    }

    /// The same as `message` without where.
    pub fn wrong(&self) -> &str {
        self.message.get(self.wrong_at as usize..).unwrap_or_default()
    }

    /// The text for whoever reads the answer.
    pub fn text(&self) -> String {
        let subcode = self.subcode.map(|subcode| format!(" ({subcode})")).unwrap_or_default();
        format!("event {} was not taken: {}: {}{subcode}", self.index, self.title, self.message)
    }

    /// The same for programs.
    pub(super) fn detail(&self) -> Value {
        let mut detail = json!({"index": self.index, "title": self.title, "message": self.message});
        if let (Some(subcode), Some(object)) = (self.subcode, detail.as_object_mut()) {
            object.insert("subcode".to_owned(), subcode.into());
        }
        detail
    }
}

/// Why a token does not open a dataset. Nothing is said of keys that its sender has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// It has the form of a key, and nobody knows it.
    Unknown,
    /// It has not the form of a key.
    NoKey,
    /// It is an access token of Meta's, by its form.
    OfMeta,
    /// The key was revoked.
    Revoked,
    /// The key opens something else than reporting events.
    OtherScope,
    /// The key is of another business than the dataset.
    OtherDataset,
}

impl TokenFault {
    /// How access tokens of Meta's apps begin.
    const OF_META: &'static str = "EAA";

    /// What is wrong with a token that is no key which anybody knows, where keys begin with `prefix`.
    pub fn of_stranger(token: &str, prefix: &str) -> Self {
        match token {
            _ if token.starts_with(prefix) => Self::Unknown,
            _ if token.starts_with(Self::OF_META) => Self::OfMeta,
            _ => Self::NoKey,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Unknown => "the key is not known",
            Self::NoKey => "this is no key",
            Self::OfMeta => "this is an access token of Meta",
            Self::Revoked => "the key was revoked",
            Self::OtherScope => "the key reports no events",
            Self::OtherDataset => "the key is of another business",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Unknown => {
                "nobody here knows this key: it was mistyped or cut, or another server made it; copy it anew, or make one with kopru keys make NAME --scope events"
            }
            Self::NoKey => {
                "an API key is what kopru keys make prints and begins with kopru_; neither the admin token nor a password is one, and neither belongs into a shop: make one with kopru keys make NAME --scope events"
            }
            Self::OfMeta => {
                "Meta's own token stays with Kopru, which sends to Meta; whoever sends to Kopru needs an API key of Kopru: make one with kopru keys make NAME --scope events"
            }
            Self::Revoked => {
                "this key opens nothing any more; make another one with kopru keys make NAME --scope events, and put it in this one's place"
            }
            Self::OtherScope => {
                "this key reads or changes what Kopru has, and may report nothing; make one with kopru keys make NAME --scope events"
            }
            Self::OtherDataset => {
                "the dataset in the address is not of the business that has this key; correct the dataset's id, or take that business's key"
            }
        }
    }
}

/// A request of which nothing is kept.
#[derive(Debug)]
pub struct RefusedCall {
    /// Under which it is counted: short, in snake case.
    pub reason: &'static str,
    /// The events that Meta would refuse, if they were looked at.
    pub refused: Vec<RefusedEvent>,
    /// How many events beside them were good, and are not taken either.
    pub spoilt: usize,
    /// Meta's error body.
    pub reply: HttpReply,
}

/// An error as Graph writes it.
struct ErrorParts<'a> {
    status: StatusCode,
    kind: &'static str,
    code: u32,
    subcode: Option<u32>,
    message: &'a str,
    is_transient: bool,
    /// Title and text for people.
    user: (&'a str, &'a str),
}

impl ErrorParts<'_> {
    fn new<'a>(status: StatusCode, code: u32, message: &'a str, user: (&'a str, &'a str)) -> ErrorParts<'a> {
        ErrorParts { status, kind: OAUTH, code, subcode: None, message, is_transient: false, user }
    }

    fn value(&self, trace: &TraceId) -> Value {
        let (title, text) = self.user;
        let mut error = json!({
            "message": self.message, "type": self.kind, "code": self.code,
            "is_transient": self.is_transient, "error_user_title": title, "error_user_msg": text,
            "fbtrace_id": trace.as_str(),
        });
        if let (Some(subcode), Some(object)) = (self.subcode, error.as_object_mut()) {
            object.insert("error_subcode".to_owned(), subcode.into());
        }
        error
    }

    fn refuse(self, reason: &'static str, trace: &TraceId) -> RefusedCall {
        let body = json!({ "error": self.value(trace) });
        RefusedCall { reason, refused: Vec::new(), spoilt: 0, reply: json_reply(self.status, &body) }
    }
}

impl RefusedCall {
    /// The dataset is nobody's here. Meta makes no difference between that and a missing right. `reports_to` are the
    /// datasets of the key that came with the request; strangers are told of none.
    pub fn unknown_dataset(dataset: &str, reports_to: &[&str], trace: &TraceId) -> Self {
        let message = format!(
            "Unsupported post request. Object with ID '{dataset}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation. Please read the Graph API documentation at \
             https://developers.facebook.com/docs/graph-api"
        );
        let text = if dataset.starts_with("act_") {
            format!(
                "{dataset} is the id of an ad account; put the id of the dataset in its place, as Events Manager shows it"
            )
        } else if reports_to.is_empty() {
            format!(
                "nobody here has the dataset {dataset}: correct its id in the address, or let whoever runs Kopru add it to kopru.toml; with a valid key in the header this names the datasets to which it reports"
            )
        } else {
            let reports_to = reports_to.join(", ");
            format!(
                "no dataset {dataset} here; this key reports to {reports_to}: correct the id in the address"
            )
        };
        let user = ("the dataset is not known", &*text);
        let parts = ErrorParts::new(StatusCode::BAD_REQUEST, 100, &message, user);
        ErrorParts { kind: METHOD, subcode: Some(33), ..parts }.refuse("unknown_dataset", trace)
    }

    /// There is no token in any of the four places.
    pub fn no_token(trace: &TraceId) -> Self {
        let message = "An access token is required to request this resource.";
        let text = "give an API key of Kopru in the header, Authorization: Bearer KEY, or as access_token in the query or the body; other schemes than Bearer and OAuth are not looked at";
        ErrorParts::new(StatusCode::UNAUTHORIZED, 190, message, ("there is no key", text))
            .refuse("no_token", trace)
    }

    /// The token is none of the keys that may send to this dataset.
    pub fn bad_token(fault: TokenFault, trace: &TraceId) -> Self {
        let message = "Invalid OAuth access token - Cannot parse access token";
        let user = (fault.title(), fault.text());
        ErrorParts::new(StatusCode::UNAUTHORIZED, 190, message, user).refuse("bad_token", trace)
    }

    /// Two places name two tokens.
    pub fn two_tokens(trace: &TraceId) -> Self {
        let message = "Invalid OAuth access token - the header, the query and the body name different tokens";
        let text = "two places name different keys; give one key in one place, best in the header, Authorization: Bearer KEY, and take access_token out of the query and the body";
        ErrorParts::new(StatusCode::UNAUTHORIZED, 190, message, ("two keys", text))
            .refuse("two_tokens", trace)
    }

    /// The dataset takes no events of this door.
    pub fn website_off(dataset: &str, trace: &TraceId) -> Self {
        let text = format!(
            "the dataset {dataset} takes no events of sites and apps; list \"website\" under its routes"
        );
        let user = ("the website route is off", &*text);
        ErrorParts::new(StatusCode::BAD_REQUEST, 100, INVALID, user).refuse("website_off", trace)
    }

    /// Nothing more can be kept now, for so many seconds.
    pub fn busy(retry_after_s: u64, trace: &TraceId) -> Self {
        let text = format!(
            "nothing of this request is kept: send the same again, unchanged, in {retry_after_s} seconds, as Retry-After says"
        );
        let (message, user) = ("Service temporarily unavailable", ("not now", &*text));
        let parts = ErrorParts::new(StatusCode::SERVICE_UNAVAILABLE, 2, message, user);
        let mut refused = ErrorParts { is_transient: true, ..parts }.refuse("busy", trace);
        refused.reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
        refused
    }

    /// The body did not arrive in time.
    pub fn too_slow(trace: &TraceId) -> Self {
        let text = "the body arrived too slowly, or not to its end; send it again, in smaller requests where the line is slow";
        let user = ("the body is too slow", text);
        let parts = ErrorParts::new(StatusCode::REQUEST_TIMEOUT, 2, "Request timed out", user);
        ErrorParts { is_transient: true, ..parts }.refuse("too_slow", trace)
    }

    /// The connection ended before the body did, or the body is not as long as its head says.
    pub fn broken_off(trace: &TraceId) -> Self {
        let text = "the body broke off before its end; send all of it, with the Content-Length that it has";
        let parts = ErrorParts::new(StatusCode::BAD_REQUEST, 100, INVALID, ("the body broke off", text));
        ErrorParts { is_transient: true, ..parts }.refuse("broken_off", trace)
    }

    /// The body is compressed, as its head says.
    pub fn encoded(trace: &TraceId) -> Self {
        let text =
            "the body is compressed, as its Content-Encoding says; send it uncompressed, without that header";
        let user = ("the body cannot be read", text);
        ErrorParts::new(StatusCode::BAD_REQUEST, 100, INVALID, user).refuse("unread_body", trace)
    }

    /// There is nothing at the address; another one was meant.
    pub fn unknown_path(meant: &str, trace: &TraceId) -> Self {
        let text = format!(
            "there is nothing at this address; events are posted to {meant}, with any version of Meta's and the dataset's id"
        );
        let (message, user) = ("Unknown path components", ("unknown address", &*text));
        ErrorParts::new(StatusCode::NOT_FOUND, 2500, message, user).refuse("unknown_path", trace)
    }

    /// Events are posted, and this is no post.
    pub fn wrong_method(trace: &TraceId) -> Self {
        let text = "events are posted; nothing can be read or changed at this address";
        let (message, user) = ("Unsupported request method", ("wrong method", text));
        let parts = ErrorParts::new(StatusCode::METHOD_NOT_ALLOWED, 100, message, user);
        let mut refused = ErrorParts { kind: METHOD, ..parts }.refuse("wrong_method", trace);
        refused.reply.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        refused
    }

    /// The body is larger than so many bytes.
    pub fn too_large(bytes_max: usize, trace: &TraceId) -> Self {
        let text = format!("the body is larger than {bytes_max} bytes; send fewer events at once");
        let user = ("the body is too large", &*text);
        ErrorParts::new(StatusCode::PAYLOAD_TOO_LARGE, 100, INVALID, user).refuse("too_large", trace)
    }

    pub(super) fn unreadable(error: &Error, trace: &TraceId) -> Self {
        let text = error.to_string();
        let user = ("the body cannot be read", &*text);
        ErrorParts::new(StatusCode::BAD_REQUEST, 100, INVALID, user).refuse("unread_body", trace)
    }

    /// The request as a whole is wrong.
    pub(super) fn whole(text: &str, trace: &TraceId) -> Self {
        ErrorParts::new(StatusCode::BAD_REQUEST, 100, INVALID, (INVALID, text)).refuse("bad_request", trace)
    }

    pub(super) fn long_parameter(name: &str, trace: &TraceId) -> Self {
        Self::whole(&format!("{name} is longer than {} bytes", super::PARAMETER_BYTES_MAX), trace)
    }

    /// No event is taken: Meta's answer names the first that it refuses.
    pub(super) fn of_events(refused: Vec<RefusedEvent>, spoilt: usize, trace: &TraceId) -> Self {
        let Some(first) = refused.first() else { return Self::whole("the list of events is empty", trace) };
        let user = (&*first.title, &*first.message);
        let parts = ErrorParts::new(StatusCode::BAD_REQUEST, first.code, INVALID, user);
        let mut body = json!({ "error": ErrorParts { subcode: first.subcode, ..parts }.value(trace) });
        if refused.len() > 1
            && let Some(body) = body.as_object_mut()
        {
            let details: Vec<Value> = refused.iter().map(RefusedEvent::detail).collect();
            body.insert("kopru".to_owned(), json!({ "refused": details }));
        }
        let reason = if spoilt > 0 { "refused_strictly" } else { "all_refused" };
        Self { reason, spoilt, reply: json_reply(StatusCode::BAD_REQUEST, &body), refused }
    }
}

pub(super) fn json_reply(status: StatusCode, body: &Value) -> HttpReply {
    reply(status, "application/json; charset=UTF-8", body.to_string())
}
