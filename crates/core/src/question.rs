//! Questions to an upstream whose answers become facts.

use serde::{Deserialize, Serialize};

use crate::{DealKey, Node, StageId, ids::company_id};

/// What Kopru wants to know from a CRM.
///
/// Questions of one kind to one account are coalesced into list requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Question {
    /// The deal as it stands.
    Deal {
        /// Which one.
        deal: DealKey,
    },
    /// The phones and e-mails of a contact or a company.
    Contact {
        /// The system of record.
        origin: String,
        /// The contact's id there, or that of a company as [`Node::company`] has it.
        id: String,
    },
    /// Whether and when the deal entered a stage that it has already left.
    StageLog {
        /// Which deal.
        deal: DealKey,
        /// Which stage.
        stage: StageId,
    },
    /// Names of all stages, and the account's currency.
    Catalogue {
        /// The system of record.
        origin: String,
    },
}

/// The kind of a question; questions of one kind share list requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QuestionKind {
    /// See [`Question::Catalogue`].
    Catalogue,
    /// See [`Question::Deal`].
    Deal,
    /// See [`Question::Contact`].
    Contact,
    /// The same about companies: a CRM may show its contacts and refuse those.
    Company,
    /// See [`Question::StageLog`].
    StageLog,
}

impl Question {
    /// The system of record that knows the answer.
    pub fn origin(&self) -> &str {
        match self {
            Self::Deal { deal } | Self::StageLog { deal, .. } => &deal.origin,
            Self::Contact { origin, .. } | Self::Catalogue { origin } => origin,
        }
    }

    /// The kind, for coalescing.
    pub fn kind(&self) -> QuestionKind {
        match self {
            Self::Deal { .. } => QuestionKind::Deal,
            Self::Contact { id, .. } if company_id(id).is_some() => QuestionKind::Company,
            Self::Contact { .. } => QuestionKind::Contact,
            Self::StageLog { .. } => QuestionKind::StageLog,
            Self::Catalogue { .. } => QuestionKind::Catalogue,
        }
    }

    /// The identity of the question: two with the same key are one. Facts that wait for its
    /// answer are stored under this key as well.
    pub fn key(&self) -> String {
        match self {
            Self::Deal { deal } => format!("deal:{deal}"),
            Self::Contact { origin, id } => Node::contact(origin, id).as_str().to_owned(),
            Self::StageLog { deal, stage } => format!("stage-log:{deal}@{stage}"),
            Self::Catalogue { origin } => format!("catalogue:{origin}"),
        }
    }
}
