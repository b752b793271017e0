//! Names that the field knows, and one for one thing.

use std::{collections::BTreeMap, ffi::OsStr, fs};

use super::{crates, files_of_all_kinds, root, rust_files};

/// Names of types that only we would understand, and what is said instead. Some of them are fine as words
/// of a sentence (`Half`, `Room`), so types alone are looked for.
const PRIVATE_TYPES: [(&str, &str); 18] = [
    ("Neighbourhood", "WorkingSet"),
    ("Desk", "State or Context"),
    ("Pen", "JsonWriter"),
    ("Dice", "Random"),
    ("Chance", "Random"),
    ("Bells", "Wakeups"),
    ("Letter", "PendingRequest"),
    ("Book", "what it holds"),
    ("Half", "HashPrefix"),
    ("Marks", "DedupKeys"),
    ("Pile", "Batcher"),
    ("Arrival", "IncomingEvent"),
    ("Tell", "OnCommit"),
    ("Told", "ErrorBody, or what it is"),
    ("NoRoom", "Exhausted"),
    ("Room", "Quota, Budget or Limit"),
    ("Hands", "ClockState"),
    ("LastWord", "what it does when it is dropped"),
];
/// Words of our own that no code and no page needs, and what is said instead.
const PRIVATE_WORDS: [(&str, &str); 5] = [
    ("bells", "wake-ups"),
    ("chapters", "modules or parts"),
    ("dice", "random numbers"),
    ("moods", "behaviour"),
    ("the world calls", "clients call"),
];
/// Names of functions that say neither what is sent nor to whom; tests and tools may have them.
const PRIVATE_FUNCTIONS: [(&str, &str); 3] = [
    ("tell", "send, print or add, with what"),
    ("told", "apply, or what it becomes"),
    ("ring", "wake or notify"),
];
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

/// Whether a line makes something of this name.
fn makes(line: &str, makers: &[&str], name: &str) -> bool {
    makers.iter().any(|make| {
        line.split_once(make)
            .and_then(|(_, rest)| rest.strip_prefix(name))
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    })
}

/// Whether a line has these words, whole and in whatever case.
fn says(line: &str, words: &str) -> bool {
    let line = line.to_lowercase();
    let is_end =
        |beside: Option<char>| !beside.is_some_and(|beside| beside.is_alphanumeric() || beside == '_');
    line.match_indices(words).any(|(at, _)| {
        is_end(line[..at].chars().next_back()) && is_end(line[at + words.len()..].chars().next())
    })
}

#[test]
fn names_and_words_are_those_that_the_field_knows() {
    let this = root().join("crates/kopru/tests/it/tidy/names.rs");
    assert!(this.exists());
    for file in files_of_all_kinds() {
        let kind = file.extension().and_then(|kind| kind.to_str());
        if file == this || !["rs", "md", "sql"].map(Some).contains(&kind) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let is_tool =
            file.components().any(|part| ["tests", "xtask"].map(OsStr::new).contains(&part.as_os_str()));
        for (number, line) in text.lines().enumerate() {
            let types = ["struct ", "enum ", "trait ", "type "];
            let word = PRIVATE_WORDS.iter().find(|(word, _)| says(line, word));
            let word = word.or_else(|| PRIVATE_TYPES.iter().find(|(word, _)| makes(line, &types, word)));
            let word = word.or_else(|| {
                PRIVATE_FUNCTIONS.iter().find(|(word, _)| !is_tool && makes(line, &["fn "], word))
            });
            if let Some((word, instead)) = word {
                panic!("{}:{}: {word} is our own word; say {instead}", file.display(), number + 1);
            }
        }
    }
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
