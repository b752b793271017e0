//! Where there is no room: 503 with when to come again, and nothing half-written.

use serde_json::{Value, json};

use super::shop::{WebShop, now_s, purchase};
use crate::world::Person;

/// Events of one request.
const BATCH: u64 = 50;

fn batch(first: u64) -> Value {
    let people = (first..first + BATCH).map(|number| Person { number, wrote_s: now_s() - 60 });
    let events: Vec<Value> =
        people.map(|person| purchase(person, &format!("id-{}", person.number))).collect();
    json!({ "data": events })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_room_says_when_to_come_again_and_keeps_whole_requests() {
    let mut shop = WebShop::open().await;
    shop.kill();
    let mut limited = shop.site.command_under(&["bash", "-c", "ulimit -c 0 -f 2048; exec \"$0\" \"$@\""]);
    limited.env("KOPRU_LOG", "off");
    shop.run(limited).await;
    let client = shop.client();
    let mut kept = 0;
    let refused = loop {
        match client.post(&batch(kept)).await {
            Ok((200, _, answer)) => {
                assert_eq!(answer["events_received"], BATCH);
                kept += BATCH;
            }
            other => break other,
        }
        assert!(kept < 100_000, "no limit was met");
    };
    let (status, retry_after, answer) = refused.unwrap();
    assert_eq!((status, retry_after.as_deref()), (503, Some("30")), "{answer}");
    let error = &answer["error"];
    assert_eq!((&error["code"], &error["is_transient"]), (&json!(2), &json!(true)), "{answer}");
    let ready = shop.site.client.get(format!("{}/readyz", shop.site.doors)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    shop.kill();

    shop.start().await;
    let ledger = shop.site.get("/api/v1/ledger").await;
    let received = ledger["facts"]["received"].as_u64().unwrap();
    assert_eq!(received, kept, "all that was acknowledged, and of the refused request nothing: {ledger}");
    // Whoever came again has it all received, each event once.
    let client = shop.client();
    assert_eq!(client.deliver(&batch(kept)).await, 0);
    assert_eq!(client.deliver(&batch(kept - BATCH)).await, BATCH);
    let all = kept + BATCH;
    shop.site.settled(all as usize).await;
    let mut ids: Vec<String> = shop
        .meta
        .graph_events()
        .iter()
        .map(|one| one.event["event_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len() as u64, all);
    shop.assert_nothing_plain();
}
