//! The audit log of a CRM's account: what no webhook told of, or told too late. What it says is true, so that
//! a move needs no confirmation; what else it names is read.

use super::{Deciding, happened::Happened, resolve, rules};
use crate::{
    AuditLog, AuditRow, Catalogue, Cause, Deal, DealKey, Effect, Entry, Node, Outcome, Question, Reason,
    RecordChange, RecordId, StageId,
};

/// Takes in a part of the log. It may name what is known already, and nothing follows from that.
pub(super) fn read(deciding: &mut Deciding, log: &AuditLog) -> Outcome {
    let ask_for_names = Question::Catalogue { origin: log.origin.clone() };
    let stages = log.rows.iter().filter_map(|row| match &row.change {
        RecordChange::Moved { stage, .. } => Some(stage),
        _ => None,
    });
    let mut unknown = stages.filter(|stage| deciding.catalogue_for(&log.origin, stage).is_none());
    if unknown.next().is_some() {
        return deciding.ask_and_wait(ask_for_names);
    }
    let catalogue = deciding.state.catalogues.get(&log.origin).map(|(_, catalogue)| catalogue.clone());
    let mut news = false;
    for row in &log.rows {
        news |= match (&row.record, &catalogue) {
            (RecordId::Contact(id), _) => contact_changed(deciding, &Node::contact(&log.origin, id)),
            (RecordId::Deal(id), catalogue) => {
                let deal = DealKey { origin: log.origin.clone(), id: id.clone() };
                match (&row.change, catalogue) {
                    (RecordChange::Moved { left, stage }, Some(catalogue)) => {
                        let entry = Entry { left: left.clone(), ..Entry::new(stage.clone(), row.at_s) };
                        moved(deciding, &deal, &entry, catalogue)
                    }
                    _ => changed(deciding, &deal, row),
                }
            }
        };
    }
    if news { Outcome::Used } else { Outcome::Ignored(Reason::NothingNew) }
}

/// A deal entered a stage. One that is not known is of interest only if a rule asks for that stage.
fn moved(deciding: &mut Deciding, key: &DealKey, entry: &Entry, catalogue: &Catalogue) -> bool {
    let known = deciding.state.deals.get(key).cloned();
    let is_wanted = |stage: &StageId| rules::wants(deciding, stage, catalogue);
    if known.is_none() && !is_wanted(&entry.stage) && !entry.left.as_ref().is_some_and(is_wanted) {
        return false;
    }
    let mut deal = known.unwrap_or_else(|| Deal::new(key.clone()));
    let made = entry.left.as_ref().and_then(|left| deal.made_in(left, entry));
    let told = made.into_iter().chain([entry.clone()]);
    let mut entries: Vec<Entry> = told.filter(|entry| !deal.knows(entry)).collect();
    for entry in &entries {
        deal.enter_as_told(entry.clone());
    }
    // What stands beside it in its second may be known only now.
    entries.extend(deal.learn_left(entry));
    if entries.is_empty() {
        return false;
    }
    if deal.arrived.as_ref().is_some_and(|arrived| deal.has_entered(&arrived.stage)) {
        deal.has_been_told();
    }
    if deal.stage.is_none() || deal.unseen_move_s().is_some() {
        deal.told_s = deal.told_s.max(entries.iter().map(|entry| entry.at_s).max().unwrap_or_default());
        deal.lagging = true;
        deciding.ask(Question::Deal { deal: key.clone() });
    }
    deciding.act(Effect::SaveDeal(deal));
    let received_ms = deciding.received_ms;
    for entry in &entries {
        let happened = Happened::Entered(entry);
        rules::fire(deciding, &Cause::Deal(key.clone()), happened, catalogue, received_ms);
    }
    rules::won_elsewhere(deciding, key, catalogue);
    resolve::deal(deciding, key);
    true
}

/// Something else happened to a deal: it is read, unless it was read since or is nobody's business.
fn changed(deciding: &mut Deciding, key: &DealKey, row: &AuditRow) -> bool {
    let known = deciding.state.deals.get(key);
    let wants_reading = match (&row.change, known) {
        // The CRM may have said that it does not have it yet.
        (RecordChange::Made, known) => {
            known.is_none_or(|deal| deal.stage.is_none() && deal.created_s.is_none())
        }
        (_, None) => false,
        (RecordChange::Deleted, Some(deal)) => !deal.gone,
        (RecordChange::Restored, Some(deal)) => deal.gone,
        (_, Some(deal)) => row.at_s > deal.updated_s,
    };
    if !wants_reading {
        return false;
    }
    // A link or a field may change a deal without a sign of it in the row.
    let must_show = row.change != RecordChange::Other;
    let mut deal = known.cloned().unwrap_or_else(|| Deal::new(key.clone()));
    if row.change == RecordChange::Made {
        deal.created_s = Some(row.at_s);
    }
    if must_show && row.at_s > deal.told_s {
        deciding.act(Effect::SaveDeal(Deal { told_s: row.at_s, lagging: true, ..deal }));
        resolve::deal(deciding, key);
    }
    deciding.ask(Question::Deal { deal: key.clone() });
    true
}

/// A contact changed: one that was read is read again.
fn contact_changed(deciding: &mut Deciding, contact: &Node) -> bool {
    let is_known = deciding.state.contacts.contains_key(contact) && !deciding.is_erased(contact);
    let Some((origin, id)) = contact.contact_parts().filter(|_| is_known) else { return false };
    deciding.ask(Question::Contact { origin: origin.to_owned(), id: id.to_owned() });
    true
}

/// A deal that was first known by a move: when it had entered the stage that it left, its own history tells.
pub(super) fn ask_where_it_was(deciding: &mut Deciding, deal: &Deal, catalogue: &Catalogue) {
    let first = deal.entries.iter().min_by_key(|entry| entry.at_s);
    let left = first.and_then(|first| first.left.as_ref()).filter(|left| !deal.has_entered(left));
    if let Some(stage) = left.filter(|left| rules::wants(deciding, left, catalogue)) {
        deciding.ask(Question::StageLog { deal: deal.key.clone(), stage: stage.clone() });
    }
}
