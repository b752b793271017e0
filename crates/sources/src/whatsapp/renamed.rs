//! Whom a message of WhatsApp itself says to be the same person: somebody has another number, or another user
//! id, than before.

use kopru_core::Node;

use super::{
    json::{Value, member, text_of},
    names::{is_user_id, phone_digits},
};
use crate::Tenant;

/// What Meta's documentation (August 2026) and older bodies call such a message.
const KINDS: [&str; 3] = ["user_changed_number", "user_changed_user_id", "customer_changed_number"];

/// The identifiers that the message joins with its writer; empty for any other message.
pub(super) fn identifiers(message: &Value<'_>, tenant: &Tenant) -> Vec<Node> {
    if member(message, "type").as_str() != Some("system") {
        return Vec::new();
    }
    let system = member(message, "system");
    if !text_of(system, "type").is_some_and(|kind| KINDS.contains(&&*kind)) {
        return Vec::new();
    }
    let named = |keys: &[&str]| keys.iter().filter_map(|key| text_of(system, key)).collect::<Vec<_>>();
    // `customer` is the number of before in older bodies.
    let phones = named(&["wa_id", "new_wa_id", "customer"]);
    let users = named(&["user_id", "previous_user_id"]);
    let phones = phones.iter().filter_map(|id| phone_digits(id)).map(|digits| tenant.join.phone(digits));
    let users = users.iter().filter(|id| is_user_id(id)).map(|id| tenant.join.whatsapp_user(id));
    phones.chain(users).collect()
}
