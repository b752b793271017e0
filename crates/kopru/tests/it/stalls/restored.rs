//! A backup, a crash and a restore: nothing is sent twice by itself, and nothing is lost without a word.

use sandbox::{Fault, FaultRule};
use serde_json::Value;

use super::{
    crm::{Crm, WON},
    events::{counts, json, printed, run},
    shop::{Shop, moves_at, now_s},
    town::{Plan, Town},
};
use crate::service::{ADMIN_TOKEN, is_private_file};

const SHOP: Shop = Shop(0);

/// The event id of a deal's sale.
async fn event_id(town: &Town, deal: u64) -> String {
    let all = town.conversions(SHOP).await;
    let of_deal = |one: &&Value| one["deal"].as_str().unwrap().rsplit('/').next() == Some(&deal.to_string());
    all.iter().find(of_deal).unwrap()["event_id"].as_str().unwrap().to_owned()
}

/// Under which ids Meta has taken the sale of a deal.
fn taken(town: &Town, deal: u64) -> Vec<String> {
    let all = town.meta.graph_events();
    let of_deal = all.iter().filter(|one| {
        let value = one.event.pointer("/custom_data/value").unwrap();
        value.as_f64().or_else(|| value.as_str()?.parse().ok()) == Some(deal as f64)
    });
    of_deal.map(|one| one.event["event_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_left_since_the_backup_waits_for_a_word() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    let file = town.site.folder.path().join("backup.db");
    let path = file.to_str().unwrap();
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    town.meta.add_fault(FaultRule::always(Fault::Html { status: 503 }));
    town.sell(SHOP, [2]).await;
    counts(&town, "queued", 1).await;

    let (code, made, said) = run(&town, &["backup", path]);
    assert_eq!(code, Some(0), "{made}{said}");
    assert!(said.contains("kopru: copied 100 %"), "{said}");
    assert!(made.contains("it does not hold the data key") && made.contains("data.key"), "{made}");
    assert!(is_private_file(&file));
    let (code, _, said) = run(&town, &["backup", path]);
    assert!(code == Some(2) && said.lines().count() == 1 && said.contains("--force"), "{said}");

    // Only for whoever owns the store, whatever token somebody has.
    for path in ["backup", "data-key"] {
        let url = format!("{}/api/v1/{path}", town.site.admin);
        let asked = town.site.client.post(url).bearer_auth(ADMIN_TOKEN).send().await.unwrap();
        assert_eq!(asked.status(), 404, "{path}");
    }

    // After the backup the one leaves that was queued, and another one is made and leaves.
    town.meta.clear_faults();
    printed(&town, &["events", "retry", "--state", "queued", "--yes"]);
    town.arrives(SHOP, [1, 2]).await;
    town.sell(SHOP, [3]).await;
    town.arrives(SHOP, [1, 2, 3]).await;
    let third = event_id(&town, 3).await;

    let (code, _, said) = run(&town, &["restore", path, "--replace"]);
    assert!(code == Some(2) && said.contains("stop it first"), "{said}");
    town.kill();
    let (code, _, said) = run(&town, &["restore", path]);
    assert!(code == Some(2) && said.lines().count() == 1 && said.contains("--replace"), "{said}");
    let (code, done, said) = run(&town, &["restore", path, "--replace"]);
    assert_eq!(code, Some(0), "{done}{said}");
    assert!(done.contains("are missing") && done.contains("what was there before is in "), "{done}");
    let restored_s = now_s();
    town.start(|_| {}).await;
    let log = std::fs::read_to_string(town.site.log_file()).unwrap();
    assert!(!log.contains("records that were acknowledged are not in the store"), "{log}");
    assert_eq!(town.ledger(SHOP).await["conversions"]["created"], 2);

    // The webhook of the third comes again, and one of a new deal.
    town.sell(SHOP, [3]).await;
    counts(&town, "waiting", 2).await;
    town.site.until("the next second begins", async || now_s() > restored_s).await;
    let at_s = now_s();
    crm.changed_at(at_s);
    town.click(SHOP, [4]).await;
    town.site.deliver(&SHOP.kommo_key(), &moves_at([(4, WON)], at_s), None).await;
    town.arrives(SHOP, [4]).await;
    assert_eq!(town.bought(SHOP), [1, 2, 3, 4], "nothing goes again by itself");
    let held = json(&town, &["events", "list", "--reason", "held_after_restore"]);
    let mut held: Vec<_> =
        held.as_array().unwrap().iter().map(|one| (&one["value"], &one["currency"])).collect();
    held.sort_by_key(|(value, _)| value.to_string());
    assert_eq!(format!("{held:?}"), r#"[(String("2"), String("TRY")), (String("3"), String("TRY"))]"#);
    assert_eq!(event_id(&town, 3).await, third, "learnt anew, it is the same event");
    let table = printed(&town, &["events", "list", "--reason", "held_after_restore"]);
    assert!(table.contains("2 TRY") && table.contains("3 TRY"), "{table}");

    printed(&town, &["events", "retry", "--deal", "2", "--yes"]);
    town.site.until("it has gone again", async || taken(&town, 2).len() == 2).await;
    let second = event_id(&town, 2).await;
    assert_eq!(taken(&town, 2), [second.clone(), second]);
    printed(&town, &["events", "drop", "--deal", "3", "--yes"]);
    counts(&town, "suppressed", 1).await;
    assert_eq!(town.bought(SHOP), [1, 2, 2, 3, 4]);

    // Another start holds nothing that was decided.
    assert_eq!(town.terminate().await.0, Some(0));
    town.start(|_| {}).await;
    let ledger = town.ledger(SHOP).await;
    assert_eq!(
        (&ledger["conversions"]["accepted"], &ledger["conversions"]["waiting"]),
        (&3.into(), &0.into())
    );
}

/// A retry before anything was held: the one word is enough.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_before_the_first_start_is_enough() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    let file = town.site.folder.path().join("backup.db");
    town.meta.add_fault(FaultRule::always(Fault::Html { status: 503 }));
    town.sell(SHOP, [1, 2]).await;
    counts(&town, "queued", 2).await;
    assert_eq!(town.terminate().await.0, Some(0));
    // Without a service as well.
    let (code, made, said) = run(&town, &["backup", file.to_str().unwrap(), "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["file"], file.to_str().unwrap());
    let (code, done, said) = run(&town, &["restore", file.to_str().unwrap(), "--replace", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done["missing"], 0, "{done}");
    let (code, ..) = run(&town, &["events", "retry", "--deal", "1", "--yes"]);
    assert_eq!(code, Some(0));
    town.meta.clear_faults();
    town.start(|_| {}).await;
    town.arrives(SHOP, [1]).await;
    counts(&town, "waiting", 1).await;
    assert_eq!(town.bought(SHOP), [1]);
}
