//! Causes: what a conversion comes from.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{DealKey, Node, WorkspaceId};

/// A contact in its system of record, for example contact `31` of `kommo:acme`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContactKey {
    /// The system of record.
    pub origin: String,
    /// The contact's id there.
    pub id: String,
}

/// Something that happened on a site or in an app, by the id under which it was reported.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActivityKey {
    /// Who reported it, for example `pixel:acme`.
    pub origin: String,
    /// The event's id there.
    pub id: String,
}

/// What a conversion comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// A deal entered a stage.
    Deal(DealKey),
    /// A contact entered a stage.
    Contact(ContactKey),
    /// Something happened on a site or in an app.
    Activity(ActivityKey),
}

impl Cause {
    /// The stable name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Deal(_) => "deal",
            Self::Contact(_) => "contact",
            Self::Activity(_) => "activity",
        }
    }

    /// The system of record, or whoever reported it.
    pub fn origin(&self) -> &str {
        self.parts().0
    }

    /// Its id there.
    pub fn id(&self) -> &str {
        self.parts().1
    }

    /// Who reported an activity, as people call them: the name of an API key, or `import:` and what a file is called.
    pub fn reporter(&self) -> Option<&str> {
        match self {
            Self::Activity(activity) => {
                Some(activity.origin.strip_prefix("graph:").unwrap_or(&activity.origin))
            }
            Self::Deal(_) | Self::Contact(_) => None,
        }
    }

    /// The stable text under which it is stored: no two causes share one.
    pub fn key(&self) -> String {
        format!("{}:{self}", self.kind())
    }

    /// Reads back what [`Cause::key`] gave.
    pub fn from_key(key: &str) -> Option<Self> {
        let (kind, rest) = key.split_once(':')?;
        // An id has no slash; an origin may have one.
        let (origin, id) = rest.rsplit_once('/').map(|(origin, id)| (origin.to_owned(), id.to_owned()))?;
        match kind {
            "deal" => Some(Self::Deal(DealKey { origin, id })),
            "contact" => Some(Self::Contact(ContactKey { origin, id })),
            "activity" => Some(Self::Activity(ActivityKey { origin, id })),
            _ => None,
        }
    }

    /// The contact's node, if it is a contact.
    pub fn contact(&self) -> Option<Node> {
        match self {
            Self::Contact(key) => Some(Node::contact(&key.origin, &key.id)),
            Self::Deal(_) | Self::Activity(_) => None,
        }
    }

    /// The deal, if it is one.
    pub fn deal(&self) -> Option<&DealKey> {
        match self {
            Self::Deal(key) => Some(key),
            Self::Contact(_) | Self::Activity(_) => None,
        }
    }

    fn parts(&self) -> (&str, &str) {
        match self {
            Self::Deal(DealKey { origin, id })
            | Self::Contact(ContactKey { origin, id })
            | Self::Activity(ActivityKey { origin, id }) => (origin, id),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.origin(), self.id())
    }
}

impl From<DealKey> for Cause {
    fn from(deal: DealKey) -> Self {
        Self::Deal(deal)
    }
}

/// The id of the event that a cause means: a hash of the workspace's number, system of record, record,
/// event and occurrence, and of nothing that a clock, a retry or another name of the workspace could
/// change. 32 hex digits.
pub fn event_id(workspace: WorkspaceId, cause: &Cause, event: &str, occurrence: u32) -> String {
    let mut hash = Sha256::new();
    let (workspace, occurrence) = (workspace.0.to_string(), occurrence.to_string());
    let parts = [&workspace, cause.origin(), cause.id(), event, &occurrence];
    // Deals came first and have no kind in their ids. Another number of parts keeps the others apart.
    let kind = Some(cause.kind()).filter(|_| cause.deal().is_none());
    for part in parts.into_iter().chain(kind) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut id = capi::hex(&hash.finalize());
    id.truncate(32);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deal(origin: &str, id: &str) -> Cause {
        Cause::Deal(DealKey { origin: origin.into(), id: id.into() })
    }

    #[test]
    fn the_id_of_an_event_never_changes() {
        // A change here would send everything that is known a second time.
        assert_eq!(
            event_id(WorkspaceId(7), &deal("kommo:acme", "5550001"), "Lead", 1),
            "9efe47bdd97386fb028917f9e2ca36f2"
        );
    }

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let contact = Cause::Contact(ContactKey { origin: "kommo:acme".into(), id: "1".into() });
        let activity = Cause::Activity(ActivityKey { origin: "kommo:acme".into(), id: "1".into() });
        let ids = [
            event_id(WorkspaceId(7), &deal("kommo:acme", "1"), "Lead", 1),
            event_id(WorkspaceId(72), &deal("kommo:acme", "1"), "Lead", 1),
            event_id(WorkspaceId(7), &deal("kommo:acm", "e1"), "Lead", 1),
            event_id(WorkspaceId(7), &deal("kommo:acme", "11"), "Lead", 1),
            event_id(WorkspaceId(7), &deal("kommo:acme", "1"), "Purchase", 1),
            event_id(WorkspaceId(7), &deal("kommo:acme", "1"), "Lead", 11),
            event_id(WorkspaceId(7), &deal("kommo:acme", "1"), "Lead1", 1),
            event_id(WorkspaceId(7), &contact, "Lead", 1),
            event_id(WorkspaceId(7), &activity, "Lead", 1),
        ];
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(id.len(), 32);
            assert!(!ids[..place].contains(id), "{place}");
        }
        assert_eq!(contact.key(), "contact:kommo:acme/1");
        assert_ne!(contact.key(), activity.key());
        for cause in [contact, activity, deal("kommo:acme", "1")] {
            assert_eq!(Cause::from_key(&cause.key()), Some(cause));
        }
    }
}
