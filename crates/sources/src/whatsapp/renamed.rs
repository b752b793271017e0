//! Whom a message of WhatsApp itself says to be the same person: somebody has another number, or another user
//! id, than before. Bodies after Meta, "System messages webhook reference", August 2026, and older ones; no
//! contacts stand beside them.

use kopru_core::Node;

use super::{
    json::{Value, member, text_of},
    names::{is_user_id, phone_digits},
};
use crate::Tenant;

/// What the documentation and older bodies call a message that says somebody has another number.
const NUMBER: [&str; 2] = ["user_changed_number", "customer_changed_number"];
/// The same of a user id.
const USER_ID: &str = "user_changed_user_id";

/// What such a message says; nothing for any other one.
#[derive(Default)]
pub(super) struct Renamed {
    /// The numbers of now; none where only the id was changed.
    phones: Vec<Node>,
    /// The numbers of before, as far as the message names them beside its writer.
    phones_before: Vec<Node>,
    users: Vec<Node>,
    users_before: Vec<Node>,
}

impl Renamed {
    pub(super) fn read(message: &Value<'_>, tenant: &Tenant) -> Self {
        let system = member(message, "system");
        let kind = text_of(system, "type");
        let is_number = kind.as_deref().is_some_and(|kind| NUMBER.contains(&kind));
        if !is_number && kind.as_deref() != Some(USER_ID) {
            return Self::default();
        }
        let phones = |keys: &[&str]| -> Vec<Node> {
            let ids: Vec<_> = keys.iter().filter_map(|key| text_of(system, key)).collect();
            let ids = ids.iter().filter_map(|id| phone_digits(id));
            ids.flat_map(|digits| tenant.join.phones(digits)).collect()
        };
        let user = |key| -> Vec<Node> {
            let id = text_of(system, key).filter(|id| is_user_id(id));
            id.iter().map(|id| tenant.join.whatsapp_user(id)).collect()
        };
        Self {
            phones: phones(&["wa_id", "new_wa_id"]),
            phones_before: phones(&["customer"]),
            users: user("user_id"),
            users_before: user("previous_user_id"),
        }
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &Node> {
        let phones = self.phones.iter().chain(&self.phones_before);
        phones.chain(&self.users).chain(&self.users_before)
    }

    /// The names that are theirs no longer, among those and the writer's: the writer is named as before.
    pub(super) fn former(&self, writer: &[Node]) -> Vec<Node> {
        let (mut former, is_now) =
            (Vec::new(), |name: &Node| self.phones.contains(name) || self.users.contains(name));
        // Of a number that merely vanished nobody knows whether it is theirs.
        let writer = writer.iter().filter(|_| !self.phones.is_empty());
        let writer = writer.filter(|name| name.is_phone());
        for name in writer.chain(&self.phones_before).chain(&self.users_before) {
            if !is_now(name) && !former.contains(name) {
                former.push(name.clone());
            }
        }
        former
    }
}
