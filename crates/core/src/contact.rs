//! Contacts: what they are recognised by, and what they were.

use serde::{Deserialize, Serialize};

use crate::{Missing, Node, Seq};

/// How many identifiers that a contact had before are remembered.
const FORMER_MAX: usize = 8;

/// A contact that has been read from the CRM, or asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Which one.
    pub node: Node,
    /// Its phones and e-mails.
    pub who: Vec<Node>,
    /// What it says about consent.
    pub consent: Option<crate::ConsentAnswer>,
    /// The newest fact that the question knew of when it was last read.
    #[serde(default)]
    pub answered_upto: Seq,
    /// What it had before, the last one to go at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Former>,
    /// Since when the CRM answers that it does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

/// An identifier that a contact had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// The identifier.
    pub node: Node,
    /// Until when at the latest, Unix seconds.
    pub until_s: i64,
}

impl Contact {
    /// A contact of which nothing is known yet.
    pub fn new(node: Node) -> Self {
        Self { node, who: Vec::new(), consent: None, answered_upto: 0, former: Vec::new(), missing: None }
    }

    /// Whether nothing was read of it yet: the CRM says that it does not have it, and may only lag behind itself.
    pub(crate) fn is_awaited(&self) -> bool {
        self.answered_upto == 0 && self.missing.is_some_and(|missing| !missing.is_sure())
    }

    /// What it had before, with what it loses by a reading of which the CRM says that it was changed last at that
    /// time, Unix seconds.
    pub(crate) fn former_by(&self, read: &[Node], at_s: i64) -> Vec<Former> {
        let lost = self.who.iter().map(|node| Former { node: node.clone(), until_s: at_s });
        let earlier = self.former.iter().filter(|former| !self.who.contains(&former.node)).cloned();
        let all = earlier.chain(lost).filter(|former| !read.contains(&former.node));
        let mut all: Vec<Former> = all.collect();
        all.drain(..all.len().saturating_sub(FORMER_MAX));
        all
    }
}
