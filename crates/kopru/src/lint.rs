//! `kopru lint`: what Meta would say of a request.

use std::{
    io::{self, Read as _, Write},
    path::Path,
    process::ExitCode,
};

use capi::{
    Checks, Element, Findings, RequestBody, Scratch, Severity, check_element, check_request, read_request,
};
use serde_json::{Value, json};

use crate::{Error, NEGATIVE, WRONG_USE, fail};

/// Longest body that is read, bytes; Meta documents no limit.
const BODY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What the command was asked for.
pub struct LintOptions {
    /// Refuse what Meta's documentation requires, too.
    pub strict: bool,
    /// Answer in JSON.
    pub json: bool,
    /// The time at which it would be sent, Unix seconds.
    pub now_s: i64,
}

/// Reads a body from a file, or from stdin, and prints a line for each event.
pub fn command(file: Option<&Path>, options: &LintOptions) -> ExitCode {
    let name = file.filter(|file| *file != Path::new("-"));
    let body = match read(name) {
        Ok(body) => body,
        Err(error) => return fail(WRONG_USE, &error),
    };
    let mut scratch = Scratch::default();
    let request = match read_request(content_type(&body), &body, &mut scratch) {
        Ok(request) => request,
        Err(cause) => return fail(NEGATIVE, &Error::Body { name: shown(name), cause }),
    };
    let report = LintReport::of(&request, options);
    // Whoever reads may have seen enough and gone.
    let mut output = io::BufWriter::new(io::stdout().lock());
    let printed = if options.json { report.print_json(&mut output) } else { report.print(&mut output) };
    let _ = printed.and_then(|()| output.flush());
    if report.is_refused() { ExitCode::from(NEGATIVE) } else { ExitCode::SUCCESS }
}

/// Where a body comes from.
fn shown(file: Option<&Path>) -> String {
    file.map_or("stdin".to_owned(), |file| file.display().to_string())
}

fn read(file: Option<&Path>) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    let read = match file {
        Some(path) => {
            std::fs::File::open(path).and_then(|file| file.take(BODY_BYTES_MAX + 1).read_to_end(&mut body))
        }
        None => std::io::stdin().take(BODY_BYTES_MAX + 1).read_to_end(&mut body),
    };
    let read = read.map_err(|cause| Error::Unreadable { name: shown(file), cause })?;
    if read as u64 > BODY_BYTES_MAX {
        return Err(Error::BodyTooLarge(BODY_BYTES_MAX / 1024 / 1024));
    }
    Ok(body)
}

/// A file has no header, but a form begins with a parameter and JSON with a bracket.
fn content_type(body: &[u8]) -> &'static str {
    let start = body.trim_ascii_start();
    let is_form =
        start.iter().take(64).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if is_form > 0 && start.get(is_form) == Some(&b'=') {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    }
}

/// What is said of a request and of each of its events.
struct LintReport {
    request: Findings,
    events: Vec<(Option<String>, Findings)>,
}

impl LintReport {
    fn of(request: &RequestBody<'_>, options: &LintOptions) -> Self {
        let checks = Checks { now_s: options.now_s, strict: options.strict, as_sent: true };
        let events =
            request.data.iter().map(|element| (title(element), check_element(element, checks))).collect();
        Self { request: check_request(request), events }
    }

    fn refused_events(&self) -> usize {
        self.events.iter().filter(|(_, findings)| findings.refusal().is_some()).count()
    }

    fn is_refused(&self) -> bool {
        self.request.refusal().is_some() || self.refused_events() > 0
    }

    fn print(&self, output: &mut impl Write) -> io::Result<()> {
        for finding in &self.request {
            let kind = if finding.is_refusal() { "refused  100" } else { "advice " };
            writeln!(output, "request  {kind}  {}: {}", finding.path, finding.message)?;
        }
        for (place, (title, findings)) in self.events.iter().enumerate() {
            let title = title.as_deref().unwrap_or("(no name)");
            if findings.is_empty() {
                writeln!(output, "event {place}  ok  {title}")?;
                continue;
            }
            let parts: Vec<String> = findings
                .iter()
                .map(|finding| {
                    let kind = match finding.severity {
                        Severity::Refused { subcode: Some(subcode) } => format!("refused 100/{subcode}"),
                        Severity::Refused { subcode: None } => "refused 100".to_owned(),
                        Severity::Advice => "advice".to_owned(),
                    };
                    format!("{kind} {}: {}", finding.json_path(place), finding.message)
                })
                .collect();
            let verdict = if findings.refusal().is_some() { "refused" } else { "ok" };
            writeln!(output, "event {place}  {verdict}  {title}  {}", parts.join("; "))?;
        }
        let (count, refused) = (self.events.len(), self.refused_events());
        if self.is_refused() {
            writeln!(output, "{count} events, {refused} refused: Meta would refuse the whole request")
        } else {
            writeln!(output, "{count} events, none refused")
        }
    }

    fn print_json(&self, output: &mut impl Write) -> io::Result<()> {
        let shown = |findings: &Findings, place: Option<usize>| -> Vec<Value> {
            findings
                .iter()
                .map(|finding| {
                    json!({
                        "severity": if finding.is_refusal() { "refused" } else { "advice" },
                        "code": finding.code,
                        "subcode": finding.subcode(),
                        "path": place.map_or_else(|| finding.path.to_string(), |place| finding.json_path(place)),
                        "message": finding.message,
                    })
                })
                .collect()
        };
        let events: Vec<Value> = self
            .events
            .iter()
            .enumerate()
            .map(|(place, (title, findings))| {
                json!({
                    "index": place,
                    "event_name": title,
                    "verdict": if findings.refusal().is_some() { "refused" } else { "ok" },
                    "subcode": findings.refusal().and_then(capi::Finding::subcode),
                    "findings": shown(findings, Some(place)),
                })
            })
            .collect();
        let report = json!({
            "refused": self.is_refused(),
            "request": shown(&self.request, None),
            "events": events,
        });
        writeln!(output, "{report}")
    }
}

/// The event's name, as far as it can be shown on one line.
fn title(element: &Element<'_>) -> Option<String> {
    const SHOWN_MAX: usize = 60;
    let name = element.as_ref().ok()?.event_name.as_deref()?;
    if capi::privacy::is_personal_text(name) {
        return Some("…".to_owned());
    }
    Some(name.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect())
}
