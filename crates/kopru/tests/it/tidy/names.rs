//! One name for one thing.

use std::{collections::BTreeMap, fs};

use super::{crates, rust_files};

/// Names that several types may have, and why.
const SHARED: [(&str, &str); 4] = [
    ("Arguments", "the arguments of a command; each command has its own"),
    ("Error", "always said with its crate"),
    ("Failure", "why a step of its crate failed"),
    ("State", "a conversion's for all crates; in `asks` what its loop keeps, which nobody else sees"),
];

/// Types within functions and in-line modules are indented, and seen by nobody else.
fn made_in(line: &str) -> Option<&str> {
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.trim_start(),
        None => line,
    };
    let rest = ["struct ", "enum ", "trait ", "type "].iter().find_map(|make| line.strip_prefix(make))?;
    rest.split(|next: char| !next.is_alphanumeric()).next()
}

#[test]
fn one_name_stands_for_one_thing() {
    let mut files = Vec::new();
    rust_files(&crates(), &mut files);
    let mut known = BTreeMap::new();
    for file in files {
        let path = file.strip_prefix(crates()).unwrap().to_str().unwrap().to_owned();
        // What serves tests alone has names within its test.
        let is_test = ["/test", "/benches/", "/fuzz/", "conformance", "testkit/"];
        if is_test.iter().any(|part| path.contains(part)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for name in text.lines().filter_map(made_in) {
            if SHARED.iter().any(|(shared, _)| *shared == name) {
                continue;
            }
            let other = known.insert(name.to_owned(), path.clone()).unwrap_or_else(|| path.clone());
            assert!(other == path, "{name} is a type in {other} and another one in {path}");
        }
    }
    assert!(known.len() > 300, "{}", known.len());
}
