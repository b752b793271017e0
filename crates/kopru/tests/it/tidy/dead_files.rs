//! No file that nothing uses.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{files_of_all_kinds, root};

fn named(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}

fn is_of_kind(path: &Path, kind: &str) -> bool {
    path.extension().is_some_and(|extension| extension == kind)
}

/// The places where `mod name;` of a file is looked for.
fn modules_of(file: &Path) -> Vec<PathBuf> {
    let folder = file.parent().unwrap();
    let own = match named(file) {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        // A target's root has its modules beside it.
        _ if is_target(file) => folder.to_owned(),
        _ => file.with_extension(""),
    };
    let text = fs::read_to_string(file).unwrap();
    let declared = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = match line.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
            Some(rest) => rest.trim_start(),
            None => line,
        };
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    declared.flat_map(|name| [own.join(format!("{name}.rs")), own.join(name).join("mod.rs")]).collect()
}

/// Whether cargo builds the file by itself: what it finds, and what the manifest of the fuzzer names.
fn is_target(file: &Path) -> bool {
    let of_package = |folder: &Path| folder.parent().is_some_and(|parent| parent.join("Cargo.toml").exists());
    let folder = file.parent().unwrap();
    match (named(folder), named(file)) {
        ("src", "lib.rs" | "main.rs") | ("benches" | "tests" | "fuzz_targets", _) => of_package(folder),
        (_, "main.rs") => folder
            .parent()
            .is_some_and(|parent| matches!(named(parent), "benches" | "tests") && of_package(parent)),
        _ => false,
    }
}

#[test]
fn every_rust_file_belongs_to_a_target() {
    let files: BTreeSet<PathBuf> =
        files_of_all_kinds().into_iter().filter(|file| is_of_kind(file, "rs")).collect();
    let mut reached = BTreeSet::new();
    let mut next: Vec<PathBuf> = files.iter().filter(|file| is_target(file)).cloned().collect();
    while let Some(file) = next.pop() {
        if reached.insert(file.clone()) {
            next.extend(modules_of(&file).into_iter().filter(|module| files.contains(module)));
        }
    }
    let dead: Vec<_> = files.difference(&reached).collect();
    assert!(dead.is_empty(), "no target has these files as modules: {dead:?}");
}

/// All text of files of these kinds beside `but`.
fn text_of(kinds: &[&str], but: &Path) -> String {
    let is_one = |file: &PathBuf| {
        file != but
            && (kinds.iter().any(|kind| is_of_kind(file, kind))
                || file.parent() == Some(&root().join("scripts")))
    };
    files_of_all_kinds()
        .iter()
        .filter(|file| is_one(file))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

#[test]
fn every_page_and_every_script_is_named_somewhere() {
    for file in files_of_all_kinds() {
        let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let is_decision = path.starts_with("docs/decisions/");
        if is_decision || !["docs/", "findings/", "scripts/"].iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        // A page may link to one beside it.
        let name = if path.starts_with("docs/") { named(&file) } else { &path };
        assert!(text_of(&["md"], &file).contains(name), "{path} is named nowhere");
    }
}

#[test]
fn every_snapshot_belongs_to_a_test() {
    let mut seen = 0;
    for snapshot in files_of_all_kinds().into_iter().filter(|file| is_of_kind(file, "snap")) {
        let tests = snapshot.parent().unwrap().parent().unwrap();
        // `it__cli__help-check.snap` is the snapshot `help-check` of `cli.rs`.
        let stem = named(&snapshot).trim_end_matches(".snap");
        let [_, module, name] = stem.splitn(3, "__").collect::<Vec<_>>()[..] else {
            panic!("{stem} says no module");
        };
        let test = fs::read_to_string(tests.join(format!("{module}.rs"))).unwrap_or_default();
        let (begin, _) = name.split_once('-').unwrap_or((name, ""));
        let is_made = test.contains(&format!("assert_snapshot!(\"{name}\""))
            || test.contains(&format!("assert_snapshot!(format!(\"{begin}-{{"));
        assert!(is_made, "{module}.rs makes no snapshot {name}");
        seen += 1;
    }
    assert!(seen > 5);
}
