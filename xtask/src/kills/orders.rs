//! The shop's own server: it reports orders while the service is killed, each until it was acknowledged.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde_json::{Value, json};
use testkit::Random;
use tokio::sync::watch;

use super::upstream::DATASET;
use crate::service::{now_ms, victim::Addresses, webhook::Webhook};

/// Between two requests, milliseconds.
const BETWEEN_MS: (u64, u64) = (10, 400);
/// Orders of one request.
const ORDERS: (u64, u64) = (1, 4);
/// How old the oldest order is when it is reported, seconds.
const AGE_S: i64 = 3_600;

/// A server with what it still has to report.
pub struct Orders {
    service: Addresses,
    key: String,
    random: Random,
}

/// What was reported.
#[derive(Default)]
pub struct Reported {
    /// The number of each order that was acknowledged, with the id of its first report.
    pub acknowledged: BTreeMap<u64, String>,
    /// Tries that ended without an acknowledgement.
    pub failed: u64,
}

/// What the comparison found.
#[derive(Default)]
pub struct Found {
    pub violations: BTreeMap<&'static str, Vec<String>>,
    /// Events that Meta got again and counts once.
    pub copies: usize,
}

impl Orders {
    pub fn of(service: Addresses, key: String, random: Random) -> Self {
        Self { service, key, random }
    }

    /// Reports until told to stop, and then until the last request is acknowledged.
    pub async fn report(mut self, stop: watch::Receiver<bool>) -> Reported {
        let (mut reported, mut next) = (Reported::default(), 1);
        while !*stop.borrow() {
            let upto = next + self.random.between(ORDERS.0, ORDERS.1);
            let first = |order: u64| format!("server-{order}");
            reported.failed += self.send((next..upto).map(|order| event(order, &first(order)))).await;
            reported.acknowledged.extend((next..upto).map(|order| (order, first(order))));
            let again = match self.random.below(4) {
                0 => Some("server"),
                1 => Some("browser"),
                _ => None,
            };
            if let Some(whose) = again {
                let events = (next..upto).map(|order| event(order, &format!("{whose}-{order}")));
                reported.failed += self.send(events).await;
            }
            next = upto;
            tokio::time::sleep(Duration::from_millis(self.random.between(BETWEEN_MS.0, BETWEEN_MS.1))).await;
        }
        reported
    }

    async fn send(&self, events: impl Iterator<Item = Value>) -> u64 {
        let body = json!({ "data": events.collect::<Vec<_>>() }).to_string();
        Webhook::of_shop(&self.key, DATASET, body).send(self.service.doors).await
    }
}

fn event(order: u64, id: &str) -> Value {
    let age_s = i64::try_from(order).unwrap_or(0) % AGE_S;
    json!({
        "event_name": "Purchase", "event_time": now_ms() / 1000 - age_s, "event_id": id,
        "action_source": "website", "event_source_url": "https://shop.example.com/thanks",
        "user_data": {
            "em": format!("buyer-{order}@example.org"), "client_user_agent": "Mozilla/5.0",
            "client_ip_address": "81.2.69.142",
        },
        "custom_data": { "currency": "TRY", "value": order, "order_id": order.to_string() },
    })
}

/// Parts values into those of which something holds and the others.
pub fn apart(values: &[Value], holds: impl Fn(&Value) -> bool) -> (Vec<Value>, Vec<Value>) {
    values.iter().cloned().partition(holds)
}

/// Compares what was acknowledged with what Meta has and what Kopru lists.
pub fn judge(reported: &Reported, at_meta: &[Value], listed: &[Value]) -> Found {
    let mut found = Found::default();
    let mut violate = |rule, what: String| found.violations.entry(rule).or_insert_with(Vec::new).push(what);
    let mut arrived: HashMap<u64, Vec<&Value>> = HashMap::new();
    for one in at_meta {
        let order = one["event"]["custom_data"]["order_id"].as_str().and_then(|order| order.parse().ok());
        arrived.entry(order.unwrap_or_default()).or_default().push(one);
    }
    let mut said: HashMap<&str, Vec<&Value>> = HashMap::new();
    for one in listed {
        said.entry(one["event_id"].as_str().unwrap_or_default()).or_default().push(one);
    }
    for (order, id) in &reported.acknowledged {
        let events = arrived.remove(order).unwrap_or_default();
        let said = said.remove(id.as_str()).unwrap_or_default();
        if events.is_empty() {
            violate("an acknowledged order that Meta never got", format!("{order}: {said:?}"));
        }
        if events.iter().any(|one| one["event"]["event_id"] != id.as_str()) {
            violate("an order with two ids", format!("{order}: {events:?}"));
        }
        if events.iter().skip(1).any(|one| one["copy_of"].is_null()) {
            violate("an order that Meta counts twice", format!("{order}: {events:?}"));
        }
        if !matches!(said.as_slice(), [one] if one["state"] == "accepted") {
            violate("an order that is not listed once as accepted", format!("{order}: {said:?}"));
        }
        found.copies += events.len().saturating_sub(1);
    }
    for (order, events) in arrived {
        violate("an order of nobody at Meta", format!("{order}: {events:?}"));
    }
    for (id, said) in said {
        violate("an order of nobody in the list", format!("{id}: {said:?}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(order: &str, id: &str, copy_of: Option<u64>) -> Value {
        json!({ "copy_of": copy_of, "event": { "event_id": id, "custom_data": { "order_id": order } } })
    }

    /// An oracle that finds nothing is worth something only if it can find something.
    #[test]
    fn each_rule_can_be_broken() {
        let reported = Reported { acknowledged: [(7, "server-7".to_owned())].into(), failed: 0 };
        let listed = [json!({ "event_id": "server-7", "state": "accepted" })];
        let broken = |at_meta: &[Value], listed: &[Value]| -> Vec<&str> {
            judge(&reported, at_meta, listed).violations.into_keys().collect()
        };
        let one = arrival("7", "server-7", None);
        assert!(broken(std::slice::from_ref(&one), &listed).is_empty());
        assert!(broken(&[one.clone(), arrival("7", "server-7", Some(1))], &listed).is_empty());
        assert_eq!(judge(&reported, &[one.clone(), arrival("7", "server-7", Some(1))], &listed).copies, 1);
        let never = "an acknowledged order that Meta never got";
        assert_eq!(broken(&[], &listed), [never]);
        let twice = "an order that Meta counts twice";
        assert_eq!(broken(&[one.clone(), one.clone()], &listed), [twice]);
        assert_eq!(
            broken(&[one.clone(), arrival("7", "browser-7", None)], &listed),
            [twice, "an order with two ids"]
        );
        let unlisted = "an order that is not listed once as accepted";
        assert_eq!(broken(std::slice::from_ref(&one), &[]), [unlisted]);
        assert_eq!(broken(std::slice::from_ref(&one), &[listed[0].clone(), listed[0].clone()]), [unlisted]);
        let failed = json!({ "event_id": "server-7", "state": "failed" });
        assert_eq!(broken(std::slice::from_ref(&one), &[failed]), [unlisted]);
        assert_eq!(
            broken(&[one.clone(), arrival("8", "server-8", None)], &listed),
            ["an order of nobody at Meta"]
        );
        let stranger = json!({ "event_id": "server-9", "state": "accepted" });
        assert_eq!(broken(&[one], &[listed[0].clone(), stranger]), ["an order of nobody in the list"]);
    }
}
