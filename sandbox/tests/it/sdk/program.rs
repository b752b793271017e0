//! A program in Python or Node that speaks to the sandbox with Meta's SDK, driven line by line.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// One answer may take this long; the slowest sends a thousand events.
const PATIENCE: Duration = Duration::from_mins(1);

/// An installed SDK. The version is the first part of its requests' paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sdk {
    Python24,
    Python26,
    Node24,
}

impl Sdk {
    pub(super) fn version(self) -> &'static str {
        if self == Self::Python26 { "v26.0" } else { "v24.0" }
    }

    pub(super) fn is_python(self) -> bool {
        self != Self::Node24
    }

    /// A command that runs a program with this SDK; installs the SDK where it is missing.
    pub(super) fn command(self) -> Command {
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("..");
        let script = repository().join("scripts/sdks");
        let installed = Command::new("bash").arg(script).env("CARGO_TARGET_DIR", &target).output().unwrap();
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr).trim());
        let sdks = target.join("sdks");
        let (program, path, folder) = match self {
            Self::Python24 => ("python3", "PYTHONPATH", "python-24"),
            Self::Python26 => ("python3", "PYTHONPATH", "python-26"),
            Self::Node24 => ("node", "NODE_PATH", "node-24/node_modules"),
        };
        let mut command = Command::new(program);
        command.env(path, sdks.join(folder)).env_remove("http_proxy").env_remove("HTTP_PROXY");
        command
    }
}

pub(super) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A running `scenarios` program.
pub(super) struct Program {
    child: Child,
    scenarios: ChildStdin,
    answers: Receiver<String>,
}

impl Program {
    pub(super) fn start(sdk: Sdk, world: &Value) -> Self {
        let file = if sdk.is_python() { "python/scenarios.py" } else { "node/scenarios.js" };
        let file = repository().join("sandbox/tests/sdk").join(file);
        let mut command = sdk.command();
        let mut child = command.arg(file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (send, answers) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
        let mut program = Self { scenarios: child.stdin.take().unwrap(), child, answers };
        program.say(world);
        program
    }

    fn say(&mut self, line: &Value) {
        writeln!(self.scenarios, "{line}").unwrap();
    }

    /// Runs a scenario; what the program answers is `{"ok": ...}` or `{"raised": class, ...}`.
    pub(super) fn run(&mut self, name: &str, arguments: &Value) -> Value {
        let mut line = arguments.clone();
        line["run"] = json!(name);
        self.say(&line);
        let answer = self.answers.recv_timeout(PATIENCE);
        assert!(answer.is_ok(), "no answer to {line}: the program has ended, or takes too long");
        serde_json::from_str(&answer.unwrap()).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
