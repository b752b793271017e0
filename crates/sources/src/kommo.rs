//! Kommo: its webhooks become hints, and its API answers what is asked because of them.
//!
//! Kommo does not sign its webhooks, so a body proves nothing: it only says which deal or contact
//! to read. A deal's stage and price, a contact's phones and the audit log of stages come from the
//! API alone. Bodies after captured webhooks and Kommo's documentation.

mod answers;
mod catalogue;
mod consent;
mod contacts;
mod deals;
mod form;
mod hints;
mod ids;
mod pages;
mod requests;
mod stage_log;
mod wait;

use std::time::Duration;

use kopru_core::{Fact, Question, QuestionKind, Seq};

use crate::{Context, Unreadable};

pub use ids::origin_of;

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

/// A Kommo account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kommo {
    /// The system of record, from [`origin_of`] its address.
    pub origin: String,
    /// Name or code of the field of deals and contacts that says whether the person consented.
    pub consent_field: Option<String>,
}

/// A question on its way to the account.
#[derive(Debug, Clone, Copy)]
pub struct AskedQuestion<'a> {
    /// What is asked.
    pub question: &'a Question,
    /// The newest hint that is known now; the answer says so, and later hints ask again.
    pub upto: Seq,
}

/// Bounds of the answer to one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerMax {
    /// Pages of one request.
    pub pages: usize,
    /// Bytes of all pages together.
    pub bytes: usize,
}

/// One answer of the account to one request.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// HTTP status; 204 means that nothing was found.
    pub status: u16,
    /// The body as received.
    pub body: &'a [u8],
}

impl Kommo {
    /// See [`crate::Door::parse`]: hints, sorted by kind of report and position.
    ///
    /// # Errors
    /// The body is not a form, names nothing that Kommo reports, or none of its items has an id.
    pub fn parse(&self, body: &[u8]) -> Result<Vec<Fact>, Unreadable> {
        hints::facts(&self.origin, body)
    }

    /// The first pages to request for questions of one kind, as paths with query. Questions of
    /// another kind or account are left out. [`QuestionKind::Catalogue`] takes two requests,
    /// the others one for [`Self::list_max`] questions.
    pub fn requests(&self, kind: QuestionKind, questions: &[AskedQuestion]) -> Vec<String> {
        requests::first_pages(&self.origin, kind, questions)
    }

    /// How many questions of a kind one request asks at most.
    pub fn list_max(kind: QuestionKind) -> usize {
        match kind {
            QuestionKind::Catalogue => 1,
            QuestionKind::StageLog => EVENT_DEALS_MAX,
            QuestionKind::Deal | QuestionKind::Contact => LIST_MAX,
        }
    }

    /// How much the answer to a list of so many questions may be at most. What is longer has no end.
    pub fn answer_max(kind: QuestionKind, questions: usize) -> AnswerMax {
        let pages = match kind {
            QuestionKind::StageLog => EVENT_PAGES_MAX,
            _ => 1 + questions.div_ceil(PAGE_RECORDS_MIN),
        };
        let records = if kind == QuestionKind::Catalogue { LIST_MAX } else { questions };
        AnswerMax { pages, bytes: LIST_BYTES + records * RECORD_BYTES }
    }

    /// For each question, in their order, its fact, from every page of every request in the order in
    /// which they were made. `None` where the row that would answer it cannot be read: neither found
    /// nor absent.
    ///
    /// # Errors
    /// A page is not what was asked for, or the questions are not all of one kind and of this
    /// account: nothing is known about any of them. Never is an unread answer taken for "not found".
    pub fn answer(
        &self,
        questions: &[AskedQuestion],
        pages: &[Page],
        context: &Context,
    ) -> Result<Vec<Option<Fact>>, Unreadable> {
        answers::facts(self, questions, pages, context)
    }

    /// The path and query of the page that follows, if there is one. Whatever host the page names
    /// is dropped: requests go to the configured account only.
    ///
    /// # Errors
    /// The page names one that cannot be asked for, so that the list would stay without its rest.
    pub fn next_page(&self, body: &[u8]) -> Result<Option<String>, Unreadable> {
        pages::next(body)
    }

    /// How long the body of a refusal asks to wait.
    pub fn retry_after(body: &[u8]) -> Option<Duration> {
        wait::retry_after(body)
    }
}

#[cfg(test)]
mod tests;
