//! What a deal or contact says about consent.

use kopru_core::ConsentAnswer;
use serde_json::Value;

use crate::{
    consent::answer,
    lenient::{list_of, text_of},
};

/// The answer in the field of that name or code, whatever its case. A no outweighs a yes.
pub(super) fn read(row: &Value, field: &str) -> Option<ConsentAnswer> {
    let wanted = field.trim().to_lowercase();
    let is_wanted = |field: &&Value| {
        ["field_name", "field_code"]
            .into_iter()
            .any(|key| text_of(field, key).is_some_and(|name| name.trim().to_lowercase() == wanted))
    };
    list_of(row, "custom_fields_values")
        .iter()
        .filter(is_wanted)
        .flat_map(|field| list_of(field, "values"))
        .filter_map(|value| answer(value.get("value")?))
        .reduce(ConsentAnswer::and)
}
