//! How much a request may be, how long it may take, and whom it may not disturb.

use std::{fmt::Write, sync::Arc, time::Duration};

use serde_json::{Value, json};
use server::OpenDoors;
use tokio::io::AsyncWriteExt;

use super::shop::{self, KEY, OTHER, OTHERS, SHOP, Shop, purchase, refused};
use crate::{
    log, raw,
    world::{KOMMO, tenant},
};

const EVENTS_BYTES_MAX: usize = 16 * 1024 * 1024;

fn head(extra: &str) -> String {
    format!("POST /v24.0/{SHOP}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n{extra}\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_are_a_request_and_one_more_is_none() {
    let shop = Shop::new().await;
    let events: Vec<Value> = (0..1001).map(|number| purchase(&number.to_string())).collect();
    let answer = shop.tell(&events).await;
    answer.is_refused(400, 100);
    assert!(answer.json["error"]["error_user_msg"].as_str().unwrap().contains("1000"), "{answer:?}");
    assert!(shop.kept().await.is_empty());
    shop.tell(&events[1..]).await.is_received(1000);
    assert_eq!(shop.kept().await.len(), 1000);
    shop.ends_with_refused(&[("bad_request", 1)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_body_fits_and_a_byte_more_is_too_much() {
    let shop = Shop::new().await;
    let good = json!({ "data": [purchase("large")] }).to_string();
    let body = format!("{good}{}", " ".repeat(EVENTS_BYTES_MAX - good.len()));
    shop.send(shop.to(SHOP).bearer_auth(KEY).body(body.clone())).await.is_received(1);

    let announced = head(&format!("content-length: {}\r\n", EVENTS_BYTES_MAX + 1));
    let mut stream = raw::write(shop.0.doors.address, announced.as_bytes()).await;
    assert_eq!(raw::status_line(&mut stream).await, "HTTP/1.1 413 Payload Too Large");
    let mut chunked = head("transfer-encoding: chunked\r\n");
    write!(chunked, "{:x}\r\n{body} \r\n", EVENTS_BYTES_MAX + 1).unwrap();
    let mut stream = raw::write(shop.0.doors.address, chunked.as_bytes()).await;
    assert_eq!(raw::status_line(&mut stream).await, "HTTP/1.1 413 Payload Too Large");
    shop.tell(&[purchase("after")]).await.is_received(1);
    assert_eq!(shop.ids().await, ["large", "after"]);
    shop.ends_with_refused(&[("too_large", 2)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_end_leaves_nothing() {
    let shop = Shop::new().await;
    let body = json!({ "data": [purchase("cut")] }).to_string();
    let cut = format!("{}{}", head(&format!("content-length: {}\r\n", body.len() + 1)), body);
    drop(raw::write(shop.0.doors.address, cut.as_bytes()).await);
    let chunked = format!("{}{:x}\r\n{body}\r\n", head("transfer-encoding: chunked\r\n"), body.len());
    drop(raw::write(shop.0.doors.address, chunked.as_bytes()).await);
    testkit::until("both are counted", async || {
        shop.0.ledger().await.refused_at_door.get("broken_off") == Some(&2)
    })
    .await;
    // A large one that stops arriving.
    let large = head(&format!("content-length: {EVENTS_BYTES_MAX}\r\n"));
    let mut stream = raw::write(shop.0.doors.address, large.as_bytes()).await;
    stream.write_all(&vec![b' '; 100_000]).await.unwrap();
    testkit::until("it is sent away", async || {
        shop.0.ledger().await.refused_at_door.contains_key("too_slow")
    })
    .await;
    assert_eq!(raw::status_line(&mut stream).await, "HTTP/1.1 408 Request Timeout");
    assert!(shop.kept().await.is_empty());
    // Whoever was cut off sends again.
    shop.tell(&[purchase("cut")]).await.is_received(1);
    shop.ends_with_refused(&[("broken_off", 2), ("too_slow", 1)]).await;
}

/// Bodies without a token that is known take the room of the dataset in their address, and of nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_to_one_dataset_leave_the_others_alone() {
    let shop = Shop::of(&["acme", "other"]).await;
    let mut slow = Vec::new();
    for _ in 0..12 {
        let head = format!(
            "POST /v24.0/{SHOP}/events HTTP/1.1\r\nhost: x\r\ncontent-length: {EVENTS_BYTES_MAX}\r\n\r\n"
        );
        let mut stream = raw::write(shop.0.doors.address, head.as_bytes()).await;
        slow.push(tokio::spawn(async move {
            // What is not read is not taken, so this may wait for ever.
            let _ = stream.write_all(&vec![b' '; EVENTS_BYTES_MAX - 10]).await;
            std::future::pending::<()>().await;
        }));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let large = format!("{}{}", json!({ "data": [purchase("l")] }), " ".repeat(200_000));
    for number in 0..5 {
        let request =
            shop.to(OTHER).bearer_auth(OTHERS).body(large.replacen("\"l\"", &format!("\"l{number}\""), 1));
        shop.send(request).await.is_received(1);
        assert_eq!(shop.0.post_signed(KOMMO, "account[id]=1", None).await.status(), 200);
        shop.tell(&[purchase(&format!("o{number}"))]).await.is_received(1);
    }
    slow.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!((shop.kept().await.len(), shop.kept_of("other").await.len()), (5, 5));
}

/// Whoever floods a dataset gains nothing by a reload.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_keeps_the_bounds_of_a_dataset() {
    let log = log::captured();
    let shop = Shop::new().await;
    let wrong = async || {
        shop.send(shop.to(SHOP).bearer_auth("wrong").body("{}")).await.is_refused(401, 190);
    };
    let said = || log.text().matches("events came without a right token").count();
    wrong().await;
    wrong().await;
    assert_eq!(said(), 1, "{}", log.text());
    let reopened = async |names: &[&str]| {
        let tenant = tenant(&shop.0.store, shop.0.workspace).await;
        let datasets = names.iter().flat_map(|name| shop::doors(name, &tenant)).collect();
        shop.0.opened.replace(OpenDoors { datasets, ..OpenDoors::default() });
    };
    reopened(&["acme"]).await;
    wrong().await;
    assert_eq!(said(), 1, "it was said a moment ago");
    // A dataset that is gone is nobody's from the next request on, and is back with the file that has it.
    reopened(&[]).await;
    shop.tell(&[purchase("gone")]).await.is_refused(400, 100);
    reopened(&["acme"]).await;
    shop.tell(&[purchase("back")]).await.is_received(1);
    assert_eq!(shop.ids().await, ["back"]);
    assert!(!log.text().contains("wrong\"") && !log.text().contains("secretperson"), "{}", log.text());
}

/// Refused events beside good ones, from many senders at once: the ledger has each of them.
#[tokio::test(flavor = "multi_thread")]
async fn many_senders_at_once_lose_nothing() {
    let shop = Arc::new(Shop::of(&["acme", "other"]).await);
    let senders: Vec<_> = (0..16)
        .map(|sender| {
            let shop = Arc::clone(&shop);
            tokio::spawn(async move {
                for number in 0..20 {
                    let id = format!("{sender}-{number}");
                    if sender % 4 == 3 {
                        let body = json!({ "data": [purchase(&id)] }).to_string();
                        shop.send(shop.to(OTHER).bearer_auth(OTHERS).body(body)).await.is_received(1);
                    } else {
                        let answer = shop.tell(&[purchase(&id), refused(&id)]).await;
                        assert_eq!((answer.status, &answer.json["events_received"]), (200, &json!(1)));
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!((shop.kept().await.len(), shop.kept_of("other").await.len()), (240, 80));
    let shop = Arc::into_inner(shop).unwrap();
    let ledger = shop.ends_with_refused(&[("refused_event", 240)]).await;
    assert_eq!((ledger.facts.received, ledger.conversions.queued), (240, 240));
}
