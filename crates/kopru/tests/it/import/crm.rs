//! Sales of a file that a CRM tells as well.

use serde_json::Value;

use super::{
    OF_A_TILL, file, import, killed, now_s,
    programs::{key, post},
    shop, summary, written,
};
use crate::{
    cli::kopru,
    service::{ADMIN_TOKEN, Site},
    world::{KOMMO_KEY, NEW, PIPELINE, PRIVATE, Person, WHATSAPP_KEY, WON, upstream},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_the_crm_tells_is_asked_about_and_not_sent() {
    let sandbox = upstream();
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let site = shop(&running.url(), "elsewhere");
    let service = site.start();
    site.ready().await;
    let person = Person { number: 7, wrote_s: now_s() - 7200 };
    person.exists(&sandbox);
    let (body, signature) = person.message();
    site.deliver(WHATSAPP_KEY, &body, Some(&signature)).await;
    sandbox.move_deal(person.deal_id(), PIPELINE, WON, person.won_s());
    site.deliver(KOMMO_KEY, &person.moved(NEW, WON, person.won_s()), None).await;
    site.settled(1).await;
    let sold = site.get("/api/v1/conversions?limit=1").await;
    assert_eq!(
        (&sold[0]["event_name"], &sold[0]["state"]),
        (&"Purchase".into(), &"accepted".into()),
        "{sold}"
    );
    let currency = sold[0]["currency"].as_str().unwrap();
    let (day, price) = (written(person.won_s()), person.price());
    let (before, phone, email) = (written(person.won_s() - 2 * 86_400), person.typed_phone(), person.email());
    let text = format!(
        "Fiş No,Tarih,Telefon,E-posta,Tutar,Para Birimi\n\
         same,{day},{phone},,{price},{currency}\n\
         by-mail,{day},,{email},{price}.00,{currency}\n\
         amount,{day},{phone},,{},{currency}\n\
         day,{before},{phone},,{price},{currency}\n\
         person,{day},05317000008,,{price},{currency}\n",
        price + 1
    );
    let path = file(&site, "till.csv", text.as_bytes());
    let more = [&OF_A_TILL[..], &["--decimal", "point"]].concat();
    let (code, said) = summary(&site, &path, &more);
    assert_eq!((code, &said["taken"], &said["doubtful"]["rows"]), (Some(1), &3.into(), &2.into()), "{said}");
    let deal = said["doubtful"]["first"][0]["deal"].as_str().unwrap();
    assert!(deal.ends_with(&person.deal_id().to_string()), "{deal}");
    // Who may read sees whose sale it is; who only reports sees which row.
    let event = serde_json::json!({
        "event_name": "Purchase", "event_time": person.won_s(), "event_id": "a", "action_source": "physical_store",
        "user_data": {"ph": phone}, "custom_data": {"value": price, "currency": currency},
    });
    let body = serde_json::json!({"data": [event]}).to_string();
    let consent = ["--consent", "sender"];
    for (token, sees) in [
        (ADMIN_TOKEN.to_owned(), true),
        (key(&site, "manage", &[]), true),
        (key(&site, "events,read", &consent), true),
        (key(&site, "events", &consent), false),
    ] {
        for query in ["origin=erp&dry_run=true", "origin=erp"] {
            let (_, said) = post(&site, &token, query, body.clone()).await;
            let row = if sees {
                serde_json::json!({"index": 0, "deal": deal})
            } else {
                serde_json::json!({"index": 0})
            };
            assert_eq!((&said["taken"], &said["doubtful"]), (&0.into(), &serde_json::json!([row])), "{said}");
        }
    }
    let (_, printed, _) = import(&site, &path, &more);
    assert!(
        printed.contains(&format!("--send-doubtful sends them\n  line 2: {deal}\n  line 3: ")),
        "{printed}"
    );
    let (code, said) = summary(&site, &path, &[&more[..], &["--send-doubtful"]].concat());
    assert_eq!((code, &said["taken"], &said["duplicates"]), (Some(0), &2.into(), &3.into()), "{said}");
    killed(service);
    site.assert_nowhere(&PRIVATE);
}

/// The event of the deal, as the API shows it.
async fn of_deal(site: &Site) -> Value {
    let all = site.get("/api/v1/conversions?limit=10").await;
    let mut deals = all.as_array().unwrap().iter().filter(|one| one["reported_by"] != "import:till");
    deals.next().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_the_crm_tells_after_the_file_is_sent_only_once_somebody_says_so() {
    let sandbox = upstream();
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let site = shop(&running.url(), "elsewhere");
    let service = site.start();
    site.ready().await;
    let person = Person { number: 8, wrote_s: now_s() - 7200 };
    person.exists(&sandbox);
    let (body, signature) = person.message();
    site.deliver(WHATSAPP_KEY, &body, Some(&signature)).await;
    let (day, price, phone) = (written(person.won_s()), person.price(), person.typed_phone());
    // One of them is in the currency of the account.
    let row = |currency: &str| format!("{currency},{day},{phone},{price} {currency}\n");
    let text = format!("Fiş No,Tarih,Telefon,Tutar\n{}{}{}", row("TRY"), row("EUR"), row("USD"));
    let path = file(&site, "till.csv", text.as_bytes());
    let more = [&OF_A_TILL[..], &["--decimal", "point"]].concat();
    let (code, said) = summary(&site, &path, &more);
    assert_eq!((code, &said["taken"]), (Some(0), &3.into()), "{said}");
    site.settled(3).await;
    sandbox.move_deal(person.deal_id(), PIPELINE, WON, person.won_s());
    site.deliver(KOMMO_KEY, &person.moved(NEW, WON, person.won_s()), None).await;
    site.until("the deal is decided", async || of_deal(&site).await["reason"] == "imported_already").await;
    assert_eq!(of_deal(&site).await["state"], "suppressed");
    let config = site.folder.path().join("kopru.toml").display().to_string();
    let retry = ["events", "retry", "--reason", "imported_already", "--yes", "--config", &config];
    let (code, printed, said) = kopru(&retry);
    assert_eq!(code, Some(0), "{printed}{said}");
    site.until("the deal is told", async || of_deal(&site).await["state"] == "accepted").await;
    killed(service);
    site.assert_nowhere(&PRIVATE);
}
