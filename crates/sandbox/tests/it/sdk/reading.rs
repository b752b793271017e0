//! What the SDKs read, by their own objects. The sandbox has none of it yet: each line moves from
//! [`PENDING`] into a check of its own when it has.

use serde_json::{Value, json};

use super::Story;

const AD_ACCOUNT: &str = "act_4711";

/// Scenarios that wait for the sandbox, with arguments of the kind that they will get.
fn pending() -> Vec<(&'static str, Value)> {
    let range = json!({ "since": "2026-01-01", "until": "2026-01-31" });
    vec![
        ("read_pixel", json!({ "fields": ["id", "name"] })),
        (
            "insights",
            json!({
                "account": AD_ACCOUNT, "fields": ["ad_id", "spend"],
                "params": { "level": "ad", "time_range": range, "limit": 1 },
            }),
        ),
        ("ads", json!({ "account": AD_ACCOUNT, "fields": ["id", "name"], "params": { "limit": 1 } })),
        ("read_ad", json!({ "ad": "120200000000000000", "fields": ["id", "name"] })),
        ("page_dataset", json!({})),
        ("whatsapp_dataset", json!({})),
        ("read_lead", json!({ "lead": "525645896321548" })),
        ("form_leads", json!({ "form": "700400", "params": { "limit": 1 } })),
        ("debug_token", json!({ "input_token": crate::TOKEN })),
        ("graph_batch", json!({ "events": [crate::web_purchase()], "account": AD_ACCOUNT })),
    ]
}

impl Story {
    /// Until then, reading is refused as any unknown edge is: with the SDK's own exception.
    pub(super) fn reading(&mut self) {
        for (scenario, arguments) in pending() {
            let answer = self.run(scenario, &arguments);
            assert_eq!(answer["raised"], "FacebookRequestError", "{scenario} is no longer pending: {answer}");
        }
    }
}
