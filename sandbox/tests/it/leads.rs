//! What people typed into instant forms.

use kopru_sandbox::{Ad, AdAccount, Lead, Options, Token};
use serde_json::{Value, json};

use crate::{World, read};

/// 2025-11-23 08:00:00 UTC.
const AT: i64 = 1_763_884_800;
const PAGE: &str = "111222333";

async fn world() -> World {
    let world = World::with(Options::default()).await;
    let token = |value: &str, permission: &str, page: &str| Token {
        permissions: Some(vec![permission.to_owned()]),
        objects: Some(vec![page.to_owned()]),
        ..Token::of(value)
    };
    for token in [
        token("page", "leads_retrieval", PAGE),
        token("other", "leads_retrieval", "9"),
        token("ads", "ads_read", PAGE),
    ] {
        world.sandbox.add_token(token);
    }
    world.sandbox.add_token(Token::of("all"));
    world.sandbox.add_ad_account(AdAccount { id: "5".to_owned(), ..AdAccount::default() });
    for id in ["11", "12"] {
        world.sandbox.add_ad(Ad {
            id: id.to_owned(),
            name: "Form".to_owned(),
            account_id: "5".to_owned(),
            campaign_id: "101".to_owned(),
            adset_id: "201".to_owned(),
            ..Ad::default()
        });
    }
    for n in 0..5 {
        world.sandbox.add_lead(Lead {
            id: format!("52564589632154{n}"),
            form_id: "777".to_owned(),
            page_id: Some(PAGE.to_owned()),
            ad_id: (n > 0).then(|| "11".to_owned()),
            platform: "ig".to_owned(),
            created_at: AT + n * 60,
            fields: vec![
                ("email".to_owned(), vec![format!("p{n}@example.com")]),
                ("size".to_owned(), vec!["m".to_owned(), "l".to_owned()]),
            ],
            person: None,
        });
    }
    world
}

async fn get(world: &World, token: &str, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let token = [("access_token", token)];
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(query).extend_pairs(token).finish();
    read(world.client.get(world.url(&format!("/v26.0/{path}?{query}"))).send().await.unwrap()).await
}

fn ids(body: &Value) -> String {
    let last = |lead: &Value| lead["id"].as_str().unwrap()[14..].to_owned();
    body["data"].as_array().unwrap().iter().map(last).collect()
}

#[tokio::test]
async fn one_lead() {
    let world = world().await;
    let lead = "525645896321541";
    let (status, body) = get(&world, "page", lead, &[("fields", "")]).await;
    assert_eq!(
        (status, body),
        (
            200,
            json!({
                "created_time": "2025-11-23T08:01:00+0000", "id": lead, "ad_id": "11", "form_id": "777",
                "field_data": [
                    { "name": "email", "values": ["p1@example.com"] },
                    { "name": "size", "values": ["m", "l"] },
                ],
            })
        )
    );
    let fields = "campaign_id,adset_id,ad_name,is_organic,platform";
    let (_, body) = get(&world, "page", &format!("{lead}/"), &[("fields", fields)]).await;
    assert_eq!(
        body,
        json!({ "id": lead, "campaign_id": "101", "adset_id": "201", "ad_name": "Form", "is_organic": false, "platform": "ig" })
    );
    let (_, body) = get(&world, "page", "525645896321540", &[("fields", "is_organic,ad_id,ad_name")]).await;
    assert_eq!(body, json!({ "id": "525645896321540", "is_organic": true }));
    for (token, path, query, expected) in [
        ("ads", lead, vec![], (403, 200)),
        ("other", lead, vec![], (400, 100)),
        ("page", "525645896321549", vec![], (400, 100)),
        ("page", lead, vec![("fields", "phone")], (400, 100)),
        ("nobody", lead, vec![], (401, 190)),
    ] {
        let (status, body) = get(&world, token, path, &query).await;
        assert_eq!((status, body["error"]["code"].as_i64().unwrap()), expected, "{token} {path}: {body}");
    }
}

#[tokio::test]
async fn leads_of_a_form_and_of_an_ad() {
    let world = world().await;
    let since = |operator: &str, at: i64| {
        json!([{ "field": "time_created", "operator": operator, "value": at }]).to_string()
    };
    let (after, before) = (since("GREATER_THAN", AT + 60), since("LESS_THAN_OR_EQUAL", AT + 60));
    for (token, path, query, expected) in [
        ("page", "777/leads", vec![], "43210"),
        ("page", "11/leads", vec![], "4321"),
        ("page", "777/leads", vec![("filtering", after.as_str())], "432"),
        ("page", "777/leads", vec![("filtering", before.as_str())], "10"),
        ("all", "12/leads", vec![], ""),
    ] {
        let (status, body) = get(&world, token, path, &query).await;
        assert_eq!((status, ids(&body).as_str()), (200, expected), "{path} {query:?}: {body}");
    }
    for (token, path, query, expected) in [
        ("other", "777/leads", vec![], (400, 100)),
        ("page", "778/leads", vec![], (400, 100)),
        ("ads", "777/leads", vec![], (403, 200)),
        (
            "page",
            "777/leads",
            vec![("filtering", "[{\"field\":\"time_created\",\"operator\":\"IN\",\"value\":1}]")],
            (400, 100),
        ),
        (
            "page",
            "777/leads",
            vec![("filtering", "[{\"field\":\"email\",\"operator\":\"EQUAL\",\"value\":1}]")],
            (400, 100),
        ),
    ] {
        let (status, body) = get(&world, token, path, &query).await;
        assert_eq!((status, body["error"]["code"].as_i64().unwrap()), expected, "{token} {path}: {body}");
    }
}

#[tokio::test]
async fn pages_stay_in_place_while_leads_come_in() {
    let world = world().await;
    let (_, first) = get(&world, "page", "777/leads", &[("limit", "2"), ("fields", "id")]).await;
    assert_eq!(ids(&first), "43");
    let lead = Lead {
        id: "525645896321549".to_owned(),
        form_id: "777".to_owned(),
        created_at: AT + 999,
        ..Lead::default()
    };
    world.sandbox.add_lead(lead);
    let next = first["paging"]["next"].as_str().unwrap();
    let (_, second) = read(world.client.get(next).send().await.unwrap()).await;
    assert_eq!(ids(&second), "21");
    let next = second["paging"]["next"].as_str().unwrap();
    let (_, third) = read(world.client.get(next).send().await.unwrap()).await;
    assert_eq!((ids(&third).as_str(), third["paging"]["next"].is_null()), ("0", true));
}
