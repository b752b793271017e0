//! The things that an event is about: `contents`, `content_ids`, `content_type`.

use super::{Checks, Findings, alias::KeyHome};
use crate::{
    catalogue,
    event::{Amount, Content, CustomData, Texts},
    limits::CONTENTS_MAX,
    normalize, privacy,
    read::ObjectShape,
    subcodes,
};

/// Names of unknown keys that one message holds.
const NAMES_MAX: usize = 8;

/// What Meta refuses. A text in place of the list is 2804019, elements without an id are 2804008
/// (one recorded answer each, 2021); a key that Meta does not know is 2804019 "Unexpected key" (two
/// recorded answers of one observer, 2024; one vendor's article shows such keys passing, decision
/// 008). Meta's documentation and SDKs say which keys it knows.
pub(super) fn refusals(data: &CustomData<'_>, findings: &mut Findings) {
    if let Some((_, json)) = data.extra.iter().find(|(name, _)| name == "contents") {
        let message = format!(
            "contents must be a list of objects, [{{\"id\": …, \"quantity\": …}}]; {}",
            instead_of_a_list(json.get())
        );
        findings.refuse(subcodes::PARAMETER, "custom_data.contents", message);
    }
    let Some(contents) = &data.contents else { return };
    if contents.surplus > 0 {
        findings.refuse(
            subcodes::CONTENTS,
            "custom_data.contents",
            format!("contents holds more than {CONTENTS_MAX} things"),
        );
    }
    let (mut named_keys, mut named_ids) = (false, false);
    for (place, thing) in contents.list.iter().enumerate() {
        let Ok(thing) = thing else {
            findings.refuse(
                subcodes::CONTENTS,
                format!("custom_data.contents.{place}"),
                "each thing in contents must be an object",
            );
            return;
        };
        let is_unknown = |name: &str| !Content::FIELDS.contains(&name);
        if !named_keys && thing.extra.iter().any(|(name, _)| is_unknown(name)) {
            named_keys = true;
            let message = unknown_keys(contents.list.iter().flatten());
            findings.refuse(subcodes::PARAMETER, format!("custom_data.contents.{place}"), message);
        }
        if thing.id.as_deref().is_none_or(str::is_empty) && !named_ids {
            named_ids = true;
            let is_odd = thing.extra.iter().any(|(name, _)| name == "id");
            findings.refuse(
                subcodes::CONTENTS,
                format!("custom_data.contents.{place}.id"),
                if is_odd {
                    "the id of a thing must be a text, or a number without exponent and point"
                } else {
                    "each thing in contents needs its id"
                },
            );
        }
        if named_keys && named_ids {
            return;
        }
    }
}

/// What stands in the place of the list.
fn instead_of_a_list(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a text that holds JSON is none: one refusal of such a text was recorded, in 2021",
        Some(b'{') => match ObjectShape::of_json(json) {
            Some(ObjectShape::Places) => {
                "this is an object whose keys are places, as PHP leaves it where something was taken out; array_values makes it a list"
            }
            _ => "this is one object; put it into a list",
        },
        _ => "this is none",
    }
}

/// What is to be said of the keys that Meta does not take.
fn unknown_keys<'t>(things: impl Iterator<Item = &'t Content<'t>>) -> String {
    let mut names: Vec<(&str, Option<&'static str>)> = Vec::new();
    let keys = things.flat_map(|thing| thing.extra.iter().map(move |(name, _)| (thing, &**name)));
    for (thing, name) in keys.filter(|(_, name)| !Content::FIELDS.contains(name)) {
        if !names.iter().any(|(known, _)| *known == name) {
            // What has Meta's name already needs no second one.
            names.push((name, KeyHome::Thing.key_of(name).filter(|key| !thing.has(key))));
        }
        if names.len() == NAMES_MAX {
            break;
        }
    }
    let shown: Vec<String> = names.iter().map(|(name, _)| privacy::shown(name)).collect();
    let named = |meant: Option<&str>| -> Vec<String> {
        names.iter().filter(|(_, key)| *key == meant).map(|(name, _)| privacy::shown(name)).collect()
    };
    let mut mends: Vec<String> = Vec::new();
    for key in Content::FIELDS {
        match named(Some(*key)).as_slice() {
            [] => {}
            [name] => mends.push(format!("{name} is {key}")),
            several => mends.push(format!("one of {} is {key}, and the others go", several.join(", "))),
        }
    }
    let gone = named(None);
    if !gone.is_empty() {
        mends.push(format!("leave out {}", gone.join(", ")));
    }
    let keys = if shown.len() == 1 { "key" } else { "keys" };
    format!(
        "Meta does not take the {keys} {} in contents; it takes {}. Mend it so: {}",
        shown.join(", "),
        Content::FIELDS.join(", "),
        mends.join(", ")
    )
}

/// What Meta takes and cannot use. Meta's documentation of custom data.
pub(super) fn advice(data: &CustomData<'_>, checks: Checks, findings: &mut Findings) {
    if let Some(ids) = &data.content_ids {
        content_ids(ids, findings);
    }
    if let Some(kind) = data.content_type.as_deref().filter(|kind| !kind.is_empty())
        && !catalogue::CONTENT_TYPES.contains(&kind)
    {
        findings.advise(
            "content_type",
            "custom_data.content_type",
            "Meta documents product and product_group, and words of travel, cars and homes such as hotel or vehicle",
        );
    }
    let things = data.contents.as_ref().map(|contents| contents.list.as_slice()).unwrap_or_default();
    let digits = data.currency.as_deref().and_then(|code| catalogue::minor_units(code.trim()));
    let mut said: Vec<&'static str> = Vec::new();
    for (place, thing) in things.iter().enumerate() {
        let Ok(thing) = thing else { continue };
        for (code, field, message) in faults(thing, digits) {
            if !said.contains(&code) {
                said.push(code);
                findings.advise(code, format!("custom_data.contents.{place}.{field}"), message);
            }
        }
        if thing.quantity.is_none() && !said.contains(&"quantity_missing") {
            said.push("quantity_missing");
            findings.must(
                checks.strict.then_some(subcodes::CONTENTS),
                "quantity_missing",
                format!("custom_data.contents.{place}.quantity"),
                "each thing in contents should say how many, as a whole number",
            );
        }
    }
}

/// What is wrong with one thing, whose currency has so many digits behind the point: code, field and what to do.
fn faults(
    thing: &Content<'_>,
    digits: Option<u8>,
) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let price = thing.extra.iter().any(|(name, _)| name == "item_price").then_some((
        "item_price",
        "item_price",
        "the price must be a number with a point and without currency or thousands separators",
    ));
    let quantity = thing.quantity.is_some_and(|quantity| quantity < 1).then_some((
        "quantity",
        "quantity",
        "of each thing there must be at least one",
    ));
    let category = thing.delivery_category.as_deref().filter(|category| !category.is_empty());
    let category = category.is_some_and(|category| !catalogue::DELIVERY_CATEGORIES.contains(&category));
    let category = category.then_some((
        "delivery_category",
        "delivery_category",
        "Meta documents in_store, curbside and home_delivery",
    ));
    let id = thing.id.as_deref().is_some_and(normalize::is_no_id).then_some((
        "placeholder",
        "id",
        "this is a placeholder and no id of a product; fill the field of the template",
    ));
    let amount = thing.item_price.as_ref();
    let negative = amount.is_some_and(Amount::is_negative).then_some((
        "negative_value",
        "item_price",
        "the price of a thing must not be negative",
    ));
    let is_finer = |amount: &Amount<'_>| digits.is_some_and(|digits| amount.decimals() > usize::from(digits));
    let decimals = amount.is_some_and(is_finer).then_some((
        "value_decimals",
        "item_price",
        "the price has more decimals than its currency; round it",
    ));
    price.into_iter().chain(negative).chain(decimals).chain(quantity).chain(category).chain(id)
}

/// The reader makes an empty text of what is none, so an object and a nested list look like one. Ids in a list
/// may hold any sign; only a text alone is asked whether it holds several.
fn content_ids(ids: &Texts<'_>, findings: &mut Findings) {
    const PATH: &str = "custom_data.content_ids";
    let Texts(ids, was_a_text) = ids;
    let fault = ids.iter().find_map(|id| {
        if *was_a_text || id.trim().is_empty() || id.starts_with("[\"") || id.starts_with("{\"") {
            Some((
                "content_ids",
                "this must be a list of texts, one for each product, such as [\"A1\", \"A2\"]: no objects, no lists within it, no text that holds several",
            ))
        } else {
            normalize::is_no_id(id).then_some((
                "placeholder",
                "this holds a placeholder and no id of a product; fill the field of the template",
            ))
        }
    });
    if let Some((code, message)) = fault {
        findings.advise(code, PATH, message);
    }
}
