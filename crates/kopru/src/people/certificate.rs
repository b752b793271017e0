//! What the management API says of people and their erasure.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::ask::local;

/// How much is known of a person.
#[derive(Deserialize)]
pub struct KnownCounts {
    known: bool,
    erased: bool,
    whole: bool,
    contacts: Vec<String>,
    identifiers: BTreeMap<String, u64>,
    clicks: u64,
    deals: Vec<String>,
    conversions: BTreeMap<String, u64>,
}

/// How many deals are named.
const NAMED_MAX: usize = 10;

impl KnownCounts {
    /// In lines.
    pub fn lines(&self) -> Vec<String> {
        let named = |what: &str, all: &[String]| {
            let shown = all.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
            let rest = all.len().saturating_sub(NAMED_MAX);
            let rest = if rest > 0 { format!(", and {rest} more") } else { String::new() };
            let colon = if all.is_empty() { "" } else { ": " };
            format!("{what:<12}{}{colon}{shown}{rest}", all.len())
        };
        let kinds = |what: &str, all: &BTreeMap<String, u64>| {
            let sum: u64 = all.values().sum();
            let parts: Vec<String> = all.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            let colon = if parts.is_empty() { "" } else { ": " };
            format!("{what:<12}{sum}{colon}{}", parts.join(", "))
        };
        let mut lines = vec![
            named("contacts", &self.contacts),
            kinds("identifiers", &self.identifiers),
            format!("{:<12}{}", "clicks", self.clicks),
            named("deals", &self.deals),
            kinds("events", &self.conversions),
        ];
        if !self.whole {
            lines.push(
                "there are more deals or events than are counted here; all of them are erased".to_owned(),
            );
        }
        if !self.known {
            lines.push(
                "nothing is known of them; --yes marks them all the same, so that nothing is learnt"
                    .to_owned(),
            );
        }
        if self.erased {
            lines.push("they were erased before: nothing is learnt of them until that is lifted".to_owned());
        }
        lines
    }
}

/// What came of an erasure.
#[derive(Deserialize)]
pub struct Certificate {
    workspace: String,
    erasure: Option<u64>,
    at: Option<String>,
    /// How many identifiers and contacts are marked.
    #[serde(default)]
    marks: u64,
    #[serde(default)]
    removed: BTreeMap<String, u64>,
    rows: Option<u64>,
    statement: String,
    meta: Vec<MetaStep>,
}

#[derive(Deserialize)]
struct MetaStep {
    step: String,
    source: String,
}

impl Certificate {
    /// In lines.
    pub fn lines(&self, zone: &TimeZone) -> Vec<String> {
        let at = self.at.as_deref().map_or_else(String::new, |at| local(at, zone));
        if let (Some(number), true) = (self.erasure, self.found_nothing()) {
            return self.of_nobody(number, &at);
        }
        let mut lines = match self.erasure {
            Some(number) => vec![format!("erasure {number} of {}, {at}", self.workspace)],
            None => vec![format!("{} was erased with its keys, {at}", self.workspace)],
        };
        for (name, words) in [
            ("contacts", "contacts"),
            ("links", "links between identifiers"),
            ("clicks", "clicks"),
            ("facts", "records of the log"),
            ("questions", "open questions to the CRM"),
            ("conversions", "events: what was sent and by what Meta recognised them; ids and counts stay"),
            ("not_sent", "of these not sent any more"),
        ] {
            if let Some(count) = self.removed.get(name) {
                lines.push(format!("  {count:>6} {words}"));
            }
        }
        lines.extend(self.rows.map(|rows| format!("  {rows:>6} rows")));
        if self.marks > 0 {
            lines
                .push(format!("  {:>6} keyed marks are left, by which they are not learnt anew", self.marks));
        }
        lines.push(self.statement.clone());
        for MetaStep { step, source } in &self.meta {
            lines.push(format!("- {step}"));
            lines.push(format!("  {source}"));
        }
        lines
    }
    /// Whether nothing was known of them.
    fn found_nothing(&self) -> bool {
        self.rows.is_none() && self.removed.values().all(|count| *count == 0)
    }

    /// What is said of somebody of whom nothing was known.
    fn of_nobody(&self, number: u64, at: &str) -> Vec<String> {
        let Self { workspace, marks, .. } = self;
        vec![
            format!(
                "erasure {number} of {workspace}, {at}: nothing was found of them, and nothing was removed"
            ),
            format!(
                "  {marks:>6} keyed marks are left of what was given: nothing is learnt of them from now on; \
                 `kopru forget --lift` takes them away"
            ),
            "if they are known elsewhere by another phone, e-mail or contact, give that as well".to_owned(),
        ]
    }
}
