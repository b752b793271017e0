//! What is kept of an event that was not taken: what is wrong with it, to be listed, and the event itself.

use std::borrow::Cow;

use kopru_core::WorkspaceId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sources::graph::RefusedEvent;
use store::Unreadable;

use super::{Doors, bucket::Bucket};

/// The name of the doors for events, under which what they keep is listed.
pub(crate) const SOURCE: &str = "graph";
/// Under which events are counted that Meta would refuse.
const REFUSED_EVENT: &str = "refused_event";

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

/// Whose refused events are kept, and how many.
#[derive(Clone, Copy)]
pub(super) struct RefusedOf<'a> {
    pub workspace: WorkspaceId,
    pub kept: &'a Bucket,
}

/// Keeps events that Meta would refuse, as many as may be kept; the others are counted. Their sender has been told, so
/// a failure loses nothing.
pub(super) async fn keep_refused(
    doors: &Doors,
    of: RefusedOf<'_>,
    refused: Vec<RefusedEvent>,
    received_ms: i64,
) {
    for event in refused {
        let body = KeptRefusal::of(&event).json();
        if !of.kept.takes(body.len()) {
            doors.refuse_of(of.workspace, REFUSED_EVENT);
            continue;
        }
        let unreadable =
            Unreadable { counted_as: REFUSED_EVENT, source: SOURCE.to_owned(), skeleton: event.text(), body };
        metrics::counter!("kopru_door_refused_total", "reason" => REFUSED_EVENT).increment(1);
        if let Err(error) = doors.store.append_unreadable(of.workspace, received_ms, unreadable).await {
            doors.refuse_of(of.workspace, REFUSED_EVENT);
            tracing::warn!(error = &error as &dyn std::error::Error, "a refused event cannot be kept");
        }
    }
}
