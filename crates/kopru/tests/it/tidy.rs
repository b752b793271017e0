//! House rules that a machine can keep.

use std::{
    fs,
    path::{Path, PathBuf},
};

const LINES_MAX: usize = 500;
/// The rooms, in the order of the way of a fact: each uses only those before it.
const ROOMS: [&str; 10] =
    ["capi", "core", "sources", "store", "processor", "asks", "delivery", "server", "sandbox", "kopru"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder of a room.
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

#[test]
fn each_room_uses_only_those_before_it() {
    for (place, room) in ROOMS.iter().enumerate() {
        let manifest = fs::read_to_string(folder(room).join("Cargo.toml")).unwrap();
        let used = manifest.split("[dev-dependencies]").next().unwrap();
        for later in &ROOMS[place..] {
            let name = if *later == "core" { "kopru_core" } else { later };
            let uses = used.lines().any(|line| line.starts_with(&format!("{name}.workspace")));
            assert!(!uses, "{room} uses {later}");
        }
    }
}

#[test]
fn the_sandbox_is_an_independent_oracle() {
    let manifest = fs::read_to_string(folder("sandbox").join("Cargo.toml")).unwrap();
    for room in ROOMS {
        let name = if room == "core" { "kopru_core" } else { room };
        assert!(
            !manifest.lines().any(|line| line.starts_with(&format!("{name}."))),
            "the sandbox uses {room}"
        );
    }
    // Nobody but the binary, which offers it, uses it outside of tests.
    for room in ROOMS.iter().filter(|room| **room != "kopru") {
        let manifest = fs::read_to_string(folder(room).join("Cargo.toml")).unwrap();
        let used = manifest.split("[dev-dependencies]").next().unwrap();
        assert!(!used.lines().any(|line| line.starts_with("sandbox.")), "{room} uses the sandbox");
    }
}
