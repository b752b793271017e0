//! What is said of rows that are taken and of no use, or not sent.

use std::fs;

use serde_json::{Value, json};

use super::{NOBODY, OF_A_TILL, file, import, killed, now_s, shop, summary, written};
use crate::{
    service::{Serving, Site},
    world::upstream,
};

/// Changes the configuration, and has a service take it over.
async fn restarted(site: &Site, from: &str, to: &str) -> Serving {
    let path = site.folder.path().join("kopru.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(&path, text.replace(from, to)).unwrap();
    let service = site.start();
    site.ready().await;
    service
}

/// How many rows something is said of.
fn rows_said(answer: &Value, part: &str) -> u64 {
    let advice = answer["advice"].as_array().unwrap().iter();
    let of = advice.filter(|one| one["message"].as_str().unwrap().contains(part));
    of.map(|one| one["rows"].as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_nobody_whom_meta_can_know_are_counted() {
    let site = shop(NOBODY, "elsewhere");
    let time = written(now_s() - 3600);
    let text = format!(
        "Sipariş No;Tarih;Ad Soyad;Telefon;E-posta;Şehir;Tutar\n\
         1;{time};Ada Kaya;05317000001;ada@example.com;İzmir;5 TL\n\
         2;{time};Ada Kaya;;yanlis-at-example;İzmir;5 TL\n\
         3;{time};Ada Kaya;;;İzmir;5 TL\n\
         4;{time};Ada Kaya;05317000001;yanlis-at-example;İzmir;5 TL\n"
    );
    let path = file(&site, "orders.csv", text.as_bytes());
    for more in [&["--dry-run"][..], &[]] {
        let all = [&OF_A_TILL[..], more].concat();
        let (code, answer) = summary(&site, &path, &all);
        assert_eq!(code, Some(0), "{answer}");
        assert_eq!(
            answer["advice"],
            json!([
                {"path": "", "message": "there is neither a phone nor an e-mail address: Meta will hardly know the person", "rows": 2, "lines": [3, 4]},
                {"path": "em", "message": "it cannot be read, so it is left out", "rows": 2, "lines": [3, 5]},
            ])
        );
    }
    let (_, printed, _) = import(&site, &path, &[&OF_A_TILL[..], &["--dry-run"]].concat());
    assert!(printed.contains("2 rows: em: it cannot be read, so it is left out; line 3, 5\n"), "{printed}");
    assert!(printed.contains("2 rows: there is neither a phone nor an e-mail address"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_back_says_for_how_long() {
    let sandbox = upstream();
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let site = shop(&running.url(), "elsewhere");
    killed(restarted(&site, "routes = [\"website\"", "routes = [\"website\"").await);
    let service = restarted(&site, "routes =", "mode = \"shadow\"\nroutes =").await;
    killed(service);
    let (before, since) = (now_s() - 3600, now_s());
    let text = format!(
        "order_id,event_time,phone,total\nwhile-live,{before},05317000001,5\nin-shadow,{since},05317000002,5\n"
    );
    let path = file(&site, "orders.csv", text.as_bytes());
    let (code, printed, said) = import(&site, &path, &OF_A_TILL);
    assert_eq!(code, Some(0), "{printed}{said}");
    for part in [
        "2 are kept back and not sent: shadow\n",
        "1 row: kept back for now: it happened while the dataset was live, so it leaves once the dataset is live again",
        "; line 2\n",
        "1 row: kept back for good: ",
        "; line 3\n",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert!(!printed.contains("no service runs"), "nothing is sent: {printed}");
    // And so it is. A switch counts by the second.
    site.until("a second has passed", async || now_s() > since).await;
    let service = restarted(&site, "mode = \"shadow\"\n", "").await;
    site.until("one leaves", async || !sandbox.graph_events().is_empty()).await;
    let (_, answer) = summary(&site, &path, &OF_A_TILL);
    assert_eq!((rows_said(&answer, "for now"), rows_said(&answer, "for good")), (0, 1), "{answer}");
    let ids: Vec<String> =
        sandbox.graph_events().iter().map(|one| one.event["event_id"].to_string()).collect();
    assert_eq!(ids, ["\"while-live\""]);
    killed(service);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_before_consent_was_kept_elsewhere_says_what_helps() {
    let site = shop(NOBODY, "required");
    killed(restarted(&site, "consent =", "consent =").await);
    let elsewhere = "consent = \"elsewhere\"\nbasis = \"the people of the tests are invented\"";
    killed(restarted(&site, "consent = \"required\"", elsewhere).await);
    let text = format!("order_id,event_time,phone,total\n1,{},05317000001,5\n", now_s() - 3600);
    let path = file(&site, "orders.csv", text.as_bytes());
    let (_, answer) = summary(&site, &path, &OF_A_TILL);
    assert_eq!(answer["kept_back"], json!({"no_consent": 1}));
    assert_eq!(rows_said(&answer, "before consent was said to be kept elsewhere"), 1, "{answer}");
    assert_eq!(rows_said(&answer, "hardly know"), 0, "{answer}");
    let (_, answer) = summary(&site, &path, &[&OF_A_TILL[..], &["--consent", "sender"]].concat());
    assert_eq!((&answer["taken"], &answer["advice"]), (&1.into(), &json!([])), "{answer}");
    assert_eq!(answer["kept_back"], json!({}));
}
