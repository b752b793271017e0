//! Whom a message of WhatsApp itself says to be the same person: somebody has another number, or another user
//! id, than before.

use kopru_core::Node;
use serde_json::Value;

use super::names::{is_user_id, phone_digits};
use crate::{Tenant, lenient::text_of};

/// What Meta's documentation (August 2026) and older bodies call such a message.
const KINDS: [&str; 3] = ["user_changed_number", "user_changed_user_id", "customer_changed_number"];

/// The identifiers that the message joins with its writer; empty for any other message.
pub(super) fn identifiers(message: &Value, tenant: &Tenant) -> Vec<Node> {
    let Some(system) =
        message.get("system").filter(|_| text_of(message, "type").as_deref() == Some("system"))
    else {
        return Vec::new();
    };
    if !text_of(system, "type").is_some_and(|kind| KINDS.contains(&kind.as_str())) {
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
