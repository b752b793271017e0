//! Columns that say how orders ended, and are not used: what stands in them, and which of it was likely paid.

use std::collections::BTreeMap;

use capi::privacy::is_personal_text;
use sources::files::is_likely_paid;

use super::printable::printable;

/// How many values are shown of a column.
const VALUES_SHOWN: usize = 8;
/// A column with more different values than these holds no words for how an order ended, but dates or remarks.
const VALUES_MAX: usize = 20;

/// Says what stands in such a column of some rows, and how the likely paid ones alone are imported.
pub fn described(name: &str, values: impl Iterator<Item = impl AsRef<str>>) -> Vec<String> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for value in values {
        *counts.entry(value.as_ref().trim().to_owned()).or_default() += 1;
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let are_words = counts.len() <= VALUES_MAX;
    let is_shown = |value: &str| value.is_empty() || are_words && !is_personal_text(value);
    let shown = counts.iter().filter(|(value, _)| is_shown(value));
    let mut seen: Vec<String> =
        shown.take(VALUES_SHOWN).map(|(value, rows)| format!("{} {rows}", shown_value(value))).collect();
    if counts.len() > seen.len() {
        seen.push("…".to_owned());
    }
    let is_paid = |value: &&(String, u64)| is_likely_paid(name, &value.0);
    let is_quotable = |value: &&(String, u64)| !value.0.contains(['"', '`', '$', '\\']);
    let only: Vec<String> = counts
        .iter()
        .filter(is_paid)
        .filter(is_quotable)
        .map(|(value, _)| format!("--only \"{name}={}\"", printable(value)))
        .collect();
    let only = match only.as_slice() {
        [] => format!("import those alone that were paid, with --only \"{name}=...\""),
        only => format!("those that were likely paid alone: {}", only.join(" ")),
    };
    vec![
        format!(
            "{name} is not used, and rows that it calls lost, cancelled or given back go, too: {}",
            seen.join(", ")
        ),
        format!("  {only}"),
    ]
}

fn shown_value(value: &str) -> String {
    if value.is_empty() { "(empty)".to_owned() } else { printable(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_column_is_counted_and_what_was_paid_is_written_out() {
        let said = |name: &str, values: &[&str]| described(name, values.iter()).join("\n");
        let values = ["Ödendi", "İptal", "Ödendi ", "Beklemede", "Ödendi"];
        let text = said("Ödeme Durumu", &values);
        assert!(text.contains("go, too: Ödendi 3, Beklemede 1, İptal 1\n"), "{text}");
        assert!(text.ends_with("likely paid alone: --only \"Ödeme Durumu=Ödendi\""), "{text}");
        let text = said("Status", &["paid", "fulfilled", "refunded"]);
        assert!(text.ends_with("--only \"Status=fulfilled\" --only \"Status=paid\""), "{text}");
        let text = said("Durum", &["X", "Y"]);
        assert!(text.ends_with("--only \"Durum=...\""), "{text}");
        let text = said("Cancelled at", &["", "", "2026-05-27"]);
        assert!(text.contains("(empty) 2") && text.ends_with("--only \"Cancelled at=\""), "{text}");
        let many: Vec<String> = (0..9).map(|n| format!("s{n}")).collect();
        let text = described("Durum", many.iter()).join("\n");
        assert!(text.contains("s7 1, …"), "{text}");
        let remarks: Vec<String> = (0..30).map(|n| format!("Ada {n}")).chain([String::new()]).collect();
        let text = described("İade Nedeni", remarks.iter()).join("\n");
        assert!(text.contains("go, too: (empty) 1, …") && !text.contains("Ada"), "{text}");
        let text = said("Durum", &["ada@example.com", "Ödendi"]);
        assert!(!text.contains("ada@") && text.contains("Ödendi 1, …"), "{text}");
    }
}
