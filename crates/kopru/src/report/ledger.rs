//! `kopru report ledger` and `balance`.

use capi::Money;
use kopru_core::{Reason, State};
use serde::Deserialize;
use serde_json::Value;
use server::Language;
use store::views::{CountAndWorth, Ledger, RuleLedger};

use super::{Arguments, Format, csv_line};
use crate::{Error, logging::out};

/// How the counts stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// One below the other.
    Counts,
    /// As the sums that they make.
    Sums,
}

/// The lanes to Meta that are paused.
#[derive(Deserialize)]
struct WhatIsPaused {
    #[serde(default)]
    paused: Vec<LaneReport>,
}

#[derive(Deserialize)]
struct LaneReport {
    dataset: String,
    route: String,
    needs_you: bool,
    why: String,
}

/// Counts of one part; the first is the sum of the rest, except of what was undone or refused.
type LedgerPart = (&'static str, Vec<(String, i64)>);

/// Prints the ledger; returns whether it balances.
pub async fn print(arguments: &Arguments, look: Look) -> Result<bool, Error> {
    let answer = arguments.of.read()?.get("/api/v1/ledger", &[]).await?;
    let ledger: Ledger = answer.json()?;
    let WhatIsPaused { paused } = answer.json()?;
    match (arguments.format(), look) {
        (Format::Json, _) => {
            out!("{}", serde_json::to_string_pretty(&answer.json::<Value>()?).map_err(Error::Summary)?);
        }
        (Format::Csv, _) => print_csv(&ledger),
        (Format::Table, look) => {
            match look {
                Look::Counts => print_counts(&ledger),
                Look::Sums => print_sums(&ledger),
            }
            for LaneReport { dataset, route, needs_you, why } in &paused {
                let what = if *needs_you { "state.paused" } else { "state.slowed" };
                let what = Language::English.text(what);
                out!("{:<10}dataset {dataset}, {route}: {what}: {why}", "queued");
            }
        }
    }
    Ok(ledger.balanced)
}

fn parts(ledger: &Ledger) -> [LedgerPart; 4] {
    let Ledger { refused_at_door, facts, conversions, .. } = ledger;
    let named = |counts: &[(&str, i64)]| counts.iter().map(|(what, n)| ((*what).to_owned(), *n)).collect();
    let records = [
        ("received", facts.received),
        ("used", facts.used),
        ("ignored", facts.ignored),
        ("duplicate", facts.duplicate),
        ("waiting", facts.waiting),
        ("pending", facts.pending),
        ("set aside", facts.set_aside),
    ];
    let events = [
        ("created", conversions.created),
        ("accepted", conversions.accepted),
        ("duplicate", conversions.duplicate),
        ("suppressed", conversions.suppressed),
        ("failed", conversions.failed),
        ("waiting", conversions.waiting),
        ("queued", conversions.queued),
    ];
    // No part of the sum: it is in what Meta has.
    let undone = vec![("of accepted".to_owned(), conversions.undone)];
    let refused = refused_at_door.iter().map(|(reason, n)| (reason.clone(), *n)).collect();
    [("records", named(&records)), ("events", named(&events)), ("undone", undone), ("refused", refused)]
}

/// The parts of a rule's ledger, in words.
fn rule_parts(rule: &RuleLedger) -> impl Iterator<Item = (String, &CountAndWorth)> {
    rule.parts.iter().map(|part| {
        let (state, reason) = (part.state.map(State::code), part.reason.map(Reason::code));
        let what = [state.or(Some("no event")), reason];
        (what.into_iter().flatten().collect::<Vec<_>>().join(": "), &part.counted)
    })
}

/// What these are worth, in brackets behind a space; nothing where they have no amount.
fn worth(counted: &CountAndWorth) -> String {
    let amount = |(currency, sum): (&String, &Money)| {
        format!("{} {currency}", Language::English.amount(&sum.to_string(), currency))
    };
    let amounts: Vec<String> = counted.worth.iter().map(amount).collect();
    if amounts.is_empty() { String::new() } else { format!(" ({})", amounts.join(", ")) }
}

/// What has fired a rule, as the sum of what came of it.
fn rule_sum(rule: &RuleLedger) -> String {
    let parts = rule_parts(rule).map(|(what, counted)| format!("{} {what}{}", counted.n, worth(counted)));
    let (fired, parts) = (&rule.fired, parts.collect::<Vec<_>>().join(" + "));
    format!("rule {}: {}{} = {parts}", rule.rule, fired.n, worth(fired))
}

fn print_counts(ledger: &Ledger) {
    for (name, counts) in parts(ledger) {
        for (place, (what, count)) in counts.iter().enumerate() {
            out!("{:<10}{what:<20}{count:>12}", if place == 0 { name } else { "" });
        }
    }
    for (place, rule) in ledger.rules.iter().enumerate() {
        let (name, fired) = (if place == 0 { "rules" } else { "" }, &rule.fired);
        out!("{name:<10}{:<20}{:>12}{}", rule.rule, fired.n, worth(fired));
        for (what, counted) in rule_parts(rule) {
            out!("{:<12}{what:<18}{:>12}{}", "", counted.n, worth(counted));
        }
    }
    print_balanced(ledger);
}

fn print_sums(ledger: &Ledger) {
    let [records, events, ..] = parts(ledger);
    for (name, counts) in [records, events] {
        let Some(((_, sum), rest)) = counts.split_first() else { continue };
        let rest: Vec<String> =
            rest.iter().filter(|(_, n)| *n != 0).map(|(what, n)| format!("{n} {what}")).collect();
        out!("{name:<10}{sum} = {}", if rest.is_empty() { "0".to_owned() } else { rest.join(" + ") });
    }
    if ledger.conversions.undone != 0 {
        out!("{:<10}{} of what Meta has; its totals do not fall", "undone", ledger.conversions.undone);
    }
    for rule in &ledger.rules {
        out!("{}", rule_sum(rule));
    }
    print_balanced(ledger);
}

fn print_balanced(ledger: &Ledger) {
    out!("{:<10}{}", "balanced", if ledger.balanced { "yes" } else { "NO: please report this" });
}

fn print_csv(ledger: &Ledger) {
    out!("part,what,count");
    for (name, counts) in parts(ledger) {
        for (what, n) in counts {
            out!("{}", csv_line(&[name.to_owned(), what, n.to_string()]));
        }
    }
    for rule in &ledger.rules {
        for (what, counted) in rule_parts(rule) {
            out!("{}", csv_line(&[format!("rule {}", rule.rule), what, counted.n.to_string()]));
        }
    }
}

#[cfg(test)]
mod tests {
    use store::views::RulePart;

    use super::*;

    #[test]
    fn a_rule_is_the_sum_of_what_came_of_it() {
        let counted = |n, worth: &[(&str, &str)]| {
            let worth = worth.iter().map(|(code, sum)| ((*code).to_owned(), sum.parse().unwrap()));
            CountAndWorth { n, worth: worth.collect() }
        };
        let part = |state, reason, counted| RulePart { state, reason, counted };
        let rule = RuleLedger {
            rule: "sale".into(),
            fired: counted(6, &[("EUR", "5"), ("TRY", "1120.5")]),
            made: counted(4, &[("EUR", "5"), ("TRY", "1120.5")]),
            parts: vec![
                part(Some(State::Accepted), None, counted(3, &[("EUR", "5"), ("TRY", "1120.5")])),
                part(Some(State::Suppressed), Some(Reason::NoClick), counted(1, &[])),
                part(None, Some(Reason::ToldAlready), counted(2, &[])),
            ],
        };
        let said = "rule sale: 6 (5 EUR, 1,120.50 TRY) = 3 accepted (5 EUR, 1,120.50 TRY) + 1 suppressed: no_click + 2 no \
                    event: told_already";
        assert_eq!(rule_sum(&rule), said);
    }
}
