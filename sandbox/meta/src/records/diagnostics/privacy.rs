//! Limited Data Use: its option, country and state belong together.

use serde_json::Value;

use super::{Object, text_of};

pub(super) fn remarks(event: &Object, found: &mut Vec<String>) {
    let is_on = event
        .get("data_processing_options")
        .is_some_and(|options| options == "LDU" || options.as_array().is_some_and(|all| !all.is_empty()));
    if event
        .get("data_processing_options")
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|one| one != "LDU"))
    {
        found.push("data_processing_options has an option besides LDU".to_owned());
    }
    let number = |key| text_of(event, key).and_then(|text| text.parse::<i64>().ok());
    let country = number("data_processing_options_country");
    let state = number("data_processing_options_state");
    if (country.is_some() || state.is_some())
        && event.get("data_processing_options").is_none_or(Value::is_null)
    {
        found.push("data_processing_options is missing, so that country and state limit nothing".to_owned());
    }
    let place = match (country, state) {
        (None, None) if is_on => Some("data_processing_options_country is missing, and the state"),
        (Some(_), None) => Some("data_processing_options_state is missing beside the country"),
        (None, Some(_)) => Some("data_processing_options_state stands without the country"),
        (Some(0), Some(state)) if state != 0 => {
            Some("data_processing_options_country lets Meta find out, but a state is given")
        }
        (Some(1), Some(0)) => Some("data_processing_options_state is missing for the United States"),
        _ => None,
    };
    found.extend(place.map(str::to_owned));
    if state.is_some_and(|state| state != 0 && !(1000..=1013).contains(&state)) {
        found.push("data_processing_options_state is not one that Meta documents".to_owned());
    }
    if country.is_some_and(|country| country != 0 && country != 1) {
        found.push("data_processing_options_country is neither 0 nor 1".to_owned());
    }
}
