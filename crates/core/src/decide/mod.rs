//! `decide`: one fact, the state it touches and the workspace's policy in; one decision out.

mod contact;
mod deal;
mod resolve;
mod who;

#[cfg(test)]
mod tests;

use crate::{
    Catalogue, Conversion, Decision, Effect, Fact, Needs, Neighbourhood, Node, Outcome, Policy, Question,
    Reason, Seq, WaitingFact,
};

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

/// What must be loaded before the fact can be decided.
pub fn needs(fact: &Fact) -> Needs {
    let mut needs = Needs::default();
    match fact {
        Fact::Click(click) => needs.nodes.clone_from(&click.who),
        Fact::Link(link) => needs.nodes.clone_from(&link.who),
        Fact::DealHint(hint) => {
            needs.questions.push(Question::Deal { deal: hint.deal.clone() }.key());
            needs.deals.push(hint.deal.clone());
        }
        Fact::ContactHint(hint) => needs.nodes.push(hint.contact.clone()),
        Fact::Deal(read) => {
            needs.questions.push(Question::Deal { deal: read.deal.clone() }.key());
            needs.nodes.extend(read.found.iter().flat_map(|now| now.contacts.iter().cloned()));
            needs.origins.push(read.deal.origin.clone());
            needs.deals.push(read.deal.clone());
        }
        Fact::Contact(read) => {
            needs.questions.push(read.contact.as_str().to_owned());
            needs.nodes.push(read.contact.clone());
            needs.nodes.extend(read.who.iter().cloned());
        }
        Fact::StageLog(log) => {
            needs
                .questions
                .push(Question::StageLog { deal: log.deal.clone(), stage: log.stage.clone() }.key());
            needs.origins.push(log.deal.origin.clone());
            needs.deals.push(log.deal.clone());
        }
        Fact::Catalogue(catalogue) => {
            needs.questions.push(Question::Catalogue { origin: catalogue.origin.clone() }.key());
            needs.origins.push(catalogue.origin.clone());
        }
    }
    needs
}

/// Decides one fact and takes what it changes into the neighbourhood, so that the next fact can
/// be decided on it.
pub fn decide(state: &mut Neighbourhood, policy: &Policy, incoming: &Incoming, now_ms: i64) -> Decision {
    let mut desk = Desk {
        state,
        policy,
        seq: incoming.seq,
        received_ms: incoming.received_ms,
        now_ms,
        effects: Vec::new(),
    };
    let outcome = match &incoming.fact {
        Fact::Click(click) => who::clicked(&mut desk, click),
        Fact::Link(link) => who::linked(&mut desk, &link.who),
        Fact::DealHint(hint) => deal::hinted(&mut desk, hint),
        Fact::Deal(read) => deal::read(&mut desk, read),
        Fact::StageLog(log) => deal::logged(&mut desk, log),
        Fact::ContactHint(hint) => contact::hinted(&mut desk, hint),
        Fact::Contact(read) => contact::read(&mut desk, read),
        Fact::Catalogue(catalogue) => learn_names(&mut desk, catalogue),
    };
    let effects = desk.effects;
    if let Outcome::Waiting { on, .. } = &outcome {
        let fact =
            WaitingFact { seq: incoming.seq, received_ms: incoming.received_ms, fact: incoming.fact.clone() };
        state.wait(on, fact);
    }
    Decision { seq: incoming.seq, outcome, effects }
}

/// Decides a conversion whose time of waiting is over.
pub fn expire(conversion: &Conversion) -> Conversion {
    resolve::expired(conversion)
}

/// The names of stages arrived: everything that waited for them is decided anew.
fn learn_names(desk: &mut Desk, catalogue: &Catalogue) -> Outcome {
    let unchanged = desk.state.catalogues.get(&catalogue.origin).is_some_and(|(_, known)| known == catalogue);
    desk.act(Effect::SaveCatalogue(desk.seq, catalogue.clone()));
    for seq in desk.waiting_seqs(&Question::Catalogue { origin: catalogue.origin.clone() }.key(), Seq::MAX) {
        desk.act(Effect::Release { seq });
    }
    if unchanged { Outcome::Ignored(Reason::NothingNew) } else { Outcome::Used }
}

/// The place where one fact is decided: state, policy, and the effects so far.
struct Desk<'a> {
    state: &'a mut Neighbourhood,
    policy: &'a Policy,
    seq: Seq,
    received_ms: i64,
    now_ms: i64,
    effects: Vec<Effect>,
}

impl Desk<'_> {
    /// Does something: in the neighbourhood now, in the store when the batch is applied.
    fn act(&mut self, effect: Effect) {
        self.state.absorb(&effect);
        self.effects.push(effect);
    }

    fn ask(&mut self, question: Question) {
        self.act(Effect::Ask { question, upto: self.seq, after_ms: 0 });
    }

    /// Asks, and waits for the answer.
    fn ask_and_wait(&mut self, question: Question) -> Outcome {
        let on = question.key();
        self.ask(question);
        Outcome::Waiting { on, reason: Reason::AskingCrm }
    }

    fn settle(&mut self, seq: Seq, outcome: Outcome) {
        self.act(Effect::Settle { seq, outcome });
    }

    /// The facts that wait for a question and are answered by now, oldest first.
    fn waiting(&self, question: &str, upto: Seq) -> Vec<WaitingFact> {
        let facts = self.state.waiting.get(question).map(Vec::as_slice).unwrap_or_default();
        let mut answered: Vec<WaitingFact> = facts.iter().filter(|fact| fact.seq <= upto).cloned().collect();
        answered.sort_by_key(|fact| fact.seq);
        answered
    }

    fn waiting_seqs(&self, question: &str, upto: Seq) -> Vec<Seq> {
        self.waiting(question, upto).iter().map(|fact| fact.seq).collect()
    }

    fn is_read(&self, contact: &Node) -> bool {
        self.state.contacts.contains_key(contact)
    }
}
