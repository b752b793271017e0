//! Names of things: workspaces, deals, stages and the nodes of the identity graph.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ContactKey;

/// One business (tenant). Everything stored belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WorkspaceId(pub u32);

/// Position of a fact in the log of its workspace; starts at 1 and only rises.
pub type Seq = u64;

/// A deal in its system of record, for example deal `5550001` of `kommo:acme`.
///
/// The origin is shared by every way in which the same record can reach us (webhook, reading,
/// import), so one deal never becomes two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DealKey {
    /// The system of record, `kommo:<account>`.
    pub origin: String,
    /// The deal's id there.
    pub id: String,
}

impl fmt::Display for DealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.origin, self.id)
    }
}

/// A stage of a pipeline. Kommo repeats status ids (142, 143) in every pipeline, so a stage is
/// always named by both.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StageId {
    /// Id of the pipeline.
    pub pipeline: String,
    /// Id of the status within it.
    pub status: String,
}

impl fmt::Display for StageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.pipeline, self.status)
    }
}

/// An identifier of a person as the identity graph knows it: a CRM contact by its id, everything
/// personal (phone, e-mail, WhatsApp user id) by a keyed hash made by [`crate::JoinKey`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Node(String);

/// What the ids of companies begin with among those of contacts: a CRM counts them apart.
const COMPANY: &str = "company-";

impl Node {
    /// A contact of a CRM. Contact ids are not personal data: they mean something only there.
    pub fn contact(origin: &str, id: &str) -> Self {
        Self(format!("contact:{origin}/{id}"))
    }

    /// A company of a CRM: a card like a contact's, which stands for nobody in particular.
    pub fn company(origin: &str, id: &str) -> Self {
        Self(format!("contact:{origin}/{COMPANY}{id}"))
    }

    /// A node whose identifier was already turned into a keyed hash.
    pub(crate) fn keyed(kind: &str, token: &str) -> Self {
        Self(format!("{kind}:{token}"))
    }

    /// Reads back what [`Node::as_str`] gave.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The stable text under which the node is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Origin and id of a contact; `None` for any other node.
    pub fn contact_parts(&self) -> Option<(&str, &str)> {
        self.0.strip_prefix("contact:")?.rsplit_once('/')
    }

    /// The contact's key; `None` for any other node.
    pub fn contact_key(&self) -> Option<ContactKey> {
        let (origin, id) = self.contact_parts()?;
        Some(ContactKey { origin: origin.to_owned(), id: id.to_owned() })
    }

    /// Whether this is a company of a CRM.
    pub fn is_company(&self) -> bool {
        self.contact_parts().is_some_and(|(_, id)| company_id(id).is_some())
    }

    /// Whether this is a phone.
    pub fn is_phone(&self) -> bool {
        self.0.starts_with("phone:")
    }

    /// Whether this is an e-mail address.
    pub fn is_email(&self) -> bool {
        self.0.starts_with("email:")
    }

    /// Whether this is what Meta itself matches by, or can be told as it is: no e-mail address or phone in its exact
    /// form.
    pub fn is_matched_by_meta(&self) -> bool {
        !self.is_phone() && !self.is_email() && !self.is_contact()
    }

    /// The match key that it is, by its name at Meta, where it is one.
    pub fn match_key(&self) -> Option<&str> {
        let (kind, _) = self.0.split_once(':')?;
        match kind.strip_suffix("-hash") {
            Some(key) => Some(key),
            None if kind == "external_id" => Some(kind),
            None => None,
        }
    }

    /// Whether this is an id that a chat product gives somebody.
    pub(crate) fn is_chat_user(&self) -> bool {
        self.0.starts_with("whatsapp-user:")
    }

    /// Whether this is a contact or a company of a CRM.
    pub fn is_contact(&self) -> bool {
        self.0.starts_with("contact:")
    }
}

/// The id that a company has in its CRM, where the id of a card is a company's.
pub fn company_id(id: &str) -> Option<&str> {
    id.strip_prefix(COMPANY)
}
