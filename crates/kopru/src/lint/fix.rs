//! `kopru lint --fix`: the mended body on stdout, and on stderr what was mended and what is left.

use std::{
    io::{self, Write as _},
    path::Path,
};

use super::{
    LintOptions, input,
    report::{LintReport, LintVerdict},
    shown,
};
use crate::{Error, logging};

/// Prints the mended body. What it says of it is what is said of the mended one.
pub fn command(name: Option<&Path>, options: &LintOptions) -> Result<LintVerdict, Error> {
    let body = |cause| Error::Body { name: shown(name), cause };
    let (json, form) = input::whole(name)?;
    let mended = capi::mend::request(&json, options.now_s).map_err(body)?;
    for mend in &mended.mends {
        logging::say(&format!("mended {mend}"));
    }
    if mended.unsaid > 0 {
        logging::say(&format!("mended {} things more of the same kinds", mended.unsaid));
    }
    let mut report = LintReport::new(options.checks());
    input::walk_json(&mended.json, &mut report).map_err(body)?;
    let mut left = Vec::new();
    // Writing to memory cannot fail.
    let _ = report.print(&form, &mut left);
    let left = String::from_utf8_lossy(&left);
    let mut lines = left.lines().peekable();
    while let Some(line) = lines.next() {
        let about = if lines.peek().is_some() { "left" } else { "the mended body:" };
        logging::say(&format!("{about} {line}"));
    }
    let mut output = io::stdout().lock();
    // Whoever reads may have seen enough and gone.
    let _ = output.write_all(&mended.json).and_then(|()| output.write_all(b"\n"));
    Ok(report.verdict())
}
