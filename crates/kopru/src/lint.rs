//! `kopru lint`: what Meta would say of a request.

mod fix;
mod input;
mod json;
mod report;

use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use capi::Checks;

use crate::{Error, NEGATIVE, WRONG_USE, fail};
use json::JsonReport;
use report::{LintReport, LintVerdict};

/// Longest body that is read where it has to be in memory, bytes; Meta documents no limit.
const BODY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What the command was asked for.
pub struct LintOptions {
    /// Refuse what Meta's documentation requires, too.
    pub strict: bool,
    /// Answer in JSON.
    pub json: bool,
    /// Print the mended body.
    pub fix: bool,
    /// The time at which it would be sent, Unix seconds.
    pub now_s: i64,
}

impl LintOptions {
    fn checks(&self) -> Checks {
        Checks { now_s: self.now_s, strict: self.strict, as_sent: true }
    }
}

/// Reads a body from a file, or from stdin, and prints a line for each finding.
pub fn command(file: Option<&Path>, options: &LintOptions) -> ExitCode {
    let name = file.filter(|file| *file != Path::new("-"));
    match if options.fix { fix::command(name, options) } else { lint(name, options) } {
        Ok(LintVerdict::Taken) => ExitCode::SUCCESS,
        Ok(LintVerdict::Refused) => ExitCode::from(NEGATIVE),
        Err(error @ Error::Body { .. }) => fail(NEGATIVE, &error),
        Err(error) => fail(WRONG_USE, &error),
    }
}

fn lint(name: Option<&Path>, options: &LintOptions) -> Result<LintVerdict, Error> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    let (read, report) = if options.json {
        let mut report = JsonReport::new(options.checks(), &mut output);
        let read = input::walk(name, &mut report);
        (read.map(drop), report.finish())
    } else {
        let mut report = LintReport::new(options.checks());
        let read = input::walk(name, &mut report);
        let verdict = report.verdict();
        (read.map(|form| drop(report.print(&form, &mut output))), verdict)
    };
    // Whoever reads may have seen enough and gone.
    let _ = output.flush();
    read.map(|()| report)
}

/// Where a body comes from.
fn shown(file: Option<&Path>) -> String {
    file.map_or("stdin".to_owned(), |file| file.display().to_string())
}
