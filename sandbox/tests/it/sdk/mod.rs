//! Meta's own SDKs, unmodified but for the host: good events are accepted, and each refusal is raised as
//! the SDK's own exception.

mod page;
mod program;
mod reading;
mod refusals;

use kopru_sandbox::{App, SimulatedDataset};
use serde_json::{Value, json};

use self::program::{Program, Sdk};
use crate::{CLID, DATASET, PAGE, TOKEN, WABA, World};

const APP: &str = "555000111";
const APP_SECRET: &str = "app_secret_123";
/// A dataset that is linked to nothing.
const UNLINKED: &str = "700300";

struct Story {
    sdk: Sdk,
    world: World,
    program: Program,
}

impl Story {
    async fn new(sdk: Sdk) -> Self {
        let world = World::new().await;
        let (id, token, app_id) = (UNLINKED.to_owned(), TOKEN.to_owned(), Some(APP.to_owned()));
        world.sandbox.add_dataset(SimulatedDataset { id, token, app_id, ..SimulatedDataset::default() });
        let facts = json!({
            "url": world.url(""), "dataset": DATASET, "token": TOKEN, "page": PAGE, "waba": WABA, "clid": CLID,
        });
        let program = Program::start(sdk, &facts);
        let story = Self { sdk, world, program };
        story.require_proof(false);
        story
    }

    /// Whether the app that issued the token asks for `appsecret_proof`.
    fn require_proof(&self, require_proof: bool) {
        let (id, secret) = (APP.to_owned(), APP_SECRET.to_owned());
        self.world.sandbox.add_app(App { id, secret, require_proof, ..App::default() });
    }

    fn run(&mut self, name: &str, arguments: &Value) -> Value {
        self.program.run(name, arguments)
    }

    /// Runs a scenario that sends one event, and returns the event as the sandbox has recorded it.
    fn accepted(&mut self, name: &str, arguments: &Value) -> Value {
        let before = self.world.sandbox.graph_events().len();
        let answer = self.run(name, arguments);
        assert!(answer["ok"].is_object(), "{name} with {:?}: {answer}", self.sdk);
        let events = self.world.sandbox.graph_events();
        assert_eq!(events.len(), before + 1, "{name}");
        let last = events.last().unwrap();
        assert_eq!(last.diagnostics, [""; 0], "{name}: {}", last.event);
        last.event.clone()
    }

    fn purchase(&mut self) {
        let event = self.accepted("web_purchase", &json!({}));
        for (key, hash) in [
            ("em", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
            ("ph", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
            ("fn", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
            ("ln", "6627835f988e2c5e50533d491163072d3f4f41f5c8b04630150debb3722ca2dd"),
            ("ge", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
            ("ct", "350c754ba4d38897693aa077ef43072a859d23f613443133fecbbd90a3512ca5"),
            ("st", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
            ("zp", "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"),
            ("country", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
        ] {
            let sent = &event["user_data"][key];
            assert_eq!(sent.as_array().unwrap().len(), 1, "{key}: {sent}");
            // Version 26 of the Node SDK hashes with the Parameter Builder, which adds its appendix.
            let text = sent[0].as_str().unwrap();
            let (bare, appendix) = text.split_once('.').unwrap_or((text, ""));
            assert_eq!(bare, hash, "{key}");
            assert!(appendix.is_empty() || is_appendix(appendix), "{key}: {sent}");
        }
        assert_eq!(event["custom_data"]["value"], 49.9);
        assert_eq!(event["custom_data"]["branch"], "north");
        let request = self.world.sandbox.graph_requests().pop().unwrap();
        assert_eq!(request.path, format!("/{}/{DATASET}/events", self.sdk.version()));
    }

    fn other_kinds(&mut self) {
        let event = self.accepted("crm_stage", &json!({ "lead_id": 525_645_896_321_548_u64 }));
        assert_eq!(event["user_data"], json!({ "lead_id": 525_645_896_321_548_u64 }));
        let event = self.accepted("whatsapp", &json!({}));
        assert_eq!(event["user_data"], json!({ "ctwa_clid": CLID, "page_id": PAGE }));
        let event = self.accepted("raw", &json!({ "events": [crate::whatsapp_lead()] }));
        assert_eq!(event["user_data"]["whatsapp_business_account_id"], WABA);
        self.accepted("app_install", &json!({}));
    }

    fn labels(&mut self) {
        let labels =
            json!({ "test_event_code": "TEST12345", "partner_agent": "shop_1_0", "upload_tag": "May" });
        self.accepted("web_purchase", &json!({ "labels": labels }));
        let envelope = self.world.sandbox.graph_requests().pop().unwrap().envelope;
        for (key, value) in labels.as_object().unwrap() {
            assert_eq!(&envelope[key], value);
        }
    }

    fn many(&mut self) {
        let answer = self.run("web_purchase", &json!({ "count": 1000 }));
        assert_eq!(answer["ok"]["events_received"], 1000, "{answer}");
        let before = self.world.sandbox.graph_requests().len();
        assert_eq!(
            self.run("batches", &json!({ "count": 120, "size": 50 })),
            json!({ "ok": { "sent": 120 } })
        );
        let requests = self.world.sandbox.graph_requests();
        let mut sizes: Vec<_> = requests[before..].iter().map(|request| request.events).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [20, 50, 50]);
        assert!(requests[before..].iter().all(|request| request.accepted));
    }

    fn proofs(&mut self) {
        self.accepted("own_client", &json!({}));
        self.require_proof(true);
        self.accepted("web_purchase", &json!({ "app_secret": APP_SECRET }));
        self.accepted("own_client", &json!({ "app_secret": APP_SECRET }));
        if self.sdk.is_python() {
            self.accepted("asynchronous", &json!({ "app_secret": APP_SECRET }));
        }
        let answer = self.run("web_purchase", &json!({}));
        assert_eq!((&answer["status"], &answer["code"]), (&json!(400), &json!(100)), "{answer}");
        self.require_proof(false);
        if self.sdk.is_python() {
            self.accepted("asynchronous", &json!({}));
        }
    }

    /// Version 24 of the Python SDK has none.
    fn parameter_builder(&mut self) {
        if self.sdk == Sdk::Python24 {
            return;
        }
        let event = self.accepted("parameter_builder", &json!({}));
        let appended = |text: &Value| {
            text.as_str().unwrap().rsplit_once('.').is_some_and(|(_, appendix)| is_appendix(appendix))
        };
        assert!(appended(&event["user_data"]["fbc"]) && appended(&event["user_data"]["fbp"]), "{event}");
        let also = if self.sdk.is_python() { &event["referrer_url"] } else { &event["user_data"]["em"][0] };
        assert!(appended(also), "{event}");
    }

    async fn play(sdk: Sdk) {
        let mut story = Self::new(sdk).await;
        story.purchase();
        story.other_kinds();
        story.labels();
        story.many();
        story.proofs();
        story.parameter_builder();
        story.refusals();
        story.refused_events();
        story.faults();
        story.reading();
    }
}

/// What the Parameter Builder adds behind a dot.
fn is_appendix(text: &str) -> bool {
    text.len() == 8 && text.starts_with("AQ")
}

#[tokio::test(flavor = "multi_thread")]
async fn python_24() {
    Story::play(Sdk::Python24).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_26() {
    Story::play(Sdk::Python26).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_24() {
    Story::play(Sdk::Node24).await;
}
