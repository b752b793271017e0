//! `GET /act_{id}/ads`, and the nodes of ad accounts, campaigns, ad sets and ads.

use axum::http::Method;
use serde_json::{Value, json};

use super::access;
use super::call::Call;
use super::errors::Refusal;
use super::limit;
use super::listing::{self, Filter, Node, Shown};
use crate::Meta;
use crate::world::{Ad, AdAccount, Token, World};

/// What ads can be read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Account,
    Campaign,
    AdSet,
    Ad,
}

/// An account, campaign, ad set or ad that a call is about, with its account and ads.
pub(super) struct Object<'a> {
    pub(super) level: Level,
    pub(super) account: &'a AdAccount,
    pub(super) ads: Vec<&'a Ad>,
}

/// The object with this id, if there is one.
pub(super) fn find<'a>(world: &'a World, id: &str) -> Option<Object<'a>> {
    if let Some(account) = id.strip_prefix("act_") {
        let account = world.accounts.get(account)?;
        let ads = world.ads.values().filter(|ad| ad.account_id == account.id).collect();
        return Some(Object { level: Level::Account, account, ads });
    }
    let of = |key: fn(&Ad) -> &str| -> Vec<&Ad> { world.ads.values().filter(|ad| key(ad) == id).collect() };
    let (level, ads) = match world.ads.get(id) {
        Some(ad) => (Level::Ad, vec![ad]),
        None => match of(|ad| &ad.campaign_id) {
            ads if ads.is_empty() => (Level::AdSet, of(|ad| &ad.adset_id)),
            ads => (Level::Campaign, ads),
        },
    };
    let account = world.accounts.get(&ads.first()?.account_id)?;
    Some(Object { level, account, ads })
}

/// The object of a call and the token that may read it.
pub(super) fn readable<'a>(
    meta: &Meta,
    world: &'a World,
    call: &Call,
    id: &str,
    now_s: i64,
) -> Result<(Object<'a>, &'a Token), Refusal> {
    let token = access::token(world, call, now_s)?;
    limit::charge(meta, call, token)?;
    let no_object = || Refusal::no_object(&call.method, &call.path.node);
    let object = find(world, id).ok_or_else(no_object)?;
    if !token.may_touch(&format!("act_{}", object.account.id)) {
        return Err(no_object());
    }
    if !token.has("ads_read") && !token.has("ads_management") {
        return Err(Refusal::no_permission("ads_read"));
    }
    Ok((object, token))
}

/// `GET /act_{id}/ads`, newest first. Without a filter on it, ads that are archived or deleted are not
/// listed, as Meta does.
pub(super) fn edge(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let world = meta.world();
    let (object, token) = readable(meta, &world, call, &call.path.node, now_s)?;
    if call.method != Method::GET || object.level == Level::Ad {
        return Err(Refusal::no_object(&call.method, &call.path.node));
    }
    let fields = listing::fields(call)?;
    let filters = Filter::all(call)?;
    let mut statuses = call.names("effective_status");
    if statuses.is_empty() && !filters.iter().any(|filter| filter.field.ends_with("effective_status")) {
        statuses = vec!["ACTIVE".to_owned(), "PAUSED".to_owned()];
    }
    let mut ads = Vec::new();
    for ad in object.ads.into_iter().rev() {
        let listed = statuses.is_empty() || statuses.iter().any(|one| one == status(ad));
        if listed && passes(ad, &filters)? {
            ads.push(ad);
        }
    }
    listing::page(call, &token.value, &ads, |ad| ad.id.clone(), |ad| node_of(ad).show(&fields))
}

/// Whether an ad passes all conditions on ids and status.
pub(super) fn passes(ad: &Ad, filters: &[Filter]) -> Result<bool, Refusal> {
    for filter in filters {
        let text = match filter.field.as_str() {
            "id" | "ad.id" => &ad.id,
            "adset.id" | "adset_id" => &ad.adset_id,
            "campaign.id" | "campaign_id" => &ad.campaign_id,
            "effective_status" | "ad.effective_status" => status(ad),
            _ => return Err(filter.refused()),
        };
        if !filter.lets(text)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The node of a call, if its id is one of an ad account, campaign, ad set or ad.
pub(super) fn node(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let world = meta.world();
    let (object, _) = readable(meta, &world, call, &call.path.node, now_s)?;
    let first = object.ads.first();
    let node = match (object.level, first) {
        (Level::Campaign, Some(ad)) => campaign_of(ad),
        (Level::AdSet, Some(ad)) => adset_of(ad),
        (Level::Ad, Some(ad)) => node_of(ad),
        _ => account_of(object.account),
    };
    if call.method != Method::GET {
        return Err(Refusal::no_object(&call.method, &call.path.node));
    }
    node.show(&listing::fields(call)?)
}

fn status(ad: &Ad) -> &str {
    if ad.status.is_empty() { "ACTIVE" } else { &ad.status }
}

fn account_of(account: &AdAccount) -> Node {
    Node {
        kind: "AdAccount",
        default: &["account_id"],
        fields: vec![
            ("id", format!("act_{}", account.id).into()),
            ("account_id", account.id.as_str().into()),
            ("name", account.name.as_str().into()),
            ("currency", account.currency.as_str().into()),
            ("timezone_name", account.time_zone.as_str().into()),
            ("account_status", json!(1).into()),
        ],
    }
}

fn campaign_of(ad: &Ad) -> Node {
    Node {
        kind: "AdCampaignGroup",
        default: &[],
        fields: vec![
            ("id", ad.campaign_id.as_str().into()),
            ("name", ad.campaign_name.as_str().into()),
            ("account_id", ad.account_id.as_str().into()),
        ],
    }
}

fn adset_of(ad: &Ad) -> Node {
    Node {
        kind: "AdCampaign",
        default: &[],
        fields: vec![
            ("id", ad.adset_id.as_str().into()),
            ("name", ad.adset_name.as_str().into()),
            ("account_id", ad.account_id.as_str().into()),
            ("campaign_id", ad.campaign_id.as_str().into()),
            ("campaign", linked(campaign_of(ad), &ad.campaign_id)),
        ],
    }
}

fn node_of(ad: &Ad) -> Node {
    let id = Some(ad.creative_id.as_str()).filter(|id| !id.is_empty());
    let creative = Node { kind: "AdCreative", default: &[], fields: vec![("id", json!(id).into())] };
    Node {
        kind: "Ad",
        default: &[],
        fields: vec![
            ("id", ad.id.as_str().into()),
            ("name", ad.name.as_str().into()),
            ("account_id", ad.account_id.as_str().into()),
            ("status", status(ad).into()),
            ("configured_status", status(ad).into()),
            ("effective_status", status(ad).into()),
            ("adset_id", ad.adset_id.as_str().into()),
            ("campaign_id", ad.campaign_id.as_str().into()),
            ("adset", linked(adset_of(ad), &ad.adset_id)),
            ("campaign", linked(campaign_of(ad), &ad.campaign_id)),
            ("creative", linked(creative, &ad.creative_id)),
        ],
    }
}

fn linked(node: Node, id: &str) -> Shown {
    if id.is_empty() { Value::Null.into() } else { Shown::Linked(Box::new(node)) }
}
