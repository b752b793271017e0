//! What happens to a deal that rules may be about.

use crate::{Catalogue, Entry, Rule, StageId};

/// What happened that rules may be about.
#[derive(Clone, Copy)]
pub(super) enum Happened<'a> {
    /// A stage was entered.
    Entered(&'a Entry),
    /// A deal that stands in a stage got a tag.
    Tagged {
        /// The tag, as rules name it.
        tag: &'a str,
        /// Where the deal stands.
        within: &'a StageId,
        /// When, Unix seconds.
        at_s: i64,
    },
}

impl Happened<'_> {
    /// When, Unix seconds.
    pub(super) fn at_s(&self) -> i64 {
        match self {
            Self::Entered(entry) => entry.at_s,
            Self::Tagged { at_s, .. } => *at_s,
        }
    }

    /// The entry, if it is one.
    pub(super) fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Entered(entry) => Some(entry),
            Self::Tagged { .. } => None,
        }
    }

    /// The stage that was entered.
    pub(super) fn stage(&self) -> Option<&StageId> {
        self.entry().map(|entry| &entry.stage)
    }

    pub(super) fn fires(&self, rule: &Rule, catalogue: &Catalogue) -> bool {
        match self {
            Self::Entered(entry) => rule.matches(&entry.stage, catalogue),
            Self::Tagged { tag, within, .. } => rule.matches_tag(tag, within, catalogue),
        }
    }
}
