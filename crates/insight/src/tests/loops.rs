//! The loop: woken by outcomes, and by nothing else.

use std::time::Duration;

use kopru_core::Effect;
use store::{OutcomeStore as _, Views as _, outcomes::Grain};
use tokio::sync::watch;

use super::shop::{BEGIN_S, Shop, conversion, follow};

async fn counted(shop: &Shop) -> i64 {
    let page = shop.store.roll_ups(shop.workspace, Grain::Quarter, i64::MIN, i64::MAX).await.unwrap();
    page.rows.iter().map(|row| row.n).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted_until_the_stop() {
    let shop = Shop::new().await;
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(shop.follower(&["UTC"]).run(stopping));
    for made in 1..=3 {
        shop.act(vec![Effect::Create(conversion(&format!("e{made}"), BEGIN_S))]).await;
        let is_counted = async {
            while counted(&shop).await < made {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), is_counted).await.unwrap();
        assert!(shop.store.followed(shop.workspace, "roll_ups").await.unwrap().upto > 0);
    }
    shop.act(vec![Effect::Create(conversion("last", BEGIN_S))]).await;
    stop.send_replace(true);
    running.await.unwrap();
    assert_eq!(counted(&shop).await, 4, "also what came right before the stop");
}

#[tokio::test]
async fn two_that_follow_count_nothing_twice() {
    let shop = Shop::new().await;
    let (mut one, mut other) = (shop.follower(&["UTC"]), shop.follower(&["UTC"]));
    follow(&mut one).await;
    follow(&mut other).await;
    for made in 0..6 {
        shop.act(vec![Effect::Create(conversion(&format!("e{made}"), BEGIN_S))]).await;
        let (first, second) = if made % 2 == 0 { (&mut one, &mut other) } else { (&mut other, &mut one) };
        // Whoever comes second, or does not know how far the other came, is refused and looks again.
        while first.step().await.is_err() {}
        while second.step().await.is_err() {}
        assert_eq!(counted(&shop).await, made + 1);
    }
}
