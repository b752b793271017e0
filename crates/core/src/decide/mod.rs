//! `decide`: one fact, the state it touches and the workspace's policy in; one decision out.

mod absent;
mod arrival;
mod audit;
mod contact;
mod deal;
mod happened;
mod hints;
mod making;
mod resolve;
mod revisit;
mod rules;
mod sales;
mod tags;
mod taking_back;
mod who;

#[cfg(test)]
mod tests;

pub use sales::takes_back;

use crate::{
    Catalogue, Cause, Conversion, DealKey, DealRead, Decision, Effect, Fact, Missing, Node, Now, Outcome,
    Policy, Question, Reason, RevisitStep, Seq, StageId, State, WaitingFact, WorkingSet, needs::answered,
};

/// How many waiting facts one answer ends in one turn; it is decided again for the others.
pub const WAITING_PER_TURN_MAX: usize = 128;
/// How long a CRM may not show yet what it has reported itself, milliseconds: its audit log and its
/// readings lag behind its webhooks.
const LAG_MAX_MS: i64 = 2 * 60 * 1000;
/// How long after such an answer it is asked again, milliseconds, at least and at most: as long as the
/// report is old.
const LAG_AGAIN_MS: (i64, i64) = (2 * 1000, 20 * 1000);
/// After how long what counts as gone is asked for once more, milliseconds: the CRM may have been wrong of
/// everything for a while.
const ONCE_MORE_MS: i64 = 30 * 60 * 1000;

/// A fact with its place and time of arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Its place in the log.
    pub seq: Seq,
    /// When it arrived, Unix milliseconds.
    pub received_ms: i64,
    /// What it says.
    pub fact: Fact,
}

/// Decides one fact and takes what it changes into the working_set, so that the next fact can
/// be decided on it.
pub fn decide(state: &mut WorkingSet, policy: &Policy, incoming: &Incoming, now: impl Into<Now>) -> Decision {
    let mut deciding = Deciding {
        state,
        policy,
        seq: incoming.seq,
        received_ms: incoming.received_ms,
        answered_upto: match &incoming.fact {
            Fact::Contact(read) => Some(read.answered_upto),
            _ => None,
        },
        now: now.into(),
        effects: Vec::new(),
    };
    if deciding.sees_too_little(&incoming.fact) {
        return Decision { seq: incoming.seq, outcome: Outcome::Again, effects: Vec::new() };
    }
    deciding.ask_for_what_was_lost();
    let outcome = if deciding.is_of_another(&incoming.fact) {
        deciding.ignore_other_account(&incoming.fact)
    } else {
        outcome_of(&mut deciding, &incoming.fact)
    };
    deciding.forget_if_erased(&incoming.fact, &outcome);
    let effects = deciding.effects;
    if let Outcome::Waiting { on, .. } = &outcome {
        let fact = Some(incoming.fact.clone());
        state.wait(on, WaitingFact { seq: incoming.seq, received_ms: incoming.received_ms, fact });
    }
    Decision { seq: incoming.seq, outcome, effects }
}

fn outcome_of(deciding: &mut Deciding, fact: &Fact) -> Outcome {
    match fact {
        Fact::Click(click) => who::clicked(deciding, click),
        Fact::Link(link) => who::linked(deciding, link),
        Fact::DealHint(hint) => deal::hinted(deciding, hint),
        Fact::Deal(read) => deal::read(deciding, read),
        Fact::StageLog(log) => deal::logged(deciding, log),
        Fact::ContactHint(hint) => contact::hinted(deciding, hint),
        Fact::Contact(read) => contact::read(deciding, read),
        fact @ Fact::Catalogue(catalogue) => learn_names(deciding, fact, catalogue),
        Fact::AuditLog(log) => audit::read(deciding, log),
    }
}

/// Decides a conversion whose time of waiting is over. What waited only for the clock, or to be looked at,
/// is looked at anew: the clock may have been wrong.
pub fn expire(
    state: &mut WorkingSet,
    policy: &Policy,
    waiting: &Conversion,
    now: impl Into<Now>,
) -> Conversion {
    let deciding = Deciding::without_fact(state, policy, now.into());
    let is_undecided = waiting.reason.is_some_and(Reason::is_decided_anew);
    if is_undecided && deciding.state.subject(&waiting.cause).is_some() {
        resolve::conversion(&deciding, waiting)
    } else {
        resolve::expired(waiting)
    }
}

/// Looks again at the open conversions of some deals of a contact: a step of [`Effect::Sweep`].
pub fn sweep(state: &mut WorkingSet, policy: &Policy, deals: &[DealKey], now: impl Into<Now>) -> Vec<Effect> {
    let mut deciding = Deciding::without_fact(state, policy, now.into());
    deciding.ask_for_what_was_lost();
    for key in deals {
        resolve::deal(&mut deciding, key);
    }
    deciding.effects
}

/// Looks again at the conversions and deals of a step of a [`crate::Revisit`].
pub fn revisit(
    state: &mut WorkingSet,
    policy: &Policy,
    step: &RevisitStep,
    now: impl Into<Now>,
) -> Vec<Effect> {
    let mut deciding = Deciding::without_fact(state, policy, now.into());
    revisit::step(&mut deciding, step);
    deciding.effects
}

/// The names of stages arrived: everything that waited for them is decided anew. If they are those of another
/// account, that one has taken over the name: what was read of it is not of the one that had it before, of which
/// nobody is asked any more until somebody has looked who has that name.
fn learn_names(deciding: &mut Deciding, fact: &Fact, catalogue: &Catalogue) -> Outcome {
    let known = deciding.state.catalogues.get(&catalogue.origin).cloned();
    if let Some((learnt, known)) = &known
        && known.is_not(catalogue.account.as_deref())
    {
        let nameless = Catalogue { name: Some(String::new()), ..known.clone() };
        deciding.act(Effect::SaveCatalogue(*learnt, nameless));
        return deciding.ignore_other_account(fact);
    }
    let waiting = deciding.waiting(&Question::Catalogue { origin: catalogue.origin.clone() }.key(), Seq::MAX);
    let catalogue =
        known.as_ref().map_or_else(|| catalogue.clone(), |(_, known)| catalogue.clone().after(known));
    let catalogue = catalogue.with_meanings(&deciding.policy.rules);
    let unchanged = known.is_some_and(|(_, known)| known == catalogue);
    deciding.act(Effect::SaveCatalogue(deciding.seq, catalogue));
    for fact in &waiting.facts {
        deciding.act(Effect::Release { seq: fact.seq });
    }
    waiting.ends(if unchanged { Outcome::Ignored(Reason::NothingNew) } else { Outcome::Used })
}

/// The facts that an answer ends in this turn.
struct Waiting {
    /// Oldest first.
    facts: Vec<WaitingFact>,
    /// Whether there are others, for another turn.
    more: bool,
}

impl Waiting {
    /// How the answer ends: not yet, as long as others wait for it.
    fn ends(&self, outcome: Outcome) -> Outcome {
        if self.more { Outcome::Again } else { outcome }
    }
}

/// The place where one fact is decided: state, policy, and the effects so far.
struct Deciding<'a> {
    state: &'a mut WorkingSet,
    policy: &'a Policy,
    seq: Seq,
    received_ms: i64,
    /// Of a reading of a contact, the newest fact that the question knew of.
    answered_upto: Option<Seq>,
    now: Now,
    effects: Vec<Effect>,
}

impl<'a> Deciding<'a> {
    /// What is decided for what no fact has caused.
    fn without_fact(state: &'a mut WorkingSet, policy: &'a Policy, now: Now) -> Self {
        Self { state, policy, seq: 0, received_ms: now.ms, answered_upto: None, now, effects: Vec::new() }
    }

    /// Whether an earlier fact of the turn has ended so many of the facts that were loaded because they
    /// wait for this answer that others would have to be loaded first.
    fn sees_too_little(&self, fact: &Fact) -> bool {
        let Some((question, upto)) = answered(fact) else { return false };
        let unseen = self.state.waiting_beyond.get(&question).is_some_and(|last| upto > *last);
        unseen && !self.waiting(&question, upto).more
    }

    /// Does something: in the working_set now, in the store when the batch is applied.
    fn act(&mut self, effect: Effect) {
        self.state.absorb(&effect);
        self.effects.push(effect);
    }

    fn ask(&mut self, question: Question) {
        self.act(Effect::Ask { question, upto: self.seq, after_ms: 0 });
    }

    /// What was known and cannot be read back counts as never known.
    fn ask_for_what_was_lost(&mut self) {
        for question in std::mem::take(&mut self.state.lost) {
            self.ask(question);
        }
    }

    /// Asks, and waits for the answer.
    fn ask_and_wait(&mut self, question: Question) -> Outcome {
        let on = question.key();
        self.ask(question);
        Outcome::Waiting { on, reason: Reason::AskingCrm }
    }

    /// The CRM does not show something. If what spoke of it is so young that the CRM may only lag
    /// behind, it is asked again; says whether it is. So it is, however old that is, when this is the
    /// first answer: the CRM may have been away since, and lag now.
    fn asks_again(&mut self, question: Question, spoken_of_ms: &[i64], is_first: bool) -> bool {
        self.asks_again_for(question, spoken_of_ms, is_first, LAG_MAX_MS)
    }

    /// The same where the CRM may lag for so long, milliseconds.
    fn asks_again_for(
        &mut self,
        question: Question,
        spoken_of_ms: &[i64],
        is_first: bool,
        lag_max_ms: i64,
    ) -> bool {
        let youngest = spoken_of_ms.iter().map(|at_ms| self.now.age_ms(*at_ms)).min();
        let may_lag = |age_ms: &i64| is_first || *age_ms < lag_max_ms;
        let Some(age_ms) = youngest.filter(may_lag) else { return false };
        let after_ms = age_ms.clamp(LAG_AGAIN_MS.0, LAG_AGAIN_MS.1);
        self.act(Effect::Ask { question, upto: self.seq, after_ms });
        true
    }

    /// The CRM says that it does not have something. Until that is sure it is asked again, in a moment at first; one
    /// that counts as gone without a report of it is asked for once more, later.
    fn ask_for_missing(&mut self, missing: Missing, question: Question) {
        let age_ms = self.now.age_ms(missing.since_ms());
        let again_ms = age_ms.clamp(LAG_AGAIN_MS.0, LAG_AGAIN_MS.1);
        let after_ms = if missing.is_sure() { ONCE_MORE_MS } else { again_ms };
        self.act(Effect::Ask { question, upto: self.seq, after_ms });
    }

    /// Whether something is so young, by when it was heard of or began, that the CRM may only lag behind it.
    fn may_lag(&self, at_ms: i64) -> bool {
        self.now.age_ms(at_ms) < LAG_MAX_MS
    }

    /// Ends a fact that waited, unless nobody can tell what it said.
    fn settle(&mut self, waiting: &WaitingFact, outcome: Outcome) {
        let readable = waiting.fact.is_some();
        let outcome = if readable { outcome } else { Outcome::Ignored(Reason::Unreadable) };
        self.act(Effect::Settle { seq: waiting.seq, outcome });
    }

    /// The facts that wait for a question and are answered by now, as many as one turn may hold.
    fn waiting(&self, question: &str, upto: Seq) -> Waiting {
        let known = self.state.waiting.get(question).map(Vec::as_slice).unwrap_or_default();
        let mut facts: Vec<WaitingFact> = known.iter().filter(|fact| fact.seq <= upto).cloned().collect();
        facts.sort_by_key(|fact| fact.seq);
        let more = facts.len() > WAITING_PER_TURN_MAX;
        facts.truncate(WAITING_PER_TURN_MAX);
        Waiting { facts, more }
    }

    /// When the facts that wait for a question arrived, Unix milliseconds.
    fn waiting_since(&self, question: &str) -> Vec<i64> {
        self.state.waiting.get(question).into_iter().flatten().map(|fact| fact.received_ms).collect()
    }

    /// The catalogue, unless it is missing or so old that it does not know the stage.
    fn catalogue_for(&self, origin: &str, stage: &StageId) -> Option<Catalogue> {
        let (learnt, catalogue) = self.state.catalogues.get(origin)?;
        let knows = catalogue.stages.iter().any(|known| known.stage == *stage);
        (knows || *learnt > self.seq).then(|| catalogue.clone())
    }

    /// Whether nothing has to be asked about a contact: it was read, or it was erased, which counts as read
    /// and empty.
    fn is_read(&self, contact: &Node) -> bool {
        let known = self.state.contacts.get(contact);
        known.is_some_and(|known| !known.is_awaited()) || self.is_erased(contact)
    }

    /// Whether nothing has to be asked about a contact that what happened at a fact is told with: it was read
    /// by an answer that was asked for then or later.
    fn is_read_since(&self, contact: &Node, since: Seq) -> bool {
        let read_upto = self.state.contacts.get(contact).map(|known| known.answered_upto);
        read_upto.is_some_and(|upto| upto >= since) || self.is_erased(contact)
    }

    /// Since which fact whoever is behind a cause must have been read for that to be as of now: this one, unless it
    /// is such a reading itself.
    fn read_as_of(&self) -> Seq {
        self.answered_upto.unwrap_or(self.seq)
    }

    /// Asks who the people behind a cause are now, each once in a decision. What no fact has caused asks
    /// nothing.
    fn ask_contacts(&mut self, cause: &Cause) {
        if self.seq == 0 {
            return;
        }
        let contacts = self.state.subject(cause).map(|subject| subject.contacts).unwrap_or_default();
        for contact in contacts {
            if !self.is_erased(&contact) {
                self.ask_once(&contact);
            }
        }
    }

    /// Asks for a contact or a company, unless the decision does so already.
    fn ask_once(&mut self, card: &Node) {
        let Some((origin, id)) = card.contact_parts() else { return };
        let question = Question::Contact { origin: origin.to_owned(), id: id.to_owned() };
        let asked =
            |effect: &Effect| matches!(effect, Effect::Ask { question: asked, .. } if *asked == question);
        if !self.effects.iter().any(asked) {
            self.ask(question);
        }
    }

    /// Nobody behind a cause brings a click: asks for the companies, of which nobody else needs to know.
    fn ask_companies(&mut self, clickless: &Conversion) {
        let is_clickless = clickless.reason.is_some_and(|reason| Reason::CLICKLESS.contains(&reason));
        if self.seq == 0 || clickless.state != State::Suppressed || !is_clickless {
            return;
        }
        let companies = self.state.subject(&clickless.cause).map(|subject| subject.companies);
        for company in companies.unwrap_or_default() {
            if !self.is_read_since(&company, clickless.made_by) {
                self.ask_once(&company);
            }
        }
    }

    /// Whether what a CRM says is of another account than the one whose records are kept under that origin: a
    /// report names another, or another has taken over the name under which it was read.
    fn is_of_another(&self, fact: &Fact) -> bool {
        let known = |origin: &str| self.state.catalogues.get(origin).map(|(_, catalogue)| catalogue);
        let known_of = |contact: &Node| contact.contact_parts().and_then(|(origin, _)| known(origin));
        let names_another = |catalogue: Option<&Catalogue>, account: &Option<String>| {
            catalogue.is_some_and(|catalogue| catalogue.is_not(account.as_deref()))
        };
        let read = match fact {
            Fact::DealHint(hint) => return names_another(known(&hint.deal.origin), &hint.account),
            Fact::ContactHint(hint) => return names_another(known_of(&hint.contact), &hint.account),
            Fact::Deal(read) => known(&read.deal.origin),
            Fact::StageLog(log) => known(&log.deal.origin),
            Fact::AuditLog(log) => known(&log.origin),
            Fact::Contact(read) => known_of(&read.contact),
            Fact::Click(_) | Fact::Link(_) | Fact::Catalogue(_) => None,
        };
        read.is_some_and(Catalogue::is_nameless)
    }

    /// Ends what another account says, and what waited for it: nobody knows of whom that was either.
    fn ignore_other_account(&mut self, fact: &Fact) -> Outcome {
        let outcome = Outcome::Ignored(Reason::OtherAccount);
        let Some((question, upto)) = answered(fact) else { return outcome };
        let waiting = self.waiting(&question, upto);
        for fact in &waiting.facts {
            self.settle(fact, outcome.clone());
        }
        waiting.ends(outcome)
    }

    fn is_erased(&self, node: &Node) -> bool {
        self.state.has_erased(std::slice::from_ref(node))
    }

    /// A deal of somebody who was erased stays known. The reading that says whose it is is not kept any longer
    /// than it is needed.
    fn forget_if_erased(&mut self, fact: &Fact, outcome: &Outcome) {
        let Fact::Deal(DealRead { found: Some(now), .. }) = fact else { return };
        let is_open = matches!(outcome, Outcome::Waiting { .. } | Outcome::Again);
        if !is_open && self.state.has_erased(&now.contacts) {
            self.act(Effect::Forget { seq: self.seq });
        }
    }
}
