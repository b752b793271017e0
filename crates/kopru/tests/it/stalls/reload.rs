//! Another configuration while everything runs.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sandbox::{Fault, FaultRule};

use super::{
    crm::Crm,
    shop::{Shop, wins},
    stop::STOPPED_WITHIN,
    town::{Plan, Town},
};
use crate::service::ADMIN_TOKEN;

const RELOADED: &str = "the configuration is reloaded";
const NOT_RELOADED: &str = "the configuration is not reloaded";

fn file(town: &Town) -> PathBuf {
    town.site.folder.path().join("kopru.toml")
}

fn said(town: &Town, words: &str) -> usize {
    fs::read_to_string(town.site.log_file()).unwrap().matches(words).count()
}

/// Writes the file, asks for a reload and waits until the log says what came of it.
async fn reload(town: &Town, text: &str, says: &str) {
    let before = said(town, says);
    fs::write(file(town), text).unwrap();
    town.hang_up();
    town.site.until(says, async || said(town, says) > before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_takes_effect_and_a_broken_file_changes_nothing() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let shop = Shop(0);
    let good = fs::read_to_string(file(&town)).unwrap();
    let other = good.replace("stage = \"won\"", "stage = \"lost\"");
    assert_ne!(good, other);
    fs::write(file(&town), &other).unwrap();
    town.start(|_| {}).await;
    town.sell(shop, [1]).await;
    town.until(shop, "not decided", |ledger| {
        // Names of stages, click, hint, deal and contact.
        ledger["facts"]["used"] == 5 && ledger["facts"]["pending"] == 0 && ledger["facts"]["waiting"] == 0
    })
    .await;
    assert_eq!(town.conversions(shop).await.len(), 0, "no rule is for deals that are won");

    reload(&town, &good, RELOADED).await;
    town.sell(shop, [2]).await;
    town.arrives(shop, [2]).await;

    for (broken, why) in [
        (good.replace("send = \"Purchase\"", "send = \"Purchas\""), "did you mean \"Purchase\"?"),
        ("[[workspace".to_owned(), "this is not TOML"),
        (good.replace("basis", "# basis"), "needs a basis"),
    ] {
        reload(&town, &broken, NOT_RELOADED).await;
        assert_eq!(said(&town, why), 1, "{why}\n{}", town.site.log());
    }
    fs::remove_file(file(&town)).unwrap();
    town.hang_up();
    town.site.until("there is no file", async || said(&town, "there is no such file") == 1).await;
    town.sell(shop, [3]).await;
    town.arrives(shop, [2, 3]).await;
    assert_eq!(said(&town, RELOADED), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_webhook_is_refused_while_it_reloads() {
    let crm = Crm::start().await;
    let town = Plan::of(2, &crm).start().await;
    let shop = Shop(0);
    town.click(shop, 1..=2000).await;
    let two = fs::read_to_string(file(&town)).unwrap();
    // The second business comes and goes.
    let one = two[..two.rfind("[[workspace]]").unwrap()].to_owned();

    let ends = Arc::new(AtomicBool::new(false));
    let posting = tokio::spawn({
        let (client, ends) = (town.site.client.clone(), Arc::clone(&ends));
        let url = format!("{}/hooks/{}", town.site.doors, shop.kommo_key());
        async move {
            let mut deal = 0;
            while !ends.load(Ordering::Relaxed) && deal < 2000 {
                deal += 1;
                let answer = client.post(&url).body(wins([deal])).send().await.unwrap();
                assert_eq!(answer.status(), 200, "{deal}");
            }
            deal
        }
    });
    for text in [&one, &two, &one, &two] {
        reload(&town, text, RELOADED).await;
    }
    ends.store(true, Ordering::Relaxed);
    let deals = posting.await.unwrap();
    assert!(deals > 10, "{deals}");
    town.arrives(shop, 1..=deals).await;
    town.all_accepted(shop, deals).await;
    assert_eq!(town.bought(shop), (1..=deals).collect::<Vec<_>>(), "each once");
}

/// The old loops still wait for Meta's answer when the process is told to stop.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_a_reload_is_a_stop() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.meta.add_fault(FaultRule::always(Fault::TimeoutAfter));
    town.sell(Shop(0), [1]).await;
    town.site.until("Meta is asked", async || !town.meta.graph_requests().is_empty()).await;
    town.hang_up();
    let (code, took) = town.terminate().await;
    assert_eq!(code, Some(0), "{}", town.site.log());
    assert!(took < STOPPED_WITHIN, "it took {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_leaves_and_comes_back() {
    let crm = Crm::start().await;
    let town = Plan::of(2, &crm).start().await;
    let (stays, goes) = (Shop(0), Shop(1));
    town.sell(goes, [1]).await;
    town.arrives(goes, [1]).await;
    let both = fs::read_to_string(file(&town)).unwrap();
    let one = both[..both.rfind("[[workspace]]").unwrap()].to_owned();
    let metrics = town.metrics().await;
    let undecided = format!("kopru_facts{{workspace=\"{}\",state=\"used\"}} ", goes.name());
    assert!(metrics.contains(&undecided) && !metrics.contains(&format!("{undecided}0")), "{metrics}");

    reload(&town, &one, RELOADED).await;
    let post = async |shop: Shop| {
        let url = format!("{}/hooks/{}", town.site.doors, shop.kommo_key());
        town.site.client.post(url).body(wins([2])).send().await.unwrap().status()
    };
    assert_eq!((post(stays).await, post(goes).await), (200.try_into().unwrap(), 404.try_into().unwrap()));
    let ledger = format!("{}/api/v1/ledger?workspace={}", town.site.admin, goes.name());
    let asked = town.site.client.get(ledger).bearer_auth(ADMIN_TOKEN).send().await.unwrap();
    assert_eq!(asked.status(), 404);
    assert_eq!(said(&town, "this workspace is not configured any more"), 1);
    town.site
        .until("its gauges are zero", async || town.metrics().await.contains(&format!("{undecided}0")))
        .await;

    reload(&town, &both, RELOADED).await;
    town.sell(goes, [3]).await;
    town.arrives(goes, [1, 3]).await;
    assert_eq!(town.ledger(goes).await["conversions"]["created"], 2, "what was stored is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_counts_only_at_a_start_is_named() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let text = fs::read_to_string(file(&town)).unwrap();
    let other = text.replace(ADMIN_TOKEN, "another-admin-token-0123456789abcdef");
    let other =
        other.replace("[store]", "trusted_proxies = [\"10.0.0.1\"]\nadmin_hosts = [\"kopru\"]\n[store]");
    reload(&town, &other, RELOADED).await;
    assert_eq!(said(&town, "keys=\"server.trusted_proxies, server.admin_token\""), 1, "{}", town.site.log());
    // The old token still counts; the new name does already.
    let ledger = town.site.client.get(format!("{}/api/v1/ledger", town.site.admin));
    let answer = ledger.bearer_auth(ADMIN_TOKEN).header("host", "kopru").send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
