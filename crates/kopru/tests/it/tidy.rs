//! Rules of the repository that a test can check.

mod names;

use std::{
    fs,
    path::{Path, PathBuf},
};

const LINES_MAX: usize = 500;
/// The crates, in the order of the way of a fact: each uses only those before it.
const ROOMS: [&str; 10] =
    ["capi", "core", "sources", "store", "processor", "asks", "delivery", "server", "sandbox", "kopru"];
/// The parts of the sandbox: each uses only those before it, and the crate `sandbox` all of them.
const SANDBOX: [&str; 5] = ["http", "hooks", "meta", "kommo", "page"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder of a crate.
fn folder(room: &str) -> PathBuf {
    if room == "sandbox" { crates().join("../sandbox") } else { crates().join(room) }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // What the fuzzer builds is not ours.
            if path.file_name().is_none_or(|name| name != "target") {
                rust_files(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_file_is_longer_than_one_can_hold_in_mind() {
    let mut files = Vec::new();
    rust_files(&crates(), &mut files);
    rust_files(&crates().join("../sandbox"), &mut files);
    rust_files(&crates().join("../xtask"), &mut files);
    assert!(files.len() > 50);
    for file in files {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines; split it by idea", file.display());
    }
}

/// What a crate uses outside of its tests.
fn used_by(folder: &Path) -> String {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    manifest.split("[dev-dependencies]").next().unwrap().to_owned()
}

fn uses(manifest: &str, name: &str) -> bool {
    let name = if name == "core" { "kopru_core" } else { name };
    let begins = |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ']));
    manifest.lines().any(begins)
}

#[test]
fn each_room_uses_only_those_before_it() {
    for (place, room) in ROOMS.iter().enumerate() {
        let used = used_by(&folder(room));
        for later in &ROOMS[place..] {
            // The binary's feature has the sandbox's name.
            assert!(room == later || !uses(&used, later), "{room} uses {later}");
        }
    }
}

#[test]
fn the_sandbox_is_an_independent_oracle() {
    let root = folder("sandbox");
    for part in SANDBOX.iter().map(|part| root.join(part)).chain([root.clone()]) {
        let manifest = fs::read_to_string(part.join("Cargo.toml")).unwrap();
        for room in ROOMS {
            assert!(!uses(&manifest, room), "{} uses {room}", part.display());
        }
    }
    // Nobody but the binary, which offers it, uses it outside of tests.
    for room in ROOMS.iter().filter(|room| !["kopru", "sandbox"].contains(room)) {
        let used = used_by(&folder(room));
        assert!(!used.lines().any(|line| line.starts_with("sandbox")), "{room} uses the sandbox");
    }
}

#[test]
fn each_part_of_the_sandbox_uses_only_those_before_it() {
    for (place, part) in SANDBOX.iter().enumerate() {
        let used = used_by(&folder("sandbox").join(part));
        for later in &SANDBOX[place..] {
            assert!(!uses(&used, &format!("sandbox_{later}")), "sandbox/{part} uses sandbox/{later}");
        }
        assert!(!uses(&used, "sandbox"), "sandbox/{part} uses the whole");
    }
}

/// Words that only we would understand, and what is said instead. `Half` and `Room` as words of a sentence
/// are fine, so types alone are looked for.
const PRIVATE_WORDS: [(&str, &str); 13] = [
    ("Neighbourhood", "WorkingSet"),
    ("Desk", "State or Context"),
    ("Pen", "JsonWriter"),
    ("Dice", "Random"),
    ("Bells", "Wakeups"),
    ("Letter", "PendingRequest"),
    ("Book", "what it holds"),
    ("Half", "HashPrefix"),
    ("Marks", "DedupKeys"),
    ("Pile", "Batcher"),
    ("Arrival", "IncomingEvent"),
    ("Tell", "OnCommit"),
    ("NoRoom", "Exhausted"),
];

#[test]
fn types_have_names_that_the_field_knows() {
    let mut files = Vec::new();
    for folder in ["", "../sandbox", "../xtask"] {
        rust_files(&crates().join(folder), &mut files);
    }
    let is_made = |line: &str, word: &str| {
        ["struct ", "enum ", "trait ", "type "].iter().any(|make| {
            line.split_once(make)
                .and_then(|(_, rest)| rest.strip_prefix(word))
                .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
        })
    };
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            for (word, instead) in PRIVATE_WORDS {
                assert!(
                    !is_made(line, word),
                    "{}:{}: {word} is a word of our own; say {instead}",
                    file.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn every_dependency_is_used() {
    for room in ROOMS {
        let mut files = Vec::new();
        rust_files(&folder(room), &mut files);
        let code: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let manifest = fs::read_to_string(folder(room).join("Cargo.toml")).unwrap();
        let (mut dependencies, mut section) = (Vec::new(), "");
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies") && !line.trim().is_empty() && !line.starts_with('#') {
                dependencies.extend(line.split(['.', ' ', '=']).next());
            }
        }
        for dependency in dependencies {
            let path = dependency.replace('-', "_");
            assert!(code.contains(&path), "{room} does not use {dependency}");
        }
    }
}

#[test]
fn the_testkit_stays_among_tests() {
    let manifest = fs::read_to_string(crates().join("testkit/Cargo.toml")).unwrap();
    assert!(!ROOMS.iter().any(|room| uses(&manifest, room)), "whoever it uses cannot use it");
    let sandbox = SANDBOX.iter().map(|part| folder("sandbox").join(part));
    for crate_folder in ROOMS.iter().map(|room| folder(room)).chain(sandbox) {
        assert!(!uses(&used_by(&crate_folder), "testkit"), "{} ships it", crate_folder.display());
    }
}
