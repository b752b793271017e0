//! What a call wants to know of ads, and the answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fields;
use super::period::{self, Period};
use super::row::{self, Row};
use crate::Meta;
use crate::graph::ads::{self, Level, Object};
use crate::graph::call::Call;
use crate::graph::errors::Refusal;
use crate::graph::listing::{self, Field, Filter};
use crate::world::{Ad, day_in};

/// Most fields to sort by.
const MOST_SORTS: usize = 10;

/// What a call wants to know.
pub(in crate::graph) struct Question {
    level: Level,
    fields: Vec<Field>,
    filters: Vec<Filter>,
    /// A field, and whether the largest comes first.
    sort: Vec<(String, bool)>,
    periods: Vec<Period>,
}

impl Question {
    /// Reads the parameters of a call about an object.
    pub(in crate::graph) fn read(
        meta: &Meta,
        object: &Object<'_>,
        call: &Call,
        now_s: i64,
    ) -> Result<Self, Refusal> {
        let level = level(call, object.level)?;
        for name in ["breakdowns", "action_breakdowns"] {
            if call.names(name).iter().any(|breakdown| breakdown != "action_type") {
                return Err(Refusal::parameter(format!("(#100) The sandbox does not answer {name}")));
            }
        }
        let fields = listing::fields(call)?;
        let unknown: Vec<&str> =
            fields.iter().map(|field| field.name.as_str()).filter(|name| !fields::is_field(name)).collect();
        if !unknown.is_empty() {
            return Err(unknown_fields(&unknown));
        }
        let filters = Filter::all(call)?;
        ads::passes(&Ad::default(), &filters)?;
        let today = day_in(&object.account.time_zone, now_s);
        let periods = period::all(call, today, || first_day(meta, object))?;
        Ok(Self { level, fields, filters, sort: sort(call)?, periods })
    }

    /// First and last day of all that is asked for.
    pub(in crate::graph) fn span(&self) -> (String, String) {
        let since = self.periods.iter().map(|period| period.since).min().unwrap_or_default();
        let until = self.periods.iter().map(|period| period.until).max().unwrap_or_default();
        (since.to_string(), until.to_string())
    }

    /// A page of rows, for `call`.
    pub(in crate::graph) fn answer(
        &self,
        meta: &Meta,
        object: &Object<'_>,
        call: &Call,
        token: &str,
    ) -> Result<Value, Refusal> {
        let mut rows = self.rows(meta, object)?;
        for (field, descending) in self.sort.iter().rev() {
            rows.sort_by(|one, other| {
                let order = fields::compare(one, other, field);
                if *descending { order.reverse() } else { order }
            });
        }
        listing::page(call, token, &rows, Row::key, |row| Ok(self.shown(row)))
    }

    fn shown(&self, row: &Row<'_>) -> Value {
        let asked = self.fields.iter().map(|field| field.name.as_str());
        let names: Vec<&str> = if self.fields.is_empty() { row.default_fields() } else { asked.collect() };
        let mut shown = Map::new();
        for name in names.into_iter().chain(["date_start", "date_stop"]) {
            if let Some(value) = row.field(name).filter(|value| !value.is_null()) {
                shown.insert(name.to_owned(), value);
            }
        }
        Value::Object(shown)
    }

    fn rows<'a>(&self, meta: &Meta, object: &Object<'a>) -> Result<Vec<Row<'a>>, Refusal> {
        let mut ads: BTreeMap<&str, &Ad> = BTreeMap::new();
        for ad in &object.ads {
            if ads::passes(ad, &self.filters)? {
                ads.insert(&ad.id, ad);
            }
        }
        let attributed = &meta.records().attributed;
        let mut rows = Vec::new();
        for period in &self.periods {
            let mut of_period: BTreeMap<&str, Row<'_>> = BTreeMap::new();
            for ad in ads.values() {
                let row = || Row::new(self.level, object.account, ad, *period);
                let row = of_period.entry(row::id_at(self.level, ad)).or_insert_with(row);
                let days = ad.days.range(period.since.to_string()..=period.until.to_string());
                for (_, day) in days {
                    row.add_day(day);
                }
            }
            for (_, ad, sums) in attributed.between(period.since, period.until) {
                if let Some(row) = ads.get(ad).and_then(|ad| of_period.get_mut(row::id_at(self.level, ad))) {
                    for (event, sum) in sums {
                        row.add_events(event, sum);
                    }
                }
            }
            rows.extend(of_period.into_values().filter(|row| !row.is_empty()));
        }
        rows.sort_by_key(Row::key);
        Ok(rows)
    }
}

fn first_day(meta: &Meta, object: &Object<'_>) -> Option<jiff::civil::Date> {
    let shown = object.ads.iter().filter_map(|ad| ad.days.keys().next()?.parse().ok()).min();
    let events = meta.records().attributed.first_day();
    shown.into_iter().chain(events).min()
}

fn level(call: &Call, of_object: Level) -> Result<Level, Refusal> {
    let level = match call.text("level") {
        None => of_object,
        Some("account") => Level::Account,
        Some("campaign") => Level::Campaign,
        Some("adset") => Level::AdSet,
        Some("ad") => Level::Ad,
        Some(_) => {
            return Err(Refusal::parameter(
                "(#100) Param level must be one of {ad, adset, campaign, account}",
            ));
        }
    };
    // What is above the object is the object.
    Ok(level.max(of_object))
}

/// `spend_descending`, one or a list of them.
fn sort(call: &Call) -> Result<Vec<(String, bool)>, Refusal> {
    let one = |name: String| {
        let split = name.rsplit_once('_').map(|(field, order)| (field.to_owned(), order.to_owned()));
        let read = split.filter(|(field, _)| fields::is_field(field)).and_then(|(field, order)| match order
            .as_str()
        {
            "ascending" => Some((field, false)),
            "descending" => Some((field, true)),
            _ => None,
        });
        read.ok_or_else(|| {
            Refusal::parameter("(#100) Param sort must be a field with _ascending or _descending behind it")
        })
    };
    let names = call.names("sort");
    if names.len() > MOST_SORTS {
        return Err(Refusal::parameter(format!("(#100) Param sort must have at most {MOST_SORTS} fields")));
    }
    names.into_iter().map(one).collect()
}

fn unknown_fields(names: &[&str]) -> Refusal {
    let verb = if names.len() == 1 { "is" } else { "are" };
    let names: String = names.join(", ").chars().take(500).collect();
    Refusal::parameter(format!(
        "(#100) {names} {verb} not valid for fields param. please check \
         https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values"
    ))
}
