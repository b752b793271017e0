//! A web purchase that was reported comes again, and is worth something else by now: what Meta gets then.
//!
//! Meta's totals cannot be corrected, and a second Purchase would count twice. For values that become known later
//! Meta has an event of its own, `AppendValue`, which names the purchase that it adds to; its page on predicted
//! lifetime value (2026-07-09) documents it, for purchases on websites and within seven days. That page names
//! `predicted_ltv` alone; `net_revenue` is what the senders of Stape (2025-08-06) and Segment (2026-05) append with it.

use std::borrow::Cow;

use capi::{
    ActionSource, Event, Money, Normalizer, Rules, catalogue,
    event::{CustomData, OriginalEventData},
    limits,
};
use serde::{Deserialize, Serialize};

use crate::{
    Activity, Admitted, Carried, Conversion, JoinKey, OnceKey, Reason, State, StoredEvent,
    order_number::{order_number, order_of},
};

/// The name of the event, which Meta has standardized.
pub const APPEND_VALUE: &str = "AppendValue";
/// The name of the events to which something is appended.
const PURCHASE: &str = "Purchase";
/// Where those happen: of other places nothing is documented.
const ON_A_WEBSITE: &str = "website";
/// How often something is appended to one purchase. Our own choice: two senders that disagree over each purchase must
/// not go on for ever.
const OF_ONE_PURCHASE_MAX: usize = 5;
/// For how long after it got a purchase Meta takes what is appended, seconds: its page on predicted lifetime value.
const WINDOW_S: i64 = 7 * 24 * 60 * 60;

/// When something is appended to a purchase that comes again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Appending {
    /// Never.
    Never,
    /// When its net revenue or predicted lifetime value is another one.
    Stated,
    /// When its value is another one, too.
    #[default]
    Changed,
}

impl Appending {
    /// The words in the configuration.
    pub const WORDS: [&'static str; 3] = ["never", "stated", "changed"];

    /// Reads a word of the configuration.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Never, Self::Stated, Self::Changed];
        Self::WORDS.into_iter().zip(all).find(|(known, _)| *known == word).map(|(_, one)| one)
    }
}

/// What a purchase is worth by what its senders have said so far, in its currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatedWorth {
    /// Its value.
    pub value: Option<Money>,
    /// What is left of it after costs.
    pub net_revenue: Option<Money>,
    /// What its buyer is expected to be worth over time.
    pub predicted_ltv: Option<Money>,
}

/// A purchase that was reported.
#[derive(Debug, Clone, Copy)]
pub struct ReportedPurchase<'a> {
    /// What it is, without its event.
    pub one: &'a Conversion,
    /// Its event, as it came.
    pub event: &'a StoredEvent,
    /// When Meta took it, Unix milliseconds; `None` while that is not known.
    pub taken_ms: Option<i64>,
    /// What was appended to it so far, the last one last: what it was worth then, and when, Unix seconds.
    pub appended: &'a [(StatedWorth, i64)],
}

/// What a repetition of a purchase leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Repetition {
    /// Nothing: it says what is known.
    Known,
    /// Nothing: its amounts are in another currency, and cannot be compared.
    OtherCurrency,
    /// Nothing: it is worth something else once more than is told of one purchase.
    TooMany,
    /// An event that appends what it says, and what the purchase is worth by that.
    Appends(Box<Admitted>, StatedWorth),
}

/// Whether an activity that has come before could say something new of a purchase.
pub fn may_append(again: &Admitted) -> bool {
    again.appending != Appending::Never
        && again.state == State::Queued
        && again.activity.name == PURCHASE
        && again.activity.event.action_source == ON_A_WEBSITE
}

impl Admitted {
    /// How what a sender itself adds to a purchase stands beside that: it waits until Meta has the purchase, and does not
    /// leave where Meta does not get it. What came while somebody else reported the dataset may be at Meta.
    pub fn beside(&self, purchase: &Conversion) -> (State, Option<Reason>) {
        let is_told_elsewhere =
            matches!(purchase.reason, Some(Reason::Shadow | Reason::DatasetOff | Reason::TestOver));
        match purchase.state {
            _ if self.state != State::Queued => (self.state, self.reason),
            State::Accepted | State::Duplicate => (State::Queued, None),
            State::Queued | State::Waiting => (State::Waiting, Some(Reason::WaitingSale)),
            State::Suppressed if is_told_elsewhere => (State::Queued, None),
            State::Suppressed | State::Failed => (State::Suppressed, Some(Reason::SaleNotTaken)),
        }
    }
}

/// Whether something can be appended to what was reported: a purchase on a website that Meta has or is to get.
pub fn is_appendable(reported: &Conversion, action_source: &str) -> bool {
    reported.name == PURCHASE
        && action_source == ON_A_WEBSITE
        && matches!(reported.state, State::Queued | State::Waiting | State::Accepted | State::Duplicate)
}

/// Whether it can be seen without the event of the first report that a repetition says what is known: nearly all do.
pub fn says_nothing_new(reported: &Conversion, appended: &[(StatedWorth, i64)], again: &Admitted) -> bool {
    let Activity { value, currency, event, .. } = &again.activity;
    let known = appended.last().map_or(reported.value, |(worth, _)| worth.value);
    let says_more = ["net_revenue", "predicted_ltv"].into_iter().any(|key| event.json.contains(key));
    *value == known && *currency == reported.currency && !says_more
}

/// What a purchase that comes again leads to. What is appended has the person of the first report, by whom Meta knows
/// the purchase, and waits until Meta has that. The time in Unix seconds.
pub fn append_value(
    purchase: &ReportedPurchase<'_>,
    again: &Admitted,
    join: &JoinKey,
    now_s: i64,
) -> Repetition {
    let (Some(first), Some(later)) = (read(purchase.event), read(&again.activity.event)) else {
        return Repetition::Known;
    };
    let orders = order_of(&first).zip(order_of(&later));
    let is_another = orders.is_some_and(|(one, other)| order_number(one) != order_number(other));
    let Some(currency) = purchase.one.currency.as_deref().filter(|_| !is_another) else {
        return Repetition::Known;
    };
    let before = purchase
        .appended
        .last()
        .map_or_else(|| StatedWorth { value: purchase.one.value, ..worth_of(&first) }, |(worth, _)| *worth);
    let said = StatedWorth { value: again.activity.value, ..worth_of(&later) };
    if again.activity.currency.as_deref() != Some(currency) {
        return if said.is_there() { Repetition::OtherCurrency } else { Repetition::Known };
    }
    let new = before.news(&said, again.appending, catalogue::minor_units(currency).unwrap_or(2));
    let is_in_time =
        purchase.taken_ms.is_none_or(|at_ms| now_s < at_ms / 1000 + WINDOW_S - limits::EVENT_AGE_MARGIN_S);
    if new == NewAmounts::default() || !is_in_time {
        return Repetition::Known;
    }
    if purchase.appended.len() >= OF_ONE_PURCHASE_MAX {
        return Repetition::TooMany;
    }
    let last_s = purchase.appended.iter().map(|(_, at_s)| *at_s).fold(purchase.one.event_s, i64::max);
    // It must be later than the purchase, and what is appended later later than what was before it.
    let appended = Appended { purchase, currency, new, event_s: now_s.max(last_s.saturating_add(1)) };
    Repetition::Appends(Box::new(appended.admitted(&first, join, now_s)), before.with(&said))
}

/// What is to be appended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct NewAmounts {
    net_revenue: Option<Money>,
    predicted_ltv: Option<Money>,
}

impl StatedWorth {
    fn is_there(&self) -> bool {
        self.value.is_some() || self.net_revenue.is_some() || self.predicted_ltv.is_some()
    }

    /// What is known now that somebody said more.
    fn with(&self, said: &Self) -> Self {
        Self {
            value: said.value.or(self.value),
            net_revenue: said.net_revenue.or(self.net_revenue),
            predicted_ltv: said.predicted_ltv.or(self.predicted_ltv),
        }
    }

    /// What of it is new. What is left of a sale of which nobody says what it cost is its value; where somebody does,
    /// another value says nothing of what is left.
    fn news(&self, said: &Self, appending: Appending, digits: u8) -> NewAmounts {
        let is_new =
            |before: Option<Money>, now: &Money| before.is_none_or(|before| differ(before, *now, digits));
        let stated = said.net_revenue.filter(|now| is_new(self.net_revenue, now));
        let says_value_alone =
            appending == Appending::Changed && self.net_revenue.is_none() && said.net_revenue.is_none();
        let value = said.value.filter(|now| says_value_alone && is_new(self.value, now));
        let predicted = said.predicted_ltv.filter(|now| now.is_positive() && is_new(self.predicted_ltv, now));
        NewAmounts { net_revenue: stated.or(value), predicted_ltv: predicted }
    }
}

/// Whether two amounts are not the same one, written with other digits or in the smallest unit of their currency.
pub(crate) fn differ(one: Money, other: Money, digits: u8) -> bool {
    let (Some(a), Some(b)) = (one.in_minor_units(digits), other.in_minor_units(digits)) else {
        return one != other;
    };
    let factor = 10_i64.saturating_pow(u32::from(digits));
    let is_scaled = |small: i64, large: i64| small.checked_mul(factor) == Some(large);
    a != b && !is_scaled(a, b) && !is_scaled(b, a)
}

fn read(stored: &StoredEvent) -> Option<Event<'_>> {
    Event::from_slice(stored.json.as_bytes()).ok()
}

/// What an event says beside its value.
fn worth_of(event: &Event<'_>) -> StatedWorth {
    let data = event.custom_data.as_ref();
    let net_revenue = data.and_then(|data| data.net_revenue.as_ref()?.money());
    let predicted_ltv = data.and_then(|data| data.predicted_ltv.as_ref()?.money());
    StatedWorth { value: None, net_revenue, predicted_ltv }
}

/// An event that appends to a purchase.
struct Appended<'a> {
    purchase: &'a ReportedPurchase<'a>,
    currency: &'a str,
    new: NewAmounts,
    event_s: i64,
}

impl Appended<'_> {
    fn admitted(&self, first: &Event<'_>, join: &JoinKey, now_s: i64) -> Admitted {
        let one = self.purchase.one;
        let (dataset, event_id) = (one.dataset.clone().unwrap_or_default(), self.event_id());
        let event = self.event(first, &event_id);
        let mut json = Vec::new();
        // What came hashed, or was hashed when it came, stays as it is.
        let written = capi::write_event(&event, &mut Normalizer::new(Rules::default(), now_s), &mut json);
        let carried = Carried::from(&written);
        let sendable_until_s = self.event_s.saturating_add(crate::age_max_s(ON_A_WEBSITE));
        let once = OnceKey::of_event(join, [&dataset, APPEND_VALUE, &event_id], now_s, sendable_until_s);
        let activity = Activity {
            origin: one.cause.origin().to_owned(),
            dataset,
            name: APPEND_VALUE.to_owned(),
            event_id,
            event_s: self.event_s,
            // The sale counts by what it was first worth, as it does at Meta.
            value: None,
            currency: None,
            consent: one.consent,
            once: vec![once],
            // Whoever makes it knows the purchase.
            adds_to: Vec::new(),
            who: Vec::new(),
            event: StoredEvent {
                action_source: ON_A_WEBSITE.to_owned(),
                envelope: self.purchase.event.envelope.clone(),
                // The writer writes JSON, which is text.
                json: String::from_utf8(json).unwrap_or_default(),
                added: Vec::new(),
                beside: String::new(),
            },
            carried,
        };
        let is_taken = matches!(one.state, State::Accepted | State::Duplicate);
        let (state, reason) =
            if is_taken { (State::Queued, None) } else { (State::Waiting, Some(Reason::WaitingSale)) };
        Admitted { activity, state, reason, appending: Appending::Never }
    }

    /// The same for the same, and another one each time that something is appended.
    fn event_id(&self) -> String {
        let one = self.purchase.one;
        let amount = |amount: Option<Money>| amount.map(|amount| amount.to_string()).unwrap_or_default();
        let parts = [
            one.dataset.as_deref().unwrap_or_default(),
            &one.event_id,
            &one.received_ms.to_string(),
            &self.purchase.appended.len().to_string(),
            self.currency,
            &amount(self.new.net_revenue),
            &amount(self.new.predicted_ltv),
        ];
        let hash = capi::sha256_hex(parts.join("\0").as_bytes());
        format!("append-{}", hash.get(..32).unwrap_or_default())
    }

    fn event<'e>(&'e self, first: &Event<'e>, event_id: &'e str) -> Event<'e> {
        let order = first.custom_data.as_ref().and_then(|data| data.order_id.as_deref());
        let original = OriginalEventData {
            event_name: Some(Cow::Borrowed(PURCHASE)),
            event_time: Some(self.purchase.one.event_s),
            order_id: order.map(|order| Cow::Owned(order.to_owned())),
            event_id: first.event_id.clone(),
            ..OriginalEventData::default()
        };
        Event {
            event_id: Some(Cow::Borrowed(event_id)),
            event_source_url: first.event_source_url.clone(),
            user_data: first.user_data.clone(),
            custom_data: Some(CustomData {
                currency: Some(Cow::Borrowed(self.currency)),
                net_revenue: self.new.net_revenue.map(Into::into),
                predicted_ltv: self.new.predicted_ltv.map(Into::into),
                ..CustomData::default()
            }),
            opt_out: first.opt_out,
            data_processing_options: first.data_processing_options.clone(),
            data_processing_options_country: first.data_processing_options_country,
            data_processing_options_state: first.data_processing_options_state,
            original_event_data: Some(Box::new(original)),
            ..Event::new(APPEND_VALUE, self.event_s, ActionSource::Website)
        }
    }
}

#[cfg(test)]
mod tests;
