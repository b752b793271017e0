//! The README's first command runs the program, although the workspace has other binaries.

use std::{fs, process::Command};

use serde_json::Value;

use super::root;

#[test]
fn cargo_run_in_the_workspace_is_the_program() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("\ncargo run --release -- demo\n"));
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    // With more than one of them, or none, cargo asks which of the binaries is meant.
    let packages = told["packages"].as_array().unwrap().iter();
    let run: Vec<&str> = packages.filter_map(|package| package["default_run"].as_str()).collect();
    assert_eq!(run, ["kopru"]);
}
