//! Deals: which stages they entered, confirmed by the CRM, and which events that means.

use super::{Desk, Waiting, resolve};
use crate::{
    Catalogue, Conversion, Deal, DealHint, DealKey, DealNow, DealRead, Effect, Entry, Fact, Outcome,
    Question, Reason, StageId, StageLog, State, WaitingFact, event_id, policy::is_closed,
};

/// An unsigned report is never believed: the deal is read. A report that is older than the last
/// reading and names only known things has nothing to tell.
pub(super) fn hinted(desk: &mut Desk, hint: &DealHint) -> Outcome {
    if let Some(deal) = desk.state.deals.get(&hint.deal) {
        let read_since = hint.at_s.is_some_and(|at| at < deal.updated_s);
        let stage_known = hint.stage.as_ref().is_none_or(|stage| !hint.moved || deal.has_entered(stage));
        if read_since && stage_known {
            return Outcome::Duplicate;
        }
    }
    desk.ask_and_wait(Question::Deal { deal: hint.deal.clone() })
}

/// The deal as it stands: its present stage and its price are true by reading. Stages that a
/// report names and that the deal has already left are looked up in the audit log.
pub(super) fn read(desk: &mut Desk, read: &DealRead) -> Outcome {
    let question = Question::Deal { deal: read.deal.clone() };
    let waiting = desk.waiting(&question.key(), read.answers);
    let Some(now) = &read.found else {
        return not_there(desk, question, &waiting, Reason::NoSuchDeal);
    };
    let hints = &waiting.facts;
    let Some(catalogue) = catalogue_for(desk, &read.deal.origin, &now.stage) else {
        return desk.ask_and_wait(Question::Catalogue { origin: read.deal.origin.clone() });
    };

    let before = desk.state.deals.get(&read.deal).cloned();
    let mut deal = before.clone().unwrap_or_else(|| Deal::new(read.deal.clone()));
    let moved = deal.stage.as_ref() != Some(&now.stage);
    // A reading that had to wait for the names of stages may have been overtaken by a newer one: it
    // shows where the deal once stood, and nothing about the present.
    if before.as_ref().is_none_or(|before| before.updated_s <= now.updated_s) {
        deal.stage = Some(now.stage.clone());
        deal.price = now.price;
        deal.contacts.clone_from(&now.contacts);
        deal.updated_s = now.updated_s;
        deal.consent = now.consent;
    }

    let known = deal.entries.iter().any(|entry| entry.stage == now.stage && !moved_again(hints, entry));
    let entered =
        if moved && !known { entry_into(desk, &mut deal, now, hints, before.as_ref()) } else { None };

    let news = before.as_ref() != Some(&deal);
    desk.act(Effect::SaveDeal(deal.clone()));
    settle_hints(desk, &deal, hints, news);
    for contact in &deal.contacts {
        if let (false, Some((origin, id))) = (desk.is_read(contact), contact.contact_parts()) {
            desk.ask(Question::Contact { origin: origin.to_owned(), id: id.to_owned() });
        }
    }
    if let Some(entry) = entered {
        let received_ms = hints.iter().map(|hint| hint.received_ms).min().unwrap_or(desk.received_ms);
        fire_rules(desk, &read.deal, &entry, &catalogue, received_ms);
    }
    resolve::deal(desk, &read.deal);
    waiting.ends(if news { Outcome::Used } else { Outcome::Ignored(Reason::NothingNew) })
}

/// The CRM does not show what reports speak of. It may only lag behind them; later they end.
fn not_there(desk: &mut Desk, question: Question, waiting: &Waiting, reason: Reason) -> Outcome {
    let reported_ms = desk.waiting_since(&question.key());
    if desk.asks_again(question, &reported_ms) {
        return Outcome::Ignored(reason);
    }
    for hint in &waiting.facts {
        desk.settle(hint, Outcome::Ignored(reason));
    }
    waiting.ends(Outcome::Ignored(reason))
}

/// Notes the entry into the stage in which the deal was found. Where nothing believable says when,
/// the audit log is asked; that it did enter is sure if it was known elsewhere, or if a report says
/// that it moved.
fn entry_into(
    desk: &mut Desk,
    deal: &mut Deal,
    now: &DealNow,
    hints: &[WaitingFact],
    before: Option<&Deal>,
) -> Option<Entry> {
    if let Some(at_s) = entry_time(now, hints, before) {
        let entry = Entry { stage: now.stage.clone(), at_s };
        deal.enter(entry.clone());
        return Some(entry);
    }
    let known_elsewhere = before.is_some_and(|before| before.stage.is_some());
    let is_current = deal.stage.as_ref() == Some(&now.stage);
    if is_current && (known_elsewhere || moves_into(&now.stage, hints).next().is_some()) {
        deal.arrived = Some(Entry { stage: now.stage.clone(), at_s: now.updated_s });
    }
    desk.ask(Question::StageLog { deal: deal.key.clone(), stage: now.stage.clone() });
    None
}

/// The audit log answered: the deal did enter the stage, or nothing shows that it did.
pub(super) fn logged(desk: &mut Desk, log: &StageLog) -> Outcome {
    let Some(catalogue) = catalogue_for(desk, &log.deal.origin, &log.stage) else {
        return desk.ask_and_wait(Question::Catalogue { origin: log.deal.origin.clone() });
    };
    let question = Question::StageLog { deal: log.deal.clone(), stage: log.stage.clone() };
    let waiting = desk.waiting(&question.key(), log.answers);
    let mut deal = desk.state.deals.get(&log.deal).cloned().unwrap_or_else(|| Deal::new(log.deal.clone()));
    let entered_s = log.entered_s.or_else(|| arrival(&deal, &log.stage));
    let Some(at_s) = entered_s.or_else(|| deal.entered_s(&log.stage)) else {
        return not_there(desk, question, &waiting, Reason::NotInLog);
    };

    let hints = &waiting.facts;
    let entry = Entry { stage: log.stage.clone(), at_s };
    let news = !deal.entries.contains(&entry);
    let received_ms = hints.iter().map(|hint| hint.received_ms).min().unwrap_or(desk.received_ms);
    for (place, hint) in hints.iter().enumerate() {
        desk.settle(hint, if news && place == 0 { Outcome::Used } else { Outcome::Duplicate });
    }
    if !news {
        return waiting.ends(Outcome::Ignored(Reason::NothingNew));
    }
    deal.enter(entry.clone());
    deal.arrived = None;
    desk.act(Effect::SaveDeal(deal));
    fire_rules(desk, &log.deal, &entry, &catalogue, received_ms);
    resolve::deal(desk, &log.deal);
    waiting.ends(Outcome::Used)
}

/// The catalogue, unless it is missing or so old that it does not know the stage.
fn catalogue_for(desk: &Desk, origin: &str, stage: &StageId) -> Option<Catalogue> {
    let (learnt, catalogue) = desk.state.catalogues.get(origin)?;
    let knows = catalogue.stages.iter().any(|known| known.stage == *stage);
    (knows || *learnt > desk.seq).then(|| catalogue.clone())
}

/// When the deal entered the stage in which it stands: the CRM's closing time for won and lost,
/// otherwise what the report of the move says, if it lies between the reading before, which found
/// the deal elsewhere, and this one. For anything else the audit log is asked.
fn entry_time(now: &DealNow, hints: &[WaitingFact], before: Option<&Deal>) -> Option<i64> {
    if let (true, Some(closed_s)) = (is_closed(&now.stage), now.closed_s) {
        return Some(closed_s);
    }
    // Without an earlier reading only the CRM's own last change can confirm what a report claims:
    // an older time could be anybody's.
    let since_s = before.map_or(now.updated_s, |before| before.updated_s);
    moves_into(&now.stage, hints)
        .filter_map(|hint| hint.at_s)
        .filter(|at_s| (since_s..=now.updated_s).contains(at_s))
        .max()
}

/// When the log has no entry of the stage in which the deal is known to have arrived, the CRM's last
/// change of the deal is what is left to say when.
fn arrival(deal: &Deal, stage: &StageId) -> Option<i64> {
    deal.arrived.as_ref().filter(|entry| entry.stage == *stage).map(|entry| entry.at_s)
}

/// Whether a report speaks of a later entry into the same stage.
fn moved_again(hints: &[WaitingFact], entry: &Entry) -> bool {
    moves_into(&entry.stage, hints).any(|hint| hint.at_s.is_none_or(|at| at > entry.at_s))
}

fn moves_into<'a>(stage: &'a StageId, hints: &'a [WaitingFact]) -> impl Iterator<Item = &'a DealHint> {
    hints.iter().filter_map(move |hint| match &hint.fact {
        Some(Fact::DealHint(hint)) if hint.moved && hint.stage.as_ref() == Some(stage) => Some(hint),
        _ => None,
    })
}

/// Ends the reports that the reading answers. Those that name a stage which the deal has left
/// stay, and the audit log is asked.
fn settle_hints(desk: &mut Desk, deal: &Deal, hints: &[WaitingFact], news: bool) {
    let mut told_something = false;
    for hint in hints {
        let claim = match &hint.fact {
            Some(Fact::DealHint(claim)) if claim.moved => claim.stage.as_ref(),
            _ => None,
        };
        let outcome = match claim.filter(|stage| !deal.has_entered(stage)) {
            Some(stage) => {
                desk.ask_and_wait(Question::StageLog { deal: deal.key.clone(), stage: stage.clone() })
            }
            None if news && !told_something => {
                told_something = true;
                Outcome::Used
            }
            None => Outcome::Duplicate,
        };
        desk.settle(hint, outcome);
    }
}

/// Makes the conversions that entering a stage means. One that exists already is not made again:
/// a deal is a Lead once.
fn fire_rules(desk: &mut Desk, deal: &DealKey, entry: &Entry, catalogue: &Catalogue, received_ms: i64) {
    let policy = desk.policy;
    for rule in policy.rules.iter().filter(|rule| rule.matches(&entry.stage, catalogue)) {
        let event_id = event_id(&policy.workspace, deal, &rule.send, 1);
        let known = desk
            .state
            .conversions
            .get(deal)
            .is_some_and(|all| all.iter().any(|one| one.event_id == event_id));
        let Some(name) = capi::names::messaging_name(&rule.send).filter(|_| !known) else { continue };
        let conversion = Conversion {
            event_id,
            event: rule.send.clone(),
            name: name.to_owned(),
            rule: rule.id.clone(),
            deal: deal.clone(),
            event_s: entry.at_s,
            received_ms,
            with_value: rule.with_value,
            value: None,
            currency: rule
                .with_value
                .then(|| catalogue.currency.clone().or_else(|| policy.currency.clone()))
                .flatten(),
            dataset: None,
            ad_id: None,
            state: State::Waiting,
            reason: None,
            deadline_ms: None,
            due_ms: None,
            body: None,
            detail: None,
        };
        let resolved = resolve::conversion(desk, &conversion);
        desk.act(Effect::Create(resolved));
    }
}
