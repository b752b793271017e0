//! From a webhook body to clicks and links. One message that cannot be used harms no other.

use std::{borrow::Cow, collections::HashMap};

use kopru_core::{Channel, Click, Fact, Link, Node, WorkspaceId};

use super::{
    json::{Value, list_of, member, seconds_of, text_of},
    names::{USER_ID_MAX, is_user_id, phone_digits},
    renamed,
};
use crate::{Directory, NotUnderstood, Tenant};

/// Longest click id that is taken, bytes; seen are 100 to 200.
const CLICK_ID_MAX: usize = 1024;
/// Longest id of an account or an ad, bytes.
const ID_MAX: usize = 64;

pub(super) fn facts(body: &[u8], directory: &Directory) -> Result<Vec<(WorkspaceId, Fact)>, NotUnderstood> {
    let body: Value<'_> = serde_json::from_slice(body).map_err(|_| NotUnderstood::because("not JSON"))?;
    if member(&body, "object").as_str() != Some("whatsapp_business_account") {
        return Err(not_understood(&body));
    }
    let Some(entries) = member(&body, "entry").as_array() else {
        return Err(not_understood(&body));
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
            let field = member(change, "field").as_str().unwrap_or("messages");
            if field == "messages" {
                found.read_change(member(change, "value"), account.as_deref(), tenant);
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

fn not_understood(body: &Value<'_>) -> NotUnderstood {
    match body {
        Value::Object(members) => NotUnderstood::keys("json", members.keys()),
        Value::Array(_) => NotUnderstood::because("json list"),
        _ => NotUnderstood::because("json scalar"),
    }
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
    fn read_change(&mut self, value: &Value<'_>, account: Option<&str>, tenant: &Tenant) {
        self.understood |= !member(value, "statuses").is_null() || !member(value, "errors").is_null();
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
    message: &Value<'_>,
    contacts: &Contacts<'_>,
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
    let Some(referral) = Referral::read(member(message, "referral")) else {
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
    fn read(referral: &Value<'_>) -> Option<Self> {
        referral.as_object()?;
        let source_type = member(referral, "source_type").as_str().filter(|t| !t.is_empty());
        let click_id = text_of(referral, "ctwa_clid").filter(|id| id.len() <= CLICK_ID_MAX);
        let is_ad = source_type == Some("ad");
        if !is_ad && source_type.is_some() && click_id.is_none() {
            return None;
        }
        let ad_id = text_of(referral, "source_id").filter(|id| is_ad && is_id(id));
        Some(Self { click_id: click_id.map(Cow::into_owned), ad_id: ad_id.map(Cow::into_owned) })
    }
}

/// A contact of a change. Its names are short: every message of the change may repeat them.
struct ContactEntry<'a> {
    phone: Option<Cow<'a, str>>,
    user: Option<Cow<'a, str>>,
}

/// The contacts of one change.
enum Contacts<'a> {
    /// Every message is by the one contact that there is. Its `wa_id` may differ from a message's `from`, so
    /// names are not compared.
    OneWriter(ContactEntry<'a>),
    /// They are found by the two names under which a message can mean them.
    Named { known: Vec<ContactEntry<'a>>, by_phone: Places<'a>, by_user: Places<'a> },
}

/// Places of contacts by a name.
type Places<'a> = HashMap<Cow<'a, str>, usize>;

impl<'a> ContactEntry<'a> {
    fn read(contact: &'a Value<'a>) -> Self {
        let name = |key| text_of(contact, key).filter(|name| name.len() <= USER_ID_MAX);
        Self { phone: name("wa_id"), user: name("user_id") }
    }
}
impl<'a> Contacts<'a> {
    fn read(contacts: &'a [Value<'a>], messages: &'a [Value<'a>]) -> Self {
        let mut known: Vec<ContactEntry<'a>> = contacts.iter().map(ContactEntry::read).collect();
        let first = messages.first().and_then(writer_name);
        if known.len() == 1 && messages.iter().all(|message| writer_name(message) == first) {
            return Self::OneWriter(known.remove(0));
        }
        let places = known.iter().enumerate();
        let by_phone =
            places.clone().filter_map(|(at, contact)| Some((contact.phone.clone()?, at))).collect();
        let by_user = places.filter_map(|(at, contact)| Some((contact.user.clone()?, at))).collect();
        Self::Named { known, by_phone, by_user }
    }

    /// The contact that a message means by its writer's names.
    fn find(&self, from: Option<&str>, from_user: Option<&str>) -> Option<&ContactEntry<'a>> {
        match self {
            Self::OneWriter(contact) => Some(contact),
            Self::Named { known, by_phone, by_user } => {
                let phone = from.and_then(|from| by_phone.get(from));
                let user = || from_user.and_then(|user| by_user.get(user));
                let from_as_user = || from.and_then(|from| by_user.get(from));
                known.get(*phone.or_else(user).or_else(from_as_user)?)
            }
        }
    }

    /// Every identifier of the message's writer, phones first, each once.
    fn writer_of(&self, message: &Value<'_>, tenant: &Tenant) -> Vec<Node> {
        let (from, from_user) = (text_of(message, "from"), text_of(message, "from_user_id"));
        let (from, from_user) = (from.as_deref(), from_user.as_deref());
        let contact = self.find(from, from_user);
        let phones = [contact.and_then(|contact| contact.phone.as_deref()), from];
        let user = contact.and_then(|contact| contact.user.as_deref());
        let users = [user, from_user, from.filter(|from| phone_digits(from).is_none())];

        // A phone that is written twice, as `wa_id` and `from`, is hashed once.
        let phones = phones.into_iter().flatten().filter_map(phone_digits);
        let mut digits: Vec<&str> = Vec::with_capacity(2);
        for phone in phones {
            if !digits.contains(&phone) {
                digits.push(phone);
            }
        }
        let phones = digits.into_iter().map(|digits| tenant.join.phone(digits));
        let users = users.into_iter().flatten().filter(|id| is_user_id(id));
        let users = users.map(|id| tenant.join.whatsapp_user(id));
        let mut who: Vec<Node> = Vec::new();
        for node in phones.chain(users) {
            if !who.contains(&node) {
                who.push(node);
            }
        }
        who
    }
}

fn writer_name<'a>(message: &'a Value<'a>) -> Option<Cow<'a, str>> {
    text_of(message, "from_user_id").or_else(|| text_of(message, "from"))
}

fn is_id(id: &str) -> bool {
    id.len() <= ID_MAX && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
