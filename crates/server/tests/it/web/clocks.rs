//! Events at the door of a machine whose clock is wrong.

use serde_json::json;
use store::Clock;

use super::shop::{Shop, changed, now_s, purchase};

const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;

/// A clock that is so far ahead, which nobody has confirmed.
fn wrong_by(ahead_s: i64) -> Clock {
    Clock::new(move || (now_s() + ahead_s) * 1000)
}

#[tokio::test]
async fn a_wrong_clock_refuses_no_event_for_good() {
    for ahead_s in [-65 * 60, -3 * DAY_S, 9 * DAY_S] {
        let clock = wrong_by(ahead_s);
        let shop = Shop::by(clock.clone()).await;
        // Nobody has said what time it is: their senders send them again.
        let answer = shop.tell(&[purchase("a"), changed("b", "/event_time", now_s())]).await;
        answer.is_refused(503, 2);
        let asked = tokio::time::timeout(std::time::Duration::from_secs(9), clock.wanted()).await;
        assert!(asked.is_ok(), "whoever talks to Meta is asked for the time");
        let health = async || -> serde_json::Value {
            serde_json::from_str(&shop.0.get("/api/v1/health").await.text().await.unwrap()).unwrap()
        };
        assert_eq!(health().await["clock_ahead_s"], json!(null));

        clock.hear(now_s() * 1000);
        shop.tell(&[purchase("a"), changed("b", "/event_time", now_s())]).await.is_received(2);
        // A sender whose own clock is wrong is refused all the same.
        for (id, at_s) in [("old", now_s() - 8 * DAY_S), ("future", now_s() + 2 * HOUR_S)] {
            shop.tell(&[changed(id, "/event_time", at_s)]).await.is_refused(400, 100);
        }
        let said = health().await["clock_ahead_s"].as_i64().unwrap();
        assert!((said - ahead_s).abs() < 60, "{said}");
        let ready = shop.0.client.get(shop.0.door("/readyz")).send().await.unwrap().text().await.unwrap();
        let where_to = if ahead_s > 0 { "ahead of" } else { "behind" };
        let said = ready.split_once("clock: this machine's clock is ").unwrap().1;
        let (by_s, rest) = said.split_once(" s ").unwrap();
        assert!(
            (by_s.parse::<i64>().unwrap() - ahead_s.abs()).abs() < 60 && rest.starts_with(where_to),
            "{ready}"
        );
        let refused = shop.0.get("/api/v1/refused?workspace=acme").await.text().await.unwrap();
        let refused: Vec<serde_json::Value> = serde_json::from_str(&refused).unwrap();
        assert_eq!(refused.len(), 2, "by a clock that is wrong by {ahead_s} s");
        assert_eq!(shop.ids().await, ["a", "b"]);
        shop.ends_with_refused(&[("clock_unsure", 1), ("refused_event", 2)]).await;
    }
}

#[tokio::test]
async fn what_is_in_time_by_an_unsure_clock_is_taken_at_once() {
    let shop = Shop::by(wrong_by(0)).await;
    shop.tell(&[purchase("a")]).await.is_received(1);
}
