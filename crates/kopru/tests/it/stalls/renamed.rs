//! A business gets another name: it stays the same.

use super::{
    crm::Crm,
    events::{run, text, write},
    shop::Shop,
    town::{Plan, Town},
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

/// A mistake in the former name begins no empty business beside the one that is meant.
#[tokio::test(flavor = "multi_thread")]
async fn a_former_name_that_the_store_does_not_have_begins_nothing() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let new = text(&town);
    let name = format!("name = \"{}\"", SHOP.name());
    let formerly = |former: &str| new.replace(&name, &format!("{name}\nformerly = \"{former}\""));
    // Where nothing is stored yet it is of no use, and that is said.
    write(&town, &formerly("old name"));
    let (code, printed, _) = run(&town, &["check", "--offline"]);
    let note = "shop-0 begins with nothing, whatever its former name: there is no store with workspaces at ";
    assert!(code == Some(0) && printed.contains(note), "{printed}");
    write(&town, &new.replace(&name, "name = \"old name\""));
    town.start(|_| {}).await;
    town.sell(SHOP, [1]).await;
    town.site
        .until("it is sold", async || town.site.get("/api/v1/ledger").await["conversions"]["accepted"] == 1)
        .await;

    write(&town, &formerly("odl name"));
    let file = town.site.folder.path().join("kopru.toml");
    let line = text(&town).lines().position(|line| line.starts_with("formerly")).unwrap() + 1;
    let wanted = format!(
        "{}:{line}: formerly = \"odl name\" is the name of no workspace in the store, which has \"old name\": write the \
         name that \"shop-0\" had there, or take formerly out to begin \"shop-0\" with nothing",
        file.display()
    );
    let (code, printed, _) = run(&town, &["check", "--offline"]);
    assert!(code == Some(1) && printed.contains(&format!("wrong {wanted}\n")), "{printed}");
    // Neither the running service nor a start takes it, and no command does.
    let refused = format!("kopru: {wanted}\n");
    for arguments in [&["apply"][..], &["apply", "--dry-run"]] {
        let (code, _, said) = run(&town, arguments);
        assert_eq!((code, said.as_str()), (Some(2), refused.as_str()), "{arguments:?}");
    }
    assert_eq!(town.terminate().await.0, Some(0));
    for arguments in [&["serve"][..], &["report", "ledger"], &["apply", "--since", "2026-05-28"]] {
        let (code, _, said) = run(&town, arguments);
        assert_eq!((code, said.as_str()), (Some(2), refused.as_str()), "{arguments:?}");
    }
    let names = "SELECT group_concat(name) FROM workspace";
    let stored = |town: &Town| town.database().query_row(names, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(stored(&town), "old name");

    write(&town, &formerly("old name"));
    town.start(|_| {}).await;
    assert_eq!(stored(&town), "shop-0");
    // What has been taken up is spent: whatever it says, it is silent.
    write(&town, &formerly("whatever"));
    let (code, printed, _) = run(&town, &["check", "--offline"]);
    assert!(code == Some(0) && !printed.contains("former"), "{printed}");
    assert_eq!(run(&town, &["apply"]).0, Some(0));
    assert_eq!(town.conversions(SHOP).await.len(), 1);
}
