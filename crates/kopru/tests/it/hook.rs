//! `kopru sandbox hook` against the real doors, and what it prints.

use std::process::Command;

use serde_json::Value;

use crate::{
    cli::kopru,
    service::Site,
    world::{APP_SECRET, KOMMO_KEY, WABA, WHATSAPP_KEY},
};

/// The exit code and the output of `kopru sandbox hook` with the app's secret in the environment.
fn hook(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kopru"))
        .args(["sandbox", "hook"])
        .args(arguments)
        .env("APP_SECRET", APP_SECRET)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(!said.contains(APP_SECRET), "{said}");
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_is_tried() {
    let site = Site::new("http://127.0.0.1:9");
    let mut child = site.start();
    site.ready().await;
    let whatsapp = format!("{}/hooks/{WHATSAPP_KEY}", site.doors);
    let kommo = format!("{}/hooks/{KOMMO_KEY}", site.doors);
    let unknown = format!("{}/hooks/unknown", site.doors);
    let signed = ["--secret", "env:APP_SECRET", "--waba", WABA];
    for (door, to, more, code, expected) in [
        ("whatsapp ad-click", &whatsapp, &signed[..], 0, "whatsapp ad-click: 200 in "),
        ("whatsapp", &whatsapp, &["--secret", "env:APP_SECRET", "--times", "2"], 0, "ad-click 2/2: 200 in "),
        ("whatsapp ad-click", &whatsapp, &["--wrong-signature"], 1, "whatsapp ad-click: 401 in "),
        ("whatsapp ad-click", &whatsapp, &["--no-signature"], 1, "whatsapp ad-click: 401 in "),
        ("whatsapp ad-click", &whatsapp, &["--secret", "another"], 1, "whatsapp ad-click: 401 in "),
        ("whatsapp text", &unknown, &signed, 1, "whatsapp text: 404 in "),
        ("whatsapp text", &"http://127.0.0.1:1/".to_owned(), &signed, 1, "onnection refused"),
        ("whatsapp", &whatsapp, &["--verify", "verify-me"], 0, ", the challenge came back"),
        ("whatsapp", &whatsapp, &["--verify", "wrong"], 1, "whatsapp handshake: 403 in "),
        ("kommo stage-move-twice", &kommo, &[], 0, "kommo stage-move-twice: 200 in "),
    ] {
        let words: Vec<&str> = door.split(' ').chain(["--to", to]).chain(more.iter().copied()).collect();
        let (exit, said) = hook(&words);
        assert_eq!(exit, Some(code), "{door} {more:?}: {said}");
        assert!(said.contains(expected), "{door} {more:?}: {said}");
    }
    let (_, said) = hook(&["whatsapp", "--to", &whatsapp, "--no-signature", "--json", "--id", "7"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["sent"]["shape"], &said["answer"]["status"]), (&"ad-click".into(), &401.into()));

    let ledger = site.get("/api/v1/ledger").await;
    assert_eq!(ledger["balanced"], true, "{ledger}");
    assert_eq!(
        ledger["facts"]["received"], 5,
        "three clicks, one of them a copy, and a deal twice: {ledger}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn printed_in_place_of_sent() {
    let filled = ["--name", "O'Neill", "--id", "7", "--time", "1763884700", "--print"];
    let of = |more: &[&str]| {
        let words: Vec<&str> = ["messenger", "message"].iter().chain(&filled).chain(more).copied().collect();
        hook(&words)
    };
    let (code, plain) = of(&["--secret", "env:APP_SECRET", "--text", "it's", "--to", "http://localhost/x"]);
    assert_eq!(code, Some(0), "{plain}");
    let body = concat!(
        r#"{"entry":[{"id":"111222333","messaging":[{"message":{"mid":"m_7","text":"it's"},"#,
        r#""recipient":{"id":"111222333"},"sender":{"id":"444555666"},"timestamp":1763884700000}],"#,
        r#""time":1763884700123}],"object":"page"}"#
    );
    let signature = sandbox::hooks::sign(APP_SECRET, body.as_bytes());
    assert!(plain.contains(&format!("X-Hub-Signature-256: {signature}\n\n{body}\n\n")), "{plain}");
    assert!(
        plain.contains("curl -i 'http://localhost/x' -H 'Content-Type: application/json' -H "),
        "{plain}"
    );
    assert!(plain.contains(r"it'\''s"), "quoted for the shell: {plain}");

    let (_, in_json) = of(&["--no-signature", "--json", "--text", "it's"]);
    let in_json: Value = serde_json::from_str(&in_json).unwrap();
    assert_eq!(in_json["body"], body);
    assert_eq!(in_json["headers"], serde_json::json!({ "Content-Type": "application/json" }));
    assert_eq!(in_json["curl"], Value::Null);
}

#[test]
fn shapes_are_listed() {
    let (code, table, _) = kopru(&["sandbox", "hook", "--list"]);
    assert_eq!(code, Some(0));
    assert_eq!(table.lines().count(), sandbox::hooks::shapes().len());
    insta::assert_snapshot!("hook-list", table);
    let (_, in_json) = hook(&["leadgen", "--list", "--json"]);
    let in_json: Value = serde_json::from_str(&in_json).unwrap();
    assert_eq!(in_json[0]["shape"], "lead");
    assert!(in_json.as_array().unwrap().iter().all(|shape| shape["door"] == "leadgen"));
}

#[test]
fn wrong_use_says_how_to_mend_it() {
    let to = ["--to", "http://127.0.0.1:1/"];
    for (words, expected) in [
        (&["telegram"][..], "known are whatsapp, messenger, instagram, leadgen, kommo"),
        (
            &["leadgen", "leed", "--no-signature"],
            "leadgen has no shape called \"leed\"; known are lead, organic",
        ),
        (&["whatsapp"], "give the app's secret"),
        (&["whatsapp", "--secret", "env:NOT_SET"], "the environment variable NOT_SET, which is not set"),
        (&["kommo", "--secret", "s"], "kommo does not sign its webhooks"),
        (&["kommo", "--verify", "t"], "kommo asks for no handshake"),
        (&["whatsapp", "--verify", "t", "--print"], "cannot be used with"),
        (&["whatsapp", "--no-signature", "--times", "0"], "0 is not in 1..=1000"),
        (&[], "required"),
    ] {
        let words: Vec<&str> = words.iter().copied().chain(to).collect();
        let (code, said) = hook(&words);
        assert_eq!(code, Some(2), "{words:?}: {said}");
        assert!(said.contains(expected), "{words:?}: {said}");
    }
    let (code, said) = hook(&["whatsapp", "--no-signature", "--to", "localhost:8480"]);
    assert!(code == Some(2) && said.contains("it looks like http://127.0.0.1:8480/hooks/KEY"), "{said}");
    assert_eq!(hook(&["whatsapp", "--no-signature"]).0, Some(2), "sent where?");
}
