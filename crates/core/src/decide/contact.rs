//! Contacts: the phones and e-mails that join a deal to a conversation.

use super::{Deciding, resolve};
use crate::{
    Cause, Contact, ContactHint, ContactRead, DealKey, Effect, Fact, Missing, Node, Outcome, Question,
    Reason, WaitingFact,
};

/// A changed contact is read again if a deal of ours has it. One that is being read for the first
/// time is read again as well: that reading may have left before the change.
pub(super) fn hinted(deciding: &mut Deciding, hint: &ContactHint) -> Outcome {
    if deciding.is_erased(&hint.contact) {
        return Outcome::Ignored(Reason::Erased);
    }
    // A contact may be linked, or merged into another, without a word about its deals.
    let is_news = |deal: &&DealKey| {
        deciding.state.deals.get(*deal).is_some_and(|deal| !deal.contacts.contains(&hint.contact))
    };
    let linked: Vec<DealKey> = hint.deals.iter().filter(is_news).cloned().collect();
    for deal in &linked {
        deciding.ask(Question::Deal { deal: deal.clone() });
    }
    let has_deal = deciding.state.crowded.contains(&hint.contact)
        || deciding.state.deals_of.get(&hint.contact).is_some_and(|deals| !deals.is_empty());
    let is_known = has_deal || deciding.is_read(&hint.contact);
    let parts = hint.contact.contact_parts().filter(|_| is_known);
    let question =
        parts.map(|(origin, id)| Question::Contact { origin: origin.to_owned(), id: id.to_owned() });
    match (question, linked.into_iter().next()) {
        (question, Some(deal)) => {
            if let Some(question) = question {
                deciding.ask(question);
            }
            // A deal that does not show the contact yet is asked again for as long as this waits.
            Outcome::Waiting { on: Question::Deal { deal }.key(), reason: Reason::AskingCrm }
        }
        (Some(question), None) => deciding.ask_and_wait(question),
        (None, None) => Outcome::Ignored(Reason::NoDealYet),
    }
}

/// Replaces the contact's identifiers, and looks again at every deal that they reach, before and
/// after. One that the CRM does not have counts as read, without identifiers, once the CRM has had
/// the time to show it.
pub(super) fn read(deciding: &mut Deciding, read: &ContactRead) -> Outcome {
    if deciding.is_erased(&read.contact) || deciding.state.has_erased(&read.who) {
        return erased(deciding, read);
    }
    let missing = if read.found { None } else { Some(missing(deciding, read)) };
    if let Some(missing) = missing.filter(|missing| !missing.is_sure()) {
        // What is known of it counts until then.
        let known = deciding.state.contacts.get(&read.contact).cloned();
        let awaited = known.unwrap_or_else(|| Contact::new(read.contact.clone()));
        deciding.act(Effect::SaveContact(Contact { missing: Some(missing), ..awaited }));
        return Outcome::Ignored(Reason::NothingNew);
    }
    if is_behind(deciding, read) {
        return Outcome::Ignored(Reason::NothingNew);
    }
    let before = deciding.state.contacts.get(&read.contact);
    let before = before.filter(|before| !before.is_awaited());
    let known_upto = before.map_or(0, |before| before.answered_upto);
    // What the CRM no longer has, nobody is recognised by.
    let changed_s = read.updated_s.unwrap_or_else(|| deciding.received_ms.div_euclid(1000));
    let former = before.filter(|_| read.found).map(|before| before.former_by(&read.who, changed_s));
    let contact = Contact {
        node: read.contact.clone(),
        who: read.who.clone(),
        consent: read.consent,
        answered_upto: read.answered_upto.max(known_upto),
        former: former.unwrap_or_default(),
        missing,
    };
    let told = |contact: &Contact| (contact.who.clone(), contact.consent);
    let news = before.map(told) != Some(told(&contact));
    let is_newer = before.is_none() || contact.answered_upto > known_upto;
    // An identifier that was shared by too many may join people again when one of them loses it.
    let mut touched = vec![contact.node.clone()];
    touched.extend(before.iter().flat_map(|before| &before.who).chain(&contact.who).cloned());
    let hints = deciding.waiting(read.contact.as_str(), read.answered_upto);
    for (place, hint) in hints.facts.iter().enumerate() {
        deciding.settle(hint, if news && place == 0 { Outcome::Used } else { Outcome::Duplicate });
    }
    if news || is_newer {
        // Something may wait for a reading that is new enough, even where it says nothing new.
        if deciding.policy.enriches() && !contact.node.is_company() {
            let (card, identifiers) = (contact.node.clone(), read.identifiers.clone());
            deciding.act(Effect::SaveIdentifiers { card, identifiers });
        }
        deciding.act(Effect::SaveContact(contact));
        resolve::causes_around(deciding, &touched);
    }
    hints.ends(if news { Outcome::Used } else { Outcome::Ignored(Reason::NothingNew) })
}

/// The CRM says that it does not have the contact. One that counts as gone already, and of which nobody has spoken
/// since, stays so.
fn missing(deciding: &mut Deciding, read: &ContactRead) -> Missing {
    let before = deciding.state.contacts.get(&read.contact).and_then(|known| known.missing);
    let is_spoken_of = || {
        let spoken_of_ms = spoken_of_ms(deciding, &read.contact);
        spoken_of_ms.into_iter().any(|at_ms| deciding.may_lag(at_ms)) || is_first_answer(deciding, read)
    };
    match (before, read.contact.contact_parts()) {
        (Some(before), _) if before.is_sure() && !is_spoken_of() => before,
        (before, Some((origin, id))) if !is_reported_gone(deciding, read) => {
            let question = Question::Contact { origin: origin.to_owned(), id: id.to_owned() };
            let missing = Missing::answered(before, deciding.seq, deciding.now);
            deciding.ask_for_missing(missing, question);
            missing
        }
        _ => Missing::reported(deciding.seq, deciding.now),
    }
}

/// Whether reports tell of a later change than the one that the CRM shows, which lags behind itself: then it is
/// asked again, and what it shows does not count.
fn is_behind(deciding: &mut Deciding, read: &ContactRead) -> bool {
    let (Some(updated_s), Some((origin, id))) = (read.updated_s, read.contact.contact_parts()) else {
        return false;
    };
    let is_ahead = |report: &&WaitingFact| matches!(&report.fact, Some(Fact::ContactHint(hint)) if hint.at_s.is_some_and(|at_s| at_s > updated_s));
    let waiting = deciding.waiting(read.contact.as_str(), read.answered_upto).facts;
    let ahead: Vec<&WaitingFact> = waiting.iter().filter(is_ahead).collect();
    // The oldest of them says how long it has been so: anybody who knows the address can post more.
    let reported_ms: Vec<i64> = ahead.iter().map(|report| report.received_ms).min().into_iter().collect();
    let is_first = !ahead.is_empty() && ahead.iter().all(|report| report.seq >= read.answered_upto);
    let question = Question::Contact { origin: origin.to_owned(), id: id.to_owned() };
    deciding.asks_again(question, &reported_ms, is_first)
}

/// Whether a report says that the contact was deleted, which is all that one without a time says: where the CRM
/// does not show it, it does not lag.
fn is_reported_gone(deciding: &Deciding, read: &ContactRead) -> bool {
    let reports = deciding.waiting(read.contact.as_str(), read.answered_upto).facts;
    let mut reports = reports.iter().map(|report| &report.fact);
    reports.any(|fact| matches!(fact, Some(Fact::ContactHint(hint)) if hint.at_s.is_none()))
}

/// Learns nothing of a contact of somebody who was erased. What waits for it ends.
fn erased(deciding: &mut Deciding, read: &ContactRead) -> Outcome {
    let hints = deciding.waiting(read.contact.as_str(), read.answered_upto);
    for hint in &hints.facts {
        deciding.settle(hint, Outcome::Ignored(Reason::Erased));
    }
    // By its identifiers it counts as erased for what is known of it now, and no longer: the CRM may give it
    // to somebody else.
    let is_new = deciding.state.erased.insert(read.contact.clone());
    resolve::causes_around(deciding, std::slice::from_ref(&read.contact));
    if is_new {
        deciding.state.erased.remove(&read.contact);
    }
    hints.ends(Outcome::Ignored(Reason::Erased))
}

/// Whether nothing was heard of the contact since it was asked for: reports and readings of deals ask for
/// it, and an answer that does not show it asks again.
fn is_first_answer(deciding: &Deciding, read: &ContactRead) -> bool {
    let key = read.contact.as_str();
    let reported = deciding.state.waiting.get(key).into_iter().flatten().map(|report| report.seq);
    let deals = deciding.state.deals_of.get(&read.contact).into_iter().flatten();
    let by_deals = deals.filter_map(|key| deciding.state.deals.get(key)).map(|deal| deal.read_by);
    reported.chain(by_deals).any(|seq| seq >= read.answered_upto)
}

/// When the contact was spoken of, Unix milliseconds: by reports, by its deals, by conversions that
/// wait for it.
fn spoken_of_ms(deciding: &Deciding, contact: &Node) -> Vec<i64> {
    let mut spoken_of_ms = deciding.waiting_since(contact.as_str());
    for key in deciding.state.deals_of.get(contact).into_iter().flatten() {
        let changed_s = deciding.state.deals.get(key).map(|deal| deal.updated_s);
        spoken_of_ms.extend(changed_s.map(|changed_s| changed_s.saturating_mul(1000)));
        let conversions = deciding.state.conversions.get(&Cause::Deal(key.clone())).into_iter().flatten();
        spoken_of_ms.extend(
            conversions.filter(|one| one.reason == Some(Reason::WaitingContact)).map(|one| one.received_ms),
        );
    }
    spoken_of_ms
}
