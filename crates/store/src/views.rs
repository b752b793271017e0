//! What people read: the ledger, the newest conversions, what the ads brought, what needs mending.

use std::collections::BTreeMap;

use capi::Money;
use kopru_core::{Conversion, Node, Reason, Seq, State, StatedWorth};

use crate::{Pause, PauseScope};

/// A purchase to which something was appended, since it came again and was worth something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendedTo {
    /// Its number.
    pub number: u64,
    /// Its id; empty if it is not kept any more.
    pub event_id: String,
    /// What it was worth when it came.
    pub was: Option<Money>,
    /// What it was worth by what its senders had said when this was appended.
    pub worth: StatedWorth,
    /// Its currency, ISO 4217.
    pub currency: Option<String>,
}

/// A sale that somebody else than a CRM tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldSale {
    /// By what the buyer is recognised in CRMs: phones and e-mail addresses in their exact form.
    pub who: Vec<Node>,
    /// What it was worth.
    pub value: Money,
    /// The currency, ISO 4217.
    pub currency: String,
    /// When the day begins on which it was, Unix seconds.
    pub from_s: i64,
    /// When that day ends.
    pub to_s: i64,
}

/// Most contacts of one identifier whose deals are looked at for a sale. An identifier of more is a shop's own.
pub(crate) const SALE_CONTACTS_MAX: usize = 8;
/// Most deals of a contact that are looked at for a sale, and most events of a deal.
pub(crate) const SALE_DEALS_MAX: usize = 32;

/// Most sales of files of one identifier that a deal is compared with, the newest of them.
pub(crate) const IMPORTED_SALES_MAX: usize = 32;

impl ToldSale {
    /// Whether an event of a CRM's deal is this sale: Meta has it or is to get it.
    pub(crate) fn is(
        &self,
        event: &str,
        state: State,
        value: Option<Money>,
        currency: Option<&str>,
        event_s: i64,
    ) -> bool {
        let counts = matches!(state, State::Waiting | State::Queued | State::Accepted | State::Duplicate);
        counts
            && event == "Purchase"
            && value == Some(self.value)
            && currency == Some(&self.currency)
            && (self.from_s..self.to_s).contains(&event_s)
    }
}

/// The counts of everything that came in and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ledger {
    /// Requests that did not come in, by reason.
    pub refused_at_door: BTreeMap<String, i64>,
    /// Facts; `received` is the sum of the rest.
    pub facts: Facts,
    /// Conversions; `created` is the sum of the rest.
    pub conversions: Conversions,
    /// Whether both sums hold.
    pub balanced: bool,
    /// What came of each rule that something has fired.
    #[serde(default)]
    pub rules: Vec<RuleLedger>,
}

/// What came of a rule. Each deal that did what fires it stands in one part.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RuleLedger {
    /// The rule's id.
    pub rule: String,
    /// What has fired it: `made`, and the parts without a state.
    pub fired: CountAndWorth,
    /// Events that it has made.
    pub made: CountAndWorth,
    /// The same by how far it is, or by why there is no event.
    pub parts: Vec<RulePart>,
}

/// A part of what has fired a rule.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RulePart {
    /// How far the event is; `None` where none was made.
    pub state: Option<State>,
    /// Why.
    pub reason: Option<Reason>,
    /// How many, and what they are worth.
    #[serde(flatten)]
    pub counted: CountAndWorth,
}

/// How many, and what they are worth by currency, without estimates.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CountAndWorth {
    /// How many.
    pub n: i64,
    /// What those are worth that have an amount.
    pub worth: BTreeMap<String, Money>,
}

impl CountAndWorth {
    fn add(&mut self, n: i64, currency: &str, amount: Money) {
        self.n += n;
        if !currency.is_empty() {
            let sum = self.worth.entry(currency.to_owned()).or_insert(Money::ZERO);
            *sum = sum.checked_add(amount).unwrap_or(*sum);
        }
    }

    fn add_all(&mut self, other: &Self) {
        self.n += other.n;
        for (currency, amount) in &other.worth {
            self.add(0, currency, *amount);
        }
    }
}

/// Some of what has fired a rule: state and reason, currency, how many, amount.
pub(crate) type Fired = (Option<State>, Option<Reason>, String, i64, Money);

/// The ledgers of rules, from what each of them was fired by.
pub(crate) fn rule_ledgers(fired: impl IntoIterator<Item = (String, Fired)>) -> Vec<RuleLedger> {
    // Events come first.
    let mut parts: BTreeMap<(String, bool, Option<State>, Option<Reason>), CountAndWorth> = BTreeMap::new();
    for (rule, (state, reason, currency, n, amount)) in fired {
        parts.entry((rule, state.is_none(), state, reason)).or_default().add(n, &currency, amount);
    }
    let mut ledgers: Vec<RuleLedger> = Vec::new();
    for ((rule, _, state, reason), counted) in parts {
        if ledgers.last().is_none_or(|last| last.rule != rule) {
            ledgers.push(RuleLedger { rule, ..RuleLedger::default() });
        }
        let Some(ledger) = ledgers.last_mut() else { continue };
        ledger.fired.add_all(&counted);
        if state.is_some() {
            ledger.made.add_all(&counted);
        }
        ledger.parts.push(RulePart { state, reason, counted });
    }
    ledgers
}

/// Facts by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Facts {
    /// All of them.
    pub received: i64,
    /// Not decided yet.
    pub pending: i64,
    /// Waiting for an answer.
    pub waiting: i64,
    /// Changed something.
    pub used: i64,
    /// Changed nothing.
    pub ignored: i64,
    /// Had come before.
    pub duplicate: i64,
    /// Could not be read or applied; they can be tried again.
    #[serde(default)]
    pub set_aside: i64,
}

/// Conversions by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Conversions {
    /// All of them.
    pub created: i64,
    /// On their way.
    pub queued: i64,
    /// Something is missing.
    pub waiting: i64,
    /// Meta took them.
    pub accepted: i64,
    /// Meta had them already.
    pub duplicate: i64,
    /// Not sent, on purpose.
    pub suppressed: i64,
    /// Refused, or too late.
    pub failed: i64,
    /// Those of the accepted and the duplicate whose sale was undone since.
    #[serde(default)]
    pub undone: i64,
}

/// How many conversions there are of each event, state and reason.
pub type Breakdown = Vec<(String, State, Option<Reason>, i64)>;

/// A conversion as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The keys by which it was enriched, under their names at Meta.
    pub added: Vec<String>,
    /// The purchase to which it appends, if it was made for that.
    pub appends: Option<Box<AppendedTo>>,
    /// Its number; newer ones are higher.
    pub number: u64,
    /// What it is.
    pub conversion: Conversion,
    /// What Meta said.
    pub reply: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether Meta may have counted it twice.
    pub may_count_twice: bool,
    /// The event as it left last, byte for byte.
    pub body: Option<String>,
    /// When it ended, Unix milliseconds.
    pub settled_ms: Option<i64>,
}

impl Listed {
    /// Whether it is not sent again although Meta may have it.
    pub fn may_have_counted(&self) -> bool {
        self.conversion.sent.is_unknown()
            && matches!(self.conversion.state, State::Suppressed | State::Failed)
    }
}

/// What the ads brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Conversations that began on an ad.
    pub conversations: i64,
    /// Leads that Meta accepted.
    pub leads: i64,
    /// Purchases that Meta accepted.
    pub purchases: i64,
    /// Their value by currency.
    pub revenue: BTreeMap<String, Money>,
    /// Those of the purchases that were undone since. Meta's total does not fall, so they are in it.
    pub undone: CountAndWorth,
}

impl Funnel {
    /// Adds what Meta took.
    pub(crate) fn add(&mut self, event: &str, is_undone: bool, n: i64, currency: &str, amount: Money) {
        match event {
            "Lead" => self.leads += n,
            "Purchase" => {
                let mut all = CountAndWorth { n: self.purchases, worth: std::mem::take(&mut self.revenue) };
                all.add(n, currency, amount);
                (self.purchases, self.revenue) = (all.n, all.worth);
                if is_undone {
                    self.undone.add(n, currency, amount);
                }
            }
            _ => {}
        }
    }
}

/// How far the rows behind a problem are counted. What is above is "more than a thousand".
pub const COUNTED_MAX: i64 = 1_000;

/// For how long after the last of them sales are counted that had the number of another one, milliseconds: then that is
/// over.
pub const NUMBERS_SEEN_FOR_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Something that a person has to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A dataset's delivery is paused.
    Paused {
        /// What it holds up.
        scope: PauseScope,
        /// The dataset at which it was found.
        dataset: String,
        /// The pause.
        pause: Pause,
        /// How many events wait, counted up to [`COUNTED_MAX`] + 1.
        queued: i64,
    },
    /// A CRM gives questions no answer that can be used.
    Unanswered {
        /// Which system of record.
        origin: String,
        /// How many questions whose last try ended so, counted up to [`COUNTED_MAX`] + 1.
        questions: i64,
        /// What their last try ended with.
        error: String,
    },
    /// Sales of a shop were taken for repetitions, since they had the number of an earlier sale of another day. It is
    /// over once [`NUMBERS_SEEN_FOR_MS`] have passed without one.
    NumbersAgain {
        /// The dataset.
        dataset: String,
        /// How many sales.
        sales: i64,
        /// When the first of them came, Unix milliseconds.
        since_ms: i64,
        /// When the last of them came.
        last_ms: i64,
    },
}

/// How many conversions one page looks at.
pub const EXAMINED_MAX: usize = 20_000;

/// A page of conversions, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversionPage {
    /// Those that are meant.
    pub listed: Vec<Listed>,
    /// Where the search ended although older ones may be meant: so many had been looked at.
    pub stopped_at: Option<StoppedAt>,
}

/// The last conversion that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedAt {
    /// Its id, from which to go on.
    pub event_id: String,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
}

/// A body that was not understood or not taken, as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableListed {
    /// Its number in the workspace, given to no other one.
    pub number: u64,
    /// When it came, Unix milliseconds.
    pub received_ms: i64,
    /// Its structure without values, or what is wrong with it.
    pub skeleton: String,
    /// The body itself, where there was room for it.
    pub body: Option<Vec<u8>>,
}

/// A fact that is set aside, as a person sees it. Where not even its row can be read, source and kind
/// are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAsideListed {
    /// Its place in the log.
    pub seq: Seq,
    /// Which source received it.
    pub source: String,
    /// What it says.
    pub kind: String,
    /// When it came, Unix milliseconds.
    pub received_ms: i64,
    /// What went wrong.
    pub why: String,
}
