//! Every check of the Graph side, provoked once.

use kopru_sandbox::{Click, Options, SimulatedDataset};
use serde_json::{Value, json};

use crate::{
    CLID, DATASET, PAGE, TOKEN, WABA, World, changed, instagram_cart, messenger_purchase, now, web_purchase,
    whatsapp_lead,
};

/// Sends each changed event alone and compares status and subcode; subcode 0 means accepted.
async fn expect(world: &World, base: &Value, table: &[(Value, i64)]) {
    for (changes, subcode) in table {
        let (status, body) = world.send(&[changed(base, changes)]).await;
        if *subcode == 0 {
            assert_eq!((status, &body["events_received"]), (200, &json!(1)), "{changes}: {body}");
            continue;
        }
        let error = &body["error"];
        assert_eq!(status, 400, "{changes}: {body}");
        assert_eq!(error["error_subcode"], *subcode, "{changes}: {body}");
        assert_eq!(error["message"], "Invalid parameter");
        assert_eq!(error["type"], "OAuthException");
        assert_eq!(error["code"], 100);
        assert_eq!(error["is_transient"], false);
        assert!(error["error_user_title"].is_string() && error["error_user_msg"].is_string());
        let named = error["error_user_msg"].as_str().unwrap().contains("$['data']");
        assert_eq!(named, *subcode == 2_804_019, "only 2804019 names the event: {body}");
    }
}

#[tokio::test]
async fn fields_time_and_source() {
    let world = World::new().await;
    let day = 86_400;
    let table = [
        (json!({}), 0),
        (json!({ "event_name": null }), 2_804_019),
        (json!({ "event_name": "" }), 2_804_019),
        (json!({ "event_time": null }), 2_804_019),
        (json!({ "user_data": null }), 2_804_019),
        (json!({ "user_data": "em" }), 2_804_019),
        (json!({ "action_source": "billboard" }), 2_804_019),
        (json!({ "action_source": null }), 0),
        (json!({ "event_time": now() - 7 * day + 60 }), 0),
        (json!({ "event_time": (now() - 60).to_string() }), 0),
        (json!({ "event_time": now() - 7 * day - 60 }), 2_804_003),
        (json!({ "event_time": now() - 8 * day, "action_source": "physical_store" }), 0),
        (json!({ "event_time": now() - 62 * day - 60, "action_source": "physical_store" }), 2_804_003),
        (json!({ "event_time": now() + 3500 }), 0),
        (json!({ "event_time": now() + 3700 }), 2_804_004),
        (json!({ "event_time": now() * 1000 }), 2_804_004),
        (json!({ "event_time": "yesterday" }), 2_804_019),
        (json!({ "event_time": "2026-05-28T20:26:40Z" }), 2_804_019),
        (json!({ "event_time": now() as f64 - 10.5 }), 2_804_019),
        (json!({ "action_source": "app" }), 2_804_043),
    ];
    expect(&world, &web_purchase(), &table).await;
    let extinfo = [
        "i2",
        "com.example.app",
        "1.0",
        "1.0 long",
        "17.4",
        "iPhone14,3",
        "en_US",
        "GMT+1",
        "",
        "1284",
        "2778",
        "3",
        "6",
        "128",
        "64",
        "Europe/Berlin",
    ];
    let app = changed(
        &web_purchase(),
        &json!({ "action_source": "app", "app_data": { "advertiser_tracking_enabled": true } }),
    );
    let mut blank = extinfo;
    blank[4] = " ";
    let table = [
        (json!({ "app_data": { "extinfo": extinfo } }), 0),
        (json!({ "app_data": { "extinfo": extinfo[..15] } }), 2_804_043),
        (json!({ "app_data": { "extinfo": blank } }), 2_804_043),
    ];
    expect(&world, &app, &table).await;
}

#[tokio::test]
async fn required_fields_name_the_path() {
    let world = World::new().await;
    let no_user_data = changed(&web_purchase(), &json!({ "user_data": null }));
    let (status, body) = world.send(&[web_purchase(), no_user_data]).await;
    assert_eq!(status, 400);
    assert_eq!(
        body["error"],
        json!({
            "message": "Invalid parameter", "type": "OAuthException", "code": 100,
            "error_subcode": 2_804_019, "is_transient": false,
            "error_user_title": "Server Side Api Parameter Error",
            "error_user_msg": "The parameter $['data'][1]['user_data'] is required.",
            "fbtrace_id": body["error"]["fbtrace_id"],
        })
    );
    let (_, body) = world.send(&[json!({})]).await;
    assert!(body["error"]["error_user_msg"].as_str().unwrap().contains("$['data'][0]['event_name']"));
    let (_, body) = world.send(&[json!("no event")]).await;
    assert!(body["error"]["error_user_msg"].as_str().unwrap().contains("$['data'][0] must"));
}

#[tokio::test]
async fn customer_information() {
    let world = World::new().await;
    let mut base = changed(&web_purchase(), &json!({ "event_name": "Lead" }));
    base["user_data"] = json!({});
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    let with = |user_data: Value| json!({ "user_data": user_data });
    let table = [
        (with(json!({})), 2_804_050),
        (with(json!({ "client_user_agent": "Mozilla/5.0" })), 2_804_050),
        (with(json!({ "ct": hash, "country": hash, "st": hash, "zp": hash, "ge": hash })), 2_804_050),
        (with(json!({ "db": hash, "client_user_agent": "Mozilla/5.0" })), 2_804_050),
        (with(json!({ "fn": hash, "ge": hash })), 2_804_050),
        (with(json!({ "ln": hash, "ge": hash })), 2_804_050),
        (with(json!({ "em": [""], "client_user_agent": "Mozilla/5.0" })), 2_804_050),
        (with(json!({ "colour": "blue" })), 2_804_050),
        (with(json!({ "em": true, "fbp": { "id": "x" } })), 2_804_050),
        (with(json!({ "client_ip_address": "2001:db8::1", "client_user_agent": "Mozilla/5.0" })), 0),
        (with(json!({ "em": hash })), 0),
        (with(json!({ "fn": hash, "ln": hash })), 0),
        (with(json!({ "fbp": "fb.1.1763880000000.1116446470" })), 0),
        (with(json!({ "external_id": "c-1" })), 0),
        (with(json!({ "lead_id": 525_645_896_321_548_u64 })), 0),
        (with(json!({ "lead_id": "52564589632154812" })), 0),
        (with(json!({ "lead_id": 12_345 })), 2_804_036),
        (with(json!({ "lead_id": "525645896321548123", "em": hash })), 2_804_036),
        (with(json!({ "lead_id": "l:525645896321548", "em": hash })), 2_804_036),
    ];
    expect(&world, &base, &table).await;
}

#[tokio::test]
async fn purchase_and_contents() {
    let world = World::new().await;
    let table = [
        (json!({ "custom_data": null }), 2_804_010),
        (json!({ "custom_data": { "value": null } }), 2_804_009),
        (json!({ "custom_data": { "value": "" } }), 2_804_009),
        (json!({ "custom_data": { "value": "much" } }), 2_804_016),
        (json!({ "custom_data": { "currency": null } }), 2_804_010),
        (json!({ "custom_data": { "currency": "euro" } }), 2_804_023),
        (json!({ "custom_data": { "value": "49.90", "currency": "eur" } }), 0),
        (json!({ "custom_data": { "contents": "[{\"id\":\"sku1\"}]" } }), 2_804_019),
        (json!({ "custom_data": { "contents": { "id": "sku1" } } }), 2_804_019),
        (json!({ "custom_data": { "contents": [{ "id": "sku1", "item_name": "Shoe" }] } }), 2_804_019),
        (json!({ "custom_data": { "contents": [{ "id": "sku1", "title": "Shoe" }] } }), 0),
        (json!({ "custom_data": { "contents": ["sku1"] } }), 2_804_008),
        (json!({ "custom_data": "{\"currency\":\"EUR\",\"value\":5}" }), 2_804_010),
        (json!({ "user_data": { "fbc": "fb.1.1763884000000." } }), 2_804_001),
        (json!({ "user_data": { "fbc": "fb.1..IwAR2" } }), 2_804_001),
        (json!({ "user_data": { "fbc": "IwAR2" } }), 0),
        (json!({ "custom_data": { "contents": [{ "quantity": 1 }] } }), 2_804_008),
        (json!({ "custom_data": { "contents": [{ "id": true, "quantity": 1 }] } }), 2_804_008),
        (json!({ "event_name": "purchase", "custom_data": null }), 0),
    ];
    expect(&world, &web_purchase(), &table).await;
}

#[tokio::test]
async fn whatsapp() {
    let world = World::new().await;
    world.sandbox.add_click(Click {
        ctwa_clid: "ARAother".to_owned(),
        waba_id: "999".to_owned(),
        ad_id: "1".to_owned(),
        ..Click::default()
    });
    let table = [
        (json!({}), 0),
        (json!({ "event_name": "QualifiedLead" }), 0),
        (json!({ "messaging_channel": null }), 2_804_063),
        (json!({ "messaging_channel": "telegram" }), 2_804_019),
        (json!({ "event_name": "Lead" }), 2_804_066),
        (json!({ "event_source_url": "https://shop.example.com" }), 2_804_064),
        (json!({ "user_data": { "client_user_agent": "Mozilla/5.0" } }), 2_804_064),
        (json!({ "user_data": { "client_ip_address": "8.8.8.8" } }), 2_804_064),
        (json!({ "user_data": { "fbc": "fb.1.1.x" } }), 2_804_064),
        (json!({ "user_data": { "fbp": "fb.1.1.1" } }), 2_804_064),
        (json!({ "user_data": { "ctwa_clid": null } }), 2_804_071),
        (json!({ "user_data": { "ctwa_clid": "" } }), 2_804_071),
        (json!({ "user_data": { "whatsapp_business_account_id": null } }), 2_804_116),
        (json!({ "user_data": { "whatsapp_business_account_id": null, "page_id": PAGE } }), 0),
        (json!({ "user_data": { "whatsapp_business_account_id": "999" } }), 2_804_118),
        (json!({ "user_data": { "ctwa_clid": "ARAmadeup" } }), 2_804_087),
        (json!({ "user_data": { "ctwa_clid": CLID.to_lowercase() } }), 2_804_087),
        (json!({ "user_data": { "ctwa_clid": "ARAother" } }), 2_804_087),
        (json!({ "event_name": "Purchase" }), 2_804_010),
        (json!({ "event_name": "Purchase", "custom_data": { "value": 5 } }), 2_804_010),
        (json!({ "event_name": "Purchase", "custom_data": { "value": 5, "currency": "BRL" } }), 0),
    ];
    expect(&world, &whatsapp_lead(), &table).await;
}

#[tokio::test]
async fn messenger_and_instagram() {
    let world = World::new().await;
    let table = [
        (json!({}), 0),
        (json!({ "user_data": { "page_id": null } }), 2_804_069),
        (json!({ "user_data": { "page_scoped_user_id": null } }), 2_804_071),
        (json!({ "user_data": { "page_id": "999" } }), 2_804_065),
        (json!({ "custom_data": { "currency": null } }), 2_804_010),
    ];
    expect(&world, &messenger_purchase(), &table).await;
    let table = [
        (json!({}), 0),
        (json!({ "user_data": { "ig_sid": null } }), 2_804_075),
        (json!({ "user_data": { "ig_account_id": null } }), 2_804_079),
        (json!({ "user_data": { "ig_account_id": "999" } }), 2_804_133),
    ];
    expect(&world, &instagram_cart(), &table).await;
}

/// A dataset without links refuses each channel with a subcode of its own, before it looks at click ids.
#[tokio::test]
async fn dataset_without_links() {
    let world = World::new().await;
    let pixel =
        SimulatedDataset { id: DATASET.to_owned(), token: TOKEN.to_owned(), ..SimulatedDataset::default() };
    world.sandbox.add_dataset(pixel);
    let made_up = json!({ "user_data": { "ctwa_clid": "ARAmadeup" } });
    expect(&world, &whatsapp_lead(), &[(made_up, 2_804_132)]).await;
    expect(&world, &messenger_purchase(), &[(json!({}), 2_804_131)]).await;
    expect(&world, &instagram_cart(), &[(json!({}), 2_804_133)]).await;
}

#[tokio::test]
async fn any_click_id_may_be_allowed() {
    let world = World::with(Options { any_id: true, ..Options::default() }).await;
    world.sandbox.add_dataset(SimulatedDataset {
        id: DATASET.to_owned(),
        token: TOKEN.to_owned(),
        waba_id: Some(WABA.to_owned()),
        ..SimulatedDataset::default()
    });
    expect(&world, &whatsapp_lead(), &[(json!({ "user_data": { "ctwa_clid": "ARAmadeup" } }), 0)]).await;
}

#[tokio::test]
async fn diagnostics_are_noted_and_not_refused() {
    let world = World::new().await;
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    let clean = json!({ "user_data": {
        "em": [format!("{hash}.AQ"), format!("{hash}.AQQCAQMC")], "client_ip_address": "8.8.8.8.AQQAAQMC",
        "fbp": "fb.1.1763880000000.1116446470.AQYAAQMA",
    } });
    let dirty = json!({ "event_source_url": null, "user_data": {
        "em": "ana@example.com", "ph": [hash, "5511912345678"], "fbc": "IwAR2abcDEF",
        "client_ip_address": "10.0.0.1", "client_user_agent": null,
    } });
    let events = [changed(&web_purchase(), &clean), changed(&web_purchase(), &dirty)];
    assert_eq!(world.send(&events).await.0, 200);
    let accepted = world.sandbox.graph_events();
    assert_eq!(accepted[0].diagnostics, Vec::<String>::new());
    for part in ["user_data.em", "user_data.ph", "fbc", "client_ip", "event_source_url", "user_agent"] {
        assert!(accepted[1].diagnostics.iter().any(|found| found.contains(part)), "{part}");
    }
}

/// A remark begins with the key that it is about.
#[tokio::test]
async fn what_people_really_send_is_remarked_on() {
    let world = World::new().await;
    let hash_of_null = "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b";
    for (changes, keys) in [
        (json!({ "user_data": { "fbc": "fb.1.1763884000000.A,B" } }), &["user_data.fbc"][..]),
        (json!({ "user_data": { "fbc": "fb.1.1763884000000.iwar2abc" } }), &["user_data.fbc"]),
        (
            json!({ "event_source_url": "https://a.example.com/?fbclid=IwAR2Ab", "user_data": { "fbc": "fb.1.1763884000000.iwAR2Ab" } }),
            &["user_data.fbc"],
        ),
        (
            json!({ "user_data": { "client_ip_address": "::ffff:10.0.0.7" } }),
            &["user_data.client_ip_address"],
        ),
        (json!({ "user_data": { "client_ip_address": "100.64.1.2" } }), &["user_data.client_ip_address"]),
        (json!({ "user_data": { "client_ip_address": "88.230.1.9.AQYCAQMB.AQYCAQMB" } }), &[]),
        (json!({ "user_data": { "client_user_agent": "GuzzleHttp/7" } }), &["user_data.client_user_agent"]),
        (json!({ "user_data": { "em": hash_of_null } }), &["user_data.em"]),
        (json!({ "user_data": { "email": "x" } }), &["user_data.email"]),
        (json!({ "event_id": "undefined" }), &["event_id"]),
        (json!({ "event_source_url": "http://localhost:3000" }), &["event_source_url"]),
        (json!({ "data_processing_options": ["LDU"] }), &["data_processing_options_country"]),
        (json!({ "custom_data": { "content_ids": [{ "id": "A1" }] } }), &["custom_data.content_ids"]),
        (json!({ "test_event_code": "TEST1" }), &["test_event_code"]),
    ] {
        let (status, body) = world.send(&[changed(&web_purchase(), &changes)]).await;
        assert_eq!(status, 200, "{changes}: {body}");
        let event = world.sandbox.graph_events().pop().unwrap();
        let found: Vec<&str> =
            event.diagnostics.iter().map(|remark| remark.split(' ').next().unwrap()).collect();
        assert_eq!(found, keys, "{changes}");
    }
}
