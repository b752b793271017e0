//! Rules: which events it means that a deal or a contact entered a stage, or that a deal got a tag.

use super::{Deciding, happened::Happened, making, sales, taking_back};
use crate::{
    Catalogue, Cause, Conversion, Deal, DealKey, Effect, Entry, Reason, Repeat, Rule, StageId, State,
    event_id, policy::is_won,
};

/// Makes the conversions that something means. One that exists already is not made again: a deal is a Lead
/// once.
pub(super) fn fire(
    deciding: &mut Deciding,
    cause: &Cause,
    happened: Happened,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    let policy = deciding.policy;
    // What is taken back has been sold first.
    let (taking_back, others): (Vec<&Rule>, Vec<&Rule>) =
        policy.rules.iter().partition(|rule| sales::takes_back(&rule.send));
    for rule in others.into_iter().chain(taking_back) {
        apply(deciding, rule, cause, happened, catalogue, received_ms);
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
            making::look_at(deciding, &anew, Effect::Update);
        }
    }
}

/// A sale of which nothing has left, if it is now the sale of this win: the one before does not stand any more,
/// in this pipeline or in another. Who is behind it, and what they say, counts as of now.
fn won_anew(deciding: &Deciding, known: &Conversion, entry: &Entry) -> Option<Conversion> {
    let ended = known.reason.filter(|_| known.state == State::Suppressed);
    let may_be = match ended {
        Some(Reason::ConsentRefused) => true,
        // Its win has another time than was thought.
        Some(Reason::BeforeKopru) => was_won_then(deciding, known, entry),
        _ => known.is_open(),
    };
    if !is_won(&entry.stage) || !known.is_unsent() || !may_be {
        return None;
    }
    if known.stage.as_ref() == Some(&entry.stage) && known.event_s == entry.at_s {
        return None;
    }
    let stands = deciding.state.standing_win(known).is_some();
    let stage = if stands { known.stage.clone() } else { Some(entry.stage.clone()) };
    let anew = Conversion { stage, made_by: deciding.seq, ..known.clone() };
    (deciding.state.standing_win(&anew) == Some(entry)).then_some(anew)
}

/// Whether a win is the one of which a sale is, and not another one after it: its time was a guess, or nothing is
/// known to have undone it before.
fn was_won_then(deciding: &Deciding, known: &Conversion, win: &Entry) -> bool {
    let Some(deal) = known.cause.deal().and_then(|key| deciding.state.deals.get(key)) else { return false };
    let is_its_win = |one: &Entry| one.at_s == known.event_s && is_won(&one.stage);
    !deal.entries.iter().any(is_its_win) || !deal.was_undone_between(known, win)
}

/// Makes the conversion of one rule, if what happened is what it means.
pub(super) fn apply(
    deciding: &mut Deciding,
    rule: &Rule,
    cause: &Cause,
    happened: Happened,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    if let Cause::Deal(key) = cause
        && sales::takes_back(&rule.send)
    {
        return taking_back::apply(deciding, rule, key, happened, catalogue, received_ms);
    }
    if happened.fires(rule, catalogue) {
        first(deciding, rule, cause, happened, catalogue, received_ms);
    }
    // Whatever is learnt of a deal's moves may show that it was won anew.
    if rule.repeat == Repeat::EachWin
        && let Cause::Deal(key) = cause
    {
        win_again(deciding, rule, key, catalogue, received_ms);
    }
}

/// Makes the event of a rule, unless the deal has made one of this name.
fn first(
    deciding: &mut Deciding,
    rule: &Rule,
    cause: &Cause,
    happened: Happened,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    let say = |deciding: &mut Deciding, why| {
        if let Cause::Deal(key) = cause {
            making::not_made(deciding, rule, key, why);
        }
    };
    if rule.since_s.is_some_and(|since_s| happened.at_s() < since_s) {
        return say(deciding, Reason::BeforeRule);
    }
    let newest = making::newest(deciding, cause, &rule.send);
    let anew = newest.as_ref().zip(happened.entry());
    if let Some(anew) = anew.and_then(|(known, entry)| won_anew(deciding, known, entry)) {
        return making::look_at(deciding, &anew, Effect::Update);
    }
    match newest {
        Some(known) if known.rule != rule.id => say(deciding, Reason::ToldAlready),
        Some(_) => {}
        None => {
            let occurrence = 1 + making::made_before(deciding, rule, cause);
            let entered = (happened.stage(), happened.at_s());
            making::make(deciding, rule, cause, entered, occurrence, catalogue, received_ms);
        }
    }
}

/// Makes an event of the win that stands, where the event of the win before has left and that win was undone.
fn win_again(deciding: &mut Deciding, rule: &Rule, key: &DealKey, catalogue: &Catalogue, received_ms: i64) {
    let cause = Cause::Deal(key.clone());
    let (Some(deal), Some(known)) =
        (deciding.state.deals.get(key), making::newest(deciding, &cause, &rule.send))
    else {
        return;
    };
    let own = deciding.state.standing_win(&known).map(|win| win.at_s);
    let stands = own.is_some_and(|at_s| at_s <= known.event_s);
    let wins =
        deal.entries.iter().filter(|entry| is_won(&entry.stage) && rule.matches(&entry.stage, catalogue));
    let standing = wins.filter_map(|entry| deal.standing_win(&entry.stage.pipeline));
    let win = standing.filter(|win| win.at_s > known.event_s).min_by_key(|win| win.at_s).cloned();
    let Some(win) = win.filter(|win| !stands && rule.since_s.is_none_or(|since_s| win.at_s >= since_s))
    else {
        return;
    };
    if known.is_open() && known.is_unsent() {
        // What is looked at again takes over the win that stands.
        return;
    }
    if known.state == State::Suppressed && known.is_unsent() {
        let (stage, made_by) = (Some(win.stage), deciding.seq);
        let again = Conversion { event_s: win.at_s, received_ms, stage, made_by, ..known };
        return making::look_at(deciding, &again, Effect::Update);
    }
    // Two times of one win are one win: somebody typed another closing time.
    if deal.was_undone_between(&known, &win) {
        let occurrence = known.occurrence + 1;
        making::make(
            deciding,
            rule,
            &cause,
            (Some(&win.stage), win.at_s),
            occurrence,
            catalogue,
            received_ms,
        );
    }
}
