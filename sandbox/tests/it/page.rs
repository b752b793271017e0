//! The page: what is served where, that nothing of it comes from or goes elsewhere, and both languages.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kopru_sandbox::FaultRule;
use reqwest::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use reqwest::redirect;
use serde_json::{Value, json};

use crate::{DATASET, PAGE, TOKEN, WABA, World, read};

/// Name and text of every file of the page.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/src");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_none_or(|kind| kind != "rs"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The object that a file of words assigns, which is written as JSON.
fn words(file: &str) -> Value {
    let text = files().into_iter().find(|(name, _)| name == file).unwrap().1;
    let (from, to) = (text.find("= {").unwrap() + 2, text.rfind('}').unwrap() + 1);
    serde_json::from_str(&text[from..to]).unwrap()
}

#[tokio::test]
async fn every_file_is_served_and_may_load_nothing_from_elsewhere() {
    let world = World::new().await;
    let pages = ["/sandbox", "/sandbox/", "/sandbox?lang=tr"].map(|path| (path.to_owned(), None));
    let others = files().into_iter().filter(|(name, _)| name != "page.html");
    let others = others.map(|(name, text)| (format!("/sandbox/page/{name}"), Some(text)));
    for (path, expected) in pages.into_iter().chain(others) {
        let response = world.client.get(world.url(&path)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let kind = match Path::new(&path).extension().and_then(|kind| kind.to_str()) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        let headers = response.headers();
        assert_eq!(headers[CONTENT_TYPE], kind, "{path}");
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        let text = response.text().await.unwrap();
        assert!(expected.is_none_or(|expected| expected == text), "{path}");
    }
    for path in ["/sandbox/page/nothing.js", "/sandbox/page/mod.rs", "/sandbox/page/..%2Fmod.rs"] {
        assert_eq!(world.client.get(world.url(path)).send().await.unwrap().status(), 404, "{path}");
    }
    assert!(world.sandbox.graph_requests().is_empty(), "looking at the page is no request to Graph");
}

#[tokio::test]
async fn a_browser_at_the_root_is_led_to_the_page_and_others_meet_graph() {
    let world = World::new().await;
    let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    let led = client.get(world.url("/")).header(ACCEPT, accept).send().await.unwrap();
    assert_eq!((led.status().as_u16(), led.headers()[LOCATION].to_str().unwrap()), (303, "/sandbox"));
    for request in [client.get(world.url("/")), client.post(world.url("/")).header(ACCEPT, accept)] {
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(2500)));
    }
}

#[tokio::test]
async fn datasets_are_listed_without_their_tokens() {
    let world = World::new().await;
    let response = world.client.get(world.url("/sandbox/datasets")).send().await.unwrap();
    let text = response.text().await.unwrap();
    assert!(!text.contains(TOKEN));
    let listed: Value = serde_json::from_str(&text).unwrap();
    let expected = json!([{
        "id": DATASET, "name": "", "page_id": PAGE, "waba_id": WABA, "ig_account_id": "17841400000000000",
    }]);
    assert_eq!(listed["datasets"], expected);
}

#[test]
fn both_languages_have_the_same_words() {
    for file in ["words.js", "codes.js"] {
        let all = words(file);
        let keys = |language: &str| -> BTreeSet<String> {
            all[language].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(keys("en"), keys("tr"), "{file}");
        for (key, english) in all["en"].as_object().unwrap() {
            let turkish = all["tr"][key].as_str().unwrap();
            assert!(!turkish.is_empty(), "{file}: {key}");
            assert_eq!(places(english.as_str().unwrap()), places(turkish), "{file}: {key}");
        }
    }
}

/// The names in braces, which the page replaces.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn every_word_that_the_scripts_ask_for_is_there() {
    let words = words("words.js");
    for (name, text) in files() {
        for (at, call) in text.match_indices("t(\"") {
            let is_other_name = text[..at].ends_with(|one: char| one.is_alphanumeric() || one == '.');
            let key = text[at + call.len()..].split('"').next().unwrap();
            assert!(is_other_name || words["en"][key].is_string(), "{name} asks for {key:?}");
        }
    }
}

#[test]
fn every_fault_that_the_page_offers_is_one() {
    let script = files().into_iter().find(|(name, _)| name == "faults.js").unwrap().1;
    let offered = script.split_once("EXAMPLES = [").unwrap().1.split_once(']').unwrap().0;
    let rules: Vec<&str> = offered.split('"').skip(1).step_by(2).collect();
    assert!(rules.len() > 10);
    for rule in rules {
        rule.parse::<FaultRule>().unwrap_or_else(|why| panic!("{rule}: {why}"));
    }
}

#[test]
fn what_others_sent_stays_text_and_no_file_names_another_host() {
    for (name, text) in files() {
        for unsafe_way in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "style=\""]
        {
            assert!(!text.contains(unsafe_way), "{name} uses {unsafe_way}");
        }
        let own = text.replace("http://www.w3.org/2000/svg", "");
        for scheme in ["http://", "https://"] {
            assert!(!own.contains(scheme), "{name} names another host");
        }
        let inline = name == "page.html" && (text.contains("<style") || text.contains(" onclick"));
        assert!(!inline && !text.contains("<script>"), "{name} has something inline");
    }
}
