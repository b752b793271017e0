//! What a decision does: outcomes and changes of state.

use crate::{
    Catalogue, Chat, Click, Contact, Conversion, Deal, Identifier, Join, Node, Question, Reason, Seq,
};

/// How a fact ended, or what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It changed what Kopru knows.
    Used,
    /// It changed nothing, for this reason.
    Ignored(Reason),
    /// The same thing had come before.
    Duplicate,
    /// It waits for the answer to a question.
    Waiting {
        /// The question's key.
        on: String,
        /// In words.
        reason: Reason,
    },
    /// It has more to do than one turn may hold: it is decided again in the next turn, on what this
    /// one has changed.
    Again,
}

impl Outcome {
    /// The stable name of the outcome, as the ledger counts it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Ignored(_) => "ignored",
            Self::Duplicate => "duplicate",
            Self::Waiting { .. } => "waiting",
            Self::Again => "pending",
        }
    }
}

/// One change of state. The store applies all effects of a turn in one transaction, which ends the work.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Replaces what is known of a deal.
    SaveDeal(Deal),
    /// Replaces what is known of a contact, and its links.
    SaveContact(Contact),
    /// Replaces what Meta matches by of what a CRM's card shows.
    SaveIdentifiers {
        /// The card.
        card: Node,
        /// Its identifiers.
        identifiers: Vec<Identifier>,
    },
    /// Two identifiers belong to one person. What ended, ended from the first to the second.
    SaveLink(Node, Node, Join),
    /// How the chat of an identifier began.
    SaveChat(Node, Chat),
    /// The first chat of an account has come.
    SaveHeard {
        /// Which account.
        account: String,
        /// When, Unix seconds.
        since_s: i64,
    },
    /// Keeps a click for everybody whom it names.
    SaveClick(Click),
    /// Replaces the names of a CRM's stages.
    SaveCatalogue(Seq, Catalogue),
    /// A new conversion.
    Create(Conversion),
    /// What is known of a conversion changed.
    Update(Conversion),
    /// Asks an upstream; a question that is already open is asked again.
    Ask {
        /// What.
        question: Question,
        /// The fact that asks: the answer must be younger than it.
        upto: Seq,
        /// How long to wait before asking, milliseconds.
        after_ms: i64,
    },
    /// Ends a fact that waited, or makes it wait for something else.
    Settle {
        /// Which fact.
        seq: Seq,
        /// How.
        outcome: Outcome,
    },
    /// Lets a fact that waited be decided anew.
    Release {
        /// Which fact.
        seq: Seq,
    },
    /// Forgets what a fact said that is decided: it names somebody who was erased.
    Forget {
        /// Which fact.
        seq: Seq,
    },
    /// Looks again at the open conversions of all deals of a contact that has more of them than one
    /// turn may hold, some of them in each turn.
    Sweep {
        /// Whose deals.
        contact: Node,
        /// The fact that asks for it.
        asked_by: Seq,
    },
}

/// What was decided about one fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The fact.
    pub seq: Seq,
    /// How it ended.
    pub outcome: Outcome,
    /// What changes.
    pub effects: Vec<Effect>,
}

impl Decision {
    /// Whether another fact than the next one of the log is to be decided behind this one: a turn ends
    /// here, so that turns of any size decide in the same order.
    pub fn ends_turn(&self) -> bool {
        self.outcome == Outcome::Again
            || self.effects.iter().any(|effect| matches!(effect, Effect::Release { .. }))
    }
}
