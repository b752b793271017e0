//! Why no click of a person is known: what can be said for certain, and nothing beyond.

use crate::{
    Cause, Chat, Conversion, Policy, Reason, RouteKind, WorkingSet,
    person::{CLOCK_SKEW_MAX_S, PersonNames},
};

/// Why no click is known of the person behind an event.
pub(super) fn why(
    known: &WorkingSet,
    policy: &Policy,
    conversion: &Conversion,
    person: &PersonNames,
) -> Reason {
    let latest_s = conversion.event_s.saturating_add(CLOCK_SKEW_MAX_S);
    let chat = chat_of(known, person);
    if chat.and_then(|chat| chat.withheld_s).is_some_and(|withheld_s| withheld_s <= latest_s) {
        return Reason::ClickWithheld;
    }
    if is_shared(known, &conversion.cause, person) {
        return Reason::SharedIdentifier;
    }
    if known.is_unclear(person) {
        return Reason::SeveralPeople;
    }
    if !known.can_be_met(conversion, person) {
        let has_contact =
            known.subject(&conversion.cause).is_some_and(|subject| !subject.contacts.is_empty());
        return if has_contact { Reason::NoPhone } else { Reason::Nobody };
    }
    let Some(heard_s) = heard_since_s(known, policy) else { return Reason::ChatsUnheard };
    let began_plain = chat.filter(|chat| chat.began_plain && chat.first_s <= latest_s);
    let created_s = known.created_s(&conversion.cause);
    let is_older = created_s.is_some_and(|created_s| created_s.saturating_add(CLOCK_SKEW_MAX_S) < heard_s);
    match began_plain {
        // A number's history tells of chats from before the first one came.
        Some(chat) if chat.first_s < heard_s || !is_older => Reason::NotFromAd,
        _ if is_older => Reason::ChatBeforeUs,
        _ => Reason::NoClick,
    }
}

/// How the chats of a person began, all together. Of a number that has passed to them only the later messages are
/// theirs, and they came from no ad, or the click would be known.
fn chat_of(known: &WorkingSet, person: &PersonNames) -> Option<Chat> {
    let chats = person.iter().filter_map(|name| {
        let chat = known.chats.get(name)?;
        let passed = || name.is_phone().then(|| Chat::of(chat.last_s, true, None));
        let all = known.is_by(person, name, &[], chat.first_s).then_some(*chat).or_else(passed);
        all.filter(|all| known.is_by(person, name, &[], all.first_s))
    });
    chats.reduce(Chat::with)
}

/// Whether an identifier of the cause's contacts joins nobody, and nothing else does, or it would have brought
/// a click.
fn is_shared(known: &WorkingSet, cause: &Cause, person: &PersonNames) -> bool {
    let shared = known.shared_by_too_many(cause);
    let has_others = person.iter().any(|name| !name.is_contact());
    let brings_click = |node| known.clicks.contains_key(node) || known.expired_clicks.contains_key(node);
    !shared.is_empty() && (!has_others || shared.into_iter().any(brings_click))
}

/// Since when chats of the accounts that are set up come here, Unix seconds.
fn heard_since_s(known: &WorkingSet, policy: &Policy) -> Option<i64> {
    let by_chat = policy.datasets.iter().filter(|dataset| dataset.routes.contains(&RouteKind::Messaging));
    let accounts = by_chat.filter_map(|dataset| dataset.waba_id.as_deref());
    accounts.filter_map(|account| known.heard.get(account)).copied().min()
}
