//! What would come of looking at events again, in lines.

use std::collections::BTreeMap;

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
    value: BTreeMap<String, String>,
    /// Whether everything was looked at.
    pub done: bool,
}

#[derive(Deserialize)]
struct LeftCounts {
    accepted: usize,
    under_way: usize,
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
        for (state, words) in [
            ("queued", "to be sent"),
            ("waiting", "to wait for what is missing"),
            ("suppressed", "not to be sent"),
            ("failed", "that Meta would not take"),
        ] {
            let count = self.would.get(state).copied().unwrap_or_default();
            let value = if state == "queued" { self.value() } else { String::new() };
            if count > 0 {
                lines.push(format!("  {count} {words}{value}"));
            }
        }
        let unchanged = self.would.get("unchanged").copied().unwrap_or_default();
        if unchanged > 0 {
            let LeftCounts { accepted, under_way } = self.left;
            let parts = [(accepted, "that Meta has"), (under_way, "under way")];
            let parts = parts.iter().filter(|(count, _)| *count > 0);
            let parts: Vec<String> = parts.map(|(count, words)| format!("{count} {words}")).collect();
            let among =
                if parts.is_empty() { String::new() } else { format!(", among them {}", parts.join(", ")) };
            lines.push(format!("  {unchanged} left as they are{among}"));
        }
        if !self.done {
            lines.push("there may be more: counting ended after 20,000".to_owned());
        }
        lines
    }

    fn value(&self) -> String {
        let sums = self.value.iter();
        let sums: Vec<String> = sums
            .map(|(currency, sum)| format!("{} {currency}", Language::English.amount(sum, currency)))
            .collect();
        if sums.is_empty() { String::new() } else { format!(", worth {}", sums.join(" and ")) }
    }
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
            "done": true,
        }))
        .unwrap();
        let lines =
            ["18 events matched, 1 new", "  1 to be sent, worth 32,060.50 TRY", "  18 left as they are"];
        assert_eq!(count.lines(), lines);
    }
}
