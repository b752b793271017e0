//! What must have come of it. Knows what was done to the CRM, what the sandbox has recorded, and what
//! Kopru says of itself; compares the three.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::{story::Person, watch::REFUSED};
use crate::service::Failure;

const LEAD: &str = "LeadSubmitted";
const PURCHASE: &str = "Purchase";

/// Everything that is compared.
pub struct Evidence<'a> {
    pub people: &'a [Person],
    /// Events that Meta accepted, oldest first.
    pub accepted: &'a [Value],
    /// Kopru's conversions.
    pub listed: &'a [Value],
    /// When an event was first shown as refused, by its id.
    pub refusals: &'a HashMap<String, i64>,
}

/// What the comparison found.
#[derive(Default)]
pub struct Verdict {
    /// What must not be, by rule.
    pub violations: BTreeMap<&'static str, Vec<String>>,
    /// How many events ended in each way.
    pub ends: BTreeMap<String, usize>,
    pub accepted: usize,
    /// Events that Meta accepted more than once; each of them is marked.
    pub twice: usize,
    /// Events that first reached Meta while the contact's last word had been no for ten seconds. Not
    /// everything that is late is wrong: a question may wait, and Kopru was killed meanwhile.
    pub late: usize,
}

/// How an event ends that has no click, whatever else is known.
const CLICKLESS: [&str; 6] = [
    "suppressed: no_click",
    "suppressed: nobody",
    "suppressed: no_phone",
    "suppressed: not_from_ad",
    "suppressed: chats_unheard",
    "suppressed: chat_before_us",
];

/// How long a no has to stand for an event to count as late.
const LATE_MS: i64 = 10_000;

/// One event at Meta.
struct EventAtMeta<'a> {
    id: &'a str,
    at_ms: i64,
    value: Option<f64>,
}

impl Verdict {
    fn violate(&mut self, rule: &'static str, what: String) {
        self.violations.entry(rule).or_default().push(what);
    }
}

pub fn judge(evidence: &Evidence) -> Result<Verdict, Failure> {
    let mut verdict = Verdict { accepted: evidence.accepted.len(), ..Verdict::default() };
    let mut arrivals: HashMap<(&str, String), Vec<EventAtMeta>> = HashMap::new();
    for accepted in evidence.accepted {
        let event = &accepted["event"];
        let name = text(&event["event_name"])?;
        let click = text(&event["user_data"]["ctwa_clid"])?.to_owned();
        let arrival = EventAtMeta {
            id: text(&event["event_id"])?,
            at_ms: accepted["received_at_ms"].as_i64().ok_or("an event without a time")?,
            value: number(&event["custom_data"]["value"]),
        };
        arrivals.entry((name, click)).or_default().push(arrival);
    }
    let mut listed: HashMap<(&str, u64), Vec<&Value>> = HashMap::new();
    for one in evidence.listed {
        let deal = text(&one["deal"])?.rsplit('/').next().and_then(|id| id.parse().ok());
        let deal = deal.ok_or("a conversion without a deal")?;
        listed.entry((text(&one["event_name"])?, deal)).or_default().push(one);
    }
    for person in evidence.people {
        for (name, is_due) in [(LEAD, person.was_qualified), (PURCHASE, person.is_won())] {
            let arrived = arrivals.remove(&(name, person.click_id())).unwrap_or_default();
            let said = listed.remove(&(name, person.deal())).unwrap_or_default();
            let one = Event { person, name, is_due, arrived, said };
            one.judge(evidence.refusals, &mut verdict);
        }
    }
    for (name, click) in arrivals.keys() {
        verdict.violate("an event of nobody", format!("{name} of {click}"));
    }
    for (name, deal) in listed.keys() {
        verdict.violate("a conversion of nobody", format!("{name} of deal {deal}"));
    }
    Ok(verdict)
}

/// One thing that may have happened, with all that is known of it.
struct Event<'a> {
    person: &'a Person,
    name: &'static str,
    /// Whether the CRM says that it happened.
    is_due: bool,
    arrived: Vec<EventAtMeta<'a>>,
    said: Vec<&'a Value>,
}

impl Event<'_> {
    fn judge(&self, refusals: &HashMap<String, i64>, verdict: &mut Verdict) {
        let what = || format!("{} of deal {}", self.name, self.person.deal());
        let sent = self.arrived.iter().map(|arrival| arrival.id);
        let shown = self.said.iter().filter_map(|one| one["event_id"].as_str());
        let ids: BTreeSet<&str> = sent.chain(shown).collect();
        if ids.len() > 1 {
            verdict.violate("one thing with two ids", format!("{}: {ids:?}", what()));
        }
        if !self.is_due && !ids.is_empty() {
            verdict.violate("something that never happened", what());
        }
        if self.is_due {
            self.judge_end(verdict);
        }
        let is_marked = self.said.iter().any(|one| one["may_count_twice"] == true);
        if self.arrived.len() > 1 {
            verdict.twice += 1;
            if !is_marked {
                let times = self.arrived.len();
                verdict.violate("sent twice without a mark", format!("{} came {times} times", what()));
            }
        }
        if let Some(first) = self.arrived.first() {
            verdict.late += usize::from(self.is_late(first.at_ms));
        }
        for arrival in &self.arrived {
            self.judge_event(arrival, refusals, verdict);
        }
    }

    fn judge_event(&self, arrival: &EventAtMeta, refusals: &HashMap<String, i64>, verdict: &mut Verdict) {
        let what = || format!("{} of deal {} at {}", self.name, self.person.deal(), arrival.at_ms);
        if let Some(shown_ms) = refusals.get(arrival.id).filter(|shown_ms| arrival.at_ms > **shown_ms) {
            let again = self.person.consents.iter().any(|(since_ms, said)| {
                *said == Some(true) && *since_ms > *shown_ms && *since_ms <= arrival.at_ms
            });
            let but = if again { "; the contact has agreed since" } else { "" };
            verdict
                .violate("sent after a refusal was decided", format!("{}, shown at {shown_ms}{but}", what()));
        }
        if !self.person.ever_said(true, arrival.at_ms) {
            verdict.violate("sent without consent", format!("{}: {:?}", what(), self.person.consents));
        }
        let had = |value: f64| self.person.prices.contains(&Some(value as i64));
        match (self.name, arrival.value) {
            (PURCHASE, Some(value)) if had(value) => {}
            (PURCHASE, value) => {
                verdict.violate("a value that the deal never had", format!("{}: {value:?}", what()));
            }
            (_, Some(value)) => verdict.violate("a value where none belongs", format!("{}: {value}", what())),
            (_, None) => {}
        }
    }

    /// What happened has to be at Meta, or a reason that fits says why it is not. What Meta took without
    /// an answer that was read may end with a refusal that came after it; then it has to say so.
    fn judge_end(&self, verdict: &mut Verdict) {
        let end = self.said.first().map_or_else(
            || "not listed".to_owned(),
            |one| {
                let reason = one["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("{}{reason}", one["state"].as_str().unwrap_or_default())
            },
        );
        let person = self.person;
        let is_fine = if self.arrived.is_empty() {
            match end.as_str() {
                end if CLICKLESS.contains(&end) => !person.has_click,
                "suppressed: no_consent" => person.consent() != Some(true),
                "waiting: waiting_price" => self.name == PURCHASE && person.price().is_none(),
                end => end == format!("suppressed: {REFUSED}") && person.ever_said(false, i64::MAX),
            }
        } else {
            let is_marked = self.said.first().is_some_and(|one| one["may_have_counted"] == true);
            let was_refused = end == format!("suppressed: {REFUSED}") && person.ever_said(false, i64::MAX);
            // Who takes back what they said before says nothing, and may refuse after that.
            let took_back = end == "suppressed: no_consent" && person.ever_took_back();
            end == "accepted" || ((was_refused || took_back) && is_marked)
        };
        if !is_fine {
            let now = format!(
                "consent {:?}, price {:?}, click {}, at Meta {} times",
                person.consent(),
                person.price(),
                person.has_click,
                self.arrived.len()
            );
            verdict.violate("lost", format!("{} of deal {} is {end}, but: {now}", self.name, person.deal()));
        }
        *verdict.ends.entry(format!("{} {end}", self.name)).or_default() += 1;
    }

    /// Whether the contact had said no for long when it arrived.
    fn is_late(&self, at_ms: i64) -> bool {
        let last = self.person.consents.iter().rev().find(|(since_ms, _)| *since_ms <= at_ms);
        last.is_some_and(|(since_ms, said)| *said == Some(false) && at_ms - since_ms > LATE_MS)
    }
}

fn text(value: &Value) -> Result<&str, Failure> {
    value.as_str().ok_or_else(|| format!("{value} where a text belongs").into())
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}
