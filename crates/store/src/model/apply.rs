//! What decisions change.

use std::cmp::Reverse;

use kopru_core::{Click, Contact, Decision, Effect, Join, Node, Outcome};

use super::{
    Rows,
    facts::FactEnd,
    retention::{ClickRow, day_of},
};
use crate::{Decided, Error, SetAside, bounds::ASK_LINGER_MS};

impl Rows {
    /// All of a turn or nothing.
    pub(super) fn apply(&mut self, decided: Decided) -> Result<(), Error> {
        // What was decided without knowing of an erasure may learn them anew.
        if decided.erasures != self.erased.last() {
            return Err(Error::ErasedMeanwhile);
        }
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
            Effect::SaveContact(contact) => self.save_contact(contact, day_of(now_ms)),
            Effect::SaveLink(a, b, told) => {
                self.link(&a, &b, Some(told), day_of(now_ms));
                self.link(&b, &a, Some(told.back()), day_of(now_ms));
            }
            Effect::SaveChat(node, chat) => {
                self.chats.insert(node, (chat, day_of(now_ms)));
            }
            Effect::SaveHeard { account, since_s } => {
                self.heard.entry(account).or_insert(since_s);
            }
            Effect::SaveIdentifiers { card, identifiers } => {
                self.told.save_card(&card, &identifiers, day_of(now_ms));
            }
            Effect::SaveClick(click) => self.save_click(&click, now_ms),
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
            Effect::Forget { seq } => self.forget(seq),
            Effect::Sweep { contact, asked_by } => self.ask_for_sweep(contact, asked_by),
        }
    }

    fn save_contact(&mut self, contact: Contact, day: i64) {
        self.links.retain(|(a, b), _| *a != contact.node && *b != contact.node);
        for other in &contact.who {
            self.link(&contact.node, other, None, day);
            self.link(other, &contact.node, None, day);
        }
        self.contacts.insert(contact.node.clone(), (contact, day));
    }

    fn link(&mut self, a: &Node, b: &Node, told: Option<Join>, day: i64) {
        let (seen_day, known) = self.links.entry((a.clone(), b.clone())).or_insert((day, None));
        *seen_day = day.max(*seen_day);
        *known = match (*known, told) {
            (Some(known), Some(told)) => Some(known.with(told)),
            (known, told) => known.or(told),
        };
    }

    fn save_click(&mut self, click: &Click, received_ms: i64) {
        let number = self.clicks_kept + 1;
        for node in &click.who {
            let key = (node.clone(), Reverse(click.at_s), click.message.clone());
            self.clicks.entry(key).or_insert_with(|| {
                self.clicks_kept = number;
                ClickRow { number, received_ms, click: click.clone(), expired: false }
            });
        }
    }
}
