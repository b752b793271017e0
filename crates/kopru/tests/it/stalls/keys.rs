//! The data key: changed, lost or another one; and stores that this version cannot read.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    crm::Crm,
    events::{run, text, write},
    shop::Shop,
    town::{Plan, Town},
};
use crate::service::is_private_file;

const SHOP: Shop = Shop(0);

fn key_file(town: &Town) -> PathBuf {
    town.site.folder.path().join("data.key")
}

/// The files that are named after a fingerprint.
fn kept(town: &Town) -> Vec<PathBuf> {
    let entries = fs::read_dir(town.site.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains("data.key.")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_data_key_takes_over_also_where_a_crash_came_between() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    let key = key_file(&town);
    let old = fs::read_to_string(&key).unwrap();
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    let (code, printed, said) = run(&town, &["data-key", "rotate"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{printed}");
    let new = fs::read_to_string(&key).unwrap();
    assert!(new != old && is_private_file(&key), "{printed}");
    let [before] = kept(&town).try_into().unwrap();
    assert!(printed.contains(&*before.to_string_lossy()), "{printed}");
    assert_eq!(fs::read_to_string(&before).unwrap(), old);
    // The service goes on, and what it seals now opens later.
    town.sell(SHOP, [2]).await;
    town.all_accepted(SHOP, 2).await;

    // Killed after the store had the new key, and before the file had.
    town.kill();
    let fingerprint = store_key(&town);
    let mut next = key.clone().into_os_string();
    next.push(format!(".{fingerprint}"));
    fs::rename(&key, &next).unwrap();
    fs::rename(&before, &key).unwrap();
    town.start(|_| {}).await;
    assert_eq!(fs::read_to_string(&key).unwrap(), new);
    assert_eq!(kept(&town), std::slice::from_ref(&before));
    town.sell(SHOP, [3]).await;
    town.all_accepted(SHOP, 3).await;

    // Killed before the store had it: a key that is nobody's.
    town.kill();
    fs::write(town.site.folder.path().join("data.key.0123456789abcdef"), "5a".repeat(32)).unwrap();
    town.start(|_| {}).await;
    assert_eq!(fs::read_to_string(&key).unwrap(), new);
    town.kill();

    // The old one is refused by name, and the operator's own is taken.
    let with_old = text(&town).replace("[store]", &format!("[store]\nkey = \"{}\"", old.trim()));
    let without = text(&town);
    write(&town, &with_old);
    let (code, _, said) = run(&town, &["serve"]);
    let old_name = before.extension().unwrap().to_str().unwrap();
    assert!(code == Some(2) && said.contains(old_name) && said.contains(&fingerprint), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let (code, _, said) = run(&town, &["data-key", "rotate"]);
    assert!(code == Some(2) && said.contains("--to env:NAME"), "{said}");
    write(&town, &without);
    let own = "7b".repeat(32);
    let rotate = |to: &str| {
        let file = town.site.folder.path().join("kopru.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_kopru"));
        command.args(["data-key", "rotate", "--to", to, "--config"]).arg(file).env("OWN_KEY", &own);
        command.env("SHORT_KEY", "7b").output().unwrap()
    };
    for wrong in ["env:NO_SUCH_KEY", "env:SHORT_KEY", &own] {
        let output = rotate(wrong);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.lines().count() == 1, "{said}");
        assert!(!said.contains(&own), "{said}");
    }
    assert!(rotate("env:OWN_KEY").status.success());
    write(&town, &without.replace("[store]", &format!("[store]\nkey = \"{own}\"")));
    town.start(|_| {}).await;
    town.sell(SHOP, [4]).await;
    town.all_accepted(SHOP, 4).await;
}

/// A backup of before a key was changed is restored with the key of then.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_before_opens_with_the_key_that_was_kept() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    let (key, file) = (key_file(&town), town.site.folder.path().join("backup.db"));
    let old = fs::read_to_string(&key).unwrap();
    assert_eq!(run(&town, &["backup", file.to_str().unwrap()]).0, Some(0));
    assert_eq!(run(&town, &["data-key", "rotate"]).0, Some(0));
    assert_eq!(town.terminate().await.0, Some(0));
    let new = fs::read_to_string(&key).unwrap();
    let newer = store::DataKey::from_hex(&new).unwrap().fingerprint();
    let (code, done, said) = run(&town, &["restore", file.to_str().unwrap(), "--replace"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read_to_string(&key).unwrap(), old);
    // Which key opens the store now is said, and where the other one is.
    let [kept] = kept(&town).try_into().unwrap();
    assert_eq!(fs::read_to_string(&kept).unwrap(), new);
    let fingerprint = store::DataKey::from_hex(&old).unwrap().fingerprint();
    for words in [&*fingerprint, &*newer, &*kept.to_string_lossy(), "kopru data-key rotate"] {
        assert!(done.contains(words), "{words}: {done}");
    }
    let (_, done, _) = run(&town, &["restore", file.to_str().unwrap(), "--replace"]);
    assert!(!done.contains("kopru data-key rotate"), "it is the present key: {done}");
    town.start(|_| {}).await;
    town.all_accepted(SHOP, 1).await;
}

/// The fingerprint of the key that opens the store.
fn store_key(town: &Town) -> String {
    let read = "SELECT value FROM meta WHERE key = 'data_key'";
    town.database().query_row(read, [], |row| row.get(0)).unwrap()
}

/// Every file of the store and its key, with what is in it. The index of the log of changes is memory, and made
/// anew.
fn all(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all(&path));
        } else if !["log", "control.sock", "kopru.db-shm"].iter().any(|name| path.ends_with(name)) {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_opened_is_said_in_one_line_and_left_as_it_is() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    assert_eq!(town.terminate().await.0, Some(0));
    let (database, key) = (town.site.folder.path().join("data/kopru.db"), key_file(&town));
    // A clean end leaves everything in the database itself.
    let log = town.site.folder.path().join("data/kopru.db-wal");
    assert!(fs::metadata(log).map_or(0, |log| log.len()) == 0);
    let (good, good_key) = (fs::read(&database).unwrap(), fs::read(&key).unwrap());
    let in_sql = |text: &str| {
        let changed = rusqlite::Connection::open(&database).unwrap();
        changed.pragma_update(None, "journal_mode", "DELETE").unwrap();
        changed.execute_batch(text).unwrap();
    };
    let older = || {
        fs::remove_file(&database).unwrap();
        in_sql("CREATE TABLE fact (x); PRAGMA user_version = 7");
    };
    let damages: [(&str, &dyn Fn()); 9] = [
        ("is there, but the key with which it was sealed is not", &|| fs::remove_file(&key).unwrap()),
        ("was sealed with the data key", &|| fs::write(&key, "6c".repeat(32)).unwrap()),
        ("is cut off: it says that it has", &|| fs::write(&database, &good[..good.len() / 2]).unwrap()),
        ("serve it with the newer version", &|| in_sql("PRAGMA user_version = 99")),
        ("before 0.1.0 (layout 7)", &older),
        ("no store of Kopru", &|| fs::write(&database, "a letter").unwrap()),
        ("no store of Kopru", &|| in_sql("PRAGMA user_version = 0")),
        ("no store of Kopru", &|| in_sql("DROP TABLE migration")),
        ("is cut off: it says that it has", &|| fs::write(&database, &good[..2_000]).unwrap()),
    ];
    let backup = town.site.folder.path().join("backup.db");
    for (words, damage) in damages {
        damage();
        let before = all(town.site.folder.path());
        for command in [
            &["serve"][..],
            &["backup", backup.to_str().unwrap()],
            &["events", "list"],
            &["report", "ledger"],
            &["apply", "--dry-run"],
            &["data-key", "rotate"],
        ] {
            let (code, printed, said) = run(&town, command);
            assert_eq!((code, printed.as_str()), (Some(2), ""), "{command:?} {said}");
            assert_eq!(said.lines().count(), 1, "{command:?} {said}");
            assert!(said.contains(words), "{command:?} {words}: {said}");
            let changed: Vec<_> =
                all(town.site.folder.path()).into_iter().filter(|one| !before.contains(one)).collect();
            let names: Vec<_> = changed.iter().map(|(path, _)| path).collect();
            assert!(all(town.site.folder.path()) == before, "{command:?} changed {names:?}: {said}");
        }
        fs::write(&database, &good).unwrap();
        fs::write(&key, &good_key).unwrap();
    }
    // After a crash a part of it is in the log of changes.
    town.start(|_| {}).await;
    town.sell(SHOP, [2]).await;
    town.all_accepted(SHOP, 2).await;
    town.kill();
    assert!(fs::metadata(town.site.folder.path().join("data/kopru.db-wal")).unwrap().len() > 0);
    fs::write(&key, "6c".repeat(32)).unwrap();
    let before = all(town.site.folder.path());
    let (code, _, said) = run(&town, &["serve"]);
    assert!(code == Some(2) && said.contains("was sealed with the data key"), "{said}");
    assert!(all(town.site.folder.path()) == before);
    fs::write(&key, &good_key).unwrap();
    // What is cut off is not in that.
    let whole = fs::read(&database).unwrap();
    for length in [2_000, 4_096, whole.len() / 2] {
        fs::write(&database, &whole[..length]).unwrap();
        let before = all(town.site.folder.path());
        let (code, _, said) = run(&town, &["serve"]);
        assert!(code == Some(2) && said.contains("is cut off: it says that it has"), "{length}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(all(town.site.folder.path()) == before, "{length}");
    }
    fs::write(&database, &whole).unwrap();
    town.start(|_| {}).await;
    town.all_accepted(SHOP, 2).await;
}

/// A key of the environment is named by its variable, and never shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_says_where_its_key_is() {
    const VARIABLE: &str = "KOPRU_KEY_OF_THE_STORY";
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let own = "7b".repeat(32);
    let without = text(&town);
    let file = town.site.folder.path().join("backup.db");
    for (key, words) in [
        (format!("env:{VARIABLE}"), format!("keep the value of the environment variable {VARIABLE}")),
        (own.clone(), "keep what store.key says in the configuration".to_owned()),
    ] {
        write(&town, &without.replace("[store]", &format!("[store]\nkey = \"{key}\"")));
        town.start(|command| {
            command.env(VARIABLE, &own);
        })
        .await;
        let (code, made, said) = run(&town, &["backup", file.to_str().unwrap(), "--force"]);
        assert!(code == Some(0) && made.contains(&words) && !made.contains(&own), "{made}{said}");
        town.kill();
    }
}
