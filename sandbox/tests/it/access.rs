//! Datasets of what they are linked to, subscriptions, tokens and how they come about.

use std::time::Duration;

use kopru_sandbox::{App, Asset, AssetKind, SimulatedDataset, Token};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{PAGE, WABA, World, now, read, whatsapp_lead};

const IG: &str = "17841400000000000";
const SECRET: &str = "app_secret_123";
const REDIRECT: &str = "https://app.example.com/back";

/// A Page, a WhatsApp Business Account and an Instagram account without datasets, and an app.
async fn world() -> World {
    let world = World::with(kopru_sandbox::Options::default()).await;
    for (id, kind) in [(PAGE, AssetKind::Page), (WABA, AssetKind::Waba), (IG, AssetKind::Instagram)] {
        let (id, name) = (id.to_owned(), format!("Shop {id}"));
        world.sandbox.add_asset(Asset { id, kind, name, ..Asset::default() });
    }
    let app = App { id: "1".to_owned(), secret: SECRET.to_owned(), name: "App".to_owned(), ..App::default() };
    world.sandbox.add_app(app);
    world.sandbox.add_token(Token { app_id: Some("1".to_owned()), ..Token::of("all") });
    world
}

fn with_permissions(world: &World, permissions: &[&str]) {
    let permissions = Some(permissions.iter().map(|one| (*one).to_owned()).collect());
    world.sandbox.add_token(Token { app_id: Some("1".to_owned()), permissions, ..Token::of("some") });
}

async fn call(world: &World, method: Method, path: &str, pairs: &[(&str, &str)]) -> (u16, Value) {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    read(world.client.request(method, world.url(&format!("{path}?{query}"))).send().await.unwrap()).await
}

/// Code and subcode.
fn refused(answer: &(u16, Value)) -> (u16, i64, Option<i64>) {
    let error = &answer.1["error"];
    (answer.0, error["code"].as_i64().unwrap_or_default(), error["error_subcode"].as_i64())
}

#[tokio::test]
async fn a_dataset_is_made_once_and_found_again() {
    let world = world().await;
    let token = ("access_token", "all");
    for id in [PAGE, WABA, IG] {
        let path = format!("/v25.0/{id}/dataset");
        assert_eq!(call(&world, Method::GET, &path, &[token]).await, (200, json!({ "data": [] })));
        let named = [token, ("dataset_name", "Chats")];
        let (status, made) = call(&world, Method::POST, &path, &named).await;
        assert_eq!(status, 200, "{made}");
        let dataset = made["id"].as_str().unwrap();
        assert!(dataset.bytes().all(|byte| byte.is_ascii_digit()), "{made}");
        assert_eq!(call(&world, Method::POST, &path, &[token]).await, (200, made.clone()), "the same again");
        let shown = json!({ "data": [{ "id": dataset, "name": "Chats" }] });
        assert_eq!(call(&world, Method::GET, &path, &[token]).await, (200, shown));
        let node = call(&world, Method::GET, &format!("/v25.0/{dataset}"), &[token]).await;
        assert_eq!((node.0, &node.1["name"]), (200, &json!("Chats")));
        let other = call(&world, Method::DELETE, &path, &[token]).await;
        assert_eq!(refused(&other), (400, 100, Some(33)));
    }
    let (_, found) = call(&world, Method::GET, &format!("/{WABA}/dataset"), &[token]).await;
    let dataset = found["data"][0]["id"].as_str().unwrap();
    let body = json!({ "data": [whatsapp_lead()], "access_token": "all" });
    let answer = world.post_json(&format!("/v25.0/{dataset}/events"), &body).await;
    assert_eq!(answer.1["error"]["error_subcode"], 2_804_087, "it is linked, and only the click is unknown");
}

/// Whoever makes a dataset with a token that may touch few things may write to it.
#[tokio::test]
async fn the_maker_may_write() {
    let world = world().await;
    world.sandbox.add_token(Token { objects: Some(vec![WABA.to_owned()]), ..Token::of("narrow") });
    let token = ("access_token", "narrow");
    let (_, made) = call(&world, Method::POST, &format!("/v25.0/{WABA}/dataset"), &[token]).await;
    let events = format!("/v25.0/{}/events", made["id"].as_str().unwrap());
    let body = json!({ "data": [whatsapp_lead()], "access_token": "narrow" });
    let (_, answer) = world.post_json(&events, &body).await;
    assert_eq!(answer["error"]["error_subcode"], 2_804_087, "{answer}");
    let other = call(&world, Method::POST, &format!("/v25.0/{PAGE}/dataset"), &[token]).await;
    assert_eq!(refused(&other), (400, 100, Some(33)), "another object looks as if it did not exist");
}

#[tokio::test]
async fn each_edge_needs_its_permission() {
    let world = world().await;
    let token = ("access_token", "some");
    for (id, edge, permission) in [
        (PAGE, "dataset", "page_events"),
        (IG, "dataset", "instagram_manage_events"),
        (WABA, "dataset", "whatsapp_business_manage_events"),
        (WABA, "subscribed_apps", "whatsapp_business_management"),
        (PAGE, "subscribed_apps", "pages_manage_metadata"),
    ] {
        let path = format!("/v25.0/{id}/{edge}");
        with_permissions(&world, &["ads_read"]);
        let answer = call(&world, Method::GET, &path, &[token]).await;
        assert_eq!(refused(&answer), (403, 200, None), "{path}");
        assert!(answer.1["error"]["message"].as_str().unwrap().contains(permission), "{answer:?}");
        with_permissions(&world, &[permission]);
        assert_eq!(call(&world, Method::GET, &path, &[token]).await.0, 200, "{path}");
        let unknown = call(&world, Method::GET, &format!("/v25.0/999/{edge}"), &[token]).await;
        assert_eq!(refused(&unknown), (400, 100, Some(33)));
        assert_eq!(refused(&call(&world, Method::GET, &path, &[]).await), (401, 104, None));
    }
}

#[tokio::test]
async fn apps_are_subscribed() {
    let world = world().await;
    let token = ("access_token", "all");
    let waba = format!("/v25.0/{WABA}/subscribed_apps");
    let page = format!("/v25.0/{PAGE}/subscribed_apps");
    let done = (200, json!({ "success": true }));
    let ids = async |path: &str, at: &str| -> Vec<Value> {
        let (_, list) = call(&world, Method::GET, path, &[token]).await;
        list["data"].as_array().unwrap().iter().map(|one| one.pointer(at).unwrap().clone()).collect()
    };
    let in_waba = "/whatsapp_business_api_data/id";
    assert_eq!(call(&world, Method::POST, &waba, &[token]).await, done);
    assert_eq!(call(&world, Method::POST, &waba, &[token]).await, done, "twice is once");
    assert_eq!(ids(&waba, in_waba).await, ["1"]);
    let put = call(&world, Method::PUT, &waba, &[token]).await;
    assert_eq!(refused(&put), (400, 100, Some(33)));
    assert_eq!(ids(&waba, in_waba).await, ["1"], "what is refused changes nothing");
    assert_eq!(call(&world, Method::DELETE, &waba, &[token]).await, done);
    assert_eq!(ids(&waba, in_waba).await, Vec::<Value>::new());

    assert_eq!(refused(&call(&world, Method::POST, &page, &[token]).await), (400, 100, None));
    let fields = ("subscribed_fields", "messages,leadgen");
    assert_eq!(call(&world, Method::POST, &page, &[token, fields]).await, done);
    assert_eq!(ids(&page, "/id").await, ["1"]);
    assert_eq!(ids(&page, "/subscribed_fields").await, [json!(["messages", "leadgen"])]);
    let long = "x".repeat(5000);
    let too_long = call(&world, Method::POST, &page, &[token, ("subscribed_fields", &long)]).await;
    assert_eq!(refused(&too_long), (400, 100, None));
    assert_eq!(ids(&page, "/subscribed_fields").await, [json!(["messages", "leadgen"])]);

    world.sandbox.add_token(Token::of("of no app"));
    let nobody = call(&world, Method::POST, &waba, &[("access_token", "of no app")]).await;
    assert_eq!(refused(&nobody), (400, 100, None));
}

#[tokio::test]
async fn what_debug_token_tells() {
    let world = world().await;
    world.sandbox.add_dataset(SimulatedDataset {
        id: "5".to_owned(),
        token: "of the manager".to_owned(),
        ..SimulatedDataset::default()
    });
    with_permissions(&world, &["ads_read"]);
    let until = now() + 600;
    world.sandbox.add_token(Token { expires_at: Some(until), ..Token::of("short") });
    world.sandbox.add_token(Token { refused_with: Some(460), ..Token::of("old") });
    let by_app = format!("1|{SECRET}");
    let ask = async |input: &str| {
        let pairs = [("access_token", by_app.as_str()), ("input_token", input)];
        let (status, answer) = call(&world, Method::GET, "/v25.0/debug_token", &pairs).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    };
    let all = ask("all").await;
    assert_eq!(
        (&all["is_valid"], &all["app_id"], &all["application"]),
        (&json!(true), &json!("1"), &json!("App"))
    );
    assert_eq!(ask("some").await["scopes"], json!(["ads_read"]));
    assert_eq!(ask("of the manager").await["scopes"], json!(["read_ads_dataset_quality"]));
    let short = ask("short").await;
    assert_eq!((&short["expires_at"], &short["is_valid"]), (&json!(until), &json!(true)));
    let old = ask("old").await;
    assert_eq!((&old["is_valid"], &old["error"]["subcode"]), (&json!(false), &json!(460)));
    let unknown = ask("nobody's").await;
    assert_eq!((&unknown["is_valid"], &unknown["error"]["code"]), (&json!(false), &json!(190)));
    world.sandbox.advance_clock(Duration::from_secs(601));
    let short = ask("short").await;
    assert_eq!((&short["is_valid"], &short["error"]["subcode"]), (&json!(false), &json!(463)));

    let debug = "/v25.0/debug_token";
    let input = ("input_token", "all");
    for (pairs, method, expected) in [
        (vec![("access_token", "1|wrong"), input], Method::GET, (401, 190, None)),
        (vec![("access_token", "2|x"), input], Method::GET, (401, 190, None)),
        (vec![input], Method::GET, (401, 104, None)),
        (vec![("access_token", "all")], Method::GET, (400, 100, None)),
        (vec![("access_token", "all"), input], Method::POST, (400, 100, Some(33))),
    ] {
        assert_eq!(refused(&call(&world, method, debug, &pairs).await), expected, "{pairs:?}");
    }
    let pairs = [("access_token", "all"), input];
    assert_eq!(call(&world, Method::GET, debug, &pairs).await.0, 200, "a token may ask about itself");
}

async fn code(world: &World, redirect_uri: &str) -> String {
    let input = json!({ "app_id": "1", "redirect_uri": redirect_uri, "permissions": ["ads_read"] });
    let (status, answer) = world.post_json("/sandbox/oauth-codes", &input).await;
    assert_eq!(status, 200, "{answer}");
    answer["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_becomes_a_token_once() {
    let world = world().await;
    world.sandbox.add_app(App { id: "2".to_owned(), secret: "two".to_owned(), ..App::default() });
    let path = "/v25.0/oauth/access_token";
    let app = [("client_id", "1"), ("client_secret", SECRET)];
    let given = code(&world, REDIRECT).await;
    let pairs =
        |app: [(&'static str, &'static str); 2], more: &[(&'static str, &str)]| -> Vec<(String, String)> {
            app.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
    let ask = async |pairs: Vec<(String, String)>| {
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        call(&world, Method::GET, path, &pairs).await
    };
    let right = [("redirect_uri", REDIRECT), ("code", given.as_str())];
    for (wrong, expected) in [
        (pairs(app, &[right[0]]), (400, 100, None)),
        (pairs(app, &[right[0], ("code", "x")]), (400, 100, Some(36_007))),
        (pairs(app, &[right[1]]), (400, 100, Some(36_008))),
        (pairs(app, &[("redirect_uri", "https://app.example.com/"), right[1]]), (400, 100, Some(36_008))),
        (pairs([app[0], ("client_secret", "wrong")], &right), (400, 1, None)),
        (pairs([("client_id", "3"), app[1]], &right), (400, 101, None)),
        (pairs([("client_id", "2"), ("client_secret", "two")], &right), (400, 100, Some(36_007))),
        (pairs([app[1], app[1]], &right), (400, 100, None)),
        (pairs(app, &[("grant_type", "password"), right[0], right[1]]), (400, 100, None)),
    ] {
        assert_eq!(refused(&ask(wrong.clone()).await), expected, "{wrong:?}");
    }
    let (status, answer) = ask(pairs(app, &right)).await;
    assert_eq!((status, &answer["token_type"]), (200, &json!("bearer")), "{answer}");
    let token = answer["access_token"].as_str().unwrap();
    let me = call(&world, Method::GET, "/v25.0/me", &[("access_token", token)]).await;
    assert_eq!(me.0, 200);
    let datasets =
        call(&world, Method::GET, &format!("/v25.0/{PAGE}/dataset"), &[("access_token", token)]).await;
    assert_eq!(refused(&datasets), (403, 200, None), "it has the permissions that were agreed to");
    assert_eq!(ask(pairs(app, &right)).await.0, 400, "a code works once");

    let late = code(&world, REDIRECT).await;
    world.sandbox.advance_clock(Duration::from_secs(601));
    let (status, answer) = ask(pairs(app, &[("redirect_uri", REDIRECT), ("code", &late)])).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("expired"), "{answer}");

    let embedded = code(&world, "").await;
    assert_eq!(ask(pairs(app, &[("code", &embedded)])).await.0, 200, "without an address none is asked for");
    let posted = code(&world, REDIRECT).await;
    let body = json!({
        "client_id": "1", "client_secret": SECRET, "redirect_uri": REDIRECT, "code": posted,
    });
    assert_eq!(world.post_json(path, &body).await.0, 200);
    let (status, answer) = world.post_json("/sandbox/oauth-codes", &json!({ "app_id": "9" })).await;
    assert_eq!((status, answer["error"].is_string()), (400, true));
}

#[tokio::test]
async fn tokens_are_exchanged_for_longer_ones() {
    let world = world().await;
    let of_app = |value: &str| Token { app_id: Some("1".to_owned()), ..Token::of(value) };
    world.sandbox.add_token(Token { expires_at: Some(now() + 600), ..of_app("short") });
    world.sandbox.add_token(Token { refused_with: Some(460), ..of_app("old") });
    world.sandbox.add_token(Token::of("of no app"));
    let path = "/v25.0/oauth/access_token";
    let exchange = async |token: &str| {
        let pairs = [
            ("client_id", "1"),
            ("client_secret", SECRET),
            ("grant_type", "fb_exchange_token"),
            ("fb_exchange_token", token),
        ];
        call(&world, Method::GET, path, &pairs).await
    };
    let (status, answer) = exchange("short").await;
    assert_eq!((status, &answer["expires_in"]), (200, &json!(60 * 86_400)), "{answer}");
    let long = answer["access_token"].as_str().unwrap().to_owned();
    assert_eq!(refused(&exchange("old").await), (401, 190, Some(460)));
    assert_eq!(refused(&exchange("of no app").await), (401, 190, None));
    assert_eq!(refused(&exchange("nobody's").await), (401, 190, None));
    world.sandbox.advance_clock(Duration::from_secs(601));
    assert_eq!(refused(&exchange("short").await), (401, 190, Some(463)), "an expired token is not renewed");
    let me = async || call(&world, Method::GET, "/v25.0/me", &[("access_token", &long)]).await;
    assert_eq!(me().await.0, 200);
    world.sandbox.advance_clock(Duration::from_hours(60 * 24));
    assert_eq!(refused(&me().await), (401, 190, Some(463)));

    let pairs = [("client_id", "1"), ("client_secret", SECRET), ("grant_type", "client_credentials")];
    let (_, answer) = call(&world, Method::GET, path, &pairs).await;
    assert_eq!(answer, json!({ "access_token": format!("1|{SECRET}"), "token_type": "bearer" }));
}

/// The proof is made with the secret of the app that issued the token, on every edge.
#[tokio::test]
async fn proofs_on_every_edge() {
    let world = world().await;
    world.sandbox.add_app(App {
        id: "2".to_owned(),
        secret: SECRET.to_owned(),
        require_proof: true,
        ..App::default()
    });
    world.sandbox.add_token(Token { app_id: Some("2".to_owned()), ..Token::of("EAAB_token_abc") });
    let right = "5d17a594497dd1f6a19fed37d6bf596de6371fd6975657662bf45d7c19728531";
    let token = ("access_token", "EAAB_token_abc");
    for path in ["/v25.0/me", &format!("/v25.0/{PAGE}/dataset"), &format!("/v25.0/{WABA}/subscribed_apps")] {
        let with =
            async |proof: &[(&str, &str)]| call(&world, Method::GET, path, &[&[token], proof].concat()).await;
        assert_eq!(with(&[("appsecret_proof", right)]).await.0, 200, "{path}");
        for wrong in [&[][..], &[("appsecret_proof", "")], &[("appsecret_proof", &right[1..])]] {
            let answer = with(wrong).await;
            assert_eq!(refused(&answer), (400, 100, None), "{path} {wrong:?}");
            assert!(answer.1["error"]["message"].as_str().unwrap().contains("appsecret_proof"));
        }
    }
}
