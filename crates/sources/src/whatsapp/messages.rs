//! From a webhook body to clicks and links. One message that cannot be used harms no other.

use std::collections::{HashMap, HashSet};

use kopru_core::{Channel, Click, Fact, Link, Node, WorkspaceId};
use serde_json::Value;

use super::{
    names::{USER_ID_MAX, is_user_id, phone_digits},
    renamed,
};
use crate::{
    Directory, NotUnderstood, Tenant,
    lenient::{list_of, seconds_of, text_of},
};

/// Longest click id that is taken, bytes; seen are 100 to 200.
const CLICK_ID_MAX: usize = 1024;
/// Longest id of an account or an ad, bytes.
const ID_MAX: usize = 64;

pub(super) fn facts(body: &[u8], directory: &Directory) -> Result<Vec<(WorkspaceId, Fact)>, NotUnderstood> {
    let body: Value = serde_json::from_slice(body).map_err(|_| NotUnderstood::because("not JSON"))?;
    if body.get("object").and_then(Value::as_str) != Some("whatsapp_business_account") {
        return Err(NotUnderstood::json(&body));
    }
    let Some(entries) = body.get("entry").and_then(Value::as_array) else {
        return Err(NotUnderstood::json(&body));
    };
    let mut found = ReadSoFar::default();
    for entry in entries {
        let account = text_of(entry, "id").filter(|id| is_id(id));
        // Where a source serves many, an account that is nobody's is of no interest here.
        let Some(tenant) = directory.find(account.as_deref().unwrap_or_default()) else {
            found.understood = true;
            continue;
        };
        for change in list_of(entry, "changes") {
            let field = change.get("field").and_then(Value::as_str).unwrap_or("messages");
            if field == "messages" {
                found.read_change(&change["value"], account.as_deref(), tenant);
            } else {
                found.understood = true;
            }
        }
    }
    if found.unusable && !found.understood {
        return Err(NotUnderstood::because("json: messages without a writer, a time or an id"));
    }
    Ok(found.facts)
}

#[derive(Default)]
struct ReadSoFar {
    facts: Vec<(WorkspaceId, Fact)>,
    /// Something was read, though it may be of no interest.
    understood: bool,
    /// Something could not be used.
    unusable: bool,
}

impl ReadSoFar {
    fn read_change(&mut self, value: &Value, account: Option<&str>, tenant: &Tenant) {
        self.understood |= value.get("statuses").is_some() || value.get("errors").is_some();
        let messages = list_of(value, "messages");
        let contacts = Contacts::read(list_of(value, "contacts"), messages);
        for message in messages {
            match read_message(message, &contacts, account, tenant) {
                Some(fact) => {
                    self.facts.push((tenant.workspace, fact));
                    self.understood = true;
                }
                None => self.unusable = true,
            }
        }
    }
}

fn read_message(
    message: &Value,
    contacts: &Contacts,
    account: Option<&str>,
    tenant: &Tenant,
) -> Option<Fact> {
    let mut who = contacts.writer_of(message, tenant);
    for node in renamed::identifiers(message, tenant) {
        if !who.contains(&node) {
            who.push(node);
        }
    }
    if who.is_empty() {
        return None;
    }
    let at_s = seconds_of(message, "timestamp")?;
    let Some(referral) = message.get("referral").and_then(Referral::read) else {
        return Some(Fact::Link(Link { who, at_s }));
    };
    Some(Fact::Click(Click {
        message: tenant.join.token("message", &text_of(message, "id")?),
        channel: Channel::Whatsapp,
        account: account?.to_owned(),
        who,
        at_s,
        click_id: referral.click_id,
        ad_id: referral.ad_id,
    }))
}

/// What a message says about the ad that opened the conversation.
struct Referral {
    click_id: Option<String>,
    ad_id: Option<String>,
}

impl Referral {
    /// `None` when the message comes from a post that nobody paid for.
    fn read(referral: &Value) -> Option<Self> {
        let source_type =
            referral.as_object()?.get("source_type").and_then(Value::as_str).filter(|t| !t.is_empty());
        let click_id = text_of(referral, "ctwa_clid").filter(|id| id.len() <= CLICK_ID_MAX);
        let is_ad = source_type == Some("ad");
        if !is_ad && source_type.is_some() && click_id.is_none() {
            return None;
        }
        let ad_id = text_of(referral, "source_id").filter(|id| is_ad && is_id(id));
        Some(Self { click_id, ad_id })
    }
}

/// A contact of a change. Its names are short: every message of the change may repeat them.
struct ContactEntry {
    phone: Option<String>,
    user: Option<String>,
}

/// The contacts of one change, by the two names under which a message can mean them.
struct Contacts {
    known: Vec<ContactEntry>,
    by_phone: HashMap<String, usize>,
    by_user: HashMap<String, usize>,
    /// Every message is by the one contact that there is.
    one_writer: bool,
}

impl ContactEntry {
    fn read(contact: &Value) -> Self {
        let name = |key| text_of(contact, key).filter(|name| name.len() <= USER_ID_MAX);
        Self { phone: name("wa_id"), user: name("user_id") }
    }
}

impl Contacts {
    fn read(contacts: &[Value], messages: &[Value]) -> Self {
        let known: Vec<ContactEntry> = contacts.iter().map(ContactEntry::read).collect();
        let by = |name: fn(&ContactEntry) -> &Option<String>| {
            let named = known.iter().enumerate();
            named.filter_map(|(at, contact)| Some((name(contact).clone()?, at))).collect()
        };
        let writers: HashSet<Option<String>> = messages.iter().map(writer_name).collect();
        let (by_phone, by_user) = (by(|contact| &contact.phone), by(|contact| &contact.user));
        // Its `wa_id` may differ from the message's `from`, so names are not compared.
        let one_writer = known.len() == 1 && writers.len() <= 1;
        Self { known, by_phone, by_user, one_writer }
    }

    /// Every identifier of the message's writer, phones first, each once.
    fn writer_of(&self, message: &Value, tenant: &Tenant) -> Vec<Node> {
        let from = text_of(message, "from");
        let from_user = text_of(message, "from_user_id");
        let named = || {
            let phone = from.as_ref().and_then(|from| self.by_phone.get(from));
            let user = || from_user.as_ref().and_then(|user| self.by_user.get(user));
            let from_as_user = || from.as_ref().and_then(|from| self.by_user.get(from));
            phone.or_else(user).or_else(from_as_user).copied()
        };
        let at = if self.one_writer { Some(0) } else { named() };
        let contact = at.and_then(|at| self.known.get(at));
        let phones = [contact.and_then(|contact| contact.phone.clone()), from.clone()];
        let user = contact.and_then(|contact| contact.user.clone());
        let users = [user, from_user, from.filter(|from| phone_digits(from).is_none())];

        let phones = phones.iter().flatten().filter_map(|id| phone_digits(id)).map(|d| tenant.join.phone(d));
        let users =
            users.iter().flatten().filter(|id| is_user_id(id)).map(|id| tenant.join.whatsapp_user(id));
        let mut who: Vec<Node> = Vec::new();
        for node in phones.chain(users) {
            if !who.contains(&node) {
                who.push(node);
            }
        }
        who
    }
}

fn writer_name(message: &Value) -> Option<String> {
    text_of(message, "from_user_id").or_else(|| text_of(message, "from"))
}

fn is_id(id: &str) -> bool {
    id.len() <= ID_MAX && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
