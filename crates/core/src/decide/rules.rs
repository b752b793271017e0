//! Rules: which events it means that a deal or a contact entered a stage.

use super::{Deciding, resolve};
use crate::{Catalogue, Cause, Conversion, Effect, Entry, Rule, Sent, State, event_id, routes};

/// Makes the conversions that entering a stage means. One that exists already is not made again:
/// a deal is a Lead once.
pub(super) fn fire(
    deciding: &mut Deciding,
    cause: &Cause,
    entry: &Entry,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    let policy = deciding.policy;
    for rule in policy.rules.iter().filter(|rule| rule.since_s.is_none_or(|since_s| entry.at_s >= since_s)) {
        apply(deciding, rule, cause, entry, catalogue, received_ms);
    }
}

/// Makes the conversion of one rule, if the entry is what it means.
pub(super) fn apply(
    deciding: &mut Deciding,
    rule: &Rule,
    cause: &Cause,
    entry: &Entry,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    let policy = deciding.policy;
    let event_id = event_id(policy.workspace, cause, &rule.send, 1);
    let mut known = deciding.state.conversions.get(cause).into_iter().flatten();
    if !rule.matches(&entry.stage, catalogue) || known.any(|one| one.event_id == event_id) {
        return;
    }
    let Some((route, name)) = routes::usual(&rule.send) else { return };
    let currency = || catalogue.currency.clone().or_else(|| policy.currency.clone());
    let conversion = Conversion {
        event_id,
        event: rule.send.clone(),
        name: name.to_owned(),
        rule: rule.id.clone(),
        cause: cause.clone(),
        route,
        event_s: entry.at_s,
        received_ms,
        with_value: rule.with_value,
        value: None,
        currency: if rule.with_value { currency() } else { None },
        correction: None,
        dataset: None,
        ad_id: None,
        consent: None,
        state: State::Waiting,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        released: false,
        identity: None,
        sent: Sent::Never,
        stored: None,
    };
    let resolved = resolve::conversion(deciding, &conversion);
    deciding.act(Effect::Create(resolved));
}
