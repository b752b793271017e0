//! Slow bodies at one hook and idle connections at none: other hooks answer.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    crm::Crm,
    shop::{Shop, wins},
    town::{Plan, together},
};

/// A body just under what a hook takes, bytes; all but its end is sent.
const BODY: usize = 4 * 1024 * 1024 - 10;

async fn stall(door: String, key: String, signature: Option<String>) -> TcpStream {
    let signature =
        signature.map_or(String::new(), |signature| format!("x-hub-signature-256: {signature}\r\n"));
    let head = format!(
        "POST /hooks/{key} HTTP/1.1\r\nhost: localhost\r\n{signature}content-length: {}\r\n\r\n",
        BODY + 10
    );
    let mut stream = TcpStream::connect(door).await.unwrap();
    let body = vec![b'z'; BODY];
    // The door may give up before all is sent.
    let _ = tokio::time::timeout(Duration::from_secs(5), async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await
    })
    .await;
    stream
}

/// Everybody can name a WhatsApp hook's key to a key holder's harm: the signature is checked only when
/// the body is whole.
async fn another_hook_is_never_refused(key: fn(Shop) -> String) {
    let crm = Crm::start().await;
    let town = Plan::of(2, &crm).start().await;
    let (slow, neighbour) = (Shop(0), Shop(1));
    let door = town.site.doors.trim_start_matches("http://").to_owned();
    let stalled: Vec<_> =
        (0..34).map(|_| tokio::spawn(stall(door.clone(), key(slow), Some("sha256=00".to_owned())))).collect();
    let mut held = Vec::new();
    for stall in stalled {
        held.push(stall.await.unwrap());
    }
    for deal in 1..=20 {
        let (body, signature) = neighbour.clicks([deal]);
        let request =
            town.site.client.post(format!("{}/hooks/{}", town.site.doors, neighbour.whatsapp_key()));
        let answer = request.header("x-hub-signature-256", signature).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "deal {deal}");
        let request = town.site.client.post(format!("{}/hooks/{}", town.site.doors, neighbour.kommo_key()));
        assert_eq!(request.body(wins([deal])).send().await.unwrap().status(), 200, "deal {deal}");
    }
    town.arrives(neighbour, 1..=20).await;
    drop(held);
    // The slow hook works again.
    town.sell(slow, [1]).await;
    town.arrives(slow, [1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_at_one_hook() {
    together([
        ("unsigned", another_hook_is_never_refused(Shop::kommo_key)),
        ("signed", another_hook_is_never_refused(Shop::whatsapp_key)),
    ])
    .await;
}

/// Many connections from one address that ask for nothing; a customer's CRM comes from another one.
#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_of_one_address_leave_room_for_another() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const IDLE: usize = 6_000;
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    let door: std::net::SocketAddr = town.site.doors.trim_start_matches("http://").parse().unwrap();
    let from = |address: &str| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        socket
    };
    let mut idle = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        // Beyond its bound, the service closes them at once or lets them wait in vain.
        let connecting = from("127.0.0.2").connect(door);
        if let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), connecting).await {
            idle.push(stream);
        } else {
            break;
        }
    }
    // `Site`'s client comes from 127.0.0.1.
    for deal in 1..=8 {
        let (body, signature) = shop.clicks([deal]);
        let request = town.site.client.post(format!("{}/hooks/{}", town.site.doors, shop.whatsapp_key()));
        let answer = request.header("x-hub-signature-256", signature).body(body).send().await;
        assert_eq!(answer.unwrap().status(), 200, "with {} idle connections", idle.len());
        let request = town.site.client.post(format!("{}/hooks/{}", town.site.doors, shop.kommo_key()));
        assert_eq!(request.body(wins([deal])).send().await.unwrap().status(), 200);
    }
    town.arrives(shop, 1..=8).await;
}
