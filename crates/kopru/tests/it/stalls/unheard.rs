//! What happened while nobody listened: the audit log of the CRM tells it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::http::Answer;

use super::{
    crm::{CHANGED_AGO_S, Crm, PIPELINE, WON},
    shop::{Shop, now_s},
    town::{Plan, Town},
};

const SHOP: Shop = Shop(0);

/// The rows of the CRM's log: deals that were won, and when.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(u64, i64)>>>);

impl Log {
    /// A CRM that keeps such a log.
    fn of(crm: &Crm) -> Self {
        let log = Self::default();
        let shown = log.clone();
        crm.script(move |asked| asked.is_for("events").then(|| shown.page()));
        log
    }

    /// A deal is won, when its record says that it was changed, and no webhook says so.
    fn win(&self, deal: u64) {
        self.0.lock().unwrap().push((deal, now_s() - CHANGED_AGO_S));
    }

    fn page(&self) -> Answer {
        let stage = |id: u64| json!([{ "lead_status": { "id": id, "pipeline_id": PIPELINE } }]);
        let row = |(deal, at_s): &(u64, i64)| {
            json!({
                "id": format!("row-{deal}"), "type": "lead_status_changed", "entity_type": "lead",
                "entity_id": deal, "created_at": at_s, "value_before": stage(880_001), "value_after": stage(WON),
            })
        };
        let rows: Vec<Value> = self.0.lock().unwrap().iter().rev().map(row).collect();
        if rows.is_empty() {
            return Answer::of(204);
        }
        Answer::new(200, json!({ "_embedded": { "events": rows } }).to_string())
    }
}

async fn until_bought(town: &Town, deals: &[u64]) {
    town.site.until(&format!("{deals:?} are bought"), async || town.bought(SHOP) == deals).await;
}

#[tokio::test]
async fn a_sale_while_the_service_was_down_and_one_whose_webhook_was_lost_are_told() {
    let crm = Crm::start().await;
    let log = Log::of(&crm);
    let mut town = Plan::of(1, &crm).start().await;
    town.click(SHOP, 2..=4).await;
    town.sell(SHOP, [1]).await;
    until_bought(&town, &[1]).await;
    town.site.until("the log has a place", async || crm.count("events") > 0).await;

    town.kill();
    log.win(2);
    town.start(|_| {}).await;
    until_bought(&town, &[1, 2]).await;

    log.win(3);
    town.win(SHOP, [4]).await;
    until_bought(&town, &[1, 2, 3, 4]).await;
    assert!(town.conversions(SHOP).await.iter().all(|one| one["state"] == "accepted"));
}
