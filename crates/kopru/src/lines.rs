//! JSON lines in, JSON lines out: the commands that work on a stream.

use std::{
    borrow::Cow,
    io::{BufRead as _, ErrorKind, Read as _, Write as _},
    process::ExitCode,
};

use serde_json::Value;

use crate::{Error, NEGATIVE, fail};

/// Longest line that is read, bytes.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Answers each line of stdin with one on stdout. A line that cannot be answered is answered with
/// `{"error": ...}`, so that lines stay in step (blank ones are passed over); the exit code says
/// that there was one.
pub fn answer(mut each: impl FnMut(&[u8]) -> Result<Value, Error>) -> ExitCode {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let mut line = Vec::new();
    let mut bad = 0_u64;
    loop {
        line.clear();
        match input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(cause) => return fail(NEGATIVE, &Error::Unreadable { name: "stdin".to_owned(), cause }),
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let is_cut = line.len() as u64 == LINE_BYTES_MAX && !line.ends_with(b"\n");
        if is_cut && input.skip_until(b'\n').is_err() {
            break;
        }
        let mut each = |line: &[u8]| {
            if is_cut { Err(Error::LineTooLong(LINE_BYTES_MAX)) } else { each(line) }
        };
        let answer = each(&line).unwrap_or_else(|error| {
            bad += 1;
            serde_json::json!({ "error": error.to_string() })
        });
        if let Err(error) = writeln!(output, "{}", on_one_line(&answer.to_string())) {
            return ended(bad, Err(error));
        }
    }
    ended(bad, output.flush())
}

/// The exit code after so many bad lines. A reader of stdout may have read enough and closed it.
fn ended(bad: u64, written: std::io::Result<()>) -> ExitCode {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => fail(NEGATIVE, &Error::Stdout(error)),
        _ if bad > 0 => ExitCode::from(NEGATIVE),
        _ => ExitCode::SUCCESS,
    }
}

/// JSON escapes what ends a line in ASCII; readers that know Unicode's line ends must not see one
/// within a line, either.
fn on_one_line(json: &str) -> Cow<'_, str> {
    if !json.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return Cow::Borrowed(json);
    }
    Cow::Owned(
        json.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"),
    )
}
