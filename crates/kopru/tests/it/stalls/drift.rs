//! A CRM whose set-up changes under us: webhooks that are switched off or tell too little, a history that is
//! not shown, stages and fields that are renamed.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::http::Answer;

use super::{
    crm::{Asked, Crm, PIPELINE, WON, proxy},
    events::{run, text, write},
    shop::{Shop, moves},
    town::{Plan, Town},
};

const SHOP: Shop = Shop(0);
const SCREEN: &str = "Settings > Integrations > Web hooks";

async fn page(town: &Town, language: &str) -> String {
    let request = town.site.client.get(format!("{}/?lang={language}", town.site.admin));
    let page = request.bearer_auth(crate::service::ADMIN_TOKEN).send().await.unwrap().text().await.unwrap();
    page.replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&gt;", ">")
        .replace("&#62;", ">")
}

async fn shows(town: &Town, words: &str) {
    town.site.until(&format!("the page says {words}"), async || page(town, "en").await.contains(words)).await;
}

/// A town whose CRM is the sandbox's, with all that webhooks tell of.
async fn town_with_sandbox(crm: &Crm) -> (Town, String) {
    let town = Plan::of(1, crm).build().await;
    let before = text(&town);
    let (_, graph) = before.split_once("graph_url = \"").unwrap();
    let sandbox = graph.split('"').next().unwrap().to_owned();
    let changed = before
        .replace(&format!("account = \"{}\"", crm.url), &format!("account = \"{sandbox}\""))
        .replace(&SHOP.kommo_token(), town.meta.kommo_long_lived_token());
    write(&town, &changed);
    (town, sandbox)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_was_switched_off_is_named_and_switched_on_again() {
    let crm = Crm::start().await;
    let (mut town, sandbox) = town_with_sandbox(&crm).await;
    let destination = format!("{}/hooks/{}", town.site.doors, SHOP.kommo_key());
    let client = town.site.client.clone();
    let token = town.meta.kommo_long_lived_token().to_owned();
    let post = async |path: &str, body: Value| {
        let request = client.post(format!("{sandbox}{path}")).bearer_auth(&token);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    };
    let some = ["add_lead", "update_lead", "delete_lead", "restore_lead", "status_lead", "add_task"];
    post("/api/v4/webhooks", json!({ "destination": destination, "settings": some })).await;
    town.start(|_| {}).await;

    // It tells too little.
    let missing = "add_contact, update_contact, delete_contact";
    shows(&town, missing).await;
    let (code, printed, _) = run(&town, &["check"]);
    assert!(code == Some(1) && printed.contains(&format!("does not tell of {missing}")), "{printed}");

    // It is switched off, and the next reading says so.
    post("/sandbox/kommo/webhooks/disable", json!({ "destination": destination })).await;
    town.hang_up();
    let off = "has switched off the webhook";
    shows(&town, off).await;
    let shown = page(&town, "en").await;
    assert!(
        shown.contains("kopru check --fix") && shown.contains(SCREEN) && !shown.contains(missing),
        "{shown}"
    );
    assert!(page(&town, "tr").await.contains("webhook'u kapattı"));
    let health = town.site.get("/api/v1/health").await;
    assert_eq!(health["drifted"][0]["code"], "hook_off", "{health}");
    let (code, printed, _) = run(&town, &["check"]);
    let said = printed.lines().find(|line| line.contains("switched its webhook to Kopru off")).unwrap();
    assert!(code == Some(1) && said.starts_with("wrong shop-0: ") && said.contains(SCREEN), "{printed}");
    assert!(!printed.contains(&SHOP.kommo_key()), "the address is a secret: {printed}");

    let (code, printed, _) = run(&town, &["check", "--fix"]);
    assert!(code == Some(0) && printed.contains("tells Kopru of all changes again"), "{printed}");
    let listed = town.site.client.get(format!("{sandbox}/api/v4/webhooks"));
    let listed = listed.bearer_auth(town.meta.kommo_long_lived_token()).send().await.unwrap();
    let listed: Value = serde_json::from_str(&listed.text().await.unwrap()).unwrap();
    let hooks = listed["_embedded"]["webhooks"].as_array().unwrap();
    assert_eq!((hooks.len(), &hooks[0]["disabled"]), (1, &json!(false)), "{listed}");
    let settings = hooks[0]["settings"].to_string();
    assert!(settings.contains("add_contact") && settings.contains("add_task"), "{settings}");
    town.hang_up();
    town.site
        .until("the page is clean", async || {
            town.site.get("/api/v1/health").await["drifted"] == json!([])
                && !page(&town, "en").await.contains(off)
        })
        .await;
}

/// The plan or the rights do not allow it: then a person has to know where to click.
#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_may_not_be_changed_says_the_screen() {
    for (status, allowed) in [(402, true), (403, true), (403, false)] {
        let crm = Crm::start().await;
        let hook = json!({
            "id": 1, "destination": format!("https://kopru.example.com/hooks/{}", SHOP.kommo_key()),
            "settings": ["add_lead"], "disabled": true,
        });
        crm.script(move |asked| {
            let refused = || Answer::new(status, r#"{"title":"Forbidden","status":403}"#);
            let listed = || Answer::new(200, json!({ "_embedded": { "webhooks": [hook] } }).to_string());
            let may = allowed && asked.method == "GET";
            (asked.path == "/api/v4/webhooks").then(|| if may { listed() } else { refused() })
        });
        let town = Plan::of(1, &crm).build().await;
        let (code, printed, _) = run(&town, &["check", "--fix"]);
        assert_eq!(code, Some(1), "{printed}");
        if allowed {
            assert!(printed.contains("its plan or the rights of this token do not allow that"), "{printed}");
            assert!(printed.contains(&format!("; open {SCREEN} in the CRM and switch on")), "{printed}");
        } else {
            assert!(printed.contains(&format!("look under {SCREEN}")), "{printed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_for_administrators_is_said_and_slows_nobody() {
    let crm = Crm::start().await;
    crm.script(|asked| {
        let refused = || Answer::new(403, r#"{"title":"Forbidden","status":403,"detail":"no access"}"#);
        (asked.path == "/api/v4/events").then(refused)
    });
    let mut town = Plan::of(2, &crm).build().await;
    let sale = "[[workspace.rule]]\nid = \"sale\"";
    let lead =
        format!("[[workspace.rule]]\nid = \"lead\"\nstage = \"880001\"\nsend = \"QualifiedLead\"\n{sale}");
    write(&town, &text(&town).replace(sale, &lead));
    town.start(|_| {}).await;
    for shop in [SHOP, Shop(1)] {
        town.sell(shop, 1..=20).await;
        town.arrives(shop, 1..=20).await;
    }
    shows(&town, "shows its history to administrators only").await;
    let (code, printed, _) = run(&town, &["check"]);
    let words = "shows its history (audit log) to administrators only, and not to this token; changes that no \
                 webhook told of stay unseen; have an administrator of the CRM make the token";
    assert!(code == Some(1) && printed.contains(words), "{printed}");

    // The webhook says what the deal does not show: only the history could confirm it.
    town.site.deliver(&SHOP.kommo_key(), &moves([(7, 880_001)]), None).await;
    let waits = async || town.ledger(SHOP).await["facts"]["waiting"].as_i64() > Some(0);
    town.site.until("it waits", waits).await;
    let shown = page(&town, "en").await;
    assert!(shown.contains("what only the history can confirm waits"), "{shown}");
    assert!(!shown.contains("Questions that wait for it"), "it is said once: {shown}");
    // And it is in the ledger of the rule that waits for it.
    let ledger = town.ledger(SHOP).await;
    let of_rule = ledger["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "lead");
    let Some(of_rule) = of_rule else { panic!("{ledger}") };
    let awaited = |part: &Value| part["reason"] == "history_awaited" && part["n"].as_i64() >= Some(1);
    assert!(of_rule["parts"].as_array().unwrap().iter().any(awaited), "{ledger}");
    assert!(shown.contains("only the CRM's history could confirm it"), "{shown}");
    crm.mend();
    let history = async || town.site.get("/api/v1/health").await.to_string().contains("history_hidden");
    town.site.until("it is shown again", async || !history().await).await;
}

/// Something on the way answers in place of the history, and says that all is well.
#[tokio::test(flavor = "multi_thread")]
async fn check_names_a_history_that_gives_no_answer_that_can_be_read() {
    for answer in [proxy(200), Answer::new(200, r#"{"_embedded":{"events":7}}"#), proxy(502)] {
        let crm = Crm::start().await;
        crm.script(move |asked| (asked.path == "/api/v4/events").then(|| answer.clone()));
        let town = Plan::of(1, &crm).build().await;
        let (code, printed, _) = run(&town, &["check"]);
        let words = "the CRM's history (audit log) gives no answer that can be read; changes that no webhook told \
                     of stay unseen; look whether there is a newer Kopru";
        let said: Vec<&str> = printed.lines().filter(|line| line.contains(words)).collect();
        assert!(code == Some(1) && said.len() == 1, "{printed}");
        assert!(said[0].starts_with(&format!("wrong {}: ", SHOP.name())), "{printed}");
    }
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).build().await;
    let (_, printed, _) = run(&town, &["check"]);
    assert!(!printed.contains("history"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_was_renamed_is_said_with_its_new_name_and_a_field_that_is_gone() {
    let crm = Crm::start().await;
    let name = Arc::new(Mutex::new("Hot"));
    crm.script({
        let name = Arc::clone(&name);
        move |asked| set_up(asked, *name.lock().unwrap())
    });
    let mut town = Plan::of(1, &crm).build().await;
    let rules = "[[workspace.rule]]\nid = \"lead\"\nstage = \"Hot\"\nsend = \"QualifiedLead\"\nvalue = \"field:Offer\"\n";
    write(&town, &(text(&town) + rules));
    town.start(|_| {}).await;
    let field = "The configuration names a field that the CRM does not have";
    let rule = "A rule can never apply";
    let knows_stages = async || {
        let names = town.site.get("/api/v1/health").await;
        names["drifted"].to_string().contains("no_hook")
    };
    town.site.until("all is read", knows_stages).await;
    let before = page(&town, "en").await;
    assert!(!before.contains(rule) && !before.contains(field), "{before}");

    *name.lock().unwrap() = "Very hot";
    let (_, printed, _) = run(&town, &["check"]);
    let renamed = "rule \"lead\" names the stage \"Hot\", which the CRM calls \"Very hot\" now";
    let mend = "; write its present name or id into the rule, then run kopru apply --since DATE";
    let line = printed.lines().find(|line| line.contains(renamed)).unwrap_or_default();
    assert!(line.starts_with("wrong shop-0: ") && line.contains(mend), "{printed}");
    assert!(printed.contains("no record of the CRM has a field \"Offer\""), "{printed}");
    town.hang_up();
    shows(&town, renamed).await;
    shows(&town, field).await;
    assert!(page(&town, "en").await.contains("kopru apply --since DATE"));
    assert!(page(&town, "tr").await.contains("aşamasının CRM'deki adı artık \"Very hot\""));
    // Another reading does not forget what it was called.
    town.hang_up();
    let (_, printed, _) = run(&town, &["check", "--offline"]);
    assert!(printed.contains(renamed), "{printed}");
}

/// What was said is said again only when it has changed, and is shown while nobody has read it anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_repeats_no_drift_in_the_log_and_does_not_forget_it() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let rule = "[[workspace.rule]]\nid = \"lead\"\nstage = \"Nowhere\"\nsend = \"QualifiedLead\"\n";
    write(&town, &(text(&town) + rule));
    town.start(|_| {}).await;
    let no_hook = "the CRM has no webhook to Kopru; `kopru check`";
    let no_stage = "names the stage \"Nowhere\", which the CRM does not have";
    let log = || std::fs::read_to_string(town.site.log_file()).unwrap();
    let both = async || log().contains(no_hook) && log().contains(no_stage);
    town.site.until("both are in the log", both).await;
    let reloads = || log().matches("the configuration is reloaded").count();
    let reads = || crm.asked().iter().filter(|asked| asked.path == "/api/v4/webhooks").count();
    for n in 1..=2 {
        let before = reads();
        town.hang_up();
        town.site.until("it is reloaded", async || reloads() == n).await;
        // Nobody has read anything yet that would say that it is mended.
        let drifted = town.site.get("/api/v1/health").await["drifted"].to_string();
        assert!(drifted.contains("no_hook") && drifted.contains("rule_unknown"), "{drifted}");
        town.site.until("it is read again", async || reads() > before).await;
    }
    assert_eq!((log().matches(no_hook).count(), log().matches(no_stage).count()), (1, 1), "{}", log());

    // Without an address nobody can make a webhook, and that is said.
    let all = text(&town);
    let without: Vec<&str> = all.lines().filter(|line| !line.starts_with("public_url")).collect();
    write(&town, &without.join("\n"));
    let (code, printed, _) = run(&town, &["check", "--fix"]);
    let missing = "set server.public_url, the address at which the CRM reaches Kopru, and try again";
    assert!(code == Some(1) && printed.contains(missing), "{printed}");
    let left =
        printed.lines().find(|line| line.contains("the CRM has no webhook to Kopru")).unwrap_or_default();
    assert!(left.starts_with("wrong shop-0: ") && left.contains("server.public_url"), "{printed}");
}

/// The stage that a rule means is renamed and another one gets its name, or it is made anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_comes_to_another_stage_is_said_and_fires_for_neither() {
    let crm = Crm::start().await;
    let names = Arc::new(Mutex::new(vec![(880_001, "Hot"), (880_002, "Talks")]));
    crm.script({
        let names = Arc::clone(&names);
        move |asked| {
            let stage = |(id, name): &(u64, &str)| json!({ "id": id, "name": name });
            let mut stages: Vec<Value> = names.lock().unwrap().iter().map(stage).collect();
            stages.push(json!({ "id": WON, "name": "Closed - won" }));
            let pipeline = json!({ "id": PIPELINE, "name": "Sales", "_embedded": { "statuses": stages } });
            let body = json!({ "_embedded": { "pipelines": [pipeline] } });
            (asked.path == "/api/v4/leads/pipelines").then(|| Answer::new(200, body.to_string()))
        }
    });
    let mut town = Plan::of(1, &crm).build().await;
    let rule = "[[workspace.rule]]\nid = \"lead\"\nstage = \"Hot\"\nsend = \"QualifiedLead\"\n";
    let first = text(&town) + rule;
    write(&town, &first);
    town.start(|_| {}).await;
    let read = "SELECT count(*) FROM catalogue";
    let is_read = async || town.database().query_row(read, [], |row| row.get::<_, i64>(0)).unwrap() == 1;
    town.site.until("the stages are read", is_read).await;

    for (now, words) in [
        (
            [(880_001, "Talks"), (880_002, "Hot")],
            "by which 880001 (Sales / Talks) was meant; today the name means another stage, 880002 (Sales / Hot): \
             it fires for neither",
        ),
        (
            [(880_003, "Hot"), (880_002, "Talks")],
            "by which 880001 was meant, which is deleted; today the name means another stage, 880003 (Sales / \
             Hot): it does not fire",
        ),
    ] {
        *names.lock().unwrap() = now.to_vec();
        let (code, printed, _) = run(&town, &["check"]);
        let line = printed.lines().find(|line| line.contains(words)).unwrap_or_default();
        assert!(code == Some(1) && line.starts_with("wrong shop-0: "), "{printed}");
        assert!(
            line.contains("; write the id of what is meant into the rule, then run kopru apply"),
            "{printed}"
        );
        town.hang_up();
        shows(&town, words).await;
        assert!(page(&town, "tr").await.contains("Bir kuraldaki ad artık kastedileni göstermiyor"));
        let (_, printed, _) = run(&town, &["check", "--offline"]);
        assert!(printed.contains(words), "{printed}");
    }
    // Neither a start nor another reading makes it mean the other one.
    assert_eq!(town.terminate().await.0, Some(0));
    town.start(|_| {}).await;
    shows(&town, "by which 880001 was meant, which is deleted").await;

    // Whoever means the new one writes its id.
    write(&town, &first.replace("\"Hot\"", "\"880003\""));
    assert_eq!(run(&town, &["apply"]).0, Some(0));
    let (_, printed, _) = run(&town, &["check"]);
    assert!(!printed.contains("was meant"), "{printed}");
    let clean = async || !page(&town, "en").await.contains("was meant");
    town.site.until("the page is clean", clean).await;
}

/// A stage with this name, and a field only while it is called so as at first.
fn set_up(asked: &Asked, name: &str) -> Option<Answer> {
    let stage = |id: u64, name: &str| json!({ "id": id, "name": name });
    let statuses = [stage(880_001, name), stage(WON, "Closed - won")];
    let pipeline = json!({ "id": PIPELINE, "name": "Sales", "_embedded": { "statuses": statuses } });
    let fields: Vec<Value> =
        if name == "Hot" { vec![json!({ "id": 71, "name": "Offer" })] } else { Vec::new() };
    let body = match asked.path.as_str() {
        "/api/v4/leads/pipelines" => json!({ "_embedded": { "pipelines": [pipeline] } }),
        "/api/v4/leads/custom_fields" => json!({ "_embedded": { "custom_fields": fields } }),
        _ => return None,
    };
    Some(Answer::new(200, body.to_string()))
}
