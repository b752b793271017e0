//! Statuses of what the business has sent: of people with a username they are often the only place where phone
//! and user id stand together. Bodies after Meta, "Status messages webhook reference", May 2026.

use std::collections::HashSet;

use kopru_core::{Fact, Link, Node, Trust};

use super::{
    contacts::Contacts,
    json::{Value, member, seconds_of},
};
use crate::Tenant;

/// What statuses say of who is the same person. Each is said once for all that a body has of one message:
/// sent, delivered and read often come together.
pub(super) fn facts(statuses: &[Value<'_>], contacts: &Contacts<'_>, tenant: &Tenant) -> Vec<Fact> {
    let mut said: HashSet<Vec<Node>> = HashSet::new();
    let mut facts = Vec::new();
    for status in statuses {
        // Of what reached nobody the business alone says who it was for, and a group is nobody.
        let is_failed = member(status, "status").as_str() == Some("failed");
        if is_failed || member(status, "recipient_type").as_str() == Some("group") {
            continue;
        }
        let Some(at_s) = seconds_of(status, "timestamp") else { continue };
        let who = contacts.named_by(status, tenant);
        if who.len() >= 2 && said.insert(who.clone()) {
            facts.push(Fact::Link(Link { who, at_s, trust: Trust::Signed, ..Link::default() }));
        }
    }
    facts
}
