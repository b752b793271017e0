//! What a door refuses, without waiting and without reading more than it must.

use std::{fmt::Write, time::Duration};

use crate::{
    raw,
    world::{KOMMO, WHATSAPP, World},
};

const HOOK_BYTES_MAX: usize = 4 * 1024 * 1024;

#[tokio::test]
async fn an_unknown_key_is_refused_before_the_body_is_read() {
    let world = World::new().await;
    for extra in ["", "expect: 100-continue\r\n"] {
        let head =
            format!("POST /hooks/nobody HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n{extra}\r\n");
        let mut stream = raw::write(world.doors.address, head.as_bytes()).await;
        assert_eq!(raw::status_line(&mut stream).await, "HTTP/1.1 404 Not Found");
    }
    assert!(world.stopped().await.refused_at_door.is_empty(), "it is nobody's");
}

#[tokio::test]
async fn a_body_that_announces_itself_as_too_large_is_not_read() {
    let world = World::new().await;
    let head = format!(
        "POST /hooks/{WHATSAPP} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        HOOK_BYTES_MAX + 1
    );
    let mut stream = raw::write(world.doors.address, head.as_bytes()).await;
    assert_eq!(raw::status_line(&mut stream).await, "HTTP/1.1 413 Payload Too Large");
    assert_eq!(world.stopped().await.refused_at_door.get("too_large"), Some(&1));
}

#[tokio::test]
async fn a_body_that_turns_out_to_be_too_large_is_read_no_further() {
    let world = World::new().await;
    let mut request =
        format!("POST /hooks/{WHATSAPP} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    write!(request, "{:x}\r\n", HOOK_BYTES_MAX + 1).unwrap();
    request.push_str(&"x".repeat(HOOK_BYTES_MAX + 1));
    let mut stream = raw::write(world.doors.address, request.as_bytes()).await;
    assert_eq!(raw::status_line(&mut stream).await, "HTTP/1.1 413 Payload Too Large");
    assert_eq!(world.stopped().await.refused_at_door.get("too_large"), Some(&1));
}

#[tokio::test]
async fn the_largest_body_fits() {
    let world = World::new().await;
    let filler = "x".repeat(HOOK_BYTES_MAX - 2);
    let answer = world.post(WHATSAPP, format!("\"{filler}\"")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(world.stopped().await.refused_at_door.get("unreadable"), Some(&1));
}

#[tokio::test]
async fn a_client_that_goes_away_is_counted_and_leaves_nothing() {
    let world = World::new().await;
    let head =
        format!("POST /hooks/{WHATSAPP} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab");
    drop(raw::write(world.doors.address, head.as_bytes()).await);
    testkit::until("it is counted", async || world.ledger().await.refused_at_door.contains_key("broken_off"))
        .await;
    assert!(world.facts().await.is_empty());
}

/// What has not arrived takes no room. That what has arrived does is tested where bodies are read.
#[tokio::test]
async fn clients_that_drip_shut_the_door_for_nobody() {
    let world = World::new().await;
    let head = format!("POST /hooks/{KOMMO} HTTP/1.1\r\nhost: x\r\n");
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n1\r\na\r\n");
    let announced = format!("{head}content-length: 4194304\r\n\r\na");
    let mut streams = Vec::new();
    for _ in 0..64 {
        streams.push(raw::write(world.doors.address, chunked.as_bytes()).await);
        streams.push(raw::write(world.doors.address, announced.as_bytes()).await);
    }
    assert_eq!(world.post_signed(KOMMO, "account[id]=1", None).await.status(), 200);
}

/// Whoever knows one key, or only sends to it without a signature, shuts that door at most.
#[tokio::test]
async fn slow_bodies_on_one_hook_leave_the_others_alone() {
    for (flooded, other) in [(WHATSAPP, KOMMO), (KOMMO, WHATSAPP)] {
        let world = World::new().await;
        let length = HOOK_BYTES_MAX - 10;
        let mut slow = Vec::new();
        for _ in 0..34 {
            let head = format!(
                "POST /hooks/{flooded} HTTP/1.1\r\nhost: x\r\ncontent-length: {HOOK_BYTES_MAX}\r\n\r\n"
            );
            let mut stream = raw::write(world.doors.address, head.as_bytes()).await;
            slow.push(tokio::spawn(async move {
                // What is not read is not taken, so this may wait for ever.
                let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &vec![b'x'; length]).await;
                std::future::pending::<()>().await;
            }));
        }
        // All that can be taken has been taken by then; if not, the test is easier to pass.
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..5 {
            let large = format!("\"{}\"", "x".repeat(HOOK_BYTES_MAX - 2));
            assert_eq!(world.post(other, large).await.status(), 200);
            assert_eq!(world.post(other, "x").await.status(), 200);
            assert_eq!(world.post(flooded, "x").await.status(), 200, "small ones have room of their own");
        }
        testkit::until("those who stop sending are sent away", async || {
            world.ledger().await.refused_at_door.contains_key("too_slow")
        })
        .await;
        slow.iter().for_each(tokio::task::JoinHandle::abort);
        world.stopped().await;
    }
}

#[tokio::test]
async fn a_flood_of_what_nobody_understands_is_counted_and_not_kept() {
    let world = World::new().await;
    for _ in 0..100 {
        assert_eq!(world.post_signed(KOMMO, "zzz=1", None).await.status(), 200);
    }
    let refused = world.stopped().await.refused_at_door;
    assert_eq!(refused.get("unreadable"), Some(&100));
    let not_kept = refused["unreadable_not_kept"];
    assert!((1..=40).contains(&not_kept), "{not_kept}");
}

#[tokio::test]
async fn nothing_new_is_taken_while_stopping() {
    let world = World::new().await;
    let (doors, admin) = (world.doors.address, world.admin.address);
    world.stopped().await;
    for address in [doors, admin] {
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    }
}
