//! Ads, what they cost, and what accepted events brought to them.

use std::time::Duration;

use kopru_sandbox::{Ad, AdAccount, AdDay, Click, Options, Seeded, SimulatedDataset, Token};
use serde_json::{Value, json};

use crate::{World, now, read};

const ACCOUNT: &str = "900100200300400";
const TOKEN: &str = "EAAreads";

impl World {
    /// Reads as `reqwest` writes a query; the answer must be 200.
    async fn read(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let (status, body) = self.try_read(path, query).await;
        assert_eq!(status, 200, "{path} {query:?}: {body}");
        body
    }

    async fn try_read(&self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        let token = [("access_token", TOKEN)];
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(query).extend_pairs(token).finish();
        read(self.client.get(self.url(&format!("{path}?{query}"))).send().await.unwrap()).await
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

/// The values of one field of all rows.
fn column<'a>(body: &'a Value, field: &str) -> Vec<&'a str> {
    body["data"].as_array().unwrap().iter().map(|row| row[field].as_str().unwrap_or("-")).collect()
}

/// Three ads in two campaigns, with two days before now and one long ago.
async fn world() -> World {
    let world = World::with(Options::default()).await;
    world.sandbox.add_token(Token::of(TOKEN));
    world.sandbox.add_ad_account(AdAccount {
        id: ACCOUNT.to_owned(),
        name: "Shop".to_owned(),
        currency: "TRY".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let day = |spend_cents, clicks| AdDay {
        spend_cents,
        impressions: clicks * 40,
        reach: clicks * 30,
        clicks,
        conversations: clicks / 10,
        leads: 0,
    };
    for (id, campaign, status) in [("11", "1", "ACTIVE"), ("12", "1", "PAUSED"), ("23", "2", "ARCHIVED")] {
        let days = [
            (day_before(2), day(10_050, 20)),
            (day_before(1), day(4_000, 10)),
            (day_before(200), day(100, 1)),
        ];
        world.sandbox.add_ad(Ad {
            id: id.to_owned(),
            name: format!("Ad {id}"),
            account_id: ACCOUNT.to_owned(),
            campaign_id: format!("10{campaign}"),
            campaign_name: format!("Campaign {campaign}"),
            adset_id: format!("20{campaign}"),
            adset_name: format!("Ad set {campaign}"),
            creative_id: format!("30{id}"),
            status: status.to_owned(),
            days: days.into(),
        });
    }
    world
}

fn day_before(days: i64) -> String {
    let at = jiff::Timestamp::from_second(now() - days * 86_400).unwrap();
    at.strftime("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn levels_fields_and_numbers_as_text() {
    let world = world().await;
    let path = format!("/v26.0/act_{ACCOUNT}/insights");
    let fields =
        "ad_id,ad_name,campaign_name,spend,impressions,reach,clicks,ctr,cpc,cpm,account_currency,actions";
    let body = world.read(&path, &[("level", "ad"), ("fields", fields)]).await;
    assert_eq!(column(&body, "ad_id"), ["11", "12", "23"]);
    assert_eq!(
        body["data"][0],
        json!({
            "ad_id": "11", "ad_name": "Ad 11", "campaign_name": "Campaign 1", "spend": "140.50",
            "impressions": "1200", "reach": "900", "clicks": "30", "ctr": "2.5", "cpc": "4.683333",
            "cpm": "117.083333", "account_currency": "TRY",
            "actions": [
                { "action_type": "link_click", "value": "30" },
                { "action_type": "onsite_conversion.messaging_conversation_started_7d", "value": "3" },
            ],
            "date_start": day_before(30), "date_stop": day_before(1),
        })
    );
    for (level, expected) in [
        ("account", vec!["421.50"]),
        ("campaign", vec!["281.00", "140.50"]),
        ("adset", vec!["281.00", "140.50"]),
    ] {
        let body = world.read(&path, &[("level", level), ("fields", "[\"spend\"]")]).await;
        assert_eq!(column(&body, "spend"), expected, "{level}");
    }
    for (node, keys) in [("101", 6), ("201", 7), ("11", 8)] {
        let body = world.read(&format!("/v26.0/{node}/insights/"), &[("fields", "")]).await;
        assert_eq!(body["data"].as_array().unwrap().len(), 1, "{node}");
        assert_eq!(body["data"][0].as_object().unwrap().len(), keys, "{body}");
    }
}

#[tokio::test]
async fn days_presets_filters_and_sorting() {
    let world = world().await;
    let path = format!("/v26.0/act_{ACCOUNT}/insights");
    let (two, one) = (day_before(2), day_before(1));
    let range = json!({ "since": day_before(9), "until": day_before(0) }).to_string();
    let only = |id: &str| json!([{ "field": "ad.id", "operator": "IN", "value": [id] }]).to_string();
    let eleven = only("11");
    let of_two = json!([{ "field": "campaign.id", "operator": "EQUAL", "value": 102 }]).to_string();
    let ranges = json!([{ "since": two, "until": two }, { "since": two, "until": one }]).to_string();
    let ad = ("level", "ad");
    let fields = ("fields", "spend,ad_id");
    for (query, spend) in [
        (
            vec![ad, ("time_range", &range), ("time_increment", "1"), ("filtering", &eleven)],
            vec!["100.50", "40.00"],
        ),
        (vec![ad, ("date_preset", "yesterday"), ("filtering", &of_two)], vec!["40.00"]),
        (vec![ad, ("date_preset", "maximum"), ("filtering", &eleven)], vec!["141.50"]),
        (vec![ad, ("time_ranges", &ranges), ("filtering", &eleven)], vec!["100.50", "140.50"]),
        (vec![ad, ("date_preset", "today")], vec![]),
        (
            vec![("time_range", &range), ("time_increment", "1"), ("sort", "spend_ascending")],
            vec!["120.00", "301.50"],
        ),
        (
            vec![("time_range", &range), ("time_increment", "1"), ("sort", "[\"spend_descending\"]")],
            vec!["301.50", "120.00"],
        ),
    ] {
        let query: Vec<_> = query.into_iter().chain([fields]).collect();
        let body = world.read(&path, &query).await;
        assert_eq!(column(&body, "spend"), spend, "{query:?}");
        assert_eq!(spend.is_empty(), body.get("paging").is_none(), "{body}");
    }
    for (query, part) in [
        (("fields", "spend,nonsense,id"), "nonsense, id are not valid for fields param"),
        (("fields", "nonsense"), "(#100) nonsense is not valid for fields param."),
        (("level", "creative"), "level"),
        (("date_preset", "lifetime"), "date_preset"),
        (("time_range", "{\"since\":\"2025-11-02\",\"until\":\"2025-11-01\"}"), "time_range"),
        (("time_range", "{\"since\""), "time_range"),
        (("time_range", "{\"since\":\"2019-11-02\",\"until\":\"2025-11-01\"}"), "(#3018)"),
        (("time_ranges", "[]"), "time_ranges"),
        (("time_increment", "91"), "time_increment"),
        (("breakdowns", "age"), "breakdowns"),
        (("filtering", "[{\"field\":\"ad.name\",\"operator\":\"CONTAIN\",\"value\":\"x\"}]"), "ad.name"),
        (("filtering", "ad.id"), "filtering"),
        (("sort", "spend"), "sort"),
        (("limit", "many"), "limit"),
        (("after", "nowhere"), "cursor"),
    ] {
        let (status, body) = world.try_read(&path, &[query]).await;
        let message = body["error"]["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(part), "{query:?}: {body}");
    }
}

#[tokio::test]
async fn pages_are_followed_by_their_links_alone() {
    let world = World::with(Options::default()).await;
    let seeded = world.sandbox.seed(5, 300).unwrap();
    let path = format!("/v26.0/act_{}/insights", seeded.account_id);
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("access_token", seeded.token.as_str()), ("level", "ad"), ("time_increment", "1")])
        .extend_pairs([("fields", "ad_id,spend"), ("limit", "100"), ("date_preset", "last_30d")])
        .finish();
    let mut next = world.url(&format!("{path}?{query}"));
    let (mut rows, mut pages) = (Vec::new(), 0);
    loop {
        // The Node SDK sends a JSON body with every GET, and only the link for further pages.
        let request = world.client.get(&next).header("content-type", "application/json").body("{}");
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{body}");
        rows.extend(body["data"].as_array().unwrap().clone());
        pages += 1;
        assert!(body["paging"]["cursors"]["after"].is_string());
        match body["paging"]["next"].as_str() {
            Some(link) => link.clone_into(&mut next),
            None => break,
        }
        assert!(next.starts_with(&world.url(&path)) && next.contains("level=ad"), "{next}");
    }
    assert!(pages == 4 && (301..400).contains(&rows.len()), "{pages} {}", rows.len());
    let different: std::collections::HashSet<_> = rows.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), rows.len());
    let whole: u64 = rows.iter().map(cents).sum();
    let body = world.try_read_with(&seeded, &path, &[("fields", "spend")]).await;
    assert_eq!(cents(&body["data"][0]), whole, "the parts are the whole");
}

fn cents(row: &Value) -> u64 {
    row["spend"].as_str().unwrap().replace('.', "").parse().unwrap()
}

impl World {
    async fn try_read_with(&self, seeded: &Seeded, path: &str, query: &[(&str, &str)]) -> Value {
        let token = [("access_token", seeded.token.as_str())];
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(query).extend_pairs(token).finish();
        read(self.client.get(self.url(&format!("{path}?{query}"))).send().await.unwrap()).await.1
    }
}

#[tokio::test]
async fn accepted_events_are_counted_for_their_ads() {
    let world = world().await;
    let dataset = SimulatedDataset {
        id: "700".to_owned(),
        token: "writes".to_owned(),
        waba_id: Some("800".to_owned()),
        ..SimulatedDataset::default()
    };
    world.sandbox.add_dataset(dataset);
    let clid = "ARAclick".to_owned();
    let click = Click {
        ctwa_clid: clid.clone(),
        waba_id: "800".to_owned(),
        ad_id: "11".to_owned(),
        ..Click::default()
    };
    world.sandbox.add_click(click);
    let purchase = |value: f64, currency: &str, id: &str| {
        json!({
            "event_name": "Purchase", "event_time": now() - 60, "event_id": id,
            "action_source": "business_messaging", "messaging_channel": "whatsapp",
            "user_data": { "whatsapp_business_account_id": "800", "ctwa_clid": clid },
            "custom_data": { "value": value, "currency": currency },
        })
    };
    let crm = json!({
        "event_name": "Qualified", "event_time": now() - 60, "action_source": "system_generated",
        "user_data": { "ctwa_clid": clid }, "custom_data": { "event_source": "crm", "lead_event_source": "X" },
    });
    let web = json!({
        "event_name": "Purchase", "event_time": now() - 60, "event_id": "w", "action_source": "website",
        "user_data": { "ctwa_clid": clid, "client_user_agent": "B", "client_ip_address": "8.8.8.8" },
        "event_source_url": "https://shop.example.com/", "custom_data": { "value": 50, "currency": "try" },
    });
    let events = [purchase(100.5, "TRY", "a"), purchase(7.0, "EUR", "b"), crm, web.clone(), web];
    let path = "/v26.0/700/events?access_token=writes";
    let (status, body) = world.post_json(path, &json!({ "data": events })).await;
    assert_eq!(status, 200, "{body}");
    assert!(world.sandbox.graph_events().iter().all(|event| event.ad_id.as_deref() == Some("11")));
    let fields =
        "actions,action_values,purchase_roas,website_purchase_roas,conversion_leads,cost_per_action_type";
    let query = [("date_preset", "maximum"), ("fields", fields)];
    let body = world.read("/v26.0/11/insights", &query).await;
    let row = &body["data"][0];
    let value = |list: &str, action: &str| {
        let found = row[list].as_array().unwrap().iter().find(|one| one["action_type"] == action);
        found.map_or("-".to_owned(), |one| one["value"].as_str().unwrap().to_owned())
    };
    for (action, count, worth) in [
        ("purchase", "3", "150.5"),
        ("omni_purchase", "3", "150.5"),
        ("onsite_conversion.purchase", "2", "100.5"),
        ("offsite_conversion.fb_pixel_purchase", "1", "50"),
        ("link_click", "31", "-"),
    ] {
        let got = (value("actions", action), value("action_values", action));
        assert_eq!((got.0.as_str(), got.1.as_str()), (count, worth), "{action}: {row}");
    }
    assert_eq!(value("conversion_leads", "conversion_lead"), "1");
    assert_eq!(value("purchase_roas", "omni_purchase"), "1.063604", "150.5 of 141.5");
    assert_eq!(value("website_purchase_roas", "offsite_conversion.fb_pixel_purchase"), "0.353357");
    let body = world.read("/v26.0/12/insights", &[("fields", "actions")]).await;
    assert!(!body.to_string().contains("purchase"), "another ad has nothing of it");
}

#[tokio::test]
async fn reports_take_their_time() {
    let world = world().await;
    let path = format!("/v26.0/act_{ACCOUNT}/insights?access_token={TOKEN}");
    let (status, body) = world.post_json(&path, &json!({ "level": "ad", "fields": ["nonsense"] })).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(100)));
    let ask = json!({ "level": "ad", "fields": ["ad_id", "spend"], "time_range": { "since": day_before(5), "until": day_before(1) } });
    let run = world.post_json(&path, &ask).await.1["report_run_id"].as_str().unwrap().to_owned();
    let node = format!("/v26.0/{run}/");
    let edge = format!("/v26.0/{run}/insights");
    let before = world.read(&node, &[]).await;
    assert!(matches!(before["async_status"].as_str(), Some("Job Not Started" | "Job Running")), "{before}");
    let (status, body) = world.try_read(&edge, &[]).await;
    let error = &body["error"];
    assert_eq!(
        (status, &error["code"], &error["error_subcode"], &error["is_transient"]),
        (400, &json!(2601), &json!(1_815_107), &json!(true))
    );
    world.sandbox.advance_clock(Duration::from_secs(3));
    let after = world.read(&node, &[("fields", "async_status,async_percent_completion,date_start")]).await;
    assert_eq!(
        after,
        json!({ "id": run, "async_status": "Job Completed", "async_percent_completion": 100, "date_start": day_before(5) })
    );
    let body = world.read(&edge, &[("limit", "2")]).await;
    assert_eq!(column(&body, "ad_id"), ["11", "12"]);
    let next = body["paging"]["next"].as_str().unwrap();
    let (_, body) = read(world.client.get(next).send().await.unwrap()).await;
    assert_eq!((column(&body, "ad_id"), body["paging"]["next"].is_null()), (vec!["23"], true));
    assert_eq!(world.try_read("/v26.0/6035747473009999/insights", &[]).await.0, 400);
    world.sandbox.advance_clock(Duration::from_hours(31 * 24));
    assert_eq!(world.try_read(&node, &[]).await.1["error"]["error_subcode"], 33, "kept for 30 days");
}

#[tokio::test]
async fn ads_campaigns_and_sets() {
    let world = world().await;
    let path = format!("/v26.0/act_{ACCOUNT}/ads");
    let fields =
        ("fields", "name,effective_status,campaign{id,name},adset{name,campaign{name}},creative{id}");
    let body = world.read(&path, &[fields, ("summary", "true")]).await;
    assert_eq!(column(&body, "id"), ["12", "11"], "archived ads are not listed");
    assert_eq!(
        body["data"][1],
        json!({
            "id": "11", "name": "Ad 11", "effective_status": "ACTIVE",
            "campaign": { "id": "101", "name": "Campaign 1" },
            "adset": { "id": "201", "name": "Ad set 1", "campaign": { "id": "101", "name": "Campaign 1" } },
            "creative": { "id": "3011" },
        })
    );
    let all = world.read(&path, &[("effective_status", "[\"ACTIVE\",\"ARCHIVED\"]")]).await;
    assert_eq!(column(&all, "id"), ["23", "11"]);
    let filter = json!([{ "field": "effective_status", "operator": "IN", "value": ["PAUSED"] }]).to_string();
    assert_eq!(column(&world.read(&path, &[("filtering", &filter)]).await, "id"), ["12"]);
    let first = world.read(&path, &[("limit", "1")]).await;
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    let second = world.read(&path, &[("limit", "1"), ("after", after)]).await;
    assert_eq!((column(&second, "id"), second["paging"]["next"].is_null()), (vec!["11"], true));
    let before = second["paging"]["cursors"]["before"].as_str().unwrap();
    assert_eq!(column(&world.read(&path, &[("limit", "1"), ("before", before)]).await, "id"), ["12"]);
    for (node, fields, expected) in [
        ("11", "name,status", json!({ "id": "11", "name": "Ad 11", "status": "ACTIVE" })),
        ("101", "name", json!({ "id": "101", "name": "Campaign 1" })),
        ("201", "name,campaign_id", json!({ "id": "201", "name": "Ad set 1", "campaign_id": "101" })),
        ("11", "", json!({ "id": "11" })),
    ] {
        assert_eq!(world.read(&format!("/v26.0/{node}/"), &[("fields", fields)]).await, expected);
    }
    let account = world.read(&format!("/v26.0/act_{ACCOUNT}"), &[("fields", "currency,timezone_name")]).await;
    assert_eq!(account, json!({ "id": format!("act_{ACCOUNT}"), "currency": "TRY", "timezone_name": "UTC" }));
    let (status, body) = world.try_read("/v26.0/11", &[("fields", "campaign{budget}")]).await;
    let message = "(#100) Tried accessing nonexisting field (budget) on node type (AdCampaignGroup)";
    assert_eq!((status, &body["error"]["message"]), (400, &json!(message)));
    assert_eq!(world.try_read("/v26.0/11", &[("fields", "campaign{")]).await.0, 400);
}

#[tokio::test]
async fn who_may_read_ads() {
    let world = world().await;
    let own = format!("act_{ACCOUNT}");
    let token = |value: &str, permission: &str, object: &str| {
        let (permissions, objects) = (Some(vec![permission.to_owned()]), Some(vec![object.to_owned()]));
        world.sandbox.add_token(Token { permissions, objects, ..Token::of(value) });
    };
    token("reader", "ads_read", &own);
    token("manager", "ads_management", &own);
    token("page", "pages_read_engagement", &own);
    token("stranger", "ads_read", "act_1");
    for (token, expected) in [
        ("reader", (200, 0)),
        ("manager", (200, 0)),
        ("page", (403, 200)),
        ("stranger", (400, 100)),
        ("nobody", (401, 190)),
    ] {
        for path in
            [format!("{own}/insights"), format!("{own}/ads"), "11".to_owned(), "101/insights".to_owned()]
        {
            let url = world.url(&format!("/v26.0/{path}?access_token={token}"));
            let (status, body) = read(world.client.get(url).send().await.unwrap()).await;
            let code = body["error"]["code"].as_i64().unwrap_or_default();
            assert_eq!((status, code), expected, "{token} {path}: {body}");
        }
    }
}

#[tokio::test]
async fn a_seeded_world_is_read_like_any_other() {
    let world = World::with(Options::default()).await;
    let body = json!({ "seed": 7, "people": 200 });
    let (status, seeded) = world.post_json("/sandbox/seed", &body).await;
    assert_eq!((status, seeded["people"].as_u64()), (200, Some(200)), "{seeded}");
    let names: Vec<Value> = seeded["ads"].as_array().unwrap().iter().map(|ad| ad["name"].clone()).collect();
    assert_eq!(texts(&Value::from(names)).len(), 12);
    let path = format!("/v26.0/act_{}/ads", seeded["account_id"].as_str().unwrap());
    let url = world.url(&format!("{path}?fields=name&access_token={}", seeded["token"].as_str().unwrap()));
    let (_, ads) = read(world.client.get(url).send().await.unwrap()).await;
    assert_eq!(ads["data"].as_array().unwrap().len(), 11, "one of twelve is archived");
    let again = world.post_json("/sandbox/seed", &body).await;
    assert!(again.0 == 400 && again.1["error"].as_str().unwrap().contains("seeded before"), "{}", again.1);
    let other = World::with(Options::default()).await;
    let many = json!({ "seed": 1, "people": 2_000_000 });
    let (status, refusal) = other.post_json("/sandbox/seed", &many).await;
    assert!(status == 400 && refusal["error"].as_str().unwrap().contains("1000000"), "{refusal}");
}
