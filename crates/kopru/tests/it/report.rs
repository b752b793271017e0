//! `kopru report`, and the socket over which commands ask a running service.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::{fs::FileTypeExt as _, net::UnixStream},
    path::PathBuf,
    process::Command,
};

use serde_json::Value;

use crate::{
    cli::kopru,
    service::{Serving, Site, is_private_file},
    world::{Person, WHATSAPP_KEY},
};

/// Nobody answers there: nothing is confirmed, so that counts come to rest at once.
const NOBODY: &str = "http://127.0.0.1:9";

fn socket(site: &Site) -> PathBuf {
    site.folder.path().join("data/control.sock")
}

fn report(site: &Site, more: &[&str]) -> (Option<i32>, String, String) {
    let file = site.folder.path().join("kopru.toml");
    kopru(&[&["report", "ledger", "--config", file.to_str().unwrap()], more].concat())
}

fn json(site: &Site) -> Value {
    let (code, printed, said) = report(site, &["--json"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    serde_json::from_str(&printed).unwrap()
}

/// A service that has taken a message and a forged one.
async fn with_a_message() -> (Site, Serving) {
    let site = Site::new(NOBODY);
    let child = site.start();
    site.ready().await;
    let wrote_s = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap() - 60;
    let (body, signature) = Person { number: 1, wrote_s }.message();
    site.deliver(WHATSAPP_KEY, &body, Some(&signature)).await;
    let forged = site.client.post(format!("{}/hooks/{WHATSAPP_KEY}", site.doors)).body(body);
    assert_eq!(forged.send().await.unwrap().status(), 401);
    site.until("both are counted", async || {
        let ledger = site.get("/api/v1/ledger").await;
        ledger["facts"]["used"] == 1 && ledger["refused_at_door"]["bad_signature"] == 1
    })
    .await;
    (site, child)
}

fn end(mut child: Serving, signal: &str) -> Option<i32> {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    child.wait().unwrap().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_the_same_with_and_without_a_running_service() {
    let (site, child) = with_a_message().await;
    let running = json(&site);
    assert_eq!(running, site.get("/api/v1/ledger").await);
    let (code, table, said) = report(&site, &["--workspace", "acme"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    insta::assert_snapshot!("ledger", table);

    assert_eq!(end(child, "-TERM"), Some(0));
    assert!(!socket(&site).exists(), "removed at a clean stop");
    assert_eq!(json(&site), running);
    assert_eq!(report(&site, &["--format", "table"]).1, table);

    // A process that was killed leaves a socket behind, which keeps nobody out.
    let child = site.start();
    site.ready().await;
    end(child, "-KILL");
    assert!(socket(&site).exists());
    assert_eq!(json(&site), running);
    let child = site.start();
    site.ready().await;
    assert_eq!(json(&site), running);
    assert_eq!(end(child, "-TERM"), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn ads_are_reported_with_and_without_a_running_service() {
    let (site, child) = with_a_message().await;
    let file = site.folder.path().join("kopru.toml");
    let report = |kind: &str, more: &[&str]| {
        kopru(&[&["report", kind, "--config", file.to_str().unwrap()], more].concat())
    };
    site.until("everything is counted", async || site.get("/api/v1/reports/ads").await["counted"] == true)
        .await;
    let all = || {
        let day = ["--since", "2026-05-28"];
        let formats = ["table", "json", "csv"].map(|format| report("ads", &["--format", format]));
        let others = [report("ads", &day), report("balance", &[]), report("ledger", &["--format", "csv"])];
        for (code, _, said) in formats.iter().chain(&others) {
            assert_eq!((*code, said.as_str()), (Some(0), ""));
        }
        formats.into_iter().chain(others).map(|(_, printed, _)| printed).collect::<Vec<_>>()
    };
    let running = all();
    assert_eq!(
        (running[0].as_str(), running[3].as_str()),
        ("no event on these days\n", "no event on these days\n")
    );
    let answer: Value = serde_json::from_str(&running[1]).unwrap();
    assert_eq!(answer, site.get("/api/v1/reports/ads").await);
    assert_eq!(running[2], "ad,event,accepted,duplicate,suppressed,failed,waiting,queued,undone\n");
    assert_eq!(running[4], "records   1 = 1 used\nevents    0 = 0\nbalanced  yes\n");
    assert!(running[5].starts_with("part,what,count\nrecords,received,1\n"), "{}", running[5]);
    for (wrong, words) in [
        (&["--until", "yesterday"][..], "kopru: --until: \"yesterday\" is not a day; "),
        // Not rounded to its day in silence.
        (&["--since", "2026-05-28T20:26:40Z"], "kopru: --since: \"2026-05-28T20:26:40Z\" is not a day; "),
        (
            &["--since", "2026-06-01", "--until", "2026-05-01"],
            "kopru: --since: 2026-06-01 is not before until (",
        ),
    ] {
        let (code, printed, said) = report("ads", wrong);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{said}");
        assert!(said.starts_with(words) && said.lines().count() == 1, "{said}");
    }
    assert_eq!(end(child, "-TERM"), Some(0));
    assert_eq!(all(), running);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_serves_its_owner_alone_and_only_the_api() {
    let (site, child) = with_a_message().await;
    let kind = fs::symlink_metadata(socket(&site)).unwrap().file_type();
    assert!(kind.is_socket() && is_private_file(&socket(&site)));
    let status = |line: &str| {
        let mut stream = UnixStream::connect(socket(&site)).unwrap();
        write!(stream, "{line} HTTP/1.1\r\nhost: anything\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    for (line, wanted) in [
        ("GET /api/v1/health", "200"),
        ("POST /api/v1/set-aside/retry", "200"),
        ("GET /", "404"),
        ("GET /metrics", "404"),
        ("GET /hooks/whatsapp-hook-key-of-the-test", "404"),
    ] {
        assert_eq!(status(line), wanted, "{line}");
    }
    // Connections that say nothing keep nobody out.
    let silent: Vec<UnixStream> = (0..200).map(|_| UnixStream::connect(socket(&site)).unwrap()).collect();
    assert_eq!(json(&site)["balanced"], true);
    drop(silent);
    assert_eq!(end(child, "-TERM"), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reported_is_said() {
    let site = Site::new(NOBODY);
    let one_line = |(code, printed, said): (Option<i32>, String, String), wanted: i32, words: &str| {
        assert_eq!((code, printed.as_str()), (Some(wanted), ""), "{said}");
        assert!(said.contains(words) && said.lines().count() == 1, "{said}");
    };
    one_line(report(&site, &[]), 1, "there is no store at ");
    assert!(!site.folder.path().join("data").exists(), "and none is made");
    assert_eq!(report(&site, &["--json", "--format", "table"]).0, Some(2));
    assert_eq!(report(&site, &["--format", "xml"]).0, Some(2));

    let child = site.start();
    site.ready().await;
    one_line(report(&site, &["--workspace", "emca"]), 2, "no such workspace; there is: acme");
    // Locked, and nobody answers.
    fs::remove_file(socket(&site)).unwrap();
    one_line(report(&site, &[]), 1, "another process uses the store at ");
    assert_eq!(end(child, "-TERM"), Some(0));
    one_line(report(&site, &["--workspace", "emca"]), 2, "no such workspace; there is: acme");

    let database = rusqlite::Connection::open(site.folder.path().join("data/kopru.db")).unwrap();
    let insert =
        "INSERT OR REPLACE INTO counter (workspace, name, n) SELECT id, 'fact.used', 7 FROM workspace";
    assert_eq!(database.execute(insert, []).unwrap(), 1);
    drop(database);
    let (code, printed, said) = report(&site, &[]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(printed.contains("balanced  NO"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_is_asked_without_its_secrets() {
    let site = Site::new(NOBODY);
    let file = site.folder.path().join("kopru.toml");
    let secret = "secret-meta-token-of-the-test";
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace(secret, "env:KOPRU_TEST_META").replace(WHATSAPP_KEY, "env:KOPRU_TEST_HOOK"),
    )
    .unwrap();
    let mut command = site.command();
    let child = command.env("KOPRU_TEST_META", secret).env("KOPRU_TEST_HOOK", WHATSAPP_KEY).spawn();
    let child = Serving(child.unwrap());
    site.ready().await;
    assert_eq!(json(&site)["balanced"], true);
    let apply = || kopru(&["apply", "--config", file.to_str().unwrap()]);
    assert_eq!(apply().0, Some(0), "the service has them");
    assert_eq!(end(child, "-TERM"), Some(0));
    for (code, printed, said) in [report(&site, &[]), apply()] {
        assert_eq!((code, printed.as_str()), (Some(2), ""));
        assert!(said.contains("KOPRU_TEST_META") && said.contains("KOPRU_TEST_HOOK"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_too_long_for_a_socket_is_said_and_costs_nothing_else() {
    let site = Site::new(NOBODY);
    let file = site.folder.path().join("kopru.toml");
    let text = fs::read_to_string(&file).unwrap();
    let folder = site.folder.path().join("d".repeat(100));
    fs::write(&file, text.replace("/data\"", &format!("/{}\"", "d".repeat(100)))).unwrap();
    let child = site.start();
    site.ready().await;
    assert!(folder.join("kopru.db").exists() && !folder.join("control.sock").exists());
    assert!(fs::read_to_string(site.log_file()).unwrap().contains("too long for a Unix socket"));
    let (code, _, said) = report(&site, &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("its path may be too long for a socket"), "{said}");
    assert_eq!(end(child, "-TERM"), Some(0));
    assert_eq!(json_of(&file)["balanced"], true, "without the service the store is opened");
}

fn json_of(file: &std::path::Path) -> Value {
    let (code, printed, said) = kopru(&["report", "ledger", "--json", "--config", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    serde_json::from_str(&printed).unwrap()
}
