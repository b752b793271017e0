//! Rules of the repository that a test can check.

mod dead_files;
mod first_command;
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

/// Types of our own that implement `Error` and are none of a crate's, and why.
const DATA_IN_ERR: [(&str, &str, &str); 3] = [
    ("crates/capi", "Finding", "what the check says of an event"),
    ("crates/capi", "GraphError", "a part of Meta's reply"),
    ("crates/sources", "NotUnderstood", "the skeleton that is kept of a body"),
];

/// What ships of a source: without the tests at its end.
fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default()
}

/// The sources that ship of the crates in `crates/` and of the sandbox: each with the folder of its crate,
/// as it is called from the root, and its text.
fn shipped_sources() -> Vec<(String, PathBuf, String)> {
    let of_crates = fs::read_dir(crates()).unwrap().map(|entry| entry.unwrap().file_name());
    let of_crates = of_crates.map(|name| format!("crates/{}", name.to_string_lossy()));
    let of_sandbox = SANDBOX.iter().map(|part| format!("sandbox/{part}")).chain(["sandbox".to_owned()]);
    let mut found = Vec::new();
    for name in of_crates.chain(of_sandbox) {
        let (folder, mut files) = (root().join(&name), Vec::new());
        rust_files(&folder.join("src"), &mut files);
        let is_a_test = |file: &PathBuf| {
            let within = file.strip_prefix(&folder).unwrap();
            within.iter().any(|part| part == "tests" || part == "tests.rs")
        };
        for file in files.into_iter().filter(|file| !is_a_test(file)) {
            let text = without_tests(&fs::read_to_string(&file).unwrap()).to_owned();
            found.push((name.clone(), file, text));
        }
    }
    assert!(found.len() > 50);
    found
}

/// The names of the types of a source that implement `Error`, or are called so.
fn error_types(text: &str) -> Vec<String> {
    let name_at = |text: &str| {
        text.split(|next: char| !(next.is_alphanumeric() || next == '_')).next().map(str::to_owned)
    };
    let made = |text: &str| {
        ["struct ", "enum ", "type "]
            .iter()
            .filter_map(|make| Some((text.find(make)?, make.len())))
            .min()
            .and_then(|(at, length)| name_at(&text[at + length..]))
    };
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let called = lines.filter(|line| line.starts_with("pub")).filter_map(made);
    let called = called.filter(|name| name.ends_with("Error"));
    let derived = text.split("thiserror::Error").skip(1).filter_map(made);
    let implemented = text.split("Error for ").skip(1).filter_map(name_at);
    let by_hand = implemented.filter(|name| text.contains(&format!("std::error::Error for {name}")));
    called.chain(derived).chain(by_hand).collect()
}

#[test]
fn each_crate_has_one_error() {
    let seen =
        "#[derive(thiserror::Error)]\npub enum A {}\npub struct BError;\nimpl std::error::Error for C {}\n";
    assert_eq!(error_types(seen), ["BError", "A", "C"]);
    for (name, file, text) in shipped_sources() {
        for found in error_types(&text) {
            if DATA_IN_ERR.iter().any(|(of, data, _)| *of == name && *data == found) {
                continue;
            }
            assert_eq!(found, "Error", "{}: {found} belongs into {name}/src/error.rs", file.display());
            let place = root().join(&name).join("src/error.rs");
            assert_eq!(file, place, "there is one Error a crate");
        }
    }
}

/// Where the second part of a `Result` is a text, in the whole of a source: the line of each.
fn texts_as_errors(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("Result<") {
        let (mut depth, mut parts, mut begun) = (0, Vec::new(), at + "Result<".len());
        for (place, c) in text[begun..].char_indices().map(|(place, c)| (place + at + "Result<".len(), c)) {
            match c {
                '<' | '(' | '[' => depth += 1,
                '>' if text[..place].ends_with('-') => {}
                ',' if depth == 0 => {
                    parts.push(text[begun..place].trim());
                    begun = place + 1;
                }
                '>' if depth == 0 => {
                    parts.push(text[begun..place].trim());
                    break;
                }
                '>' | ')' | ']' => depth -= 1,
                ';' | '{' if depth == 0 => break,
                _ => {}
            }
        }
        if parts.get(1).is_some_and(|error| ["String", "std::string::String"].contains(error)) {
            found.push(text[..at].lines().count());
        }
    }
    found
}

#[test]
fn no_error_is_a_mere_text() {
    let seen = "fn a() -> Result<Vec<u8>, String> {}\nfn b() -> Result<String, E> {}\nfn c(\n) -> Result<\n(u8, u8),\nString,\n> {}";
    assert_eq!(texts_as_errors(seen), [1, 4]);
    for (name, file, text) in shipped_sources() {
        let lines = texts_as_errors(&text);
        assert!(lines.is_empty(), "{}:{lines:?}: say it with the Error of {name}", file.display());
        let alias = text.lines().find(|line| line.contains("type ") && line.ends_with("= String;"));
        assert_eq!(alias, None, "{}: a text by another name", file.display());
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
