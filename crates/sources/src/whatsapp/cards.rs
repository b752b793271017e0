//! Contact cards in a message. One that its owner shared on request joins the writer with what stands in it; any
//! other is somebody else's, and says nothing.

use capi::Plain;
use kopru_core::{Fact, Link, Node, Trust};

use super::{
    json::{Value, list_of, member, text_of},
    names::{is_user_id, phone_digits},
};
use crate::Tenant;

/// The origin of a card that was shared in answer to a request for it; others have `other`. Meta, "Business-scoped
/// user IDs", November 2026.
const ON_REQUEST: &str = "contact_request";
/// How many numbers of a card are taken.
const NUMBERS_MAX: usize = 4;

/// What the writer's own card says of them, if the message has one. `said` is what the message says besides.
pub(super) fn own(message: &Value<'_>, said: &Fact, tenant: &Tenant) -> Option<Fact> {
    let (who, at_s) = match said {
        Fact::Link(link) => (&link.who, link.at_s),
        Fact::Click(click) => (&click.who, click.at_s),
        _ => return None,
    };
    let cards = list_of(message, "contacts");
    let card = cards.iter().find(|card| member(card, "origin").as_str() == Some(ON_REQUEST))?;
    let mut all = who.clone();
    for node in names(card, tenant) {
        if !all.contains(&node) {
            all.push(node);
        }
    }
    let is_news = all.len() > who.len();
    is_news.then(|| Fact::Link(Link { who: all, at_s, trust: Trust::OwnCard, ..Link::default() }))
}

fn names(card: &Value<'_>, tenant: &Tenant) -> Vec<Node> {
    let numbers = list_of(card, "phones");
    let phone = |number: &Value<'_>| match (text_of(number, "wa_id"), text_of(number, "phone")) {
        (Some(id), _) => phone_digits(&id).map(|digits| tenant.join.phones(digits)).unwrap_or_default(),
        (None, Some(written)) => tenant.phone(&Plain::new(written)),
        (None, None) => Vec::new(),
    };
    let user = |one: &Value<'_>| {
        let id = text_of(one, "user_id").filter(|id| is_user_id(id))?;
        Some(tenant.join.whatsapp_user(&id))
    };
    let numbers = numbers.iter().take(NUMBERS_MAX);
    numbers.clone().flat_map(phone).chain(numbers.filter_map(user)).chain(user(card)).collect()
}
