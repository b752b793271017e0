//! The Kommo side: shapes, filters, pages, the audit log and the limit.

use kopru_sandbox::{Contact, Deal, Options, Pipeline, Status};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{World, read};

pub const AT: i64 = 1_763_884_800;

/// A sandbox with two deals and one contact.
pub async fn world() -> World {
    let world = World::with(Options { kommo_token: "t".to_owned(), ..Options::default() }).await;
    world.sandbox.put_pipeline(Pipeline {
        id: 770_001,
        name: "Sales".to_owned(),
        statuses: vec![
            Status { id: 880_000, name: "Incoming".to_owned(), incoming: true },
            Status { id: 880_001, name: "Contacted".to_owned(), incoming: false },
        ],
    });
    world.sandbox.put_contact(Contact {
        id: 660_001,
        name: "Ana".to_owned(),
        phones: vec!["+55 11 91234-5678".to_owned()],
        emails: vec!["ana@example.com".to_owned()],
    });
    for (id, price) in [(5_550_001, Some(1500)), (5_550_002, None)] {
        world.sandbox.put_deal(Deal {
            id,
            name: format!("Deal {id}"),
            pipeline_id: 770_001,
            status_id: 880_001,
            price,
            contact_ids: vec![660_001, 660_002],
            created_at: AT,
        });
    }
    world
}

pub async fn get(world: &World, path: &str) -> (u16, Value) {
    ask(world, Method::GET, path, &Value::Null).await
}

/// With the long-lived token, from an address that is still below the limit.
pub async fn ask(world: &World, method: Method, path: &str, body: &Value) -> (u16, Value) {
    ask_as(world, "t", method, path, body).await
}

pub async fn ask_as(world: &World, token: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let url = if path.starts_with("http") { path.to_owned() } else { world.url(&format!("/api/v4{path}")) };
    let request = from(world.sandbox.kommo_requests().len() / 7).request(method, url);
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    read(request.send().await.unwrap()).await
}

/// A client with a loopback address of its own.
fn from(place: usize) -> reqwest::Client {
    let address = std::net::Ipv4Addr::from_bits(0x7f00_0002 + u32::try_from(place).unwrap());
    reqwest::Client::builder().local_address(std::net::IpAddr::from(address)).build().unwrap()
}

pub fn ids(body: &Value, name: &str) -> Vec<u64> {
    body["_embedded"][name].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn one_lead() {
    let world = world().await;
    let (status, lead) = get(&world, "/leads/5550001?with=contacts,loss_reason").await;
    assert_eq!(status, 200);
    for (key, value) in [
        ("id", json!(5_550_001)),
        ("price", json!(1500)),
        ("status_id", json!(880_001)),
        ("pipeline_id", json!(770_001)),
        ("created_at", json!(AT)),
        ("updated_at", json!(AT)),
        ("closed_at", Value::Null),
        ("is_deleted", json!(false)),
        ("custom_fields_values", Value::Null),
        ("account_id", json!(330_001)),
    ] {
        assert_eq!(lead[key], value, "{key}");
    }
    let contacts = lead["_embedded"]["contacts"].as_array().unwrap();
    assert_eq!((&contacts[0]["id"], &contacts[0]["is_main"]), (&json!(660_001), &json!(true)));
    assert_eq!(contacts[1]["is_main"], false);
    let (_, lead) = get(&world, "/leads/5550002").await;
    assert!(lead["_embedded"].get("contacts").is_none() && lead["price"].is_null());
    let (status, problem) = get(&world, "/leads/1").await;
    assert_eq!((status, &problem["title"]), (404, &json!("Not Found")));
}

#[tokio::test]
async fn lists_filters_and_pages() {
    let world = world().await;
    for query in
        ["filter[id][]=5550002&filter[id][]=7", "filter%5Bid%5D%5B0%5D=5550002", "filter[id]=5550002"]
    {
        let (status, body) = get(&world, &format!("/leads?{query}&with=contacts")).await;
        assert_eq!((status, ids(&body, "leads")), (200, vec![5_550_002]), "{query}");
        assert_eq!(body["_embedded"]["leads"][0]["_embedded"]["contacts"][0]["id"], 660_001);
    }
    let (status, body) = get(&world, "/leads?filter[id][]=7").await;
    assert_eq!((status, body), (204, Value::Null));
    let (_, body) = get(&world, "/leads?limit=1").await;
    assert_eq!(ids(&body, "leads"), [5_550_001]);
    let next = body["_links"]["next"]["href"].as_str().unwrap().to_owned();
    let (_, body) = get(&world, &next).await;
    assert_eq!((ids(&body, "leads"), &body["_page"]), (vec![5_550_002], &json!(2)));
    assert!(body["_links"].get("next").is_none());
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let world = world().await;
    for (path, expected) in [
        ("/leads?limit=251", 400),
        ("/leads?filter[statuses][0][pipeline_id]=1", 400),
        ("/leads?filter[tags][]=1", 400),
        ("/leads?filter[price][about]=1", 400),
        ("/contacts?filter[price][from]=1", 400),
        ("/events?filter[type][]=lead_linked_somehow", 400),
        ("/leads?filter[id][]=x", 400),
        ("/leads?order[price]=desc", 400),
        ("/talks", 404),
        ("/notes", 404),
        ("/leads/pipelines/1", 404),
        ("/users/1", 404),
    ] {
        let (status, body) = get(&world, path).await;
        assert_eq!((status, &body["status"]), (expected, &json!(expected)), "{path}");
    }
    let answer = world.client.get(world.url("/api/v4/account")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(read(answer).await.0, 401);
}

#[tokio::test]
async fn contacts() {
    let world = world().await;
    let (_, contact) = get(&world, "/contacts/660001").await;
    let field = |code: &str, value: &str| {
        let fields = contact["custom_fields_values"].as_array().unwrap();
        let field = fields.iter().find(|field| field["field_code"] == code).unwrap();
        assert_eq!(field["field_type"], "multitext");
        assert_eq!(field["values"][0]["value"], value);
        assert!(field["values"][0]["enum_code"].is_string());
    };
    field("PHONE", "+55 11 91234-5678");
    field("EMAIL", "ana@example.com");
    world.sandbox.put_contact(Contact { id: 660_002, ..Contact::default() });
    let (_, body) = get(&world, "/contacts?filter[id][0]=660002").await;
    assert_eq!(ids(&body, "contacts"), [660_002]);
    assert!(body["_embedded"]["contacts"][0]["custom_fields_values"].is_null());
    assert_eq!(get(&world, "/contacts?filter[id][0]=1").await.0, 204);
}

#[tokio::test]
async fn account_and_pipelines() {
    let world = world().await;
    world.sandbox.move_deal(5_550_001, 770_002, 880_009, AT + 1);
    assert_eq!(get(&world, "/account").await.1["currency"], "EUR");
    let (_, body) = get(&world, "/leads/pipelines").await;
    assert_eq!(ids(&body, "pipelines"), [770_001, 770_002]);
    let statuses = |place: usize| ids(&body["_embedded"]["pipelines"][place], "statuses");
    assert_eq!(statuses(0), [880_000, 880_001, 142, 143]);
    assert_eq!(statuses(1), [880_009, 142, 143]);
    let first = &body["_embedded"]["pipelines"][0]["_embedded"]["statuses"][0];
    assert_eq!((&first["type"], &first["pipeline_id"]), (&json!(1), &json!(770_001)));
}

#[tokio::test]
async fn moves_are_logged_newest_first() {
    let world = world().await;
    assert_eq!(get(&world, "/events").await.0, 204);
    assert!(world.sandbox.move_deal(5_550_001, 770_001, 880_002, AT + 10));
    assert!(world.sandbox.move_deal(5_550_001, 770_001, 142, AT + 10), "within the same second");
    assert!(world.sandbox.move_deal(5_550_002, 770_001, 143, AT + 5));
    assert!(world.sandbox.move_deal(5_550_002, 770_001, 143, AT + 50), "no move, no row");
    assert!(world.sandbox.set_price(5_550_002, Some(9), AT + 60));
    assert!(!world.sandbox.move_deal(1, 1, 1, AT));
    let path = "/events?filter[entity][]=lead&filter[entity_id][]=5550001&filter[entity_id][]=5550002\
                &filter[type][]=lead_status_changed&limit=2";
    let (_, body) = get(&world, path).await;
    let rows = body["_embedded"]["events"].as_array().unwrap();
    assert_eq!(rows[0]["type"], "lead_status_changed");
    assert_eq!((&rows[0]["entity_id"], &rows[0]["entity_type"]), (&json!(5_550_001), &json!("lead")));
    assert_eq!(rows[0]["created_at"], AT + 10);
    assert_eq!(rows[0]["value_after"], json!([{ "lead_status": { "id": 142, "pipeline_id": 770_001 } }]));
    assert_eq!(
        rows[0]["value_before"],
        json!([{ "lead_status": { "id": 880_002, "pipeline_id": 770_001 } }])
    );
    assert_eq!(rows[1]["value_before"][0]["lead_status"]["id"], 880_001);
    let next = body["_links"]["next"]["href"].as_str().unwrap().to_owned();
    let (_, body) = get(&world, &next).await;
    assert_eq!(body["_embedded"]["events"].as_array().unwrap().len(), 1);
    assert_eq!(body["_embedded"]["events"][0]["entity_id"], 5_550_002);
    let (_, won) = get(&world, "/leads/5550001").await;
    assert_eq!((&won["closed_at"], &won["updated_at"]), (&json!(AT + 10), &json!(AT + 10)));
    world.sandbox.move_deal(5_550_001, 770_001, 880_001, AT + 70);
    assert!(get(&world, "/leads/5550001").await.1["closed_at"].is_null(), "open again");
    let (_, other) = get(&world, "/leads/5550002").await;
    assert_eq!((&other["price"], &other["updated_at"]), (&json!(9), &json!(AT + 60)));
}

#[tokio::test]
async fn s1_seven_a_second_and_refusals_of_the_gateway() {
    let world = world().await;
    let mut statuses = Vec::new();
    let asks = async |client: &reqwest::Client| {
        let request = client.get(world.url("/api/v4/account")).header("authorization", "Bearer t");
        request.send().await.unwrap()
    };
    for _ in 0..28 {
        let answer = asks(&world.client).await;
        let status = answer.status().as_u16();
        let headers = answer.headers();
        let kind = headers["content-type"].to_str().unwrap().to_owned();
        assert!(!headers.contains_key("retry-after"));
        let body = answer.text().await.unwrap();
        if status != 200 {
            // S1: it is the page of the gateway, not an answer of the API.
            assert_eq!(kind, "text/html");
            assert!(body.contains("nginx") && !body.contains("retry_after"), "{body}");
        }
        statuses.push(status);
    }
    assert_eq!(statuses[..7], [200; 7]);
    assert_eq!(statuses[7..27], [429; 20]);
    assert_eq!(statuses[27], 403);
    let other = from(0);
    assert_eq!(asks(&other).await.status(), 200, "127.0.0.2 is another address");
    assert_eq!(asks(&world.client).await.status(), 403);
    statuses.extend([200, 403]);
    let recorded: Vec<u16> = world.sandbox.kommo_requests().iter().map(|request| request.status).collect();
    assert_eq!(recorded, statuses);
    assert_eq!(world.sandbox.kommo_requests()[0].path, "/api/v4/account");
}
