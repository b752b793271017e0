//! What Meta gets, what is kept and listed of it, and what `kopru check` says.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::shop::{WebShop, now_s, purchase, sha256};
use crate::{
    cli::kopru,
    world::{DATASET, Person},
};

const PEOPLE: u64 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn each_event_arrives_once_hashed_and_as_it_is_listed() {
    let mut shop = WebShop::open().await;
    let client = shop.client();
    let people: Vec<Person> =
        (0..PEOPLE).map(|number| Person { number, wrote_s: now_s() - 600 + number as i64 }).collect();
    for person in &people {
        let event = purchase(*person, &format!("id-{}", person.number));
        assert_eq!(client.deliver(&json!({ "data": [event] })).await, 0);
        // The same again as a form, with the key in it.
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("access_token", &client.key)
            .append_pair("data", &json!([event]).to_string())
            .finish();
        let request =
            client.client.post(&client.url).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form).send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (&answer["events_received"], &answer["kopru"]["duplicates"]),
            (&json!(1), &json!(1)),
            "{answer}"
        );
    }
    shop.site.settled(people.len()).await;

    let told = shop.meta.graph_events();
    assert_eq!(told.len(), people.len());
    let listed = shop.site.get("/api/v1/conversions?limit=1000").await;
    for person in &people {
        let id = format!("id-{}", person.number);
        let of_id: Vec<&Value> =
            told.iter().map(|one| &one.event).filter(|event| event["event_id"] == id.as_str()).collect();
        let [event] = of_id.as_slice() else { panic!("{id}: {of_id:?}") };
        let user = &event["user_data"];
        for (key, plain) in [
            ("em", person.email()),
            ("ph", person.phone()),
            ("fn", "gizem".into()),
            ("ln", "secretperson".into()),
        ] {
            assert_eq!(user[key][0], sha256(&plain), "{key} of {event}");
        }
        assert_eq!(user["client_ip_address"], "81.2.69.142");
        assert!(user["fbc"].as_str().unwrap().ends_with(&person.click_id()), "the click id is no hash");
        assert_eq!(event["event_source_url"], "https://shop.example.com/thanks?utm_source=fb");
        let one = listed.as_array().unwrap().iter().find(|one| one["event_id"] == id.as_str()).unwrap();
        let stands = (&one["route"], &one["state"], &one["cause"], &one["dataset"]);
        assert_eq!(
            stands,
            (&json!("website"), &json!("accepted"), &json!("activity"), &json!(DATASET)),
            "{one}"
        );
        assert_eq!(&&one["body"], event, "byte for byte as sent");
    }
    let ledger = shop.site.get("/api/v1/ledger").await;
    let facts = &ledger["facts"];
    assert_eq!(
        (&facts["received"], &facts["used"], &facts["duplicate"]),
        (&json!(24), &json!(12), &json!(12))
    );
    let (_, shown, _) = kopru(&["events", "show", "id-3", "--config", &shop.file()]);
    assert!(shown.contains("\nkey       web-shop\n") && !shown.contains("\nrule"), "{shown}");
    shop.assert_nothing_plain();
    shop.kill();
    shop.assert_nothing_plain();
}

/// The browser of somebody whose address is known: the event that lacks it gets it, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_to_an_event_is_named() {
    let shop = WebShop::open().await;
    let client = shop.client();
    let person = Person { number: 1, wrote_s: now_s() - 60 };
    let mut known = purchase(person, "known");
    known["user_data"]["fbp"] = json!("fb.1.1763880000000.1116446470");
    client.deliver(&json!({ "data": [known] })).await;
    let mut later = purchase(Person { number: 2, ..person }, "later");
    later["user_data"] =
        json!({ "fbp": "fb.1.1763880000000.1116446470", "client_user_agent": "Mozilla/5.0" });
    client.deliver(&json!({ "data": [later] })).await;
    shop.site.settled(2).await;
    let told = shop.meta.graph_events();
    let later = told.iter().find(|one| one.event["event_id"] == "later").unwrap();
    assert_eq!(later.event["user_data"]["em"][0], sha256(&person.email()), "{later:?}");
    let (_, shown, _) = kopru(&["events", "show", "later", "--config", &shop.file()]);
    assert!(shown.contains("\nadded     em, ph\n"), "{shown}");
    let (_, shown, _) = kopru(&["events", "show", "known", "--config", &shop.file()]);
    assert!(!shown.contains("\nadded"), "{shown}");
}

/// Meta takes these for all events of a request, so events with others travel apart.
#[tokio::test(flavor = "multi_thread")]
async fn the_parameters_of_a_request_reach_meta_with_its_events_alone() {
    let shop = WebShop::open().await;
    let client = shop.client();
    let parameters = [
        json!({}),
        json!({ "test_event_code": "TEST42" }),
        json!({ "test_event_code": "TEST43" }),
        json!({ "partner_agent": "shop-plugin-1.2" }),
        json!({ "test_event_code": "TEST42", "partner_agent": "shop-plugin-1.2", "upload_tag": "batch 7" }),
    ];
    let mut sent: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for number in 0..30 {
        let parameters = parameters[number as usize % parameters.len()].as_object().unwrap().clone();
        let id = format!("id-{number}");
        let event = purchase(Person { number, wrote_s: now_s() - 60 }, &id);
        let mut body = json!({ "data": [event] });
        body.as_object_mut().unwrap().extend(parameters.clone());
        client.deliver(&body).await;
        sent.insert(id, parameters);
    }
    shop.site.settled(sent.len()).await;
    let requests: BTreeMap<u64, Map<String, Value>> =
        shop.meta.graph_requests().into_iter().map(|request| (request.n, request.envelope)).collect();
    let told = shop.meta.graph_events();
    assert_eq!(told.len(), sent.len());
    for one in told {
        let id = one.event["event_id"].as_str().unwrap();
        assert_eq!(requests[&one.request], sent[id], "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_where_events_are_posted_and_whether_a_key_is_there() {
    let shop = WebShop::open().await;
    let check = || kopru(&["check", "--offline", "--config", &shop.file()]);
    let (code, printed, said) = check();
    let line =
        format!("ok    acme: dataset {DATASET} takes events at {}/v26.0/{DATASET}/events", shop.site.doors);
    assert_eq!(code, Some(0), "{printed}{said}");
    assert!(printed.contains(&format!("{line}; keys that may report them: web-shop\n")), "{printed}");
    let twice = "Meta counts a sale that both report twice";
    assert!(!printed.contains(twice), "no rule sends one: {printed}");
    let text = std::fs::read_to_string(shop.file()).unwrap();
    let rule =
        "\n[[workspace.rule]]\nid = \"sold\"\nstage = \"won\"\nsend = \"Purchase\"\nvalue = \"price\"\n";
    std::fs::write(shop.file(), format!("{text}{rule}")).unwrap();
    let (_, both, _) = check();
    assert!(both.contains("note  acme: rule \"sold\" sends a Purchase") && both.contains(twice), "{both}");
    std::fs::write(shop.file(), text).unwrap();
    for untrue in ["nothing comes in", "nothing is sent"] {
        assert!(!printed.contains(untrue), "{printed}");
    }
    let (code, _, said) = kopru(&["keys", "revoke", "web-shop", "--config", &shop.file()]);
    assert_eq!(code, Some(0), "{said}");
    let (code, printed, _) = check();
    let note = format!(
        "note  acme: dataset {DATASET} takes events at {}/v26.0/{DATASET}/events, and there is no key that may report \
         them; kopru keys make NAME --scope events --consent sender makes one\n",
        shop.site.doors
    );
    assert_eq!(code, Some(0), "nothing is wrong");
    assert!(printed.contains(&note), "{printed}");
}

/// What the README tells to type does what it says, with the addresses of this test.
#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_example_works_as_written() {
    let shop = WebShop::open().await;
    let readme = include_str!("../../../../../README.md");
    let section = readme.split("### Your shop's server").nth(1).unwrap();
    let commands = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let answer = section.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(commands.contains("http://127.0.0.1:8480/v26.0/1234567890/events") && DATASET == "1234567890");
    let binary = format!("kopru() {{ {} \"$@\" --config {}; }}\n", env!("CARGO_BIN_EXE_kopru"), shop.file());
    // The shop of these tests has a key of that name.
    let typed = commands.replace("http://127.0.0.1:8480", &shop.site.doors).replace("web-shop", "readme");
    let output = std::process::Command::new("bash")
        .args(["-euc", &(binary + &typed)])
        .current_dir(shop.site.folder.path())
        .env("no_proxy", "*")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let mut printed: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}: {said}"));
    let mut written: Value = serde_json::from_str(answer).unwrap();
    let traces = [&mut printed, &mut written].map(|answer| answer["fbtrace_id"].take());
    assert_eq!(printed, written, "{said}");
    assert!(traces.iter().all(|trace| trace.as_str().unwrap().len() == 23), "{traces:?}");
    shop.site.settled(1).await;
    let told = shop.meta.graph_events();
    assert_eq!(told[0].event["event_id"], "order-1001");
    assert_eq!(told[0].diagnostics, [""; 0], "{:?}", told[0]);
}
