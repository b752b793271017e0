//! Rules: which events it means that a deal or a contact entered a stage.

use super::{Deciding, resolve};
use crate::{
    Catalogue, Cause, Conversion, Effect, Entry, Rule, Sent, StageId, State, event_id, policy::is_won, routes,
};

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

/// Whether a rule asks for entries into a stage.
pub(super) fn wants(deciding: &Deciding, stage: &StageId, catalogue: &Catalogue) -> bool {
    deciding.policy.rules.iter().any(|rule| rule.matches(stage, catalogue))
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
    if !rule.matches(&entry.stage, catalogue) {
        return;
    }
    let mut known = deciding.state.conversions.get(cause).into_iter().flatten();
    if let Some(known) = known.find(|one| one.event_id == event_id) {
        // The win that it is of does not stand, and nothing has left: it is of this one, in another pipeline.
        let is_unsent = known.is_open() && matches!(known.sent, Sent::Never | Sent::NotTaken);
        if is_unsent && is_won(&entry.stage) && deciding.state.standing_win(known).is_none() {
            let moved = Conversion { stage: Some(entry.stage.clone()), ..known.clone() };
            let resolved = resolve::conversion(deciding, &moved);
            deciding.act(Effect::Update(resolved));
        }
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
        worth: rule.worth.clone(),
        value: None,
        currency: rule.worth.as_ref().and_then(|_| currency()),
        correction: None,
        stage: Some(entry.stage.clone()),
        made_by: deciding.seq,
        occurrence: 1,
        undone: false,
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
    deciding.ask_contacts(cause);
    let resolved = resolve::conversion(deciding, &conversion);
    deciding.act(Effect::Create(resolved));
}
