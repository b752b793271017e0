//! `GET /{leadgen_id}`, and `GET /{form|ad}/leads`.

use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::access;
use super::call::Call;
use super::errors::Refusal;
use super::limit;
use super::listing::{self, Filter, Node};
use crate::Meta;
use crate::world::{Lead, Token, World};

/// One lead.
pub(super) fn node(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let id = &call.path.node;
    let world = meta.world();
    let token = reader(meta, &world, call, now_s)?;
    let lead = world.leads.get(id).filter(|lead| may_read(token, lead));
    let lead = lead.filter(|_| call.method == Method::GET);
    let lead = lead.ok_or_else(|| Refusal::no_object(&call.method, id))?;
    node_of(&world, lead).show(&listing::fields(call)?)
}

/// The leads of a form or an ad, newest first.
pub(super) fn edge(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let id = &call.path.node;
    let world = meta.world();
    let token = reader(meta, &world, call, now_s)?;
    let of = |lead: &&Lead| lead.form_id == *id || lead.ad_id.as_ref() == Some(id);
    let mut leads: Vec<&Lead> =
        world.leads.values().filter(of).filter(|lead| may_read(token, lead)).collect();
    let account = world.ads.get(id).map(|ad| format!("act_{}", ad.account_id));
    let is_ad = account.is_some_and(|account| token.may_touch(&account));
    if call.method != Method::GET || (leads.is_empty() && !is_ad) {
        return Err(Refusal::no_object(&call.method, id));
    }
    for filter in Filter::all(call)? {
        let wanted = created(&filter)?;
        leads.retain(|lead| wanted(lead.created_at));
    }
    leads.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
    let fields = listing::fields(call)?;
    let show = |lead: &&Lead| node_of(&world, lead).show(&fields);
    listing::page(call, &token.value, &leads, |lead| lead.id.clone(), show)
}

fn reader<'a>(meta: &Meta, world: &'a World, call: &Call, now_s: i64) -> Result<&'a Token, Refusal> {
    let token = access::token(world, call, now_s)?;
    limit::charge(meta, call, token)?;
    if token.has("leads_retrieval") { Ok(token) } else { Err(Refusal::no_permission("leads_retrieval")) }
}

/// A lead belongs to the Page of its form.
fn may_read(token: &Token, lead: &Lead) -> bool {
    lead.page_id.as_ref().is_none_or(|page| token.may_touch(page))
}

/// A condition on `time_created`, Unix seconds.
fn created(filter: &Filter) -> Result<impl Fn(i64) -> bool + use<>, Refusal> {
    let value = filter.value.as_i64().or_else(|| filter.value.as_str()?.parse().ok());
    let wanted: fn(i64, i64) -> bool = match filter.operator.as_str() {
        _ if filter.field != "time_created" => return Err(filter.refused()),
        "GREATER_THAN" => |at, than| at > than,
        "GREATER_THAN_OR_EQUAL" => |at, than| at >= than,
        "LESS_THAN" => |at, than| at < than,
        "LESS_THAN_OR_EQUAL" => |at, than| at <= than,
        _ => return Err(filter.refused()),
    };
    let than = value.ok_or_else(|| Refusal::parameter("(#100) time_created must be a Unix timestamp"))?;
    Ok(move |at| wanted(at, than))
}

fn node_of(world: &World, lead: &Lead) -> Node {
    let ad = lead.ad_id.as_ref().and_then(|id| world.ads.get(id));
    let of_ad = |text: fn(&crate::world::Ad) -> &str| json!(ad.map(text).filter(|text| !text.is_empty()));
    let field = |(name, values): &(String, Vec<String>)| json!({ "name": name, "values": values });
    Node {
        kind: "UserLeadGenInfo",
        default: &["created_time", "id", "ad_id", "form_id", "field_data"],
        fields: vec![
            ("id", lead.id.as_str().into()),
            ("created_time", time(lead.created_at).into()),
            ("ad_id", json!(lead.ad_id).into()),
            ("ad_name", of_ad(|ad| &ad.name).into()),
            ("adset_id", of_ad(|ad| &ad.adset_id).into()),
            ("adset_name", of_ad(|ad| &ad.adset_name).into()),
            ("campaign_id", of_ad(|ad| &ad.campaign_id).into()),
            ("campaign_name", of_ad(|ad| &ad.campaign_name).into()),
            ("form_id", lead.form_id.as_str().into()),
            ("is_organic", lead.ad_id.is_none().into()),
            ("platform", json!(Some(&lead.platform).filter(|platform| !platform.is_empty())).into()),
            ("field_data", lead.fields.iter().map(field).collect::<Vec<_>>().into()),
        ],
    }
}

/// As Graph writes moments: `2025-11-23T08:00:00+0000`.
pub(super) fn time(at_s: i64) -> String {
    Timestamp::from_second(at_s).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}
