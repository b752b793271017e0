//! What can be asked: a CRM. This crate says what to call and reads the answers; somebody else makes
//! the calls.

use std::{fmt, time::Duration};

use http::{HeaderMap, Method};
use kopru_core::{AuditRow, Fact, Question, QuestionKind, Seq, Wanted};

use crate::{Drift, NotUnderstood, SetupPart, Tenant};

/// An account that can be asked.
pub trait Upstream: fmt::Debug + Send + Sync + 'static {
    /// The kind of the source that its answers come from.
    fn kind(&self) -> &'static str;

    /// The system of record, as questions and facts name it.
    fn origin(&self) -> &str;

    /// Its name after its address, which is another than the origin once the account has got another address.
    fn name(&self) -> &str {
        self.origin()
    }

    /// Where it lives.
    fn address(&self) -> Address<'_>;

    /// By what it knows who asks.
    fn access(&self) -> Access<'_>;

    /// How often it may be asked.
    fn limits(&self) -> Limits;

    /// How many questions of a kind are asked together at most.
    fn list_max(&self, kind: QuestionKind) -> usize;

    /// How much the answer to a list of so many questions may be at most. What is longer has no end.
    fn answer_max(&self, kind: QuestionKind, questions: usize) -> AnswerMax;

    /// The first calls for questions of one kind. Questions of another kind or account are left out.
    fn calls(&self, kind: QuestionKind, questions: &[AskedQuestion<'_>]) -> Vec<Call>;

    /// The call for the page that follows the answer to a call, if there is one. Whatever host the
    /// answer names is dropped: calls go to the configured account only.
    ///
    /// # Errors
    /// The answer names a page that cannot be asked for, so that the list would stay without its rest.
    fn next(&self, call: &Call, body: &[u8]) -> Result<Option<Call>, NotUnderstood>;

    /// The call for the first page of everything that happened in the account from a time on, Unix seconds,
    /// newest first, and up to another where one is named; `None` where it keeps no such log. The pages
    /// behind it are found by [`Self::next`].
    fn audit_log(&self, _since_s: i64, _until_s: Option<i64>) -> Option<Call> {
        None
    }

    /// What a page of that log says, as it stands there.
    ///
    /// # Errors
    /// The page is not what was asked for.
    fn audit_entries(&self, _page: &Page<'_>) -> Result<Vec<AuditEntry>, NotUnderstood> {
        Ok(Vec::new())
    }

    /// The first calls for a part of how the account is set up, where rules name these fields; none where there
    /// is nothing to compare. The pages behind them are found by [`Self::next`].
    fn setup_calls(&self, _part: SetupPart, _wanted: &Wanted) -> Vec<Call> {
        Vec::new()
    }

    /// What is needed of the account and its pages about a part do not show. `hook_key` is the secret part of
    /// the address to which its webhooks go.
    ///
    /// # Errors
    /// A page is not what was asked for.
    fn drifts(
        &self,
        _part: SetupPart,
        _pages: &[Page<'_>],
        _hook_key: &str,
        _wanted: &Wanted,
    ) -> Result<Vec<Drift>, NotUnderstood> {
        Ok(Vec::new())
    }

    /// The call that has its webhooks tell us of everything that is needed, after its pages about them; at
    /// `address` if it has none yet. `None` where it has no such call.
    ///
    /// # Errors
    /// A page is not what was asked for.
    fn mend_hooks(
        &self,
        _pages: &[Page<'_>],
        _hook_key: &str,
        _address: &str,
    ) -> Result<Option<Call>, NotUnderstood> {
        Ok(None)
    }

    /// On which screen of its own a person sees its webhooks, in its own words.
    fn hooks_screen(&self) -> &'static str {
        ""
    }

    /// Whether a status is an answer, and if not, whom that concerns. `body` is the beginning of it.
    fn judge(&self, status: u16, body: &[u8]) -> Result<(), Failure>;

    /// For each question, in their order, its fact, from every page of every call in the order in which
    /// they were made. `None` where the row that would answer it cannot be read: neither found nor
    /// absent.
    ///
    /// # Errors
    /// A page is not what was asked for, or the questions are not all of one kind and of this account:
    /// nothing is known about any of them. Never is an unread answer taken for "not found".
    fn answer(
        &self,
        questions: &[AskedQuestion<'_>],
        pages: &[Page<'_>],
        tenant: &Tenant,
    ) -> Result<Vec<Option<Fact>>, NotUnderstood>;
}

/// By what an account knows who asks.
#[derive(Debug, Clone, Copy)]
pub enum Access<'a> {
    /// A token that stays.
    Token(&'a str),
    /// Tokens that are renewed (OAuth 2.0).
    OAuth(&'a dyn OAuth),
}

impl Access<'_> {
    /// What a person has configured: two of them at one address are two accounts.
    pub fn configured(&self) -> &str {
        match self {
            Self::Token(token) => token,
            Self::OAuth(oauth) => oauth.first_refresh_token(),
        }
    }
}

/// Access tokens that are good for a while and renewed with a refresh token, which may be good for one
/// use only: whoever renews keeps the new one before anything else.
pub trait OAuth: fmt::Debug + Send + Sync {
    /// The refresh token with which it begins.
    fn first_refresh_token(&self) -> &str;

    /// The call, to the account's own address and without a token, that renews the tokens.
    fn renewal(&self, refresh_token: &str) -> Call;

    /// The new tokens, from the body of a success.
    fn read(&self, body: &[u8]) -> Option<NewTokens>;
}

/// Renewed tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct NewTokens {
    /// For questions.
    pub access: String,
    /// For the next renewal.
    pub refresh: String,
    /// How long the access token is good.
    pub good_for: Duration,
}

impl fmt::Debug for NewTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewTokens(..)")
    }
}

/// Where an account lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// Scheme and host, without a path.
    pub url: &'a str,
    /// Whether its token may go there in the clear and within somebody's own network.
    pub allow_insecure: bool,
}

/// How often an upstream may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second of all accounts at one provider together.
    pub provider_per_s: u32,
    /// Requests a second of one account, if that is less.
    pub account_per_s: Option<u32>,
}

/// One request to an upstream.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// `GET`, or `POST` where a search has a body.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Headers beside the token and the body's own.
    pub headers: HeaderMap,
    /// What is sent.
    pub body: Option<CallBody>,
}

/// The body of a call.
#[derive(Clone, PartialEq, Eq)]
pub enum CallBody {
    /// `application/json`.
    Json(String),
    /// `application/x-www-form-urlencoded`.
    Form(String),
}

impl CallBody {
    /// A form of these fields.
    pub fn form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::Form(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
    }

    /// What it says it is.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Form(_) => "application/x-www-form-urlencoded",
        }
    }

    /// What is sent.
    pub fn text(&self) -> &str {
        match self {
            Self::Json(text) | Self::Form(text) => text,
        }
    }
}

impl fmt::Debug for CallBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallBody({}, ..)", self.content_type())
    }
}

impl fmt::Debug for Call {
    /// Without headers and body, which may hold a refresh token or a client's secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({} {}, ..)", self.method, self.path)
    }
}

impl Call {
    /// A `GET` of a path with its query.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: HeaderMap::new(), body: None }
    }

    /// A `POST` of a body.
    pub fn post(path: impl Into<String>, body: CallBody) -> Self {
        Self { method: Method::POST, path: path.into(), headers: HeaderMap::new(), body: Some(body) }
    }
}

/// A question on its way to the account.
#[derive(Debug, Clone, Copy)]
pub struct AskedQuestion<'a> {
    /// What is asked.
    pub question: &'a Question,
    /// The newest hint that is known now; the answer says so, and later hints ask again.
    pub upto: Seq,
}

/// A row of the log of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id there: two pages may hold the same row.
    pub id: String,
    /// What it says.
    pub row: AuditRow,
}

/// Bounds of the answer to one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerMax {
    /// Pages of one call.
    pub pages: usize,
    /// Bytes of all pages together.
    pub bytes: usize,
}

/// One answer of the account to one call.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// HTTP status; 204 means that nothing was found.
    pub status: u16,
    /// The body as received.
    pub body: &'a [u8],
}

/// Why a list has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// In words that can be kept and logged.
    pub why: &'static str,
    /// Whom it concerns.
    pub concerns: Concerns,
    /// How long we are asked to wait.
    pub wait: Option<Duration>,
}

/// Whom a failure concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concerns {
    /// The account: it was asked too often.
    TooOften,
    /// The account: a person has to mend something.
    NeedsYou,
    /// The account: nobody can be reached.
    Unreachable,
    /// The path, or any one of the records: something refuses this.
    Path,
    /// The same, and most likely because whoever asks has no right to it.
    Rights,
    /// The account or any one of the records, nobody can know: parts of the list tell.
    Anybody,
}

impl Failure {
    /// What is said of an answer that cannot be read.
    pub const NOT_UNDERSTOOD: Self = Self::of_anybody("an answer that is not understood");

    /// A failure of which nobody can know whom it concerns.
    pub const fn of_anybody(why: &'static str) -> Self {
        Self { why, concerns: Concerns::Anybody, wait: None }
    }
}

/// What the status of an HTTP answer means, for an upstream that goes by the standard.
///
/// # Errors
/// It is no answer.
pub fn judge_status(status: u16, wait: Option<Duration>) -> Result<(), Failure> {
    let (why, concerns) = match status {
        200 | 204 => return Ok(()),
        429 => ("asked too often (HTTP 429)", Concerns::TooOften),
        401 => ("the access token is not accepted (HTTP 401)", Concerns::NeedsYou),
        402 => ("the account is not paid for (HTTP 402)", Concerns::NeedsYou),
        403 => ("access is refused (HTTP 403)", Concerns::Rights),
        404 => ("there is no such account (HTTP 404)", Concerns::Path),
        400 | 414 | 422 => ("the CRM does not understand the question", Concerns::Anybody),
        500..=599 => ("the CRM has a fault of its own (HTTP 5xx)", Concerns::Anybody),
        _ => return Err(Failure { wait, ..Failure::NOT_UNDERSTOOD }),
    };
    Err(Failure { why, concerns, wait })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_encoded_and_not_shown() {
        let call =
            Call::post("/token", CallBody::form([("grant_type", "refresh_token"), ("key", "a b&c=ü")]));
        let body = call.body.as_ref().expect("a body");
        assert_eq!(body.text(), "grant_type=refresh_token&key=a+b%26c%3D%C3%BC");
        assert_eq!(body.content_type(), "application/x-www-form-urlencoded");
        assert_eq!(
            format!("{call:?} {body:?}"),
            "Call(POST /token, ..) CallBody(application/x-www-form-urlencoded, ..)"
        );
    }

    #[test]
    fn a_status_says_whom_it_concerns() {
        for (statuses, expected) in [
            (&[200, 204][..], None),
            (&[429], Some(Concerns::TooOften)),
            (&[401, 402], Some(Concerns::NeedsYou)),
            (&[403], Some(Concerns::Rights)),
            (&[404], Some(Concerns::Path)),
            (
                &[201, 206, 299, 301, 302, 308, 400, 405, 410, 414, 418, 422, 500, 502, 503, 504, 599, 999],
                Some(Concerns::Anybody),
            ),
        ] {
            for status in statuses {
                let failure = judge_status(*status, None).err();
                assert_eq!(failure.map(|failure| failure.concerns), expected, "{status}");
            }
        }
    }
}
