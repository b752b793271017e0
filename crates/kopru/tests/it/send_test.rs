//! `kopru send-test`, against the sandbox's Meta.

use std::fs;

use sandbox::Fault;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    cli::kopru,
    world::{DATASET, META_TOKEN, WABA, upstream},
};

/// A configuration with one dataset, of which a part is said.
fn configured(url: &str, dataset: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kopru.toml");
    let text = format!(
        "[store]\npath = \"{}\"\n[[workspace]]\nname = \"acme\"\nconsent = \"elsewhere\"\nbasis = \"contract\"\n\
         [[workspace.dataset]]\nid = \"{DATASET}\"\nallow_insecure = true\ngraph_url = \"{url}\"\n{dataset}",
        folder.path().join("data").display()
    );
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

fn send_test(file: &str, words: &[&str]) -> (Option<i32>, String, String) {
    let words: Vec<&str> = ["send-test", "--config", file].iter().chain(words).copied().collect();
    kopru(&words)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_answers_a_test_is_said_and_nothing_is_stored() {
    let sandbox = upstream();
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let both = format!(
        "token = \"{META_TOKEN}\"\nwhatsapp_business_account_id = \"{WABA}\"\nroutes = [\"website\", \"messaging\"]\n"
    );
    let (folder, file) = configured(&running.url(), &both);

    let (code, printed, said) = send_test(&file, &[]);
    assert_eq!((code, printed.as_str()), (Some(2), ""));
    assert!(said.contains("is not in test mode: give the code from Events Manager"), "{said}");
    assert_eq!(send_test(&file, &["--code", "my code"]).0, Some(2));
    assert!(sandbox.graph_requests().is_empty());

    let (code, printed, said) = send_test(&file, &["--dataset", DATASET, "--code", "TEST12345"]);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!((code, lines.len()), (Some(0), 2), "{printed}{said}");
    let site =
        format!("ok    dataset {DATASET}, website: Meta has received the event; Events Manager shows it");
    assert!(lines[0].starts_with(&site) && lines[0].contains("with the code TEST12345"), "{printed}");
    assert!(lines[1].contains("refuses the made-up click (2804087) and nothing else"), "{printed}");
    let requests = sandbox.graph_requests();
    assert!(requests.iter().all(|request| request.envelope["test_event_code"] == json!("TEST12345")));
    let events = sandbox.graph_events();
    assert_eq!(events.len(), 1, "the chat's counts nothing");
    assert!(!events[0].event.to_string().contains('@'), "hashed");
    assert!(!folder.path().join("data").exists());

    let (code, printed, _) = send_test(&file, &["--code", "TEST12345", "--json"]);
    let told: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &told["ok"], &told["tests"][0]["answer"]), (Some(0), &json!(true), &json!("received")));
    assert_eq!(told["tests"][1]["error_subcode"], 2_804_087);
    assert_eq!(sandbox.graph_events().len(), 2, "each test is an event of its own");

    sandbox.fail_next(1, Fault::CloseAfter);
    let (code, printed, _) = send_test(&file, &["--code", "TEST12345"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.starts_with("wrong dataset") && printed.contains("Meta was not reached"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_connection_is_said_with_its_mend() {
    let sandbox = upstream();
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let chat =
        |token: &str, waba: &str| format!("token = \"{token}\"\nwhatsapp_business_account_id = \"{waba}\"\n");
    let tested =
        "token = \"another-token\"\nroutes = [\"website\"]\nmode = \"test\"\ntest_event_code = \"TEST1\"\n";
    for (dataset, words) in [
        (chat("another-token", WABA), ["refuses the event with 190", "make a new token"]),
        (chat(META_TOKEN, "999"), ["refuses the event with 100/28041", "link the dataset"]),
        (tested.to_owned(), ["refuses the event with 190", "make a new token"]),
    ] {
        let (_folder, file) = configured(&running.url(), &dataset);
        let (code, printed, said) = send_test(&file, &[]);
        assert_eq!(code, Some(1), "{printed}{said}");
        assert!(words.iter().all(|words| printed.contains(words)), "{printed}");
    }
    assert!(sandbox.graph_events().is_empty());
    let (_folder, file) = configured(&running.url(), "token = \"a\"\nroutes = [\"crm\"]\n");
    let (code, _, said) = send_test(&file, &[]);
    assert!(code == Some(2) && said.contains("has neither the route"), "{said}");
    let (code, _, said) = send_test(&file, &["--dataset", "1"]);
    assert!(code == Some(2) && said.contains("no such dataset"), "{said}");
}
