//! Who gets a connection when there are many.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::AsyncReadExt,
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    raw,
    world::{ADMIN_TOKEN, KOMMO, World},
};

/// More than one peer may have, with as few file handles as that takes.
const MANY: usize = 530;
const PER_PEER_MAX: usize = 512;

async fn connect(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Whether the server has closed it.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(timeout(Duration::from_millis(200), stream.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
}

/// Connections made and closed again are not the test's to hold: file handles are few.
async fn flood(from: &str, world: &World) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..MANY {
        streams.push(connect(from, world.doors.address).await);
    }
    streams
}

#[tokio::test]
async fn idle_connections_keep_nobody_out_not_even_from_the_same_address() {
    let world = World::new().await;
    let mut of_another = connect("127.0.0.3", world.doors.address).await;
    let mut streams = flood("127.0.0.1", &world).await;
    for _ in 0..8 {
        // Each post makes a connection of its own.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let post = client.post(world.door(&format!("/hooks/{KOMMO}"))).body("account[id]=1").send();
        assert_eq!(timeout(Duration::from_secs(8), post).await.unwrap().unwrap().status(), 200);
    }
    for stream in &mut streams[..MANY - PER_PEER_MAX] {
        assert!(is_closed(stream).await, "those that were idle the longest gave way");
    }
    assert!(!is_closed(streams.last_mut().unwrap()).await);
    assert!(!is_closed(&mut of_another).await, "it has nothing to do with it");
}

#[tokio::test]
async fn a_trusted_proxy_has_as_many_connections_as_it_needs() {
    let world = World::behind(&["127.0.0.2"], ADMIN_TOKEN, &["acme"]).await;
    let mut streams = flood("127.0.0.2", &world).await;
    assert!(!is_closed(&mut streams[0]).await);
}

/// A proxy tells whom it speaks for, and each of them has its bound.
#[tokio::test]
async fn requests_under_way_are_bounded_by_the_client_that_a_trusted_proxy_names() {
    for (proxies, bounded) in [(&["127.0.0.0/8"][..], true), (&[], false)] {
        let world = World::behind(proxies, ADMIN_TOKEN, &["acme"]).await;
        let head = format!(
            "POST /hooks/{KOMMO} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.1, 198.51.100.7\r\n\
             content-length: 1000\r\n\r\na"
        );
        let mut streams = Vec::new();
        for _ in 0..128 {
            streams.push(raw::write(world.doors.address, head.as_bytes()).await);
        }
        let post = async |client: &str| {
            let post = world.client.post(world.door(&format!("/hooks/{KOMMO}"))).body("account[id]=1");
            post.header("x-forwarded-for", client).send().await.unwrap()
        };
        let begun = std::time::Instant::now();
        let answer = loop {
            let answer = post("198.51.100.7").await;
            // The others may not have begun yet.
            if !bounded || answer.status() == 429 || begun.elapsed().as_secs() > 8 {
                break answer;
            }
        };
        assert_eq!(answer.status(), if bounded { 429 } else { 200 });
        assert_eq!(answer.headers().contains_key("retry-after"), bounded);
        assert_eq!(post("198.51.100.8").await.status(), 200);
        // What a client wrote itself is not believed.
        assert_eq!(post("198.51.100.7, 198.51.100.8").await.status(), 200);
        drop(streams);
        let refused = world.stopped().await.refused_at_door;
        assert_eq!(refused.get("too_many").copied(), bounded.then_some(1));
    }
}
