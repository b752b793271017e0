//! A clock that was wrong: no stored time binds longer than anything legally waits.

use kopru_core::{Conversion, DealKey, Effect, Question};

use super::shop::{ORIGIN, Shop, deal_key, ids, lane, queued};
use crate::{OutcomeOf, Settled, Store};

const NOW_MS: i64 = 1_780_000_000_000;
const MINUTE_MS: i64 = 60_000;
const DAYS_MS: i64 = 3 * 24 * 60 * MINUTE_MS;

fn sold(event_id: &str, event_ms: i64, due_ms: i64) -> Effect {
    Effect::Create(Conversion { event_s: event_ms / 1000, ..queued(event_id, due_ms) })
}

pub(super) async fn that_was_days_ahead_holds_no_conversion(store: &dyn Store) {
    let shop = Shop::open(store, "clock ahead").await;
    let past_ms = NOW_MS - 10 * MINUTE_MS;
    let effects = vec![
        // Queued by the wrong clock, though its event had happened.
        sold("ahead", past_ms, NOW_MS + DAYS_MS),
        // Put off as long as anything is.
        sold("retry", past_ms, NOW_MS + 5 * MINUTE_MS),
        // Its event has not happened yet.
        sold("future", NOW_MS + DAYS_MS, NOW_MS + DAYS_MS),
        sold("now", past_ms, NOW_MS),
    ];
    shop.act(effects, NOW_MS).await;
    assert_eq!(ids(&shop.claim(1, NOW_MS).await), ["now"], "what is due comes first");
    let claimed = shop.claim(10, NOW_MS).await;
    let numbers: Vec<u64> = claimed.iter().map(|one| one.number).collect();
    assert_eq!(ids(&claimed), ["now", "ahead"]);

    // The attempt ends while the clock is wrong once more.
    let again = |number| OutcomeOf {
        number,
        settled: Settled::Again { due_ms: Some(NOW_MS + DAYS_MS), reply: None, counts: true },
    };
    store
        .settle(shop.lease, &lane(), None, numbers.iter().copied().map(again).collect(), NOW_MS)
        .await
        .unwrap();
    assert_eq!(ids(&shop.claim(10, NOW_MS).await), ["ahead", "now"]);
    let accepted = |number| OutcomeOf { number, settled: Settled::Accepted { reply: "trace".into() } };
    store
        .settle(shop.lease, &lane(), None, numbers.into_iter().map(accepted).collect(), NOW_MS)
        .await
        .unwrap();

    // What is left waits rightly, and is due when the next is said to be.
    assert!(shop.claim(10, NOW_MS).await.is_empty());
    let next_ms = store.next_due(shop.lease, &lane()).await.unwrap().unwrap();
    assert_eq!(next_ms, NOW_MS + 5 * MINUTE_MS);
    assert_eq!(ids(&shop.claim(10, next_ms).await), ["retry"]);
}

pub(super) async fn that_was_days_ahead_holds_no_question(store: &dyn Store) {
    let shop = Shop::open(store, "asked ahead").await;
    let question = |id: &str| Question::Deal { deal: DealKey { ..deal_key(id) } };
    store.ask(shop.workspace, question("ahead"), NOW_MS + DAYS_MS).await.unwrap();
    store.ask(shop.workspace, question("later"), NOW_MS + 60 * MINUTE_MS).await.unwrap();
    store.ask(shop.workspace, question("now"), NOW_MS).await.unwrap();
    let due = async |now_ms| {
        let due = store.asks_due(ORIGIN, &[shop.workspace], 10, now_ms).await.unwrap();
        due.into_iter().map(|ask| ask.question).collect::<Vec<_>>()
    };
    assert_eq!(due(NOW_MS).await, [question("now"), question("ahead")]);
    store.abandon(shop.workspace, vec![question("now"), question("ahead")]).await.unwrap();
    assert!(due(NOW_MS).await.is_empty());
    let next_ms = store.next_ask_due(shop.workspace, ORIGIN).await.unwrap().unwrap();
    assert_eq!(next_ms, NOW_MS + 60 * MINUTE_MS);
    assert_eq!(due(next_ms).await, [question("later")]);
}
