//! What was mended counts for everything that Meta has not been told; what was switched counts from then on.

use std::fs;

use sandbox::{Fault, FaultRule, SimulatedDataset};
use serde_json::{Value, json};
use testkit::http::Answer;

use super::{
    crm::{Crm, PIPELINE, WON},
    shop::{Shop, now_s, phone},
    town::{Plan, Town},
};

const SHOP: Shop = Shop(0);
/// Meta's service is down for a while, as it says itself.
const DOWN: Fault = Fault::Error { code: 2, subcode: None, status: None };

/// A town whose service runs with a change of its configuration.
async fn mistaken(crm: &Crm, from: &str, to: &str) -> Town {
    let mut town = Plan::of(1, crm).build().await;
    write(&town, from, to);
    town.start(|_| {}).await;
    town
}

/// Changes the configuration file; each place at which something stands.
fn write(town: &Town, from: &str, to: &str) {
    let file = town.site.folder.path().join("kopru.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

/// Stops the service, changes the configuration and starts it again.
async fn mend(town: &mut Town, from: &str, to: &str) {
    town.kill();
    write(town, from, to);
    town.start(|_| {}).await;
}

/// State and reason of each conversion, oldest first.
async fn ends(town: &Town) -> Vec<String> {
    let all = town.conversions(SHOP).await;
    let said = |one: &Value| {
        let reason = one["reason"].as_str().map(|reason| format!(" {reason}")).unwrap_or_default();
        format!("{}{reason}", one["state"].as_str().unwrap())
    };
    all.iter().rev().map(said).collect()
}

async fn until_ends(town: &Town, wanted: &[&str]) {
    town.site.until(&format!("{wanted:?}"), async || ends(town).await == wanted).await;
}

/// The accounts in what Meta was sent and took.
fn accounts(town: &Town) -> Vec<String> {
    let account =
        |event: &Value| event["user_data"]["whatsapp_business_account_id"].as_str().unwrap().to_owned();
    town.meta.graph_events().iter().map(|accepted| account(&accepted.event)).collect()
}

fn is_paused(problems: &str) -> bool {
    problems.contains("Paused, needs you")
}

async fn page(town: &Town) -> String {
    let request = town.site.client.get(format!("{}/", town.site.admin));
    request.bearer_auth(crate::service::ADMIN_TOKEN).send().await.unwrap().text().await.unwrap()
}

/// A deal, with a price and a time of its last change.
fn deal(id: u64, price: u64, updated_s: i64) -> Answer {
    let deal = json!({
        "id": id, "name": "Deal", "price": price, "pipeline_id": PIPELINE, "status_id": WON,
        "created_at": updated_s - 600, "updated_at": updated_s, "closed_at": now_s() - 60,
        "is_deleted": false, "_embedded": { "contacts": [{ "id": id, "is_main": true }] },
    });
    Answer::new(200, json!({ "_embedded": { "leads": [deal] } }).to_string())
}

/// Contacts with a phone as it is written, and what they say about consent.
fn contacts(ids: &[u64], written: impl Fn(u64) -> String, consent: Option<bool>) -> Answer {
    let contact = |id: &u64| {
        let phone = json!({ "value": written(*id), "enum_code": "WORK" });
        let mut fields = vec![json!({ "field_id": 1, "field_code": "PHONE", "values": [phone] })];
        if let Some(consent) = consent {
            let values = json!([{ "value": consent }]);
            fields.push(
                json!({ "field_id": 2, "field_name": "Consent", "field_type": "checkbox", "values": values }),
            );
        }
        json!({ "id": id, "name": "Gizem", "updated_at": now_s(), "custom_fields_values": fields })
    };
    let all: Vec<Value> = ids.iter().map(contact).collect();
    Answer::new(200, json!({ "_embedded": { "contacts": all } }).to_string())
}

fn international(id: u64) -> String {
    format!("+{}", phone(id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_account_id_ends_with_every_sale_accepted() {
    let crm = Crm::start().await;
    let mut town = mistaken(&crm, &SHOP.waba(), "999").await;
    let (body, signature) = SHOP.clicks_at("999", [1, 2]);
    town.site.deliver(&SHOP.whatsapp_key(), &body, Some(&signature)).await;
    town.win(SHOP, [1]).await;
    town.site.until("it is paused", async || is_paused(&page(&town).await)).await;
    assert_eq!(ends(&town).await, ["queued"]);

    mend(&mut town, "\"999\"", &format!("\"{}\"", SHOP.waba())).await;
    town.arrives(SHOP, [1]).await;
    // A customer of the right account, and one whose click came while the mistake was there.
    town.sell(SHOP, [3]).await;
    town.win(SHOP, [2]).await;
    town.arrives(SHOP, [1, 2, 3]).await;
    town.all_accepted(SHOP, 3).await;
    assert!(accounts(&town).iter().all(|account| *account == SHOP.waba()));
    assert!(!is_paused(&page(&town).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_account_id_is_in_what_meta_refuses_after_an_answer_was_lost() {
    let crm = Crm::start().await;
    let mut town = mistaken(&crm, &SHOP.waba(), "999").await;
    let (body, signature) = SHOP.clicks_at("999", [1, 2]);
    town.site.deliver(&SHOP.whatsapp_key(), &body, Some(&signature)).await;
    town.meta.add_fault(FaultRule::always(Fault::CloseBefore));
    town.win(SHOP, [1, 2]).await;
    town.site
        .until("Meta may have them", async || {
            let all = town.conversions(SHOP).await;
            all.len() == 2 && all.iter().all(|one| one["may_count_twice"] == true)
        })
        .await;
    town.meta.clear_faults();
    mend(&mut town, "\"999\"", &format!("\"{}\"", SHOP.waba())).await;
    town.sell(SHOP, [3]).await;
    town.arrives(SHOP, [1, 2, 3]).await;
    town.all_accepted(SHOP, 3).await;
    assert!(accounts(&town).iter().all(|account| *account == SHOP.waba()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_dataset_id_ends_with_every_sale_accepted() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    // A Page's dataset, which the same token reaches.
    let wrong =
        SimulatedDataset { id: "900990".into(), token: SHOP.meta_token(), ..SimulatedDataset::default() };
    town.meta.add_dataset(wrong);
    let (wrong, right) = ("id = \"900990\"".to_owned(), format!("id = \"{}\"", SHOP.dataset()));
    write(&town, &right, &wrong);
    town.start(|_| {}).await;
    town.sell(SHOP, [1, 2]).await;
    town.site.until("it is paused", async || is_paused(&page(&town).await)).await;

    mend(&mut town, &wrong, &right).await;
    town.sell(SHOP, [3]).await;
    town.arrives(SHOP, [1, 2, 3]).await;
    town.all_accepted(SHOP, 3).await;
    town.site.until("nothing needs anybody", async || !is_paused(&page(&town).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_for_want_of_a_dataset_is_decided_anew() {
    let crm = Crm::start().await;
    let mut town =
        mistaken(&crm, &format!("account_id = \"{}\"", SHOP.waba()), "account_id = \"80009\"").await;
    town.sell(SHOP, [1]).await;
    until_ends(&town, &["suppressed no_dataset"]).await;
    mend(&mut town, "account_id = \"80009\"", &format!("account_id = \"{}\"", SHOP.waba())).await;
    town.arrives(SHOP, [1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_that_is_removed_ends_its_queue_with_a_reason_that_a_person_sees() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    town.meta.add_fault(FaultRule::always(DOWN));
    town.sell(SHOP, [1]).await;
    until_ends(&town, &["queued"]).await;
    let file = town.site.folder.path().join("kopru.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once("[[workspace.dataset]]").unwrap();
    let (dataset, after) = rest.split_once("[[workspace.source]]").unwrap();
    fs::write(&file, format!("{before}[[workspace.source]]{after}")).unwrap();
    town.hang_up();
    until_ends(&town, &["suppressed no_dataset"]).await;
    // And goes when there is one again.
    town.meta.clear_faults();
    fs::write(&file, format!("{before}[[workspace.dataset]]{dataset}[[workspace.source]]{after}")).unwrap();
    town.hang_up();
    town.arrives(SHOP, [1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_corrected_while_meta_is_down_goes_out_as_the_new_one() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    town.meta.add_fault(FaultRule::always(DOWN));
    town.sell(SHOP, [100]).await;
    until_ends(&town, &["queued"]).await;
    crm.script(|asked| asked.is_for("leads").then(|| deal(100, 200, now_s())));
    town.win(SHOP, [100]).await;
    let value = async || town.conversions(SHOP).await[0]["value"].clone();
    town.site.until("the new price is known", async || value().await == "200").await;
    town.meta.clear_faults();
    town.arrives(SHOP, [200]).await;
    assert_eq!(town.bought(SHOP), [200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_corrected_after_an_answer_was_lost_is_shown_as_not_told() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    town.meta.fail_next(1, Fault::CloseAfter);
    town.meta.add_fault(FaultRule::always(DOWN));
    town.sell(SHOP, [100]).await;
    town.site
        .until("Meta may have it", async || {
            let all = town.conversions(SHOP).await;
            all.first().is_some_and(|one| one["may_count_twice"] == true)
        })
        .await;
    crm.script(|asked| asked.is_for("leads").then(|| deal(100, 200, now_s())));
    town.win(SHOP, [100]).await;
    let told = async || {
        let one = town.conversions(SHOP).await.remove(0);
        (one["value"].clone(), one["not_told"].clone())
    };
    town.site.until("the correction is known", async || told().await == (json!("100"), json!("200"))).await;
    town.meta.clear_faults();
    town.all_accepted(SHOP, 1).await;
    assert!(town.bought(SHOP).iter().all(|value| *value == 100), "the same bytes went again");
    assert!(page(&town).await.contains("Meta was not told the new value: 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_that_is_withdrawn_before_the_body_is_made_is_looked_at() {
    for answer_lost in [false, true] {
        let crm = Crm::start().await;
        crm.script(|asked| asked.is_for("contacts").then(|| contacts(&asked.ids, international, Some(true))));
        let mut town = Plan::of(1, &crm).build().await;
        require_consent(&town, "consent_field = \"Consent\"");
        town.start(|_| {}).await;
        if answer_lost {
            town.meta.fail_next(1, Fault::CloseAfter);
        }
        town.meta.add_fault(FaultRule::always(DOWN));
        town.sell(SHOP, [1]).await;
        town.site
            .until("it was tried", async || {
                let all = town.conversions(SHOP).await;
                all.first().is_some_and(|one| !one["reply"].is_null())
            })
            .await;
        crm.script(|asked| {
            asked.is_for("contacts").then(|| contacts(&asked.ids, international, Some(false)))
        });
        let hook = "contacts[update][0][id]=1&contacts[update][0][name]=x&contacts[update][0][type]=contact";
        town.site.deliver(&SHOP.kommo_key(), hook, None).await;
        until_ends(&town, &["suppressed consent_refused"]).await;
        let taken = town.bought(SHOP).len();
        town.meta.clear_faults();
        // What comes later shows that the lane went on without it.
        crm.mend();
        crm.script(|asked| asked.is_for("contacts").then(|| contacts(&asked.ids, international, Some(true))));
        town.sell(SHOP, [2]).await;
        town.arrives(SHOP, [2]).await;
        assert_eq!(town.bought(SHOP).len(), taken + 1);
        let refused = town.conversions(SHOP).await.pop().unwrap();
        assert_eq!(refused["may_have_counted"], answer_lost, "{refused}");
        assert_eq!(page(&town).await.contains("Meta may have received it"), answer_lost);
    }
}

/// From a basis elsewhere to a person's yes.
fn require_consent(town: &Town, field: &str) {
    write(
        town,
        "consent = \"elsewhere\"\nbasis = \"the people of the tests are invented\"",
        "consent = \"required\"",
    );
    write(town, "account = ", &format!("{field}\naccount = "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_field_that_is_named_later_counts() {
    let crm = Crm::start().await;
    crm.script(|asked| asked.is_for("contacts").then(|| contacts(&asked.ids, international, Some(true))));
    let mut town = Plan::of(1, &crm).build().await;
    require_consent(&town, "");
    town.start(|_| {}).await;
    town.sell(SHOP, [1]).await;
    until_ends(&town, &["suppressed no_consent"]).await;
    mend(&mut town, "account = ", "consent_field = \"Consent\"\naccount = ").await;
    town.arrives(SHOP, [1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_country_that_is_mended_finds_the_click() {
    let crm = Crm::start().await;
    let written = |id| phone(id).strip_prefix("90").unwrap().to_owned();
    crm.script(move |asked| asked.is_for("contacts").then(|| contacts(&asked.ids, written, None)));
    let mut town = mistaken(&crm, "country = \"TR\"", "country = \"DE\"").await;
    town.sell(SHOP, [1]).await;
    until_ends(&town, &["suppressed chat_before_us"]).await;
    mend(&mut town, "country = \"DE\"", "country = \"TR\"").await;
    town.arrives(SHOP, [1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_switch_sends_what_happened_before_it() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let (live, shadow, off) = (
        "routes = [\"messaging\"]",
        "mode = \"shadow\"\nroutes = [\"messaging\"]",
        "mode = \"off\"\nroutes = [\"messaging\"]",
    );
    write(&town, live, shadow);
    require_consent(&town, "");
    town.start(|_| {}).await;
    town.sell(SHOP, [1]).await;
    until_ends(&town, &["suppressed no_consent"]).await;
    // Another policy of consent counts from then on.
    mend(&mut town, "consent = \"required\"", "consent = \"elsewhere\"\nbasis = \"a contract\"").await;
    town.win(SHOP, [1]).await;
    crm.script(|asked| asked.is_for("leads").then(|| won_now(&asked.ids)));
    town.sell(SHOP, [2]).await;
    until_ends(&town, &["suppressed no_consent", "suppressed shadow"]).await;
    // And so does a mode.
    mend(&mut town, shadow, off).await;
    town.sell(SHOP, [3]).await;
    until_ends(&town, &["suppressed no_consent", "suppressed shadow", "suppressed dataset_off"]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    mend(&mut town, off, live).await;
    town.win(SHOP, [1, 2, 3]).await;
    town.sell(SHOP, [4]).await;
    town.arrives(SHOP, [4]).await;
    assert_eq!(town.bought(SHOP), [4]);
    assert_eq!(ends(&town).await.len(), 4);
}

/// Deals that were won this very second.
fn won_now(ids: &[u64]) -> Answer {
    let deal = |id: &u64| {
        json!({
            "id": id, "name": "Deal", "price": id, "pipeline_id": PIPELINE, "status_id": WON,
            "created_at": now_s() - 600, "updated_at": now_s(), "closed_at": now_s(),
            "is_deleted": false, "_embedded": { "contacts": [{ "id": id, "is_main": true }] },
        })
    };
    let all: Vec<Value> = ids.iter().map(deal).collect();
    Answer::new(200, json!({ "_embedded": { "leads": all } }).to_string())
}
