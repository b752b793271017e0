//! Kommo: its webhooks become hints, and its API answers what is asked because of them.
//!
//! Kommo does not sign its webhooks, so a body proves nothing: it only says which deal or contact
//! to read. A deal's stage and price, a contact's phones and the audit log of stages come from the
//! API alone. Bodies after captured webhooks and Kommo's documentation.

mod amount;
mod answers;
mod audit;
mod catalogue;
mod consent;
mod contacts;
mod deals;
mod form;
mod hints;
mod ids;
mod named;
mod pages;
mod requests;
mod setup;
mod stage_log;
mod wait;

use std::{fmt, sync::Arc};

use http::Method;
use kopru_core::{Fact, QuestionKind, Wanted};

use crate::{
    ALLOW_INSECURE, Access, Address, AnswerMax, AskedQuestion, AuditEntry, Call, ConfigKey, Directory, Drift,
    Failure, Kind, Limits, NotUnderstood, Page, Received, Request, Settings, SetupPart, Source, Tenant,
    Upstream, ValueForm, judge_status,
    request::{bad_handshake, wrong_method},
};

/// The kind `kommo`.
pub static KIND: Kind = Kind {
    name: "kommo",
    about: "webhooks of Kommo, which is asked for what they are about",
    key: crate::SECRET_KEY,
    keys: &[
        ConfigKey {
            name: "account",
            form: ValueForm::Upstream,
            needed: ", for example \"https://acme.kommo.com\"",
            example: "https://acme.kommo.com",
            meaning: "",
        },
        ConfigKey {
            name: "token",
            form: ValueForm::Secret,
            needed: " (a long-lived token of a private integration)",
            example: "env:KOMMO_TOKEN",
            meaning: "a long-lived token of a private integration",
        },
        ALLOW_INSECURE,
        ConfigKey {
            name: "consent_field",
            form: ValueForm::Text,
            needed: "",
            example: "Consent",
            meaning: "needed where consent = \"required\"",
        },
    ],
    build: |settings: &Settings| {
        Arc::new(Kommo {
            allow_insecure: settings.is_set("allow_insecure"),
            consent_field: settings.get("consent_field"),
            ..Kommo::at(&settings.required("account"), &settings.required("token"))
        })
    },
};

/// Requests a second to all accounts of Kommo together, from one address. Kommo's documented limit.
const REQUESTS_PER_S: u32 = 7;
/// Most questions that one request asks.
const LIST_MAX: usize = 100;
/// Most deals that one request to the audit log may name. Kommo's API reference.
const EVENT_DEALS_MAX: usize = 10;
/// Most bytes that the pages of a list may have before its records are counted.
const LIST_BYTES: usize = 1024 * 1024;
/// Most bytes that a list may have more for each record that it is about: forty long fields stay far
/// below.
const RECORD_BYTES: usize = 128 * 1024;
/// How few records Kommo may put on a page, however many are asked for.
const PAGE_RECORDS_MIN: usize = 50;
/// Most pages of the audit log for one request: ten deals with two hundred entries each.
const EVENT_PAGES_MAX: usize = 20;

/// What Kommo answers when it has made something: we make webhooks only.
const CREATED: u16 = 201;

/// A Kommo account.
#[derive(Clone, PartialEq, Eq)]
pub struct Kommo {
    /// The system of record, `kommo:acme`: the name under which the account was first known.
    pub origin: String,
    /// The account's name now, after its address.
    pub name: String,
    /// Its address, `https://acme.kommo.com`.
    pub account: String,
    /// Its access token.
    pub token: String,
    /// Whether the token may go there in the clear and within somebody's own network.
    pub allow_insecure: bool,
    /// Name or code of the field of deals and contacts that says whether the person consented.
    pub consent_field: Option<String>,
}

impl fmt::Debug for Kommo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kommo({}, ..)", self.origin)
    }
}

impl Kommo {
    /// The account at an address, which is asked with this token.
    pub fn at(account: &str, token: &str) -> Self {
        Self {
            origin: ids::name_of(account),
            name: ids::name_of(account),
            account: account.to_owned(),
            token: token.to_owned(),
            allow_insecure: false,
            consent_field: None,
        }
    }

    /// Hints, sorted by kind of report and position.
    fn hints(&self, body: &[u8]) -> Result<Vec<Fact>, NotUnderstood> {
        hints::facts(&self.origin, body)
    }

    /// The first pages to request for questions of one kind, as paths with query.
    /// [`QuestionKind::Catalogue`] takes two requests, the others one for each list.
    fn requests(&self, kind: QuestionKind, questions: &[AskedQuestion<'_>]) -> Vec<String> {
        requests::first_pages(&self.origin, kind, questions)
    }
}

/// How many questions of a kind one request asks at most.
fn list_max(kind: QuestionKind) -> usize {
    match kind {
        QuestionKind::Catalogue => 1,
        QuestionKind::StageLog => EVENT_DEALS_MAX,
        QuestionKind::Deal | QuestionKind::Contact | QuestionKind::Company => LIST_MAX,
    }
}

impl Source for Kommo {
    /// Kommo does not sign, so its bodies are never forged and only hints.
    fn receive(&self, request: &Request<'_>, directory: &Directory) -> Received {
        match *request.method {
            Method::POST => {}
            // It never asks whether an address is ours.
            Method::GET => return bad_handshake(),
            _ => return wrong_method("POST"),
        }
        // A webhook that served many would have to name its account; this one does not.
        let Some(tenant) = directory.only() else {
            return Received::Unreadable(NotUnderstood::because("an address that is of no one business"));
        };
        match self.hints(request.body) {
            Ok(facts) => Received::of(tenant, facts),
            Err(unreadable) => Received::Unreadable(unreadable),
        }
    }

    fn consent_field(&self) -> Option<&str> {
        self.consent_field.as_deref()
    }

    fn record_url(&self, deal: &str) -> Option<String> {
        Some(format!("{}/leads/detail/{deal}", self.account))
    }

    fn upstream(&self) -> Option<Arc<dyn Upstream>> {
        Some(Arc::new(self.clone()))
    }

    fn known_as(&self, origin: &str) -> Option<Arc<dyn Source>> {
        Some(Arc::new(Self { origin: origin.to_owned(), ..self.clone() }))
    }
}

impl Upstream for Kommo {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn origin(&self) -> &str {
        &self.origin
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn address(&self) -> Address<'_> {
        Address { url: &self.account, allow_insecure: self.allow_insecure }
    }

    fn access(&self) -> Access<'_> {
        Access::Token(&self.token)
    }

    fn limits(&self) -> Limits {
        Limits { provider_per_s: REQUESTS_PER_S, account_per_s: None }
    }

    fn list_max(&self, kind: QuestionKind) -> usize {
        list_max(kind)
    }

    fn answer_max(&self, kind: QuestionKind, questions: usize) -> AnswerMax {
        let pages = match kind {
            QuestionKind::StageLog => EVENT_PAGES_MAX,
            _ => 1 + questions.div_ceil(PAGE_RECORDS_MIN),
        };
        let records = if kind == QuestionKind::Catalogue { LIST_MAX } else { questions };
        AnswerMax { pages, bytes: LIST_BYTES + records * RECORD_BYTES }
    }

    fn calls(&self, kind: QuestionKind, questions: &[AskedQuestion<'_>]) -> Vec<Call> {
        self.requests(kind, questions).into_iter().map(Call::get).collect()
    }

    fn next(&self, _call: &Call, body: &[u8]) -> Result<Option<Call>, NotUnderstood> {
        Ok(pages::next(body)?.map(Call::get))
    }

    fn audit_log(&self, since_s: i64, until_s: Option<i64>) -> Option<Call> {
        Some(Call::get(audit::first_page(since_s, until_s)))
    }

    fn audit_entries(&self, page: &Page<'_>) -> Result<Vec<AuditEntry>, NotUnderstood> {
        audit::entries(page)
    }

    fn setup_calls(&self, part: SetupPart, wanted: &Wanted) -> Vec<Call> {
        setup::calls(part, wanted, self.consent_field.as_deref())
    }

    fn drifts(
        &self,
        part: SetupPart,
        pages: &[Page<'_>],
        hook_key: &str,
        wanted: &Wanted,
    ) -> Result<Vec<Drift>, NotUnderstood> {
        setup::drifts(part, pages, hook_key, wanted, self.consent_field.as_deref())
    }

    fn mend_hooks(
        &self,
        pages: &[Page<'_>],
        hook_key: &str,
        address: &str,
    ) -> Result<Option<Call>, NotUnderstood> {
        setup::mend(pages, hook_key, address).map(Some)
    }

    fn hooks_screen(&self) -> &'static str {
        setup::HOOKS_SCREEN
    }

    fn judge(&self, status: u16, body: &[u8]) -> Result<(), Failure> {
        if status == CREATED {
            return Ok(());
        }
        let wait = if matches!(status, 200..=299) { None } else { wait::retry_after(body) };
        judge_status(status, wait)
    }

    fn answer(
        &self,
        questions: &[AskedQuestion<'_>],
        pages: &[Page<'_>],
        tenant: &Tenant,
    ) -> Result<Vec<Option<Fact>>, NotUnderstood> {
        answers::facts(self, questions, pages, tenant)
    }
}

#[cfg(test)]
mod tests;
