//! A business, or the account of its CRM, gets another name: it stays the same.

use sandbox::hooks::{KommoAction, KommoHook, KommoLead, kommo};
use testkit::http::Answer;

use super::{
    crm::{Crm, PIPELINE, WON},
    events::{run, text, write},
    shop::{Shop, now_s},
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

/// A report that a deal changed, as the account of this id posts it.
fn update(account_id: u64, deal: u64) -> String {
    let lead = KommoLead {
        id: deal,
        status_id: WON,
        pipeline_id: PIPELINE,
        price: deal.to_string(),
        updated_at: now_s(),
        ..KommoLead::default()
    };
    kommo(&KommoHook { account_id, leads: vec![(KommoAction::Update, lead)], ..KommoHook::default() })
}

/// The configuration with the account of the first shop under another name: the same machine.
fn under_another_name(configuration: &str, crm: &Crm) -> String {
    configuration.replace(&crm.url, &crm.url.replace("127.0.0.1", "localhost"))
}

const ACCOUNT: u64 = 330_001;

/// Waits until the page shows something.
async fn shows(town: &Town, text: &str) {
    town.site
        .until(text, async || {
            let request = town.site.client.get(format!("{}/", town.site.admin));
            let page = request.bearer_auth(crate::service::ADMIN_TOKEN).send().await.unwrap();
            page.text().await.unwrap().contains(text)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_account_sells_nothing_twice() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [10]).await;
    town.click(SHOP, [11]).await;
    town.arrives(SHOP, [10]).await;
    town.all_accepted(SHOP, 1).await;
    let before = town.conversions(SHOP).await;
    assert_eq!(town.terminate().await.0, Some(0));

    write(&town, &under_another_name(&text(&town), &crm));
    town.start(|_| {}).await;
    town.site.deliver(&SHOP.kommo_key(), &update(ACCOUNT, 10), None).await;
    town.sell_anew(&crm, SHOP, [11, 12]).await;
    town.arrives(SHOP, [11, 12]).await;
    town.all_accepted(SHOP, 3).await;
    assert_eq!(town.bought(SHOP), [10, 11, 12]);
    let after = town.conversions(SHOP).await;
    assert!(after.iter().any(|one| one["event_id"] == before[0]["event_id"]), "{after:?}");
    // The page leads to the account where it is now.
    shows(&town, &format!("{}/leads/detail/10", crm.url.replace("127.0.0.1", "localhost"))).await;
    assert_eq!(town.terminate().await.0, Some(0));

    // It is known by that name from now on, whether it answers or not, and by the first one when it comes back.
    crm.script(|_| Some(Answer::of(503)));
    town.start(|_| {}).await;
    town.kill();
    crm.mend();
    let configuration = text(&town);
    write(&town, &configuration.replace(&crm.url.replace("127.0.0.1", "localhost"), &crm.url));
    town.start(|_| {}).await;
    town.site.deliver(&SHOP.kommo_key(), &update(ACCOUNT, 10), None).await;
    town.sell_anew(&crm, SHOP, [13]).await;
    town.arrives(SHOP, [13]).await;
    town.all_accepted(SHOP, 4).await;
    assert_eq!(town.bought(SHOP), [10, 11, 12, 13]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_of_another_account_harms_nobody() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.arrives(SHOP, [1]).await;
    let asked = crm.count("leads");
    town.click(SHOP, [2]).await;
    town.site.deliver(&SHOP.kommo_key(), &update(77, 2), None).await;
    shows(&town, "It comes from another account of the CRM").await;
    assert_eq!(crm.count("leads"), asked, "nothing is asked because of it");
    town.sell(SHOP, [3]).await;
    town.arrives(SHOP, [3]).await;
    assert_eq!(town.bought(SHOP), [1, 3]);
}

/// Where nobody can say whose the account is, nothing of it is taken: a sale could be told twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_under_a_new_name_has_to_say_once_who_it_is() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    let first = text(&town);
    let renamed = under_another_name(&first, &crm);
    crm.script(|_| Some(Answer::of(401)));
    write(&town, &renamed);
    let (code, _, said) = run(&town, &["apply"]);
    assert!(code != Some(0) && said.contains("http://localhost") && said.contains("401"), "{said}");
    crm.mend();
    // The one before goes on.
    write(&town, &first);
    town.sell_anew(&crm, SHOP, [2]).await;
    town.all_accepted(SHOP, 2).await;
    write(&town, &renamed);
    let (code, _, said) = run(&town, &["apply"]);
    assert_eq!(code, Some(0), "{said}");
    town.sell_anew(&crm, SHOP, [3]).await;
    town.all_accepted(SHOP, 3).await;
    assert_eq!(town.bought(SHOP), [1, 2, 3]);

    // Beside its first name it would be asked and heard twice.
    let start = first.find("[[workspace.source]]\nkind = \"kommo\"").unwrap();
    let end = first.find("[[workspace.rule]]").unwrap();
    let second = under_another_name(&first[start..end], &crm)
        .replace(&SHOP.kommo_key(), "kommo-hook-key-of-the-second");
    let both = format!("{}{second}{}", &first[..end], &first[end..]);
    write(&town, &both);
    let (code, _, said) = run(&town, &["apply"]);
    assert!(code != Some(0) && said.contains("under another name; it needs only one"), "{said}");
}

/// At a start there is no configuration before with which to go on: whoever does not say who it is waits alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_account_that_does_not_answer_at_a_start_waits_alone() {
    let crm = Crm::start().await;
    let others = Crm::start().await;
    let mut town = Plan::of(2, &crm).build().await;
    // The second shop has a CRM of its own, which answers.
    let (first, second) = {
        let all = text(&town);
        let at = all.rfind("[[workspace]]").unwrap();
        (all[..at].to_owned(), all[at..].replace(&crm.url, &others.url))
    };
    write(&town, &format!("{first}{second}"));
    town.start(|_| {}).await;
    for shop in [SHOP, Shop(1)] {
        town.sell(shop, [1]).await;
        town.all_accepted(shop, 1).await;
    }
    assert_eq!(town.terminate().await.0, Some(0));

    crm.script(|_| Some(Answer::of(401)));
    let renamed = format!("{}{second}", under_another_name(&first, &crm));
    write(&town, &renamed);
    town.start(|_| {}).await;
    town.sell_anew(&others, Shop(1), [2]).await;
    town.all_accepted(Shop(1), 2).await;
    // It is named, and its webhooks are to come again.
    let name = crm.url.replace("127.0.0.1", "localhost");
    let waits = town.site.get("/api/v1/health").await["not_asked"].clone();
    assert_eq!((&waits[0]["workspace"], &waits[0]["account"]), (&SHOP.name().into(), &name.clone().into()));
    assert!(waits[0]["why"].as_str().unwrap().contains("401"), "{waits}");
    shows(&town, "has to say once whether it is an account that the store knows").await;
    let (_, printed, _) = run(&town, &["check"]);
    let said = format!("note  shop-0: the running service does not ask {name}");
    assert!(printed.contains(&said), "{printed}");
    let hook = format!("{}/hooks/{}", town.site.doors, SHOP.kommo_key());
    let form = "application/x-www-form-urlencoded";
    let post = async || {
        let request = town.site.client.post(&hook).header("content-type", form).body(update(ACCOUNT, 1));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(post().await, 503);
    // Nor does it keep what concerns others from being changed.
    write(&town, &renamed.replace("country = \"TR\"", "country = \"DE\""));
    let (code, _, said) = run(&town, &["apply"]);
    assert_eq!(code, Some(0), "{said}");
    write(&town, &renamed);
    assert_eq!(run(&town, &["apply"]).0, Some(0));

    // Once it says who it is, it goes on as what it was.
    crm.mend();
    town.site.until("its webhooks are taken", async || post().await == 200).await;
    town.sell_anew(&crm, SHOP, [2]).await;
    town.all_accepted(SHOP, 2).await;
    assert_eq!(town.bought(SHOP), [1, 2]);
    assert_eq!(town.site.get("/api/v1/health").await["not_asked"], serde_json::json!([]));
}

/// Its deals have the numbers of the first one's, and are others.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_takes_over_a_name_is_another_one() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    assert_eq!(town.terminate().await.0, Some(0));

    crm.script(|asked| {
        let account = r#"{"id":77,"subdomain":"acme","currency":"TRY"}"#;
        (asked.path == "/api/v4/account").then(|| Answer::new(200, account))
    });
    town.start(|_| {}).await;
    shows(&town, "Another CRM account answers at this address").await;
    let (code, _, said) = run(&town, &["apply"]);
    assert_eq!(code, Some(0), "{said}");
    let before_s = now_s();
    town.site.until("the next second begins", async || now_s() > before_s).await;
    crm.changed_at(now_s());
    town.click(SHOP, [1]).await;
    town.site.deliver(&SHOP.kommo_key(), &update(77, 1), None).await;
    town.until(SHOP, "the other deal 1 is not sold", |ledger| ledger["conversions"]["accepted"] == 2).await;
    assert_eq!(town.bought(SHOP), [1, 1]);
    let ids: std::collections::BTreeSet<String> =
        town.conversions(SHOP).await.iter().map(|one| one["event_id"].to_string()).collect();
    assert_eq!(ids.len(), 2);
}
