//! What decisions change.

use std::{cmp::Reverse, collections::BTreeSet};

use kopru_core::{Click, Contact, Decision, Effect, Node, Outcome, Seq};

use super::{Rows, facts::FactEnd};
use crate::{Decided, Error, SetAside, bounds::ASK_LINGER_MS};

impl Rows {
    /// All of a turn or nothing.
    pub(super) fn apply(&mut self, decided: Decided) -> Result<(), Error> {
        self.refuse_a_gap(&decided)?;
        let mut changed = self.clone();
        changed.turn(decided)?;
        *self = changed;
        Ok(())
    }

    fn turn(&mut self, decided: Decided) -> Result<(), Error> {
        let now_ms = decided.now_ms;
        for Decision { seq, outcome, effects } in decided.decisions {
            let end = Some(outcome).filter(|outcome| *outcome != Outcome::Again).map(FactEnd::Decided);
            self.decide(seq, end)?;
            self.effects(effects, now_ms);
        }
        for one in decided.expired {
            self.update(one, now_ms);
        }
        if let Some((sweep, effects)) = decided.swept {
            self.effects(effects, now_ms);
            self.swept(sweep);
        }
        if let Some((step, effects)) = decided.revisited {
            self.effects(effects, now_ms);
            self.revisited(step);
        }
        for SetAside { seq, why } in decided.set_aside {
            self.decide(seq, Some(FactEnd::SetAside(why)))?;
        }
        Ok(())
    }

    /// Refuses a turn that leaves out a fact in front of a newer one that it decides. To be deleted with
    /// [`Error::Incomplete`]: a fact that is left out here stays undecided and is found again.
    fn refuse_a_gap(&self, decided: &Decided) -> Result<(), Error> {
        let after = self.decided_upto;
        let seqs = decided.decisions.iter().map(|one| one.seq);
        let ahead: BTreeSet<Seq> =
            seqs.chain(decided.set_aside.iter().map(|one| one.seq)).filter(|seq| *seq > after).collect();
        let upto = ahead.last().copied().unwrap_or(after);
        let is_complete = self.facts.range(after + 1..).map(|(seq, _)| *seq).take(ahead.len()).eq(ahead);
        if is_complete { Ok(()) } else { Err(Error::Incomplete { after, upto }) }
    }

    fn effects(&mut self, effects: Vec<Effect>, now_ms: i64) {
        for effect in effects {
            self.effect(effect, now_ms);
        }
    }

    fn effect(&mut self, effect: Effect, now_ms: i64) {
        match effect {
            Effect::SaveDeal(deal) => {
                self.deals.insert(deal.key.clone(), deal);
            }
            Effect::SaveContact(contact) => self.save_contact(contact),
            Effect::SaveLink(a, b) => self.link(a, b),
            Effect::SaveClick(click) => self.save_click(&click),
            Effect::SaveCatalogue(seq, catalogue) => {
                self.catalogues.insert(catalogue.origin.clone(), (seq, catalogue));
            }
            Effect::Create(one) => self.create(one, now_ms),
            Effect::Update(one) => self.update(one, now_ms),
            Effect::Ask { question, upto, after_ms } => {
                self.ask(question, upto, now_ms + ASK_LINGER_MS.max(after_ms), now_ms);
            }
            Effect::Settle { seq, outcome } => self.end_waiting(seq, Some(FactEnd::Decided(outcome))),
            Effect::Release { seq } => self.end_waiting(seq, None),
            Effect::Sweep { contact, asked_by } => self.ask_for_sweep(contact, asked_by),
        }
    }

    fn save_contact(&mut self, contact: Contact) {
        self.links.retain(|(a, b)| *a != contact.node && *b != contact.node);
        for other in &contact.who {
            self.link(contact.node.clone(), other.clone());
        }
        self.contacts.insert(contact.node.clone(), contact);
    }

    fn link(&mut self, a: Node, b: Node) {
        self.links.extend([(a.clone(), b.clone()), (b, a)]);
    }

    fn save_click(&mut self, click: &Click) {
        for node in &click.who {
            let key = (node.clone(), Reverse(click.at_s), click.message.clone());
            self.clicks.entry(key).or_insert_with(|| click.clone());
        }
    }
}
