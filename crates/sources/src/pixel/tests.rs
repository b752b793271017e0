//! What the tag sends, and what comes of it.

use kopru_core::{Activity, ConsentAnswer};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    conformance::{NOW_MS, one_business},
    graph::{EventsDoor, EventsOutcome, TakenEvents},
};

fn pixel() -> Pixel {
    Pixel {
        sites: vec!["example.com".into(), "shop.other.com.tr".into()],
        dataset: None,
        hash_in_page: false,
        leaves_pixel_alone: false,
    }
}

fn visit<'a>(cookies: &'a str, is_of_site: &'a dyn Fn(&str) -> bool) -> PageVisit<'a> {
    PageVisit {
        host: "shop.example.com",
        site: "example.com",
        user_agent: "Mozilla/5.0",
        address: "81.2.69.142".into(),
        cookies,
        number: 7,
        is_of_site,
    }
}

fn collect(body: &[u8], cookies: &str) -> Result<CollectedEvents, NotCollected> {
    let directory = one_business();
    let door = EventsDoor {
        tenant: directory.only().unwrap(),
        dataset: "1234567890",
        origin: "",
        strict: true,
        needs_id: false,
        consent: None,
        rules: capi::Rules::Documentation,
        now_ms: NOW_MS,
        random: [1; 16],
    };
    let is_of_site = |url: &str| url.starts_with("https://shop.example.com/");
    CollectBody::read(body)?.take(&visit(cookies, &is_of_site), &door)
}

fn taken(body: &Value, cookies: &str) -> TakenEvents {
    match collect(body.to_string().as_bytes(), cookies).unwrap().outcome {
        EventsOutcome::Taken(taken) => taken,
        EventsOutcome::Refused(call) => panic!("{:?}", call.refused),
    }
}

fn only(body: &Value, cookies: &str) -> (Activity, Value) {
    let [activity] = <[Activity; 1]>::try_from(taken(body, cookies).activities).unwrap();
    let event = serde_json::from_str(&activity.event.json).unwrap();
    (activity, event)
}

fn view() -> Value {
    json!({ "name": "PageView", "id": "1.2", "ago": 5_000, "url": "https://shop.example.com/a?cart=7&utm_source=fb" })
}

#[test]
fn a_purchase_is_sent_and_takes_no_order() {
    let mut event = view();
    event["name"] = "Purchase".into();
    event["data"] = json!({ "value": 49.9, "currency": "try", "order_id": "1001" });
    let body = json!({
        "consent": "yes", "events": [event], "fbp": "fb.1.1795000000000.77", "pixel": "sent",
        "user": { "em": "Ada@Example.org", "ph": "+90 532 000 00 01", "external_id": "c-7" },
        "landing": { "gclid": "g-1", "utm_source": "fb", "ad_id": "12", "fbclid": "x", "cart": "7",
            "utm_term": "ada@example.org", "msclkid": "" },
    });
    let (activity, event) = only(&body, "");
    assert_eq!(activity.origin, "pixel:example.com");
    assert_eq!((activity.name.as_str(), activity.event_id.as_str()), ("Purchase", "1.2"));
    assert_eq!(activity.event_s, NOW_MS / 1000 - 5, "by the clock of the server");
    assert_eq!(activity.consent, Some(ConsentAnswer::Yes));
    assert!(
        activity.is_of_page() && !activity.who.is_empty(),
        "they join nobody, and are erased with whom they name"
    );
    assert_eq!(
        activity.once.iter().map(|key| key.is_order).collect::<Vec<_>>(),
        [false],
        "or to have any order"
    );
    assert_eq!(activity.currency.as_deref(), Some("TRY"));
    let beside: Value = serde_json::from_str(&activity.event.beside).unwrap();
    assert_eq!(beside, json!({ "gclid": "g-1", "utm_source": "fb", "ad_id": "12", "pixel": "sent" }));
    assert_eq!(event["event_source_url"], "https://shop.example.com/a?utm_source=fb");
    let user = &event["user_data"];
    assert_eq!(
        (&user["fbp"], &user["client_ip_address"]),
        (&json!("fb.1.1795000000000.77"), &json!("81.2.69.142"))
    );
    assert_eq!(user["em"][0].as_str().unwrap().len(), 64);
    let written = activity.event.json + &activity.event.beside;
    for private in ["ada", "Ada", "532", "g-1", "cart"] {
        assert!(
            !event.to_string().contains(private) && (private == "g-1" || !written.contains(private)),
            "{private}"
        );
    }
}

#[test]
fn the_browser_is_who_its_cookies_say() {
    let old = format!("fb.1.{}.88", NOW_MS - 1000);
    for (what, cookies, told, fbp, kept) in [
        ("nothing", String::new(), None, None, vec![]),
        ("what the page read", String::new(), Some(old.clone()), Some(old.clone()), vec!["_fbp"]),
        ("what came with the request", format!("a=b; _fbp={old}"), None, Some(old.clone()), vec!["_fbp"]),
        ("rubbish", "_fbp=undefined".into(), Some("fb.1.x.y".into()), None, vec![]),
        ("rubbish before it", format!("_fbp=1; _fbp={old}"), None, Some(old.clone()), vec!["_fbp"]),
    ] {
        let mut body = json!({ "events": [view()] });
        if let Some(told) = told {
            body["fbp"] = told.into();
        }
        let (_, event) = only(&body, &cookies);
        assert_eq!(event["user_data"]["fbp"].as_str().map(str::to_owned), fbp, "{what}");
        let collected = collect(body.to_string().as_bytes(), &cookies).unwrap();
        assert_eq!(collected.cookies.iter().map(|one| one.name).collect::<Vec<_>>(), kept, "{what}");
    }
}

#[test]
fn a_click_is_of_the_cookie_or_of_the_address() {
    let known = format!("fb.1.{}.IwAR1", NOW_MS - 1000);
    let new = |id: &str| format!("fb.1.{NOW_MS}.{id}");
    for (what, query, told, fbc) in [
        ("none", "", None, None),
        ("known", "", Some(&known), Some(known.clone())),
        ("of the address", "fbclid=IwAR2", None, Some(new("IwAR2"))),
        ("the same", "fbclid=IwAR1", Some(&known), Some(known.clone())),
        ("a new one", "fbclid=IwAR2", Some(&known), Some(new("IwAR2"))),
        ("what can be none", "fbclid=a%3B%20b", Some(&known), Some(known.clone())),
    ] {
        let mut event = view();
        event["url"] = format!("https://shop.example.com/?{query}").into();
        let (_, event) = only(&json!({ "events": [event], "fbc": told }), "");
        assert_eq!(event["user_data"]["fbc"].as_str().map(str::to_owned), fbc, "{what}");
    }
}

#[test]
fn what_the_tag_does_not_send_is_said() {
    let with = |name: &str, value: Value| {
        let mut event = view();
        event[name] = value;
        json!({ "events": [event] }).to_string()
    };
    let many = json!({ "events": vec![view(); 21] }).to_string();
    for (what, body, said) in [
        ("nothing", String::new(), "line 1"),
        ("no JSON", "fbp=1".into(), "line 1"),
        ("a field of nobody", "{\"events\": [], \"em\": \"ada@example.org\"}".into(), "line 1"),
        ("too many", many, "more than 20"),
        ("too old", with("ago", json!(86_400_001)), "more than a day"),
        ("another site", with("url", json!("https://evil.example/")), "no page of the site"),
        ("no address", with("url", json!("shop.example.com/")), "no page of the site"),
        ("no number", with("ago", json!("5")), "line 1"),
    ] {
        let error = collect(body.as_bytes(), "").unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains("ada@"), "{what}: {error}");
    }
}

#[test]
fn an_event_that_meta_would_refuse_is_refused_by_itself() {
    let mut bad = view();
    (bad["name"], bad["id"]) = ("Purchase".into(), "bad".into());
    let mut nameless = view();
    nameless["id"] = "".into();
    let taken = taken(&json!({ "events": [bad, view(), nameless] }), "");
    assert_eq!(taken.activities.len(), 1);
    let refused: Vec<_> = taken.refused.iter().map(|one| (one.index, one.origin.as_str())).collect();
    assert_eq!(refused, [(0, "pixel:example.com"), (2, "pixel:example.com")]);
}

#[test]
fn a_clock_that_was_set_back_makes_no_future() {
    let mut event = view();
    event["ago"] = (-3_600_000).into();
    assert_eq!(only(&json!({ "events": [event] }), "").0.event_s, NOW_MS / 1000);
}

#[test]
fn a_host_has_those_below_it() {
    for (host, site) in [
        ("example.com", Some("example.com")),
        ("shop.example.com", Some("example.com")),
        ("a.b.EXAMPLE.com.", Some("example.com")),
        ("shop.other.com.tr", Some("shop.other.com.tr")),
        ("other.com.tr", None),
        ("badexample.com", None),
        ("example.com.evil.test", None),
        ("com", None),
        ("", None),
        ("ü.example.com", Some("example.com")),
        ("€xample.com", None),
    ] {
        assert_eq!(pixel().site_of(host), site, "{host}");
    }
}

#[test]
fn programs_are_known_by_what_they_say_of_themselves() {
    for (agent, is) in [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true),
        ("facebookexternalhit/1.1", true),
        ("Mozilla/5.0 (X11) HeadlessChrome/150.0", true),
        ("curl/8.5.0", true),
        ("  ", true),
        ("Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/120 Mobile", false),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", false),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36", false),
    ] {
        assert_eq!(is_bot(agent), is, "{agent}");
    }
}

proptest! {
    #[test]
    fn no_body_breaks_it(name in ".*", id in ".*", url in ".*", fbp in ".*", fbc in ".*", em in ".*", ago in any::<i64>(),
        value in ".*", bytes in any::<Vec<u8>>())
    {
        let _ = collect(&bytes, "");
        let body = json!({
            "fbp": fbp, "fbc": fbc, "user": {"em": em, "ph": value}, "landing": {"gclid": value},
            "events": [{"name": name, "id": id, "ago": ago, "url": format!("https://shop.example.com/{url}"),
                "data": {"value": value, "order_id": value}}],
        });
        let _ = collect(body.to_string().as_bytes(), &value);
    }
}
