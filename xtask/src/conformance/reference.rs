//! Meta's package, answering in a Node process of its own.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::Random;

/// What is installed.
const PACKAGE: &str = "capi-param-builder-nodejs";
const VERSION: &str = "1.3.2";
const SCRIPT: &str = include_str!("../../reference.mjs");
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
/// Questions are sent in batches, of which a few may be ahead of the answers. That bounds the
/// memory on both sides.
const BATCH: u64 = 256;
const BATCHES_AHEAD: usize = 4;

/// The running reference.
pub struct Reference {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    errors: PathBuf,
    about: Value,
    // Holds script, log and package; removed at the end.
    _folder: TempDir,
}

impl Reference {
    /// Installs the package, or takes it from a folder in which it is installed, and starts it.
    pub fn start(existing: Option<&Path>) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let package = match existing {
            Some(existing) => existing.canonicalize().map_err(|error| {
                format!("the reference folder {} cannot be read: {error}", existing.display())
            })?,
            None => install(folder.path())?,
        };
        let written = |error| format!("the temporary folder cannot be written: {error}");
        let script = folder.path().join("reference.mjs");
        fs::write(&script, SCRIPT).map_err(written)?;
        let errors = folder.path().join("errors.txt");
        let mut child = Command::new("node")
            .arg(&script)
            .arg(&package)
            // The package asks the local calendar for the year.
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).map_err(written)?)
            .spawn()
            .map_err(|error| format!("node cannot be run, is Node.js installed? ({error})"))?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("node has no pipes".to_owned());
        };
        let mut reference = Self {
            child,
            questions,
            answers: BufReader::new(answers),
            errors,
            about: Value::Null,
            _folder: folder,
        };
        reference.about = read_answer(&mut reference.answers, &mut Vec::new(), &reference.errors)?;
        Ok(reference)
    }

    /// A fact of its first line: `package`, `node`, `unicode`, and its marks `hashed` and
    /// `unchanged`.
    pub fn about(&self, name: &str) -> String {
        self.about[name].as_str().unwrap_or("?").to_owned()
    }

    /// Whether it is the version after which `capi` is written.
    pub fn is_the_pinned_one(&self) -> bool {
        self.about("package") == VERSION
    }

    /// Draws and asks `count` questions; gives each input with its answer to `take`, in order.
    pub fn ask<I: Send>(
        &mut self,
        count: u64,
        mut random: Random,
        draw: impl Fn(&mut Random) -> (I, Value) + Send,
        mut take: impl FnMut(I, &Value),
    ) -> Result<(), String> {
        let Self { child, questions, answers, errors, .. } = self;
        let (inputs, batches) = mpsc::sync_channel::<Vec<I>>(BATCHES_AHEAD);
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut left = count;
                while left > 0 {
                    let size = left.min(BATCH);
                    left -= size;
                    let mut lines = Vec::new();
                    let mut batch = Vec::with_capacity(size as usize);
                    for _ in 0..size {
                        let (input, question) = draw(&mut random);
                        lines.extend_from_slice(question.to_string().as_bytes());
                        lines.push(b'\n');
                        batch.push(input);
                    }
                    // Handed over before it is written, so that the answers are read while the
                    // pipes are full. A failure shows on the reading side, which can tell why.
                    if inputs.send(batch).is_err() || questions.write_all(&lines).is_err() {
                        return;
                    }
                }
            });
            let mut line = Vec::new();
            for input in batches.iter().flatten() {
                match read_answer(answers, &mut line, errors) {
                    Ok(answer) => take(input, &answer),
                    Err(trouble) => {
                        // Frees the writing side, should it stand before a full pipe.
                        let _ = child.kill();
                        return Err(trouble);
                    }
                }
            }
            Ok(())
        })
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_answer(answers: &mut impl BufRead, line: &mut Vec<u8>, errors: &Path) -> Result<Value, String> {
    line.clear();
    match answers.read_until(b'\n', line) {
        Ok(1..) => serde_json::from_slice(line).map_err(|error| {
            format!("the reference answered no JSON: {error}: {}", String::from_utf8_lossy(line))
        }),
        Ok(0) => {
            Err(format!("the reference stopped: {}", reason(&fs::read_to_string(errors).unwrap_or_default())))
        }
        Err(error) => Err(format!("the reference cannot be read: {error}")),
    }
}

/// Installs the package below a folder.
fn install(folder: &Path) -> Result<PathBuf, String> {
    // Without it npm would look for a project in the folders above.
    fs::write(folder.join("package.json"), "{\"private\":true}")
        .map_err(|error| format!("the temporary folder cannot be written: {error}"))?;
    let done = Command::new(NPM)
        .args(["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"])
        .args(["--loglevel=error", &format!("{PACKAGE}@{VERSION}")])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm cannot be run, is Node.js installed? ({error})"))?;
    if done.status.success() {
        Ok(folder.to_owned())
    } else {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(format!(
            "npm cannot install {PACKAGE}@{VERSION}: {} (--reference takes an installed one)",
            reason(&said)
        ))
    }
}

/// The line of an error log that says what happened: the first that speaks of an error and says
/// more than a code, else the last.
fn reason(log: &str) -> String {
    let mut lines = log.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = lines.clone().find(|line| line.contains("Error: ") || line.starts_with("npm error Could"));
    telling.or_else(|| lines.next_back()).unwrap_or("it says nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_line_that_tells() {
        assert_eq!(
            reason("a.js:1\n\nError: Cannot find module 'x'\n    at y\n\nNode.js v20\n"),
            "Error: Cannot find module 'x'"
        );
        assert_eq!(reason("npm error code E404\nnpm error 404 Not Found\n"), "npm error 404 Not Found");
        assert_eq!(reason(""), "it says nothing");
    }
}
