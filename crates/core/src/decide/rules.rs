//! Rules: which events it means that a deal or a contact entered a stage.

use super::{Deciding, resolve};
use crate::{
    Catalogue, Cause, Conversion, Deal, DealKey, Effect, Entry, Reason, Rule, Sent, StageId, State, event_id,
    policy::is_won, routes,
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

/// A sale whose win was undone is the sale of a win in another pipeline, if one stands.
pub(super) fn won_elsewhere(deciding: &mut Deciding, key: &DealKey, catalogue: &Catalogue) {
    let policy = deciding.policy;
    let cause = Cause::Deal(key.clone());
    let wins = deciding.state.deals.get(key).map(Deal::standing_wins).unwrap_or_default();
    for (win, rule) in wins.iter().flat_map(|win| policy.rules.iter().map(move |rule| (win, rule))) {
        let event_id = event_id(policy.workspace, &cause, &rule.send, 1);
        let mut known = deciding.state.conversions.get(&cause).into_iter().flatten();
        let known = known.find(|one| one.event_id == event_id && rule.matches(&win.stage, catalogue));
        let undone = known.filter(|known| deciding.state.standing_win(known).is_none());
        if let Some(anew) = undone.and_then(|known| won_anew(deciding, known, win)) {
            deciding.ask_contacts(&cause);
            let resolved = resolve::conversion(deciding, &anew);
            deciding.act(Effect::Update(resolved));
        }
    }
}

/// A sale of which nothing has left, if it is now the sale of this win: the one before does not stand any more,
/// in this pipeline or in another. Who is behind it, and what they say, counts as of now.
fn won_anew(deciding: &Deciding, known: &Conversion, entry: &Entry) -> Option<Conversion> {
    let is_refused = known.state == State::Suppressed && known.reason == Some(Reason::ConsentRefused);
    let is_unsent = matches!(known.sent, Sent::Never | Sent::NotTaken);
    if !is_won(&entry.stage) || !is_unsent || !(known.is_open() || is_refused) {
        return None;
    }
    let stands = deciding.state.standing_win(known).is_some();
    let stage = if stands { known.stage.clone() } else { Some(entry.stage.clone()) };
    let anew = Conversion { stage, made_by: deciding.seq, ..known.clone() };
    (deciding.state.standing_win(&anew) == Some(entry)).then_some(anew)
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
        if let Some(anew) = won_anew(deciding, known, entry) {
            deciding.ask_contacts(cause);
            let resolved = resolve::conversion(deciding, &anew);
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
        with_value: rule.with_value,
        value: None,
        currency: if rule.with_value { currency() } else { None },
        correction: None,
        stage: Some(entry.stage.clone()),
        made_by: deciding.seq,
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
