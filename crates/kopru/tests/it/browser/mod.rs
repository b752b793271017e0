//! The tag in a real browser: from a shop's page through the running service to Meta.

mod driver;
mod full;
mod pages;
mod shop;

use serde_json::{Value, json};

use driver::USER_AGENT;
use shop::{Shops, VISITOR};

/// One browser for all of it: a session costs more than a case.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_tells_what_it_may_and_is_unharmed() {
    let shops = Shops::open().await;
    a_page_view_arrives(&shops).await;
    a_click_id_becomes_a_cookie_and_rides_along(&shops).await;
    what_can_be_no_click_id_is_not_kept(&shops).await;
    a_purchase_is_named_by_its_order_and_its_person_leaves_hashed(&shops).await;
    nothing_happens_before_a_yes(&shops).await;
    a_no_drops_what_waits_and_what_is_kept(&shops).await;
    a_browser_that_wants_privacy_is_left_alone(&shops).await;
    pages_of_one_document_are_pages(&shops).await;
    elements_tell_by_their_attributes(&shops).await;
    a_page_that_breaks_everything_is_unharmed(&shops).await;
    a_second_tag_does_nothing(&shops).await;
    the_pixel_gets_the_same(&shops).await;
    a_pixel_that_is_blocked_is_told(&shops).await;
    what_is_hashed_in_the_page_never_leaves_it(&shops).await;
    what_could_not_be_sent_goes_from_the_next_page(&shops).await;
    shops.site.assert_nowhere(&["secretsession", "ada@example.org", "secretgclid", VISITOR]);
}

/// With the browser's id, which is the cookie's, and what the server sees of who calls.
async fn a_page_view_arrives(shops: &Shops) {
    let domain = "first.example";
    shops.browser.go(&shops.page(domain, "/?secretsession=1&utm_source=fb&gclid=secretgclid")).await;
    let told = shops.arrived(domain, 1).await;
    let (event, user) = (&told[0], &told[0]["user_data"]);
    let cookie = shops.browser.cookie("_fbp").await.unwrap();
    assert_eq!((&event["event_name"], &event["action_source"]), (&json!("PageView"), &json!("website")));
    assert_eq!((&user["fbp"], &cookie["domain"]), (&cookie["value"], &json!(".first.example")));
    assert_eq!(
        (&user["client_ip_address"], &user["client_user_agent"]),
        (&json!(VISITOR), &json!(USER_AGENT))
    );
    let url = event["event_source_url"].as_str().unwrap();
    assert!(url.ends_with("/?utm_source=fb&gclid=secretgclid"), "{url}");
    assert_eq!(user["fbc"], Value::Null);
    // The next page is of the same browser, and knows by which ad it came.
    shops.browser.go(&shops.page(domain, "/next")).await;
    let told = shops.arrived(domain, 2).await;
    assert_eq!(told[1]["user_data"]["fbp"], cookie["value"]);
    let body: Value = serde_json::from_str(&shops.told(domain)[1].body).unwrap();
    assert_eq!(body["landing"], json!({ "utm_source": "fb", "gclid": "secretgclid" }));
    unharmed(shops).await;
}

async fn a_click_id_becomes_a_cookie_and_rides_along(shops: &Shops) {
    let domain = "clicked.example";
    shops.browser.go(&shops.page(domain, "/?fbclid=IwAR-aB_3")).await;
    let first = shops.arrived(domain, 1).await;
    let cookie = shops.browser.cookie("_fbc").await.unwrap();
    let value = cookie["value"].as_str().unwrap();
    assert!(value.starts_with("fb.1.") && value.ends_with(".IwAR-aB_3"), "{value}");
    assert_eq!(first[0]["user_data"]["fbc"], cookie["value"]);
    shops.browser.go(&shops.page(domain, "/next")).await;
    assert_eq!(shops.arrived(domain, 2).await[1]["user_data"]["fbc"], cookie["value"]);
    // The same click is the same click; another one takes its place.
    shops.browser.go(&shops.page(domain, "/?fbclid=IwAR-aB_3")).await;
    assert_eq!(shops.arrived(domain, 3).await[2]["user_data"]["fbc"], cookie["value"]);
    shops.browser.go(&shops.page(domain, "/?fbclid=IwAR2")).await;
    let fbc = shops.arrived(domain, 4).await[3]["user_data"]["fbc"].clone();
    assert!(fbc.as_str().unwrap().ends_with(".IwAR2"), "{fbc}");
    unharmed(shops).await;
}

async fn what_can_be_no_click_id_is_not_kept(shops: &Shops) {
    let domain = "unclicked.example";
    for id in ["undefined", "a%3B%20Domain%3Devil.test", "a%0D%0Ab", "a.b"] {
        shops.browser.go(&shops.page(domain, &format!("/?fbclid={id}"))).await;
    }
    let told = shops.arrived(domain, 4).await;
    assert!(told.iter().all(|event| event["user_data"]["fbc"].is_null()), "{told:?}");
    assert_eq!(shops.browser.cookie("_fbc").await, None);
    unharmed(shops).await;
}

async fn a_purchase_is_named_by_its_order_and_its_person_leaves_hashed(shops: &Shops) {
    let domain = "bought.example";
    shops.browser.go(&shops.page(domain, "/")).await;
    shops.arrived(domain, 1).await;
    let buy = "kopru('identify', {em: ' Ada@Example.org', external_id: 77}); \
               kopru('track', 'Purchase', {value: 49.9, currency: 'TRY', order_id: 1001}); \
               kopru('track', 'Purchase', {value: 49.9, currency: 'TRY', order_id: 1001});";
    shops.browser.run(buy).await;
    let told = shops.arrived(domain, 2).await;
    let purchase = &told[1];
    assert_eq!((&purchase["event_name"], &purchase["event_id"]), (&json!("Purchase"), &json!("1001")));
    assert_eq!(purchase["custom_data"], json!({ "value": 49.9, "currency": "TRY", "order_id": "1001" }));
    let user = &purchase["user_data"];
    let hash = |text: &str| json!([crate::web::shop::sha256(text)]);
    assert_eq!((&user["em"], &user["external_id"]), (&hash("ada@example.org"), &hash("77")));
    unharmed(shops).await;
}

async fn nothing_happens_before_a_yes(shops: &Shops) {
    let domain = "asking.example";
    let page = shops.page(domain, "/asking?secretsession=1&fbclid=IwAR9");
    shops.browser.go(&page).await;
    shops.site.until("the page is counted", async || shops.told(domain).len() == 1).await;
    shops.browser.run("kopru('track', 'ViewContent', {content_ids: ['A1']})").await;
    shops.until("kopru.tag && document.readyState === 'complete'").await;
    let counted = &shops.told(domain)[0];
    assert_eq!((counted.body.as_str(), counted.cookies.as_deref()), ("{\"unasked\":true}", None));
    let referer = counted.referer.as_deref().unwrap_or_default();
    assert!(!referer.contains('?') && !referer.contains("asking?"), "{referer}");
    let kept = "return [document.cookie, localStorage.length, sessionStorage.length, told.length]";
    assert_eq!(shops.browser.run(kept).await, json!(["", 0, 0, 0]));
    assert!(shops.at_meta(domain).is_empty());
    shops
        .site
        .until("it is in the ledger", async || {
            let ledger = shops.site.get("/api/v1/ledger?workspace=asking").await;
            ledger.to_string().contains("before_consent")
        })
        .await;

    shops.browser.run("kopru('consent', 'yes')").await;
    let told = shops.arrived(domain, 2).await;
    let names: Vec<_> = told.iter().map(|event| event["event_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["PageView", "ViewContent"]);
    assert!(
        told.iter().all(|event| event["user_data"]["fbc"].as_str().unwrap().ends_with(".IwAR9")),
        "{told:?}"
    );
    assert_eq!(shops.browser.run("return told.map(function (call) { return call[2]; })").await, json!(names));
    assert_eq!(shops.told(domain).len(), 2, "all that waited goes in one request");
    // It was said, and is not asked again.
    shops.browser.go(&shops.page(domain, "/asking")).await;
    shops.arrived(domain, 3).await;
    unharmed(shops).await;
}

async fn a_no_drops_what_waits_and_what_is_kept(shops: &Shops) {
    let domain = "refusing.example";
    shops.browser.go(&shops.page(domain, "/asking?fbclid=IwAR9")).await;
    shops.site.until("the page is counted", async || shops.told(domain).len() == 1).await;
    shops.browser.run("kopru('consent', 'no'); kopru('track', 'Lead'); kopru('consent', 'yes')").await;
    shops.browser.run("kopru('track', 'Contact')").await;
    let told = shops.arrived(domain, 1).await;
    assert_eq!(told[0]["event_name"], json!("Contact"), "nothing of what was before the yes is left");
    shops.browser.run("kopru('consent', 'no')").await;
    let kept = "return [document.cookie, localStorage.length]";
    assert_eq!(shops.browser.run(kept).await, json!(["", 0]));
    // Where nobody has to say yes, a no is remembered.
    shops.browser.go(&shops.page(domain, "/")).await;
    shops.arrived(domain, 2).await;
    shops.browser.run("kopru('consent', 'no')").await;
    let requests = shops.told(domain).len();
    shops.browser.go(&shops.page(domain, "/next")).await;
    shops.until("kopru.tag").await;
    shops.browser.run("kopru('track', 'Lead')").await;
    assert_eq!(shops.browser.run("return document.cookie").await, json!("_kopru=no"));
    assert_eq!(shops.told(domain).len(), requests);
    unharmed(shops).await;
}

async fn a_browser_that_wants_privacy_is_left_alone(shops: &Shops) {
    let domain = "private.example";
    shops.browser.go(&shops.page(domain, "/private?fbclid=IwAR9")).await;
    shops.until("kopru.tag").await;
    shops.browser.run("kopru('consent', 'yes'); kopru('track', 'Lead')").await;
    let kept = "return [document.cookie, localStorage.length, told.length]";
    assert_eq!(shops.browser.run(kept).await, json!(["", 0, 0]));
    assert!(shops.told(domain).is_empty());
    unharmed(shops).await;
}

async fn pages_of_one_document_are_pages(shops: &Shops) {
    let domain = "single.example";
    shops.browser.go(&shops.page(domain, "/")).await;
    shops.arrived(domain, 1).await;
    shops
        .browser
        .run("history.pushState({}, '', '/two'); history.replaceState({}, '', '/two?filter=1#top')")
        .await;
    shops.browser.run("history.pushState({}, '', '/three')").await;
    shops.arrived(domain, 3).await;
    shops.browser.run("history.back()").await;
    let told = shops.arrived(domain, 4).await;
    let paths: Vec<_> = told.iter().map(|event| event["event_source_url"].as_str().unwrap()).collect();
    let path = |place: usize| paths[place].rsplit('/').next().unwrap();
    assert_eq!([path(0), path(1), path(2), path(3)], ["", "two", "three", "two"]);
    unharmed(shops).await;
}

async fn elements_tell_by_their_attributes(shops: &Shops) {
    let domain = "buttons.example";
    shops.browser.go(&shops.page(domain, "/buttons")).await;
    shops.arrived(domain, 1).await;
    let press = "document.getElementById('inner').click(); document.getElementById('send').click()";
    shops.browser.run(press).await;
    let mut told = shops.arrived(domain, 3).await;
    told.sort_by_key(|event| event["event_name"].to_string());
    assert_eq!((&told[0]["event_name"], &told[0]["event_id"]), (&json!("Contact"), &json!("c-1")));
    assert_eq!(told[1]["event_name"], json!("Lead"));
    assert_eq!(told[1]["custom_data"], json!({ "value": 12.5, "currency": "TRY" }));
    unharmed(shops).await;
}

async fn a_page_that_breaks_everything_is_unharmed(shops: &Shops) {
    let domain = "hostile.example";
    shops.browser.go(&shops.page(domain, "/hostile?fbclid=IwAR9")).await;
    let told = shops.arrived(domain, 1).await;
    let user = &told[0]["user_data"];
    // No cookie is possible, so nobody knows the browser; the click is known as long as the page lives.
    assert_eq!(user["fbp"], Value::Null);
    assert!(user["fbc"].as_str().unwrap().ends_with(".IwAR9"), "{user}");
    let odd = "kopru(); kopru('nothing'); kopru('track'); kopru('track', {}); kopru('identify'); kopru('consent', 7); \
               var ring = {}; ring.ring = ring; kopru('track', 'Lead', ring); kopru('__proto__'); kopru('track', 'Lead', 7)";
    shops.browser.run(odd).await;
    shops.arrived(domain, 2).await;
    unharmed(shops).await;
}

async fn a_second_tag_does_nothing(shops: &Shops) {
    let domain = "twice.example";
    shops.browser.go(&shops.page(domain, "/twice")).await;
    shops.until("kopru.tag").await;
    shops.browser.run("kopru('track', 'Lead')").await;
    let told = shops.arrived(domain, 2).await;
    let names: Vec<_> = told.iter().map(|event| event["event_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["PageView", "Lead"]);
    unharmed(shops).await;
}

async fn the_pixel_gets_the_same(shops: &Shops) {
    let domain = "pixel.example";
    shops.browser.go(&shops.page(domain, "/pixel")).await;
    shops.until("kopru.tag").await;
    let track = "kopru('identify', {external_id: '77'}); kopru('track', 'AddToCart', {value: 5, currency: 'TRY'}); \
                 kopru('track', 'Wished', {}, {eventID: 'w-1'})";
    shops.browser.run(track).await;
    let told = shops.arrived(domain, 3).await;
    let ids: Vec<_> = told.iter().map(|event| event["event_id"].clone()).collect();
    let given = shops.browser.run("return told").await;
    let dataset = crate::world::DATASET;
    assert_eq!(
        given,
        json!([
            ["trackSingle", dataset, "PageView", {}, {"eventID": ids[0]}],
            ["init", dataset, {"external_id": "77"}],
            ["trackSingle", dataset, "AddToCart", {"value": 5, "currency": "TRY"}, {"eventID": ids[1]}],
            ["trackSingleCustom", dataset, "Wished", {}, {"eventID": "w-1"}],
        ])
    );
    let last: Value = serde_json::from_str(&shops.told(domain).last().unwrap().body).unwrap();
    assert_eq!(last["pixel"], "sent");
    unharmed(shops).await;
}

async fn a_pixel_that_is_blocked_is_told(shops: &Shops) {
    let domain = "blocked.example";
    shops.browser.go(&shops.page(domain, "/blocked")).await;
    shops.arrived(domain, 1).await;
    let load = "var pixel = document.createElement('script'); pixel.src = kopru_host + '/nowhere/fbevents.js'; \
                pixel.onerror = function () { window.is_gone = true; }; document.head.appendChild(pixel);";
    shops.browser.run(load).await;
    shops.until("window.is_gone").await;
    shops.browser.run("kopru('track', 'Lead')").await;
    shops.arrived(domain, 2).await;
    let states: Vec<Value> = shops
        .told(domain)
        .iter()
        .map(|one| serde_json::from_str::<Value>(&one.body).unwrap()["pixel"].clone())
        .collect();
    assert_eq!(states, [Value::Null, json!("blocked")]);
    unharmed(shops).await;
}

async fn what_is_hashed_in_the_page_never_leaves_it(shops: &Shops) {
    let known = "kopru('identify', {em: ' Ada@Example.org ', ph: '+90 (532) 000-00-01', external_id: 'c-7'}); \
                 kopru('track', 'Lead')";
    // A page that is as good as https, and one that is not: there the browser hashes nothing.
    for (domain, hashes) in [("localhost", true), ("plain.example", false)] {
        shops.browser.go(&shops.page(domain, "/hashing")).await;
        shops.arrived(domain, 1).await;
        shops.browser.run(known).await;
        let told = shops.arrived(domain, 2).await;
        let user = &told[1]["user_data"];
        let hash = |text: &str| if hashes { json!([crate::web::shop::sha256(text)]) } else { Value::Null };
        assert_eq!((&user["em"], &user["ph"]), (&hash("ada@example.org"), &hash("905320000001")), "{domain}");
        assert!(user["external_id"].is_array());
        let bodies: String = shops.told(domain).into_iter().map(|one| one.body.to_lowercase()).collect();
        assert!(!bodies.contains("ada@") && !bodies.contains("532"), "{bodies}");
        unharmed(shops).await;
    }
}

async fn what_could_not_be_sent_goes_from_the_next_page(shops: &Shops) {
    let domain = "offline.example";
    shops.browser.go(&shops.page(domain, "/")).await;
    shops.arrived(domain, 1).await;
    shops.lose_requests(true);
    shops.browser.run("kopru('track', 'Lead', {}, {eventID: 'lost'})").await;
    shops.until("/lost/.test(localStorage.getItem('kopru'))").await;
    shops.lose_requests(false);
    shops.browser.go(&shops.page(domain, "/next")).await;
    let told = shops.arrived(domain, 3).await;
    assert!(told.iter().any(|event| event["event_id"] == "lost"), "{told:?}");
    unharmed(shops).await;
}

/// Nothing went wrong in the page.
async fn unharmed(shops: &Shops) {
    assert_eq!(shops.browser.run("return errors").await, json!([]));
}
