//! Killed with SIGKILL while a shop's server reports: what was acknowledged arrives, under one id.

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::RandomState},
    hash::BuildHasher as _,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use sandbox::Fault;
use serde_json::json;

use super::shop::{ShopClient, WebShop, now_s, purchase};
use crate::world::Person;

const KILLS: u64 = 20;
const SENDERS: u64 = 4;

/// Between 0 and `below`, another one at every run.
fn random_below(below: u64) -> u64 {
    RandomState::new().hash_one(below) % below
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_event_is_lost_and_none_has_two_ids() {
    let mut shop = WebShop::open().await;
    // Slow answers, so that kills meet open attempts.
    shop.meta.fail_next(60, Fault::latency(120));
    let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| tokio::spawn(report(shop.client(), Arc::clone(&stop), Arc::clone(&next))))
        .collect();
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(40 + random_below(500))).await;
        shop.kill();
        shop.start().await;
        assert_eq!(shop.site.get("/api/v1/ledger").await["balanced"], true);
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged: BTreeMap<String, String> = BTreeMap::new();
    for sender in senders {
        acknowledged.extend(sender.await.unwrap());
    }
    let orders = next.load(Ordering::Relaxed) as usize;
    assert_eq!(acknowledged.len(), orders, "each was sent until it was acknowledged");
    shop.site.settled(orders).await;

    let mut told: BTreeMap<String, Vec<serde_json::Value>> = BTreeMap::new();
    for one in shop.meta.graph_events() {
        let order = one.event["custom_data"]["order_id"].as_str().unwrap().to_owned();
        assert!(one.copy_of.is_none() || told.contains_key(&order), "{one:?}");
        told.entry(order).or_default().push(one.event);
    }
    assert_eq!(told.keys().collect::<Vec<_>>(), acknowledged.keys().collect::<Vec<_>>(), "each arrived");
    for (order, events) in &told {
        assert!(events.iter().all(|event| *event == events[0]), "the same bytes: {events:?}");
        assert_eq!(
            events[0]["event_id"],
            acknowledged[order].as_str(),
            "{order} has the id of its first report"
        );
    }
    // The list has them all, each once.
    let mut listed = BTreeSet::new();
    let mut after = String::new();
    loop {
        let page = shop.site.get(&format!("/api/v1/conversions?limit=1000&after={after}")).await;
        let page = page.as_array().unwrap();
        let Some(last) = page.last() else { break };
        after = last["event_id"].as_str().unwrap().to_owned();
        for one in page {
            assert!(listed.insert(one["event_id"].as_str().unwrap().to_owned()), "{one}");
            assert_eq!(one["state"], "accepted", "{one}");
        }
    }
    assert_eq!(listed, acknowledged.into_values().collect::<BTreeSet<_>>());
    shop.kill();
    shop.assert_nothing_plain();
}

/// Reports orders until told to stop; some of them again, as browsers and servers both do, some under another id.
/// Returns the id of each order's first report.
async fn report(client: ShopClient, stop: Arc<AtomicBool>, next: Arc<AtomicU64>) -> BTreeMap<String, String> {
    let mut acknowledged = BTreeMap::new();
    while !stop.load(Ordering::Relaxed) {
        let first = next.fetch_add(3, Ordering::Relaxed);
        let people = (first..first + 3).map(|number| Person { number, wrote_s: now_s() - 60 });
        let events: Vec<_> =
            people.map(|person| purchase(person, &format!("server-{}", person.number))).collect();
        client.deliver(&json!({ "data": events })).await;
        for event in &events {
            let text = |pointer: &str| event.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            acknowledged.insert(text("/custom_data/order_id"), text("/event_id"));
        }
        let again = match random_below(3) {
            0 => events,
            1 => {
                let other = |mut event: serde_json::Value| {
                    event["event_id"] = format!("browser-{}", event["event_id"].as_str().unwrap()).into();
                    event
                };
                events.into_iter().map(other).collect()
            }
            _ => continue,
        };
        let repeated = again.len() as u64;
        assert_eq!(client.deliver(&json!({ "data": again })).await, repeated);
        tokio::time::sleep(Duration::from_millis(random_below(30))).await;
    }
    acknowledged
}
