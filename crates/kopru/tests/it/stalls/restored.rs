//! A backup, a crash and a restore: nothing is sent twice by itself, and nothing is lost without a word.

use std::process::Command;

use sandbox::{Fault, FaultRule};
use serde_json::Value;

use super::{
    crm::Crm,
    events::{counts, json, printed, run, text, write},
    shop::Shop,
    town::{Plan, Town},
};
use crate::service::{ADMIN_TOKEN, is_private_file};

const SHOP: Shop = Shop(0);

/// The event id of a deal's sale.
pub(super) async fn event_id(town: &Town, deal: u64) -> String {
    let all = town.conversions(SHOP).await;
    let of_deal = |one: &&Value| one["deal"].as_str().unwrap().rsplit('/').next() == Some(&deal.to_string());
    all.iter().find(of_deal).unwrap()["event_id"].as_str().unwrap().to_owned()
}

/// Under which ids Meta has taken the sale of a deal.
pub(super) fn taken(town: &Town, deal: u64) -> Vec<String> {
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
    assert!(is_private_file(&file) && !made.contains("is replaced"), "{made}");
    let (code, _, said) = run(&town, &["backup", path]);
    assert!(code == Some(2) && said.lines().count() == 1 && said.contains("--force"), "{said}");
    let (code, made, said) = run(&town, &["backup", path, "--force"]);
    assert!(code == Some(0) && made.contains("that was there is replaced"), "{made}{said}");
    let data = town.site.folder.path().join("data");
    for wrong in ["data", "nowhere/backup.db"].map(|name| town.site.folder.path().join(name)) {
        let (code, _, said) = run(&town, &["backup", wrong.to_str().unwrap(), "--force"]);
        assert!(code == Some(2) && said.lines().count() == 1, "{said}");
        let words = if wrong == data { "is a folder: name a file in it" } else { "there is no folder " };
        assert!(said.contains(words), "{said}");
    }

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
    assert!(said.contains("kopru: verified 100 %") && said.contains("kopru: copied 100 %"), "{said}");
    assert!(done.contains("are missing") && done.contains("what was there before is in "), "{done}");
    // What is aside is reached by no erasure, which is said now and with each.
    assert!(done.contains("it holds personal data"), "{done}");
    let (code, _, said) = run(&town, &["forget", "--contact", "1"]);
    assert!(
        code == Some(2) && said.contains("data.before-") && said.contains("nothing is erased there"),
        "{said}"
    );
    town.start(|_| {}).await;
    let log = std::fs::read_to_string(town.site.log_file()).unwrap();
    assert!(!log.contains("records that were acknowledged are not in the store"), "{log}");
    assert_eq!(town.ledger(SHOP).await["conversions"]["created"], 2);

    // The webhook of the third comes again, and one of a new deal.
    town.sell(SHOP, [3]).await;
    counts(&town, "waiting", 2).await;
    town.sell_anew(&crm, SHOP, [4]).await;
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

/// A bit of a backup that flips is noticed, and nothing is touched.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_in_one_line() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    assert_eq!(town.terminate().await.0, Some(0));
    let file = town.site.folder.path().join("backup.db");
    let path = file.to_str().unwrap();
    assert_eq!(run(&town, &["backup", path]).0, Some(0));
    let good = std::fs::read(&file).unwrap();
    let database = std::fs::read(town.site.folder.path().join("data/kopru.db")).unwrap();
    let without = &good[..good.len() - 86];
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 4;
    for (bytes, words) in [
        (flipped.as_slice(), "this backup is damaged: its checksum begins with "),
        (without, "this backup does not end with its checksum"),
        (&database, "this is the database of a store, and no backup"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let (code, printed, said) = run(&town, &["restore", path, "--replace"]);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{said}");
        let last = said.lines().last().unwrap();
        assert!(last.contains(words) && last.contains(path), "{said}");
        let now = std::fs::read(town.site.folder.path().join("data/kopru.db")).unwrap();
        assert!(now == database, "{words}: the store has changed");
    }
    std::fs::remove_file(&file).unwrap();
    let (code, _, said) = run(&town, &["restore", path, "--replace"]);
    assert!(code == Some(2) && said.contains("there is no such file") && !said.contains("written"), "{said}");
}

/// Wherever a command is called from, what it says can be used elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_is_named_in_full() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    assert_eq!(town.terminate().await.0, Some(0));
    let folder = town.site.folder.path().canonicalize().unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let shown = town.site.folder.path().join("data").display().to_string();
    write(&town, &text(&town).replace(&format!("path = \"{shown}\""), "path = \"data\""));
    let here = |command: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kopru")).args(command).current_dir(&folder).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{command:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    };
    let made = here(&["backup", "backup.db"]);
    for name in ["backup.db", "data.key"] {
        assert!(made.contains(&path(name)), "{name}: {made}");
    }
    let done = here(&["restore", "backup.db", "--replace"]);
    assert!(
        done.starts_with(&format!("{} holds", path("data"))) && done.contains(&path("data.before-")),
        "{done}"
    );
    let rotated = here(&["data-key", "rotate"]);
    assert!(rotated.contains(&path("data.key")), "{rotated}");
}
