//! `content_ids`, `contents`, `content_type`, and the order's id.

use serde_json::Value;

use super::{Object, is_placeholder};
use crate::values::{id_of, is_given, is_number};

const DELIVERY: [&str; 3] = ["home_delivery", "in_store", "curbside"];
/// The two words of the parameter page, and those of the guides for travel, cars and homes.
const TYPES: [&str; 10] = [
    "product",
    "product_group",
    "destination",
    "flight",
    "home_listing",
    "hotel",
    "local_service_business",
    "media_title",
    "vehicle",
    "vehicle_offer",
];

pub(super) fn remarks(data: &Object, found: &mut Vec<String>) {
    if data.get("content_ids").filter(|ids| is_given(ids)).is_some_and(|ids| !are_ids(ids)) {
        found.push("custom_data.content_ids is not a list of texts, an id each".to_owned());
    }
    let word = |key| data.get(key).and_then(Value::as_str).filter(|word| !word.is_empty());
    if word("content_type").is_some_and(|word| !TYPES.contains(&word)) {
        found.push("custom_data.content_type is neither product nor product_group".to_owned());
    }
    if data.get("order_id").is_some_and(is_placeholder) {
        found.push("custom_data.order_id is a placeholder".to_owned());
    }
    let things = data.get("contents").and_then(Value::as_array).into_iter().flatten();
    let things: Vec<&Object> = things.filter_map(Value::as_object).collect();
    let mut remark = |is_so: &dyn Fn(&Object) -> bool, text: &str| {
        if things.iter().any(|thing| is_so(thing)) {
            found.push(text.to_owned());
        }
    };
    remark(
        &|thing| thing.get("item_price").is_some_and(|price| is_given(price) && !is_number(price)),
        "custom_data.contents[].item_price is not a number",
    );
    remark(
        &|thing| !thing.get("quantity").is_some_and(is_given),
        "custom_data.contents[].quantity is missing",
    );
    remark(
        &|thing| {
            let count = thing.get("quantity").and_then(id_of).and_then(|text| text.parse::<f64>().ok());
            count.is_some_and(|count| count < 1.0)
        },
        "custom_data.contents[].quantity is less than one",
    );
    remark(
        &|thing| {
            thing
                .get("delivery_category")
                .and_then(Value::as_str)
                .is_some_and(|word| !DELIVERY.contains(&word))
        },
        "custom_data.contents[].delivery_category is not one that Meta documents",
    );
    remark(
        &|thing| thing.get("id").is_some_and(is_placeholder),
        "custom_data.contents[].id is a placeholder",
    );
}

/// A list of texts, each an id: no lists or objects within it, also none that is written as a text. An id may hold
/// any sign. One text alone is taken for a list at best.
fn are_ids(value: &Value) -> bool {
    let is_id = |value: &Value| {
        id_of(value).is_some_and(|id| !id.starts_with("[\"") && !id.starts_with("{\""))
            && !is_placeholder(value)
    };
    value.as_array().is_some_and(|all| all.iter().all(is_id))
}
