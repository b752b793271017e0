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

use kopru_core::{Fact, Question, QuestionKind, Seq};

use crate::{Context, Unreadable};

pub use ids::origin_of;

/// Most questions of one kind that one round of requests asks.
pub const BATCH_MAX: usize = 100;

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
    /// [`QuestionKind::StageLog`] one for ten deals, the others one for [`BATCH_MAX`] questions.
    pub fn requests(&self, kind: QuestionKind, questions: &[AskedQuestion]) -> Vec<String> {
        requests::first_pages(&self.origin, kind, questions)
    }

    /// One fact a question, in the order of the questions, from every page of every request in
    /// the order in which they were made.
    ///
    /// # Errors
    /// A page is not what was asked for, the questions are not all of one kind and of this
    /// account, or a deal's row lacks its stage. Never is an unread answer taken for "not found".
    pub fn answer(
        &self,
        questions: &[AskedQuestion],
        pages: &[Page],
        context: &Context,
    ) -> Result<Vec<Fact>, Unreadable> {
        answers::facts(self, questions, pages, context)
    }

    /// The path and query of the page that follows, if there is one. Whatever host the page names
    /// is dropped: requests go to the configured account only.
    pub fn next_page(&self, body: &[u8]) -> Option<String> {
        pages::next(body)
    }
}

#[cfg(test)]
mod tests;
