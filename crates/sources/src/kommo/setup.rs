//! The webhooks and fields of an account. Paths and shapes after Kommo's API reference.

use std::collections::BTreeSet;

use kopru_core::{Wanted, same_name};
use serde_json::{Value, json};

use super::{Page, pages};
use crate::{
    Call, CallBody, Drift, NotUnderstood, SetupPart,
    lenient::{is_true, list_of, text_of},
};

const HOOKS: &str = "/api/v4/webhooks";
const DEAL_FIELDS: &str = "/api/v4/leads/custom_fields?limit=250";
const CONTACT_FIELDS: &str = "/api/v4/contacts/custom_fields?limit=250";
/// Of what Kommo has to tell, as its API names it.
const NEEDED: [&str; 8] = [
    "add_lead",
    "update_lead",
    "delete_lead",
    "restore_lead",
    "status_lead",
    "add_contact",
    "update_contact",
    "delete_contact",
];
/// Where a person finds them.
pub(super) const HOOKS_SCREEN: &str = "Settings > Integrations > Web hooks";

/// A webhook, as the account lists it.
struct ListedHook {
    destination: String,
    changes: BTreeSet<String>,
    is_off: bool,
}

pub(super) fn calls(part: SetupPart, wanted: &Wanted, consent: Option<&str>) -> Vec<Call> {
    match part {
        SetupPart::Hooks => vec![Call::get(HOOKS)],
        SetupPart::Fields if consent.is_some() => vec![Call::get(DEAL_FIELDS), Call::get(CONTACT_FIELDS)],
        SetupPart::Fields if !wanted.fields.is_empty() => vec![Call::get(DEAL_FIELDS)],
        SetupPart::Fields => Vec::new(),
    }
}

pub(super) fn drifts(
    part: SetupPart,
    pages: &[Page<'_>],
    hook_key: &str,
    wanted: &Wanted,
    consent: Option<&str>,
) -> Result<Vec<Drift>, NotUnderstood> {
    match part {
        SetupPart::Hooks => Ok(drift_of_hooks(&hooks_to(pages, hook_key)?).into_iter().collect()),
        SetupPart::Fields => missing_fields(pages, wanted, consent),
    }
}

/// The call that has the account tell of everything again, at the address that it knows or at this one.
pub(super) fn mend(pages: &[Page<'_>], hook_key: &str, address: &str) -> Result<Call, NotUnderstood> {
    let hooks = hooks_to(pages, hook_key)?;
    let known = hooks.iter().find(|hook| !hook.is_off).or(hooks.first());
    let destination = known.map_or(address, |hook| &hook.destination);
    let mut settings: BTreeSet<&str> = NEEDED.into();
    // What else it tells of was chosen by somebody.
    settings.extend(known.iter().flat_map(|hook| &hook.changes).map(String::as_str));
    let body = json!({ "destination": destination, "settings": settings });
    Ok(Call::post(HOOKS, CallBody::Json(body.to_string())))
}

/// The webhooks whose address has our key: host and scheme may differ behind a proxy.
fn hooks_to(pages: &[Page<'_>], hook_key: &str) -> Result<Vec<ListedHook>, NotUnderstood> {
    let rows = values(pages, "webhooks")?;
    let hook = |row: &Value| {
        let destination = text_of(row, "destination")?;
        let is_ours = destination.split(['/', '?', '#']).any(|part| part == hook_key);
        let changes = list_of(row, "settings").iter().filter_map(|code| code.as_str().map(str::to_owned));
        is_ours.then(|| ListedHook {
            changes: changes.collect(),
            is_off: is_true(row, "disabled"),
            destination: destination.clone(),
        })
    };
    Ok(rows.iter().filter_map(hook).collect())
}

fn drift_of_hooks(hooks: &[ListedHook]) -> Option<Drift> {
    if hooks.is_empty() {
        return Some(Drift::NoHook);
    }
    let on: Vec<&ListedHook> = hooks.iter().filter(|hook| !hook.is_off).collect();
    if on.is_empty() {
        return Some(Drift::HookOff);
    }
    let is_told = |code: &str| on.iter().any(|hook| hook.changes.contains(code));
    let missing: Vec<String> = NEEDED.into_iter().filter(|code| !is_told(code)).map(str::to_owned).collect();
    (!missing.is_empty()).then_some(Drift::HookLacks(missing))
}

/// What rules read stands in deals; consent stands in deals or contacts.
fn missing_fields(
    pages: &[Page<'_>],
    wanted: &Wanted,
    consent: Option<&str>,
) -> Result<Vec<Drift>, NotUnderstood> {
    let fields = values(pages, "custom_fields")?;
    let has = |name: &str, of_contacts: bool| {
        fields.iter().any(|field| {
            let is_contacts = text_of(field, "entity_type").as_deref() == Some("contacts");
            (of_contacts || !is_contacts)
                && ["name", "code", "id"]
                    .into_iter()
                    .any(|key| text_of(field, key).is_some_and(|known| same_name(&known, name)))
        })
    };
    let of_deals = wanted.fields.iter().map(String::as_str).filter(|name| !has(name, false));
    let of_anybody = consent.into_iter().filter(|name| !has(name, true));
    Ok(of_deals.chain(of_anybody).map(|name| Drift::NoField(name.to_owned())).collect())
}

fn values(pages: &[Page<'_>], list: &str) -> Result<Vec<Value>, NotUnderstood> {
    let rows = pages::rows(pages, list)?;
    Ok(rows.into_iter().filter_map(|row| serde_json::from_str(row.get()).ok()).collect())
}
