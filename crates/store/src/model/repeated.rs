//! Activities that come again, and what senders themselves add to purchases.

use kopru_core::{Admitted, ConsentAnswer, OnceKey, State, StatedWorth, is_another_sale};

use super::{
    Rows,
    activities::{AppendedRow, row},
};
use crate::{KeptActivities, views::NUMBERS_SEEN_FOR_MS};

/// How many of a purchase are noted that senders have added themselves.
const BY_SENDERS_MAX: usize = 16;

impl Rows {
    /// The numbers of those that have come before and are recognised in an activity, the order's first.
    pub(super) fn known_as(&self, one: &Admitted, now_s: i64) -> Vec<u64> {
        let mut keys: Vec<&OnceKey> = one.activity.once.iter().collect();
        keys.sort_by_key(|key| !key.is_order);
        keys.into_iter().filter_map(|key| self.held(&key.key, now_s)).collect()
    }

    fn held(&self, key: &[u8; 16], now_s: i64) -> Option<u64> {
        let held = self.told.once.get(key).filter(|(_, until_s)| *until_s >= now_s);
        held.map(|(number, _)| *number)
    }

    /// What a repetition leads to, beside what it appends.
    pub(super) fn repeat(&mut self, again: &Admitted, received_ms: i64, kept: &mut KeptActivities) {
        if again.activity.consent == Some(ConsentAnswer::No) {
            for first in self.known_as(again, received_ms.div_euclid(1000)) {
                let appended = self.told.appended.iter().filter(|one| one.purchase == first);
                let numbers: Vec<u64> = appended.map(|one| one.number).chain([first]).collect();
                for number in numbers {
                    self.refuse(number, received_ms);
                }
            }
        }
        let order = again.activity.once.iter().find(|key| key.is_order);
        let first = order.and_then(|order| self.held(&order.key, received_ms.div_euclid(1000)));
        let first = first.and_then(|first| self.conversions.get(&first)).filter(|row| !row.gone);
        if first.is_some_and(|row| is_another_sale(&row.decided, &again.activity)) {
            kept.other_sales += 1;
            let counted = self.told.numbers_again.entry(again.activity.dataset.clone());
            let counted = counted.or_insert([0, received_ms, received_ms]);
            if counted[2] < received_ms - NUMBERS_SEEN_FOR_MS {
                *counted = [0, received_ms, received_ms];
            }
            *counted = [counted[0] + 1, counted[1], received_ms];
        }
    }

    fn refuse(&mut self, number: u64, now_ms: i64) {
        let Some(row) = self.conversions.get_mut(&number).filter(|row| !row.gone) else { return };
        let before = row.now();
        let Some(after) = before.refused() else { return };
        row.decided.consent = after.consent;
        if matches!(before.state, State::Queued | State::Waiting) {
            self.change_told(after, now_ms);
        }
        if let (false, Some(row)) = (before.sent.is_under_way(), self.conversions.get_mut(&number)) {
            row.wipe();
        }
    }

    /// Keeps an activity; one that adds to a purchase beside that.
    pub(super) fn keep(&mut self, number: u64, one: Admitted, received_ms: i64) {
        let now_s = received_ms.div_euclid(1000);
        let purchase = one.activity.adds_to.iter().find_map(|key| self.held(key, now_s));
        let sale = purchase.and_then(|purchase| self.conversions.get(&purchase)).filter(|sale| !sale.gone);
        let sale = sale.map(|sale| sale.decided.clone());
        let noted = self.told.appended.iter().filter(|row| Some(row.purchase) == purchase && row.by_sender);
        let (Some(purchase), Some(sale)) = (purchase.filter(|_| noted.count() < BY_SENDERS_MAX), sale) else {
            self.conversions.insert(number, row(number, one, received_ms));
            return;
        };
        let (state, reason) = one.beside(&sale);
        let (event_s, worth, by_sender) = (one.activity.event_s, StatedWorth::default(), true);
        self.told.appended.push(AppendedRow { purchase, number, event_s, worth, by_sender });
        let mut made = row(number, Admitted { state, reason, ..one }, received_ms);
        if state == State::Waiting {
            made.decided.deadline_ms = Some(made.decided.last_call_ms());
        }
        self.conversions.insert(number, made);
    }
}
