//! Rules: which events it means that a deal or a contact entered a stage, or that a deal got a tag.

use super::{Deciding, resolve, taking_back};
use crate::{
    Catalogue, Cause, Conversion, Deal, DealKey, Effect, Entry, Reason, Repeat, Rule, Sent, StageId, State,
    Unmade, event_id, policy::is_won, routes,
};

/// What happened that rules may be about.
#[derive(Clone, Copy)]
pub(super) enum Happened<'a> {
    /// A stage was entered.
    Entered(&'a Entry),
    /// A deal that stands in a stage got a tag.
    Tagged {
        /// The tag, as rules name it.
        tag: &'a str,
        /// Where the deal stands.
        within: &'a StageId,
        /// When, Unix seconds.
        at_s: i64,
    },
}

impl Happened<'_> {
    /// When, Unix seconds.
    pub(super) fn at_s(&self) -> i64 {
        match self {
            Self::Entered(entry) => entry.at_s,
            Self::Tagged { at_s, .. } => *at_s,
        }
    }

    /// The entry, if it is one.
    fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Entered(entry) => Some(entry),
            Self::Tagged { .. } => None,
        }
    }

    /// The stage that was entered.
    fn stage(&self) -> Option<&StageId> {
        self.entry().map(|entry| &entry.stage)
    }

    pub(super) fn fires(&self, rule: &Rule, catalogue: &Catalogue) -> bool {
        match self {
            Self::Entered(entry) => rule.matches(&entry.stage, catalogue),
            Self::Tagged { tag, within, .. } => rule.matches_tag(tag, within, catalogue),
        }
    }
}

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
        policy.rules.iter().partition(|rule| taking_back::takes_back(&rule.send));
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
            look_at(deciding, &anew, Effect::Update);
        }
    }
}

/// Decides an event that is made, or made anew: who is behind it is asked for as of now.
pub(super) fn look_at(deciding: &mut Deciding, conversion: &Conversion, change: fn(Conversion) -> Effect) {
    deciding.ask_contacts(&conversion.cause);
    let resolved = resolve::conversion(deciding, conversion);
    deciding.ask_companies(&resolved);
    deciding.act(change(resolved));
}

/// A sale of which nothing has left, if it is now the sale of this win: the one before does not stand any more,
/// in this pipeline or in another. Who is behind it, and what they say, counts as of now.
fn won_anew(deciding: &Deciding, known: &Conversion, entry: &Entry) -> Option<Conversion> {
    let is_refused = known.state == State::Suppressed && known.reason == Some(Reason::ConsentRefused);
    if !is_won(&entry.stage) || !is_unsent(known) || !(known.is_open() || is_refused) {
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
        && taking_back::takes_back(&rule.send)
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

/// The deal's history before a rule counted, or something of which nobody knows when it was: no event comes of
/// it, and the ledger of the rule says why.
pub(super) fn not_made(deciding: &mut Deciding, rule: &Rule, key: &DealKey, why: Reason) {
    let cause = Cause::Deal(key.clone());
    let mut known = deciding.state.conversions.get(&cause).into_iter().flatten();
    let (Some(mut deal), false) =
        (deciding.state.deals.get(key).cloned(), known.any(|known| known.rule == rule.id))
    else {
        return;
    };
    if deal.unmade.contains_key(&rule.id) {
        return;
    }
    let currency = deciding.state.currency_of(&cause).or_else(|| deciding.policy.currency.clone());
    let worth = rule.worth.as_ref().filter(|worth| !worth.is_estimate());
    let amount = worth.and_then(|worth| worth.amount(deal.price, &deal.named, currency.as_deref()));
    let currency = currency.filter(|_| amount.is_some());
    deal.unmade.insert(rule.id.clone(), Unmade { event: rule.send.clone(), why, amount, currency });
    deciding.act(Effect::SaveDeal(deal));
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
            not_made(deciding, rule, key, why);
        }
    };
    if rule.since_s.is_some_and(|since_s| happened.at_s() < since_s) {
        return say(deciding, Reason::BeforeRule);
    }
    let newest = newest(deciding, cause, &rule.send);
    let anew = newest.as_ref().zip(happened.entry());
    if let Some(anew) = anew.and_then(|(known, entry)| won_anew(deciding, known, entry)) {
        return look_at(deciding, &anew, Effect::Update);
    }
    match newest {
        Some(known) if known.rule != rule.id => say(deciding, Reason::ToldAlready),
        Some(_) => {}
        None => {
            let occurrence = 1 + made_before(deciding, rule, cause);
            let entered = (happened.stage(), happened.at_s());
            make(deciding, rule, cause, entered, occurrence, catalogue, received_ms);
        }
    }
}

/// Makes an event of the win that stands, where the event of the win before has left and that win was undone.
fn win_again(deciding: &mut Deciding, rule: &Rule, key: &DealKey, catalogue: &Catalogue, received_ms: i64) {
    let cause = Cause::Deal(key.clone());
    let (Some(deal), Some(known)) = (deciding.state.deals.get(key), newest(deciding, &cause, &rule.send))
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
    if known.is_open() && is_unsent(&known) {
        // What is looked at again takes over the win that stands.
        return;
    }
    if known.state == State::Suppressed && is_unsent(&known) {
        let (stage, made_by) = (Some(win.stage), deciding.seq);
        let again = Conversion { event_s: win.at_s, received_ms, stage, made_by, ..known };
        return look_at(deciding, &again, Effect::Update);
    }
    // Two times of one win are one win: somebody typed another closing time.
    if deal.was_undone_between(&known, &win) {
        let occurrence = known.occurrence + 1;
        make(deciding, rule, &cause, (Some(&win.stage), win.at_s), occurrence, catalogue, received_ms);
    }
}

/// Makes an event of what happened to a cause.
pub(super) fn make(
    deciding: &mut Deciding,
    rule: &Rule,
    cause: &Cause,
    (stage, at_s): (Option<&StageId>, i64),
    occurrence: u32,
    catalogue: &Catalogue,
    received_ms: i64,
) {
    let Some((route, name)) = routes::usual(&rule.send) else { return };
    let policy = deciding.policy;
    let currency = || catalogue.currency.clone().or_else(|| policy.currency.clone());
    let conversion = Conversion {
        event_id: event_id(policy.workspace, cause, &rule.send, occurrence),
        event: rule.send.clone(),
        name: name.to_owned(),
        rule: rule.id.clone(),
        cause: cause.clone(),
        route,
        event_s: at_s,
        received_ms,
        worth: rule.worth.clone(),
        value: None,
        currency: rule.worth.as_ref().and_then(|_| currency()),
        correction: None,
        stage: stage.cloned(),
        made_by: deciding.seq,
        occurrence,
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
    note_made(deciding, rule, cause, occurrence);
    look_at(deciding, &conversion, Effect::Create);
}

/// The event of a name that a cause has made last.
pub(super) fn newest(deciding: &Deciding, cause: &Cause, event: &str) -> Option<Conversion> {
    let known = deciding.state.conversions.get(cause).into_iter().flatten();
    known.filter(|known| known.event == event).max_by_key(|known| known.occurrence).cloned()
}

pub(super) fn is_unsent(known: &Conversion) -> bool {
    matches!(known.sent, Sent::Never | Sent::NotTaken)
}

/// How many events of the name a deal is known to have made, although none of them is kept any more. What is
/// made once has one id, and the store knows that it was told.
fn made_before(deciding: &Deciding, rule: &Rule, cause: &Cause) -> u32 {
    let deal = cause.deal().filter(|_| rule.repeat == Repeat::EachWin);
    let deal = deal.and_then(|key| deciding.state.deals.get(key));
    deal.and_then(|deal| deal.made.get(&rule.send)).copied().unwrap_or(0)
}

/// Notes that the rule has made an event of the deal, and which one.
fn note_made(deciding: &mut Deciding, rule: &Rule, cause: &Cause, occurrence: u32) {
    let Some(mut deal) = cause.deal().and_then(|key| deciding.state.deals.get(key)).cloned() else { return };
    let mut is_news = deal.unmade.remove(&rule.id).is_some();
    if rule.repeat == Repeat::EachWin {
        is_news |= deal.made.insert(rule.send.clone(), occurrence) != Some(occurrence);
    }
    if is_news {
        deciding.act(Effect::SaveDeal(deal));
    }
}
