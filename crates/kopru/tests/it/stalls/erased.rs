//! Somebody asks to be erased: nothing of them is left, nothing is learnt anew, and what is counted stays.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{
    crm::Crm,
    shop::{Shop, phone},
    town::{Plan, Town},
};
use crate::cli::kopru;

const SHOP: Shop = Shop(0);
const GONE: u64 = 7;
const STAYS: u64 = 8;

/// Runs a command with the town's configuration, and gives it these lines.
fn run(town: &Town, command: &[&str], lines: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kopru"))
        .args(command)
        .args(["--config", town.site.folder.path().join("kopru.toml").to_str().unwrap()])
        .env("KOPRU_LOG", "error")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What a command about the person prints.
fn about_them(town: &Town, command: &[&str]) -> (Option<i32>, String, String) {
    // As a person writes it, without the country's code.
    run(town, &[command, &["--stdin"]].concat(), &format!("phone: 0{}\n", &phone(GONE)[2..]))
}

fn json(printed: &str) -> Value {
    serde_json::from_str(printed).unwrap()
}

/// Waits until everything that came in is decided and nothing is under way.
async fn quiet(town: &Town) -> Value {
    let nothing = |ledger: &Value| {
        let none = |path: &str| ledger.pointer(path) == Some(&0.into());
        ["/facts/pending", "/facts/waiting", "/conversions/queued", "/conversions/waiting"]
            .into_iter()
            .all(none)
    };
    town.until(SHOP, "everything is decided", nothing).await
}

/// How many contacts, links and whole clicks there are, and how many facts were of somebody erased.
fn rows(town: &Town) -> [i64; 4] {
    let database = town.database();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get(0)).unwrap();
    [
        count("SELECT count(*) FROM contact"),
        count("SELECT count(*) FROM link"),
        count("SELECT count(*) FROM click WHERE body IS NOT NULL"),
        count("SELECT coalesce(sum(n), 0) FROM counter WHERE name = 'ignored.erased'"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_is_not_learnt_anew_until_that_is_lifted() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [GONE, STAYS]).await;
    town.arrives(SHOP, [GONE, STAYS]).await;
    town.all_accepted(SHOP, 2).await;

    let (code, exported, said) = about_them(&town, &["export-person", "--json"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{exported}");
    let known = json(&exported);
    assert_eq!(
        (known["clicks"][0]["account"].as_str(), known["identifiers"]["phone"].as_u64()),
        (Some("80000"), Some(1))
    );
    assert_eq!(known["conversions"][0]["state"], "accepted");
    assert!(known["conversions"][0]["body"].is_object() && !exported.contains(&phone(GONE)), "{exported}");
    let (_, table, _) = about_them(&town, &["export-person"]);
    assert!(table.contains("  price 7\n") && table.contains("Purchase"), "{table}");

    let (before, events) = (town.ledger(SHOP).await, town.conversions(SHOP).await);
    let (code, counted, said) = about_them(&town, &["forget"]);
    assert_eq!((code, said.as_str()), (Some(2), "kopru: nothing has changed; add --yes to do it\n"));
    assert!(counted.contains("events      1: 1 accepted"), "{counted}");
    assert_eq!(rows(&town), [2, 4, 2, 0]);

    let (code, certificate, said) = about_them(&town, &["forget", "--yes"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{certificate}\n{}", town.site.log());
    assert!(certificate.starts_with("erasure 1 of shop-0, "), "{certificate}");
    assert!(certificate.contains("erased here; what Meta already received is not\n"), "{certificate}");
    assert!(
        certificate.contains("keyed marks are left, by which they are not learnt anew\n"),
        "{certificate}"
    );
    assert_eq!(rows(&town), [1, 2, 1, 0]);
    let (after, left) = (town.ledger(SHOP).await, town.conversions(SHOP).await);
    assert_eq!(after, before, "what is counted stays");
    let ids = |events: &[Value]| events.iter().map(|one| one["event_id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&left), ids(&events));
    let bodies = |events: &[Value]| events.iter().filter(|one| one["body"].is_object()).count();
    assert_eq!((bodies(&events), bodies(&left)), (2, 1));

    // A new message, the CRM's next hook of their deal, and another deal of theirs.
    let asked = crm.count("contacts");
    town.click(SHOP, [GONE]).await;
    crm.share_contact(GONE);
    town.win(SHOP, [GONE, 70]).await;
    let ledger = town
        .until(SHOP, "the other deal is decided", |ledger| ledger["conversions"]["suppressed"] == 1)
        .await;
    assert_eq!(ledger["conversions"]["created"], 3);
    quiet(&town).await;
    let [contacts, links, clicks, ignored] = rows(&town);
    assert_eq!((contacts, links, clicks), (1, 2, 1), "nothing is learnt");
    assert!(ignored >= 1, "{ignored}");
    assert_eq!(crm.count("contacts"), asked, "nobody asks for them");
    let untold = town.conversions(SHOP).await.into_iter().find(|one| one["state"] == "suppressed").unwrap();
    assert_eq!(untold["reason"], "erased");
    assert_eq!(town.bought(SHOP), [GONE, STAYS]);
    let (code, said, _) = about_them(&town, &["export-person"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("they were erased: nothing is learnt of them\n"), "{said}");

    let (code, said, _) = about_them(&town, &["forget", "--lift"]);
    assert_eq!((code, said.contains("they are learnt again from now on")), (Some(0), true), "{said}");
    let (code, said, _) = about_them(&town, &["forget", "--lift"]);
    assert_eq!((code, said.as_str()), (Some(1), "they were not erased, and nothing has changed\n"), "once");
    town.click(SHOP, [GONE]).await;
    town.win(SHOP, [71]).await;
    town.arrives(SHOP, [71]).await;
    assert_eq!(town.bought(SHOP), [GONE, STAYS, 71]);
    town.site.assert_nowhere(&[&phone(GONE), "secretclick", "531 000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_erased_when_it_is_out_of_the_configuration() {
    let crm = Crm::start().await;
    let mut town = Plan::of(2, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.sell(Shop(1), [2]).await;
    town.all_accepted(SHOP, 1).await;
    town.all_accepted(Shop(1), 1).await;
    let everything = ["forget", "--workspace", "shop-1", "--everything"];
    let (code, _, said) = run(&town, &everything, "");
    assert_eq!(code, Some(2));
    assert!(said.contains("shop-1 is still in the configuration"), "{said}");

    let file = town.site.folder.path().join("kopru.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let second = text.rfind("[[workspace]]").unwrap();
    std::fs::write(&file, &text[..second]).unwrap();
    assert_eq!(run(&town, &["apply"], "").0, Some(0));
    let (code, counted, said) = run(&town, &everything, "");
    assert_eq!((code, said.contains("--yes-erase shop-1")), (Some(2), true), "{counted}{said}");
    let (code, _, said) = run(&town, &[&everything[..], &["--yes-erase", "shop-0"]].concat(), "");
    let other = "kopru: --yes-erase shop-0 is not --workspace shop-1: nothing has changed; name the workspace twice, \
                 exactly the same\n";
    assert_eq!((code, said.as_str()), (Some(2), other));
    let unknown = ["forget", "--workspace", "shop-2", "--everything"];
    let (code, _, said) = run(&town, &unknown, "");
    let stored = "kopru: --workspace: the store has none of this name; it has: shop-0, shop-1\n";
    assert_eq!((code, said.as_str()), (Some(2), stored));
    let (code, certificate, said) = run(&town, &[&everything[..], &["--yes-erase", "shop-1"]].concat(), "");
    assert_eq!((code, said.as_str()), (Some(0), ""), "{certificate}\n{}", town.site.log());
    assert!(certificate.starts_with("shop-1 was erased with its keys, "), "{certificate}");
    let keys = "SELECT count(DISTINCT workspace) FROM workspace_key";
    assert_eq!(town.database().query_row(keys, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    // The other one goes on.
    town.sell(SHOP, [3]).await;
    town.arrives(SHOP, [1, 3]).await;

    // Whether a service runs or not, it is the same.
    assert_eq!(town.terminate().await.0, Some(0));
    let (code, certificate, said) = run(&town, &["forget", "--contact", "3", "--yes", "--json"], "");
    assert_eq!((code, said.as_str()), (Some(0), ""), "{certificate}");
    assert_eq!(json(&certificate)["removed"]["contacts"], 1);
}

/// A service that is killed in the middle of it finishes when it starts again: who it is about is written down
/// before anything else.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_killed_midway_is_finished_by_the_next_start() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [GONE, STAYS]).await;
    town.all_accepted(SHOP, 2).await;
    // Nothing can be written, so that it gets no further than its first line.
    let database = town.database();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let config = town.site.folder.path().join("kopru.toml");
    let mut forget = Command::new(env!("CARGO_BIN_EXE_kopru"))
        .args(["forget", "--yes", "--contact", &GONE.to_string(), "--config", config.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = town.site.folder.path().join("data/erasures");
    let is_begun = async || std::fs::metadata(&journal).is_ok_and(|file| file.len() > 0);
    town.site.until("it is written down", is_begun).await;
    town.kill();
    assert_eq!(forget.wait().unwrap().code(), Some(1), "it does not say that it was done");
    database.execute_batch("ROLLBACK").unwrap();
    assert_eq!(rows(&town), [2, 4, 2, 0]);
    drop(database);

    town.start(|_| {}).await;
    assert!(town.site.log().contains("erasures that the store did not know or had not finished were done"));
    assert_eq!(rows(&town), [1, 2, 1, 0]);
    let (code, said, _) = about_them(&town, &["export-person"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("they were erased: nothing is learnt of them\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_is_gone_is_said_at_the_start_and_written_anew() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [GONE]).await;
    town.all_accepted(SHOP, 1).await;
    assert_eq!(about_them(&town, &["forget", "--yes"]).0, Some(0));
    assert_eq!(town.terminate().await.0, Some(0));
    let journal = town.site.folder.path().join("data/erasures");
    std::fs::write(&journal, "").unwrap();
    town.start(|_| {}).await;
    assert!(std::fs::metadata(&journal).unwrap().len() > 0);
    assert_eq!(town.terminate().await.0, Some(0));
    town.start(|_| {}).await;
    let log = std::fs::read_to_string(town.site.log_file()).unwrap();
    let said = "the file erasures in store.path lacks people whom the store knows as erased";
    assert_eq!(log.matches(said).count(), 1, "once\n{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unknown_is_marked_and_no_more_and_a_mistake_is_said_where_it_was_made() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let (code, counted, _) = about_them(&town, &["forget"]);
    assert_eq!(
        (code, counted.contains("nothing is known of them; --yes marks them all the same")),
        (Some(2), true)
    );
    let (code, certificate, said) = about_them(&town, &["forget", "--yes"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{certificate}");
    let lines: Vec<&str> = certificate.lines().collect();
    assert!(lines[0].starts_with("erasure 1 of shop-0, "), "{certificate}");
    assert!(lines[0].ends_with(": nothing was found of them, and nothing was removed"), "{certificate}");
    assert!(
        lines[1].starts_with("       2 keyed marks are left of what was given: nothing is learnt"),
        "{certificate}"
    );
    assert_eq!((lines.len(), certificate.contains("Meta")), (3, false), "{certificate}");

    for (arguments, line, wanted) in [
        (&["forget", "--phone", "12"][..], "", "kopru: --phone: give a phone number with its country code\n"),
        (&["export-person", "--email", "ayse"], "", "kopru: --email: give an e-mail address\n"),
        (
            &["forget", "--stdin"],
            "phone: 12\n",
            "kopru: stdin, phone: give a phone number with its country code\n",
        ),
        (&["export-person", "--stdin"], "email: ayse\n", "kopru: stdin, email: give an e-mail address\n"),
        (
            &["forget", "--deal", "1"],
            "",
            "kopru: --deal: nothing is known of this deal's contacts; give the contact, the phone or the e-mail\n",
        ),
    ] {
        let (code, printed, said) = run(&town, arguments, line);
        assert_eq!((code, printed.as_str(), said.as_str()), (Some(2), "", wanted), "{arguments:?}");
    }
}

#[test]
fn nobody_is_wrong_use_and_nothing_that_was_given_is_repeated() {
    let (code, _, said) = kopru(&["forget"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(2), "kopru: say whom with --phone, --email, --contact, --deal or --stdin\n")
    );
    let (code, _, said) = kopru(&["forget", "--everything"]);
    assert_eq!(code, Some(2), "{said}");
}
