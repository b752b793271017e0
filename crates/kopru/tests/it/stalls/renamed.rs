//! A business gets another name: it stays the same.

use super::{
    crm::Crm,
    events::{run, text, write},
    shop::Shop,
    town::Plan,
};

const SHOP: Shop = Shop(0);

#[tokio::test(flavor = "multi_thread")]
async fn a_business_is_the_same_under_another_name() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let new = text(&town);
    let name = format!("name = \"{}\"", SHOP.name());
    write(&town, &new.replace(&name, "name = \"old name\""));
    town.start(|_| {}).await;
    town.sell(SHOP, [1]).await;
    town.click(SHOP, [2]).await;
    town.arrives(SHOP, [1]).await;
    let before = town.site.get("/api/v1/conversions").await;

    let renamed = new.replace(&name, &format!("{name}\nformerly = \"old name\""));
    write(&town, &renamed);
    let (_, printed, _) = run(&town, &["check", "--offline"]);
    assert!(printed.contains("its former name old name"), "{printed}");
    town.hang_up();
    town.site
        .until("it is renamed", async || {
            std::fs::read_to_string(town.site.log_file()).unwrap().contains("the configuration is reloaded")
        })
        .await;
    // What was told is not told again, and a phone of before still joins.
    town.win(SHOP, [1, 2]).await;
    town.all_accepted(SHOP, 2).await;
    assert_eq!(town.bought(SHOP), [1, 2]);
    let after = town.conversions(SHOP).await;
    assert!(after.iter().any(|one| one["event_id"] == before[0]["event_id"]), "{after:?}");
    assert_eq!(town.terminate().await.0, Some(0));
    town.start(|_| {}).await;
    assert_eq!(town.conversions(SHOP).await.len(), 2);
    town.kill();

    // Two that are there are not made one.
    let third = new.replace(&name, "name = \"third\"");
    write(&town, &third);
    town.start(|_| {}).await;
    town.kill();
    write(
        &town,
        &third.replace("name = \"third\"", &format!("name = \"third\"\nformerly = \"{}\"", SHOP.name())),
    );
    let (code, _, said) = run(&town, &["serve"]);
    assert!(code == Some(2) && said.contains("\"third\"") && said.contains("\"shop-0\""), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
