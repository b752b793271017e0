//! `kopru lint --fix`: the mended body on stdout, or several one a line, and on stderr what was mended and what is
//! left.

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

/// Prints the mended body, of several each on its line. What it says of it is what is said of the mended one.
pub fn command(name: Option<&Path>, options: &LintOptions) -> Result<LintVerdict, Error> {
    let body = |cause| Error::Body { name: shown(name), cause };
    let (json, form) = input::whole(name)?;
    let bodies = bodies(&json);
    let mut text = Vec::with_capacity(json.len());
    for (place, one) in bodies.iter().enumerate() {
        let mended = capi::mend::request(one, options.now_s).map_err(body)?;
        let within = if bodies.len() > 1 { format!("body {} ", place + 1) } else { String::new() };
        for mend in &mended.mends {
            logging::say(&format!("mended {within}{mend}"));
        }
        if mended.unsaid > 0 {
            logging::say(&format!("mended {within}{} things more of the same kinds", mended.unsaid));
        }
        for left in &mended.left {
            logging::say(&format!("left {within}{left}"));
        }
        text.extend_from_slice(&mended.json);
        text.push(b'\n');
    }
    let mut report = LintReport::new(options.checks());
    input::walk_json(&text, &mut report).map_err(body)?;
    let mut left = Vec::new();
    // Writing to memory cannot fail.
    let _ = report.print(&form, &mut left);
    let left = String::from_utf8_lossy(&left);
    let summary = if bodies.len() > 1 { "the mended bodies:" } else { "the mended body:" };
    let mut lines = left.lines().peekable();
    while let Some(line) = lines.next() {
        let about = if lines.peek().is_some() { "left" } else { summary };
        logging::say(&format!("{about} {line}"));
    }
    let mut output = io::stdout().lock();
    // Whoever reads may have seen enough and gone.
    let _ = output.write_all(&text);
    Ok(report.verdict())
}

/// The bodies or events that stand one after another; what cannot be parted is one, and says why it is none.
fn bodies(json: &[u8]) -> Vec<&[u8]> {
    let text = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let values = serde_json::Deserializer::from_slice(text).into_iter::<&serde_json::value::RawValue>();
    match values.collect::<Result<Vec<_>, _>>() {
        Ok(values) if values.len() > 1 => values.into_iter().map(|value| value.get().as_bytes()).collect(),
        _ => vec![json],
    }
}
