//! Rules of the repository that a test can check.

mod dead_files;
mod names;

use std::{
    fs,
    path::{Path, PathBuf},
};

const LINES_MAX: usize = 500;
/// The crates, in the order of the way of a fact: each uses only those before it.
const CRATES: [&str; 10] =
    ["capi", "core", "sources", "store", "processor", "asks", "delivery", "server", "sandbox", "kopru"];
/// The parts of the sandbox: each uses only those before it, and the crate `sandbox` all of them.
const SANDBOX: [&str; 5] = ["http", "hooks", "meta", "kommo", "page"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder of a crate.
fn folder(name: &str) -> PathBuf {
    if name == "sandbox" { crates().join("../sandbox") } else { crates().join(name) }
}

fn root() -> PathBuf {
    crates().parent().unwrap().to_owned()
}

/// Every file of the repository.
fn files_of_all_kinds() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&root(), &mut found);
    found
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        if path.is_dir() {
            // What is built, or belongs to tools, is not ours.
            if name != "target" && name != "node_modules" && !name.starts_with('.') {
                files(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let first = found.len();
    files(folder, found);
    let others = found.split_off(first);
    found.extend(
        others.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")),
    );
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
fn each_crate_uses_only_those_before_it() {
    for (place, name) in CRATES.iter().enumerate() {
        let used = used_by(&folder(name));
        for later in &CRATES[place..] {
            // The binary's feature has the sandbox's name.
            assert!(name == later || !uses(&used, later), "{name} uses {later}");
        }
    }
}

#[test]
fn the_sandbox_is_an_independent_oracle() {
    let root = folder("sandbox");
    for part in SANDBOX.iter().map(|part| root.join(part)).chain([root.clone()]) {
        let manifest = fs::read_to_string(part.join("Cargo.toml")).unwrap();
        for name in CRATES {
            assert!(!uses(&manifest, name), "{} uses {name}", part.display());
        }
    }
    // Nobody but the binary, which offers it, uses it outside of tests.
    for name in CRATES.iter().filter(|name| !["kopru", "sandbox"].contains(name)) {
        let used = used_by(&folder(name));
        assert!(!used.lines().any(|line| line.starts_with("sandbox")), "{name} uses the sandbox");
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

#[test]
fn every_dependency_is_used() {
    for name in CRATES {
        let mut files = Vec::new();
        rust_files(&folder(name), &mut files);
        let code: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let manifest = fs::read_to_string(folder(name).join("Cargo.toml")).unwrap();
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
            assert!(code.contains(&path), "{name} does not use {dependency}");
        }
    }
}

#[test]
fn the_testkit_stays_among_tests() {
    let manifest = fs::read_to_string(crates().join("testkit/Cargo.toml")).unwrap();
    assert!(!CRATES.iter().any(|name| uses(&manifest, name)), "whoever it uses cannot use it");
    let sandbox = SANDBOX.iter().map(|part| folder("sandbox").join(part));
    for crate_folder in CRATES.iter().map(|name| folder(name)).chain(sandbox) {
        assert!(!uses(&used_by(&crate_folder), "testkit"), "{} ships it", crate_folder.display());
    }
}
