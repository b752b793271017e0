//! What is kept of an event that was not taken: what is wrong with it, to be listed, and the event itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sources::graph::RefusedEvent;

/// What is kept of an event that was not taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptRefusal<'a> {
    /// Who reported it: `graph:` and the name of an API key.
    #[serde(borrow)]
    pub(crate) origin: Cow<'a, str>,
    /// Its name; empty where it has none that can be shown.
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// Its id, likewise.
    #[serde(borrow)]
    pub(crate) event_id: Cow<'a, str>,
    /// Meta's subcode, if it gives one.
    pub(crate) subcode: Option<u32>,
    /// What it is about.
    #[serde(borrow)]
    pub(crate) title: Cow<'a, str>,
    /// The field within the event, empty for all of it.
    #[serde(borrow)]
    pub(crate) field: Cow<'a, str>,
    /// What is wrong and how to mend it. Holds no value of the event.
    #[serde(borrow)]
    pub(crate) wrong: Cow<'a, str>,
    /// The event, its identifiers hashed; nothing of somebody who has not agreed.
    #[serde(borrow)]
    pub(crate) event: Option<&'a RawValue>,
}

impl<'a> KeptRefusal<'a> {
    pub(super) fn of(refused: &'a RefusedEvent) -> Self {
        Self {
            origin: Cow::Borrowed(&refused.origin),
            name: Cow::Borrowed(&refused.name),
            event_id: Cow::Borrowed(&refused.event_id),
            subcode: refused.subcode,
            title: Cow::Borrowed(&refused.title),
            field: Cow::Borrowed(&refused.path),
            wrong: Cow::Borrowed(refused.wrong()),
            event: serde_json::from_str(&refused.json).ok(),
        }
    }

    /// As it is kept.
    pub(super) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
