//! Kommo's OAuth: codes, access tokens, refresh tokens that rotate.

use std::time::Duration;

use kopru_sandbox::{KommoIntegration, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::kommo::ask_as;
use crate::{World, changed};

const HOUR: Duration = Duration::from_hours(1);

async fn world() -> World {
    let integration = KommoIntegration {
        client_id: "c-1".to_owned(),
        client_secret: "s-1".to_owned(),
        redirect_uri: "https://example.com/back?a=1".to_owned(),
    };
    World::with(Options { kommo_integration: Some(integration), ..Options::default() }).await
}

fn grant(kind: &str, key: &str, secret: &Value) -> Value {
    json!({
        "client_id": "c-1", "client_secret": "s-1", "redirect_uri": "https://example.com/back?a=1",
        "grant_type": kind, key: secret,
    })
}

async fn exchange(world: &World, body: &Value) -> (u16, Value) {
    // Every other test may ask more than seven times; the limit has its own.
    ask_as(world, "", Method::POST, &world.url("/oauth2/access_token"), body).await
}

async fn account(world: &World, token: &Value) -> u16 {
    ask_as(world, token.as_str().unwrap(), Method::GET, "/account", &Value::Null).await.0
}

async fn code(world: &World) -> Value {
    world.post_json("/sandbox/kommo/oauth-code", &json!({})).await.1["code"].clone()
}

#[tokio::test]
async fn from_a_code_to_tokens_that_rotate() {
    let world = world().await;
    let code = code(&world).await;
    let first = grant("authorization_code", "code", &code);
    let (status, tokens) = exchange(&world, &first).await;
    assert_eq!(
        (status, &tokens["token_type"], &tokens["expires_in"]),
        (200, &json!("Bearer"), &json!(86_400))
    );
    assert!(tokens["server_time"].is_i64());
    assert_eq!(account(&world, &tokens["access_token"]).await, 200);
    let (status, problem) = exchange(&world, &first).await;
    assert_eq!((status, &problem["hint"]), (400, &json!("Authorization code has been revoked")));

    world.sandbox.advance_clock(25 * HOUR);
    assert_eq!(account(&world, &tokens["access_token"]).await, 401, "a day is over");
    let refresh = grant("refresh_token", "refresh_token", &tokens["refresh_token"]);
    let (status, second) = exchange(&world, &refresh).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], tokens["refresh_token"]);
    assert_eq!(account(&world, &second["access_token"]).await, 200);
    let (status, problem) = exchange(&world, &refresh).await;
    assert_eq!((status, &problem["hint"]), (401, &json!("Token has been revoked")), "it was used");

    world.sandbox.advance_clock(89 * 24 * HOUR);
    let (status, third) =
        exchange(&world, &grant("refresh_token", "refresh_token", &second["refresh_token"])).await;
    assert_eq!(status, 200);
    world.sandbox.advance_clock(91 * 24 * HOUR);
    let late = grant("refresh_token", "refresh_token", &third["refresh_token"]);
    assert_eq!(exchange(&world, &late).await.0, 401, "three months are over");
}

#[tokio::test]
async fn wrong_requests_are_refused_and_spend_nothing() {
    let world = world().await;
    let code = code(&world).await;
    let right = grant("authorization_code", "code", &code);
    for wrong in [
        json!({ "client_id": "c-2" }),
        json!({ "client_secret": "s-2" }),
        json!({ "redirect_uri": "https://example.com/back" }),
        json!({ "code": "def50200" }),
        json!({ "grant_type": "password" }),
        json!({ "client_id": null }),
    ] {
        let (status, problem) = exchange(&world, &changed(&right, &wrong)).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(problem["hint"].is_string() && problem["title"].is_string(), "{problem}");
    }
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(right.as_object().unwrap().iter().map(|(key, value)| (key, value.as_str().unwrap())))
        .finish();
    let content_type = "application/x-www-form-urlencoded";
    assert_eq!(world.post("/oauth2/access_token", content_type, form).await.0, 200, "as a form");

    let late = self::code(&world).await;
    world.sandbox.advance_clock(Duration::from_mins(21));
    assert_eq!(exchange(&world, &grant("authorization_code", "code", &late)).await.0, 400);
    let bare = World::with(Options::default()).await;
    assert_eq!(exchange(&bare, &right).await.0, 400, "no integration");
    let integration =
        json!({ "client_id": "c-1", "client_secret": "s-1", "redirect_uri": "https://example.com/back?a=1" });
    assert_eq!(bare.post_json("/sandbox/kommo/integration", &integration).await.0, 200);
    let code = self::code(&bare).await;
    assert_eq!(exchange(&bare, &grant("authorization_code", "code", &code)).await.0, 200);
}

#[tokio::test]
async fn the_user_is_sent_back_with_a_code() {
    let world = world().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.get(world.url("/oauth?client_id=c-1&state=a%20b")).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let back = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let value = |key: &str| back.query_pairs().find(|(known, _)| known == key).unwrap().1.into_owned();
    assert_eq!((value("a"), value("state"), value("client_id")), ("1".into(), "a b".into(), "c-1".into()));
    assert_eq!(value("referer"), world.running.addr().to_string());
    let body = grant("authorization_code", "code", &json!(value("code")));
    assert_eq!(exchange(&world, &body).await.0, 200);
    assert_eq!(client.get(world.url("/oauth?client_id=c-2")).send().await.unwrap().status(), 404);
}
