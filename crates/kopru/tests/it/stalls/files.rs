//! Files that somebody has deleted, emptied or limited.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use testkit::PATIENCE;

use super::{
    crm::Crm,
    events::run,
    shop::Shop,
    town::{Plan, Town},
};
use crate::service::{Site, is_private_file};

/// A second service on the same store, with addresses of its own.
async fn second_service(town: &Town) -> (Option<i32>, String) {
    let first = fs::read_to_string(town.site.folder.path().join("kopru.toml")).unwrap();
    let other = Site::with("");
    let address = |url: &str| url.trim_start_matches("http://").to_owned();
    let text = first
        .replace(&address(&town.site.doors), &address(&other.doors))
        .replace(&address(&town.site.admin), &address(&other.admin));
    let file = town.site.folder.path().join("second.toml");
    fs::write(&file, text).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_kopru"))
        .args(["serve", "--config"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() && started.elapsed() < std::time::Duration::from_secs(10) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let _ = child.kill();
    let ended = child.wait_with_output().unwrap();
    (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_lock_still_keeps_others_out() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let store = town.site.folder.path().join("data");
    let lock = store.join("lock");
    assert_eq!(second_service(&town).await.0, Some(1), "while the lock is there");
    if lock.exists() {
        fs::remove_file(&lock).unwrap();
    }
    for attempt in ["first", "second"] {
        let (code, said) = second_service(&town).await;
        assert_eq!(code, Some(1), "{attempt}: {said}");
        assert!(said.contains("kopru: ") && said.contains("data"), "{attempt}: {said}");
    }
    town.sell(Shop(0), 1..=3).await;
    town.arrives(Shop(0), 1..=3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_write_ahead_log_is_said() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    town.sell(shop, [1]).await;
    town.all_accepted(shop, 1).await;
    // A clean end leaves everything in the database itself.
    town.terminate().await;
    town.start(|_| {}).await;
    town.sell(shop, 2..=9).await;
    town.all_accepted(shop, 9).await;
    town.kill();
    for name in ["kopru.db-wal", "kopru.db-shm"] {
        fs::remove_file(town.site.folder.path().join("data").join(name)).unwrap();
    }
    let before = fs::read_to_string(town.site.log_file()).unwrap().len();
    town.start(|_| {}).await;
    let log = fs::read_to_string(town.site.log_file()).unwrap();
    let said: Vec<&str> =
        log[before..].lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).collect();
    assert!(said.iter().any(|line| line.contains("missing") || line.contains("lost")), "{said:?}");
    let metrics = town.metrics().await;
    let lost = metrics.lines().find_map(|line| line.strip_prefix("kopru_lost_records ")).unwrap();
    assert!(lost.parse::<f64>().unwrap() > 0.0, "{lost}");
    // What comes now is kept as ever, and what happens now is sent.
    town.sell_anew(&crm, shop, [20]).await;
    town.arrives(shop, [20]).await;
    town.terminate().await;
    let before = fs::read_to_string(town.site.log_file()).unwrap().len();
    town.start(|_| {}).await;
    let log = fs::read_to_string(town.site.log_file()).unwrap();
    assert!(!log[before..].contains("missing"), "said once: {}", &log[before..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_key_file_of_a_first_start_is_filled() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let key = town.site.folder.path().join("data.key");
    fs::write(&key, "").unwrap();
    town.start(|_| {}).await;
    town.sell(Shop(0), [1]).await;
    town.arrives(Shop(0), [1]).await;
    assert!(!fs::read_to_string(&key).unwrap().is_empty());
    assert!(is_private_file(&key));
    town.terminate().await;
    town.start(|_| {}).await;
    town.sell(Shop(0), [2]).await;
    town.arrives(Shop(0), [2]).await;
}

/// Files that others of the machine may read, and folders they may look into.
fn open_to_others(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The test writes these.
        if ["kopru.toml", "log"].iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let data = fs::symlink_metadata(&path).unwrap();
        let wanted = if data.is_dir() { 0o700 } else { 0o600 };
        if data.permissions().mode() & 0o777 != wanted {
            found.push(path.clone());
        }
        if data.is_dir() {
            found.extend(open_to_others(&path));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_reads_what_is_on_the_disk() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    let folder = town.site.folder.path().to_owned();
    town.sell(Shop(0), [1]).await;
    town.all_accepted(Shop(0), 1).await;
    assert_eq!(run(&town, &["forget", "--contact", "1", "--yes"]).0, Some(0));
    let backup = folder.join("backup.db");
    assert_eq!(run(&town, &["backup", backup.to_str().unwrap()]).0, Some(0));
    assert_eq!(run(&town, &["data-key", "rotate"]).0, Some(0));
    for name in
        ["data/kopru.db-wal", "data/kopru.db-shm", "data/received", "data/erasures", "data/control.sock"]
    {
        assert!(folder.join(name).exists(), "{name}");
    }
    assert_eq!(open_to_others(&folder), Vec::<PathBuf>::new());
    town.kill();
    let (code, _, said) = run(&town, &["restore", backup.to_str().unwrap(), "--replace"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(open_to_others(&folder), Vec::<PathBuf>::new(), "restored");
    town.start(|_| {}).await;
    assert_eq!(open_to_others(&folder), Vec::<PathBuf>::new(), "served after that");
}

/// Where files may not grow, doors refuse and say so; nothing that was acknowledged is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_the_size_of_files_is_no_silent_death() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let shop = Shop(0);
    let mut limited = town.site.command_under(&["bash", "-c", "ulimit -f 1024; exec \"$0\" \"$@\""]);
    let said = town.site.folder.path().join("said");
    limited.env("KOPRU_LOG", "warn").stderr(fs::File::create(&said).unwrap());
    town.run(limited).await;
    let url = format!("{}/hooks/{}", town.site.doors, shop.whatsapp_key());
    let mut kept = 0;
    let refused = loop {
        let first = 1 + kept;
        let (body, signature) = shop.clicks(first..first + 100);
        let request = town.site.client.post(&url).header("x-hub-signature-256", signature).body(body);
        match request.send().await.map(|answer| answer.status().as_u16()) {
            Ok(200) => kept += 100,
            other => break other,
        }
        assert!(kept < 100_000, "no limit was met");
    };
    if let Ok(status) = refused {
        assert_eq!(status, 503);
    }
    // It lives on and says that it takes no traffic, or it has ended with a word.
    let started = Instant::now();
    loop {
        if !town.is_running() {
            let word = fs::read_to_string(&said).unwrap();
            assert_eq!(town.exit_code(), Some(1), "{word}");
            assert!(word.lines().last().is_some_and(|line| line.starts_with("kopru: ")), "{word}");
            break;
        }
        let ready = town.site.client.get(format!("{}/readyz", town.site.doors)).send().await;
        // A thread of its own writes the log, so the line may come a moment later.
        let word = fs::read_to_string(&said).unwrap();
        if ready.is_ok_and(|answer| answer.status() == 503) && !word.is_empty() {
            town.kill();
            break;
        }
        assert!(started.elapsed() < PATIENCE, "neither unready nor a word: {word}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    town.start(|_| {}).await;
    town.until(shop, "not all kept", |ledger| ledger["facts"]["received"].as_u64() >= Some(kept)).await;
    town.sell(shop, [500_000]).await;
    town.arrives(shop, [500_000]).await;
}
