//! Conversions: events as Meta will get them.

use capi::{Money, limits};
use serde::{Deserialize, Serialize};

use crate::{
    ActivityKey, Cause, Reason, Route, Seq, StageId, StoredEvent, Worth, is_of_public_door, policy::is_won,
};

/// One event for Meta: what it comes from, how Meta recognises its person, and how far it is.
///
/// Until an attempt holds it, everything but its id follows from what is known now; each change raises its
/// revision in the store. The body that Meta gets is made from it when it leaves, see
/// [`crate::make_body`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversion {
    /// The same thing has the same id, however often and in whatever way it is reported.
    pub event_id: String,
    /// The event as the rule names it, for example `Lead`.
    pub event: String,
    /// The event's name on its route, for example `LeadSubmitted`. Frozen by the first attempt.
    pub name: String,
    /// The rule that asked for it.
    pub rule: String,
    /// What it comes from.
    pub cause: Cause,
    /// How Meta recognises the person.
    pub route: Route,
    /// When it happened, Unix seconds: of a sale the win that stands, until Meta may have it.
    pub event_s: i64,
    /// When Kopru first heard of it, Unix milliseconds.
    pub received_ms: i64,
    /// What it is worth as its rule says now, or said last; nothing if it carries no value.
    #[serde(default)]
    pub worth: Option<Worth>,
    /// The value, once it has one.
    pub value: Option<Money>,
    /// The value's currency.
    pub currency: Option<String>,
    /// The value as it is now, where Meta was told another one and cannot be told again.
    #[serde(default)]
    pub correction: Option<Money>,
    /// The stage whose entry it reports; nothing where no stage is known.
    #[serde(default)]
    pub stage: Option<StageId>,
    /// The fact that made it, or found that it was won anew: its contacts count as read only by what was asked for then or later.
    /// Of an activity, which no fact made, its own number in the store.
    #[serde(default)]
    pub made_by: Seq,
    /// Which one it is of the events of this name that its cause has made, from 1.
    #[serde(default = "first")]
    pub occurrence: u32,
    /// The dataset to which it goes, once known.
    pub dataset: Option<String>,
    /// The ad that it is credited to, once known.
    pub ad_id: Option<String>,
    /// What is said about consent; a refusal wins.
    #[serde(default)]
    pub consent: Option<crate::ConsentAnswer>,
    /// How far it is.
    pub state: State,
    /// Why it waits or how it ended.
    pub reason: Option<Reason>,
    /// Until when it may wait, Unix milliseconds.
    pub deadline_ms: Option<i64>,
    /// When it may leave, Unix milliseconds. In the future only for an event that is.
    pub due_ms: Option<i64>,
    /// What would be refused, when the check says so.
    pub detail: Option<String>,
    /// What was decided since an attempt holds it: how it goes on when the attempt has told nobody.
    #[serde(default)]
    pub stop: Option<Stop>,
    /// Whether somebody has let it go although it may have left before the store was restored.
    #[serde(default)]
    pub released: bool,
    /// By what Meta recognises the person. Not part of the record: a store keeps it sealed.
    #[serde(skip)]
    pub identity: Option<Identity>,
    /// What has left of it. Not part of the record: the queue knows it.
    #[serde(skip)]
    pub sent: Sent,
    /// The state in which the store has it; `None` before it has it. What has ended meanwhile stays ended.
    #[serde(skip)]
    pub stored: Option<State>,
    /// Whether an activity has come anew since it ended, under a number of its own: nobody sends both.
    #[serde(skip)]
    pub came_anew: bool,
}

/// By what Meta recognises the person of an event. Not hashed, so sealed wherever it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Identity {
    /// A click on an ad that opened a chat.
    Click {
        /// The business account that received the chat, as the webhook named it.
        account: String,
        /// Meta's id of the click, exactly as it came.
        click_id: String,
    },
    /// An instant form.
    Lead {
        /// Meta's id of the filled form.
        lead_id: String,
    },
    /// What a site, an app or a shop told itself.
    Activity(Box<StoredEvent>),
}

/// What has left of a conversion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sent {
    /// Nothing yet.
    #[default]
    Never,
    /// Attempts were answered, and Meta has not taken it. Its name is frozen.
    NotTaken,
    /// An attempt holds it. Its bytes are frozen.
    UnderWay,
    /// An attempt was not answered: Meta may have it. Its bytes are frozen.
    Unknown,
    /// The same, and an attempt holds it again.
    UnknownUnderWay,
}

impl Sent {
    /// Whether an attempt holds it.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::UnderWay | Self::UnknownUnderWay)
    }

    /// Whether Meta may have it although no attempt holds it.
    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown | Self::UnknownUnderWay)
    }
}

/// Why a conversion does not leave now, and how far it is instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// Waiting, suppressed or failed.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// Until when it waits, Unix milliseconds.
    pub deadline_ms: Option<i64>,
    /// What would be refused, when the check says so.
    pub detail: Option<String>,
}

impl Stop {
    /// Not sent, on purpose.
    pub fn suppressed(reason: Reason) -> Self {
        Self { state: State::Suppressed, reason, deadline_ms: None, detail: None }
    }

    /// Refused, or too late.
    pub fn failed(reason: Reason) -> Self {
        Self { state: State::Failed, reason, deadline_ms: None, detail: None }
    }

    /// Something is missing that may still come until a time, Unix milliseconds.
    pub fn waiting(reason: Reason, deadline_ms: i64) -> Self {
        Self { state: State::Waiting, reason, deadline_ms: Some(deadline_ms), detail: None }
    }

    /// Whether it holds for an event that Meta may have already: it is not told again that which nobody
    /// may tell it, nor by itself what may count twice and waits for a person's word.
    pub fn holds_after_unknown(&self) -> bool {
        use Reason::{
            ConsentRefused, DatasetOff, Dropped, Erased, HeldAfterRestore, NoConsent, NoDataset, Shadow,
            TestOver, Withdrawn,
        };
        matches!(
            self.reason,
            ConsentRefused
                | NoConsent
                | Erased
                | Dropped
                | DatasetOff
                | Shadow
                | TestOver
                | NoDataset
                | HeldAfterRestore
                | Withdrawn
        )
    }
}

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something is missing that may still come.
    Waiting,
    /// Complete, on its way.
    Queued,
    /// Meta took it.
    Accepted,
    /// Meta had it already.
    Duplicate,
    /// Not sent, on purpose.
    Suppressed,
    /// Refused, or too late.
    Failed,
}

/// A deadline that is over even where nobody confirms the clock.
const AT_ONCE: i64 = i64::MIN;

impl State {
    /// All states, in the order of the ledger.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Waiting, Self::Accepted, Self::Duplicate, Self::Suppressed, Self::Failed];

    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Suppressed => "suppressed",
            Self::Failed => "failed",
        }
    }

    /// Reads a name back.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Most things make an event once.
fn first() -> u32 {
    1
}

impl Conversion {
    /// What a site, an app or a shop told, as it begins.
    pub fn of_activity(key: ActivityKey, name: String, event_s: i64, received_ms: i64) -> Self {
        Self {
            event_id: key.id.clone(),
            event: name.clone(),
            name,
            rule: String::new(),
            cause: Cause::Activity(key),
            route: Route::Website,
            event_s,
            received_ms,
            worth: None,
            value: None,
            currency: None,
            correction: None,
            stage: None,
            made_by: 0,
            occurrence: 1,
            dataset: None,
            ad_id: None,
            consent: None,
            state: State::Queued,
            reason: None,
            deadline_ms: None,
            due_ms: None,
            detail: None,
            stop: None,
            released: false,
            identity: None,
            sent: Sent::Never,
            stored: None,
            came_anew: false,
        }
    }

    /// Whether its value is what the business estimates, and no revenue.
    pub fn is_estimate(&self) -> bool {
        self.worth.as_ref().is_some_and(Worth::is_estimate)
    }

    /// Whether it reports a win, which may be undone.
    pub(crate) fn is_sale(&self) -> bool {
        self.stage.as_ref().is_some_and(is_won)
    }

    /// Whether Meta cannot have it, and no attempt holds it.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self.sent, Sent::Never | Sent::NotTaken)
    }

    /// Whether its sale was undone after Meta had it.
    pub fn is_undone(&self) -> bool {
        self.reason == Some(Reason::Undone)
    }

    /// When it leaves, Unix milliseconds, where it is queued and that lies ahead: it is dated in the future.
    pub fn leaves_ms(&self, now_ms: i64) -> Option<i64> {
        let event_ms = self.event_s.saturating_mul(1000);
        (self.state == State::Queued && event_ms > now_ms).then_some(event_ms)
    }

    /// Whether new knowledge may still change what becomes of it.
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Waiting | State::Queued => true,
            State::Suppressed => !self.sent.is_unknown() && self.reason.is_some_and(Reason::reopens),
            State::Accepted | State::Duplicate | State::Failed => false,
        }
    }

    /// The last moment at which it may leave, Unix milliseconds: an hour before Meta finds it too old, and five minutes
    /// where its sender chose its time and was told that it is taken.
    pub fn last_call_ms(&self) -> i64 {
        let last_s = match &self.identity {
            Some(Identity::Activity(event)) => event.leaves_until_s(self.event_s),
            _ => self.event_s.saturating_add(limits::EVENT_AGE_MAX_S - limits::EVENT_AGE_MARGIN_S),
        };
        last_s.saturating_mul(1000)
    }

    /// The parameters of the request in which it has to leave, a JSON object; empty if it needs none.
    pub fn envelope(&self) -> &str {
        match &self.identity {
            Some(Identity::Activity(event)) => &event.envelope,
            _ => "",
        }
    }

    /// The same while its bytes are frozen, when `decided` would be made of it otherwise: Meta is not told
    /// what nobody may tell it; any other change counts once an attempt has told Meta nothing.
    #[must_use]
    pub fn frozen(&self, decided: &Self) -> Self {
        let (state, deadline_ms) = (decided.state, decided.deadline_ms);
        let stop = decided.reason.map(|reason| Stop { state, reason, deadline_ms, detail: None });
        let stop = stop.filter(Stop::holds_after_unknown);
        let told = |one: &Self| (one.state, one.route, one.value, one.dataset.clone(), one.identity.clone());
        let changed = !self.sent.is_unknown() && told(self) != told(decided);
        let changed = changed.then(|| Stop::waiting(Reason::ChangedMeanwhile, AT_ONCE));
        let correction = decided.value.filter(|value| self.value != Some(*value));
        Self { stop: stop.or(changed), correction, ..self.clone() }
    }

    /// Whether a page told it, so that anybody may have made it up.
    pub fn is_of_page(&self) -> bool {
        matches!(&self.cause, Cause::Activity(key) if is_of_public_door(&key.origin))
    }

    /// Whether it is on its way and Meta surely has nothing of it yet.
    pub fn may_be_withdrawn(&self) -> bool {
        self.state == State::Queued && !self.sent.is_under_way() && !self.sent.is_unknown()
    }

    /// The same, gone no further than this.
    #[must_use]
    pub fn stopped(self, stop: Stop) -> Self {
        let Stop { state, reason, deadline_ms, detail } = stop;
        Self { state, reason: Some(reason), deadline_ms, detail, due_ms: None, stop: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        assert_eq!(State::from_code("pending"), None);
    }
}
