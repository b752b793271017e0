//! What would come of looking at events again, in lines.

use std::collections::BTreeMap;

use capi::Money;
use serde::Deserialize;
use server::Language;

/// What the API counts.
#[derive(Deserialize)]
pub struct Count {
    /// Events that are meant.
    pub matched: usize,
    /// Events that would only be made.
    #[serde(default)]
    new: usize,
    would: BTreeMap<String, usize>,
    left: LeftCounts,
    value: BTreeMap<String, Money>,
    of_new: CountOfNew,
    /// Whether everything was looked at.
    pub done: bool,
}

#[derive(Deserialize)]
struct LeftCounts {
    accepted: usize,
    under_way: usize,
    /// By reason, those of which nothing but a permission lacks.
    #[serde(default)]
    not_permitted: BTreeMap<String, usize>,
}

/// What becomes of events that would only be made.
#[derive(Deserialize)]
struct CountOfNew {
    would: BTreeMap<String, usize>,
    value: BTreeMap<String, Money>,
}

impl Count {
    /// Whether anything would become of any of them.
    pub fn changes(&self) -> bool {
        !self.done || self.would.iter().any(|(state, count)| state != "unchanged" && *count > 0)
    }

    /// How many are meant and what becomes of them, one line a state.
    pub fn lines(&self) -> Vec<String> {
        let new = if self.new > 0 { format!(", {} new", self.new) } else { String::new() };
        let mut lines = vec![format!("{} matched{new}", events(self.matched))];
        lines.extend(states(&self.would, &self.value));
        lines.extend(self.unchanged());
        lines.extend(self.not_permitted());
        lines.extend(self.ended_early());
        lines
    }

    /// The same where a configuration is taken: what rules would make, and apart from it what else is looked at again,
    /// which is of any rule.
    pub fn lines_of_apply(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.new > 0 {
            lines.push(format!("{} new", events(self.new)));
            lines.extend(states(&self.of_new.would, &self.of_new.value));
        }
        if self.matched > 0 {
            let of_new = |state: &String| self.of_new.would.get(state).copied().unwrap_or_default();
            let would =
                self.would.iter().map(|(state, count)| (state.clone(), count - count.min(&of_new(state))));
            let value = self.value.iter().filter_map(|(currency, sum)| {
                let of_new = self.of_new.value.get(currency).copied().unwrap_or(Money::ZERO);
                let rest = sum.checked_sub(of_new).filter(|rest| *rest != Money::ZERO)?;
                Some((currency.clone(), rest))
            });
            lines.push(format!("{} of all rules, made already, to be looked at again", events(self.matched)));
            lines.extend(states(&would.collect(), &value.collect()));
            lines.extend(self.unchanged());
        }
        lines.extend(self.ended_early());
        lines
    }

    fn unchanged(&self) -> Option<String> {
        let unchanged = self.would.get("unchanged").copied().filter(|count| *count > 0)?;
        let LeftCounts { accepted, under_way, .. } = self.left;
        let parts = [(accepted, "that Meta has"), (under_way, "under way")];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, words)| format!("{count} {words}")).collect();
        let among =
            if parts.is_empty() { String::new() } else { format!(", among them {}", parts.join(", ")) };
        Some(format!("  {unchanged} left as they are{among}"))
    }

    /// Why events are left of which somebody may think that trying again sends them, one line a reason.
    fn not_permitted(&self) -> Vec<String> {
        let reasons = [
            ("shadow", "because of shadow: what happened while the dataset was in shadow is never sent"),
            ("dataset_off", "because the dataset was off: what happened meanwhile is never sent"),
            (
                "test_over",
                "because a test is over: what happened while it lasted is not sent once the dataset is live",
            ),
            ("no_dataset", "because no dataset takes them: they are sent once one does"),
            (
                "no_consent",
                "for want of a yes: nothing is kept of them; reported again with a yes they are sent",
            ),
            ("consent_refused", "because of a no: nothing is kept of them"),
        ];
        let count = |code: &str| self.left.not_permitted.get(code).copied();
        let line = |(code, words): (&str, &str)| Some(format!("    {} {words}", count(code)?));
        reasons.into_iter().filter_map(line).collect()
    }

    fn ended_early(&self) -> Option<String> {
        (!self.done).then(|| "there may be more: counting ended after 20,000".to_owned())
    }
}

/// What becomes of events, one line a state that any would have.
fn states(would: &BTreeMap<String, usize>, value: &BTreeMap<String, Money>) -> Vec<String> {
    let states = [
        ("queued", "to be sent"),
        ("waiting", "to wait for what is missing"),
        ("suppressed", "not to be sent"),
        ("failed", "that Meta would not take"),
    ];
    let line = |(state, words)| {
        let count = would.get(state).copied().filter(|count| *count > 0)?;
        let value = if state == "queued" { worth(value) } else { String::new() };
        Some(format!("  {count} {words}{value}"))
    };
    states.into_iter().filter_map(line).collect()
}

fn worth(value: &BTreeMap<String, Money>) -> String {
    let amount = |(currency, sum): (&String, &Money)| {
        format!("{} {currency}", Language::English.amount(&sum.to_string(), currency))
    };
    let sums: Vec<String> = value.iter().map(amount).collect();
    if sums.is_empty() { String::new() } else { format!(", worth {}", sums.join(" and ")) }
}

/// So many events.
fn events(count: usize) -> String {
    if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_matched_and_new_is_the_sum_of_what_becomes_of_it() {
        let count: Count = serde_json::from_value(json!({
            "matched": 18,
            "new": 1,
            "would": { "queued": 1, "unchanged": 18 },
            "left": { "accepted": 0, "under_way": 0 },
            "value": { "TRY": "32060.5" },
            "of_new": { "would": { "queued": 1 }, "value": { "TRY": "32060.5" } },
            "done": true,
        }))
        .unwrap();
        let lines =
            ["18 events matched, 1 new", "  1 to be sent, worth 32,060.50 TRY", "  18 left as they are"];
        assert_eq!(count.lines(), lines);
        let lines = [
            "1 event new",
            "  1 to be sent, worth 32,060.50 TRY",
            "18 events of all rules, made already, to be looked at again",
            "  18 left as they are",
        ];
        assert_eq!(count.lines_of_apply(), lines);
    }

    #[test]
    fn what_is_left_for_want_of_a_permission_says_so() {
        let count: Count = serde_json::from_value(json!({
            "matched": 6,
            "would": { "unchanged": 6 },
            "left": { "accepted": 1, "under_way": 0, "not_permitted": { "shadow": 3, "no_consent": 2 } },
            "value": {},
            "of_new": { "would": {}, "value": {} },
            "done": true,
        }))
        .unwrap();
        let lines = [
            "6 events matched",
            "  6 left as they are, among them 1 that Meta has",
            "    3 because of shadow: what happened while the dataset was in shadow is never sent",
            "    2 for want of a yes: nothing is kept of them; reported again with a yes they are sent",
        ];
        assert_eq!(count.lines(), lines);
    }

    #[test]
    fn what_a_rule_would_make_is_told_apart_from_what_else_changes() {
        let count: Count = serde_json::from_value(json!({
            "matched": 4,
            "new": 3,
            "would": { "queued": 3, "suppressed": 1, "unchanged": 3 },
            "left": { "accepted": 0, "under_way": 1 },
            "value": { "EUR": "5", "TRY": "30" },
            "of_new": { "would": { "queued": 2, "suppressed": 1 }, "value": { "TRY": "30" } },
            "done": false,
        }))
        .unwrap();
        let lines = [
            "3 events new",
            "  2 to be sent, worth 30 TRY",
            "  1 not to be sent",
            "4 events of all rules, made already, to be looked at again",
            "  1 to be sent, worth 5 EUR",
            "  3 left as they are, among them 1 under way",
            "there may be more: counting ended after 20,000",
        ];
        assert_eq!(count.lines_of_apply(), lines);
    }
}
