//! What came of a load: read from the sandbox's records.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use sandbox::{AcceptedEvent, KommoRequest};

use crate::service::figures::percentile_ms;

const SECOND_MS: i64 = 1000;

/// A deal that was won.
#[derive(Clone, Copy)]
pub struct Win {
    pub price: i64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Whether Meta has to hear of it.
    pub is_due: bool,
}

/// The figures of one run.
pub struct Measured {
    /// From each move until its Purchase was accepted.
    waits: Vec<Duration>,
    /// Seconds from the first move until the last Purchase was accepted.
    pub last_s: f64,
    /// Purchases that are missing or there more than once, that have another price, or that nobody asked for.
    pub odd: usize,
    /// Requests to Kommo by what they ask for.
    pub requests: BTreeMap<String, usize>,
    /// The most of them within any second.
    pub most_a_second: usize,
}

impl Measured {
    /// Compares deals, by their click ids, with what Meta has accepted since the first of them was won.
    pub fn of(wins: &HashMap<String, Win>, accepted: &[AcceptedEvent], requests: &[KommoRequest]) -> Self {
        let begun_ms = wins.values().map(|win| win.at_ms).min().unwrap_or(0);
        let mut arrivals: HashMap<&str, Vec<&AcceptedEvent>> = HashMap::new();
        for event in accepted {
            let click = event.event["user_data"]["ctwa_clid"].as_str().unwrap_or_default();
            arrivals.entry(click).or_default().push(event);
        }
        let (mut waits, mut odd, mut last_ms) = (Vec::new(), 0, begun_ms);
        for (click, win) in wins {
            let arrived = arrivals.remove(click.as_str()).unwrap_or_default();
            if let Some(first) = arrived.first() {
                waits.push(Duration::from_millis(
                    u64::try_from(first.received_at_ms - win.at_ms).unwrap_or(0),
                ));
                last_ms = last_ms.max(first.received_at_ms);
            }
            let is_right = match arrived[..] {
                [] => !win.is_due,
                [one] => win.is_due && is_sale(one, win.price),
                _ => false,
            };
            odd += usize::from(!is_right);
        }
        odd += arrivals.values().map(Vec::len).sum::<usize>();
        let mut by_path: BTreeMap<String, usize> = BTreeMap::new();
        for request in requests {
            *by_path.entry(what(&request.path).to_owned()).or_default() += 1;
        }
        let times: Vec<i64> = requests.iter().map(|request| request.received_at_ms).collect();
        Self {
            waits,
            last_s: (last_ms - begun_ms) as f64 / SECOND_MS as f64,
            odd,
            requests: by_path,
            most_a_second: most_a_second(&times),
        }
    }

    pub fn accepted(&self) -> usize {
        self.waits.len()
    }

    pub fn percentile_s(&self, percent: usize) -> f64 {
        percentile_ms(&mut self.waits.clone(), percent) / SECOND_MS as f64
    }
}

fn is_sale(event: &AcceptedEvent, price: i64) -> bool {
    event.event["event_name"] == "Purchase"
        && event.event["custom_data"]["value"].as_f64() == Some(price as f64)
}

/// What a path asks for, without which and how many.
fn what(path: &str) -> &str {
    if path.contains("/events?") {
        return if path.contains("entity_id") { "events of deals" } else { "events" };
    }
    path.split('?').next().unwrap_or_default().trim_start_matches("/api/v4/")
}

/// The most requests in any second, their times in order.
fn most_a_second(times_ms: &[i64]) -> usize {
    let within =
        |first: usize| times_ms[first..].iter().take_while(|at| **at < times_ms[first] + SECOND_MS).count();
    (0..times_ms.len()).map(within).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_second_begins_with_any_request() {
        assert_eq!(most_a_second(&[]), 0);
        assert_eq!(most_a_second(&[0, 900, 999, 1000, 1899, 2500]), 4);
    }

    #[test]
    fn a_sale_counts_once_with_its_price_and_nobody_elses() {
        let win = |price, is_due| Win { price, at_ms: 1_000, is_due };
        let event = |click: &str, value: i64, at_ms| AcceptedEvent {
            received_at_ms: at_ms,
            event: serde_json::json!({
                "event_name": "Purchase", "user_data": { "ctwa_clid": click }, "custom_data": { "value": value },
            }),
            ..blank()
        };
        let wins = HashMap::from([("a".to_owned(), win(5, true)), ("b".to_owned(), win(6, false))]);
        let odd = |accepted: &[AcceptedEvent]| Measured::of(&wins, accepted, &[]).odd;
        let right = [event("a", 5, 3_500)];
        let measured = Measured::of(&wins, &right, &[]);
        assert_eq!((measured.odd, measured.accepted(), measured.last_s), (0, 1, 2.5));
        assert_eq!(odd(&[]), 1, "missing");
        assert_eq!(odd(&[event("a", 5, 3_500), event("a", 5, 3_600)]), 1, "twice");
        assert_eq!(odd(&[event("a", 4, 3_500)]), 1, "another price");
        assert_eq!(odd(&[event("a", 5, 3_500), event("b", 6, 3_500)]), 1, "not from an ad");
        assert_eq!(odd(&[event("a", 5, 3_500), event("c", 6, 3_500)]), 1, "nobody's");
    }

    fn blank() -> AcceptedEvent {
        AcceptedEvent {
            n: 1,
            request: 1,
            dataset: String::new(),
            received_at_ms: 0,
            origin: sandbox::Origin::Server,
            event: serde_json::Value::Null,
            diagnostics: Vec::new(),
            copy_of: None,
            matched: None,
            ad_id: None,
        }
    }
}
