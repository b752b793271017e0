//! Limited Data Use, the privacy switch for some states of the USA. Meta's documentation of data
//! processing options.

use super::{Checks, Findings};
use crate::{Event, catalogue, subcodes};

const OPTIONS: &str = "data_processing_options";
const STATE: &str = "data_processing_options_state";
const COUNTRY: &str = "data_processing_options_country";

pub(super) fn check(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    let options = event.data_processing_options.as_ref();
    let (country, state) = (event.data_processing_options_country, event.data_processing_options_state);
    if options.is_none() && country.is_none() && state.is_none() {
        return;
    }
    let must = checks.strict.then_some(subcodes::PARAMETER);
    if options.is_some_and(|options| options.0.iter().any(|option| option != "LDU")) {
        findings.must(must, "ldu_option", OPTIONS, "Meta knows the option LDU only");
    }
    let is_on = options.is_some_and(|options| !options.0.is_empty());
    if options.is_none() && !event.extra.iter().any(|(name, _)| name == OPTIONS) {
        findings.advise(
            "ldu_off",
            OPTIONS,
            "country and state alone limit nothing; add \"data_processing_options\": [\"LDU\"], or leave them out",
        );
    }
    let is_odd = |key: &str| event.extra.iter().any(|(name, _)| name == key);
    if !is_odd(COUNTRY) && !is_odd(STATE) {
        place(is_on, country, state, findings);
    }
    let known = |state: i64| {
        state == 0 || catalogue::LDU_STATES.iter().any(|(number, _)| i64::from(*number) == state)
    };
    if state.is_some_and(|state| !known(state)) {
        findings.advise("ldu_state", STATE, "Meta documents 0 and 1000 to 1013");
    }
    if country.is_some_and(|country| !matches!(country, 0 | 1)) {
        findings.must(must, "ldu_country", COUNTRY, "Meta documents 0 and 1");
    }
    if is_on
        && state.unwrap_or(0) == 0
        && event.user_data.as_ref().is_none_or(|user| user.client_ip_address.is_none())
    {
        findings.advise(
            "ldu_without_address",
            "user_data.client_ip_address",
            "to work out the place Meta needs the browser's address; give it, or country and state",
        );
    }
}

/// In 2021 Meta was seen to refuse `["LDU"]` without country and state; its page calls them optional.
/// Hence advice, also with `strict`.
fn place(is_on: bool, country: Option<i64>, state: Option<i64>, findings: &mut Findings) {
    match (country, state) {
        (None, None) if is_on => findings.advise(
            "ldu_place",
            COUNTRY,
            "say where, or Meta may not limit anything: country 0 and state 0 to let Meta find out, or country 1 and the state",
        ),
        (Some(_), None) | (None, Some(_)) => findings.advise(
            "ldu_half",
            STATE,
            "give country and state together, or Meta works out both from the address",
        ),
        (Some(0), Some(state)) if state != 0 => findings.advise(
            "ldu_place",
            COUNTRY,
            "a state belongs to country 1; with country 0, which lets Meta find out, the state is 0",
        ),
        (Some(1), Some(0)) => findings.advise(
            "ldu_place",
            STATE,
            "with country 1 give the state (1000 is California); to let Meta find out, give country 0 and state 0",
        ),
        _ => {}
    }
}
