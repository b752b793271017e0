//! What is looked at again step by step beside the facts: conversions and deals because somebody asks for it,
//! and the deals of contacts that have too many for one turn.

use kopru_core::{
    Action, Cause, Conversion, ConversionFilter, DealKey, Node, Revisit, RevisitPlace, RevisitStep, Seq,
    State,
};

use super::{Rows, conversions::ConversionRow, state::Loading};
use crate::{REVISIT_ROWS, Sweep, bounds::DEALS_MAX};

#[derive(Debug, Clone)]
pub(super) struct SweepRow {
    /// The fact that asked for it, and the newest one that has asked since.
    asked_by: Seq,
    again: Option<Seq>,
    /// The last deal that was looked at.
    after: Option<DealKey>,
}

impl Rows {
    pub(super) fn begin_revisit(&mut self, revisit: Revisit) {
        // Whoever tries again may have mended what caused a pause.
        if revisit.action == Action::Retry {
            self.end_pauses_that_need_somebody();
        }
        self.revisits.push((revisit, Some(RevisitPlace::default())));
    }

    pub(super) fn next_revisit(&self, loading: &mut Loading<'_>) -> Option<RevisitStep> {
        let open = self.revisits.iter().zip(1..).find(|((_, place), _)| place.is_some());
        let ((revisit, place), number) = open?;
        Some(self.revisit_step(loading, number, revisit.clone(), place.as_ref()?))
    }

    pub(super) fn revisited(&mut self, step: RevisitStep) {
        let index = usize::try_from(step.number).ok().and_then(|number| number.checked_sub(1));
        if let Some((_, place)) = index.and_then(|index| self.revisits.get_mut(index)) {
            *place = step.next;
        }
    }

    /// The step that follows a place.
    pub(super) fn revisit_step(
        &self,
        loading: &mut Loading<'_>,
        number: u64,
        revisit: Revisit,
        place: &RevisitPlace,
    ) -> RevisitStep {
        let mut next = place.clone();
        let (mut conversions, mut deals) = (Vec::new(), Vec::new());
        let filter = revisit.filter.as_ref();
        if let Some(filter) = filter.filter(|filter| !filter.event_ids.is_empty())
            && !place.conversions_done
        {
            conversions = self.named(filter);
            (next.queue_done, next.conversions_done) = (true, true);
        } else if !place.queue_done {
            conversions = self.some_of_the_queue(&revisit, &mut next);
        } else if !place.conversions_done {
            conversions = self.some_beside_the_queue(&revisit, &mut next);
        } else if !revisit.rules.is_empty() {
            deals = self.some_deals(&mut next);
        }
        let is_told = |one: &Conversion| matches!(one.cause, Cause::Activity(_));
        for one in conversions.iter().filter(|one| !is_told(one)) {
            loading.cause(&one.cause);
        }
        for deal in &deals {
            loading.deal(deal);
            loading.catalogue(&deal.origin);
        }
        // Of what has no state around it nothing could be decided; an activity needs none.
        conversions.retain(|one| {
            is_told(one) || loading.state.conversions.get(&one.cause).is_some_and(|all| all.contains(one))
        });
        let ended = |one: &&mut Conversion| matches!(one.state, State::Suppressed | State::Failed);
        for one in conversions.iter_mut().filter(|one| is_told(one)).filter(ended) {
            one.came_anew = self.came_anew(one.made_by);
        }
        let done = next.queue_done && next.conversions_done && (next.deals_done || revisit.rules.is_empty());
        RevisitStep { number, revisit, conversions, deals, next: (!done).then_some(next) }
    }

    /// Those of which the ids are given, however old they are.
    fn named(&self, filter: &ConversionFilter) -> Vec<Conversion> {
        let all = filter.event_ids.iter().take(REVISIT_ROWS);
        let numbers = all.flat_map(|id| self.numbered(id).into_iter().chain(self.told_as(id)));
        let found = numbers.filter_map(|number| self.conversions.get(&number)).map(ConversionRow::now);
        found.filter(|one| filter.takes(one)).collect()
    }

    /// What decisions made, by number, in whatever lane.
    fn some_of_the_queue(&self, revisit: &Revisit, next: &mut RevisitPlace) -> Vec<Conversion> {
        let behind =
            self.queue(None).filter(|(number, row, _)| *number > next.queue_after && row.told.is_none());
        let some: Vec<_> = behind.take(REVISIT_ROWS).collect();
        next.queue_done = revisit.filter.is_none() || some.len() < REVISIT_ROWS;
        next.queue_after = some.last().map_or(next.queue_after, |(number, ..)| *number);
        let Some(filter) = &revisit.filter else { return Vec::new() };
        let since_s = filter.since_s.filter(|_| !revisit.any_age_of_queued);
        let filter = ConversionFilter { since_s, ..filter.clone() };
        some.iter().map(|(_, row, _)| row.now()).filter(|one| filter.takes(one)).collect()
    }

    /// With activities of the queue. Newest first, until what was made before the time from which on something is meant.
    fn some_beside_the_queue(&self, revisit: &Revisit, next: &mut RevisitPlace) -> Vec<Conversion> {
        let Some(filter) = &revisit.filter else {
            next.conversions_done = true;
            return Vec::new();
        };
        let below = self.conversions.range(..next.below.unwrap_or(u64::MAX)).rev();
        let below = below.filter(|(_, row)| !row.gone);
        let some: Vec<_> = below.take(REVISIT_ROWS).collect();
        let oldest_ms = filter.since_s.map_or(i64::MIN, |since_s| since_s.saturating_mul(1000));
        next.conversions_done =
            some.len() < REVISIT_ROWS || some.last().is_some_and(|(_, row)| row.created_ms < oldest_ms);
        next.below = some.last().map(|(number, _)| **number).or(next.below);
        let since_s = filter.since_s.filter(|_| !revisit.any_age_of_queued);
        let of_queued = ConversionFilter { since_s, ..filter.clone() };
        let is_meant = |row: &ConversionRow| match row.decided.state {
            State::Queued => row.told.is_some() && of_queued.takes(&row.now()),
            _ => filter.takes(&row.now()),
        };
        some.iter().filter(|(_, row)| is_meant(row)).map(|(_, row)| row.now()).collect()
    }

    fn some_deals(&self, next: &mut RevisitPlace) -> Vec<DealKey> {
        let behind = self.deals.keys().filter(|deal| Some(*deal) > next.after_deal.as_ref());
        let some: Vec<DealKey> = behind.take(REVISIT_ROWS).cloned().collect();
        next.deals_done = some.len() < REVISIT_ROWS;
        next.after_deal = some.last().cloned().or(next.after_deal.take());
        some
    }

    /// Notes that the deals of a contact are to be looked at. While that is under way, it is noted that they
    /// are to be looked at once more, from the first.
    pub(super) fn ask_for_sweep(&mut self, contact: Node, asked_by: Seq) {
        let under_way = self.sweeps.get_mut(&contact);
        if let Some(sweep) = under_way {
            sweep.again = Some(asked_by);
        } else {
            self.sweeps.insert(contact, SweepRow { asked_by, again: None, after: None });
        }
    }

    /// The next step of the sweep that was asked for first.
    pub(super) fn next_sweep(&self, loading: &mut Loading<'_>) -> Option<Sweep> {
        let (contact, sweep) = self.sweeps.iter().min_by_key(|(_, sweep)| sweep.asked_by)?;
        let behind = self.deals_of(contact).filter(|deal| Some(*deal) > sweep.after.as_ref());
        let deals: Vec<DealKey> = behind.take(DEALS_MAX).cloned().collect();
        for deal in &deals {
            loading.deal(deal);
        }
        let after = deals.last().filter(|_| deals.len() == DEALS_MAX).cloned();
        Some(Sweep { contact: contact.clone(), deals, after })
    }

    pub(super) fn swept(&mut self, step: Sweep) {
        let Some(sweep) = self.sweeps.remove(&step.contact) else { return };
        let goes_on = match (step.after, sweep.again) {
            (Some(after), _) => Some(SweepRow { after: Some(after), ..sweep }),
            (None, again) => again.map(|asked_by| SweepRow { asked_by, again: None, after: None }),
        };
        self.sweeps.extend(goes_on.map(|sweep| (step.contact, sweep)));
    }
}
