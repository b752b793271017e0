//! What Meta checks on an event of Messenger, Instagram or WhatsApp.
//!
//! The order is the one that a recorded matrix of WhatsApp answers suggests: channel, name, keys that
//! are not allowed, ids that are missing, the dataset's links, and last whether the click id is real.

use sandbox_hooks::click_id;
use serde_json::{Map, Value};

use super::check_context::CheckContext;
use super::place::Place;
use crate::graph::errors::Refusal;
use crate::values::{id_of, is_given};

/// The names of Meta's list for all channels.
const NAMES: [&str; 14] = [
    "Purchase",
    "LeadSubmitted",
    "InitiateCheckout",
    "AddToCart",
    "ViewContent",
    "OrderCreated",
    "OrderShipped",
    "OrderDelivered",
    "OrderCanceled",
    "OrderReturned",
    "CartAbandoned",
    "QualifiedLead",
    "RatingProvided",
    "ReviewProvided",
];

const WEB_KEYS: [&str; 4] = ["client_ip_address", "client_user_agent", "fbc", "fbp"];

pub(super) fn check(
    place: Place,
    name: &str,
    event: &Map<String, Value>,
    user_data: &Map<String, Value>,
    context: &CheckContext<'_>,
) -> Result<(), Refusal> {
    let Some(channel) = event.get("messaging_channel").filter(|channel| is_given(channel)) else {
        return Err(Refusal::subcode(2_804_063));
    };
    let Some(channel) = MessagingChannel::read(channel) else {
        return Err(place.refuse("['messaging_channel']", "must be messenger, instagram or whatsapp"));
    };
    let permission = channel.permission();
    if !context.token.has(permission) {
        return Err(Refusal::no_permission(permission));
    }
    if !NAMES.contains(&name) {
        return Err(Refusal::subcode(2_804_066));
    }
    let has = |object: &Map<String, Value>, key| object.get(key).is_some_and(|value| !value.is_null());
    if has(event, "event_source_url") || WEB_KEYS.iter().any(|key| has(user_data, key)) {
        return Err(Refusal::subcode(2_804_064));
    }
    let ids = Ids(user_data);
    channel.ids_present(&ids)?;
    channel.dataset_linked(&ids, context)?;
    match channel {
        MessagingChannel::Messenger => user_is_of_the_page(&ids, context),
        MessagingChannel::Whatsapp => click_is_known(&ids, context),
        MessagingChannel::Instagram => Ok(()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MessagingChannel {
    Messenger,
    Instagram,
    Whatsapp,
}

impl MessagingChannel {
    fn read(value: &Value) -> Option<Self> {
        match value.as_str()? {
            "messenger" => Some(Self::Messenger),
            "instagram" => Some(Self::Instagram),
            "whatsapp" => Some(Self::Whatsapp),
            _ => None,
        }
    }

    fn permission(self) -> &'static str {
        match self {
            Self::Messenger => "page_events",
            Self::Instagram => "instagram_manage_events",
            Self::Whatsapp => "whatsapp_business_manage_events",
        }
    }

    fn ids_present(self, ids: &Ids<'_>) -> Result<(), Refusal> {
        match self {
            Self::Messenger => {
                ids.need("page_id", 2_804_069)?;
                ids.need("page_scoped_user_id", 2_804_071)
            }
            Self::Instagram => {
                ids.need("ig_sid", 2_804_075)?;
                ids.need("ig_account_id", 2_804_079)
            }
            Self::Whatsapp => {
                ids.need("ctwa_clid", 2_804_071)?;
                ids.need("page_id", 2_804_116)
                    .or_else(|_| ids.need("whatsapp_business_account_id", 2_804_116))
            }
        }
    }

    fn dataset_linked(self, ids: &Ids<'_>, context: &CheckContext<'_>) -> Result<(), Refusal> {
        let dataset = context.dataset;
        if self == Self::Instagram {
            // No subcode is known for another account than the linked one.
            return linked(ids.get("ig_account_id"), dataset.ig_account_id.as_deref(), 2_804_133, 2_804_133);
        }
        linked(ids.get("page_id"), dataset.page_id.as_deref(), 2_804_131, 2_804_065)?;
        let waba = if self == Self::Whatsapp { ids.get("whatsapp_business_account_id") } else { None };
        linked(waba, dataset.waba_id.as_deref(), 2_804_132, 2_804_118)
    }
}

struct Ids<'a>(&'a Map<String, Value>);

impl Ids<'_> {
    fn get(&self, key: &str) -> Option<String> {
        self.0.get(key).and_then(id_of)
    }

    fn need(&self, key: &str, otherwise: i64) -> Result<(), Refusal> {
        self.get(key).map(drop).ok_or_else(|| Refusal::subcode(otherwise))
    }
}

fn linked(given: Option<String>, link: Option<&str>, none: i64, other: i64) -> Result<(), Refusal> {
    match (given, link) {
        (Some(_), None) => Err(Refusal::subcode(none)),
        (Some(given), Some(link)) if given != link => Err(Refusal::subcode(other)),
        _ => Ok(()),
    }
}

fn user_is_of_the_page(ids: &Ids<'_>, context: &CheckContext<'_>) -> Result<(), Refusal> {
    let page = ids.get("page_scoped_user_id").and_then(|user| context.world.scoped_ids.get(&user).cloned());
    let right = match page {
        Some(page) => ids.get("page_id").is_some_and(|given| given == page),
        None => context.any_id,
    };
    if right { Ok(()) } else { Err(Refusal::subcode(2_804_073)) }
}

/// The Page must be the one whose ad was clicked. A click of another WhatsApp Business Account is as
/// unusable as one that never was.
fn click_is_known(ids: &Ids<'_>, context: &CheckContext<'_>) -> Result<(), Refusal> {
    let click = ids.get("ctwa_clid").and_then(|clid| context.world.clicks.get(&clid));
    let Some(click) = click else {
        let known = context.any_id || is_of_a_webhook(ids, context);
        return if known { Ok(()) } else { Err(Refusal::subcode(2_804_087)) };
    };
    let other_than = |given: Option<String>, clicked: &str| given.is_some_and(|given| given != clicked);
    if click.page_id.as_ref().is_some_and(|page| other_than(ids.get("page_id"), page)) {
        return Err(Refusal::subcode(2_804_072));
    }
    if other_than(ids.get("whatsapp_business_account_id"), &click.waba_id) {
        return Err(Refusal::subcode(2_804_087));
    }
    Ok(())
}

/// A click id that the sandbox's webhook makers have made for the account.
fn is_of_a_webhook(ids: &Ids<'_>, context: &CheckContext<'_>) -> bool {
    let account = ids.get("whatsapp_business_account_id").or_else(|| context.dataset.waba_id.clone());
    account.zip(ids.get("ctwa_clid")).is_some_and(|(account, clid)| click_id::is_of(&account, &clid))
}
