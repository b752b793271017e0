//! Sales that are undone in the CRM while Meta has their event and has not answered, or never does.

use sandbox::{
    Fault, FaultRule,
    hooks::{KommoAction, KommoHook, KommoLead, kommo},
};
use serde_json::{Value, json};
use testkit::http::Answer;

use super::{
    crm::{Crm, PIPELINE, WON},
    shop::{Shop, now_s},
    town::{Plan, Town},
};

const SHOP: Shop = Shop(0);
/// The open stage in which the deal was before.
const OPEN: u64 = 880_001;

/// Moves a deal back from won, and tells of it.
async fn undo(town: &Town, crm: &Crm, id: u64) {
    let at_s = now_s();
    let row = json!({
        "id": id, "name": "Deal", "price": id, "pipeline_id": PIPELINE, "status_id": OPEN,
        "created_at": at_s - 700, "updated_at": at_s, "closed_at": null, "is_deleted": false,
        "_embedded": { "contacts": [{ "id": id, "is_main": true }] },
    });
    crm.script(move |asked| {
        let rows = json!({ "_embedded": { "leads": [row] } });
        (asked.is_for("leads") && asked.ids == [id]).then(|| Answer::new(200, rows.to_string()))
    });
    let lead = KommoLead {
        id,
        name: "Deal".to_owned(),
        status_id: OPEN,
        old_status_id: Some(WON),
        pipeline_id: PIPELINE,
        price: id.to_string(),
        created_at: at_s - 700,
        updated_at: at_s,
        ..KommoLead::default()
    };
    let hook = KommoHook { leads: vec![(KommoAction::Status, lead)], ..KommoHook::default() };
    town.site.deliver(&SHOP.kommo_key(), &kommo(&hook), None).await;
}

async fn sale(town: &Town, id: u64) -> Option<Value> {
    let deal = format!("/{id}");
    let all = town.conversions(SHOP).await;
    all.into_iter().find(|one| one["deal"].as_str().is_some_and(|name| name.ends_with(&deal)))
}

async fn until_sale(town: &Town, id: u64, state: &str, reason: &str) -> Value {
    let ends = async || {
        let sale = sale(town, id).await;
        sale.is_some_and(|sale| sale["state"] == state && sale["reason"] == reason)
    };
    town.site.until(&format!("deal {id} is {state}, {reason}"), ends).await;
    sale(town, id).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_is_undone_while_its_request_is_open_is_shown_as_undone() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    town.meta.fail_next(1, Fault::Latency { ms: 4_000, jitter_ms: 0 });
    town.sell(SHOP, [100]).await;
    town.site.until("Meta has it and has not answered", async || town.bought(SHOP) == [100]).await;
    undo(&town, &crm, 100).await;
    until_sale(&town, 100, "accepted", "undone").await;
    // What comes later shows that nothing of it goes again.
    town.sell(SHOP, [200]).await;
    town.arrives(SHOP, [200]).await;
    assert_eq!(town.bought(SHOP), [100, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_is_undone_after_an_answer_was_lost_goes_no_second_time() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    town.meta.fail_next(1, Fault::CloseAfter);
    town.meta.add_fault(FaultRule::always(Fault::Error { code: 2, subcode: None, status: None }));
    town.sell(SHOP, [100]).await;
    let may_have_it = async || sale(&town, 100).await.is_some_and(|sale| sale["may_count_twice"] == true);
    town.site.until("Meta may have it", may_have_it).await;
    undo(&town, &crm, 100).await;
    let undone = until_sale(&town, 100, "suppressed", "withdrawn").await;
    assert_eq!(undone["may_have_counted"], true, "{undone}");
    town.meta.clear_faults();
    town.sell(SHOP, [200]).await;
    town.arrives(SHOP, [200]).await;
    assert_eq!(town.bought(SHOP), [100, 200]);
}
