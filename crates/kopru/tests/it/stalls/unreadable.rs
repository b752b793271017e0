//! Bodies that nobody understands, on one shop's unsigned door.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    crm::Crm,
    shop::{Shop, wins},
    town::Plan,
};

/// Connections that post at a time.
const CONNECTIONS: usize = 20;
/// Bodies just under what a hook takes, bytes.
const BIG: usize = 4 * 1024 * 1024 - 10;

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_bodies_of_one_shop_do_not_hold_up_another() {
    let crm = Crm::start().await;
    let town = Arc::new(Plan::of(2, &crm).start().await);
    let (flooded, neighbour) = (Shop(0), Shop(1));
    let url = format!("{}/hooks/{}", town.site.doors, flooded.kommo_key());
    let (taken, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let post = {
        let (town, taken, refused) = (Arc::clone(&town), Arc::clone(&taken), Arc::clone(&refused));
        move |body: String| {
            let request = town.site.client.post(&url).body(body);
            let (taken, refused) = (Arc::clone(&taken), Arc::clone(&refused));
            async move {
                match request.send().await.map(|answer| answer.status().as_u16()) {
                    Ok(200) => _ = taken.fetch_add(1, Ordering::Relaxed),
                    // Too much at a time for this key.
                    Ok(429 | 503) => _ = refused.fetch_add(1, Ordering::Relaxed),
                    other => panic!("{other:?}"),
                }
            }
        }
    };
    for _ in 0..12 {
        post(format!("zzz={}", "1".repeat(BIG - 4))).await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (post, is_over) = (post.clone(), Arc::clone(&is_over));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    post("zzz=1".to_owned()).await;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        })
        .collect();

    // The neighbour sells meanwhile: each post is acknowledged at the first try.
    for deal in 1..=20 {
        let (body, signature) = neighbour.clicks([deal]);
        let request =
            town.site.client.post(format!("{}/hooks/{}", town.site.doors, neighbour.whatsapp_key()));
        let answer = request.header("x-hub-signature-256", signature).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let request = town.site.client.post(format!("{}/hooks/{}", town.site.doors, neighbour.kommo_key()));
        assert_eq!(request.body(wins([deal])).send().await.unwrap().status(), 200);
    }
    town.arrives(neighbour, 1..=20).await;
    is_over.store(true, Ordering::Relaxed);
    for task in flood {
        task.await.unwrap();
    }

    // Each that was acknowledged is counted, whether its body was kept or not.
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken > 0);
    town.until(flooded, "not counted", |ledger| {
        ledger["refused_at_door"]["unreadable"].as_u64().unwrap_or(0) >= taken
    })
    .await;
    let unaffected = town.ledger(neighbour).await;
    assert_eq!(unaffected["refused_at_door"], serde_json::json!({}), "{unaffected}");
    // A flood costs bounded room: kept bodies are few.
    let kept: i64 =
        town.database().query_row("SELECT count(*) FROM unreadable", [], |row| row.get(0)).unwrap();
    assert!(kept as u64 <= taken && kept < 2_000, "{kept} of {taken} are kept");
    // The door of the flooded shop works for what it understands.
    town.sell(flooded, [7]).await;
    town.arrives(flooded, [7]).await;
}
