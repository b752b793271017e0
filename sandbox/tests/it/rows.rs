//! Every row of Meta's two tables of subcodes, provoked over HTTP; and who may send what to which kind of
//! dataset.

use std::collections::BTreeSet;

use kopru_sandbox::{Click, SimulatedDataset, Token};
use serde_json::{Value, json};

use crate::{
    CLID, DATASET, PAGE, TOKEN, WABA, World, changed, instagram_cart, messenger_purchase, now, web_purchase,
    whatsapp_lead,
};

/// A dataset of a website, and one whose events must say whether they are for limited use.
const WEB: &str = "700101";
const LIMITED_USE: &str = "700102";
const OF_PAGE: &str = "700103";
const OF_WABA: &str = "700104";
/// A click on an ad of another Page, and one of another WhatsApp Business Account.
const CLID_OF_OTHER_PAGE: &str = "ARAotherPage";
const DAY: i64 = 86_400;

/// The rows of both tables that are known well enough.
const KNOWN: [i64; 29] = [
    2_804_001, 2_804_003, 2_804_004, 2_804_008, 2_804_009, 2_804_010, 2_804_016, 2_804_019, 2_804_023,
    2_804_030, 2_804_036, 2_804_043, 2_804_050, 2_804_063, 2_804_064, 2_804_065, 2_804_066, 2_804_069,
    2_804_071, 2_804_072, 2_804_073, 2_804_075, 2_804_079, 2_804_087, 2_804_116, 2_804_118, 2_804_131,
    2_804_132, 2_804_133,
];

async fn world() -> World {
    let world = World::new().await;
    let dataset = |id: &str| SimulatedDataset {
        id: id.to_owned(),
        token: TOKEN.to_owned(),
        ..SimulatedDataset::default()
    };
    world.sandbox.add_dataset(dataset(WEB));
    world.sandbox.add_dataset(SimulatedDataset { ldu_required: true, ..dataset(LIMITED_USE) });
    world.sandbox.add_dataset(SimulatedDataset { page_id: Some(PAGE.to_owned()), ..dataset(OF_PAGE) });
    world.sandbox.add_dataset(SimulatedDataset { waba_id: Some(WABA.to_owned()), ..dataset(OF_WABA) });
    let click = |clid: &str, page: &str| Click {
        ctwa_clid: clid.to_owned(),
        waba_id: WABA.to_owned(),
        page_id: Some(page.to_owned()),
        ad_id: "1".to_owned(),
        ..Click::default()
    };
    world.sandbox.add_click(click(CLID, PAGE));
    world.sandbox.add_click(click(CLID_OF_OTHER_PAGE, "999"));
    world.sandbox.add_scoped_id("777", "999");
    world
}

async fn send_to(world: &World, dataset: &str, event: &Value) -> (u16, Value) {
    let body = json!({ "data": [event], "access_token": TOKEN });
    world.post_json(&format!("/v25.0/{dataset}/events"), &body).await
}

/// A row: its subcode, its title where Meta's is known, and an event that provokes it.
type Row = (i64, Option<&'static str>, &'static str, Value);

fn rows() -> Vec<Row> {
    let web = |changes: Value| changed(&web_purchase(), &changes);
    let lead = |changes: Value| changed(&whatsapp_lead(), &changes);
    let chat = |changes: Value| changed(&messenger_purchase(), &changes);
    let cart = |changes: Value| changed(&instagram_cart(), &changes);
    let custom = |data: Value| web(json!({ "custom_data": data }));
    let app = |entries: Value| web(json!({ "action_source": "app", "app_data": { "extinfo": entries } }));
    let fields = Some("Server Side Api Parameter Error");
    let argument = Some("Messaging Event Invalid Argument");
    vec![
        (2_804_003, Some("Event Timestamp Too Old"), DATASET, web(json!({ "event_time": now() - 8 * DAY }))),
        (2_804_004, None, DATASET, web(json!({ "event_time": now() + 7200 }))),
        (2_804_004, None, DATASET, web(json!({ "event_time": now() * 1000 }))),
        (
            2_804_001,
            Some("Click ID Incorrectly Formatted"),
            DATASET,
            web(json!({ "user_data": { "fbc": "fb.1.1763884000000." } })),
        ),
        (2_804_008, None, DATASET, custom(json!({ "contents": ["sku1"] }))),
        (2_804_008, None, DATASET, custom(json!({ "contents": [{ "quantity": 1 }] }))),
        (2_804_009, Some("Missing Value for Purchase Event"), DATASET, custom(json!({ "value": null }))),
        (
            2_804_010,
            Some("Missing Currency for Purchase Event"),
            DATASET,
            custom(json!({ "currency": null })),
        ),
        (2_804_016, None, DATASET, custom(json!({ "value": "much" }))),
        (2_804_019, fields, DATASET, web(json!({ "event_name": null }))),
        (2_804_019, fields, DATASET, web(json!({ "event_time": null }))),
        (2_804_019, fields, DATASET, web(json!({ "user_data": null }))),
        (2_804_023, None, DATASET, custom(json!({ "currency": "XXZ" }))),
        (2_804_023, None, DATASET, web(json!({ "event_name": "Lead", "custom_data": { "currency": null } }))),
        (2_804_030, Some("Limited Data Use Selection Required"), LIMITED_USE, web(json!({}))),
        (2_804_036, None, DATASET, web(json!({ "user_data": { "lead_id": 12_345_678_901_234_u64 } }))),
        (2_804_043, None, DATASET, app(json!(vec!["i2"; 15]))),
        (
            2_804_043,
            None,
            DATASET,
            app(json!(["i2", "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""])),
        ),
        (
            2_804_050,
            Some("You haven't added sufficient customer information parameter data for this event"),
            DATASET,
            json!({ "event_name": "Lead", "event_time": now(), "user_data": { "client_user_agent": "a" } }),
        ),
        (
            2_804_063,
            Some("Missing Messaging Channel Parameter"),
            DATASET,
            lead(json!({ "messaging_channel": null })),
        ),
        (2_804_064, argument, DATASET, lead(json!({ "event_source_url": "https://shop.example.com" }))),
        (2_804_064, argument, DATASET, lead(json!({ "user_data": { "client_ip_address": "8.8.8.8" } }))),
        (2_804_064, argument, DATASET, lead(json!({ "user_data": { "client_user_agent": "a" } }))),
        (2_804_064, argument, DATASET, chat(json!({ "user_data": { "fbc": "fb.1.1.a" } }))),
        (2_804_064, argument, DATASET, cart(json!({ "user_data": { "fbp": "fb.1.1.1" } }))),
        (
            2_804_065,
            Some("Mismatching Page and Dataset"),
            DATASET,
            chat(json!({ "user_data": { "page_id": "999", "page_scoped_user_id": "777" } })),
        ),
        (
            2_804_066,
            Some("Messaging Event Invalid Event Type"),
            DATASET,
            lead(json!({ "event_name": "Schedule" })),
        ),
        (2_804_069, Some("Missing Page ID"), DATASET, chat(json!({ "user_data": { "page_id": null } }))),
        (2_804_071, None, DATASET, chat(json!({ "user_data": { "page_scoped_user_id": null } }))),
        (2_804_071, None, DATASET, lead(json!({ "user_data": { "ctwa_clid": null } }))),
        (
            2_804_072,
            None,
            DATASET,
            lead(json!({ "user_data": { "page_id": PAGE, "ctwa_clid": CLID_OF_OTHER_PAGE } })),
        ),
        (
            2_804_073,
            Some("Mismatching Page Id And Page Scoped User Id"),
            DATASET,
            chat(json!({ "user_data": { "page_scoped_user_id": "777" } })),
        ),
        (2_804_075, Some("Missing ig_sid"), DATASET, cart(json!({ "user_data": { "ig_sid": null } }))),
        (
            2_804_079,
            Some("Missing IG Account ID"),
            DATASET,
            cart(json!({ "user_data": {
                "ig_account_id": null, "instagram_business_account_id": "17841400000000000",
            } })),
        ),
        (
            2_804_087,
            Some("Messaging Event Invalid Ctwa Clid"),
            DATASET,
            lead(json!({ "user_data": { "ctwa_clid": "ARAmadeup" } })),
        ),
        (2_804_116, None, DATASET, lead(json!({ "user_data": { "whatsapp_business_account_id": null } }))),
        (2_804_118, None, DATASET, lead(json!({ "user_data": { "whatsapp_business_account_id": "999" } }))),
        (2_804_131, Some("No Page Associated To Dataset"), WEB, chat(json!({}))),
        (2_804_132, Some("No WhatsApp Business Account Linked to This Dataset"), WEB, lead(json!({}))),
        (2_804_133, Some("No IG Account Associated To Dataset"), WEB, cart(json!({}))),
    ]
}

#[test]
fn the_table_has_every_row_that_is_known() {
    let provoked: BTreeSet<i64> = rows().iter().map(|row| row.0).collect();
    assert_eq!(provoked, BTreeSet::from(KNOWN));
}

#[tokio::test]
async fn each_row_is_told_in_full() {
    let world = world().await;
    for (subcode, title, dataset, event) in rows() {
        let (status, body) = send_to(&world, dataset, &event).await;
        assert_eq!(status, 400, "{subcode}: {body}");
        let error = &body["error"];
        let trace = error["fbtrace_id"].as_str().unwrap();
        assert!(trace.len() == 23 && trace.starts_with('A'), "{trace}");
        let (user_title, user_message) = (&error["error_user_title"], &error["error_user_msg"]);
        assert_eq!(
            body,
            json!({ "error": {
                "message": "Invalid parameter", "type": "OAuthException", "code": 100,
                "error_subcode": subcode, "is_transient": false, "error_user_title": user_title,
                "error_user_msg": user_message, "fbtrace_id": trace,
            } })
        );
        assert!(!user_message.as_str().unwrap().is_empty(), "{subcode}");
        if let Some(title) = title {
            assert_eq!(user_title, title, "{subcode}");
        }
        assert!(!user_title.as_str().unwrap().is_empty() && user_title != "Invalid Parameter", "{subcode}");
        let names_the_path = user_message.as_str().unwrap().contains("$['data'][0]['");
        assert_eq!(names_the_path, subcode == 2_804_019, "{user_message}");
    }
    assert_eq!(world.sandbox.graph_events(), [], "nothing of a refused request is accepted");
}

/// The last row of the table of messaging has a code instead of a subcode.
#[tokio::test]
async fn each_channel_needs_its_permission() {
    let world = world().await;
    let every = ["page_events", "instagram_manage_events", "whatsapp_business_manage_events"];
    for (missing, event) in
        [(every[0], messenger_purchase()), (every[1], instagram_cart()), (every[2], whatsapp_lead())]
    {
        let others = every.iter().filter(|one| **one != missing).map(|one| (*one).to_owned()).collect();
        let permissions = Some(others);
        world.sandbox.add_token(Token { permissions, ..Token::of("without") });
        let body = json!({ "data": [event], "access_token": "without" });
        let (status, answer) = world.post_json(&format!("/v25.0/{DATASET}/events"), &body).await;
        let error = &answer["error"];
        assert_eq!((status, &error["code"], &error["type"]), (403, &json!(200), &json!("OAuthException")));
        assert!(error["message"].as_str().unwrap().contains(missing), "{error}");
        let body = json!({ "data": [web_purchase()], "access_token": "without" });
        assert_eq!(world.post_json(&format!("/v25.0/{DATASET}/events"), &body).await.0, 200);
    }
}

/// Who may send what where. The first four lines of the WhatsApp and website columns were recorded.
#[tokio::test]
async fn kinds_of_datasets() {
    let world = world().await;
    let lead = |user_data: Value| {
        let mut event = whatsapp_lead();
        event["user_data"] = user_data;
        event
    };
    let by_waba = lead(json!({ "ctwa_clid": CLID, "whatsapp_business_account_id": WABA }));
    let by_page = lead(json!({ "ctwa_clid": CLID, "page_id": PAGE }));
    let by_click = lead(json!({ "ctwa_clid": CLID }));
    let made_up = lead(json!({ "ctwa_clid": "ARAmadeup", "whatsapp_business_account_id": WABA }));
    let other_waba = lead(json!({ "ctwa_clid": CLID, "whatsapp_business_account_id": "999" }));
    let other_page = lead(json!({ "ctwa_clid": CLID, "page_id": "999" }));
    let table = [
        ("click and WABA", by_waba, [0, 2_804_132, 2_804_132]),
        ("click and Page", by_page, [2_804_131, 0, 2_804_131]),
        ("click alone", by_click, [2_804_116, 2_804_116, 2_804_116]),
        ("made-up click", made_up, [2_804_087, 2_804_132, 2_804_132]),
        ("another WABA", other_waba, [2_804_118, 2_804_132, 2_804_132]),
        ("another Page", other_page, [2_804_131, 2_804_065, 2_804_131]),
        ("Messenger", messenger_purchase(), [2_804_131, 0, 2_804_131]),
        ("Instagram", instagram_cart(), [2_804_133, 2_804_133, 2_804_133]),
        ("website", web_purchase(), [0, 0, 0]),
    ];
    for (what, event, expected) in table {
        for (dataset, expected) in [OF_WABA, OF_PAGE, WEB].into_iter().zip(expected) {
            let (status, body) = send_to(&world, dataset, &event).await;
            let got = body["error"]["error_subcode"].as_i64().unwrap_or_default();
            assert_eq!((status == 200, got), (expected == 0, expected), "{what} to {dataset}: {body}");
        }
    }
}
