//! What was written before a number of the app was connected: Meta, "history webhook reference", 2026. A chat
//! of a number that is used in the app as well comes here with all its messages, in pieces and in no order.

use kopru_core::{Channel, ChatMessage, Click, Fact, Link, MessageContent, Node, Trust};

use super::{
    content::{Referral, content},
    json::{Value, list_of, member, seconds_of, text_of},
    names::{is_user_id, phone_digits},
};
use crate::Tenant;

/// Reads clicks, and of each chat its oldest message: by it the chat began, as far as this piece goes.
pub(super) fn read(value: &Value<'_>, account: Option<&str>, tenant: &Tenant, mut found: impl FnMut(Fact)) {
    let Some(account) = account else { return };
    for thread in list_of(value, "history").iter().flat_map(|piece| list_of(piece, "threads")) {
        let mut oldest: Option<Link> = None;
        for message in list_of(thread, "messages") {
            let Some((who, at_s)) = written_by_customer(thread, message, tenant) else { continue };
            if let Some(referral) = Referral::read(member(message, "referral")) {
                let Some(id) = text_of(message, "id") else { continue };
                found(Fact::Click(Click {
                    message: tenant.join.token("message", &id),
                    channel: Channel::Whatsapp,
                    account: account.to_owned(),
                    who,
                    at_s,
                    click_id: referral.click_id,
                    ad_id: referral.ad_id,
                }));
                continue;
            }
            let kind = member(message, "type").as_str().unwrap_or_default();
            let Some(content) = content(message, kind) else { continue };
            let is_withheld = content == MessageContent::Withheld;
            let message = Some(ChatMessage { account: account.to_owned(), content });
            let link = Link { who, at_s, trust: Trust::Signed, former: Vec::new(), message };
            if is_withheld {
                found(Fact::Link(link));
            } else if oldest.as_ref().is_none_or(|oldest| at_s < oldest.at_s) {
                oldest = Some(link);
            }
        }
        if let Some(oldest) = oldest {
            found(Fact::Link(oldest));
        }
    }
}

/// Who wrote a message of a chat and when; `None` for what the business wrote and for what cannot be used.
fn written_by_customer(thread: &Value<'_>, message: &Value<'_>, tenant: &Tenant) -> Option<(Vec<Node>, i64)> {
    // What the business wrote has a recipient, and its own number as the writer.
    let is_ours = member(message, "history_context").get("from_me").as_bool() == Some(true);
    if is_ours || !member(message, "to").is_null() {
        return None;
    }
    let (customer, from) = (text_of(thread, "id"), text_of(message, "from"));
    let from_user = text_of(message, "from_user_id").or_else(|| from.clone());
    let from_user = from_user.filter(|id| is_user_id(id));
    let is_theirs = from_user.is_some() || (from.is_some() && from == customer);
    if !is_theirs {
        return None;
    }
    let digits = customer.as_deref().and_then(phone_digits);
    let mut who = digits.map(|digits| tenant.join.phones(digits)).unwrap_or_default();
    who.extend(from_user.map(|id| tenant.join.whatsapp_user(&id)));
    (!who.is_empty()).then_some((who, seconds_of(message, "timestamp")?))
}
