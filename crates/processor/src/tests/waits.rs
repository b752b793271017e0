//! When the next turn comes, and what the clock may end.

use std::time::Duration;

use store::{FactStore, Views};
use tokio::{sync::watch, time::timeout};

use super::shop::{Shop, T0, click, contact, hint, phone, read, won_deal};
use crate::{CLOCK_LOOK, FACTS_PER_TURN, NextTurn, WAIT_MAX};

const DAY_S: i64 = 24 * 3600;

/// A won deal without a price, of somebody who clicked.
async fn wait_for_price(shop: &mut Shop) {
    let walk_in = contact("1");
    shop.append(vec![click("m", phone(), T0), read(&walk_in, vec![phone()]), won_deal("1", &walk_in, None)])
        .await;
    shop.work().await;
}

#[tokio::test]
async fn an_idle_processor_waits_for_its_bell() {
    let mut shop = Shop::open().await;
    assert_eq!(shop.work().await, (1, NextTurn::Within(WAIT_MAX)), "one look, and no second one");
    shop.append(vec![hint("1")]).await;
    assert_eq!(shop.work().await, (1, NextTurn::Within(WAIT_MAX)));
    shop.append(vec![hint("1"); FACTS_PER_TURN + 1]).await;
    assert_eq!(shop.work().await.0, 2, "where more than a turn is there it goes on at once");
}

#[tokio::test]
async fn the_bell_wakes_it_and_it_stops_when_told() {
    let shop = Shop::open().await;
    let (stop, stopping) = watch::channel(false);
    let (store, workspace) = (shop.store.clone(), shop.lease.workspace);
    let running = tokio::spawn(shop.processor.run(stopping));
    for reports in 1..=3 {
        store.inner.append(workspace, "test", 0, vec![hint("1")]).await.unwrap();
        let decided = async { while store.inner.ledger(workspace).await.unwrap().facts.waiting < reports {} };
        timeout(WAIT_MAX / 2, decided).await.expect("decided long before it looks by itself");
    }
    stop.send(true).unwrap();
    timeout(WAIT_MAX / 2, running).await.expect("stopped at once").unwrap();
}

#[tokio::test]
async fn a_deadline_that_is_near_is_waited_for() {
    let mut shop = Shop::open().await;
    wait_for_price(&mut shop).await;
    let deadline_s = T0 + 10 + 7 * DAY_S - 3600;
    shop.set_clock_s(deadline_s - 20);
    assert_eq!(shop.work().await.1, NextTurn::Within(Duration::from_secs(20)));
    shop.set_clock_s(deadline_s);
    assert_eq!(shop.work().await.1, NextTurn::Within(WAIT_MAX));
    assert_eq!(shop.conversions().await, (0, vec!["suppressed no_price".to_owned()]));
}

#[tokio::test]
async fn nothing_is_over_by_a_clock_that_nobody_agrees_with() {
    let mut shop = Shop::with_clock(|clock| clock).await;
    wait_for_price(&mut shop).await;
    shop.set_clock_s(T0 + 30 * DAY_S);
    assert_eq!(shop.work().await, (1, NextTurn::Within(CLOCK_LOOK)), "it does not spin");
    assert_eq!(shop.conversions().await, (0, vec!["waiting waiting_price".to_owned()]));
    shop.clock.hear((T0 + 30 * DAY_S) * 1000);
    shop.work().await;
    assert_eq!(shop.conversions().await, (0, vec!["suppressed no_price".to_owned()]));
}

#[tokio::test]
async fn what_waited_for_the_clock_is_sent_if_the_clock_was_wrong() {
    for (true_s, expected) in
        [(T0 + 3600, (1, vec![])), (T0 + 8 * DAY_S, (0, vec!["suppressed before_kopru".to_owned()]))]
    {
        let mut shop = Shop::with_clock(|clock| clock).await;
        shop.set_clock_s(T0 + 8 * DAY_S);
        let walk_in = contact("1");
        shop.append(vec![
            click("m", phone(), T0),
            read(&walk_in, vec![phone()]),
            won_deal("1", &walk_in, Some("10")),
        ])
        .await;
        let (_, next) = shop.work().await;
        assert_eq!(next, NextTurn::Within(CLOCK_LOOK));
        assert_eq!(shop.conversions().await, (0, vec!["waiting waiting_clock".to_owned()]));
        shop.set_clock_s(true_s);
        shop.clock.hear(true_s * 1000);
        assert_eq!(shop.work().await.1, NextTurn::Within(WAIT_MAX));
        assert_eq!(shop.conversions().await, expected);
    }
}
