//! Where there is no room the page keeps its events and comes again, and nothing is half-written.

use serde_json::json;

use super::shop::{OPEN_KEY, workspaces};
use crate::{
    service::{Serving, Site},
    world::upstream,
};

const EVENTS: u64 = 20;

fn body(first: u64) -> String {
    let event = |number: u64| {
        json!({
            "name": "ViewContent", "id": format!("id-{number}"), "ago": 0, "url": "https://shop.full.example/",
            "data": { "content_ids": vec![format!("thing-{number}"); 150] },
        })
    };
    let events: Vec<_> = (first..first + EVENTS).map(event).collect();
    json!({ "user": { "external_id": "c-7" }, "events": events }).to_string()
}

async fn post(site: &Site, first: u64) -> (u16, Option<String>) {
    let request = site.client.post(format!("{}/collect/{OPEN_KEY}", site.doors)).body(body(first));
    let request =
        request.header("origin", "https://shop.full.example").header("user-agent", super::USER_AGENT);
    let answer = request.send().await.unwrap();
    let again = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), again)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_is_kept_and_the_rest_comes_again() {
    let meta = upstream();
    let running = meta.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let site = Site::with(&workspaces(&running.url()));
    let mut limited = site.command_under(&["bash", "-c", "ulimit -c 0 -f 2048; exec \"$0\" \"$@\""]);
    let service = Serving(limited.env("KOPRU_LOG", "off").spawn().unwrap());
    site.ready().await;
    let mut kept = 0;
    let refused = loop {
        match post(&site, kept).await {
            (204, _) => kept += EVENTS,
            other => break other,
        }
    };
    assert!(kept > 0);
    assert_eq!(refused, (503, Some("30".to_owned())));
    drop(service);

    let _service = site.start();
    site.ready().await;
    let received = site.get("/api/v1/ledger?workspace=open").await["facts"]["received"].as_u64();
    assert_eq!(received, Some(kept), "all that was answered, and of the rest nothing");
    assert_eq!(post(&site, kept).await, (204, None));
}
