//! What is answered where nothing is taken: in Graph's form, with what is wrong and how to mend it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::shop::{
    ASKING, CHATS, KEY, OTHERS, READING, SHOP, STRICT, Shop, changed, now_s, purchase, refused,
};
use crate::{raw, world::ADMIN_TOKEN};

/// The head and the body of an answer to bytes.
async fn answer(shop: &Shop, bytes: &str, is_ended: bool) -> (String, Value) {
    let mut stream = raw::write(shop.0.doors.address, bytes.as_bytes()).await;
    if is_ended {
        stream.shutdown().await.unwrap();
    }
    let answer = raw::answer(&mut stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

fn is_graphs(body: &Value) {
    let error = &body["error"];
    assert!(error["fbtrace_id"].as_str().is_some_and(|id| id.len() == 23), "{body}");
    for key in ["message", "type", "error_user_title", "error_user_msg"] {
        assert!(error[key].as_str().is_some_and(|text| text.len() > 5), "{key}: {body}");
    }
    assert!(error["code"].is_u64() && error["is_transient"].is_boolean(), "{body}");
}

/// Whoever has a key proves it by the key, so that it can be said what is the matter with it; of others nothing is
/// said that their form does not show.
#[tokio::test]
async fn each_wrong_token_has_words_of_its_own() {
    let shop = Shop::of(&["acme", "other"]).await;
    shop.0.keys.revoke(shop.0.workspace, ASKING.trim_start_matches("kopru_"), 1).await.unwrap();
    let mut all: Vec<String> = Vec::new();
    for (token, title, mend) in [
        (READING, "reports no events", "--scope events"),
        (ASKING, "was revoked", "make another"),
        (OTHERS, "another business", "dataset's id"),
        ("EAABsbCS1iHgBO0abcdef", "token of Meta", "stays with Kopru"),
        ("kopru_0123456789", "not known", "mistyped or cut"),
        (ADMIN_TOKEN, "no key", "admin token"),
        ("secret", "no key", "admin token"),
    ] {
        let in_head = shop.post(token, &json!({ "data": [purchase("a")] })).await;
        let body = json!({ "access_token": token, "data": [purchase("a")] }).to_string();
        let in_body = shop.send(shop.to(SHOP).body(body)).await;
        for answer in [in_head, in_body] {
            answer.is_refused(401, 190);
            is_graphs(&answer.json);
            let error = &answer.json["error"];
            let said =
                (error["error_user_title"].as_str().unwrap(), error["error_user_msg"].as_str().unwrap());
            assert!(said.0.contains(title) && said.1.contains(mend), "{said:?}");
            all.push(said.1.to_owned());
        }
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
    // As Graph does: the older word before the key is as good.
    let request = |scheme: &str| shop.to(SHOP).header("authorization", format!("{scheme} {KEY}"));
    let body = |id: &str| json!({ "data": [purchase(id)] }).to_string();
    shop.send(request("OAuth").body(body("oauth"))).await.is_received(1);
    let answer = shop.send(request("Token").body(body("other"))).await;
    answer.is_refused(401, 190);
    assert!(answer.json["error"]["error_user_msg"].as_str().unwrap().contains("Bearer"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_around_the_events_is_said_as_graph_says_it() {
    let shop = Shop::new().await;
    let head = |method: &str, path: &str, extra: &str| {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {KEY}\r\n{extra}\r\n"
        )
    };
    let events = format!("/v24.0/{SHOP}/events");
    let chunked = "transfer-encoding: chunked\r\n";
    for (bytes, is_ended, status) in [
        (head("POST", &events, "content-length: 9\r\n") + "{\"data\"", true, 400),
        (head("POST", &events, chunked) + "5\r\n{\"dat\r\n", true, 400),
        (head("POST", &events, chunked) + "zz\r\n{}\r\n", false, 400),
        (head("POST", &events, "content-length: 17000000\r\n"), false, 413),
        (head("POST", &events, "content-length: 2\r\ncontent-encoding: br\r\n") + "{}", false, 400),
        (head("POST", &format!("/v24/{SHOP}/events"), "content-length: 2\r\n") + "{}", false, 404),
        (head("POST", &format!("/v24.0/{SHOP}/activities"), "content-length: 2\r\n") + "{}", false, 404),
        (head("GET", &format!("/v24.0/{SHOP}"), ""), false, 404),
        (head("GET", &events, ""), false, 405),
        (head("POST", &events, "content-length: 900000\r\n") + &" ".repeat(70_000), false, 408),
    ] {
        let (head, body) = answer(&shop, &bytes, is_ended).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}\n{body}");
        assert!(head.to_lowercase().contains("content-type: application/json; charset=utf-8"), "{head}");
        is_graphs(&body);
    }
    // What is none of Graph's addresses is answered as before.
    let (path, client) = (shop.0.door("/favicon.ico"), &shop.0.client);
    assert_eq!(client.get(path).send().await.unwrap().text().await.unwrap(), "");
    let counted = [("broken_off", 3), ("too_large", 1), ("too_slow", 1), ("unread_body", 1)];
    shop.ends_with_refused(&counted).await;
}

/// Bodies whose key is known from the head are not held up by those of whom nobody knows who sends them.
#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_of_strangers_leave_those_with_a_key_alone() {
    const EVENTS_BYTES_MAX: usize = 16 * 1024 * 1024;
    let shop = Shop::of(&["acme", "other"]).await;
    let mut slow = Vec::new();
    for dataset in [SHOP, CHATS] {
        for _ in 0..12 {
            let head = format!(
                "POST /v24.0/{dataset}/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            );
            let mut stream = raw::write(shop.0.doors.address, head.as_bytes()).await;
            slow.push(tokio::spawn(async move {
                let chunk = [format!("{:x}\r\n", 1 << 17).as_bytes(), &vec![b' '; 1 << 17], b"\r\n"].concat();
                while stream.write_all(&chunk).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }));
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    for number in 0..3 {
        let large = json!({ "data": [purchase(&format!("l{number}"))] }).to_string();
        let large = format!("{large}{}", " ".repeat(EVENTS_BYTES_MAX - large.len()));
        shop.send(shop.to(SHOP).bearer_auth(KEY).body(large)).await.is_received(1);
    }
    // A stranger is told when to come again.
    let body = json!({ "access_token": KEY, "data": [purchase("s")] }).to_string();
    let response = shop.to(SHOP).body(format!("{body}{}", " ".repeat(200_000))).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()),
        (503, "30")
    );
    super::shop::Answer::of(response).await.is_refused(503, 2);
    slow.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!(shop.kept().await.len(), 3);
}

/// A request is counted, or each of its events, and never both.
#[tokio::test]
async fn nothing_is_counted_twice() {
    let shop = Shop::new().await;
    shop.tell(&[refused("alone")]).await.is_refused(400, 100);
    shop.tell(&[refused("a"), refused("b"), json!(7)]).await.is_refused(400, 100);
    shop.tell(&[refused("c"), purchase("good")]).await;
    shop.post(STRICT, &json!({ "data": [refused("d"), purchase("e"), purchase("f")] }))
        .await
        .is_refused(400, 100);
    shop.post(STRICT, &json!({ "data": [refused("g")] })).await.is_refused(400, 100);
    shop.tell(&[]).await.is_refused(400, 100);
    let counted = [("bad_request", 1), ("refused_event", 7), ("refused_strictly", 2)];
    shop.ends_with_refused(&counted).await;
}

/// What is dated ahead waits, which its sender and whoever looks at the list are told.
#[tokio::test]
async fn an_event_of_later_waits_and_that_is_seen() {
    let shop = Shop::new().await;
    let answer = shop.tell(&[changed("ahead", "/event_time", now_s() + 1800)]).await;
    assert_eq!((answer.status, &answer.json["events_received"]), (200, &json!(1)));
    assert_eq!(answer.json["kopru"]["advice"][0]["path"], "event_time", "{answer:?}");
    let kept = shop.kept().await;
    assert!(kept[0]["leaves"].is_string(), "{}", kept[0]);
}
