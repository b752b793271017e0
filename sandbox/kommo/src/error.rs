//! What can go wrong with what is to happen in the CRM, and with a webhook to it.

use crate::crm::chat::MOST_ORIGIN_BYTES;
use crate::handle::MOST_LAG_S;

/// Something cannot happen in this CRM, or a webhook was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No contact has this id.
    #[error("there is no contact {0}")]
    NoContact(u64),
    /// These are not two contacts that could become one.
    #[error("{0} and {1} are not two contacts that are there")]
    NotTwoContacts(u64, u64),
    /// No lead or contact can have this id.
    #[error("an id is 1 or more")]
    NoId,
    /// The pipeline is not there, or it is the only one.
    #[error("there is no pipeline {0}, or no other one")]
    NoPipeline(u64),
    /// The pipeline has no such stage.
    #[error("pipeline {0} has no stage {1}")]
    NoStage(u64, u64),
    /// The stage belongs to every pipeline, or is the last one.
    #[error("stage {0} cannot be taken away")]
    FixedStage(u64),
    /// No webhook goes to this address.
    #[error("no webhook goes to this destination")]
    NoWebhook,
    /// The API would lag too far behind.
    #[error("the API is at most {MOST_LAG_S} s behind")]
    LongLag,
    /// No lead has this id.
    #[error("there is no lead {0}")]
    NoLead(u64),
    /// A lead is to be made and nothing says where.
    #[error("a new lead needs pipeline_id and status_id")]
    NoPlace,
    /// The fields of a lead are refused, in the words with which the API would refuse them.
    #[error("{0}")]
    Fields(String),
    /// The name of a channel is too long.
    #[error("origin has more than {MOST_ORIGIN_BYTES} bytes")]
    LongOrigin,
    /// There are as many of these as are kept.
    #[error("the sandbox keeps no more {0}")]
    Full(&'static str),
    /// A webhook was not answered in time.
    #[error("no answer within {} s", .0.as_secs())]
    TooSlow(std::time::Duration),
    /// Nobody is at a webhook's address.
    #[error("no connection")]
    NoConnection,
    /// There is no answer to a webhook, for another reason.
    #[error(transparent)]
    NoAnswer(reqwest::Error),
}
