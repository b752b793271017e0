//! What of a page's address is passed on: where it is, and by which ad somebody came. The other parameters are a shop's
//! own and can be anything: a session, a cart, the key to an order.

use std::borrow::Cow;

use capi::privacy::only_allowed;

/// Click ids of advertising networks, and the ids of campaign, ad set and ad as templates of addresses name them.
const ALLOWED: [&str; 15] = [
    "fbclid",
    "gclid",
    "gbraid",
    "wbraid",
    "ttclid",
    "msclkid",
    "li_fat_id",
    "campaign_id",
    "adset_id",
    "ad_id",
    "campaignid",
    "adsetid",
    "adgroupid",
    "adid",
    "ad_set_id",
];
/// What the parameters of campaigns begin with.
const CAMPAIGN: &str = "utm_";

/// The address without what is not passed on; nothing if nothing is left.
pub(super) fn passed_on(url: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let kept = match only_allowed(&url, is_allowed) {
        Cow::Borrowed(kept) if kept.len() == url.len() => return Some(url),
        kept => kept.into_owned(),
    };
    (!kept.is_empty()).then_some(Cow::Owned(kept))
}

/// Whether a parameter is passed on.
pub(crate) fn is_allowed(name: &str) -> bool {
    name.starts_with(CAMPAIGN) || ALLOWED.contains(&name)
}
