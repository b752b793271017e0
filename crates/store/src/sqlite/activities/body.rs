//! What is sealed of an activity: its event, and by what its person can be recognised.

use kopru_core::{Identifier, Node, StoredEvent};
use serde::{Deserialize, Serialize};

use super::EVENT;
use crate::{Error, seal::Opener};

/// What stands before the event in what is sealed, in one line.
#[derive(Serialize, Deserialize)]
struct BodyHead {
    action_source: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    envelope: String,
    /// By what the person can be recognised.
    who: Vec<Node>,
    /// What was told with it and Meta does not get.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    beside: String,
}

pub(super) fn written(event: &StoredEvent, who: &[Identifier]) -> Result<Vec<u8>, Error> {
    let StoredEvent { action_source, envelope, json, beside, .. } = event;
    let who = who.iter().map(|identifier| identifier.node.clone()).collect();
    let (action_source, envelope, beside) = (action_source.clone(), envelope.clone(), beside.clone());
    let head = BodyHead { action_source, envelope, who, beside };
    let mut text = serde_json::to_vec(&head)?;
    text.push(b'\n');
    text.extend_from_slice(json.as_bytes());
    Ok(text)
}

/// Reads back what was sealed: the event, and by what its person can be recognised.
pub(super) fn read(opener: &Opener, sealed: &[u8]) -> Result<(StoredEvent, Vec<Node>), Error> {
    let broken = || Error::corrupt("an activity cannot be read");
    let mut json = String::from_utf8(opener.open(EVENT, sealed)?).map_err(|_| broken())?;
    let end = json.find('\n').ok_or_else(broken)?;
    let BodyHead { action_source, envelope, who, beside } = serde_json::from_str(&json[..end])?;
    json.drain(..=end);
    Ok((StoredEvent { action_source, envelope, json, added: Vec::new(), beside }, who))
}
