//! Contacts: the phones and e-mails that join a deal to a conversation.

use super::{Desk, resolve};
use crate::{Contact, ContactHint, ContactRead, Effect, Outcome, Question, Reason};

/// A changed contact is read again if a deal of ours has it. One that is being read for the first
/// time is read again as well: that reading may have left before the change.
pub(super) fn hinted(desk: &mut Desk, hint: &ContactHint) -> Outcome {
    let has_deal = desk.state.deals_of.get(&hint.contact).is_some_and(|deals| !deals.is_empty());
    if !has_deal && !desk.is_read(&hint.contact) {
        return Outcome::Ignored(Reason::NoDealYet);
    }
    match hint.contact.contact_parts() {
        Some((origin, id)) => {
            let question = Question::Contact { origin: origin.to_owned(), id: id.to_owned() };
            desk.ask_and_wait(question)
        }
        None => Outcome::Ignored(Reason::NoDealYet),
    }
}

/// Replaces the contact's identifiers, and looks again at every deal that they reach, before and
/// after.
pub(super) fn read(desk: &mut Desk, read: &ContactRead) -> Outcome {
    let contact = Contact { node: read.contact.clone(), who: read.who.clone(), consent: read.consent };
    let before = desk.state.contacts.get(&contact.node);
    let news = before != Some(&contact);
    // An identifier that was shared by too many may join people again when one of them loses it.
    let mut touched = vec![contact.node.clone()];
    touched.extend(before.iter().flat_map(|before| &before.who).chain(&contact.who).cloned());
    let mut first = true;
    for seq in desk.waiting_seqs(read.contact.as_str(), read.answers) {
        desk.settle(seq, if news && first { Outcome::Used } else { Outcome::Duplicate });
        first = false;
    }
    if !news {
        return Outcome::Ignored(Reason::NothingNew);
    }
    desk.act(Effect::SaveContact(contact));
    resolve::deals_around(desk, &touched);
    Outcome::Used
}
