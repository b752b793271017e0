//! Facts: what a source reported, already free of raw personal data.

use capi::Money;
use serde::{Deserialize, Serialize};

use crate::{DealKey, Identifier, Identity, Meaning, Named, Node, Seq, StageId, Trust};

/// One thing that a source reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A first message that came from an ad.
    Click(Click),
    /// Identifiers that belong to one person.
    Link(Link),
    /// A CRM says that something about a deal changed. Unsigned, so only a hint.
    DealHint(DealHint),
    /// A CRM says that something about a contact changed. Unsigned, so only a hint.
    ContactHint(ContactHint),
    /// A deal as the CRM holds it now.
    Deal(DealRead),
    /// A contact as the CRM holds it now.
    Contact(ContactRead),
    /// Whether and when a deal entered a stage, after the CRM's audit log.
    StageLog(StageLog),
    /// Names of the CRM's stages and the account's currency.
    Catalogue(Catalogue),
    /// What happened in a CRM's account, after its audit log.
    AuditLog(AuditLog),
}

/// The chat product through which an ad opened a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// WhatsApp.
    Whatsapp,
}

impl Channel {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
        }
    }
}

/// The first message after a click on an ad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Click {
    /// Keyed hash of the message's id: a webhook that comes twice brings the same one.
    pub message: String,
    /// Where the conversation is.
    pub channel: Channel,
    /// The business account that received it; for WhatsApp the WABA id.
    pub account: String,
    /// Who wrote: phone, user id, or both. Never empty.
    pub who: Vec<Node>,
    /// When the message was written, Unix seconds.
    pub at_s: i64,
    /// Meta's id of the click (`ctwa_clid`), exactly as it came; absent for some ads.
    pub click_id: Option<String>,
    /// The ad, if the referral names one.
    pub ad_id: Option<String>,
}

impl Click {
    /// By what an event names the click; `None` where Meta gave it no id.
    pub fn identity(&self) -> Option<Identity> {
        let (account, click_id) = (self.account.clone(), self.click_id.clone()?);
        Some(Identity::Click { account, click_id })
    }
}

/// Identifiers that one source saw together, for example the phone and the user id of a chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The identifiers. With fewer than two there is nothing to join, and the fact says only that
    /// somebody wrote.
    pub who: Vec<Node>,
    /// When it was seen, Unix seconds.
    pub at_s: i64,
    /// How far it can be believed.
    #[serde(default)]
    pub trust: Trust,
    /// Those of them that are this person's no longer: a number that was changed, an id that was replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Node>,
    /// The message with which it was seen, if they wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<ChatMessage>,
}

/// A message that somebody wrote to the business and that names no ad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// The business account that received it; for WhatsApp the WABA id.
    pub account: String,
    /// What came of it.
    pub content: MessageContent,
}

/// How much of a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageContent {
    /// All of it: had it come from an ad, it would say so.
    Read,
    /// Nothing, because the chat product withheld it, with whatever ad it came from.
    Withheld,
    /// Nothing, because it is of a kind that the chat product does not hand over.
    Unsupported,
}

/// An unsigned report that a deal changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealHint {
    /// Which deal.
    pub deal: DealKey,
    /// The stage that the report names.
    pub stage: Option<StageId>,
    /// The stage that the report says the deal has left.
    #[serde(default)]
    pub left: Option<StageId>,
    /// Whether the report says that the deal moved into that stage, rather than that it merely
    /// stands in it.
    pub moved: bool,
    /// Whether the report says that the deal was deleted; it says nothing else then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When the report says that it happened, Unix seconds.
    pub at_s: Option<i64>,
    /// The id of the CRM's account that the report says it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// An unsigned report that a contact changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactHint {
    /// Which contact.
    pub contact: Node,
    /// The deals with which the report says that it is linked.
    #[serde(default)]
    pub deals: Vec<DealKey>,
    /// When the report says that it happened, Unix seconds.
    pub at_s: Option<i64>,
    /// The id of the CRM's account that the report says it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// The answer to [`crate::Question::Deal`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DealRead {
    /// Which deal.
    pub deal: DealKey,
    /// What the CRM holds; `None` when it no longer has the deal.
    pub found: Option<DealNow>,
    /// The newest hint that the question knew of when it was asked; later ones are not answered.
    pub answered_upto: Seq,
}

/// A deal as the CRM holds it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DealNow {
    /// The stage in which it stands.
    pub stage: StageId,
    /// The price, if there is one, also below zero. Zero and empty are no price.
    pub price: Option<Money>,
    /// Its contacts, the main one first, and its companies behind them.
    pub contacts: Vec<Node>,
    /// When the deal was made, Unix seconds.
    #[serde(default)]
    pub created_s: Option<i64>,
    /// When the deal was last changed, Unix seconds.
    pub updated_s: i64,
    /// When it was won or lost, Unix seconds, as the CRM or whoever typed it has it.
    pub closed_s: Option<i64>,
    /// What the deal says about consent, where a consent field is configured.
    pub consent: Option<crate::ConsentAnswer>,
    /// What it shows of the fields and tags that rules name.
    #[serde(default)]
    pub named: Named,
}

/// The answer to [`crate::Question::Contact`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRead {
    /// Which contact.
    pub contact: Node,
    /// Whether the CRM has the contact.
    pub found: bool,
    /// Its phones and e-mails; empty when the CRM does not have the contact.
    pub who: Vec<Node>,
    /// What Meta matches by of these, where web events are to be enriched by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// What the contact says about consent, where a consent field is configured.
    pub consent: Option<crate::ConsentAnswer>,
    /// When the CRM last changed it, Unix seconds.
    #[serde(default)]
    pub updated_s: Option<i64>,
    /// The newest hint that the question knew of when it was asked.
    pub answered_upto: Seq,
}

/// The answer to [`crate::Question::StageLog`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageLog {
    /// Which deal.
    pub deal: DealKey,
    /// Which stage was asked about.
    pub stage: StageId,
    /// When the deal entered it, latest entry, Unix seconds; `None` when the log has no entry.
    pub entered_s: Option<i64>,
    /// When the deal entered it first, if that was earlier, Unix seconds.
    #[serde(default)]
    pub first_s: Option<i64>,
    /// When the deal left it, earliest, Unix seconds, where the log has no earlier entry: it was made there.
    #[serde(default)]
    pub left_s: Option<i64>,
    /// The newest hint that the question knew of when it was asked.
    pub answered_upto: Seq,
}

/// A part of the audit log of a CRM's account: what no webhook may have told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLog {
    /// The system of record.
    pub origin: String,
    /// What happened, oldest first.
    pub rows: Vec<AuditRow>,
}

/// One row of an audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Which deal or contact.
    pub record: RecordId,
    /// When, Unix seconds.
    pub at_s: i64,
    /// What happened to it.
    pub change: RecordChange,
}

/// A record of a CRM, by its id there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordId {
    /// A deal.
    Deal(String),
    /// A contact.
    Contact(String),
}

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordChange {
    /// A deal went to another stage.
    Moved {
        /// The stage before.
        left: Option<StageId>,
        /// The stage that it entered.
        stage: StageId,
    },
    /// It was made.
    Made,
    /// It was deleted.
    Deleted,
    /// It was taken back from the deleted ones.
    Restored,
    /// Its price changed, which its row has to show.
    Priced,
    /// Something else about it: a field, a tag, a link.
    Other,
}

/// The answer to [`crate::Question::Catalogue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The system of record.
    pub origin: String,
    /// The id that the CRM gave the account: it stays when the account gets another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The name under which the account was asked, where that is not the origin; empty once another account
    /// has that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// ISO 4217 code of the account.
    pub currency: Option<String>,
    /// All stages of all pipelines.
    pub stages: Vec<StageName>,
    /// What stages were called before, and stages that are gone; the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<StageName>,
    /// What the names in rules mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meanings: Vec<Meaning>,
}

/// Most former names of stages that are kept of an account.
const FORMER_MAX: usize = 200;

impl Catalogue {
    /// The same with what is known of the time before: what `before` calls otherwise or has more.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        let mut former: Vec<StageName> = Vec::new();
        for known in before.stages.iter().chain(&before.former) {
            if former.len() < FORMER_MAX && !self.stages.contains(known) && !former.contains(known) {
                former.push(known.clone());
            }
        }
        self.former = former;
        self.meanings.clone_from(&before.meanings);
        self
    }
}

/// One stage with the names that people gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageName {
    /// The ids.
    pub stage: StageId,
    /// The pipeline's name.
    pub pipeline_name: String,
    /// The stage's name.
    pub stage_name: String,
}

impl Catalogue {
    /// Whether the account was last asked under this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.as_deref().unwrap_or(&self.origin) == name
    }

    /// Whether another account has its name now.
    pub fn is_nameless(&self) -> bool {
        self.is_called("")
    }

    /// Whether an account of this id is another one. Of what has no id nobody knows.
    pub fn is_not(&self, account: Option<&str>) -> bool {
        self.account.as_deref().zip(account).is_some_and(|(known, other)| known != other)
    }
}

impl Fact {
    /// The short name of the fact's kind, for counters and screens.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Click(_) => "click",
            Self::Link(_) => "link",
            Self::DealHint(_) => "deal_hint",
            Self::ContactHint(_) => "contact_hint",
            Self::Deal(_) => "deal",
            Self::Contact(_) => "contact",
            Self::StageLog(_) => "stage_log",
            Self::Catalogue(_) => "catalogue",
            Self::AuditLog(_) => "audit_log",
        }
    }
}
