//! `kopru report ads`.

use std::collections::{BTreeMap, BTreeSet};

use capi::Money;
use clap::{Args, builder::NonEmptyStringValueParser};
use insight::{AdRow, AdsReport};
use serde_json::Value;
use server::Language;

use super::{Arguments, Format, csv_line};
use crate::{
    Error,
    logging::{out, say},
    table::print_table,
};

/// The arguments of the report.
#[derive(Args)]
pub struct AdsArguments {
    #[command(flatten)]
    of_all: Arguments,
    /// Only days of the business from this one on, as 2026-05-28.
    #[arg(long, value_name = "DAY", value_parser = NonEmptyStringValueParser::new())]
    since: Option<String>,
    /// Only days before this one: the day after the last that is wanted.
    #[arg(long, value_name = "DAY", value_parser = NonEmptyStringValueParser::new())]
    until: Option<String>,
}

/// The name of a count for a program, for a person, and where it stands.
type CountColumn = (&'static str, &'static str, fn(&AdRow) -> i64);

/// The counts of a row, in the order in which they are printed.
const COUNTS: [CountColumn; 7] = [
    ("accepted", "accepted", |row| row.accepted),
    ("duplicate", "duplicate", |row| row.duplicate),
    ("suppressed", "not sent", |row| row.suppressed),
    ("failed", "refused", |row| row.failed),
    ("waiting", "waiting", |row| row.waiting),
    ("queued", "queued", |row| row.queued),
    ("undone", "undone since", |row| row.undone),
];

/// What a reader has to know of what was undone.
const UNDONE: &str = "what was undone since is in accepted and its value: Meta's totals do not fall for it";

/// Prints what the ads brought.
pub async fn print(arguments: &AdsArguments) -> Result<(), Error> {
    let span = [("since", &arguments.since), ("until", &arguments.until)];
    let span = span.into_iter().filter_map(|(key, day)| Some((key, day.clone()?))).collect::<Vec<_>>();
    let answer = arguments.of_all.of.read()?.get("/api/v1/reports/ads", &span).await?;
    let report: AdsReport = answer.json()?;
    match arguments.of_all.format() {
        Format::Json => {
            out!("{}", serde_json::to_string_pretty(&answer.json::<Value>()?).map_err(Error::Summary)?);
        }
        Format::Csv => {
            for cells in csv(&report.rows) {
                out!("{}", csv_line(&cells));
            }
            what_is_missing(&report).for_each(|missing| say(&missing));
        }
        Format::Table => {
            if report.rows.is_empty() {
                out!("no event on these days");
            } else {
                print_table(&table(&report.rows), 2..2 + COUNTS.len());
                if report.rows.iter().any(|row| row.undone != 0) {
                    out!("{UNDONE}");
                }
            }
            what_is_missing(&report).for_each(|missing| out!("{missing}"));
        }
    }
    Ok(())
}

/// What a reader has to know of what is not in it.
fn what_is_missing(report: &AdsReport) -> impl Iterator<Item = String> {
    let older = report.looked_back_to.as_ref();
    let older = older.map(|day| format!("looked back to {day}; older days are not in it"));
    let newer = (!report.counted).then(|| "not everything is counted yet; ask again in a moment".to_owned());
    older.into_iter().chain(newer)
}

fn table(rows: &[AdRow]) -> Vec<Vec<String>> {
    let head = ["ad", "event"]
        .into_iter()
        .chain(COUNTS.map(|(_, name, _)| name))
        .chain(["accepted value", "of it undone"]);
    let lines = rows.iter().map(|row| {
        let worth = |sums: &BTreeMap<String, Money>| {
            let sums = sums.iter().map(|(currency, amount)| {
                format!("{} {currency}", Language::English.amount(&amount.to_string(), currency))
            });
            sums.collect::<Vec<_>>().join(" + ")
        };
        let ad = row.ad.clone().unwrap_or_else(|| "no ad known".to_owned());
        cells(row, ad, [worth(&row.accepted_value), worth(&row.undone_value)])
    });
    std::iter::once(head.map(str::to_owned).collect()).chain(lines).collect()
}

/// A column for each currency, so that each can be added up.
fn csv(rows: &[AdRow]) -> Vec<Vec<String>> {
    let currencies: BTreeSet<&String> = rows.iter().flat_map(|row| row.accepted_value.keys()).collect();
    let undone: BTreeSet<&String> = rows.iter().flat_map(|row| row.undone_value.keys()).collect();
    let head = ["ad", "event"].into_iter().chain(COUNTS.map(|(code, _, _)| code)).map(str::to_owned);
    let head = head.chain(currencies.iter().map(|currency| format!("accepted_value_{currency}")));
    let head = head.chain(undone.iter().map(|currency| format!("undone_value_{currency}")));
    let lines = rows.iter().map(|row| {
        let amount = |sums: &BTreeMap<String, Money>, currency: &String| {
            sums.get(currency).map(ToString::to_string).unwrap_or_default()
        };
        let accepted = currencies.iter().map(|currency| amount(&row.accepted_value, currency));
        let undone = undone.iter().map(|currency| amount(&row.undone_value, currency));
        cells(row, row.ad.clone().unwrap_or_default(), accepted.chain(undone))
    });
    std::iter::once(head.collect()).chain(lines).collect()
}

fn cells(row: &AdRow, ad: String, last: impl IntoIterator<Item = String>) -> Vec<String> {
    let counts = COUNTS.iter().map(|(_, _, count)| count(row).to_string());
    [ad, row.event.clone()].into_iter().chain(counts).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_currency_has_its_column_and_no_ad_is_said() {
        let row = |ad: Option<&str>, worth: &[(&str, &str)]| AdRow {
            ad: ad.map(str::to_owned),
            event: "Purchase".into(),
            accepted: 3,
            suppressed: 1,
            accepted_value: worth
                .iter()
                .map(|(currency, amount)| ((*currency).to_owned(), amount.parse().unwrap()))
                .collect(),
            ..AdRow::default()
        };
        let mut rows = [row(Some("1202"), &[("TRY", "4999.9"), ("EUR", "10")]), row(None, &[])];
        rows[0].undone = 1;
        rows[0].undone_value = [("TRY".to_owned(), "900".parse().unwrap())].into();
        let csv: Vec<String> = csv(&rows).iter().map(|cells| csv_line(cells)).collect();
        let wanted = [
            "ad,event,accepted,duplicate,suppressed,failed,waiting,queued,undone,accepted_value_EUR,\
             accepted_value_TRY,undone_value_TRY",
            "1202,Purchase,3,0,1,0,0,0,1,10,4999.9,900",
            ",Purchase,3,0,1,0,0,0,0,,,",
        ];
        assert_eq!(csv, wanted);
        let table = table(&rows);
        assert_eq!(table[1][9..], ["10 EUR + 4,999.90 TRY", "900 TRY"]);
        assert_eq!(table[2].first().map(String::as_str), Some("no ad known"));
        assert!(table.iter().all(|cells| cells.len() == COUNTS.len() + 4));
    }
}
