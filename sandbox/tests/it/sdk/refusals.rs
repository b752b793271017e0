//! How the SDKs raise what the sandbox refuses, and what becomes of faults.

use kopru_sandbox::Fault;
use serde_json::{Value, json};

use super::{APP_SECRET, Story, UNLINKED};
use crate::{changed, instagram_cart, messenger_purchase, now, web_purchase, whatsapp_lead};

const DAY_S: i64 = 86_400;

/// Status, code, subcode and type.
type Refused = (u16, i64, Option<i64>, &'static str);

const OF_EVENT: &str = "OAuthException";
const OF_OBJECT: &str = "GraphMethodException";

fn event(subcode: i64) -> Refused {
    (400, 100, Some(subcode), OF_EVENT)
}

impl Story {
    fn refused(&mut self, scenario: &str, arguments: &Value, expected: Refused) -> Value {
        let before = self.world.sandbox.graph_events().len();
        let answer = self.run(scenario, arguments);
        let what = format!("{scenario} {arguments} with {:?}: {answer}", self.sdk);
        let (status, code, subcode, kind) = expected;
        assert_eq!(answer["raised"], "FacebookRequestError", "{what}");
        assert_eq!((&answer["status"], &answer["code"]), (&json!(status), &json!(code)), "{what}");
        assert_eq!((&answer["subcode"], &answer["type"]), (&json!(subcode), &json!(kind)), "{what}");
        assert!(answer["trace"].as_str().is_some_and(|trace| trace.starts_with('A')), "{what}");
        assert_eq!(self.world.sandbox.graph_events().len(), before, "{what}");
        answer
    }

    /// Refusals of what was made with the SDK's own classes.
    pub(super) fn refusals(&mut self) {
        for (scenario, arguments, expected) in [
            ("web_purchase", json!({ "token": "nobody's" }), (401, 190, None, OF_EVENT)),
            ("web_purchase", json!({ "dataset": "999" }), (400, 100, Some(33), OF_OBJECT)),
            ("web_purchase", json!({ "app_secret": "wrong" }), (400, 100, None, OF_OBJECT)),
            ("web_purchase", json!({ "count": 1001 }), (400, 100, None, OF_EVENT)),
            ("web_purchase", json!({ "age_s": 8 * DAY_S }), event(2_804_003)),
            ("web_purchase", json!({ "age_s": -2 * 3600 }), event(2_804_004)),
            ("web_purchase", json!({ "value": null }), event(2_804_009)),
            ("web_purchase", json!({ "currency": null }), event(2_804_010)),
            ("crm_stage", json!({ "lead_id": 12 }), event(2_804_036)),
            ("app_install", json!({ "os_version": "" }), event(2_804_043)),
            ("too_broad", json!({}), event(2_804_050)),
            ("whatsapp", json!({ "clid": "ARAmadeup" }), event(2_804_087)),
        ] {
            self.refused(scenario, &arguments, expected);
        }
        self.refusals_without_exception();
    }

    /// Whoever brings a client of their own reads the body, and the asynchronous request of the Python SDK
    /// overlooks `error` and misses `fbtrace_id`.
    fn refusals_without_exception(&mut self) {
        let answer = self.run("own_client", &json!({ "app_secret": "wrong" }));
        assert_eq!((&answer["ok"]["status"], &answer["ok"]["error"]["code"]), (&json!(400), &json!(100)));
        if self.sdk.is_python() {
            let answer = self.run("asynchronous", &json!({ "value": null, "app_secret": APP_SECRET }));
            assert_eq!(answer, json!({ "raised": "KeyError", "message": "'fbtrace_id'" }));
        }
    }

    /// Every refusal of an event, sent as it is through the SDK.
    pub(super) fn refused_events(&mut self) {
        for (subcode, bad) in refused_events() {
            let answer = self.refused("raw", &json!({ "events": [bad] }), event(subcode));
            for key in ["title", "user_message"] {
                assert!(answer[key].as_str().is_some_and(|text| !text.is_empty()), "{subcode}: {answer}");
            }
            assert_eq!(
                (&answer["message"], &answer["transient"]),
                (&json!("Invalid parameter"), &json!(false))
            );
        }
        for (subcode, bad) in
            [(2_804_131, messenger_purchase()), (2_804_132, whatsapp_lead()), (2_804_133, instagram_cart())]
        {
            self.refused("raw", &json!({ "events": [bad], "dataset": UNLINKED }), event(subcode));
        }
        let good_and_bad = json!({ "events": [web_purchase(), whatsapp_lead(), {}] });
        self.refused("raw", &good_and_bad, event(2_804_019));
    }

    pub(super) fn faults(&mut self) {
        let answer = |status: u16, body: &str| Fault::Answer { status, body: body.to_owned() };
        let error = |code: i64, transient: bool| {
            json!({ "error": {
                "message": "m", "type": OF_EVENT, "code": code, "is_transient": transient, "fbtrace_id": "A1",
            } })
            .to_string()
        };
        for (status, code, transient) in [(500, 1, true), (500, 2, true), (400, 80004, true), (429, 4, false)]
        {
            self.world.sandbox.fail_next(1, answer(status, &error(code, transient)));
            let raised = self.refused("web_purchase", &json!({}), (status, code, None, OF_EVENT));
            assert_eq!(raised["transient"], transient);
        }
        let (html, closed) = if self.sdk.is_python() {
            ("TypeError", "ConnectionError")
        } else {
            ("SyntaxError", "FacebookRequestError")
        };
        self.world.sandbox.fail_next(1, answer(503, "<html>down</html>"));
        assert_eq!(self.run("web_purchase", &json!({}))["raised"], html);
        self.world.sandbox.fail_next(1, Fault::CloseBefore);
        assert_eq!(self.run("web_purchase", &json!({}))["raised"], closed);
    }
}

fn refused_events() -> Vec<(i64, Value)> {
    let web = |changes: Value| changed(&web_purchase(), &changes);
    let whatsapp = |changes: Value| changed(&whatsapp_lead(), &changes);
    let messenger = |changes: Value| changed(&messenger_purchase(), &changes);
    let instagram = |changes: Value| changed(&instagram_cart(), &changes);
    vec![
        (2_804_003, web(json!({ "event_time": now() - 8 * DAY_S }))),
        (2_804_004, web(json!({ "event_time": now() * 1000 }))),
        (2_804_008, web(json!({ "custom_data": { "contents": [{ "quantity": 1 }] } }))),
        (2_804_009, web(json!({ "custom_data": { "value": null } }))),
        (2_804_010, web(json!({ "custom_data": { "currency": null } }))),
        (2_804_016, web(json!({ "custom_data": { "value": "cheap" } }))),
        (2_804_019, web(json!({ "event_name": null }))),
        (2_804_019, web(json!({ "user_data": null }))),
        (2_804_023, web(json!({ "custom_data": { "currency": "euros" } }))),
        (2_804_036, web(json!({ "user_data": { "lead_id": "12" } }))),
        (2_804_043, web(json!({ "action_source": "app", "app_data": { "extinfo": ["i2"] } }))),
        (2_804_050, changed(&web(json!({ "user_data": null })), &json!({ "user_data": { "ct": ["a"] } }))),
        (2_804_063, whatsapp(json!({ "messaging_channel": null }))),
        (2_804_064, whatsapp(json!({ "user_data": { "client_user_agent": "Mozilla/5.0" } }))),
        (2_804_065, messenger(json!({ "user_data": { "page_id": "999" } }))),
        (2_804_066, whatsapp(json!({ "event_name": "Schedule" }))),
        (2_804_069, messenger(json!({ "user_data": { "page_id": null } }))),
        (2_804_071, whatsapp(json!({ "user_data": { "ctwa_clid": null } }))),
        (2_804_075, instagram(json!({ "user_data": { "ig_sid": null } }))),
        (2_804_079, instagram(json!({ "user_data": { "ig_account_id": null } }))),
        (2_804_087, whatsapp(json!({ "user_data": { "ctwa_clid": "ARAmadeup" } }))),
        (2_804_116, whatsapp(json!({ "user_data": { "whatsapp_business_account_id": null } }))),
        (2_804_118, whatsapp(json!({ "user_data": { "whatsapp_business_account_id": "999" } }))),
    ]
}
