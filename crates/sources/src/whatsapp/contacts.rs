//! The contacts that stand beside messages and statuses, and whom these mean.

use std::{borrow::Cow, collections::HashMap};

use kopru_core::Node;

use super::{
    json::{Value, text_of},
    names::{USER_ID_MAX, is_user_id, phone_digits},
};
use crate::Tenant;

/// A contact of a change. Its names are short: every message of the change may repeat them.
struct ContactEntry<'a> {
    phone: Option<Cow<'a, str>>,
    user: Option<Cow<'a, str>>,
}

/// Under which keys a message or a status names its person: by number and by user id.
#[derive(Clone, Copy)]
pub(super) struct NameKeys {
    phone: &'static str,
    user: &'static str,
}

/// Who wrote a message.
pub(super) const WRITER: NameKeys = NameKeys { phone: "from", user: "from_user_id" };
/// To whom a message was sent: Meta, "Status messages webhook reference", May 2026.
pub(super) const RECIPIENT: NameKeys = NameKeys { phone: "recipient_id", user: "recipient_user_id" };

impl NameKeys {
    fn name<'a>(self, one: &'a Value<'a>) -> Option<Cow<'a, str>> {
        text_of(one, self.user).or_else(|| text_of(one, self.phone))
    }
}

/// The contacts of one change.
pub(super) struct Contacts<'a> {
    keys: NameKeys,
    entries: Entries<'a>,
}

enum Entries<'a> {
    /// Everything is of the one contact that there is. Its `wa_id` may differ from a message's `from`, so
    /// names are not compared.
    OneOnly(ContactEntry<'a>),
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
    pub(super) fn read(contacts: &'a [Value<'a>], named: &'a [Value<'a>], keys: NameKeys) -> Self {
        let first = named.first().and_then(|one| keys.name(one));
        match contacts {
            [only] if named.iter().all(|one| keys.name(one) == first) => {
                Self { keys, entries: Entries::OneOnly(ContactEntry::read(only)) }
            }
            _ => Self::by_name(contacts, keys),
        }
    }

    /// Those of a body that is of others as well: only a name says who is meant.
    pub(super) fn by_name(contacts: &'a [Value<'a>], keys: NameKeys) -> Self {
        let known: Vec<ContactEntry<'a>> = contacts.iter().map(ContactEntry::read).collect();
        let places = known.iter().enumerate();
        let by_phone =
            places.clone().filter_map(|(at, contact)| Some((contact.phone.clone()?, at))).collect();
        let by_user = places.filter_map(|(at, contact)| Some((contact.user.clone()?, at))).collect();
        Self { keys, entries: Entries::Named { known, by_phone, by_user } }
    }

    /// The contact that a message means by its writer's names.
    fn find(&self, from: Option<&str>, from_user: Option<&str>) -> Option<&ContactEntry<'a>> {
        match &self.entries {
            Entries::OneOnly(contact) => Some(contact),
            Entries::Named { known, by_phone, by_user } => {
                let phone = from.and_then(|from| by_phone.get(from));
                let user = || from_user.and_then(|user| by_user.get(user));
                let from_as_user = || from.and_then(|from| by_user.get(from));
                known.get(*phone.or_else(user).or_else(from_as_user)?)
            }
        }
    }

    /// Every identifier of whom a message or a status names, phones first, each once.
    pub(super) fn named_by(&self, one: &Value<'_>, tenant: &Tenant) -> Vec<Node> {
        let (from, from_user) = (text_of(one, self.keys.phone), text_of(one, self.keys.user));
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
        let phones = digits.into_iter().flat_map(|digits| tenant.join.phones(digits));
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
