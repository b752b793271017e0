//! Kommo's query strings: `filter[id][]=1`, `filter[id][0]=1`, `page`, `limit`, `with`.
//!
//! A filter or an order that the sandbox does not have is refused: ignoring it would answer another
//! question than the one asked.

use super::problem::Problem;

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
    pub(super) fn read(query: &str, filters: &[&str]) -> Result<Self, Problem> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        for (key, _) in &pairs {
            let known = match key.split_once('[') {
                Some(("filter", rest)) => {
                    filters.iter().any(|filter| belongs(key, filter)) && rest.ends_with(']')
                }
                Some(("order", _)) => false,
                _ => true,
            };
            if !known {
                return Err(Problem::bad_request(format!("the sandbox does not have {key}")));
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

    /// The same for ids.
    pub(super) fn ids(&self, name: &str) -> Result<Option<Vec<u64>>, Problem> {
        let Some(values) = self.filter(name) else { return Ok(None) };
        let parse = |value: &str| {
            value
                .parse()
                .map_err(|_| Problem::bad_request(format!("filter[{name}] is not a number: {value}")))
        };
        values.into_iter().map(parse).collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn with(&self, what: &str) -> bool {
        self.pairs
            .iter()
            .any(|(key, value)| key == "with" && value.split(',').any(|part| part.trim() == what))
    }

    /// Real Kommo may be milder than a refusal to a limit above the documented one.
    pub(super) fn page(&self, usual: usize, most: usize) -> Result<Page, Problem> {
        let number = self.number("page", 1)?;
        let limit = self.number("limit", usual)?;
        if number == 0 || limit == 0 || limit > most {
            return Err(Problem::bad_request(format!("page starts at 1, limit is 1 to {most}")));
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

    fn number(&self, name: &str, usual: usize) -> Result<usize, Problem> {
        match self.pairs.iter().rev().find(|(key, _)| key == name) {
            None => Ok(usual),
            Some((_, value)) => {
                value.parse().map_err(|_| Problem::bad_request(format!("{name} is not a number: {value}")))
            }
        }
    }
}

fn belongs(key: &str, filter: &str) -> bool {
    key.strip_prefix("filter[")
        .and_then(|rest| rest.strip_prefix(filter))
        .and_then(|rest| rest.strip_prefix(']'))
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with('[') && rest.ends_with(']')))
}
