//! A store that has lost its newest part: nothing is sent again by itself that may have left since, and everybody
//! who looks is told.

use std::fs;

use sandbox::{Fault, FaultRule};

use super::{
    crm::Crm,
    events::{counts, json, printed},
    restored::{event_id, taken},
    shop::Shop,
    town::{Plan, Town},
};
use crate::cli::kopru;

const SHOP: Shop = Shop(0);

async fn ready(town: &Town) -> String {
    let answer = town.site.client.get(format!("{}/readyz", town.site.doors)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "it goes on");
    answer.text().await.unwrap()
}

/// What the dashboard shows.
async fn page(town: &Town) -> String {
    let request = town.site.client.get(format!("{}/", town.site.admin));
    request.bearer_auth(crate::service::ADMIN_TOKEN).send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_left_before_the_newest_part_was_lost_waits_for_a_word() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    town.meta.add_fault(FaultRule::always(Fault::Html { status: 503 }));
    town.sell(SHOP, [2]).await;
    counts(&town, "queued", 1).await;
    assert_eq!(ready(&town).await, "ready\n");
    // A clean end leaves everything in the database itself.
    assert_eq!(town.terminate().await.0, Some(0));
    town.meta.clear_faults();
    town.start(|_| {}).await;
    town.arrives(SHOP, [1, 2]).await;
    town.sell(SHOP, [3]).await;
    town.arrives(SHOP, [1, 2, 3]).await;
    let third = event_id(&town, 3).await;
    town.kill();
    for name in ["kopru.db-wal", "kopru.db-shm"] {
        fs::remove_file(town.site.folder.path().join("data").join(name)).unwrap();
    }
    town.start(|_| {}).await;

    // The second is queued in what is left; the webhook of the third comes again.
    counts(&town, "waiting", 1).await;
    town.sell(SHOP, [3]).await;
    counts(&town, "waiting", 2).await;
    town.sell_anew(&crm, SHOP, [4]).await;
    town.arrives(SHOP, [4]).await;
    assert_eq!(town.bought(SHOP), [1, 2, 3, 4], "nothing goes again by itself");
    let held = json(&town, &["events", "list", "--reason", "held_after_restore"]);
    let mut values: Vec<_> = held.as_array().unwrap().iter().map(|one| one["value"].to_string()).collect();
    values.sort();
    assert_eq!(values, ["\"2\"", "\"3\""], "{held}");
    assert_eq!(event_id(&town, 3).await, third, "learnt anew, it is the same event");

    let said = ready(&town).await;
    assert!(
        said.starts_with("ready\nlost: ") && said.contains("records that had been acknowledged"),
        "{said}"
    );
    let health = town.site.get("/api/v1/health").await;
    assert!(health["lost"]["records"].as_u64() > Some(0) && health["lost"]["found"].is_string(), "{health}");
    let shown = page(&town).await;
    for words in ["The store has lost its newest part", "wait for your decision: 2."] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    let file = town.site.folder.path().join("kopru.toml");
    let check = || kopru(&["check", "--offline", "--config", file.to_str().unwrap()]);
    let (code, said, _) = check();
    assert_eq!(code, Some(0), "{said}");
    for words in ["that had been acknowledged are not in the store", "2 events that Meta may have already"] {
        assert!(
            said.lines().any(|line| line.starts_with("note  ") && line.contains(words)),
            "{words}\n{said}"
        );
    }

    printed(&town, &["events", "retry", "--deal", "2", "--yes"]);
    town.site.until("it has gone again", async || taken(&town, 2).len() == 2).await;
    printed(&town, &["events", "drop", "--deal", "3", "--yes"]);
    counts(&town, "suppressed", 1).await;
    assert_eq!(town.bought(SHOP), [1, 2, 2, 3, 4]);

    // The loss is still said after another start, which holds nothing that was decided.
    assert_eq!(town.terminate().await.0, Some(0));
    town.start(|_| {}).await;
    counts(&town, "waiting", 0).await;
    assert!(ready(&town).await.contains("lost: "));
    assert!(!page(&town).await.contains("wait for your decision"));
    assert!(!check().1.contains("events that Meta may have already"));
}
