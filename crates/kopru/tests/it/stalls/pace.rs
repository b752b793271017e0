//! Asked too often: whoever is told so rests, and nobody else.

use std::time::{Duration, Instant};

use testkit::http::Answer;

use super::{
    crm::{Asked, Crm, proxy},
    shop::{Shop, wins},
    town::{Plan, Town, together},
};

/// Sells at one shop until its CRM account is asked and rests, then at its neighbour with the same
/// provider; the first one's CRM is well again only after the neighbour's event has arrived.
async fn a_neighbour_does_not_rest(reply: fn() -> Answer) {
    let crm = Crm::start().await;
    let town = Plan::of(2, &crm).start().await;
    let (resting, neighbour) = (Shop(0), Shop(1));
    let token = resting.kommo_token();
    crm.script(move |asked| (asked.token == token && asked.is_for("leads")).then(reply));
    // Its own webhooks go on: it is told again and again.
    for round in 0..4 {
        town.sell(resting, [1 + round]).await;
        asked_by(&town, &crm, resting, 1 + round as usize / 3).await;
        let posted = Instant::now();
        town.sell(neighbour, [101 + round]).await;
        town.arrives(neighbour, [101 + round]).await;
        assert!(
            posted.elapsed() < Duration::from_secs(9),
            "its neighbour rests as well: {:?}",
            posted.elapsed()
        );
    }
    assert!(town.bought(resting).is_empty());
    crm.mend();
    town.arrives(resting, 1..=4).await;
    assert_eq!(town.ledger(resting).await["facts"]["ignored"], 0);
}

/// Waits until an account has been asked for deals so often.
async fn asked_by(town: &Town, crm: &Crm, shop: Shop, times: usize) {
    town.site.until("its deals are asked", async || deals_asked(crm, shop).len() >= times).await;
}

fn deals_asked(crm: &Crm, shop: Shop) -> Vec<Asked> {
    let is_its = |asked: &Asked| asked.token == shop.kommo_token() && asked.is_for("leads");
    crm.asked().into_iter().filter(is_its).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_told_to_rest() {
    together([
        ("asked too often", a_neighbour_does_not_rest(|| proxy(429))),
        ("access refused", a_neighbour_does_not_rest(|| Answer::new(403, r#"{"title":"Forbidden"}"#))),
    ])
    .await;
}

async fn the_wait_is_kept(reply: fn() -> Answer) {
    const WAIT: Duration = Duration::from_secs(6);
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    let told = std::sync::atomic::AtomicBool::new(false);
    crm.script(move |asked| {
        (asked.is_for("leads") && !told.swap(true, std::sync::atomic::Ordering::Relaxed)).then(reply)
    });
    town.sell(shop, [1]).await;
    asked_by(&town, &crm, shop, 1).await;
    // Webhooks go on while it rests.
    for deal in 2..=5 {
        town.sell(shop, [deal]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    town.arrives(shop, 1..=5).await;
    // By the clock of the one who said so, from its answer to the next question of any kind.
    let refused_at = deals_asked(&crm, shop)[0].at;
    let next = crm.asked().into_iter().find(|asked| asked.at > refused_at).unwrap();
    assert!(next.at - refused_at >= WAIT, "asked again after {:?}", next.at - refused_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_said_is_kept() {
    let body = || Answer::new(429, r#"{"title":"Too Many Requests","retry_after":6}"#);
    let header = || Answer::new(429, "<html></html>").header("retry-after", "6");
    together([("in the body", the_wait_is_kept(body)), ("in the header", the_wait_is_kept(header))]).await;
}

/// No right to read one kind of record: the others are read as ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_path_leaves_the_others() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    crm.script(|asked| asked.is_for("events").then(|| Answer::new(403, "{}")));
    // A deal that was qualified and is won already: the audit log is asked, and refused.
    let passed = wins([900]).replace("status_id%5D=142", "status_id%5D=880001");
    for deal in 1..=5 {
        town.site.deliver(&shop.kommo_key(), &passed, None).await;
        let posted = Instant::now();
        town.sell(shop, [deal]).await;
        town.arrives(shop, [deal]).await;
        assert!(posted.elapsed() < Duration::from_secs(9), "{:?}", posted.elapsed());
    }
}

/// Whoever looks sees that an account is not asked, since when and until when, and that it is over.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_rests_is_said_where_people_look() {
    let crm = Crm::start().await;
    let town = Plan::of(2, &crm).start().await;
    let shop = Shop(0);
    let token = shop.kommo_token();
    crm.script(move |asked| (asked.token == token).then(|| proxy(429).header("retry-after", "300")));
    let ready = async || {
        let answer = town.site.client.get(format!("{}/readyz", town.site.doors)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    town.sell(shop, [1]).await;
    town.site.until("it rests", async || ready().await.1.contains("not asked: ")).await;
    let (status, said) = ready().await;
    assert!(status == 200 && said.contains("not asked: shop-0: kommo:"), "{said}");
    assert!(said.contains(": asked too often (HTTP 429)") && !said.contains("shop-1"), "{said}");
    let health = town.site.get("/api/v1/health").await;
    let account = &health["not_asked"][0];
    let time = |key: &str| account[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let rest_s = time("until").duration_since(time("since")).as_secs();
    assert!((298..=301).contains(&rest_s), "{health}");

    let file = town.site.folder.path().join("kopru.toml");
    let (_, printed, _) = crate::cli::kopru(&["check", "--offline", "--config", file.to_str().unwrap()]);
    let note = printed.lines().find(|line| line.contains("does not ask")).unwrap_or_default();
    assert!(note.starts_with("note  shop-0: the running service does not ask kommo:"), "{printed}");
    let times = format!(
        "since {}, until {}: ",
        account["since"].as_str().unwrap(),
        account["until"].as_str().unwrap()
    );
    assert!(note.contains(&times) && note.ends_with("asked too often (HTTP 429)"), "{printed}");
    let (_, printed, _) = crate::cli::kopru(&["check", "--config", file.to_str().unwrap()]);
    let own = "asked too often (HTTP 429); it is to be left alone for 300 s: try again then";
    assert!(printed.contains(own), "{printed}");
}
