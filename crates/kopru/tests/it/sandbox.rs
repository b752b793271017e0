//! `kopru sandbox` as a process: what it prints, its flags, and ten thousand connections.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::service::Serving;

const CONNECTIONS: usize = 10_000;
/// Connections that it holds at a time.
const HELD: usize = 8192;

/// A running `kopru sandbox --json`, which ends with the test.
struct Running {
    child: Serving,
    /// What it has printed.
    told: Value,
}

impl Running {
    fn start(flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kopru"))
            .args(["sandbox", "--json", "--listen", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child: Serving(child), told: serde_json::from_str(&line).unwrap() }
    }

    fn url(&self) -> &str {
        self.told["url"].as_str().unwrap()
    }

    fn address(&self) -> &str {
        self.url().strip_prefix("http://").unwrap()
    }

    /// Sends one event to the dataset that is linked to everything.
    async fn send(&self, event: &Value) -> (u16, Value) {
        let dataset = &self.told["dataset"];
        let url = format!("{}/v26.0/{}/events", self.url(), dataset["id"].as_str().unwrap());
        let body = json!({ "data": [event], "access_token": dataset["token"] }).to_string();
        let sent = reqwest::Client::new().post(url).header("content-type", "application/json").body(body);
        let answer = sent.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.url())).await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// What it holds in memory, in bytes.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

fn event(more: &Value) -> Value {
    let mut event = json!({
        "event_name": "Lead", "event_time": jiff_now(), "event_id": "1", "action_source": "website",
        "event_source_url": "https://shop.example.com/", "user_data": { "external_id": ["user-1"] },
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn jiff_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_do_what_they_say() {
    let plain = Running::start(&["--people", "10"]);
    assert_eq!(plain.send(&event(&json!({}))).await.0, 200);
    assert_eq!(plain.told["seeded"]["people"], 10);
    let chat = |clid: &str| {
        let dataset = &plain.told["dataset"];
        let ids = json!({ "whatsapp_business_account_id": dataset["waba_id"], "ctwa_clid": clid });
        event(&json!({
            "event_name": "LeadSubmitted", "action_source": "business_messaging", "user_data": ids,
            "messaging_channel": "whatsapp", "event_source_url": null,
        }))
    };
    let (status, answer) = plain.send(&chat("ARAmadeup")).await;
    assert_eq!((status, &answer["error"]["error_subcode"]), (400, &json!(2_804_087)));

    let strict = Running::start(&["--people", "0", "--strict-docs", "--any-id"]);
    let (status, answer) = strict.send(&event(&json!({}))).await;
    let told = answer["error"]["error_user_msg"].as_str().unwrap();
    assert!(status == 400 && told.contains("client_user_agent"), "{told}");
    assert_eq!(strict.send(&chat("ARAmadeup")).await.0, 200, "--any-id");

    let faulty = Running::start(&["--people", "0", "--fault", "error:4,times=1", "--discard"]);
    assert_eq!(faulty.send(&event(&json!({}))).await.1["error"]["code"], 4);
    assert_eq!(faulty.send(&event(&json!({}))).await.0, 200);
    assert_eq!(faulty.get("/sandbox/events").await["events"], json!([]));
    assert_eq!(faulty.get("/sandbox/ids").await["ids"], json!(["1234567890 Lead 1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_what_it_prints_is_enough_to_connect_to_kommo() {
    let sandbox = Running::start(&["--people", "0"]);
    let kommo = &sandbox.told["kommo"];
    let text = |key: &str| kommo[key].as_str().unwrap();
    let client = reqwest::Client::new();
    let code = client.post(format!("{}/sandbox/kommo/oauth-code", sandbox.url())).send().await.unwrap();
    let code: Value = serde_json::from_str(&code.text().await.unwrap()).unwrap();
    let exchange = json!({
        "client_id": text("client_id"), "client_secret": text("client_secret"),
        "redirect_uri": text("redirect_uri"), "grant_type": "authorization_code", "code": code["code"],
    });
    let url = format!("{}/oauth2/access_token", sandbox.url());
    let tokens = client.post(url).body(exchange.to_string()).send().await.unwrap();
    let tokens: Value = serde_json::from_str(&tokens.text().await.unwrap()).unwrap();
    for token in [text("token"), text("long_lived_token"), tokens["access_token"].as_str().unwrap()] {
        let asked = client.get(format!("{}/api/v4/account", sandbox.url())).bearer_auth(token);
        assert_eq!(asked.send().await.unwrap().status(), 200, "{token}");
    }
}

#[test]
fn wrong_flags_are_told() {
    for (flags, expected) in [
        (["--fault", "nonsense"], "known are latency:MS"),
        (["--tier", "huge"], "known are limited and full"),
        (["--listen", "0.0.0.0:0"], "loopback addresses only"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_kopru")).arg("sandbox").args(flags).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(expected), "{flags:?}: {said}");
    }
}

/// It holds 8,192, closes the others at once, stays small, and answers again when they have gone.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let sandbox = Running::start(&["--people", "0"]);
    let before = sandbox.resident();
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(sandbox.address()).unwrap();
        let _ = stream.write_all(b"POST /v25.0/700100/events HTTP/1.1\r\nHost:");
        held.push(stream);
    }
    // Connections are accepted in their order, so the end of the last one tells of all.
    let mut byte = [0];
    held[CONNECTIONS - 1].set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert!(matches!(held[CONNECTIONS - 1].read(&mut byte), Ok(0) | Err(_)), "the last one is closed");
    let is_closed = |mut stream: &TcpStream| {
        stream.set_nonblocking(true).unwrap();
        !matches!(stream.read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    };
    assert_eq!(held.iter().filter(|stream| is_closed(stream)).count(), CONNECTIONS - HELD);
    let grown = sandbox.resident().saturating_sub(before);
    assert!(grown < 400_000_000, "{grown} bytes for {HELD} connections");
    drop(held);
    testkit::until("somebody is answered again", async || {
        let answer = reqwest::get(format!("{}/v26.0/me", sandbox.url())).await;
        answer.is_ok_and(|answer| answer.status() == 401)
    })
    .await;
}
