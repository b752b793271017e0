//! Rows that a bad disk or a hand has damaged: their neighbours go on.

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{PATIENCE, http::Answer};

use super::{
    crm::Crm,
    shop::Shop,
    town::{Plan, Town, together},
};

/// Deals that wait while the service is down.
const WAITING: std::ops::RangeInclusive<u64> = 11..=16;

/// A town whose shop has sold, and has deals that wait because one kind of record cannot be read. The
/// service does not run.
async fn with_waiting_deals(crm: &Crm, kind: &'static str) -> Town {
    let mut town = Plan::of(1, crm).start().await;
    let shop = Shop(0);
    town.sell(shop, 1..=3).await;
    town.all_accepted(shop, 3).await;
    crm.script(move |asked| asked.is_for(kind).then(|| Answer::of(503)));
    town.sell(shop, WAITING).await;
    let waits = |ledger: &Value| match kind {
        "leads" => ledger["facts"]["waiting"].as_u64() >= Some(6),
        _ => ledger["conversions"]["waiting"] == 6,
    };
    town.until(shop, "they do not wait", |ledger| waits(ledger) && ledger["facts"]["pending"] == 0).await;
    assert_eq!(town.terminate().await.0, Some(0));
    town
}

/// All but at most one of the waiting deals arrive, and whatever is new.
async fn neighbours_go_on(town: &Town) {
    let shop = Shop(0);
    town.sell(shop, 21..=23).await;
    town.arrives(shop, 21..=23).await;
    let arrived = || town.bought(shop).iter().filter(|deal| WAITING.contains(deal)).count();
    town.site.until("all but one have arrived", async || arrived() >= 5).await;
    let ledger =
        town.until(shop, "something is still undecided", |ledger| ledger["facts"]["pending"] == 0).await;
    // Nothing ends silently: what did not arrive is waiting for somebody, or is said to have failed.
    let missing = WAITING.count() - town.bought(shop).iter().filter(|deal| WAITING.contains(deal)).count();
    let said = ["/facts/set_aside", "/facts/waiting", "/conversions/failed", "/conversions/waiting"]
        .iter()
        .filter_map(|pointer| ledger.pointer(pointer)?.as_u64())
        .sum::<u64>();
    assert!(said >= missing as u64, "{missing} missing, {ledger}");
    let ready = town.site.client.get(format!("{}/readyz", town.site.doors)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
}

async fn neighbours_survive(kind: &'static str, damage: &'static str) {
    let crm = Crm::start().await;
    let mut town = with_waiting_deals(&crm, kind).await;
    let changed = town.database().execute(damage, []).unwrap();
    assert!(changed >= 1, "nothing was damaged");
    crm.mend();
    town.start(|_| {}).await;
    neighbours_go_on(&town).await;
}

/// Keeps what customers did undecided: the loop that decides dies for as long as this service runs.
async fn with_undecided_facts(crm: &Crm) -> Town {
    let mut town = Plan::of(1, crm).build().await;
    let shop = Shop(0);
    town.start(|command| {
        command.env("KOPRU_PANIC", "decisions:1000");
    })
    .await;
    town.sell(shop, WAITING).await;
    town.until(shop, "not kept", |ledger| ledger["facts"]["pending"].as_u64() >= Some(12)).await;
    assert_eq!(town.terminate().await.0, Some(0));
    town
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_fact_is_set_aside_and_can_be_tried_again() {
    let crm = Crm::start().await;
    let mut town = with_undecided_facts(&crm).await;
    let shop = Shop(0);
    // One of the clicks.
    let (seq, body): (i64, Vec<u8>) = town
        .database()
        .query_row(
            "SELECT seq, body FROM fact WHERE kind = 'click' ORDER BY seq LIMIT 1 OFFSET 2",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let set = |town: &Town, body: &[u8]| {
        let changed = "UPDATE fact SET body = ?1 WHERE seq = ?2";
        assert_eq!(town.database().execute(changed, rusqlite::params![body, seq]).unwrap(), 1);
    };
    set(&town, b"\0damaged");
    town.start(|_| {}).await;
    neighbours_go_on(&town).await;
    town.until(shop, "nothing was set aside", |ledger| ledger["facts"]["set_aside"] == 1).await;
    let listed = town.site.get(&format!("/api/v1/set-aside?workspace={}", shop.name())).await;
    assert!(listed.to_string().contains(&seq.to_string()), "{listed}");

    // Tried again as it is, it is set aside again.
    retry(&town).await;
    town.until(shop, "lost by trying", |ledger| {
        ledger["facts"]["set_aside"] == 1 && ledger["facts"]["pending"] == 0
    })
    .await;
    assert_eq!(town.terminate().await.0, Some(0));
    set(&town, &body);
    town.start(|_| {}).await;
    retry(&town).await;
    town.until(shop, "still set aside", |ledger| ledger["facts"]["set_aside"] == 0).await;
    town.arrives(shop, WAITING).await;
}

async fn retry(town: &Town) {
    let url = format!("{}/api/v1/set-aside/retry?workspace={}", town.site.admin, Shop(0).name());
    let retried = town.site.client.post(url).bearer_auth(crate::service::ADMIN_TOKEN).send().await.unwrap();
    assert!(retried.status().is_success(), "{}", retried.status());
}

/// Damage to a row, while deals wait for records of a kind.
const DAMAGE: [(&str, &str, &str); 9] = [
    ("a conversion", "contacts", "UPDATE conversion SET record = '{' WHERE cause LIKE '%/12'"),
    ("a deal", "contacts", "UPDATE deal SET state = 'x' WHERE id = '12'"),
    ("a click", "contacts", "UPDATE click SET body = x'00' WHERE number = (SELECT max(number) FROM click)"),
    ("a contact", "leads", "UPDATE contact SET state = '[]' WHERE node = (SELECT max(node) FROM contact)"),
    (
        "a place in the queue",
        "contacts",
        "INSERT INTO due (workspace, lane, cause, due_ms, number, event_s, tries)
         SELECT id, '90000/messaging/whatsapp', '', 0, -1, 9223372036854775807, -1 FROM workspace",
    ),
    (
        "a conversion that is not there",
        "contacts",
        "INSERT INTO due (workspace, lane, cause, due_ms, number, event_s, tries)
         SELECT id, '90000/messaging/whatsapp', '', 0, 999999, -9223372036854775808, 4294967295 FROM workspace",
    ),
    (
        "a pause",
        "contacts",
        "INSERT INTO pause (workspace, scope, dataset, until_ms, needs_you, cause, since_ms, code)
         SELECT id, 'dataset:90000', '90000', 9223372036854775807, 1, x'00', 0, CAST(x'ff' AS TEXT) FROM workspace",
    ),
    ("names of stages", "contacts", "UPDATE catalogue SET state = ''"),
    ("a question", "leads", "UPDATE ask SET asked = 'x' WHERE question = (SELECT min(question) FROM ask)"),
];

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_of_a_damaged_row_go_on() {
    together(DAMAGE.map(|(what, kind, damage)| (what, neighbours_survive(kind, damage)))).await;
}

/// What a loop has to read cannot be read, whatever is tried: it is shown, and everything else goes on.
async fn a_loop_is_shown_as_stopped(kind: &'static str, damage: &'static str) {
    let crm = Crm::start().await;
    let mut town = Plan::of(2, &crm).start().await;
    let (damaged, neighbour) = (Shop(0), Shop(1));
    for shop in [damaged, neighbour] {
        town.sell(shop, 1..=3).await;
        town.all_accepted(shop, 3).await;
    }
    assert_eq!(town.terminate().await.0, Some(0));
    assert_eq!(town.database().execute(damage, []).unwrap(), 1);
    town.start(|_| {}).await;
    town.sell(damaged, 11..=13).await;
    let started = Instant::now();
    let said = loop {
        let ready = town.site.client.get(format!("{}/readyz", town.site.doors)).send().await.unwrap();
        assert_eq!(ready.status(), 200, "what is acknowledged is durable");
        let said = ready.text().await.unwrap();
        if said.contains(kind) {
            break said;
        }
        assert!(started.elapsed() < PATIENCE * 2, "{said}\n{}", town.site.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert!(said.contains(&damaged.name()) && !said.contains(&neighbour.name()), "{said}");
    town.sell(neighbour, 11..=13).await;
    town.all_accepted(neighbour, 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_cannot_read_what_it_needs_is_shown() {
    let damage = "INSERT INTO undecided (workspace, seq) SELECT id, -1 FROM workspace WHERE name = 'shop-0'";
    a_loop_is_shown_as_stopped("decisions", damage).await;
}
