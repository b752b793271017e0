//! Kommo's query strings: `filter[id][]=1`, `filter[id][0]=1`, `page`, `limit`, `with`.
//!
//! A filter or an order that the sandbox does not have is refused: ignoring it would answer another
//! question than the one asked.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::problem::ApiProblem;

#[derive(Debug)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

/// The part of a list that is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) number: usize,
    pub(super) limit: usize,
}

impl Query {
    /// Reads a query that may have these filters, and may be ordered by these keys.
    pub(super) fn read(query: &str, filters: &[&str], orders: &[&str]) -> Result<Self, ApiProblem> {
        let pairs = last_of_each(form_urlencoded::parse(query.as_bytes()).into_owned());
        for (key, _) in &pairs {
            let known = match key.split_once('[') {
                Some(("filter", rest)) => {
                    filters.iter().any(|filter| belongs(key, filter)) && rest.ends_with(']')
                }
                Some(("order", rest)) => orders.iter().any(|order| rest.strip_suffix(']') == Some(order)),
                _ => key != "filter" && key != "order" && (key != "query" || filters.contains(&"query")),
            };
            if !known {
                return Err(ApiProblem::bad_request(format!("the sandbox does not have {key}")));
            }
        }
        Ok(Self { pairs })
    }

    /// The values of a filter in all its spellings, none if it was not given.
    pub(super) fn filter(&self, name: &str) -> Option<Vec<&str>> {
        let values: Vec<&str> = self
            .pairs
            .iter()
            .filter(|(key, _)| belongs(key, name))
            .map(|(_, value)| value.as_str())
            .collect();
        (!values.is_empty()).then_some(values)
    }

    /// The values of a filter that also takes several with commas.
    pub(super) fn values(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.filter(name)?.into_iter().flat_map(|value| value.split(',')).collect())
    }

    /// The values of such a filter as ids.
    pub(super) fn ids_with_commas(&self, name: &str) -> Result<Option<Vec<u64>>, ApiProblem> {
        self.values(name).map(|values| as_ids(name, values)).transpose()
    }

    /// The ids of a filter in all its spellings, none if it was not given.
    pub(super) fn ids(&self, name: &str) -> Result<Option<Vec<u64>>, ApiProblem> {
        self.filter(name).map(|values| as_ids(name, values)).transpose()
    }

    /// The parts of a filter that has them, such as `filter[updated_at][from]`: all parts after the name.
    pub(super) fn parts(&self, name: &str) -> impl Iterator<Item = (Vec<&str>, &str)> {
        self.pairs.iter().filter(move |(key, _)| belongs(key, name)).map(move |(key, value)| {
            let rest = key.get("filter[]".len() + name.len()..).unwrap_or_default();
            let parts = rest.split(['[', ']']).filter(|part| !part.is_empty()).collect();
            (parts, value.as_str())
        })
    }

    /// A filter of numbers: one number, or `from` and `to`, both included.
    pub(super) fn range(&self, name: &str) -> Result<RangeInclusive<i64>, ApiProblem> {
        let (mut from, mut to) = (i64::MIN, i64::MAX);
        for (parts, value) in self.parts(name) {
            let number = as_number(name, value)?;
            match parts.as_slice() {
                [] | ["0"] => (from, to) = (number, number),
                ["from"] => from = number,
                ["to"] => to = number,
                _ => {
                    return Err(ApiProblem::bad_request(format!(
                        "filter[{name}] is a number, or from and to"
                    )));
                }
            }
        }
        Ok(from..=to)
    }

    /// A filter of times as the audit log has it: one number is the beginning, two with a comma are
    /// beginning and end, and `from` and `to` are the same.
    pub(super) fn times(&self, name: &str) -> Result<RangeInclusive<i64>, ApiProblem> {
        let (mut from, mut to) = (i64::MIN, i64::MAX);
        for (parts, value) in self.parts(name) {
            match (parts.as_slice(), value.split_once(',')) {
                ([], Some((first, last))) => {
                    (from, to) = (as_number(name, first)?, as_number(name, last)?);
                }
                ([] | ["from" | "0"], None) => from = as_number(name, value)?,
                (["to" | "1"], None) => to = as_number(name, value)?,
                _ => {
                    let detail = format!("filter[{name}] is a number, two with a comma, or from and to");
                    return Err(ApiProblem::bad_request(detail));
                }
            }
        }
        Ok(from..=to)
    }

    /// What to order by, and whether the greatest comes first.
    pub(super) fn order(&self) -> Option<(&str, bool)> {
        self.pairs.iter().find_map(|(key, value)| {
            let key = key.strip_prefix("order[")?.strip_suffix(']')?;
            Some((key, value.eq_ignore_ascii_case("desc")))
        })
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn with(&self, what: &str) -> bool {
        self.pairs
            .iter()
            .any(|(key, value)| key == "with" && value.split(',').any(|part| part.trim() == what))
    }

    /// Real Kommo may be milder than a refusal to a limit above the documented one.
    pub(super) fn page(&self, usual: usize, most: usize) -> Result<Page, ApiProblem> {
        let number = self.number("page", 1)?;
        let limit = self.number("limit", usual)?;
        if number == 0 || limit == 0 || limit > most {
            return Err(ApiProblem::bad_request(format!("page starts at 1, limit is 1 to {most}")));
        }
        Ok(Page { number, limit })
    }

    /// The query of another page of the same list.
    pub(super) fn at_page(&self, number: usize) -> String {
        let mut next = form_urlencoded::Serializer::new(String::new());
        next.extend_pairs(self.pairs.iter().filter(|(key, _)| key != "page"));
        next.append_pair("page", &number.to_string());
        next.finish()
    }

    fn number(&self, name: &str, usual: usize) -> Result<usize, ApiProblem> {
        match self.pairs.iter().rev().find(|(key, _)| key == name) {
            None => Ok(usual),
            Some((_, value)) => {
                value.parse().map_err(|_| ApiProblem::bad_request(format!("{name} is not a number: {value}")))
            }
        }
    }
}

/// As PHP reads a query: of a key that is there again the last value counts, unless it ends with `[]`.
fn last_of_each(pairs: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (key, value) in pairs {
        if let Some(place) = places.get(&key).filter(|_| !key.ends_with("[]")) {
            kept[*place].1 = value;
            continue;
        }
        places.insert(key.clone(), kept.len());
        kept.push((key, value));
    }
    kept
}

fn as_ids(name: &str, values: Vec<&str>) -> Result<Vec<u64>, ApiProblem> {
    values.into_iter().map(|value| as_number(name, value)).collect()
}

fn as_number<T: FromStr>(name: &str, value: &str) -> Result<T, ApiProblem> {
    value.parse().map_err(|_| ApiProblem::bad_request(format!("filter[{name}] is not a number: {value}")))
}

fn belongs(key: &str, filter: &str) -> bool {
    key.strip_prefix("filter[")
        .and_then(|rest| rest.strip_prefix(filter))
        .and_then(|rest| rest.strip_prefix(']'))
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with('[') && rest.ends_with(']')))
}
