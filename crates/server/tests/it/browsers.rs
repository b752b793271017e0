//! The door of browsers, as any program can call it.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use server::{CollectDoor, DatasetDoor};
use sources::Pixel;
use store::{Views, views::Listed};

use crate::{
    web::shop::{KEY, SHOP, Shop, now_s},
    world::World,
};

const PAGE: &str = "https://shop.example.com";
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0 Safari/537.36";

/// The tag of a business of this name.
pub fn tag(name: &str, dataset: &DatasetDoor) -> CollectDoor {
    CollectDoor {
        key: format!("{name}-web"),
        workspace: dataset.workspace,
        workspace_name: name.to_owned(),
        pixel: Pixel {
            sites: vec!["shop.example.com".into()],
            dataset: None,
            hash_in_page: false,
            leaves_pixel_alone: false,
        },
        dataset: dataset.dataset.clone(),
        tenant: dataset.tenant.clone(),
        policy: std::sync::Arc::clone(&dataset.policy),
    }
}

fn event(id: &str) -> Value {
    json!({ "name": "PageView", "id": id, "ago": 0, "url": format!("{PAGE}/a?cart=secretsession") })
}

/// Of somebody who is known by an id of the shop's.
fn body(event: &Value) -> Value {
    json!({ "user": { "external_id": "c-7" }, "events": [event] })
}

fn collect(world: &World, body: &impl ToString) -> RequestBuilder {
    let request = world.client.post(world.door("/collect/acme-web")).header("user-agent", AGENT);
    request.header("origin", PAGE).body(body.to_string())
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

async fn listed(world: &World) -> Vec<Listed> {
    world.store.conversions(world.workspace, None, 100).await.unwrap()
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_tag_is_small_and_kept_for_an_hour() {
    let world = World::new().await;
    let get = |key: &str| world.client.get(world.door(&format!("/kopru.js?key={key}")));
    let answer = get("acme-web").header("accept-encoding", "br, gzip").send().await.unwrap();
    assert_eq!(header(&answer, "content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(header(&answer, "cache-control"), Some("public, max-age=3600"));
    assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    assert_eq!(header(&answer, "content-encoding"), Some("gzip"));
    let etag = header(&answer, "etag").unwrap().to_owned();
    let zipped = answer.bytes().await.unwrap();
    assert!(zipped.len() < 4096, "{} bytes", zipped.len());

    let plain = get("acme-web").header("accept-encoding", "gzip;q=0").send().await.unwrap();
    assert_eq!(header(&plain, "content-encoding"), None);
    let text = plain.text().await.unwrap();
    assert!(text.contains("\"key\":\"acme-web\"") && text.contains("\"required\":false"), "{text}");
    assert!(
        !text.contains("SETTINGS") && !text.contains("define.amd") && !text.contains("exports"),
        "{text}"
    );
    assert_eq!(status(get("acme-web").header("if-none-match", etag)).await, 304);

    let unknown = get("nobodys").send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    let text = unknown.text().await.unwrap();
    assert!(text.starts_with("/*") && text.trim_end().ends_with("*/"), "{text}");
    let other = World::with("0123456789abcdef0123456789abcdef", &["careful"]).await;
    let text =
        other.client.get(other.door("/kopru.js?key=careful-web")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("\"required\":true"), "{text}");
}

#[tokio::test]
async fn what_a_page_tells_is_kept_before_it_is_answered() {
    let world = World::new().await;
    let answer = collect(&world, &body(&event("1"))).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(header(&answer, "access-control-allow-origin"), Some(PAGE));
    assert_eq!(header(&answer, "access-control-allow-credentials"), Some("true"));
    assert_eq!(header(&answer, "vary"), Some("origin"));
    assert_eq!(status(collect(&world, &body(&event("1")))).await, 204, "the same again");
    // A beacon of a browser that hides the origin says who refers.
    let beacon = world.client.post(world.door("/collect/acme-web")).header("user-agent", AGENT);
    let beacon = beacon.header("referer", format!("{PAGE}/x")).body(body(&event("2")).to_string());
    assert_eq!(status(beacon).await, 204);
    let mut ids: Vec<_> = listed(&world).await.into_iter().map(|one| one.conversion.event_id).collect();
    ids.sort();
    assert_eq!(ids, ["1", "2"]);
}

#[tokio::test]
async fn whoever_may_not_send_leaves_nothing_but_a_count() {
    let world = World::new().await;
    let from = |origin: &str| {
        let request = world.client.post(world.door("/collect/acme-web")).header("user-agent", AGENT);
        request.header("origin", origin).body(body(&event("x")).to_string())
    };
    for origin in ["https://evil.test", "https://shop.example.com.evil.test", "null", "file://"] {
        let answer = from(origin).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "access-control-allow-origin")),
            (204, None),
            "{origin}"
        );
    }
    let unknown = world.client.post(world.door("/collect/nobodys")).header("origin", PAGE).body("{}");
    assert_eq!(status(unknown).await, 404);
    let asked = |origin: &str| {
        let url = world.door("/collect/acme-web");
        world.client.request(reqwest::Method::OPTIONS, url).header("origin", origin)
    };
    let allowed = asked(PAGE).send().await.unwrap();
    assert_eq!(header(&allowed, "access-control-allow-methods"), Some("POST"));
    assert_eq!(
        header(&asked("https://evil.test").send().await.unwrap(), "access-control-allow-origin"),
        None
    );

    let bot = AGENT.to_owned() + " (compatible; Googlebot/2.1)";
    for (what, request, answered) in [
        (
            "a bot",
            world
                .client
                .post(world.door("/collect/acme-web"))
                .header("user-agent", bot)
                .header("origin", PAGE)
                .body(body(&event("x")).to_string()),
            204,
        ),
        ("privacy", collect(&world, &body(&event("x"))).header("sec-gpc", "1"), 204),
        ("an odd consent", collect(&world, &json!({ "consent": "no", "events": [event("x")] })), 204),
        ("nobody was asked", collect(&world, &json!({ "unasked": true })), 204),
        ("no JSON", collect(&world, &"fbp=1"), 400),
        ("too large", collect(&world, &" ".repeat(65 * 1024)), 413),
        (
            "another site",
            collect(&world, &body(&json!({ "name": "A", "id": "1", "ago": 0, "url": "https://evil.test/" }))),
            400,
        ),
        (
            "refused",
            collect(&world, &body(&json!({ "name": "Purchase", "id": "1", "ago": 0, "url": PAGE }))),
            400,
        ),
    ] {
        assert_eq!(status(request).await, answered, "{what}");
    }
    assert!(listed(&world).await.is_empty());
    let health: Value =
        serde_json::from_str(&world.get("/api/v1/health").await.text().await.unwrap()).unwrap();
    let sites = health["sites_refused"].as_array().unwrap();
    let named = |host: &str| sites.iter().any(|site| site["host"] == host && site["workspace"] == "acme");
    assert!(named("evil.test") && named("shop.example.com.evil.test") && named("(none)"), "{health}");
    let refused: Value =
        serde_json::from_str(&world.get("/api/v1/refused").await.text().await.unwrap()).unwrap();
    assert_eq!(
        (&refused[0]["event_name"], &refused[0]["key"]),
        (&json!("Purchase"), &json!("pixel:shop.example.com"))
    );
    let counts = format!("{:?}", world.stopped().await);
    for reason in [
        "site_refused",
        "bot",
        "gpc",
        "no_consent",
        "before_consent",
        "unread_body",
        "too_large",
        "refused_event",
    ] {
        assert!(counts.contains(reason), "{reason}: {counts}");
    }
}

#[tokio::test]
async fn an_address_that_sends_too_much_waits() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for number in 0..300 {
        answers.push(status(collect(&world, &body(&event(&number.to_string())))).await);
    }
    let taken = answers.iter().filter(|status| **status == 204).count();
    assert!(answers.contains(&429) && taken >= 240, "{taken}");
}

#[tokio::test]
async fn before_a_yes_nothing_is_kept_where_it_is_required() {
    let world = World::with("0123456789abcdef0123456789abcdef", &["careful"]).await;
    let send = |body: Value| {
        let request = world.client.post(world.door("/collect/careful-web")).header("user-agent", AGENT);
        request.header("origin", PAGE).body(body.to_string())
    };
    assert_eq!(status(send(body(&event("1")))).await, 204);
    assert!(listed(&world).await.is_empty());
    assert_eq!(
        status(send(json!({ "consent": "yes", "user": { "external_id": "c-7" }, "events": [event("1")] })))
            .await,
        204
    );
    assert_eq!(listed(&world).await.len(), 1);
}

#[tokio::test]
async fn cookies_are_prolonged_where_page_and_door_are_of_one_site() {
    let world = World::new().await;
    let fbp = format!("fb.1.{}000.77", now_s() - 60);
    let told = json!({ "fbp": fbp, "events": [event("1")] });
    let on = |host: &'static str, id: &str| {
        let mut told = told.clone();
        told["events"][0]["id"] = id.into();
        collect(&world, &told).header("host", host).header("cookie", "_fbc=undefined; other=1")
    };
    let first_party = on("track.shop.example.com", "1").send().await.unwrap();
    let cookies: Vec<_> = first_party.headers().get_all("set-cookie").iter().collect();
    let expected = format!("_fbp={fbp}; Max-Age=7776000; Path=/; Domain=example.com; SameSite=Lax; Secure");
    assert_eq!(cookies, [expected.as_str()]);
    assert_eq!(header(&on("convert.example.net", "2").send().await.unwrap(), "set-cookie"), None);
    // A browser without one gets none: only its page can see whether it would stay.
    let without = collect(&world, &body(&event("3"))).header("host", "track.shop.example.com");
    let without = without.send().await.unwrap();
    assert_eq!((without.status().as_u16(), header(&without, "set-cookie")), (204, None));
}

/// Order numbers can be guessed: what a page claims of one neither takes the server's place nor changes its sale.
#[tokio::test]
async fn a_page_that_guesses_an_order_loses_no_sale() {
    let shop = Shop::new().await;
    let world = &shop.0;
    let purchase = |value: &str| {
        json!({
            "name": "Purchase", "id": "1001", "ago": 0, "url": PAGE,
            "data": { "value": value, "currency": "TRY", "order_id": "1001" },
        })
    };
    assert_eq!(status(collect(world, &body(&purchase("0.01")))).await, 204);
    let reported = json!({ "data": [{
        "event_name": "Purchase", "event_id": "1001", "event_time": now_s(), "action_source": "website",
        "event_source_url": PAGE,
        "user_data": { "client_user_agent": AGENT, "em": "ada@example.org" },
        "custom_data": { "value": "499", "currency": "TRY", "order_id": "1001" },
    }] });
    let url = world.door(&format!("/v24.0/{SHOP}/events"));
    let report = world.client.post(url).bearer_auth(KEY).header("content-type", "application/json");
    let answer: Value =
        serde_json::from_str(&report.body(reported.to_string()).send().await.unwrap().text().await.unwrap())
            .unwrap();
    assert_eq!((&answer["events_received"], &answer["kopru"]), (&json!(1), &Value::Null), "no duplicate");
    // Nor does another value of a page change what the server reported.
    assert_eq!(status(collect(world, &body(&purchase("0.02")))).await, 204);
    let listed = listed(world).await;
    let stands: Vec<_> = listed
        .iter()
        .map(|one| &one.conversion)
        .map(|one| (one.cause.to_string(), one.state.code(), one.reason.map(kopru_core::Reason::code)))
        .collect();
    assert_eq!(
        stands,
        [
            ("graph:the-key-of-the-shop/1001".to_owned(), "queued", None),
            ("pixel:shop.example.com/1001".to_owned(), "suppressed", Some("reported_with_key")),
        ]
    );
}
