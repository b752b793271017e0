//! What must be loaded before a fact can be decided: no more than the decision looks at.

use crate::{AuditRow, DealKey, Fact, Node, Question, RecordChange, RecordId, Seq};

/// What must be loaded before a fact can be decided.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Needs {
    /// Deals as they were last read, and nothing around them.
    pub rows: Vec<DealKey>,
    /// Contacts: whether they were read, and whether a deal has them.
    pub contacts: Vec<Node>,
    /// Deals with their conversions and with everything by which the people of their contacts can be
    /// recognised.
    pub deals: Vec<DealKey>,
    /// Nodes with everything by which these people can be recognised.
    pub people: Vec<Node>,
    /// Nodes with these people and all deals of theirs.
    pub around: Vec<Node>,
    /// Questions, with the facts that wait for them.
    pub questions: Vec<String>,
    /// Systems of record, with their catalogue.
    pub origins: Vec<String>,
}

impl Needs {
    /// Identifiers and contacts of the fact: whether they were erased must be loaded. So it must for every
    /// contact of the deals that are loaded.
    pub fn marks(&self) -> impl Iterator<Item = &Node> {
        self.contacts.iter().chain(&self.people).chain(&self.around)
    }
}

/// What must be loaded before the fact can be decided.
///
/// A report only makes Kopru ask, so it needs little: there may be any number of them. What says who
/// somebody is needs all deals around.
pub fn needs(fact: &Fact) -> Needs {
    let mut needs = Needs::default();
    needs.questions.extend(answered(fact).map(|(question, _)| question));
    match fact {
        Fact::Click(click) => needs.around.clone_from(&click.who),
        Fact::Link(link) => needs.around.clone_from(&link.who),
        Fact::DealHint(hint) => {
            needs.origins.extend(hint.account.is_some().then(|| hint.deal.origin.clone()));
            needs.rows.push(hint.deal.clone());
        }
        Fact::ContactHint(hint) => {
            let parts = hint.contact.contact_parts().filter(|_| hint.account.is_some());
            needs.origins.extend(parts.map(|(origin, _)| origin.to_owned()));
            needs.contacts.push(hint.contact.clone());
            needs.rows.extend(hint.deals.iter().cloned());
        }
        Fact::Deal(read) => {
            needs.people.extend(read.found.iter().flat_map(|now| now.contacts.iter().cloned()));
            needs.origins.push(read.deal.origin.clone());
            needs.deals.push(read.deal.clone());
        }
        Fact::Contact(read) => {
            needs.origins.extend(read.contact.contact_parts().map(|(origin, _)| origin.to_owned()));
            needs.around.push(read.contact.clone());
            needs.around.extend(read.who.iter().cloned());
        }
        Fact::StageLog(log) => {
            needs.origins.push(log.deal.origin.clone());
            needs.deals.push(log.deal.clone());
        }
        Fact::Catalogue(catalogue) => needs.origins.push(catalogue.origin.clone()),
        Fact::AuditLog(log) => {
            needs.origins.push(log.origin.clone());
            for AuditRow { record, change, .. } in &log.rows {
                match record {
                    RecordId::Contact(id) => needs.contacts.push(Node::contact(&log.origin, id)),
                    RecordId::Deal(id) => {
                        let deal = DealKey { origin: log.origin.clone(), id: id.clone() };
                        let moved = matches!(change, RecordChange::Moved { .. });
                        if moved { &mut needs.deals } else { &mut needs.rows }.push(deal);
                    }
                }
            }
        }
    }
    needs
}

/// The key of the question that the fact answers, and the newest fact for which it does.
pub(crate) fn answered(fact: &Fact) -> Option<(String, Seq)> {
    match fact {
        Fact::Deal(read) => Some((Question::Deal { deal: read.deal.clone() }.key(), read.answered_upto)),
        Fact::Contact(read) => Some((read.contact.as_str().to_owned(), read.answered_upto)),
        Fact::StageLog(log) => {
            let question = Question::StageLog { deal: log.deal.clone(), stage: log.stage.clone() };
            Some((question.key(), log.answered_upto))
        }
        Fact::Catalogue(names) => {
            Some((Question::Catalogue { origin: names.origin.clone() }.key(), Seq::MAX))
        }
        Fact::Click(_) | Fact::Link(_) | Fact::DealHint(_) | Fact::ContactHint(_) | Fact::AuditLog(_) => None,
    }
}
