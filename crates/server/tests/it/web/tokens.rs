//! Who may report events, and to where.

use reqwest::RequestBuilder;
use serde_json::json;

use super::shop::{ASKING, Answer, CHATS, KEY, OTHER, OTHERS, READING, SHARED, SHOP, STRICT, Shop, purchase};
use crate::raw;

const FORM: &str = "application/x-www-form-urlencoded";

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn multipart(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    fields.iter().map(part).chain(["--part--\r\n".to_owned()]).collect()
}

/// The token of a request in each place, if there is one, with one event.
fn in_each_place(
    shop: &Shop,
    dataset: &str,
    token: Option<&str>,
    id: &str,
) -> Vec<(&'static str, RequestBuilder)> {
    let list = |place: &str| json!([purchase(&format!("{id}-{place}"))]).to_string();
    let to = |content_type: &str| shop.to(dataset).header("content-type", content_type);
    let body = |place: &str| format!(r#"{{"data":{}}}"#, list(place));
    let Some(token) = token else { return vec![("nowhere", to("application/json").body(body("nowhere")))] };
    let data = list("json");
    vec![
        ("header", to("application/json").bearer_auth(token).body(body("header"))),
        ("query", to("application/json").query_pair("access_token", token).body(body("query"))),
        ("json", to("application/json").body(format!(r#"{{"access_token":"{token}","data":{data}}}"#))),
        ("form", to(FORM).body(form(&[("data", &list("form")), ("access_token", token)]))),
        (
            "multipart",
            to("multipart/form-data; boundary=part")
                .body(multipart(&[("access_token", token), ("data", &list("multipart"))])),
        ),
    ]
}

/// The client's own needs a feature that nothing else here does.
trait QueryPair {
    fn query_pair(self, name: &str, value: &str) -> Self;
}

impl QueryPair for RequestBuilder {
    fn query_pair(self, name: &str, value: &str) -> Self {
        let (client, request) = self.build_split();
        let mut request = request.unwrap();
        request.url_mut().query_pairs_mut().append_pair(name, value);
        Self::from_parts(client, request)
    }
}

#[tokio::test]
async fn a_key_opens_from_each_of_its_places() {
    let shop = Shop::new().await;
    for (place, request) in in_each_place(&shop, SHOP, Some(KEY), "a") {
        let answer = shop.send(request).await;
        assert_eq!(answer.status, 200, "{place}: {answer:?}");
        answer.is_received(1);
    }
    assert_eq!(shop.ids().await, ["a-header", "a-query", "a-json", "a-form", "a-multipart"]);
    for kept in shop.kept().await {
        let of = (&kept["route"], &kept["state"], &kept["dataset"], &kept["cause"]);
        assert_eq!(of, (&json!("website"), &json!("queued"), &json!(SHOP), &json!("activity")), "{kept}");
    }
    shop.ends_with_refused(&[]).await;
}

#[tokio::test]
async fn what_is_no_key_of_the_dataset_opens_it_from_nowhere() {
    let shop = Shop::of(&["acme", "other"]).await;
    shop.0.keys.revoke(shop.0.workspace, STRICT.trim_start_matches("kopru_"), 1).await.unwrap();
    let mut refused = 0;
    for (what, token) in [
        ("another business's", OTHERS),
        ("one that only reads", READING),
        ("a revoked one", STRICT),
        ("one cut short", &KEY[..KEY.len() - 1]),
        ("its name alone", "the-key-of-the-shop"),
        ("one of Meta's", "EAABsbCS1iHgBO0abcdef"),
    ] {
        for (place, request) in in_each_place(&shop, SHOP, Some(token), "b") {
            let answer = shop.send(request).await;
            answer.is_refused(401, 190);
            assert_eq!(answer.json["error"]["type"], "OAuthException", "{what} in {place}");
            refused += 1;
        }
    }
    // Its own it opens, with the same ids: they are another business's.
    for (_, request) in in_each_place(&shop, OTHER, Some(OTHERS), "b") {
        shop.send(request).await.is_received(1);
    }
    assert_eq!((shop.kept().await.len(), shop.kept_of("other").await.len()), (0, 5));
    shop.ends_with_refused(&[("bad_token", refused)]).await;
}

#[tokio::test]
async fn a_dataset_that_two_businesses_have_is_opened_for_whoever_has_the_key() {
    let shop = Shop::of(&["acme", "other"]).await;
    for (token, workspace) in [(KEY, "acme"), (OTHERS, "other")] {
        for (place, request) in in_each_place(&shop, SHARED, Some(token), "c") {
            let answer = shop.send(request).await;
            assert_eq!(answer.status, 200, "{workspace} {place}: {answer:?}");
            answer.is_received(1);
        }
        assert_eq!(shop.kept_of(workspace).await.len(), 5, "{workspace}");
    }
}

#[tokio::test]
async fn no_token_and_two_tokens_are_refused() {
    let shop = Shop::new().await;
    for (_, request) in in_each_place(&shop, SHOP, None, "d") {
        shop.send(request).await.is_refused(401, 190);
    }
    // An empty one is none, in the head as in the body.
    for request in [
        shop.to(SHOP).header("authorization", "Bearer "),
        shop.to(SHOP).query_pair("access_token", ""),
        shop.to(SHOP).header("authorization", "Basic a29wcnU6eA=="),
    ] {
        shop.send(request.body(r#"{"data":[],"access_token":""}"#)).await.is_refused(401, 190);
    }
    let body = |token: &str| json!({ "access_token": token, "data": [purchase("e")] }).to_string();
    let both = |request: RequestBuilder| async { shop.send(request).await };
    both(shop.to(SHOP).bearer_auth(KEY).body(body(STRICT))).await.is_refused(401, 190);
    both(shop.to(SHOP).bearer_auth(KEY).query_pair("access_token", ASKING).body("{}"))
        .await
        .is_refused(401, 190);
    both(shop.to(SHOP).query_pair("access_token", STRICT).body(body(KEY))).await.is_refused(401, 190);
    assert!(shop.kept().await.is_empty());
    both(shop.to(SHOP).bearer_auth(KEY).query_pair("access_token", KEY).body(body(KEY))).await.is_received(1);
    shop.ends_with_refused(&[("no_token", 4), ("two_tokens", 3)]).await;
}

/// Its sender learns at once that it is mistaken, and its body costs nothing.
#[tokio::test]
async fn who_cannot_come_in_by_the_head_is_refused_before_the_body_is_read() {
    let shop = Shop::new().await;
    let address = shop.0.doors.address;
    for (path, header, status) in [
        ("/v24.0/999/events".to_owned(), format!("authorization: Bearer {KEY}\r\n"), "400 Bad Request"),
        ("/v24.0/999/events".to_owned(), String::new(), "400 Bad Request"),
        (format!("/v24.0/{SHOP}/events"), "authorization: Bearer wrong\r\n".into(), "401 Unauthorized"),
        (format!("/v24.0/{SHOP}/events?access_token=wrong"), String::new(), "401 Unauthorized"),
        (format!("/v24.0/{CHATS}/events"), format!("authorization: Bearer {KEY}\r\n"), "400 Bad Request"),
        (format!("/v24/{SHOP}/events"), String::new(), "404 Not Found"),
    ] {
        for extra in ["", "expect: 100-continue\r\n"] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{header}content-length: 9000000\r\n{extra}\r\n"
            );
            let mut stream = raw::write(address, head.as_bytes()).await;
            assert_eq!(raw::status_line(&mut stream).await, format!("HTTP/1.1 {status}"), "{head}");
        }
    }
    shop.ends_with_refused(&[("bad_token", 4), ("website_off", 2)]).await;
}

#[tokio::test]
async fn what_the_answer_says_of_the_dataset() {
    let shop = Shop::new().await;
    for (_, request) in in_each_place(&shop, CHATS, Some(KEY), "f") {
        let answer: Answer = shop.send(request).await;
        answer.is_refused(400, 100);
        let said = answer.json["error"]["error_user_msg"].as_str().unwrap().to_owned();
        assert!(said.contains(CHATS) && said.contains("list \"website\" under its routes"), "{said}");
    }
    let answer = shop.send(shop.to("7777").bearer_auth(KEY).body("{}")).await;
    answer.is_refused(400, 100);
    let error = &answer.json["error"];
    assert_eq!((&error["type"], &error["error_subcode"]), (&json!("GraphMethodException"), &json!(33)));
    // Other methods and edges are nobody's.
    let door = |path: &str| shop.0.door(path);
    let asked =
        shop.0.client.get(door(&format!("/v24.0/{SHOP}/events"))).bearer_auth(KEY).send().await.unwrap();
    assert_eq!(asked.status(), 405);
    let asked =
        shop.0.client.post(door(&format!("/v24.0/{SHOP}/activities"))).bearer_auth(KEY).send().await.unwrap();
    assert_eq!(asked.status(), 404);
    // Any version, and a slash behind, is the same door.
    for version in ["v2.10", "v19.0", "v26.0", "v99.0"] {
        let path = door(&format!("/{version}/{SHOP}/events/"));
        let body = json!({ "data": [purchase(version)] }).to_string();
        shop.send(shop.0.client.post(path).bearer_auth(KEY).body(body)).await.is_received(1);
    }
    shop.ends_with_refused(&[("website_off", 5)]).await;
}
