//! What is appended to purchases that come again and are worth something else by now.

use kopru_core::{
    Admitted, Conversion, Identifier, Identity, JoinKey, Reason, Repetition, ReportedPurchase, State,
    StatedWorth, Stop, Trust, append_value, is_appendable, may_append,
};

use super::{
    Rows,
    activities::{AppendedRow, row},
};
use crate::{KeptActivities, views::AppendedTo};

impl Rows {
    pub(super) fn append_to_repeated(
        &mut self,
        join: &JoinKey,
        again: &Admitted,
        received_ms: i64,
        kept: &mut KeptActivities,
    ) {
        let now_s = received_ms.div_euclid(1000);
        match self.repetition(join, again, now_s) {
            Some((Repetition::Appends(appends, worth), purchase)) => {
                let number = self.conversions.last_key_value().map_or(1, |(last, _)| last + 1);
                for key in &appends.activity.once {
                    self.told.once.insert(key.key, (number, key.until_s));
                }
                let event_s = appends.activity.event_s;
                self.told.appended.push(AppendedRow { purchase, number, event_s, worth, by_sender: false });
                let mut made = row(number, *appends, received_ms);
                if made.decided.state == State::Waiting {
                    made.decided.deadline_ms = Some(made.decided.last_call_ms());
                }
                self.conversions.insert(number, made);
                kept.appended += 1;
            }
            Some((Repetition::OtherCurrency, _)) => kept.other_currency += 1,
            Some((Repetition::TooMany, _)) => kept.too_many_changes += 1,
            Some((Repetition::Known, _)) | None => {}
        }
    }

    fn repetition(&self, join: &JoinKey, again: &Admitted, now_s: i64) -> Option<(Repetition, u64)> {
        if !may_append(again) {
            return None;
        }
        let purchase = *self.known_as(again, now_s).first()?;
        let first = self.conversions.get(&purchase).filter(|row| !row.gone)?;
        let one = first.now();
        let Some(Identity::Activity(event)) = &one.identity else { return None };
        if !is_appendable(&one, &event.action_source) {
            return None;
        }
        let of_it = self.told.appended.iter().filter(|one| one.purchase == purchase && !one.by_sender);
        let appended: Vec<(StatedWorth, i64)> = of_it.map(|one| (one.worth, one.event_s)).collect();
        let taken_ms = first.settled_ms.filter(|_| is_taken(&one));
        let reported = ReportedPurchase { one: &one, event, taken_ms, appended: &appended };
        let mut repetition = append_value(&reported, again, join, now_s);
        if let Repetition::Appends(admitted, _) = &mut repetition {
            let identifier = |node| Identifier { node, trust: Trust::Other, match_key: None };
            let who = first.told.as_ref().map(|told| told.who.clone()).unwrap_or_default();
            admitted.activity.who = who.into_iter().map(identifier).collect();
        }
        Some((repetition, purchase))
    }

    /// Lets go, or ends, what waits for purchases that have come to stand elsewhere.
    pub(super) fn follow_purchases(&mut self, now_ms: i64) {
        for AppendedRow { purchase, number, by_sender, .. } in self.told.appended.clone() {
            let sale = self.conversions.get(&purchase).filter(|row| !row.gone).map(|row| row.decided.clone());
            let Some(one) = self.conversions.get_mut(&number) else { continue };
            let waits = (one.decided.state, one.decided.reason)
                == (State::Waiting, Some(Reason::WaitingSale))
                && !one.gone;
            let is_open = |sale: &Conversion| matches!(sale.state, State::Queued | State::Waiting);
            // Whoever is erased is erased from both, where both are of the same person.
            let is_erased = |sale: &Conversion| sale.reason == Some(Reason::Erased);
            if !waits || sale.as_ref().is_some_and(|sale| is_open(sale) || (is_erased(sale) && !by_sender)) {
                continue;
            }
            if sale.as_ref().is_some_and(is_taken) {
                one.come_back(one.event_ms());
                let (state, reason) = (State::Queued, None);
                one.stand_as(Conversion { state, reason, ..one.decided.clone() }, now_ms);
            } else {
                let stop = Stop::suppressed(Reason::SaleNotTaken);
                one.stand_as(one.decided.clone().stopped(stop), now_ms);
            }
        }
    }

    /// Whether Meta has the purchase to which an activity appends, if it does.
    pub(super) fn may_append_now(&self, number: u64) -> bool {
        let appended = self.told.appended.iter().find(|one| one.number == number);
        let sale = appended.and_then(|one| self.conversions.get(&one.purchase));
        sale.filter(|sale| !sale.gone).is_none_or(|sale| is_taken(&sale.decided))
    }

    /// To what an activity appends.
    pub(super) fn appends(&self, number: u64) -> Option<AppendedTo> {
        let AppendedRow { purchase, worth, .. } =
            self.told.appended.iter().find(|one| one.number == number)?;
        let sale = self.conversions.get(purchase).filter(|sale| !sale.gone)?;
        Some(AppendedTo {
            number: *purchase,
            event_id: sale.decided.event_id.clone(),
            was: sale.decided.value,
            worth: *worth,
            currency: sale.decided.currency.clone(),
        })
    }
}

fn is_taken(purchase: &Conversion) -> bool {
    matches!(purchase.state, State::Accepted | State::Duplicate)
}
