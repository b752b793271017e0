//! What the SDKs read, by their own objects and cursors.

use kopru_sandbox::{Ad, AdAccount, AdDay, Lead, Token};
use serde_json::{Value, json};

use super::{APP, Story};
use crate::{DATASET, PAGE, TOKEN};

const ACCOUNT: &str = "4711";
const ADS: [&str; 3] = ["120200000000000001", "120200000000000002", "120200000000000003"];
const FORM: &str = "700400";
const LEADS: [&str; 2] = ["525645896321548", "525645896321549"];

impl Story {
    /// Lists are asked for one by one, so that the SDKs have to follow to further pages.
    pub(super) fn reading(&mut self) {
        self.put_ads_and_leads();
        let account = format!("act_{ACCOUNT}");
        let range = json!({ "since": "2026-11-01", "until": "2026-11-02" });
        let params = json!({ "level": "ad", "time_range": range, "time_increment": 1, "limit": 1 });
        let rows = self
            .read("insights", &json!({ "account": account, "fields": ["ad_id", "spend"], "params": params }));
        let found: Vec<_> =
            rows.as_array().unwrap().iter().map(|row| (text(row, "ad_id"), text(row, "spend"))).collect();
        assert_eq!(found, ADS.map(|ad| (ad, "12.50")));

        let one_by_one = json!({ "limit": 1 });
        let ads =
            self.read("ads", &json!({ "account": account, "fields": ["id", "name"], "params": one_by_one }));
        let names: Vec<_> = ads.as_array().unwrap().iter().map(|ad| text(ad, "name")).collect();
        assert_eq!(names, ["Ad 3", "Ad 2", "Ad 1"]);
        let ad = self.read("read_ad", &json!({ "ad": ADS[0], "fields": ["id", "name", "status"] }));
        assert_eq!(ad, json!({ "id": ADS[0], "name": "Ad 1", "status": "ACTIVE" }));

        let lead = self.read("read_lead", &json!({ "lead": LEADS[0] }));
        assert_eq!(lead["field_data"], json!([{ "name": "email", "values": ["a@example.com"] }]));
        let leads = self.read("form_leads", &json!({ "form": FORM, "params": one_by_one }));
        let ids: Vec<_> = leads.as_array().unwrap().iter().map(|lead| text(lead, "id")).collect();
        assert_eq!(ids, [LEADS[1], LEADS[0]]);

        let page = self.read("page_dataset", &json!({}));
        assert_eq!((&page["made"], &page["read"][0]["id"]), (&json!(DATASET), &json!(DATASET)));
        assert_eq!(self.read("whatsapp_dataset", &json!({}))["made"], DATASET);
        let about = self.read("debug_token", &json!({ "input_token": TOKEN }));
        assert_eq!(about["data"]["is_valid"], true, "{about}");
        let pixel = self.run("read_pixel", &json!({ "fields": ["id", "name"] }));
        assert_eq!(pixel["raised"], "FacebookRequestError", "a token of a dataset does not read it: {pixel}");
    }

    fn read(&mut self, scenario: &str, arguments: &Value) -> Value {
        let mut answer = self.run(scenario, arguments);
        assert!(answer["raised"].is_null(), "{scenario}: {answer}");
        answer["ok"].take()
    }

    /// The token may do everything now.
    fn put_ads_and_leads(&self) {
        let sandbox = &self.world.sandbox;
        sandbox.add_token(Token { app_id: Some(APP.to_owned()), ..Token::of(TOKEN) });
        sandbox.add_ad_account(AdAccount { id: ACCOUNT.to_owned(), ..AdAccount::default() });
        let day = AdDay { spend_cents: 1250, impressions: 100, ..AdDay::default() };
        for (n, id) in (1..).zip(ADS) {
            sandbox.add_ad(Ad {
                id: id.to_owned(),
                name: format!("Ad {n}"),
                account_id: ACCOUNT.to_owned(),
                days: [("2026-11-01".to_owned(), day)].into(),
                ..Ad::default()
            });
        }
        for (n, id) in (1..).zip(LEADS) {
            sandbox.add_lead(Lead {
                id: id.to_owned(),
                form_id: FORM.to_owned(),
                page_id: Some(PAGE.to_owned()),
                created_at: 1_763_884_800 + n,
                fields: vec![("email".to_owned(), vec!["a@example.com".to_owned()])],
                ..Lead::default()
            });
        }
    }
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}
