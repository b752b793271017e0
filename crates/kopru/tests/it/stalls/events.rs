//! Events that stand still: found, tried again or dropped by hand, and configurations that are applied.

use std::fs;

use sandbox::{Fault, FaultRule};
use serde_json::Value;
use testkit::http::Answer;

use super::{
    crm::{CHANGED_AGO_S, Crm, PIPELINE, WON},
    shop::{Shop, now_s},
    town::{Plan, Town},
};
use crate::cli::kopru;

const SHOP: Shop = Shop(0);

/// Runs a command with the town's configuration.
pub(super) fn run(town: &Town, command: &[&str]) -> (Option<i32>, String, String) {
    let file = town.site.folder.path().join("kopru.toml");
    kopru(&[command, &["--config", file.to_str().unwrap()]].concat())
}

/// What a command prints that ends well.
pub(super) fn printed(town: &Town, command: &[&str]) -> String {
    let (code, printed, said) = run(town, command);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{command:?}: {printed}\n{}", town.site.log());
    printed
}

pub(super) fn json(town: &Town, command: &[&str]) -> Value {
    serde_json::from_str(&printed(town, &[command, &["--json"]].concat())).unwrap()
}

pub(super) fn text(town: &Town) -> String {
    fs::read_to_string(town.site.folder.path().join("kopru.toml")).unwrap()
}

pub(super) fn write(town: &Town, text: &str) {
    fs::write(town.site.folder.path().join("kopru.toml"), text).unwrap();
}

/// The configuration with another dataset, at which Meta knows none of the clicks.
fn wrong_dataset(town: &Town) -> String {
    let wrong = "99999".to_owned();
    town.meta.add_dataset(sandbox::SimulatedDataset {
        id: wrong.clone(),
        token: SHOP.meta_token(),
        waba_id: Some(SHOP.waba()),
        ..sandbox::SimulatedDataset::default()
    });
    let unknown_click = Fault::Error { code: 100, subcode: Some(2_804_087), status: None };
    town.meta.add_fault(FaultRule { dataset: Some(wrong.clone()), ..FaultRule::always(unknown_click) });
    text(town).replace(&format!("id = \"{}\"", SHOP.dataset()), &format!("id = \"{wrong}\""))
}

pub(super) async fn counts(town: &Town, state: &str, count: u64) {
    let what = format!("{count} {state}");
    town.until(SHOP, &what, |ledger| ledger["conversions"][state] == count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_refused_is_accepted_after_the_mend_when_somebody_asks() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let good = text(&town);
    let wrong = wrong_dataset(&town);
    write(&town, &wrong);
    town.start(|_| {}).await;
    town.sell(SHOP, [7, 8]).await;
    counts(&town, "failed", 2).await;

    let table = printed(&town, &["events", "list", "--state", "failed"]);
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.contains("Refused by Meta") && table.contains("7 TRY"), "{table}");
    write(&town, &good);
    assert_eq!(
        printed(&town, &["apply"]).lines().last().unwrap().split(" /").next(),
        Some("the service has taken")
    );

    // It was refused, so that it is not sent by itself.
    let id = json(&town, &["events", "list", "--deal", "7"])[0]["event_id"].as_str().unwrap().to_owned();
    let shown = printed(&town, &["events", "show", &id]);
    for words in
        ["Refused by Meta (failed, refused_by_meta)", "attempts  ", "reply     ", "  \"event_name\": "]
    {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    let counted = printed(&town, &["events", "retry", &id, "--dry-run"]);
    assert_eq!(counted, "1 event matched\n  1 to be sent, worth 7 TRY\n");
    let (code, counted, said) = run(&town, &["events", "retry", &id]);
    assert_eq!(
        (code, said.as_str()),
        (Some(2), "kopru: nothing has changed; add --yes to do it\n"),
        "{counted}"
    );
    assert_eq!(town.bought(SHOP), Vec::<u64>::new());

    printed(&town, &["events", "retry", &id, "--yes"]);
    town.arrives(SHOP, [7]).await;
    assert_eq!(town.bought(SHOP), [7], "nobody asked for the other one");
    let (day, failed) = ("2020-01-01", "refused_by_meta");
    printed(&town, &["events", "retry", "--reason", failed, "--since", day, "--yes"]);
    town.arrives(SHOP, [7, 8]).await;
    town.all_accepted(SHOP, 2).await;
    let said = run(&town, &["events", "retry", "--reason", failed, "--since", day, "--yes"]);
    assert_eq!((said.0, said.1.as_str()), (Some(1), "0 events matched\n"));
    let counted = json(&town, &["events", "retry", &id, "--dry-run"]);
    assert_eq!((&counted["would"]["unchanged"], &counted["left"]["accepted"]), (&1.into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_while_meta_is_away_is_never_sent() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.meta.add_fault(FaultRule::always(Fault::Html { status: 503 }));
    town.sell(SHOP, [1, 2]).await;
    counts(&town, "queued", 2).await;
    let before = town.conversions(SHOP).await;
    let counted = json(&town, &["events", "drop", "--deal", "1", "--dry-run"]);
    assert_eq!(counted["matched"], 1, "{counted}");
    assert_eq!(town.conversions(SHOP).await.len(), before.len());
    counts(&town, "queued", 2).await;

    printed(&town, &["events", "drop", "--deal", "1", "--yes"]);
    counts(&town, "suppressed", 1).await;
    let listed = json(&town, &["events", "list", "--reason", "dropped"]);
    assert_eq!(listed[0]["deal"].as_str().unwrap().rsplit('/').next(), Some("1"), "{listed}");

    // Without a service it is kept, and done when one runs.
    assert_eq!(town.terminate().await.0, Some(0));
    let (code, counted, said) = run(&town, &["events", "retry", "--state", "queued", "--yes"]);
    assert_eq!(code, Some(0), "{counted}{said}");
    assert!(said.contains("takes effect when kopru runs"), "{said}");
    assert_eq!(json(&town, &["events", "list"]).as_array().unwrap().len(), 2);
    town.meta.clear_faults();
    town.start(|_| {}).await;
    town.arrives(SHOP, [2]).await;
    counts(&town, "queued", 0).await;
    assert_eq!(town.bought(SHOP), [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_rule_counts_from_now_unless_somebody_says_since_when() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1, 2]).await;
    town.arrives(SHOP, [1, 2]).await;
    let rule = "[[workspace.rule]]\nid = \"lead\"\nstage = \"won\"\nsend = \"Lead\"\n";
    write(&town, &format!("{}{rule}", text(&town)));
    printed(&town, &["apply"]);
    let leads =
        || town.meta.graph_events().iter().filter(|one| one.event["event_name"] == "LeadSubmitted").count();
    assert_eq!((leads(), town.conversions(SHOP).await.len()), (0, 2));

    let since = jiff::Timestamp::from_second(now_s() - 3600).unwrap().to_string();
    let would = json(&town, &["apply", "--since", &since, "--dry-run"]);
    let shop = &would["workspaces"][0];
    assert_eq!(shop["rules"][0]["rule"], "lead", "{would}");
    assert_eq!(shop["looked_at_again"]["would"]["queued"], 2, "{would}");
    let said = printed(&town, &["apply", "--since", &since, "--dry-run"]);
    assert!(
        said.contains("shop-0: the rule \"lead\" would count since ")
            && said.contains("2 to be sent")
            && said.contains("shop-0: 2 events new"),
        "{said}"
    );
    // The audit log holds nothing that is new.
    let account = crm.url.strip_prefix("http://").unwrap();
    let of_log = format!("as the audit log of kommo:{account} tells");
    assert!(
        said.contains("shop-0: nothing else new from deals that moved since ") && said.contains(&of_log),
        "{said}"
    );
    assert_eq!(
        shop["logs_read_again"]["accounts"],
        serde_json::json!([format!("kommo:{account}")]),
        "{would}"
    );
    assert_eq!((leads(), town.conversions(SHOP).await.len()), (0, 2), "nothing has changed");

    // Without a service it is kept in the store.
    assert_eq!(town.terminate().await.0, Some(0));
    assert_eq!(json(&town, &["apply", "--since", &since, "--dry-run"]), would);
    // What only the log tells is counted: a sale and a lead of a deal that nobody has heard of, and none of one that
    // is known. Nothing of it is kept.
    crm.script(|asked| asked.is_for("events").then(|| won_by_log(&[1, 50])));
    for _ in 0..2 {
        let would = json(&town, &["apply", "--since", &since, "--dry-run"]);
        assert_eq!(
            would["workspaces"][0]["logs_read_again"]["would"],
            serde_json::json!({ "new": 2, "has_more": false }),
            "{would}"
        );
    }
    // Where it cannot be read, that is said.
    crm.script(|asked| asked.is_for("events").then(|| Answer::of(403)));
    let said = printed(&town, &["apply", "--since", &since, "--dry-run"]);
    assert!(
        said.contains("shop-0: not in this count: deals that moved since ")
            && said.contains(&format!("the audit log of kommo:{account} knows")),
        "{said}"
    );
    crm.mend();
    let (code, _, said) = run(&town, &["apply"]);
    assert_eq!(
        (code, said.contains("its next start takes the configuration anyway")),
        (Some(0), true),
        "{said}"
    );
    let (code, _, said) = run(&town, &["apply", "--since", &since]);
    assert_eq!((code, said.contains("takes effect when kopru runs")), (Some(0), true), "{said}");
    town.start(|_| {}).await;
    town.all_accepted(SHOP, 4).await;
    assert_eq!(town.meta.graph_events().len(), 4);
    let said = printed(&town, &["apply", "--since", &since, "--dry-run"]);
    assert!(said.contains("new from deals that moved since ") && !said.contains("would count"), "{said}");
    let said = printed(&town, &["apply", "--since", &since]);
    assert!(said.contains("is read again since "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_is_mended_is_caught_up_by_itself() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let good = text(&town).replace("stage = \"won\"", "stage = \"Closed - won\"");
    write(&town, &good.replace("Closed - won", "Closed - wno"));
    town.start(|_| {}).await;
    town.sell(SHOP, [1, 2, 3]).await;
    town.until(SHOP, "not decided", |ledger| {
        ledger["facts"]["pending"] == 0 && ledger["facts"]["waiting"] == 0 && ledger["facts"]["used"] == 13
    })
    .await;
    assert_eq!(town.conversions(SHOP).await.len(), 0);
    write(&town, &good);
    town.hang_up();
    town.arrives(SHOP, [1, 2, 3]).await;
    town.all_accepted(SHOP, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_applied_or_found_is_said() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let good = text(&town);
    let one_line = |command: &[&str], wanted: i32, words: &str| {
        let (code, printed, said) = run(&town, command);
        assert_eq!((code, printed.as_str()), (Some(wanted), ""), "{said}");
        assert!(said.contains(words) && said.lines().count() == 1, "{said}");
    };
    one_line(&["events", "retry", "--yes"], 2, "say which events");
    one_line(&["events", "list", "--state", "fialed"], 2, "known are queued, waiting");
    one_line(&["events", "list", "--since", "soon"], 2, "2026-05-28");
    one_line(&["events", "list", "--limit", "0"], 2, "from 1 to 1000");
    one_line(&["apply", "--since", "9000-01-01"], 2, "in the future");
    assert_eq!(run(&town, &["events", "list"]).0, Some(1), "there is none");
    assert_eq!(run(&town, &["events", "show", "zzz"]).0, Some(1));

    // Another file for the same store.
    let other = town.site.folder.path().join("other.toml");
    fs::write(&other, &good).unwrap();
    let (code, _, said) = kopru(&["apply", "-f", other.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("the running service reads ") && said.lines().count() == 1, "{said}");

    write(&town, &good.replace("send = \"Purchase\"", "send = \"Purchas\"").replace("basis", "# basis"));
    let (code, _, said) = run(&town, &["apply"]);
    assert_eq!((code, said.lines().count()), (Some(2), 2), "a line each: {said}");
}

/// The audit log of an account in which these deals were won a while ago.
fn won_by_log(deals: &[u64]) -> Answer {
    let stage = |id: u64| serde_json::json!([{ "lead_status": { "id": id, "pipeline_id": PIPELINE } }]);
    let row = |deal: &u64| {
        serde_json::json!({
            "id": format!("row-{deal}"), "type": "lead_status_changed", "entity_id": deal, "entity_type": "lead",
            "created_at": now_s() - CHANGED_AGO_S, "value_before": stage(880_001), "value_after": stage(WON),
        })
    };
    let rows: Vec<_> = deals.iter().map(row).collect();
    Answer::new(200, serde_json::json!({ "_embedded": { "events": rows } }).to_string())
}
