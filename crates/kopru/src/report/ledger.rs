//! `kopru report ledger` and `balance`.

use serde_json::Value;
use store::views::Ledger;

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

/// Counts of one part; the first is the sum of the rest, except of what was refused.
type LedgerPart = (&'static str, Vec<(String, i64)>);

/// Prints the ledger; returns whether it balances.
pub async fn print(arguments: &Arguments, look: Look) -> Result<bool, Error> {
    let answer = arguments.of.read()?.get("/api/v1/ledger", &[]).await?;
    let ledger: Ledger = answer.json()?;
    match (arguments.format(), look) {
        (Format::Json, _) => {
            out!("{}", serde_json::to_string_pretty(&answer.json::<Value>()?).map_err(Error::Summary)?);
        }
        (Format::Csv, _) => print_csv(&ledger),
        (Format::Table, Look::Counts) => print_counts(&ledger),
        (Format::Table, Look::Sums) => print_sums(&ledger),
    }
    Ok(ledger.balanced)
}

fn parts(ledger: &Ledger) -> [LedgerPart; 3] {
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
    let refused = refused_at_door.iter().map(|(reason, n)| (reason.clone(), *n)).collect();
    [("records", named(&records)), ("events", named(&events)), ("refused", refused)]
}

fn print_counts(ledger: &Ledger) {
    for (name, counts) in parts(ledger) {
        for (place, (what, count)) in counts.iter().enumerate() {
            out!("{:<10}{what:<20}{count:>12}", if place == 0 { name } else { "" });
        }
    }
    print_balanced(ledger);
}

fn print_sums(ledger: &Ledger) {
    let [records, events, _] = parts(ledger);
    for (name, counts) in [records, events] {
        let Some(((_, sum), rest)) = counts.split_first() else { continue };
        let rest: Vec<String> =
            rest.iter().filter(|(_, n)| *n != 0).map(|(what, n)| format!("{n} {what}")).collect();
        out!("{name:<10}{sum} = {}", if rest.is_empty() { "0".to_owned() } else { rest.join(" + ") });
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
}
