//! Commands that are killed half-way: the store is as it was, and what they leave goes with the next.

use std::{
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    crm::Crm,
    events::run,
    shop::Shop,
    town::{Plan, Town},
};

const SHOP: Shop = Shop(0);

/// What is in a folder under a name that begins so.
fn named(folder: &Path, begin: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(begin)).collect()
}

/// Runs a command that the system ends as soon as a file of its gets longer than 100 KiB.
fn killed(town: &Town, command: &[&str]) {
    let ended = Command::new("bash")
        .args(["-c", "ulimit -c 0 -f 100; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_kopru")])
        .args(command)
        .args(["--config", town.site.folder.path().join("kopru.toml").to_str().unwrap()])
        .output()
        .unwrap();
    assert!(ended.status.signal().is_some(), "{command:?}: {ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_command_leaves_goes_with_the_next() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).start().await;
    town.sell(SHOP, [1]).await;
    town.all_accepted(SHOP, 1).await;
    assert_eq!(town.terminate().await.0, Some(0));
    let folder = town.site.folder.path().to_owned();
    let (file, database) = (folder.join("backup.db"), folder.join("data/kopru.db"));
    let path = file.to_str().unwrap();
    assert!(fs::metadata(&database).unwrap().len() > 200 * 1024, "longer than what kills");

    killed(&town, &["backup", path]);
    assert!(named(&folder, ".kopru-backup-").len() == 1 && !file.exists());
    let (code, _, said) = run(&town, &["backup", path]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(named(&folder, ".kopru-"), Vec::<PathBuf>::new());

    let before = fs::read(&database).unwrap();
    killed(&town, &["restore", path, "--replace"]);
    let [left] = named(&folder, ".kopru-restore-").try_into().unwrap();
    assert!(fs::read(&database).unwrap() == before && left.join("kopru.db").exists());
    // Nobody's who still makes something.
    let live = folder.join(".kopru-restore-abc123");
    fs::create_dir(&live).unwrap();
    let lock = fs::File::open(&live).unwrap();
    lock.try_lock().unwrap();
    let (code, _, said) = run(&town, &["restore", path, "--replace"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(named(&folder, ".kopru-"), std::slice::from_ref(&live));
    drop(lock);
    fs::write(folder.join(".kopru-key-abc123"), "half of a key").unwrap();
    town.start(|_| {}).await;
    assert_eq!(named(&folder, ".kopru-"), Vec::<PathBuf>::new(), "a start removes them as well");
    town.all_accepted(SHOP, 1).await;
}
